"""What do weak spots, the report of a month and the effect of a change cost against Odoo's own grouping of the cases?

    make bench T=benchmarks/learning_report.py

Reference: one `_read_group` of a year's cases by category, asked by the same user in the same run. `CASES=100000`
closed cases of 20,000 loans lie evenly over two years; a compliance officer sees all, a manager a twentieth. The
screen counts cases three times and loans once, so a ratio of four is what it must cost.
"""

import os

import _book

from odoo import fields
from odoo.tools import SQL

CASES, LOANS = int(os.environ.get("CASES", 100_000)), 20_000


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            users = _book.fill(env, LOANS, managers=20, due_in=(-600, 100))
            _fill(env)
            officer = env["res.users"].create(
                {
                    "name": "Bench Officer",
                    "login": "bench.officer",
                    "group_ids": [(6, 0, env.ref("loan_crm.loan_crm_group_compliance").ids)],
                }
            )
        for name, uid in (("all", officer.id), ("a manager's own", users[0].id)):
            with _book.environment(registry, uid) as env:
                _screens(env, name)
        with _book.environment(registry) as env:
            _jobs(env, officer)


def _fill(env):
    """Write the cases as copies of one that the ORM made, and an answer to a survey for every other customer."""
    customer = env["loan.contract"].search([("name", "like", "B%")], limit=1).customer_id
    pattern = env["loan.case"].create(
        {
            "subject": "Pattern",
            "kind": "complaint",
            "customer_id": customer.id,
            "opened_at": fields.Datetime.now(),
        }
    )
    env.flush_all()
    categories = env["loan.case.category"].search([]).ids
    causes = env["loan.case.cause"].search([]).ids
    own = {
        "name": "'B' || n",
        "state": "'closed'",
        "customer_id": "loan.customer_id",
        "contract_id": "loan.id",
        "partner_id": "loan.partner_id",
        "product_id": "loan.product_id",
        "user_id": "NULL",
        "hold_id": "NULL",
        "journey": "(ARRAY['payout', 'repay', 'late'])[1 + n % 3]",
        # A few categories have most: the square of an even number.
        "category_id": f"(ARRAY{categories})[1 + floor(power((n * 7919 % 1000) / 1000.0, 2) * {len(categories)})::int]",
        "cause_id": f"(ARRAY{causes})[1 + n % {len(causes)}]",
        "opened_at": "now() - make_interval(mins => (n * 730 * 1440.0 / total)::int)",
        "responded_at": "now() - make_interval(mins => (n * 730 * 1440.0 / total)::int - 200)",
        "solved_at": "now() - make_interval(mins => (n * 730 * 1440.0 / total)::int - 2000)",
    }
    columns = [name for name in _book._columns(env, "loan_case") if name != "id"]
    env.cr.execute(
        SQL(
            "INSERT INTO loan_case (%(columns)s) SELECT %(values)s"
            " FROM (SELECT n, %(cases)s AS total FROM generate_series(1, %(cases)s) n) AS made"
            " JOIN (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM loan_contract WHERE name LIKE 'B%%') AS loan"
            " ON loan.nth = 1 + made.n %% %(loans)s, loan_case AS pattern WHERE pattern.id = %(pattern)s",
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(
                SQL(own[name].replace("%", "%%")) if name in own else SQL.identifier("pattern", name)
                for name in columns
            ),
            cases=CASES,
            loans=LOANS,
            pattern=pattern.id,
        )
    )
    rule = env.ref("loan_crm.loan_survey_rule_disbursement")
    env.cr.execute(
        SQL(
            """
            INSERT INTO loan_survey_request (company_id, rule_id, survey_id, moment, occasion_ref, occasion_year,
                                             occasion_on, partner_id, customer_id, due_on, last_day, state, sent_at,
                                             answered_at, way)
            SELECT company_id, %s, %s, 'disbursement', 5000000 + id, 0, current_date - 500, partner_id, id,
                   current_date - 500, current_date - 500, 'answered', now() - interval '500 days',
                   now() - interval '500 days', 'link'
              FROM loan_customer WHERE reference LIKE 'B%%' AND id %% 2 = 0
            """,
            rule.id,
            rule.survey_id.id,
        )
    )
    env.cr.execute(
        """
        INSERT INTO loan_survey_score (request_id, survey_id, dimension, value, percent, side, counts, answered_at,
                                       company_id, customer_id)
        SELECT id, survey_id, 'attitude', 1 + id % 5, 25 * (id % 5), 0, TRUE, answered_at, company_id, customer_id
          FROM loan_survey_request WHERE occasion_ref > 5000000
        """
    )
    env.invalidate_all()
    env.cr.execute("ANALYZE loan_case")
    env.cr.execute("ANALYZE loan_survey_score")


def _screens(env, name):
    def reference():
        env.invalidate_all()
        spots = env["loan.weak.spot"]
        domain = spots._learning_cases(env.company, since, today)
        return env["loan.case"]._read_group(domain, ["category_id"], ["__count"])

    today = env.company._loan_today()
    since = fields.Date.subtract(today, days=364)
    found = reference()
    base = _book.measured(env, reference, rounds=5)
    print(
        f"{name}: {sum(count for _category, count in found):,} cases of a year by category, {base[0]:.3f} s"
    )
    for told, sort_by in (
        ("category", "category"),
        ("category, stage and product", "category_journey_product"),
    ):
        spots = env["loan.weak.spot"].create({"period": "365", "sort_by": sort_by})
        env.flush_all()

        def screen(spots=spots):
            env.invalidate_all()
            return spots.figures

        _tell(f"  weak spots by {told}", _book.measured(env, screen, rounds=5), base)
        print(f"    {_book.statements(env, screen)} statements")
    again = env["loan.repeat"].create({})

    def repeat():
        env.invalidate_all()
        return again.figures

    _tell(
        f"  who borrows again, {repeat()['count']:,} customers", _book.measured(env, repeat, rounds=3), base
    )


def _jobs(env, officer):
    today = env.company._loan_today()
    year = env["loan.voice.report"]._learning_cases(env.company, fields.Date.subtract(today, days=364), today)

    def reference():
        env.invalidate_all()
        env["loan.case"]._read_group(year, ["category_id"], ["__count"])

    base = _book.measured(env, reference, rounds=5)
    print(f"as superuser: a year by category, {base[0]:.3f} s")
    reports = env["loan.voice.report"]
    report = reports.search([("state", "=", "draft")], limit=1) or reports.create({})

    def count():
        report._count()
        env.flush_all()

    _tell("  the report of a month", _book.measured(env, count, rounds=3), base)
    print(f"    {_book.statements(env, count)} statements")
    category = env["loan.case"].search([("name", "like", "B%")], limit=1).category_id
    change = env["loan.improvement"].create(
        {"name": "Bench", "category_id": category.id, "counted_user_id": officer.id, "window_days": 90}
    )
    change.done_on = fields.Date.subtract(today, days=91)
    change = change.sudo()
    spans = [(fields.Date.subtract(today, days=181), fields.Date.subtract(today, days=92)), (today, today)]
    _tell("  one effect measured", _book.measured(env, lambda: change._counted(spans), rounds=3), base)


def _tell(name, spent, base):
    print(f"{name}: {spent[0] / base[0]:.1f}× ({spent[1] / max(base[1], 0.01):.1f}× CPU), {spent[0]:.3f} s")


if __name__ == "__main__":
    run()
