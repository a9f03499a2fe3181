"""A simulated quarter at a lender: what its borrowers, its people and its machines do day by day.

Jobs for `trials.worker`; the days pass on the process's own clock, which the database does not share, as it never
does between two servers either.
"""

import contextlib
import random
from datetime import date, datetime, timedelta, timezone

import freezegun

from odoo import Command
from odoo.tools import SQL

QUARTER = "Lender of the Quarter"
# New York changes its clocks on 8 March 2026, Berlin on the 29th.
FIRST = date(2026, 2, 16)
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Shanghai", None)


def quarter_lender(env, loans):
    """Make a lender in New York with a calendar, borrowers in four zones, and loans that fall due over a month."""
    with freezegun.freeze_time(_at(FIRST - timedelta(20), 12)):
        env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        company = env["res.company"].create(
            {"name": QUARTER, "loan_tz": "America/New_York", "loan_reminders_paused": False}
        )
        env.user.company_ids |= company
        env = env(context={"allowed_company_ids": company.ids, "tracking_disable": True})
        manager = env["res.users"].search([("login", "=", "manager@trials.example")])
        manager.company_ids |= company
        company.write(
            {
                "loan_reminder_user_id": manager.id,
                "loan_calendar_id": env["loan.calendar"]
                .create(
                    {
                        "name": QUARTER,
                        "company_id": company.id,
                        "weekend": "sat_sun",
                        "day_ids": [
                            Command.create({"date": day, "kind": "holiday", "name": "Closed"})
                            for day in (date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1))
                        ],
                    }
                )
                .id,
            }
        )
        product = env["loan.product"].create(
            {"name": "Quarter Loan", "company_id": company.id, "currency_id": company.currency_id.id}
        )
        partners = env["res.partner"].create(
            [
                {"name": f"Debtor {n}", "email": f"q{n}@trials.example", "tz": ZONES[n % len(ZONES)]}
                for n in range(loans)
            ]
        )
        customers = env["loan.customer"].create(
            [
                {"partner_id": partner.id, "company_id": company.id, "manager_user_id": manager.id}
                for partner in partners
            ]
        )
        contracts = env["loan.contract"].create(
            [
                {
                    "customer_id": customers[n % (loans * 3 // 4)].id,  # every fourth borrower has two loans
                    "company_id": company.id,
                    "product_id": product.id,
                    "principal": 6000,
                    "term": 6,
                    "start_date": FIRST - timedelta(25),
                    "first_due_date": FIRST + timedelta(n * 7 % 31),
                    "auto_debit": n % 10 == 0,
                }
                for n in range(loans)
            ]
        )
        contracts.action_activate()
        env["loan.contract.party"].create(
            [
                {
                    "contract_id": contract.id,
                    "partner_id": env["res.partner"]
                    .create({"name": f"Surety of {contract.name}", "email": f"s{contract.id}@trials.example"})
                    .id,
                    "role": "co_borrower",
                    "date_from": FIRST - timedelta(20),
                }
                for contract in contracts[::5]
            ]
        )


def quarter_life(env, day, seed):
    """Let people live a morning: pay, pay in part, take a payment back, complain, promise, move, opt out.

    :param int day: days since the first
    """
    dice = random.Random(seed)  # noqa: S311 - no secret hangs on it
    today = FIRST + timedelta(day)
    with freezegun.freeze_time(_at(today, 11), tick=True):
        company = _company(env)
        env = env(context={"allowed_company_ids": company.ids, "tracking_disable": True})
        running = [("company_id", "=", company.id), ("state", "=", "active")]
        for contract in env["loan.contract"].search(running):
            row = contract.installment_ids.filtered(lambda row: row.state == "open")[:1]
            if not row or row.due_date > today + timedelta(9):
                continue
            chance = dice.random()
            if chance < 0.12:
                _pay(env, contract, row.amount_open, today)
            elif chance < 0.15:
                _pay(env, contract, round(row.amount_open * 0.4, 2), today)
        posted = env["loan.repayment"].search([("company_id", "=", company.id), ("state", "=", "posted")])
        if posted and dice.random() < 0.08:
            dice.choice(posted).action_reverse()
        customers = env["loan.customer"].search([("company_id", "=", company.id)])
        if dice.random() < 0.3:
            env["loan.reminder.hold"].create(
                {
                    "customer_id": dice.choice(customers).id,
                    "kind": dice.choice(("complaint", "hardship", "legal", "other")),
                    "reason": "Something happened",
                    "date_to": today + timedelta(dice.randrange(10)),
                }
            )
        holds = env["loan.reminder.hold"].search(
            [("company_id", "=", company.id), ("state", "=", "running"), ("kind", "=", "other")]
        )
        if holds and dice.random() < 0.2:
            dice.choice(holds).action_lift()
        late = env["loan.contract"].search([*running, ("next_due_date", "<", today)])
        if late and dice.random() < 0.3:
            contract = dice.choice(late)
            with contextlib.suppress(Exception), env.cr.savepoint():
                contract._record_promise(
                    contract.next_due_amount, today + timedelta(dice.randrange(6)), "phone"
                )
        if dice.random() < 0.1:
            partner = dice.choice(customers).partner_id
            partner.email = f"moved{day}.{partner.id}@trials.example"
        if dice.random() < 0.03:
            dice.choice(customers).reminder_opt_out = True


def quarter_day(env, day, hour, die=None, dying=None):
    """Run the night, the round and the mail queue at an hour of the lender's day, as their jobs would.

    :param float hour: of UTC
    """
    with freezegun.freeze_time(_at(FIRST + timedelta(day), hour), tick=True):
        with dying(env, **die) if die else contextlib.nullcontext():
            company = _company(env)
            env["loan.night"]._run(company)
            if company._loan_now().hour >= company.loan_reminder_hour:
                env["loan.reminder.round"]._remind(company)
            env["mail.mail"].process_email_queue()
        env.cr.commit()


def quarter_book(env, days):
    """Return what the quarter left, for the test to compare.

    :return: ledger rows; windows that were never entered; installments told of although they were paid
    """
    from odoo.addons.loan_crm.core import reminders

    company = _company(env)
    rows = env.execute_query_dict(
        SQL(
            """
            SELECT reminder.id, reminder.state, reminder.hold_reason, reminder.merged_into_id AS lead,
                   reminder.email_to, message.message_id, reminder.installment_id, reminder.step_id,
                   reminder.partner_id, contract.name AS loan,
                   (SELECT count(*) FROM mail_notification notification
                     WHERE notification.mail_message_id = message.id) AS notified
              FROM loan_reminder reminder
              JOIN loan_contract contract ON contract.id = reminder.contract_id
         LEFT JOIN mail_message message ON message.id = reminder.message_id
             WHERE reminder.company_id = %s
            """,
            company.id,
        )
    )
    last = FIRST + timedelta(days - 1)
    entered = {(row["installment_id"], row["step_id"]) for row in rows}
    calendar = company.loan_calendar_id._as_calendar()
    policy = company.loan_reminder_policy_id
    missed = []
    # A payment that was taken back may have silenced a step for a while: of those loans nothing can be said here.
    reversed_ = env["loan.repayment"].search([("company_id", "=", company.id), ("state", "=", "reversed")])
    taken_back = {}
    for repayment in reversed_:
        known = taken_back.get(repayment.contract_id, repayment.date)
        taken_back[repayment.contract_id] = min(known, repayment.date)
    installments = env["loan.installment"].search([("company_id", "=", company.id)])
    for row in installments:
        for window in reminders.windows(row.due_date, policy._as_ladder(), policy.catch_up_days, calendar):
            if window.first >= FIRST and window.last <= last and (row.id, window.step.key) not in entered:
                paid = (
                    _paid_by(env, row, window.first)
                    or taken_back.get(row.contract_id, window.last) < window.last
                )
                if not paid:
                    missed.append((row.display_name, str(window)))
    told_paid = [
        reminder.display_name
        for reminder in env["loan.reminder"].search(
            [("company_id", "=", company.id), ("state", "in", ("sent", "merged"))]
        )
        if _paid_by(env, reminder.installment_id, reminder.written_on)
    ]
    wrong = [
        contract.name
        for contract in env["loan.contract"].search([("company_id", "=", company.id)])
        if contract.currency_id.compare_amounts(
            contract.amount_open, sum(contract.installment_ids.mapped("amount_open"))
        )
    ]
    return {"rows": rows, "missed": missed, "told_paid": told_paid, "wrong": wrong}


def _paid_by(env, row, day):
    """Tell whether repayments dated up to a day, and never taken back, have paid an installment."""
    allocations = env["loan.repayment.allocation"].search(
        [
            ("installment_id", "=", row.id),
            ("repayment_id.state", "=", "posted"),
            ("repayment_id.date", "<=", day),
        ]
    )
    paid = sum(each.principal + each.interest + each.fee for each in allocations)
    return row.currency_id.compare_amounts(paid, row.amount) >= 0


def _pay(env, contract, amount, day):
    env["loan.repayment"].create(
        {"contract_id": contract.id, "amount": min(amount, contract.amount_open), "date": day}
    ).action_post()


def _company(env):
    return env["res.company"].search([("name", "=", QUARTER)])


def _at(day, hour):
    """Return a moment of a day in UTC, aware."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(hours=hour)


JOBS = (quarter_lender, quarter_life, quarter_day, quarter_book)
