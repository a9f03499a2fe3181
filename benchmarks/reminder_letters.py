"""How fast are letters written, against Odoo's own ways to do it, and how many statements does that take?

    make bench T=benchmarks/reminder_letters.py

Reference: `mail.template.send_mail` in a loop, and `send_mail_batch`, over the same reminders with the same letters
in the same run. Both only render and queue; the round claims, judges, renders, files each letter in the chatter with
its delivery status, notes it in the ledger and commits. Each line is a ratio by the clock and by CPU.
"""

import os

import _book

DUE, LOOPED = int(os.environ.get("BENCH_DUE", 2000)), 200


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            _book.fill(env, DUE, due_in=(7, 7), loans_each=1)
            _book.let_letters_leave(env)
            # Nobody logs in here: a letter is what is measured, not how a user's rights are read.
        with _book.environment(registry) as env:
            _round(env)


def _round(env):
    rounds, ledger = env["loan.reminder.round"], env["loan.reminder"]
    spent = []
    count = _book.statements(
        env,
        lambda: spent.append(
            _book.measured(env, lambda: _book.profiled(lambda: rounds._remind(env.company)))
        ),
    )
    written = ledger.search([("state", "=", "queued"), ("contract_id.name", "=like", "B%")], order="id")
    assert len(written) == DUE, f"{len(written)} letters were queued, not {DUE}"
    again = _book.measured(env, lambda: rounds._remind(env.company))
    few = written[:LOOPED]
    template = few.step_id.template_id
    ways = {
        "send_mail loop": lambda: _loop(template, few),
        "send_mail_batch": lambda: template.send_mail_batch(few.ids, force_send=False),
        "letters alone": lambda: few._queue_letter_mails(template),
    }
    each = {}
    for name, work in ways.items():
        env.invalidate_all()
        each[name] = [
            value / LOOPED for value in _book.measured(env, lambda work=work: (work(), env.flush_all()))
        ]
        env.cr.rollback()
    whole = [value / DUE for value in spent[0]]
    for what, cost in (("letters alone", each["letters alone"]), ("the whole round", whole)):
        for name in ("send_mail loop", "send_mail_batch"):
            wall, cpu = (slow / fast for slow, fast in zip(each[name], cost, strict=True))
            print(f"{what} against {name}: {wall:.1f}× by the clock, {cpu:.1f}× by CPU")
        print(f"{what}: {1000 * cost[0]:.2f} ms a letter, {1000 * cost[1]:.2f} ms of CPU")
    print(f"statements per 1,000 letters: {1000 * count / DUE:.0f}")
    print(f"second run of the day: {100 * again[0] / spent[0][0]:.1f} % of the first")
    print(f"memory: {_book.memory():.0f} MB")


def _loop(template, reminders):
    for reminder in reminders:
        template.send_mail(reminder.id, force_send=False)


if __name__ == "__main__":
    run()
