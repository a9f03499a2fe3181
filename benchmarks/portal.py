"""What does a page of the portal cost beside Odoo's own, and does it grow with the book or with what somebody has?

    make bench T=benchmarks/portal.py

A book of 100,000 loans, in it borrowers of 1, 10 and 100 loans, applications and questions, each with a login. A page
is fetched through Odoo's whole stack, without the network; measured are the statements and the CPU of this process.
The references of the same run are Odoo's own pages for the same login, and for the staff the read of its pipeline.
"""

import logging
import os
import statistics
import time

import _book
from werkzeug.test import Client

import odoo.http
from odoo import Command, sql_db
from odoo.service import security
from odoo.tools import config

ROWS = int(os.environ.get("BENCH_ROWS", 100_000))
HAVE = (1, 10, 100)
TURNS = 7
PAGES = (
    ("/my", "Odoo's: all cards"),
    ("/my/account", "Odoo's: one's account"),
    ("/my/loans", "the loans"),
    ("/my/loans/{loan}", "a loan"),
    ("/my/prepay/{loan}", "paying early"),
    ("/my/applications", "the applications"),
    ("/my/applications/{application}", "an application"),
    ("/my/cases", "questions and complaints"),
    ("/my/cases/{case}", "a case"),
    ("/my/contact", "how we reach you"),
)
COUNTERS = ("loan_loan_count", "loan_application_count", "loan_case_count", "loan_contact_count")


def run():
    config["db_name"] = [_book.NAME]
    logging.getLogger("odoo.http").setLevel(logging.CRITICAL)
    with _book.database() as registry:
        with _book.environment(registry) as env:
            managers = _book.fill(env, ROWS)
            borrowers = [_borrower(env, managers[0], count, place) for place, count in enumerate(HAVE)]
        found = {
            count: _fetched(registry, *borrower) for count, borrower in zip(HAVE, borrowers, strict=True)
        }
        with _book.environment(registry, managers[0].id) as env:
            staff = [
                (name, _book.statements(env, work), _book.measured(env, work, rounds=5)[1] * 1000)
                for name, work in (
                    ("my day", lambda: _fresh(env)["loan.worklist"].action_look()),
                    ("Odoo's: the pipeline", lambda: _pipeline(_fresh(env)["crm.lead"])),
                )
            ]
    print(f"{ROWS:,} loans; statements and ms of CPU for a borrower of so many of each")
    print(f"{'':34}" + "".join(f"{count:>18}" for count in HAVE))
    names = dict(PAGES) | {"counters": "the cards' counters"}
    for path in names:
        cells = "".join(f"{found[count][path][0]:>8} {found[count][path][1]:>7.1f}ms" for count in HAVE)
        print(f"{names[path]:34}{cells}")
    for name, statements, took in staff:
        print(f"{name:34}{statements:>8} {took:>7.1f}ms")


def _fresh(env):
    env.invalidate_all()
    return env


def _pipeline(leads):
    groups = leads.web_read_group(
        [("type", "=", "opportunity")], ["stage_id"], ["__count", "expected_revenue:sum"]
    )
    for group in groups["groups"]:
        leads.web_search_read(
            [("stage_id", "=", group["stage_id"] and group["stage_id"][0]), ("type", "=", "opportunity")],
            {"name": {}, "partner_id": {"fields": {"display_name": {}}}, "user_id": {}, "activity_ids": {}},
            limit=80,
        )


def _borrower(env, manager, count, place):
    """Return the login's id and what its pages are about: somebody with so many loans, applications and questions."""
    partner = env["res.partner"].create({"name": f"Borrower of {count}"})
    customer = env["loan.customer"].create({"partner_id": partner.id, "manager_user_id": manager.id})
    env.flush_all()
    env.cr.execute(
        "UPDATE loan_contract SET customer_id = %s, partner_id = %s WHERE id IN "
        "(SELECT id FROM loan_contract WHERE state = 'active' ORDER BY id OFFSET %s LIMIT %s) RETURNING id",
        [customer.id, partner.id, place * 1000, count],
    )
    loans = [id_ for (id_,) in env.cr.fetchall()]
    env.cr.execute(
        "UPDATE loan_contract_party SET partner_id = %s WHERE contract_id = ANY(%s)", [partner.id, loans]
    )
    env.invalidate_all()
    product = env["loan.product"].search([], limit=1)
    leads = env["crm.lead"].create(
        [
            {
                "name": f"A loan {number}",
                "type": "opportunity",
                "partner_id": partner.id,
                "loan_product_id": product.id,
                "company_id": env.company.id,
            }
            for number in range(count)
        ]
    )
    cases = env["loan.case"].create(
        [
            {
                "kind": "inquiry",
                "subject": f"A question {number}",
                "words": "May I pay weekly?",
                "customer_id": customer.id,
                "partner_id": partner.id,
                "contract_id": loans[0],
            }
            for number in range(count)
        ]
    )
    user = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "partner_id": partner.id,
                "login": f"borrower{count}",
                "group_ids": [Command.set(env.ref("base.group_portal").ids)],
                "company_id": env.company.id,
                "company_ids": [Command.set(env.company.ids)],
            }
        )
    )
    return user.id, {"loan": loans[0], "application": leads[0].id, "case": cases[0].id}


def _fetched(registry, uid, names):
    """Return the statements and the milliseconds of CPU of each page."""
    client = Client(odoo.http.root)
    with _book.environment(registry) as env:
        user = env["res.users"].browse(uid)
        session = odoo.http.root.session_store.new()
        session.update(odoo.http.get_default_session(), db=_book.NAME, _trace_disable=True)
        session.uid, session.login = uid, user.login
        session.session_token = security.compute_session_token(session, env(user=uid))
        session.context = dict(env(user=uid)["res.users"].context_get())
        odoo.http.root.session_store.save(session)
    client.set_cookie("session_id", session.sid)
    found = {}
    for path, _name in PAGES:
        found[path] = _measured(lambda path=path: client.get(path.format(**names)))
    body = {"jsonrpc": "2.0", "params": {"counters": list(COUNTERS)}}
    found["counters"] = _measured(lambda: client.post("/my/counters", json=body))
    return found


def _measured(fetch):
    """Return the statements and the milliseconds of CPU of a fetch, its first ones aside: they fill caches."""
    spent, asked = [], []
    for turn in range(TURNS + 2):
        before, start = sql_db.sql_counter, time.process_time()
        response = fetch()
        assert response.status_code == 200, (response.status, response.text[:500])
        if turn >= 2:
            spent.append(time.process_time() - start)
            asked.append(sql_db.sql_counter - before)
    return statistics.median(asked), min(spent) * 1000


if __name__ == "__main__":
    run()
