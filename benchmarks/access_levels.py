"""What do levels and grants cost, and what does who uses neither pay?

    make bench T=benchmarks/access_levels.py

The design's table (variant J) on the real models: installments of a large book, asked by Odoo's own calls. Each time
against the same call as superuser, who has no rules, in the same run; the fastest of five.
"""

import base64
import io
from datetime import timedelta

import _book
from PIL import Image

from odoo import fields
from odoo.tools import SQL

CUSTOMERS, LOANS = 300_000, 167_000  # two million installments
DIRECT, BY_ROLE = 200, 15_000
CALLS = ("count", "by state", "list counter", "page of 80", "read 80", "customers")


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            plain, granted, by_role, lapsed = _book.fill(env, LOANS, customers=CUSTOMERS)[:4].ids
            _open_all(env)
        figures = {"nothing confidential, a manager of twenty": _figures(registry, plain)}
        with _book.environment(registry) as env:
            _classify(env)
            _sign(env, env["res.users"].browse((granted, by_role)))
            _grant(env, granted, by_role)
        figures |= {
            f"{DIRECT} grants": _figures(registry, granted),
            f"a role with {BY_ROLE:,} grants": _figures(registry, by_role),
            "no agreement": _figures(registry, lapsed),
        }
    print(f"{'against no rules':44}" + "".join(f"{name:>14}" for name in CALLS))
    for name, ratios in figures.items():
        print(f"{name:44}" + "".join(f"{ratio:13.2f}×" for ratio in ratios))


def _figures(registry, uid):
    times = {}
    for who in (1, uid):
        with _book.environment(registry, who) as env:
            times[who] = [_book.timed(lambda work=work: _fresh(env, work), rounds=5) for work in _works(env)]
    return [mine / free for mine, free in zip(times[uid], times[1], strict=True)]


def _fresh(env, work):
    env.invalidate_all()
    return work()


def _works(env):
    rows = env["loan.installment"]
    mine = rows.search([], limit=80).ids
    return (
        lambda: rows.search_count([]),
        lambda: rows._read_group([], ["state"], ["__count"]),
        lambda: rows.search_count([], limit=10001),
        lambda: rows.search([], limit=80).ids,
        lambda: rows.browse(mine).read(["amount", "state"]),
        lambda: env["loan.customer"].search_count([]),
    )


def _open_all(env):
    """Let nothing ever have been confidential, the demo's customer neither."""
    internal = env.ref("loan_crm.loan_confidentiality_level_internal")
    env["loan.customer"].search([("loan_level", ">", 1)]).level_id = internal
    env["loan.confidentiality.level"].search([("rank", ">", 1)]).in_use = False
    env.flush_all()
    env.cr.execute("ANALYZE loan_customer")


def _classify(env):
    level = env.ref("loan_crm.loan_confidentiality_level_confidential")
    level._note_used()
    env.flush_all()
    env.cr.execute(SQL("UPDATE loan_customer SET level_id = %s, loan_level = 2 WHERE id %% 20 = 0", level.id))
    env.invalidate_all()
    env.cr.execute("ANALYZE loan_customer")


def _sign(env, users):
    picture = io.BytesIO()
    Image.new("RGB", (200, 80), "white").save(picture, "PNG")
    text = env["loan.nda.text"].create(
        {"name": "Secrecy", "body": "<p>I tell nobody.</p>", "valid_months": 12}
    )
    text.action_publish()
    for user in users:
        nda = env["loan.nda"].search([("user_id", "=", user.id), ("text_id", "=", text.id)], limit=1)
        nda = nda or env["loan.nda"].create({"user_id": user.id, "text_id": text.id})
        nda.write({"signer_name": user.name, "signature": base64.b64encode(picture.getvalue())})
        nda._sign()


def _grant(env, uid, role_uid):
    """Write grants in force for confidential customers: some to a person, many to a role that one person has."""
    role = env["res.groups"].create({"name": "Bench"})
    env["res.users"].browse(role_uid).group_ids |= role
    level = env.ref("loan_crm.loan_confidentiality_level_confidential")
    env.flush_all()
    for column, who, count in (("user_id", uid, DIRECT), ("group_id", role.id, BY_ROLE)):
        env.cr.execute(
            SQL(
                "INSERT INTO loan_access_grant (state, kind, customer_id, company_id, %s, level_id, cap, purpose,"
                " date_from, date_to, requested_user_id) "
                "SELECT 'granted', 'need', id, company_id, %s, %s, 2, 'Bench', %s, %s, 1 FROM loan_customer"
                " WHERE loan_level = 2 ORDER BY id LIMIT %s",
                SQL.identifier(column),
                who,
                level.id,
                fields.Datetime.now(),
                fields.Datetime.now() + timedelta(days=30),
                count,
            )
        )
    env.cr.execute("ANALYZE loan_access_grant")


if __name__ == "__main__":
    run()
