"""How fast are schedules written, worked out and all, and does a whole book of them stay flat in memory?

    make bench T=benchmarks/schedule_rows.py
    LOANS=50000 make bench T=benchmarks/schedule_rows.py      # the book of 1.8 million rows

References, in the same run: COPY of the very same rows, ready-made, into the same table with its keys and indexes;
Odoo's `create` of the same rows, a thousand at a time; and of a plain model of Odoo's, without keys to speak of.
Every timing ends with a commit.
"""

import os

import _book
import _copied

MONTHS, ROUNDS = 36, 3
LOANS, ORM_LOANS = int(os.environ.get("LOANS", 3000)), 60


def run():
    with _book.database() as registry, _book.environment(registry) as env:
        ids = _book.draft(env, LOANS, months=MONTHS)
        env.cr.commit()
        contracts, rows = env["loan.contract"], LOANS * MONTHS

        contracts.browse(ids[:300])._write_schedule()  # what the first call loads is nobody's
        _empty(env)
        before = _book.memory()
        written = [_book.timed(lambda: _commit(env, lambda: contracts.browse(ids)._write_schedule()))]
        grown = _book.memory() - before
        with _copied.dump(env, ids) as ready:
            copied = []
            for _round in range(ROUNDS if LOANS <= 10_000 else 1):
                _empty(env)
                copied.append(_book.timed(lambda: _commit(env, lambda: _copied.copy(env, ready))))
                if LOANS <= 10_000:
                    _empty(env)
                    written.append(
                        _book.timed(lambda: _commit(env, lambda: contracts.browse(ids)._write_schedule()))
                    )
            _empty(env)
            # What writing a schedule does besides its rows: the totals a loan shows.
            contracts.browse(ids)._write_schedule()
            totals = _book.timed(lambda: contracts.browse(ids)._refresh_totals())
            vals_list = (
                env["loan.installment"].search([("contract_id", "in", ids[:ORM_LOANS])]).read(load=None)
            )
            names = [
                name
                for name, field in env["loan.installment"]._fields.items()
                if field.store and name != "id"
            ]
            vals_list = [{name: vals[name] for name in names if name in vals} for vals in vals_list]
            _empty(env)
            orm = _book.timed(lambda: _commit(env, lambda: _create(env["loan.installment"], vals_list)))
            # A model of Odoo's own with as few strings attached as there is.
            plain_vals = [{"name": f"{n}", "code": f"bench.{n}"} for n in range(len(vals_list))]
            plain = _book.timed(
                lambda: _commit(
                    env,
                    lambda: _create(
                        env["ir.config_parameter"],
                        [{"key": vals["code"], "value": vals["name"]} for vals in plain_vals],
                    ),
                )
            )
        _empty(env)
    ours, copy = rows / min(written), rows / min(copied)
    print(f"{LOANS:,} loans of {MONTHS} rows: {rows:,} rows in {min(written):.1f} s")
    print(f"worked out and written, of COPY of the same rows ready-made: {100 * ours / copy:.0f} %")
    print(f"  of which adding up what each loan shows: {100 * totals / min(written):.0f} % of the time")
    print(f"against create() of the same rows, 1,000 at a time: {ours / (len(vals_list) / orm):.1f}×")
    print(f"against create() of a plain model, 1,000 at a time: {ours / (len(plain_vals) / plain):.1f}×")
    print(f"memory while it ran: {grown:+.0f} MB")


def _commit(env, work):
    work()
    env.flush_all()
    env.cr.commit()


def _empty(env):
    """Start each round from an empty table, as the one before did."""
    env.cr.execute("TRUNCATE loan_installment CASCADE")
    env.cr.execute("UPDATE loan_contract SET amount_total = NULL")
    env.cr.commit()
    env.invalidate_all()


def _create(model, vals_list):
    for start in range(0, len(vals_list), 1000):
        model.create([dict(vals) for vals in vals_list[start : start + 1000]])
        model.env.flush_all()
        model.env.invalidate_all()


if __name__ == "__main__":
    run()
