"""How fast are letters written, against Odoo's own ways to do it and the database's limit?

    make bench T=benchmarks/reminder_letters.py

Reference: `mail.template.send_mail` in a loop and `send_mail_batch` over reminders of the same night with the same
letters, in the same run; both only render and queue. *Letters alone* are rendered, filed in the chatter with their
delivery status, noted in the ledger and committed, by the thousand. *The night* is the whole round: it claims, judges,
gives every twelfth borrower's manager a task to call, and writes the others. The limit is the one statement that files
the same letters with their texts ready-made. Each line is a ratio by the clock and by CPU; the letters themselves were
tried before, as on any day on which nobody changed one. `BENCH_DUE=10000` for a bigger night.
"""

import os
from contextlib import contextmanager

import _book

DUE, LOOPED, BATCH = int(os.environ.get("BENCH_DUE", 2000)), 300, 1000
# Of so many borrowers one is to be called before anything is written.
CALLED = 12


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            _book.fill(env, DUE, due_in=(7, 7), loans_each=1)
            _book.let_letters_leave(env)
            env.cr.execute(
                "UPDATE loan_customer SET preferred_channel = 'phone' WHERE reference LIKE 'B%%' AND id %% %s = 0",
                [CALLED],
            )
            env["loan.reminder.round"]._check_letters(env.company)
            # Nobody logs in here: a letter is what is measured, not how a user's rights are read.
        with _book.environment(registry) as env:
            _night(env)


def _night(env):
    rounds, ledger = env["loan.reminder.round"], env["loan.reminder"]
    costs, batches = {}, []
    with _book.counted(rounds, "_write_batch", batches):
        count = _book.statements(
            env,
            lambda: costs.update(
                night=_book.measured(env, lambda: _book.profiled(lambda: rounds._remind(env.company)))
            ),
        )
    ours = [("contract_id.name", "=like", "B%"), ("channel", "=", "email")]
    written = ledger.search([*ours, ("state", "=", "queued")], order="id")
    called = ledger.search_count([*ours, ("state", "=", "handed")])
    assert len(written) + called == DUE, f"{len(written)} letters and {called} calls, not {DUE}"
    again = _book.measured(env, lambda: rounds._remind(env.company))

    template, few = written.step_id.template_id, written[:LOOPED]
    slow = {
        "send_mail loop": lambda: [template.send_mail(each.id, force_send=False) for each in few],
        "send_mail_batch": lambda: template.send_mail_batch(few.ids, force_send=False),
    }
    for name, work in slow.items():
        env.invalidate_all()
        costs[name] = _book.measured(env, lambda work=work: (work(), env.flush_all()))
        env.cr.rollback()
    env.invalidate_all()
    costs["letters"] = _book.measured(env, lambda: _book.profiled(lambda: _write(env, written)))
    ready = []
    with _kept(env["loan.letter.fast"], ready):
        _write(env, written)
    env.invalidate_all()
    costs["limit"] = _book.measured(env, lambda: [_file(env, *each) for each in ready])

    many = dict.fromkeys(slow, LOOPED) | {"night": DUE, "letters": len(written), "limit": len(written)}
    each = {name: [value / many[name] for value in cost] for name, cost in costs.items()}
    print(f"{len(written):,} letters and {called:,} calls of a night")
    for name in ("letters", "night"):
        for against in slow:
            wall, cpu = (there / here for there, here in zip(each[against], each[name], strict=True))
            print(f"{name} against {against}: {wall:.1f}× by the clock, {cpu:.1f}× by CPU")
        wall, cpu = each[name]
        print(f"{name}: {1000 * wall:.2f} ms each, {1000 * cpu:.2f} ms of CPU")
    wall, cpu = (limit / here for limit, here in zip(each["limit"], each["letters"], strict=True))
    print(f"letters reach {100 * wall:.0f} % of the limit by the clock, {100 * cpu:.0f} % by CPU")
    print(f"statements: {count} a night, {' and '.join(map(str, batches))} in its batches of {BATCH:,}")
    print(f"second run of the day: {100 * again[0] / costs['night'][0]:.1f} % of the first")
    print(f"memory: {_book.memory():.0f} MB")


def _write(env, written):
    """Write letters anew, batch by batch, each committed."""
    for start in range(0, len(written), BATCH):
        batch = written[start : start + BATCH].with_prefetch(written[start : start + BATCH].ids)
        batch._queue_email()
        env["ir.cron"]._commit_progress()


def _file(env, mails_sudo, rows):
    """Write the rows of letters as they came out of the press."""
    env["loan.letter.fast"]._insert(mails_sudo, rows)
    env.cr.commit()


@contextmanager
def _kept(fast, ready):
    """Keep what letters are filed from, with the texts that were filed.

    From then on, afterwards too, a text that came out of here is filed as it is.
    """
    cls, insert = type(fast), type(fast)._insert

    def kept(self, mails_sudo, rows):
        found = insert(self, mails_sudo, rows)
        messages_sudo = mails_sudo.env["mail.message"].browse(message for _mail, message in found)
        for row, message in zip(rows, messages_sudo, strict=True):
            row["mail.message"]["body"] = _Ready(message.body)
        messages_sudo.invalidate_recordset()
        ready.append((mails_sudo.browse(), rows))
        return found

    clean = cls._clean
    cls._clean = lambda self, skeletons, text: (
        str(text) if isinstance(text, _Ready) else clean(self, skeletons, text)
    )
    cls._insert = kept
    try:
        yield
    finally:
        cls._insert = insert


class _Ready(str):
    """A text that needs no more work."""


if __name__ == "__main__":
    run()
