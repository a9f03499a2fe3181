"""What do the layers around the rules cost: on what has nothing to do with customers, and on what hangs on them?

    make bench T=benchmarks/access_layers.py

Each call is measured with the layers and without (their overrides taken out for that round), in turn, in one run.
"""

from contextlib import contextmanager
from unittest.mock import patch

import _book

ROWS = 20_000
ROUNDS = 9


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            manager = _book.fill(env, ROWS)[0]
            customers = env["loan.customer"].search([("manager_user_id", "=", manager.id)], limit=80)
            _talk(env, customers)
        print(f"{'as a manager of twenty':44} {'without':>10} {'with':>10} {'ratio':>8} {'statements':>12}")
        with _book.environment(registry, manager.id) as env:
            works = _works(env)
            for words, work in works.items():
                _measure(env, words, work)
            env.cr.rollback()


def _measure(env, words, work):
    best = {True: float("inf"), False: float("inf")}
    counts = {}
    for _round in range(ROUNDS):
        for layered in (False, True):
            with _layers(env, layered), env.cr.savepoint(flush=False) as savepoint:
                env.invalidate_all()
                best[layered] = min(best[layered], _book.timed(work, rounds=1))
                env.invalidate_all()
                counts[layered] = _book.statements(env, work)
                env.flush_all()
                savepoint.rollback()
    without, layered = best[False], best[True]
    print(
        f"{words:44} {without * 1000:8.2f}ms {layered * 1000:8.2f}ms {layered / without:7.2f}× "
        f"{counts[False]:5} →{counts[True]:5}"
    )


@contextmanager
def _layers(env, on):
    """Take the layers out, as if they had never been thought of."""
    if on:
        yield
        return
    base, mixin = env.registry["base"], env.registry["loan.access.mixin"]
    followers = env.registry["mail.followers"]
    with (
        patch.object(base, "_loan_watched", lambda self: None),
        patch.object(mixin, "_mask_names", lambda self: None),
        patch.object(mixin, "_loan_closed", lambda self: False),
        patch.object(env.registry["mail.message"], "_loan_hidden", lambda self: self.browse()),
        patch.object(env.registry["mail.activity"], "_check_assignee_sees", lambda self: None),
        patch.object(followers, "_loan_readers", lambda self, model, ids, pids: [(ids, pids)]),
    ):
        yield


def _talk(env, customers):
    for customer in customers:
        for _message in range(5):
            customer.message_post(body="Called about the next installment.", subtype_xmlid="mail.mt_comment")
        customer.message_subscribe(customer.manager_user_id.partner_id.ids)
    partners = env["res.partner"].search([], limit=80)
    for partner in partners:
        partner.message_post(body="Prefers the morning.", subtype_xmlid="mail.mt_comment")


def _works(env):
    tags = env["res.partner.category"].sudo().create([{"name": f"Tag {i}"} for i in range(50)])
    partners = env["res.partner"].search([], limit=80)
    spec = {"customer_id": {"fields": {"display_name": {}}}, "principal": {}, "name": {}}
    customer = env["loan.customer"].search([], limit=1)
    messages = env["mail.message"]
    return {
        "create 50 contacts": lambda: env["res.partner"].create([{"name": f"P {i}"} for i in range(50)]).ids,
        "write 50 tags, one by one": lambda: [tag.write({"color": 3}) for tag in tags],
        "list of 80 contacts": lambda: partners.web_read({"name": {}, "email": {}}),
        "list of 80 loans with customers' names": lambda: env["loan.contract"].web_search_read(
            [], spec, limit=80
        ),
        "100 messages of one customer": lambda: (
            messages.search([("model", "=", "loan.customer"), ("res_id", "=", customer.id)], limit=100).ids
        ),
        "100 messages of a contact": lambda: (
            messages.search([("model", "=", "res.partner"), ("res_id", "=", partners[0].id)], limit=100).ids
        ),
        "100 messages of anything": lambda: messages.search([("body", "ilike", "next")], limit=100).ids,
        "80 followers of contacts": lambda: (
            env["mail.followers"].search([("res_model", "=", "res.partner")], limit=80).read(["partner_id"])
        ),
        "80 followers of anything": lambda: env["mail.followers"].search([], limit=80).read(["partner_id"]),
        "comment on a customer": lambda: customer.message_post(body="x", subtype_xmlid="mail.mt_comment"),
        "comment on a contact": lambda: partners[0].message_post(body="x", subtype_xmlid="mail.mt_comment"),
        "to-do on a customer": lambda: customer.activity_schedule("mail.mail_activity_data_todo"),
    }


if __name__ == "__main__":
    run()
