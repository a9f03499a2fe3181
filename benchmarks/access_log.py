"""What does it cost to put a look on record?

    make bench T=benchmarks/access_log.py

A list of 80 customers and a customer's form, as the web client asks for them, each in three states of one run: nothing
is ever noted (the hook taken out), the hook is there and no record is confidential, and what was shown is confidential,
with the entry written in its own transaction before the answer leaves. Then how fast entries are written and checked.
"""

import json
import time
from unittest.mock import patch

import _book
from lxml import etree

from odoo.fields import Domain

LOANS = 20_000
ENTRIES = 20_000
LIST = (
    "reference name kind phone manager_user_id contract_count principal_outstanding next_due_date currency_id"
)


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            manager = _book.fill(env, LOANS)[0].id
        with _book.environment(registry, manager) as env:
            customers = env["loan.customer"].search([], limit=80)
            spec = _specification(env)
            pages = {
                "list of 80": lambda: json.dumps(
                    env["loan.customer"].web_search_read(
                        [], {name: _leaf(env, name) for name in LIST.split()}, limit=80
                    ),
                    default=str,
                ),
                "a form": lambda: json.dumps(customers[0].web_read(spec), default=str),
            }
            for name, page in pages.items():
                _compare(env, registry, name, page, customers)
            _alone(env, registry, customers)
            env.cr.rollback()
        with _book.environment(registry) as env:
            _write_and_check(env, customers)


def _compare(env, registry, name, page, customers):
    mixin = registry["loan.evidence.mixin"]
    states = {
        "without the hook": (patch.object(mixin, "_loan_seen", lambda *args, **kwargs: None),),
        "nothing confidential": (_logged(mixin, ["nobody"]),),
        "confidential": (_logged(mixin, customers.mapped("reference")),),
    }

    def work():
        env.invalidate_all()
        page()
        env.cr.postcommit.run()

    figures = {state: [] for state in states}
    counts = {}
    for _round in range(25):  # in turn, so that a busy moment of the machine is everybody's
        for state, patches in states.items():
            for one in patches:
                one.start()
            figures[state].append(_book.measured(env, work))
            counts[state] = _book.statements(env, work)
            for one in patches:
                one.stop()
    without = _book.best(figures["without the hook"])
    for state, runs in figures.items():
        wall, cpu = _book.best(runs)
        print(
            f"{name:12} {state:22} {wall * 1000:7.1f} ms {wall / without[0]:6.2f}×  {cpu * 1000:7.1f} ms CPU "
            f"{cpu / without[1]:6.2f}× {counts[state]:4} statements"
        )


def _alone(env, registry, customers):
    """Time what the pages pay, without the page: on a busy machine the difference of two pages is its noise."""
    mixin = registry["loan.evidence.mixin"]

    def look():
        customers._loan_seen("view", ["kind"])
        env.cr.postcommit.run()

    print(f"the hook, a model without levels        {_book.timed(look, 200) * 1000:6.3f} ms")
    for told, references in (
        ("nothing confidential", ["nobody"]),
        ("80 records written", customers.mapped("reference")),
    ):
        with _logged(mixin, references):
            print(f"the hook, 80 records, {told:20} {_book.timed(look, 200) * 1000:6.3f} ms")


def _logged(mixin, references):
    def domain(self):
        # A column of the customer that has to be asked of the database, as a level is.
        return Domain("reference", "in", references) if self._name == "loan.customer" else Domain.FALSE

    return patch.object(mixin, "_loan_logged_domain", domain)


def _leaf(env, name):
    return {"fields": {"display_name": {}}} if env["loan.customer"]._fields[name].type == "many2one" else {}


def _specification(env):
    view = etree.fromstring(env["loan.customer"].get_view(view_type="form")["arch"])
    names = {node.get("name") for node in view.xpath(".//field[not(ancestor::field)]")}
    fields = env["loan.customer"]._fields
    return {name: _leaf(env, name) for name in names if fields[name].type not in ("one2many", "many2many")}


def _write_and_check(env, customers):
    log = env["loan.access.log"]
    row = {
        "event": "view",
        "res_model": "loan.customer",
        "res_ids": customers.ids,
        "customer_refs": customers.ids,
    }
    single = 200
    start = time.perf_counter()
    for number in range(single):
        with log._apart() as apart:
            apart._append([{"uid": 100 + number, **row}])
    spent = time.perf_counter() - start
    print(f"an entry of 80 records, in its own transaction {spent / single * 1000:6.2f} ms")
    for start_at in range(0, ENTRIES, 1000):
        log._append([{"uid": 100 + number % 16, **row} for number in range(start_at, start_at + 1000)])
    env.cr.commit()
    wall, cpu = _book.measured(env, log._verify, rounds=3)
    print(f"checking {log.search_count(Domain.TRUE)} entries {wall:17.2f} s {cpu:6.2f} s CPU")


if __name__ == "__main__":
    run()
