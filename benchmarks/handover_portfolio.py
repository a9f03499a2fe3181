"""What does it take to hand a whole portfolio over?

    make bench T=benchmarks/handover_portfolio.py

A portfolio of customers with four loans each, an application for a fifth, a to-do on each first loan and the manager
following all of them, is started, ticked and accepted by two people. Beside it, in the same run: the same change of
manager by hand, customer by customer, without brief, call or letter.
"""

import os
import time

import _book

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", 300))
BY_HAND = 30


def run():
    with _book.database() as registry, _book.environment(registry) as env:
        managers = _book.fill(env, 4 * (CUSTOMERS + BY_HAND + 30), managers=1)
        receiver = managers.copy({"name": "Receiver", "login": "receiver@example.com"})
        env["loan.assignment"]._begin()
        customers = env["loan.customer"].search([("manager_user_id", "=", managers.id)], order="id")
        _busy(env, customers, managers)
        small, portfolio, by_hand = (
            customers[:30],
            customers[30 : 30 + CUSTOMERS],
            customers[30 + CUSTOMERS :][:BY_HAND],
        )
        env.cr.execute("ANALYZE")
        one = _hand_over(env, small, receiver)
        all_ = _hand_over(env, portfolio, receiver)
        print(f"{'':34}{'statements':>12}{'seconds':>10}")
        for step in all_:
            for size, found in ((len(small), one), (len(portfolio), all_)):
                count, spent = found[step]
                print(f"{step + f', {size} customers':34}{count:12}{spent:10.2f}")
        hand, spent = _counted(env, lambda: _one_by_one(by_hand, receiver))
        print(f"{f'by hand, {len(by_hand)} one by one':34}{hand:12}{spent:10.2f}")
        steps = sum(count for count, _spent in all_.values())
        seconds = sum(spent for _count, spent in all_.values())
        print(f"statements a customer: {steps / len(portfolio):.1f}, by hand {hand / len(by_hand):.1f}")
        print(
            f"a portfolio of {len(portfolio)} with brief, call and letter takes "
            f"{seconds / len(portfolio) / (spent / len(by_hand)):.2f}x the time of the bare change by hand"
        )
        items = env["loan.handover.item"].search([("receiver_user_id", "=", receiver.id)])
        accepted = items.filtered(lambda item: item.state == "accepted")
        left = env["crm.lead"].search_count(
            [("user_id", "=", managers.id), ("partner_id", "in", portfolio.partner_id.ids)]
        )
        still = portfolio.filtered(lambda customer: managers.partner_id in customer.message_partner_ids)
        print(
            f"accepted {len(accepted)}, letters {len(items.letter_message_id)}, "
            f"still followed by the former manager: {len(still)}, applications left with them: {left}"
        )


def _busy(env, customers, manager):
    """Let the manager follow everything, have a to-do on each customer's first loan, and an application of each."""
    loans = customers.contract_ids
    env["crm.lead"].with_context(tracking_disable=True).create(
        [
            {
                "name": "The next loan",
                "partner_id": customer.partner_id.id,
                "user_id": manager.id,
                "company_id": customer.company_id.id,
                "loan_product_id": customer.contract_ids[0].product_id.id,
            }
            for customer in customers
        ]
    )
    customers.message_subscribe(manager.partner_id.ids)
    loans.message_subscribe(manager.partner_id.ids)
    model = env["ir.model"]._get("loan.contract").id
    kind = env.ref("mail.mail_activity_data_todo").id
    env["mail.activity"].with_context(mail_activity_quick_update=True).create(
        [
            {
                "res_model_id": model,
                "res_id": customer.contract_ids[0].id,
                "activity_type_id": kind,
                "user_id": manager.id,
                "summary": "Send the statement",
            }
            for customer in customers
        ]
    )
    env.flush_all()


def _hand_over(env, customers, receiver):
    found = {}
    handover = None

    def start():
        nonlocal handover
        handover = env["loan.handover"]._start(customers, receiver, "leaves")

    found["start"] = _counted(env, start)
    items = handover.item_ids.with_user(receiver)
    found["tick"] = _counted(env, items.action_tick_all)
    found["accept"] = _counted(env, items.action_accept)
    return found


def _one_by_one(customers, receiver):
    for customer in customers:
        customer.manager_user_id = receiver
        customer.env.flush_all()


def _counted(env, work):
    env.flush_all()
    env.invalidate_all()
    began = time.perf_counter()
    count = _book.statements(env, work)
    return count, time.perf_counter() - began


if __name__ == "__main__":
    run()
