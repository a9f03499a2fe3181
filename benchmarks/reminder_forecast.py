"""What does the forecast of 30 days cost against plainly counting the open installments it speaks of?

    make bench T=benchmarks/reminder_forecast.py

Reference: one `count(*)` of the open installments whose due dates the steps of the next 30 days speak of, without any
policy, calendar, right or ledger; in the same run. `LOANS=200000` for a larger book; a manager has a thousand of them.
`POLICIES=5 CALENDARS=10`: as many policies and regional calendars, of which every customer has one.
"""

import os
from datetime import timedelta

import _book

_FORESEEN = (
    "day",
    "customer_id",
    "contract_id",
    "step_id",
    "tone",
    "due_date",
    "amount",
    "currency_id",
    "hold_reason",
    "manager_user_id",
)
_CONTRACT = (
    "name",
    "customer_id",
    "product_id",
    "state",
    "principal",
    "currency_id",
    "start_date",
    "manager_user_id",
    "company_id",
    "reminder_policy_id",
)

LOANS = int(os.environ.get("LOANS", 20000))
# So often is the count taken at once: a single one is less than the system counts of CPU.
_PLAIN = 50
POLICIES, CALENDARS = int(os.environ.get("POLICIES", 1)), int(os.environ.get("CALENDARS", 0))


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            users = _book.fill(env, LOANS, managers=max(20, LOANS // 1000))
            _book.let_letters_leave(env)
            _spread(env)
        with _book.environment(registry) as env:
            today = env.company._loan_today()
            policies = env["loan.reminder.policy"]._of_company(env.company)
            windows = policies._opening(today, 30, env["loan.reminder"]._contact_calendars(env.company))
            span = [min(w.due for _p, _k, w in windows), max(w.due for _p, _k, w in windows)]
            plain = (
                "SELECT count(*) FROM loan_installment WHERE state = 'open' AND due_date BETWEEN %s AND %s"
            )
            base, base_cpu = _book.measured(
                env, lambda: [env.cr.execute(plain, span) for _time in range(_PLAIN)], rounds=3
            )
            base, base_cpu = base / _PLAIN, base_cpu / _PLAIN
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
            week, week_cpu = _book.measured(
                env,
                lambda: forecast._read_group(
                    [("day", "<", today + timedelta(7))], ["day:day", "is_silent"], ["__count"]
                ),
                rounds=3,
            )
            room, room_cpu = _book.measured(env, lambda: _open_room(env), rounds=3)
            page, page_cpu = _book.measured(env, lambda: _first_page(env), rounds=3)
        with _book.environment(registry, users[0].id) as env:
            own, own_cpu = _book.measured(env, lambda: _first_page(env), rounds=3)
            contracts, contracts_cpu = _book.measured(env, lambda: _first_contracts(env), rounds=3)
    print(f"{POLICIES} policies, {CALENDARS} regional calendars, {len(windows):,} windows")
    print(f"{LOANS:,} loans, {installments:,} open installments within reach, {rows:,} reminders foreseen")
    print(
        f"30 days by day and policy: {wall / base:.1f}× the plain count ({cpu / base_cpu:.1f}× CPU), {wall:.2f} s"
    )
    print(
        f"with reasons for silence: {reasons / base:.1f}× ({reasons_cpu / base_cpu:.1f}× CPU), {reasons:.2f} s"
    )
    print(f"one day: {day / base:.1f}× ({day_cpu / base_cpu:.1f}× CPU), {day:.2f} s")
    print(f"7 days: {week / base:.1f}× ({week_cpu / base_cpu:.1f}× CPU), {week:.2f} s")
    print(f"opening the control room: {room / base:.1f}× ({room_cpu / base_cpu:.1f}× CPU), {room:.2f} s")
    print(f"first page of all: {page / base:.1f}× ({page_cpu / base_cpu:.1f}× CPU), {page:.2f} s")
    print(
        f"a manager's first page: {own / base:.1f}× ({own_cpu / base_cpu:.1f}× CPU), {own:.2f} s; "
        f"{own / contracts:.1f}× that of their loans ({own_cpu / contracts_cpu:.1f}× CPU)"
    )


def _spread(env):
    """Give every customer one of several policies, and of several calendars with holidays of their own."""
    if POLICIES == 1 and not CALENDARS:
        return
    today = env.company._loan_today()
    policy = env.company.loan_reminder_policy_id
    policies = policy + policy.browse(policy.copy().id for _number in range(POLICIES - 1))
    calendars = env["loan.calendar"].create(
        [
            {
                "name": f"Region {number}",
                "company_id": env.company.id,
                "day_ids": [(0, 0, {"date": today + timedelta(3 + 2 * number), "name": "Holiday"})],
            }
            for number in range(CALENDARS)
        ]
    )
    if calendars:
        env.company.loan_contact_days = "business"
    env.flush_all()
    env.cr.execute(
        """
        UPDATE loan_customer
           SET reminder_policy_id = (%(policies)s::int[])[1 + id %% %(policy_count)s],
               calendar_id = (%(calendars)s::int[])[1 + id %% %(calendar_count)s]
        """,
        {
            "policies": policies.ids,
            "policy_count": len(policies),
            "calendars": calendars.ids,
            "calendar_count": len(calendars) or 1,
        },
    )
    env.invalidate_all()


def _open_room(env):
    env.invalidate_all()
    env["loan.reminder.room"].search([], limit=1).read()


def _first_page(env):
    """Read what the list of the forecast shows first, as a browser does."""
    env.invalidate_all()
    env["loan.reminder.forecast"].web_search_read([("is_silent", "=", False)], _columns(_FORESEEN), limit=80)


def _first_contracts(env):
    """Read the first page of a manager's loans: a stored table with as many columns."""
    env.invalidate_all()
    env["loan.contract"].web_search_read([], _columns(_CONTRACT), limit=80)


def _columns(names):
    named = {"fields": {"display_name": {}}}
    return {name: named if name.endswith("_id") else {} for name in names}


if __name__ == "__main__":
    run()
