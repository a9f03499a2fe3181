"""What does the nightly ageing of a book cost, and what does it cost once it is done?

    make bench T=benchmarks/arrears_night.py
    LOANS=100000 make bench T=benchmarks/arrears_night.py

A day on which many loans go late or cross a bucket. References, in the same run: the same figures written by the
ORM, loan by loan; and one UPDATE that writes the same three columns of the same rows. The night as a user
has it (days past due are never stored) is compared with an ORM recompute of every late loan, which is what storing
them would cost.
"""

import os
from datetime import timedelta

import _book

LOANS, CHUNK = int(os.environ.get("LOANS", 20_000)), 1000


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
        moved, spent = [], []

        def night():
            moved.append(contracts._grade(company, late))
            env.cr.commit()

        spent.append(_book.timed(night))
        again = _book.timed(lambda: moved.append(contracts._grade(company, late)))
        assert moved[1] == 0, f"the second run wrote {moved[1]} loans"
        env.cr.execute("SELECT id, arrears_bucket_id, asset_class_id, stage FROM loan_contract")
        stood = {row[0]: row[1:] for row in before}
        wanted = [row for row in env.cr.fetchall() if stood[row[0]] != row[1:]]
        assert len(wanted) == moved[0], (len(wanted), moved[0])

        _restore(env, before)
        plain = _book.timed(lambda: _update(env, wanted))
        _restore(env, before)
        env.cr.execute("SELECT count(*) FROM loan_contract WHERE state = 'active' AND day_zero < %s", [late])
        due = env.cr.fetchone()[0]
        orm = _book.timed(lambda: _orm(env, wanted))
        _restore(env, before)
        every = _book.timed(lambda: _orm_all(env, late)) * due / min(due, 4 * CHUNK)
        _restore(env, before)
        ordinary = [0]

        def one():
            ordinary[0] = contracts._grade(company, today + timedelta(days=1))
            env.cr.commit()

        one_night = _book.timed(one)
    print(f"{LOANS:,} loans, {due:,} of them late; {moved[0]:,} change their bucket, class or stage")
    print(f"against one plain UPDATE of the same rows: {100 * plain / spent[0]:.0f} %")
    print(f"against the ORM writing the same rows: {orm / spent[0]:.1f}×")
    print(f"against the ORM ageing every late loan: {every / spent[0]:.0f}×")
    print(
        f"an ordinary night, {ordinary[0]:,} loans move, against the ORM ageing all: {every / one_night:.0f}×"
    )
    print(f"second run of the night: 0 rows, {100 * again / spent[0]:.0f} % of the first")


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
        WITH v AS (SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[]) AS v(id, b, k, s)),
        moved AS (
            UPDATE loan_contract c SET arrears_bucket_id = v.b, asset_class_id = v.k, stage = v.s FROM v
             WHERE c.id = v.id RETURNING c.id, c.customer_id, c.company_id, v.b, v.k)
        INSERT INTO loan_arrears_change (contract_id, customer_id, company_id, date, days_past_due, bucket_to_id,
                                         class_to_id)
        SELECT id, customer_id, company_id, now()::date, 1, b, k FROM moved
        """,
        columns,
    )
    env.cr.commit()


def _orm(env, wanted):
    """Write the same rows as a loop over records would."""
    for start in range(0, len(wanted), CHUNK):
        for id_, bucket, klass, stage in wanted[start : start + CHUNK]:
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
