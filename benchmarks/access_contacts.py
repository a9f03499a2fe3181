"""What does it cost to close contacts and leads with their customers, and what does who closes none pay?

    make bench T=benchmarks/access_contacts.py

Contacts of a large book and leads about them, asked by Odoo's own calls, each time against the same call as superuser,
who has no rules, in the same run; the fastest of five. A plain employee of the sales department asks: nobody's duty.
"""

import _book
from access_levels import _open_all

from odoo import Command
from odoo.tools import SQL

CUSTOMERS, LOANS, LEADS = 300_000, 1_000, 100_000
CALLS = ("count", "page of 80", "read 80", "names", "leads", "lead list", "a lead made")
SHARES = {"nothing confidential": 0, "1 in 1,000 confidential": 1000, "1 in 20 confidential": 20}


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            _book.fill(env, LOANS, customers=CUSTOMERS)
            _open_all(env)
            uid = _seller(env)
            _lead(env)
        figures = {}
        for name, share in SHARES.items():
            with _book.environment(registry) as env:
                _close(env, share)
            figures[name] = _figures(registry, uid)
    print(f"{'against no rules':28}" + "".join(f"{name:>14}" for name in CALLS))
    for name, ratios in figures.items():
        print(f"{name:28}" + "".join(f"{ratio:13.2f}×" for ratio in ratios))


def _seller(env):
    group = env.ref("sales_team.group_sale_salesman_all_leads")
    user = env["res.users"].create(
        {"name": "Bench Seller", "login": "bench.seller", "group_ids": [Command.set(group.ids)]}
    )
    return user.id


def _lead(env):
    stage = env["crm.stage"].search([], limit=1)
    env.cr.execute(
        SQL(
            "INSERT INTO crm_lead (name, type, active, partner_id, stage_id, company_id, loan_level, create_date)"
            " SELECT 'Bench', 'opportunity', TRUE, partner_id, %s, company_id, 0, now() FROM loan_customer"
            " ORDER BY id DESC LIMIT %s",
            stage.id,
            LEADS,
        )
    )
    env.cr.execute("ANALYZE crm_lead")
    env.cr.execute("ANALYZE res_partner")


def _close(env, share):
    if share:
        level = env.ref("loan_crm.loan_confidentiality_level_confidential")
        level._note_used()
        env.flush_all()
        env.cr.execute(
            SQL("UPDATE loan_customer SET level_id = %s, loan_level = 2 WHERE id %% %s = 0", level.id, share)
        )
        env.invalidate_all()
        env.cr.execute("ANALYZE loan_customer")


def _figures(registry, uid):
    times = {}
    for who in (1, uid):
        with _book.environment(registry, who) as env:
            times[who] = [_book.timed(lambda work=work: _fresh(env, work), rounds=5) for work in _works(env)]
            env.cr.rollback()
    return [mine / free for mine, free in zip(times[uid], times[1], strict=True)]


def _fresh(env, work):
    env.invalidate_all()
    return work()


def _works(env):
    partners, leads = env["res.partner"], env["crm.lead"]
    shown = partners.search([], limit=80).ids
    open_ids = env["res.users"].browse(1).partner_id.ids
    listed = {"name": {}, "partner_id": {"fields": {"display_name": {}}}, "stage_id": {"fields": {}}}
    return (
        lambda: partners.search_count([]),
        lambda: partners.search([], limit=80).ids,
        lambda: partners.browse(shown).read(["name", "phone", "email"]),
        lambda: partners.name_search("Bench", limit=8),
        lambda: leads.search_count([], limit=10001),
        lambda: leads.web_search_read([], listed, limit=80),
        lambda: leads.create({"name": "Made", "partner_id": open_ids[0]}),
    )


if __name__ == "__main__":
    run()
