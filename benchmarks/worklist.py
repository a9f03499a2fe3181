"""How much does a manager's day cost beside Odoo's own lists, and does it grow with the book?

    make bench T=benchmarks/worklist.py

A book of 100,000 loans in the hands of twenty managers, in it 100,000 further records of the kinds that the lanes ask:
waits, promises of ours and of theirs, requests for help, applications of which some are stuck. The day is the one call
that the page makes; the references, in the same run, are what the web client asks for a list of 80: of `crm.lead` (no
rules of ours in it but the veil) and of loans, each with the columns that its list has. *Rows* is the one call for the
rows; *opened* is with the views, which the client asks for when a list is opened for the first time. The same at a
tenth of the size tells whether the statements grow. Last, what a person waits for in a real browser, from the
click until the page stands, its views being known already.
"""

import json
import statistics

import _book
import _browser
from lxml import etree

from odoo import fields

ROWS = 100_000
LISTS = {"leads": "crm.crm_lead_all_leads", "loans": "loan_crm.loan_contract_action"}


def run():
    print(
        f"{'a manager of twenty':24}"
        + "".join(f"{f'{name}, {what}':>16}" for name in LISTS for what in ("rows", "opened"))
        + f"{'statements':>12} {'rows in lanes':>14}"
    )
    for rows in (ROWS // 10, ROWS):
        with _book.database() as registry:
            with _book.environment(registry) as env:
                managers = _book.fill(env, rows)
                _work(env, managers, rows)
                uid = managers[0].id
            with _book.environment(registry, uid) as env:
                day = env["loan.worklist"].action_look()
                found = sum(lane["count"] for lane in day["lanes"])
                assert all(lane["count"] for lane in day["lanes"]), {
                    lane["key"]: lane["count"] for lane in day["lanes"]
                }
                took = _book.measured(env, lambda: _look(env), rounds=5)[1]
                ratios = []
                for action in LISTS.values():
                    for opened in (False, True):
                        ask = _asking(env, action, opened)
                        ratios.append(took / _book.measured(env, ask, rounds=5)[1])
                env.invalidate_all()
                asked = _book.statements(env, env["loan.worklist"].action_look)
            told = "".join(f"{ratio:15.2f}×" for ratio in ratios)
            print(f"{rows:>15,} loans   {told}{asked:12} {found:14,}")
            if rows == ROWS:
                day = {"type": "ir.actions.client", "tag": "loan_crm.worklist"}
                _compared(registry, uid, "my day", (day, {".o_loan_work_row": 24}))


def _compared(registry, uid, name, page):
    """Print what a page takes in a browser beside Odoo's own lists, opened in turn.

    :param str name: of the page, in words
    :param tuple page: see `_browser.waits`
    """
    pages = {
        name: page,
        "leads": (_browser.rows("crm.lead"), {".o_data_row": 80, "td[name=stage_id]": 80}),
        "loans": (_browser.rows("loan.contract"), {".o_data_row": 80, "td[name=customer_id]": 80}),
    }
    waits = _browser.waits(registry, uid, pages)
    medians = {each: statistics.median(times) for each, times in waits.items()}
    print(
        f"in the browser, {name} takes "
        + ", ".join(
            f"{medians[name] / medians[each]:.2f}× of a list of 80 {each}" for each in ("leads", "loans")
        )
        + f" (medians of {len(waits[name])})"
    )


def _look(env):
    env.invalidate_all()
    json.dumps(env["loan.worklist"].action_look())


def _asking(env, xmlid, opened):
    """Return what the web client asks for a list, as a function.

    :param str xmlid: of the action that opens it
    :param bool opened: with the views, as when it is opened for the first time
    """
    action = env["ir.actions.act_window"]._for_xml_id(xmlid)
    records = env[action["res_model"]]
    views = [view for view in action["views"] if view[1] != "search"] + [
        [action["search_view_id"] and action["search_view_id"][0], "search"]
    ]
    options = {"action_id": action["id"], "load_filters": True, "toolbar": True}
    arch = records.get_views(views, options)["views"]["list"]["arch"]
    spec = {
        node.get("name"): {"fields": {"display_name": {}}}
        if records._fields[node.get("name")].relational
        else {}
        for node in etree.fromstring(arch).iter("field")
    }

    def ask():
        env.invalidate_all()
        if opened:
            json.dumps(records.get_views(views, options), default=str)
        json.dumps(records.web_search_read([], spec, limit=80, count_limit=10001), default=str)

    return ask


def _work(env, managers, rows):
    """Put as many records into the lanes' tables as there are loans: most are done, a twentieth is open."""
    values = {
        "rows": rows // 5,
        "now": fields.Datetime.now(),
        "today": env.company._loan_today(),
        "company": env.company.id,
        "kind": env["loan.commitment.kind"].search([], limit=1).id,
        "product": env["loan.product"].search([], limit=1).id,
        "stage": env["crm.stage"].create({"name": "Papers", "loan_days": 3}).id,
        "users": managers.ids,
    }
    env.flush_all()
    # Loans by number, and a die for each, so that every manager gets some of everything.
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE dealt ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY contract.id) - 1 AS n, contract.id AS contract_id, contract.customer_id,
               contract.manager_user_id AS user_id, contract.partner_id, contract.currency_id,
               (hashint8(contract.id) & 1023) %% 20 AS die
          FROM loan_contract contract ORDER BY contract.id LIMIT %(rows)s
        """,
        values,
    )
    for statement in _STATEMENTS:
        env.cr.execute(statement, values)
    env.cr.execute("ANALYZE loan_response, loan_commitment, loan_promise, loan_hardship, crm_lead")


_STATEMENTS = (
    """
    INSERT INTO loan_response (res_model, res_id, customer_id, company_id, owner_user_id, waiting_since, answered_at,
                               state, channel, climbed, climb_at)
    SELECT 'loan.contract', contract_id, customer_id, %(company)s, user_id, %(now)s - n %% 30 * interval '1 hour',
           CASE WHEN die > 0 THEN %(now)s END, CASE WHEN die = 0 THEN 'waiting' ELSE 'answered' END,
           'email', '0', CASE WHEN die = 0 THEN %(now)s + interval '1 hour' END
      FROM dealt
    """,
    """
    INSERT INTO loan_commitment (name, kind_id, customer_id, contract_id, company_id, partner_id, user_id,
                                 promised_user_id, promised_on, date_due, clock, state)
    SELECT 'The statement ' || n, %(kind)s, customer_id, contract_id, %(company)s, partner_id, user_id, user_id,
           %(today)s::date - 40, %(today)s::date - 3 + n::int %% 9, 'lender',
           CASE WHEN die = 0 THEN 'open' ELSE 'kept' END
      FROM dealt
    """,
    """
    INSERT INTO loan_promise (contract_id, customer_id, company_id, currency_id, state, amount, date_promised,
                              date_until, made_on, decided_on, heard_via, heard_user_id, partner_id)
    SELECT contract_id, customer_id, %(company)s, currency_id,
           CASE WHEN die = 0 THEN 'broken' ELSE 'kept' END, 100, %(today)s::date - 30, %(today)s::date - 28,
           %(today)s::date - 40, %(today)s::date - 28, 'phone', user_id, partner_id
      FROM dealt
    """,
    """
    INSERT INTO loan_hardship (contract_id, customer_id, company_id, partner_id, state, channel, cause, wish, asked_on)
    SELECT contract_id, customer_id, %(company)s, partner_id, CASE WHEN die = 0 THEN 'new' ELSE 'withdrawn' END,
           'phone', 'income', 'talk', %(today)s
      FROM dealt
    """,
    """
    INSERT INTO crm_lead (name, type, active, user_id, stage_id, company_id, loan_product_id, probability, priority,
                          date_last_stage_update, create_uid, write_uid, create_date, write_date)
    SELECT 'Application ' || n, 'opportunity', TRUE, (%(users)s)[1 + n %% array_length(%(users)s, 1)], %(stage)s,
           %(company)s, %(product)s, 10, '0', %(now)s - CASE WHEN die = 0 THEN interval '30 days' ELSE interval '0' END,
           1, 1, now(), now()
      FROM dealt
    """,
)


if __name__ == "__main__":
    run()
