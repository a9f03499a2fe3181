"""How much does a team's board cost beside Odoo's own lists, and does it grow with the book?

    make bench T=benchmarks/board.py

The book of `benchmarks/worklist.py`: 100,000 loans in the hands of twenty managers, with 100,000 further records of the
kinds that are asked. A lead has ten of the managers and half of the loans; two of the ten are away, and 200 cases have
a clock that runs out soon. The board is the one call that the page makes; beside it stand what is asked when a card is
taken up, and in the same run what the web client asks for a list of 80, of `crm.lead` and of loans, by the same lead:
*rows* and *opened* as in `benchmarks/worklist.py`. The same at a tenth of the size tells whether the statements grow.
Last, what a lead waits for in a real browser, from the click until the page stands, its views being known already.
"""

import json
from datetime import timedelta

import _book
from worklist import LISTS, ROWS, _asking, _compared, _work

from odoo import Command, fields

CASES = 200


def run():
    print(
        f"{'a lead of ten':24}"
        + "".join(f"{f'{name}, {what}':>16}" for name in LISTS for what in ("rows", "opened"))
        + f"{'a card':>10} {'statements':>12} {'counted':>9}"
    )
    for rows in (ROWS // 10, ROWS):
        with _book.database() as registry:
            with _book.environment(registry) as env:
                managers = _book.fill(env, rows)
                _work(env, managers, rows)
                uid = _lead(env, managers)
            _book.vacuumed("loan_contract", "loan_customer", "loan_response", "loan_commitment")
            with _book.environment(registry, uid) as env:
                board = env["loan.board"].action_look()
                assert all(lane["count"] for lane in board["lanes"]), board["lanes"]
                assert all(figure["count"] for figure in board["head"]), board["head"]
                found = sum(cell["value"] or 0 for row in board["rows"] for cell in row["cells"][1:])
                card = next(row["hand"] for row in board["lanes"][0]["rows"])
                took = _book.measured(env, lambda: _look(env), rounds=5)[1]
                weighed = _book.measured(env, lambda: _weigh(env, card), rounds=5)[1]  # noqa: B023
                lists = [
                    _book.measured(env, _asking(env, action, opened), rounds=5)[1]
                    for action in LISTS.values()
                    for opened in (False, True)
                ]
                env.invalidate_all()
                asked = _book.statements(env, env["loan.board"].action_look)
            told = "".join(f"{took / each:15.2f}×" for each in lists)
            print(f"{rows:>15,} loans   {told}{weighed / lists[2]:9.2f}× {asked:12} {found:9,}")
            if rows == ROWS:
                board = {"type": "ir.actions.client", "tag": "loan_crm.board"}
                _compared(registry, uid, "the board", (board, {".o_loan_work_row": 20}))


def _look(env):
    env.invalidate_all()
    json.dumps(env["loan.board"].action_look())


def _weigh(env, card):
    env.invalidate_all()
    json.dumps(env["loan.board"].action_weigh(card["model"], card["id"]))


def _lead(env, managers):
    """Let somebody lead half of the managers and their customers, and put cases on their clocks; return who it is."""
    lead = env["res.users"].create(
        {
            "name": "Bench Lead",
            "login": "bench.lead@example.com",
            "group_ids": [Command.set(env.ref("loan_crm.loan_crm_group_team_lead").ids)],
        }
    )
    theirs = managers[: len(managers) // 2]
    team = env["crm.team"].create(
        {"name": "Bench", "user_id": lead.id, "member_ids": [Command.set(theirs.ids)]}
    )
    today = env.company._loan_today()
    env["loan.cover"].create(
        [
            {
                "manager_user_id": manager.id,
                "date_from": today + timedelta(start),
                "date_to": today + timedelta(start + 3),
                "company_id": env.company.id,
            }
            for start, manager in enumerate(theirs[:2])
        ]
    )
    env.flush_all()
    for table in ("loan_customer", "loan_contract"):
        env.cr.execute(
            f"UPDATE {table} SET team_id = %s WHERE manager_user_id = ANY(%s)", [team.id, theirs.ids]
        )
    env.invalidate_all()
    customers = env["loan.customer"].search([("manager_user_id", "in", theirs.ids)], limit=CASES)
    cases = env["loan.case"].create(
        [
            {
                "subject": f"Question {number}",
                "kind": "inquiry",
                "customer_id": customer.id,
                "user_id": customer.manager_user_id.id,
            }
            for number, customer in enumerate(customers)
        ]
    )
    cases.clock_ids.due_at = fields.Datetime.now() + timedelta(hours=1)
    env.flush_all()
    env.cr.execute("ANALYZE loan_case, loan_case_clock, loan_customer, loan_contract")
    return lead.id


if __name__ == "__main__":
    run()
