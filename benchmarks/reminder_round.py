"""How fast is a reminder round against Odoo's own loop of `send_mail`, and how many statements does it take?

    make bench T=benchmarks/reminder_round.py

Reference: `mail.template.send_mail` in a loop over the same reminders, the same letter, in the same run. The round
claims, judges, renders, files the letter in the chatter with its delivery status and commits; the loop only renders
and queues. Both leave the mail in Odoo's queue.
"""

import _book

DUE, LOOPED = 1000, 100


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            # All due in seven days, so that each loan has one letter to get today.
            _book.fill(env, DUE, due_in=(7, 7))
            _book.let_letters_leave(env)
        with _book.environment(registry) as env:
            rounds, spent = env["loan.reminder.round"], []
            count = _book.statements(
                env, lambda: spent.append(_book.timed(lambda: rounds._remind(env.company)))
            )
            written = env["loan.reminder"].search_count(
                [("state", "=", "queued"), ("contract_id.name", "=like", "B%")]
            )
            assert written == DUE, f"{written} letters were queued, not {DUE}"
            again = _book.timed(lambda: rounds._remind(env.company))

            reminders = env["loan.reminder"].search([("contract_id.name", "=like", "B%")], limit=LOOPED)
            env.invalidate_all()
            looped = _book.timed(lambda: _loop(reminders))
            env.cr.rollback()
    print(f"round against the send_mail loop: {(written / spent[0]) / (LOOPED / looped):.1f}×")
    print(f"statements per 1,000 letters: {1000 * count / written:.0f}")
    print(f"second run of the day: {100 * again / spent[0]:.1f} % of the first")


def _loop(reminders):
    for reminder in reminders:
        reminder.step_id.template_id.send_mail(reminder.id, force_send=False)
    reminders.env.flush_all()


if __name__ == "__main__":
    run()
