"""How many schedule rows a second: whole minor units against plain Decimal and relativedelta, in one run.

    python3 benchmarks/amortization_rows.py

Needs python-dateutil, which every Odoo brings. The plain version is what one writes without thinking of
speed; that both say the same figures is asserted first. Rounds alternate and the fastest of each counts: on a
shared machine only ratios inside one run mean anything.
"""

import importlib
import importlib.util
import sys
import time
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from dateutil.relativedelta import relativedelta

CORE = Path(__file__).resolve().parents[1] / "loan_crm" / "core"
LOANS, MONTHS, ROUNDS = 1000, 36, 5
CENT = Decimal("0.01")


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


def main():
    amortization = load_core()
    rates = [Decimal(rate) for rate in ("0.0345", "0.0435", "0.049", "0.12")]
    loans = [
        (
            Decimal(10_000 + 137 * index),
            rates[index % 4],
            MONTHS,
            date(2026, 1 + index % 12, 1 + index % 31 % 28),
        )
        for index in range(LOANS)
    ]
    routes = {
        "plain Decimal + relativedelta": lambda loan: plain_schedule(*loan),
        "schedule(): Decimal rows": lambda loan: amortization.schedule(amortization.Terms(*loan)),
        "schedule_minor(): integer rows": lambda loan: amortization.schedule_minor(amortization.Terms(*loan)),
    }
    plain, rows, minor = routes.values()
    for loan in loans:
        assert plain(loan) == [tuple(row) for row in rows(loan)]
        assert plain(loan) == [(*row[:2], *(units * CENT for units in row[2:])) for row in minor(loan)]
    fastest = dict.fromkeys(routes, float("inf"))
    for _round in range(ROUNDS):
        for name, route in routes.items():
            start = time.process_time()
            for loan in loans:
                route(loan)
            fastest[name] = min(fastest[name], time.process_time() - start)
    reference = fastest["plain Decimal + relativedelta"]
    print(f"{LOANS} loans of {MONTHS} rows, Terms validated each time, fastest of {ROUNDS} rounds, CPU time")
    for name, seconds in fastest.items():
        print(f"{name:32} {LOANS * MONTHS / seconds:>12,.0f} rows/s {reference / seconds:6.1f} x")


if __name__ == "__main__":
    main()
