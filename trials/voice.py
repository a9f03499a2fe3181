"""A lender whose customers are to be asked, who owes them what was promised, and who measures what became of it.

Jobs for `trials.worker`: one day of surveys, promises, recovery, improvements and the report, as the scheduler would
do it, by as many workers as a trial likes.
"""

import contextlib
from datetime import timedelta
from importlib import import_module

from odoo.tools import SQL

ASKED_LATER = 3  # days after a payout


def voice_lender(env, lender, people):
    """Make a lender with so many customers; of each a payout to ask about, a broken word, and a plan that was closed.

    And a quarter as many improvements whose time is over.
    """
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
    company = env["res.company"].create({"name": lender, "loan_tz": "UTC"})
    company.email = "lender@trials.example"
    env.user.company_ids |= company
    env = env(context={"allowed_company_ids": company.ids, "tracking_disable": True})
    manager = env["res.users"].search([("login", "=", "manager@trials.example")])
    manager.company_ids |= company
    company.write(
        {
            "loan_survey_on": True,
            "loan_quiet_from": 0,
            "loan_quiet_to": 0,
            "loan_contact_days": "any",
            "loan_reminder_user_id": manager.id,
            "loan_commitment_grace_days": 0,
        }
    )
    company.loan_head_user_id = manager
    today = company._loan_today()
    env["loan.survey.rule"].create(
        {
            "name": lender,
            "company_id": company.id,
            "moment": "disbursement",
            "survey_id": env.ref("loan_crm.survey_survey_disbursement").id,
            "delay_days": ASKED_LATER,
            "late_days": 7,
            "date_from": today - timedelta(30),
            "sequence": 1,
        }
    )
    product = env["loan.product"].create(
        {"name": lender, "company_id": company.id, "currency_id": company.currency_id.id, "family": "car"}
    )
    partners = env["res.partner"].create(
        [{"name": f"Voice {n}", "email": f"{company.id}v{n}@trials.example"} for n in range(people)]
    )
    customers = env["loan.customer"].create(
        [
            {"partner_id": partner.id, "company_id": company.id, "manager_user_id": manager.id}
            for partner in partners
        ]
    )
    start = today - timedelta(ASKED_LATER)
    contracts = env["loan.contract"].create(
        [
            {
                "customer_id": customer.id,
                "company_id": company.id,
                "product_id": product.id,
                "principal": 3000,
                "term": 6,
                "start_date": start,
                "first_due_date": today + timedelta(40),
            }
            for customer in customers
        ]
    )
    contracts.action_activate()
    kind = env["loan.commitment.kind"].search([("opens_recovery", "=", True)], limit=1)
    words = env["loan.commitment"].create(
        [
            {
                "name": f"To call {contract.partner_id.name}",
                "customer_id": contract.customer_id.id,
                "contract_id": contract.id,
                "kind_id": kind.id,
                "user_id": manager.id,
                "date_due": today + timedelta(1),
                # Half of them are the hour's to judge, half the night's.
                "has_hour": number % 2 == 0,
                "due_hour": 0.5,
            }
            for number, contract in enumerate(contracts)
        ]
    )
    plans = env["loan.recovery.plan"].create(
        [{"customer_id": customer.id, "cause": "hand", "what_happened": "Long ago"} for customer in customers]
    )
    improvements = env["loan.improvement"].create(
        [
            {
                "name": f"Improvement {number}",
                "company_id": company.id,
                "category_id": env.ref("loan_crm.loan_case_category_papers").id,
                "user_id": manager.id,
                "counted_user_id": manager.id,
                "date_due": today,
                "window_days": 7,
            }
            for number in range(people // 4)
        ]
    )
    env.flush_all()
    # What is past now was to come when it was entered.
    for statement in (
        SQL(
            "UPDATE loan_commitment SET promised_on = %s, date_due = %s, turns_at = %s WHERE id = ANY(%s)",
            *(today - timedelta(5), today - timedelta(2), today - timedelta(1), words.ids),
        ),
        SQL(
            "UPDATE loan_recovery_plan SET state = 'closed', outcome = 'recovered', closed_on = %s, "
            "repurchase = 'waiting' WHERE id = ANY(%s)",
            *(start - timedelta(20), plans.ids),
        ),
        SQL(
            "UPDATE loan_improvement SET state = 'done', done_on = %s, judge_on = %s WHERE id = ANY(%s)",
            *(today - timedelta(9), today - timedelta(1), improvements.ids),
        ),
    ):
        env.cr.execute(statement)
    env.invalidate_all()


def voice(env, lender, batch=5, die=None, dying=None):
    """Do what the scheduler does for a lender in an hour and a night."""
    models = "odoo.addons.loan_crm.models."
    for name in (
        "loan_survey_round_mixin",
        "loan_commitment_judge_mixin",
        "loan_recovery_measure_mixin",
        "loan_improvement",
    ):
        import_module(models + name)._BATCH = batch
    company = env["res.company"].search([("name", "=", lender)])
    with dying(env, **die) if die else contextlib.nullcontext():
        env["loan.survey.request"]._ask_company(company)
        env["loan.commitment"]._turn(company)
        env["loan.night"]._run(company)
        env["loan.voice.report"]._cron_issue()


def voice_book(env, lender):
    """Return what was done other than once: `{what: [how often, of how many]}` of all that is to be done once."""
    company = env["res.company"].search([("name", "=", lender)])

    def each(table, once, where="TRUE"):
        rows = env.execute_query(
            SQL(
                "SELECT %s AS once, count(*) FROM %s record WHERE record.company_id = %s AND %s GROUP BY 1",
                *(SQL(once), SQL.identifier(table), company.id, SQL(where)),
            )
        )
        return {str(times): count for times, count in rows}

    def todos(place, words):
        # Words of this file alone.
        return f"(SELECT count(*) FROM mail_activity todo WHERE todo.{place} AND todo.active AND todo.summary LIKE '{words}')"  # noqa: E501, S608

    of_loan = "res_model = 'loan.contract' AND todo.res_id = record.contract_id"
    line = (
        "(SELECT count(*) FROM mail_message message WHERE message.model = 'loan.contract' "
        "AND message.res_id = record.contract_id AND message.body LIKE '%%We broke our word%%')"
    )
    letters = (
        "(SELECT count(*) FROM mail_message message WHERE message.model = 'loan.contract' "
        "AND message.res_id = record.contract_id AND message.message_type = 'email_outgoing')"
    )
    return {
        "surveys": each("loan_survey_request", "state"),
        "letters": each("loan_survey_request", letters),
        "words": each("loan_commitment", "state"),
        "lines": each("loan_commitment", line),
        "to-dos": each("loan_commitment", todos(of_loan, "To call Voice%%")),
        "plans": each(
            "loan_commitment",
            "(SELECT count(*) FROM loan_recovery_plan plan WHERE plan.commitment_id = record.id)",
        ),
        "came back": each("loan_recovery_plan", "repurchase", "record.cause = 'hand'"),
        "improvements": each("loan_improvement", "state"),
        "effects": each(
            "loan_improvement",
            todos("res_model = 'loan.improvement' AND todo.res_id = record.id", "See the effect%%"),
        ),
        "reports": each("loan_voice_report", "state"),
        "heads": each(
            "loan_voice_report",
            todos("res_model = 'loan.voice.report' AND todo.res_id = record.id", "Read: %%"),
        ),
        "nights": each("loan_night", "state"),
        "trouble": env["mail.activity"].search_count([("loan_trouble", "=like", f"%,{company.id}")]),
    }


JOBS = (voice_lender, voice, voice_book)
