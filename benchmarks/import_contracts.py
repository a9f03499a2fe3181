"""How fast does a core system's feed of loans come in, and what does the same feed cost the next night?

    make bench T=benchmarks/import_contracts.py
    LINES=10000 make bench T=benchmarks/import_contracts.py

Reference: the same loans made one by one with `create` and paid out with their button, in the same run. The last
figures are the same lines sent again, which write nothing, and loans that bring their own schedule.
"""

import os

import _book

LINES, LOOPED, MONTHS = int(os.environ.get("LINES", 1000)), 60, 36


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            _book.draft(env, 1)
            customer = env["loan.customer"].search([], order="id desc", limit=1)
            lines = [_line(customer.reference, n) for n in range(LINES)]
            env.cr.commit()
            contracts = env["loan.contract"]
            contracts.sync([_line(customer.reference, -1)])
            env.cr.commit()
            spent = _book.timed(lambda: _taken(env, lines, "created"))
            again = _book.timed(lambda: _taken(env, lines, "unchanged"))
            count = _book.statements(env, lambda: contracts.sync(lines))
            bring = _with_rows(env, lines)
            given = _book.timed(lambda: _taken(env, bring, "created"))
            given_again = _book.timed(lambda: _taken(env, bring, "unchanged"))
            paid = [
                {"external_ref": f"P{n}", "contract": f"B{n}", "date": "2026-03-01", "amount": 100 + n}
                for n in range(LINES)
            ]
            repaid = _book.timed(lambda: _taken(env, paid, "created", "loan.repayment"))
            repaid_again = _book.timed(lambda: _taken(env, paid, "unchanged", "loan.repayment"))
            product = env["loan.product"].search([("code", "=", "DRAFT")])
            looped = _book.timed(lambda: _loop(env, customer, product))
            env.cr.commit()
    one = looped / LOOPED
    print(f"{LINES:,} running loans of {MONTHS} rows, against a loop of create and disburse:")
    print(f"  worked out here: {one / (spent / LINES):.1f}× ({LINES / spent:,.0f} lines/s on this machine)")
    print(
        f"  bringing their schedule, compared with ours: {one / (given / LINES):.1f}× ({LINES / given:,.0f} lines/s)"
    )
    print(
        f"the same lines again: {100 * again / spent:.0f} % of the first time, "
        f"{1000 * count / LINES:.0f} statements per 1,000 lines"
    )
    print(f"the same lines with schedules again: {100 * given_again / given:.0f} % of the first time")
    print(
        f"repayments: {LINES / repaid:,.0f} lines/s on this machine; "
        f"again: {100 * repaid_again / repaid:.0f} % of the first time"
    )


def _line(customer, n):
    return {
        "external_ref": f"B{n}",
        "customer": customer,
        "product": "DRAFT",
        "principal": 10000 + n,
        "yearly_rate": 6,
        "term": MONTHS,
        "start_date": "2026-01-15",
        "first_due_date": "2026-02-15",
        "state": "active",
    }


def _with_rows(env, lines):
    """Return the lines again as loans of another name that bring their schedule."""
    loans = env["loan.contract"].search([("external_ref", "in", [line["external_ref"] for line in lines])])
    rows = {loan.external_ref: [] for loan in loans}
    env.cr.execute(
        "SELECT c.external_ref, r.number, r.due_date::text, r.principal::float, r.interest::float "
        "FROM loan_installment r JOIN loan_contract c ON c.id = r.contract_id WHERE c.id = ANY(%s) ORDER BY r.number",
        [loans.ids],
    )
    for ref, number, due, principal, interest in env.cr.fetchall():
        rows[ref].append({"number": number, "due_date": due, "principal": principal, "interest": interest})
    return [
        {**line, "external_ref": f"X{line['external_ref']}", "schedule": rows[line["external_ref"]]}
        for line in lines
    ]


def _taken(env, lines, status, model="loan.contract"):
    answer = env[model].sync(lines)
    assert answer[status] == len(lines), [line for line in answer["lines"] if line["errors"]][:3]
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()


def _loop(env, customer, product):
    for n in range(LOOPED):
        loan = env["loan.contract"].create(
            {
                "external_ref": f"L{n}",
                "customer_id": customer.id,
                "product_id": product.id,
                "principal": 10000 + n,
                "yearly_rate": 6,
                "term": MONTHS,
                "start_date": "2026-01-15",
                "first_due_date": "2026-02-15",
            }
        )
        loan.action_activate()
    env.flush_all()


if __name__ == "__main__":
    run()
