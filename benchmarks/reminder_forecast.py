"""What does the forecast of 30 days cost against plainly counting the open installments it speaks of?

    make bench T=benchmarks/reminder_forecast.py

Reference: one `count(*)` of the open installments whose due dates the steps of the next 30 days speak of, without any
policy, calendar, right or ledger; in the same run. `LOANS=200000` for a larger book.
"""

import os
from datetime import timedelta

import _book

LOANS = int(os.environ.get("LOANS", 20000))


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            users = _book.fill(env, LOANS)
            _book.let_letters_leave(env)
        with _book.environment(registry) as env:
            today = env.company._loan_today()
            policies = env["loan.reminder.policy"]._of_company(env.company)
            windows = policies._opening(today, 30, {0: None})
            span = [min(w.due for _p, _k, w in windows), max(w.due for _p, _k, w in windows)]
            plain = (
                "SELECT count(*) FROM loan_installment WHERE state = 'open' AND due_date BETWEEN %s AND %s"
            )
            base, base_cpu = _book.measured(env, lambda: env.cr.execute(plain, span), rounds=3)
            (installments,) = env.cr.fetchone()
            forecast = env["loan.reminder.forecast"]
            whole, found = [], []
            wall, cpu = _book.measured(
                env,
                lambda: found.append(forecast._read_group([], ["day:day", "policy_id"], ["__count"])),
                rounds=3,
            )
            rows = sum(count for _day, _policy, count in found[0])
            reasons, reasons_cpu = _book.measured(
                env, lambda: whole.append(forecast._read_group([], ["hold_reason"], ["__count"]))
            )
            day, day_cpu = _book.measured(
                env, lambda: forecast.search_count([("day", "=", today + timedelta(3))]), rounds=3
            )
        with _book.environment(registry, users[0].id) as env:
            own, own_cpu = _book.measured(
                env,
                lambda: env["loan.reminder.forecast"].search([], limit=80).read(["day", "amount"]),
                rounds=3,
            )
    print(f"{LOANS:,} loans, {installments:,} open installments within reach, {rows:,} reminders foreseen")
    print(
        f"30 days by day and policy: {wall / base:.1f}× the plain count ({cpu / base_cpu:.1f}× CPU), {wall:.2f} s"
    )
    print(
        f"with reasons for silence: {reasons / base:.1f}× ({reasons_cpu / base_cpu:.1f}× CPU), {reasons:.2f} s"
    )
    print(f"one day: {day / base:.1f}× ({day_cpu / base_cpu:.1f}× CPU), {day:.2f} s")
    print(f"a manager's first page: {own / base:.1f}× ({own_cpu / base_cpu:.1f}× CPU), {own:.2f} s")


if __name__ == "__main__":
    run()
