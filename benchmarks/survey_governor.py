"""Ten thousand customers for a year under one governor: is anybody asked too often, and does each silence say why?

    make bench T=benchmarks/survey_governor.py        BENCH_CUSTOMERS=1000 for a quick look

What happens to them is drawn with a seed and written beforehand: applications, decisions, payouts, cases, complaints,
loans that were repaid. Then the clock goes on week by week, complaints open and close, some answer and a few want no
more, and each week the real round of surveys runs with all its steps. The rules are those that are shipped, with their
own intervals where they have one. Beside it as many letters by Odoo's own template.
"""

import logging
import os
from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise
from random import Random

import _book
from freezegun import freeze_time

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", 10_000))
WEEKS = 52
SEED = 20261123
# Of those who have a letter.
ANSWER, STOP = 0.10, 0.01
# How often each happens to a customer within the year.
APPLIES, IS_SERVED, COMPLAINS, BORROWS, REPAYS = 0.5, 1.2, 0.2, 0.4, 0.1


def run():
    logging.disable(logging.WARNING)
    with _book.database() as registry:
        with _book.environment(registry) as env:
            first = env.company._loan_today() - timedelta(days=7 * WEEKS)
            _book.fill(env, CUSTOMERS, due_in=(1, 300), loans_each=1)
            _book.let_letters_leave(env)
            _prepare(env, first)
            print(f"{CUSTOMERS} customers; {_draw(env, first)}")
        spent, batches = 0.0, []
        for week in range(WEEKS + 3):  # what was due in the last week is through as well
            day = first + timedelta(days=7 * week)
            with (
                freeze_time(datetime.combine(day, time(10))),
                _book.environment(registry) as env,
                _Timed(env, batches),
            ):
                _live(env, day, week)
                before = _clock()
                env["loan.survey.request"]._night_survey(
                    env["loan.night"].new({"company_id": env.company.id, "date": day})
                )
                env["loan.survey.request"]._ask_company(env.company)
                spent += _clock() - before
        with _book.environment(registry) as env:
            _report(env, spent, batches)
            _against_odoo(env, batches)


def _clock():
    return os.times().elapsed  # the others stand still while time is frozen


def _prepare(env, first):
    """Leave one lender, its seven ready rules, and nothing that was asked before."""
    env["loan.survey.request"].search([("state", "=", "due")])._move_to("silent")
    env.company.write({"loan_survey_on": True, "loan_survey_interval": 60, "loan_survey_per_year": 4})
    env["loan.survey.rule"].search([]).write({"date_from": first})
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()


def _copies(env, table, pattern, own, source, **values):
    """Write copies of a row that the ORM made, so that each column is filled.

    :param dict own: `{column: expression on `each`}`
    :param str source: the query whose rows are `each`
    """
    env.flush_all()
    columns = [name for name in _book._columns(env, table) if name != "id"]
    env.cr.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(own.get(name, f'pattern.{name}') for name in columns)} "
        f"FROM ({source}) each, {table} pattern WHERE pattern.id = %(pattern)s",
        {"pattern": pattern.id, **values},
    )
    env.cr.execute(f"DELETE FROM {table} WHERE id = %s", [pattern.id])
    env.invalidate_all()


def _draw(env, first):
    """Write what happens within the year, and return it in words."""
    seed = Random(SEED)
    env.cr.execute(
        "SELECT customer.id, customer.partner_id, contract.id FROM loan_customer customer "
        "JOIN loan_contract contract ON contract.customer_id = customer.id "
        "WHERE customer.reference LIKE 'B%%' ORDER BY customer.id"
    )
    leads, cases, starts, repaid, silent, wordless = [], [], [], [], [], []
    for customer, partner, contract in env.cr.fetchall():
        often = seed.choice((0.3, 1, 1, 1, 4))  # some hardly deal with us, some each month

        def times(mean, often=often):
            return sum(seed.random() < mean * often / 6 for _chance in range(6))

        def moment():
            return datetime.combine(
                first + timedelta(days=seed.randrange(7 * WEEKS)), time(seed.randrange(24))
            )

        for _each in range(times(APPLIES)):
            at = moment()
            leads.append((partner, at, at + timedelta(days=seed.randrange(2, 30))))
        for _each in range(times(IS_SERVED)):
            at = moment()
            cases.append(
                (
                    customer,
                    partner,
                    seed.choice(("inquiry", "request")),
                    at,
                    at + timedelta(days=2),
                    seed.random() < 0.1,
                )
            )
        for _each in range(times(COMPLAINS)):
            at = moment()
            cases.append(
                (customer, partner, "complaint", at, at + timedelta(days=seed.randrange(3, 40)), False)
            )
        if seed.random() < BORROWS:
            starts.append((contract, moment().date()))
        else:
            starts.append((contract, first - timedelta(days=seed.randrange(5, 700))))
            if seed.random() < REPAYS:
                repaid.append((contract, moment().date()))
        if seed.random() < 0.03:
            silent.append(partner)
        if seed.random() < 0.04:
            wordless.append(partner)
    execute = env.cr.execute_values
    execute(
        "UPDATE loan_contract SET start_date = drawn.day FROM (VALUES %s) AS drawn (id, day) "
        "WHERE loan_contract.id = drawn.id",
        starts,
    )
    env.cr.execute("UPDATE res_partner SET loan_no_surveys = TRUE WHERE id = ANY(%s)", [silent])
    env.cr.execute(
        "UPDATE res_partner SET email = NULL, email_normalized = NULL WHERE id = ANY(%s)", [wordless]
    )
    env.cr.execute(
        "CREATE TABLE bench_lead (partner_id int, begun timestamp, decided timestamp);"
        "CREATE TABLE bench_case (customer_id int, partner_id int, kind text, opens timestamp, closes timestamp, "
        "self bool);"
        "CREATE TABLE bench_repaid (contract_id int, day date)"
    )
    for table, rows in (("bench_lead", leads), ("bench_case", cases), ("bench_repaid", repaid)):
        execute(f"INSERT INTO {table} VALUES %s", rows)
    env.invalidate_all()
    product = env["loan.product"].search([("name", "=", "Bench")], limit=1)
    lead = env["crm.lead"].create(
        {
            "name": "Pattern",
            "type": "opportunity",
            "loan_product_id": product.id,
            "company_id": env.company.id,
        }
    )
    _copies(
        env,
        "crm_lead",
        lead,
        {
            "partner_id": "each.partner_id",
            "create_date": "each.begun",
            "date_closed": "NULL",
            "won_status": "'pending'",
            "date_open": "each.decided",  # where it stands until then
        },
        "SELECT * FROM bench_lead",
    )
    customer = env["loan.customer"].search([("reference", "=like", "B%")], limit=1)
    case = env["loan.case"].create({"subject": "Pattern", "kind": "inquiry", "customer_id": customer.id})
    case.clock_ids.unlink()
    _copies(
        env,
        "loan_case",
        case,
        {
            "name": "'BENCH' || row_number() OVER ()",
            "customer_id": "each.customer_id",
            "partner_id": "each.partner_id",
            "kind": "each.kind",
            "state": "'void'",  # until it comes in
            "opened_at": "each.opens",
            "solved_at": "each.closes",
            "self_closed": "each.self",
            "user_id": str(env.ref("base.user_admin").id),
        },
        "SELECT * FROM bench_case",
    )
    loan = env["loan.contract"].browse(repaid[0][0])
    paid = env["loan.repayment"].create({"contract_id": loan.id, "amount": 1, "date": first})
    _copies(
        env,
        "loan_repayment",
        paid,
        {
            "name": "'BENCH' || each.contract_id",
            "contract_id": "each.contract_id",
            "date": "each.day",
            "state": "'posted'",
        },
        "SELECT * FROM bench_repaid",
    )
    env.cr.execute(
        "ANALYZE crm_lead; ANALYZE loan_case; ANALYZE loan_repayment; ANALYZE loan_contract; ANALYZE res_partner"
    )
    complaints = sum(case[2] == "complaint" for case in cases)
    return (
        f"{len(leads)} applications, {len(cases) - complaints} cases, {complaints} complaints, "
        f"{sum(day >= first for _id, day in starts)} payouts, {len(repaid)} loans repaid within the year"
    )


def _live(env, day, week):
    """Let happen what happens until now, and let some of those who were asked answer, and a few want no more."""
    now = datetime.combine(day, time(10))
    env.cr.execute(
        """
        UPDATE crm_lead SET date_closed = date_open, won_status = CASE WHEN id %% 3 = 0 THEN 'lost' ELSE 'won' END
         WHERE name = 'Pattern' AND won_status = 'pending' AND date_open <= %(now)s;
        UPDATE loan_case SET state = 'open' WHERE name LIKE 'BENCH%%' AND state = 'void' AND opened_at <= %(now)s;
        UPDATE loan_case SET state = 'closed', closed_at = solved_at
         WHERE name LIKE 'BENCH%%' AND state = 'open' AND solved_at <= %(now)s;
        UPDATE loan_contract SET state = 'closed'
          FROM bench_repaid WHERE bench_repaid.contract_id = loan_contract.id AND day <= %(now)s::date
           AND state = 'active'
        """,
        {"now": now},
    )
    env.invalidate_all()
    seed = Random(SEED + week)
    open_ones = env["loan.survey.request"].search(
        [("state", "=", "sent"), ("sent_on", ">=", day - timedelta(days=8))]
    )
    for request in open_ones:
        if seed.random() < STOP:
            request.partner_id.loan_no_surveys = True
        if seed.random() < ANSWER:
            request._begin_answer(seed.choice((1, 3, 4, 4, 5)))
            request.user_input_id._mark_done()
    env.flush_all()


class _Timed:
    """Append `(how many were judged, seconds)` of each batch that asks."""

    def __init__(self, env, batches):
        self.cls, self.batches = type(env["loan.survey.request"]), batches

    def __enter__(self):
        self.method = method = self.cls._ask_whom_the_governor_lets
        batches = self.batches

        def call(requests):
            before = _clock()
            method(requests)
            requests.env.flush_all()
            asked = requests.filtered(lambda request: request.state == "sent")
            batches.append((len(requests), len(asked), _clock() - before))

        self.cls._ask_whom_the_governor_lets = call

    def __exit__(self, *_error):
        self.cls._ask_whom_the_governor_lets = self.method


def _report(env, spent, batches):
    company = env.company
    lenders = company.loan_survey_interval
    env.cr.execute(
        """
        SELECT request.state, request.reason, request.partner_id, request.sent_on, rule.moment, rule.interval_days,
               request.reason_days
          FROM loan_survey_request request
          JOIN loan_survey_rule rule ON rule.id = request.rule_id
          JOIN res_partner partner ON partner.id = request.partner_id AND partner.name LIKE 'Borrower %%'
        """
    )
    states, reasons, asked, nameless, own_moments = Counter(), Counter(), {}, 0, {}
    moments = {}
    for state, reason, partner, day, moment, own, told_days in env.cr.fetchall():
        interval = own or lenders
        states[state] += 1
        moments.setdefault(moment, Counter())["asked" if day else reason or state] += 1
        if own:
            own_moments[moment] = own
        if state == "silent":
            reasons[reason] += 1
            nameless += not reason or (reason == "too_soon" and told_days != interval)
        if day:
            asked.setdefault(partner, []).append((day, interval))
    shortest, most, too_soon, sooner = {}, 0, 0, 0
    for days in asked.values():
        days.sort()
        for (earlier, _its), (later, interval) in pairwise(days):
            gap = (later - earlier).days
            shortest[interval] = min(shortest.get(interval, gap), gap)
            too_soon += gap < interval
            sooner += interval <= gap < lenders
        for day, _interval in days:
            most = max(most, sum(day - timedelta(days=365) < other <= day for other, _days in days))
    print(f"surveys on record: {sum(states.values())}; {dict(states.most_common())}")
    print("not asked because:", ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    print(
        f"asked {sum(map(len, asked.values()))} times, {len(asked)} people; "
        f"at most {most} times within 365 days (allowed {company.loan_survey_per_year}), "
        f"shortest interval "
        + ", ".join(f"{gap} days (allowed {interval})" for interval, gap in sorted(shortest.items()))
    )
    for moment, own in own_moments.items():
        counts = moments[moment]
        print(
            f"{moment}, {own} days of its own: {counts['asked']} of {counts.total()} asked, {sooner} of them within "
            f"the {lenders} days of the others; not: "
            + ", ".join(f"{reason} {count}" for reason, count in counts.most_common() if reason != "asked")
        )
    full = [each for each in batches if each[0] == 100]
    per_batch = sum(each[2] for each in full) / len(full) if full else 0.0
    print(
        f"{WEEKS + 3} weekly rounds in {spent:.0f} s; {len(full)} full batches of 100 judged and asked, "
        f"{1000 * per_batch:.0f} ms each with {sum(each[1] for each in full) / max(1, len(full)):.0f} letters"
    )
    if nameless or too_soon or most > company.loan_survey_per_year:
        raise SystemExit("Somebody was asked too often, or nobody knows why somebody was not.")


def _against_odoo(env, batches):
    """Compare a letter of ours, judged and all, with one that Odoo's template makes for the same record."""
    requests = env["loan.survey.request"].search(
        [("channel", "=", "email"), ("state", "=", "expired"), ("email", "!=", False)], limit=100
    )
    template = env.ref("loan_crm.mail_template_survey")
    before = _clock()
    template.send_mail_batch(requests.ids, force_send=False)
    env.flush_all()
    odoo = _clock() - before
    letters = sum(each[1] for each in batches)
    ours = sum(each[2] for each in batches)
    if letters and requests:
        per_letter, theirs = ours / letters, odoo / len(requests)
        print(
            f"a survey judged, noted and written: {1000 * per_letter:.1f} ms; "
            f"only the mail, by Odoo's template: {1000 * theirs:.1f} ms; ratio {per_letter / theirs:.2f}"
        )
    env.cr.rollback()


if __name__ == "__main__":
    run()
