"""What does the nightly ageing of a book cost, and what does it cost once it is done?

    make bench T=benchmarks/arrears_night.py
    LOANS=100000 make bench T=benchmarks/arrears_night.py

A day on which many loans go late or cross a bucket. References, in the same run: the same figures written by the
ORM, loan by loan, without noting the change; and one UPDATE that writes the same three columns of the same rows and
the same notes, ready-made. Best of several rounds each. The night as a user
has it (days past due are never stored) is compared with an ORM recompute of every late loan, which is what storing
them would cost.
"""

import os
from datetime import timedelta

import _book

LOANS, CHUNK, ROUNDS = int(os.environ.get("LOANS", 20_000)), 1000, 3


def run():
    with _book.database() as registry, _book.environment(registry) as env:
        # Due over 100 days: each bound of a bucket is crossed by a hundredth of the book each night.
        _book.fill(env, LOANS, due_in=(-100, -1))
        company = env.company
        contracts, today = env["loan.contract"], company._loan_today()
        env.cr.commit()
        env.cr.execute("SELECT id, arrears_bucket_id, asset_class_id, stage FROM loan_contract")
        before = env.cr.fetchall()

        # A night many loans move in: ten days at once.
        late = today + timedelta(days=10)
        moved, spent, plain = [], [], []

        def night():
            moved.append(contracts._grade(company, late))
            env.cr.commit()

        spent.append(_book.measured(env, night))
        again = _book.measured(env, lambda: moved.append(contracts._grade(company, late)))
        assert moved[1] == 0, f"the second run wrote {moved[1]} loans"
        env.cr.execute("SELECT id, arrears_bucket_id, asset_class_id, stage FROM loan_contract")
        stood = {row[0]: row[1:] for row in before}
        wanted = [(*row, *stood[row[0]][:2]) for row in env.cr.fetchall() if stood[row[0]] != row[1:]]
        assert len(wanted) == moved[0], (len(wanted), moved[0])

        for _round in range(ROUNDS):
            _restore(env, before)
            plain.append(_book.measured(env, lambda: _update(env, wanted)))
            _restore(env, before)
            spent.append(_book.measured(env, night))
        _restore(env, before)
        env.cr.execute("SELECT count(*) FROM loan_contract WHERE state = 'active' AND day_zero < %s", [late])
        due = env.cr.fetchone()[0]
        orm = _book.measured(env, lambda: _orm(env, wanted))
        _restore(env, before)
        scale = due / min(due, 4 * CHUNK)
        every = [one * scale for one in _book.measured(env, lambda: _orm_all(env, late))]
        _restore(env, before)
        ordinary = [0]

        def one():
            ordinary[0] = contracts._grade(company, today + timedelta(days=1))
            env.cr.commit()

        one_night = _book.measured(env, one)
    plain, spent = _book.best(plain), _book.best(spent)
    print(f"{LOANS:,} loans, {due:,} of them late; {moved[0]:,} change their bucket, class or stage")
    print(f"{'':58} {'by the clock':>12} {'by CPU':>8}")
    for name, reference, ours, form in (
        ("against one plain UPDATE of the same rows", plain, spent, "{:.0%}"),
        ("against the ORM writing the same rows", orm, spent, "{:.1f}×"),
        ("against the ORM ageing every late loan", every, spent, "{:.0f}×"),
        (f"an ordinary night, {ordinary[0]:,} loans move, against the same", every, one_night, "{:.0f}×"),
        ("second run of the night: 0 rows, of the first", again, spent, "{:.0%}"),
    ):
        clock, cpu = (theirs / max(mine, 0.01) for theirs, mine in zip(reference, ours, strict=True))
        print(f"{name:58} {form.format(clock):>12} {form.format(cpu):>8}")


def _restore(env, before):
    env.invalidate_all()
    env.cr.execute_values(
        "UPDATE loan_contract c SET arrears_bucket_id = v.b::int, asset_class_id = v.k::int, stage = v.s::int "
        "FROM (VALUES %s) v(id, b, k, s) WHERE c.id = v.id "
        "AND (c.arrears_bucket_id, c.asset_class_id, c.stage) IS DISTINCT FROM (v.b::int, v.k::int, v.s::int)",
        before,
        page_size=10_000,
    )
    env.cr.execute("DELETE FROM loan_arrears_change")
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr._obj.execute("VACUUM ANALYZE loan_contract")
    env.cr._cnx.autocommit = False


def _update(env, wanted):
    """Write ready-made figures in one statement, and note the changes as the night does."""
    columns = list(map(list, zip(*wanted, strict=True)))
    env.cr.execute(
        """
        WITH v AS (SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[])
                          AS v(id, b, k, s, b0, k0)),
        moved AS (
            UPDATE loan_contract c SET arrears_bucket_id = v.b, asset_class_id = v.k, stage = v.s FROM v
             WHERE c.id = v.id RETURNING c.id, c.customer_id, c.company_id, v.b, v.k, v.b0, v.k0)
        INSERT INTO loan_arrears_change (contract_id, customer_id, company_id, date, days_past_due, bucket_from_id,
                                         bucket_to_id, class_from_id, class_to_id)
        SELECT id, customer_id, company_id, now()::date, 1, b0, b, k0, k FROM moved
        """,
        columns,
    )
    env.cr.commit()


def _orm(env, wanted):
    """Write the same rows as a loop over records would."""
    for start in range(0, len(wanted), CHUNK):
        for id_, bucket, klass, stage, _bucket, _class in wanted[start : start + CHUNK]:
            env["loan.contract"].browse(id_).write(
                {"arrears_bucket_id": bucket, "asset_class_id": klass, "stage": stage}
            )
        env.flush_all()
        env.invalidate_all()
        env.cr.commit()


def _orm_all(env, day):
    """Read every late loan and work out its figures in Python, as a stored computed field would."""
    late = env["loan.contract"].search([("state", "=", "active"), ("day_zero", "<", day)], limit=4 * CHUNK)
    buckets = env["loan.arrears.bucket"].search([], order="days_from desc")
    for start in range(0, len(late), CHUNK):
        part = env["loan.contract"].browse(late.ids[start : start + CHUNK])
        for loan in part:
            days = (day - loan.day_zero).days
            bucket = next(bucket for bucket in buckets if bucket.days_from <= days)
            # A stored number of days changes every night, so every late row is written.
            loan.write({"arrears_bucket_id": bucket.id, "charges_left": days})
        env.flush_all()
        env.invalidate_all()
        env.cr.commit()


if __name__ == "__main__":
    run()
