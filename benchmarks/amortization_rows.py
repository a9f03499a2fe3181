"""How many schedules and rows a second: the short route, the long one, and what others offer, in one run.

    python3 benchmarks/amortization_rows.py

Needs python-dateutil, which every Odoo brings; numpy-financial is measured where it is installed. The plain
version is what one writes without thinking of speed; that it says the same figures as the core is asserted first.
numpy-financial's closed forms answer another question: payment, interest and principal of each row before any
rounding, as floats, without dates or balances. Rounds alternate and the fastest of each counts: on a shared
machine only ratios inside one run mean anything.
"""

import importlib
import importlib.util
import sys
import time
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from dateutil.relativedelta import relativedelta

try:
    import numpy
    import numpy_financial
except ImportError:
    numpy_financial = None

CORE = Path(__file__).resolve().parents[1] / "loan_crm" / "core"
LOANS, MONTHS, ROUNDS = 1000, 36, 7
CENT = Decimal("0.01")
PLAIN = "plain Decimal + relativedelta"


def load_core():
    """Return core/ as a package of its own: importing it as loan_crm.core would ask for Odoo."""
    spec = importlib.util.spec_from_file_location(
        "core", CORE / "__init__.py", submodule_search_locations=[str(CORE)]
    )
    sys.modules["core"] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return importlib.import_module("core.amortization")


def plain_schedule(principal, yearly_rate, months, first_due):
    rate = yearly_rate / 12
    payment = (principal * rate / (1 - (1 + rate) ** -months)).quantize(CENT, ROUND_HALF_UP)
    balance, rows = principal, []
    for number in range(1, months + 1):
        interest = (balance * rate).quantize(CENT, ROUND_HALF_UP)
        repaid = payment - interest if number < months else balance
        balance -= repaid
        rows.append((number, first_due + relativedelta(months=number - 1), repaid, interest, balance))
    return rows


def closed_forms(principal, yearly_rate, months, _first_due):
    """Return payment, interest and principal of all rows of one loan, unrounded, as numpy arrays."""
    rate, periods, lent = float(yearly_rate) / 12, numpy.arange(1, months + 1), float(principal)
    return (
        numpy_financial.pmt(rate, months, -lent),
        numpy_financial.ipmt(rate, periods, months, -lent),
        numpy_financial.ppmt(rate, periods, months, -lent),
    )


def some_loans():
    rates = [Decimal(rate) for rate in ("0.0345", "0.0435", "0.049", "0.12")]
    return [
        (
            Decimal(10_000 + 137 * index),
            rates[index % 4],
            MONTHS,
            date(2026, 1 + index % 12, 1 + index % 31 % 28),
        )
        for index in range(LOANS)
    ]


def main():
    amortization = load_core()
    terms = amortization.Terms
    by_days = importlib.import_module("core.conventions").Conventions(period_basis="actual_days")
    routes = {
        PLAIN: lambda loan: plain_schedule(*loan),
        "schedule(): Decimal rows": lambda loan: amortization.schedule(terms(*loan)),
        "schedule_minor(): integer rows": lambda loan: amortization.schedule_minor(terms(*loan)),
        "long route, same figures": lambda loan: amortization.Walk(terms(*loan)).rows(),
        "long route, actual days": lambda loan: amortization.schedule_minor(
            terms(*loan, conventions=by_days)
        ),
    }
    if numpy_financial:
        routes["numpy-financial, unrounded"] = lambda loan: closed_forms(*loan)
    loans = some_loans()
    for loan in loans:
        agreed, minor = plain_schedule(*loan), amortization.schedule_minor(terms(*loan))
        assert agreed == [row[:5] for row in amortization.schedule(terms(*loan))]
        assert agreed == [(*row[:2], *(units * CENT for units in row[2:5])) for row in minor]
        assert minor == amortization.Walk(terms(*loan)).rows()
        if numpy_financial:
            payment, interest, _principal = closed_forms(*loan)
            assert abs(float(agreed[0][2] + agreed[0][3]) - payment) < 0.0051
            assert abs(float(agreed[0][3]) - interest[0]) < 0.0051
    fastest = dict.fromkeys(routes, float("inf"))
    for _round in range(ROUNDS):
        for name, route in routes.items():
            start = time.process_time()
            for loan in loans:
                route(loan)
            fastest[name] = min(fastest[name], time.process_time() - start)
    print(f"{LOANS} loans of {MONTHS} rows, Terms validated each time, fastest of {ROUNDS} rounds, CPU time")
    for name, seconds in fastest.items():
        print(
            f"{name:32} {LOANS / seconds:>9,.0f} schedules/s {LOANS * MONTHS / seconds:>12,.0f} rows/s"
            f" {fastest[PLAIN] / seconds:6.1f} x"
        )
    if not numpy_financial:
        print("numpy-financial is not installed: not measured")


if __name__ == "__main__":
    main()
