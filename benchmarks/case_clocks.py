"""What do the jobs of clocks and of unanswered mails cost on 100,000 open cases?

    make bench T=benchmarks/case_clocks.py
    CASES=10000 make bench T=benchmarks/case_clocks.py

Each case has its clocks and somebody who waits. Measured: a morning on which every clock has reached a mark and every
wait climbs, and an ordinary run that finds nothing. The reference, in the same run: as many to-dos as were given,
given by Odoo's own `create` in batches of the same size, whoever may see what they are about.
"""

import os
from datetime import timedelta

import _book

from odoo import fields

CASES, BATCH, REFERENCE = int(os.environ.get("CASES", 100_000)), 500, 10


def run():
    with _book.database() as registry, _book.environment(registry) as env:
        _cases(env)
        env.cr.commit()
        print(f"{CASES:,} open cases, batches of {BATCH}")
        print(f"{'':44} {'to-dos':>9} {'against create':>16} {'statements of a batch':>24}")
        for name, model, job, method in (
            ("every clock has reached a mark", "loan.case.clock", "_tell_marks", "_tell"),
            ("everybody has waited too long", "loan.response", "_cron_climb", "_climb"),
        ):
            args = (BATCH,) if job == "_tell_marks" else ()
            counts, before = [], env["mail.activity"].search_count([])
            with _book.counted(env[model], method, counts):
                ours = _book.measured(env, lambda: getattr(env[model], job)(*args))  # noqa: B023
            given = env["mail.activity"].search_count([]) - before
            odoo = _book.measured(env, lambda: _reference(env))
            scale = given / (BATCH * REFERENCE)
            _clock, cpu = (mine / (theirs * scale) for mine, theirs in zip(ours, odoo, strict=True))
            print(f"{name:44} {given:9,} {cpu:15.2f}× {min(counts):11}–{max(counts)}")
            # The next round: nothing is due.
            statements = _book.statements(env, lambda: getattr(env[model], job)(*args))  # noqa: B023
            idle = _book.measured(env, lambda: getattr(env[model], job)(*args), rounds=3)  # noqa: B023
            print(f"{'  and a round that finds nothing':44} {0:9} {idle[1] / ours[1]:14.3%}  {statements:11}")


def _reference(env):
    """Give to-dos as Odoo does, in batches."""
    kind = env.ref("mail.mail_activity_data_todo")
    model = env["ir.model"]._get_id("loan.case")
    activities = env["mail.activity"].with_context(mail_activity_quick_update=True)
    cases = env["loan.case"].search([], limit=BATCH * REFERENCE)
    for start in range(0, len(cases), BATCH):
        activities.create(
            [
                {
                    "res_model_id": model,
                    "res_id": case.id,
                    "activity_type_id": kind.id,
                    "date_deadline": fields.Date.today(),
                    "summary": "See to it",
                    "user_id": case.user_id.id,
                }
                for case in cases[start : start + BATCH]
            ]
        )
        env.cr.commit()
        env.invalidate_all()


def _cases(env):
    """Write cases, their clocks and whoever waits as copies of one that the ORM made."""
    managers = _book.fill(env, CASES // 4, customers=CASES // 4)
    lead = env["res.users"].create(
        {
            "name": "Bench Lead",
            "login": "bench.lead@example.com",
            "group_ids": [(6, 0, env.ref("loan_crm.loan_crm_group_team_lead").ids)],
        }
    )
    env.company.loan_head_user_id = lead
    crm_team = env["crm.team"].create(
        {"name": "Bench", "user_id": lead.id, "member_ids": [(6, 0, managers.ids)]}
    )
    team = env["loan.case.team"].create(
        {
            "name": "Bench",
            "company_id": env.company.id,
            "user_id": lead.id,
            "member_ids": [(6, 0, managers.ids)],
        }
    )
    customer = env["loan.customer"].search([("reference", "=like", "B%")], limit=1)
    case = env["loan.case"].create(
        {"subject": "Pattern", "customer_id": customer.id, "kind": "inquiry", "team_id": team.id}
    )
    wait = env["loan.response"]
    wait._begin(case, env["mail.message"].create({"model": "loan.case", "res_id": case.id}), case.user_id)
    env.flush_all()
    then = fields.Datetime.now() - timedelta(days=20)
    env.cr.execute("UPDATE loan_customer SET team_id = %s WHERE reference LIKE 'B%%'", [crm_team.id])
    own = {
        "name": "'B' || n",
        "customer_id": "customer.id",
        "partner_id": "customer.partner_id",
        "user_id": "customer.manager_user_id",
        "team_id": str(team.id),
        "opened_at": "%(then)s",
        "contract_id": "NULL",
    }
    _copy(
        env,
        "loan_case",
        own,
        "(SELECT *, row_number() OVER (ORDER BY id) AS nth FROM loan_customer WHERE reference LIKE 'B%%') AS customer "
        "JOIN generate_series(1, %(cases)s) AS n ON customer.nth = 1 + n %% %(customers)s",
        "pattern.id = %(pattern)s",
        {"cases": CASES, "customers": CASES // 4, "then": then, "pattern": case.id},
    )
    for table, own in (
        (
            "loan_case_clock",
            {
                "case_id": "copied.id",
                "customer_id": "copied.customer_id",
                "started_at": "%(then)s",
                "mark": "0",
            }
            | {"next_mark": "100", "next_mark_at": "%(then)s", "due_at": "%(then)s", "state": "'running'"},
        ),
        (
            "loan_response",
            {"res_id": "copied.id", "case_id": "copied.id", "customer_id": "copied.customer_id"}
            | {"owner_user_id": "copied.user_id"}
            | {"waiting_since": "%(then)s", "climb_at": "%(then)s", "climbed": "'0'", "message_id": "NULL"},
        ),
    ):
        which = (
            "pattern.case_id"
            if table == "loan_case_clock"
            else "pattern.res_model = 'loan.case' AND pattern.res_id"
        )
        _copy(
            env,
            table,
            own,
            "loan_case AS copied",
            f"{which} = %(pattern)s AND copied.name LIKE 'B%%'",
            {"then": then, "pattern": case.id},
        )
    env.cr.execute("DELETE FROM loan_case_clock WHERE case_id = %s", [case.id])
    env.cr.execute("ANALYZE loan_case; ANALYZE loan_case_clock; ANALYZE loan_response")
    env.invalidate_all()


def _copy(env, table, own, source, where, values):
    columns = [name for name in _book._columns(env, table) if name != "id"]
    env.cr.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(own.get(name, f'pattern.{name}') for name in columns)} "
        f"FROM {table} AS pattern, {source} WHERE {where}",
        values,
    )


if __name__ == "__main__":
    run()
