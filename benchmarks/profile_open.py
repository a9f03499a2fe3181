"""Does a customer's page with 200 loans and 10,000 messages open as fast as a native form?

    make bench T=benchmarks/profile_open.py

First what a person waits for: in a real browser, from the click until the form stands there, the customer's with the
strip and a page of the timeline, a lead's with as many messages in its chatter. Then what the web client asks for it:
`web_read` of what the form shows, and what stands beside it. Of the customer that is the first page of the timeline
and the first messages of the chatter; of the lead, the chatter. All in one run, as the manager whose records they are.
"""

import json
import os
import statistics

import _book
import _browser
from lxml import etree

from odoo.tools import SQL

LOANS, MESSAGES = 200, 10_000
# What a person looks for: all tiles and a page of rows; a lead's title and a page of messages.
CUSTOMER_STANDS = {".o_loan_strip .o_loan_tile": 8, ".o_loan_timeline_row": 30}
LEAD_STANDS = {".o_lead_opportunity_form .oe_title": 1, ".o_lead_opportunity_form .o-mail-Message": 25}
TOUCH = [
    "date",
    "all_day",
    "kind",
    "direction",
    "summary",
    "contract_id",
    "author_id",
    "res_model",
    "res_id",
    "can_open",
]


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            # Others' books lie around it: what is asked of one customer must not grow with them.
            managers = _book.fill(env, 20_000, loans_each=LOANS)
            customer = env["loan.customer"].search(
                [("manager_user_id", "=", managers[0].id), ("contract_ids", "!=", False)], limit=1
            )
            ids = customer.id, managers[0].id, _lead(env, managers[0])
            _fill(env, customer, env["crm.lead"].browse(ids[2]))
        customer_id, uid, lead_id = ids
        with _book.environment(registry, uid) as env:
            parts = {
                "customer: form": lambda: _form(env, "loan.customer", customer_id),
                "customer: timeline": lambda: _timeline(env, [("customer_id", "=", customer_id)]),
                "customer: timeline, one kind": lambda: _timeline(
                    env, [("customer_id", "=", customer_id), ("kind", "in", ["mail"])]
                ),
                "customer: timeline, words": lambda: _timeline(
                    env, [("customer_id", "=", customer_id), ("summary", "ilike", "number 77")]
                ),
                "customer: chatter": lambda: _chatter(env, "loan.customer", customer_id),
                "lead: form": lambda: _form(env, "crm.lead", lead_id),
                "lead: chatter": lambda: _chatter(env, "crm.lead", lead_id),
            }
            figures = {name: _measure(env, work) for name, work in parts.items()}
        waits = _browser.waits(
            registry,
            uid,
            {
                "customer": (_browser.form("loan.customer", customer_id), CUSTOMER_STANDS),
                "lead": (_browser.form("crm.lead", lead_id), LEAD_STANDS),
            },
        )
    medians = {name: statistics.median(times) for name, times in waits.items()}
    for name, median in medians.items():
        print(f"in the browser, {name:16} {median:8.1f} ms, of {len(waits[name])} times")
    print(f"in the browser, against the lead         {medians['customer'] / medians['lead']:6.2f}×\n")
    for name, (wall, cpu, count) in figures.items():
        print(f"{name:32} {wall * 1000:8.1f} ms {cpu * 1000:8.1f} ms CPU {count:5} statements")
    native = _sum(figures, "lead: form", "lead: chatter")
    opened = _sum(figures, "customer: form", "customer: timeline")
    whole = _sum(figures, "customer: form", "customer: timeline", "customer: chatter")
    for name, mine in (("form and timeline", opened), ("with the chatter", whole)):
        print(
            f"{name + ', against the lead':40} {mine[0] / native[0]:6.2f}× {mine[1] / native[1]:6.2f}× CPU "
            f"{mine[2] / native[2]:6.2f}× statements"
        )


def _sum(figures, *names):
    return tuple(sum(figures[name][part] for name in names) for part in range(3))


def _measure(env, work):
    def fresh():
        env.invalidate_all()
        work()

    fresh()
    if os.environ.get("BENCH_PROFILE"):
        _book.profiled(fresh)
    wall, cpu = _book.measured(env, fresh, rounds=9)
    env.invalidate_all()
    return wall, cpu, _book.statements(env, work)


def _form(env, model, id_):
    """Read what the form shows, as the web client does: all its fields, x2many with their lists' first page."""
    view = env[model].get_view(view_type="form")
    specification = _specification(env, model, etree.fromstring(view["arch"]))
    return json.dumps(env[model].browse(id_).web_read(specification), default=str)


def _specification(env, model, arch):
    found = {}
    for node in arch.xpath(".//field[not(ancestor::field)]"):
        name, field = node.get("name"), env[model]._fields[node.get("name")]
        if field.type in ("one2many", "many2many"):
            found[name] = {}
            inner = node.find("list")
            if inner is not None:
                inner_spec = {
                    column.get("name"): _leaf(env[field.comodel_name]._fields[column.get("name")])
                    for column in inner.iter("field")
                }
                found[name] = {"fields": inner_spec, "limit": int(inner.get("limit", 40)), "order": ""}
        else:
            found[name] = _leaf(field)
    return found


def _leaf(field):
    return {"fields": {"display_name": {}}} if field.type in ("many2one", "reference") else {}


def _timeline(env, domain):
    rows = env["loan.touch"].search_read(domain, TOUCH, limit=31, order="date desc, id desc")
    assert len(rows) > 5
    return json.dumps(rows, default=str)


def _chatter(env, model, id_):
    """Read the chatter's first page as `/mail/thread/messages` does."""
    from odoo.addons.mail.tools.discuss import Store

    found = env["mail.message"]._message_fetch(domain=None, thread=env[model].browse(id_), limit=30)
    store = Store()
    store.add(found["messages"])
    return json.dumps(store.get_result(), default=str)


def _lead(env, user):
    return env["crm.lead"].create({"name": "As many messages", "type": "opportunity", "user_id": user.id}).id


def _fill(env, customer, lead):
    """Write the messages: a mail in, a mail out, a note and a machine's note in turn, evenly over the loans."""
    loans = customer.contract_ids.ids
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_message (model, res_id, message_type, subtype_id, author_id, subject, body, date,
                                      is_internal, create_uid, create_date, write_uid, write_date)
            SELECT place.model, place.res_id,
                   (ARRAY['email', 'email_outgoing', 'comment', 'notification'])[1 + n %% 4],
                   CASE WHEN n %% 4 < 2 THEN %(comment)s ELSE %(note)s END,
                   CASE WHEN n %% 4 = 0 THEN %(borrower)s ELSE %(manager)s END,
                   'Subject ' || n, '<p>What was said under <b>number</b> ' || n || repeat(' and so on', 60) || '</p>',
                   now() AT TIME ZONE 'UTC' - n * interval '1 hour', FALSE, 1, now(), 1, now()
              FROM generate_series(1, %(messages)s) n
              JOIN LATERAL (VALUES ('crm.lead', %(lead)s),
                                   (CASE WHEN n %% 3 = 0 THEN 'loan.customer' ELSE 'loan.contract' END,
                                    CASE WHEN n %% 3 = 0 THEN %(customer)s
                                         ELSE (%(loans)s)[1 + n %% array_length(%(loans)s, 1)] END)
                           ) AS place (model, res_id) ON TRUE
            """,
            comment=env.ref("mail.mt_comment").id,
            note=env.ref("mail.mt_note").id,
            borrower=customer.partner_id.id,
            manager=customer.manager_user_id.partner_id.id,
            messages=MESSAGES,
            lead=lead.id,
            customer=customer.id,
            loans=loans,
        )
    )
    # Messages of others, so that the table is no one customer's.
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_message (model, res_id, message_type, subtype_id, author_id, body, date, is_internal,
                                      create_uid, create_date, write_uid, write_date)
            SELECT 'loan.contract', contract.id, 'email', %s, NULL, '<p>Another</p>',
                   now() AT TIME ZONE 'UTC', FALSE, 1, now(), 1, now()
              FROM loan_contract contract, generate_series(1, 10)
             WHERE contract.customer_id <> %s
            """,
            env.ref("mail.mt_comment").id,
            customer.id,
        )
    )
    env["loan.interaction"].create(
        [{"customer_id": customer.id, "note": f"<p>Talk {n}</p>", "minutes": n} for n in range(100)]
    )
    env.flush_all()
    # Applications of everybody, and twenty of the customer's.
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_lead (name, type, active, user_id, partner_id, company_id, loan_product_id, loan_kind,
                                  won_status, date_closed, create_uid, create_date, write_uid, write_date)
            SELECT 'Application', 'opportunity', TRUE, customer.manager_user_id, customer.partner_id,
                   customer.company_id, %(product)s, customer.kind, 'won', now() AT TIME ZONE 'UTC', 1, now(), 1, now()
              FROM loan_customer customer,
                   generate_series(1, CASE WHEN customer.id = %(customer)s THEN 20 ELSE 2 END)
            """,
            product=customer.contract_ids.product_id[:1].id,
            customer=customer.id,
        )
    )
    env.cr.execute("ANALYZE mail_message; ANALYZE loan_interaction; ANALYZE crm_lead")


if __name__ == "__main__":
    run()
