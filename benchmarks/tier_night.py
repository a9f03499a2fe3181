"""What does a night cost that judges every customer's tier, and what does it cost once nothing has changed?

    make bench T=benchmarks/tier_night.py
    CUSTOMERS=100000 make bench T=benchmarks/tier_night.py

A first night in which half of the customers move up, so each of them gets a tier, a line in the history, a note and a
to-do for the manager; the next one, which finds all of them where they belong; and one in which a hundredth falls below
and a lead is asked. Every measure a tier can ask for is asked for. Reference, in the same run: the ORM writing the tier
of the same customers one by one, as a loop over records would, without measuring anything. Statements are counted for
each thousand customers.
"""

import os
from datetime import timedelta

import _book

CUSTOMERS, CHUNK = int(os.environ.get("CUSTOMERS", 20_000)), 1000


def run():
    with _book.database() as registry, _book.environment(registry) as env:
        _book.fill(env, 2 * CUSTOMERS, loans_each=2)
        env["loan.customer.tier"].search([]).active = False
        top, rest = env["loan.customer.tier"].create(
            [
                {
                    "name": name,
                    "sequence": sequence,
                    "days_down": 0,
                    "stay_months": 0,
                    "criteria_match": "all",
                    "tell_manager": name == "Top",
                    "criterion_ids": [(0, 0, criterion) for criterion in criteria],
                }
                for name, sequence, criteria in (
                    (
                        "Top",
                        1,
                        [
                            {"measure": "outstanding", "figure_enter": 20_000, "figure_stay": 15_000},
                            {"measure": "borrowed", "figure_enter": 1000},
                            {"measure": "late", "figure_enter": 15, "figure_stay": 15},
                            {"measure": "tenure", "figure_enter": 0},
                            {"measure": "repaid", "figure_enter": 0},
                            {"measure": "referrals", "figure_enter": 0},
                        ],
                    ),
                    ("Rest", 2, [{"measure": "on_time", "figure_enter": 101 - 1}]),
                )
            ]
        )
        company = env.company
        today = company._loan_today()
        env.cr.commit()

        def night(number):
            """Judge the whole book by batches as a night does, and return statements per batch."""
            record = env["loan.night"].create(
                {"company_id": company.id, "date": today + timedelta(number), "state": "running"}
            )
            counts = []
            while True:
                before = env.cr.sql_log_count
                treated = env["loan.customer"]._night_tier(record.with_company(company))
                env.flush_all()
                env.cr.commit()
                if not treated:
                    return counts
                counts.append((env.cr.sql_log_count - before) * CHUNK / treated)
                env.invalidate_all()

        def rows():
            env.cr.execute("SELECT count(*) FROM loan_customer_tier_change")
            return env.cr.fetchone()[0]

        told = []

        def measured(name, number):
            before, counts = rows(), []
            # A night of a day later would find other days late: the same day under another number is closed first.
            env.cr.execute("DELETE FROM loan_night")
            spent = _book.measured(env, lambda: counts.extend(night(number)))
            told.append((name, spent, rows() - before, sum(counts) / len(counts)))
            return spent

        first = measured("first night", 0)
        again = measured("second run of the same night", 0)
        assert told[-1][2] == 0, f"the second run wrote {told[-1][2]} rows"
        measured("an ordinary night after it", 0)
        env.cr.execute("UPDATE loan_contract SET principal_outstanding = 0 WHERE customer_id % 100 = 0")
        env.cr.commit()
        env.invalidate_all()
        measured("a hundredth falls below", 0)
        env.cr.execute(
            "SELECT id FROM loan_customer WHERE tier_id = %s ORDER BY id LIMIT %s", [top.id, CHUNK]
        )
        ids = [row[0] for row in env.cr.fetchall()]
        moved = told[0][2]

        def orm():
            for id_ in ids:
                env["loan.customer"].browse(id_).write({"tier_id": rest.id})
            env.flush_all()
            env.cr.commit()

        loop = [one * moved / len(ids) for one in _book.measured(env, orm)]
    print(f"{CUSTOMERS:,} customers, {2 * CUSTOMERS:,} loans")
    print(f"{'':36} {'customers/s':>12} {'rows noted':>11} {'statements per 1,000':>21}")
    for name, (wall, _cpu), noted, counted in told:
        print(f"{name:36} {CUSTOMERS / wall:>12,.0f} {noted:>11,} {counted:>21.1f}")
    for name, reference, ours in (
        ("the ORM writing the tiers that moved, against the first night", loop, first),
        ("second run, of the first", again, first),
    ):
        print(f"{name:64} {reference[0] / ours[0]:.2f}× by the clock, {reference[1] / ours[1]:.2f}× by CPU")


if __name__ == "__main__":
    run()
