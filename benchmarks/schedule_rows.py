"""How fast are schedules written, worked out and all, and does a whole book of them stay flat in memory?

    make bench T=benchmarks/schedule_rows.py
    LOANS=50000 make bench T=benchmarks/schedule_rows.py      # the book of 1.8 million rows

References, in the same run: COPY of the very same rows, ready-made, into the same table with its keys and indexes;
Odoo's `create` of the same rows, a thousand at a time; and `create` of plain models that hold nothing but the columns
of such a row, as an addon without any comfort has them: one with the figures alone, one with two stored related and
four stored computed fields, as such lines usually have. Every timing ends with a commit; the best of the rounds
against the best of the rounds.
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
        written = [_book.measured(env, lambda: _commit(env, lambda: contracts.browse(ids)._write_schedule()))]
        grown = _book.memory() - before
        with _copied.dump(env, ids) as ready:
            copied = []
            for _round in range(ROUNDS if LOANS <= 10_000 else 1):
                _empty(env)
                copied.append(_book.measured(env, lambda: _commit(env, lambda: _copied.copy(env, ready))))
                if LOANS <= 10_000:
                    _empty(env)
                    written.append(
                        _book.measured(
                            env, lambda: _commit(env, lambda: contracts.browse(ids)._write_schedule())
                        )
                    )
            _empty(env)
            # What writing a schedule does besides its rows: the totals a loan shows.
            contracts.browse(ids)._write_schedule()
            totals = _book.measured(env, lambda: contracts.browse(ids)._refresh_totals())
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
            orm = _book.measured(
                env, lambda: _commit(env, lambda: _create(env["loan.installment"], vals_list))
            )
            plain, usual = (_plain(env, computed, vals_list) for computed in (False, True))
        _empty(env)
    written, copied, lines = _book.best(written), _book.best(copied), len(vals_list)
    print(f"{LOANS:,} loans of {MONTHS} rows: {rows:,} rows in {written[0]:.1f} s")
    print(f"{'':58} {'by the clock':>12} {'by CPU':>8}")
    _tell("worked out and written, of COPY of the same rows ready-made", copied, written, percent=True)
    _tell("  of which adding up what each loan shows", totals, written, percent=True)
    for name, spent in (
        ("create() of the same rows, 1,000 at a time", orm),
        ("create() of a plain model", plain),
        ("create() of one with the usual computed fields", usual),
    ):
        _tell(f"against {name}", [one / lines * rows for one in spent], written)
    print(f"memory while it ran: {grown:+.0f} MB")


def _tell(name, reference, ours, percent=False):
    clock, cpu = (theirs / mine for theirs, mine in zip(reference, ours, strict=True))
    form = "{:.0%}" if percent else "{:.1f}×"
    print(f"{name:58} {form.format(clock):>12} {form.format(cpu):>8}")


def _commit(env, work):
    work()
    env.flush_all()
    env.cr.commit()


def _empty(env):
    """Start each round from an empty table, as the one before did."""
    env.cr.execute("TRUNCATE loan_installment CASCADE")
    env.cr.execute("UPDATE loan_contract SET amount_total = NULL")
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr._obj.execute("VACUUM loan_contract")  # as autovacuum leaves it
    env.cr._cnx.autocommit = False
    env.invalidate_all()


def _plain(env, computed, vals_list):
    """Return what `create` takes for as many rows of a model made for it, in this database only."""
    name = "x_bench_usual" if computed else "x_bench_plain"
    model = env["ir.model"].create(
        {"model": name, "name": name, "field_id": [(0, 0, vals) for vals in _LINE]}
    )
    if computed:
        env["ir.model.fields"].create([{**vals, "model_id": model.id} for vals in _USUAL])
    env.cr.commit()
    rows = [{f"x_{key}": vals[key] for key in _FIGURES} for vals in vals_list]
    # The first batch of a model fills caches.
    _create(env[name], rows[:1000])
    env.cr.commit()
    return _book.measured(env, lambda: _commit(env, lambda: _create(env[name], rows)), rounds=2)


def _field(name, kind, **more):
    return {"name": f"x_{name}", "field_description": name, "ttype": kind, **more}


_FIGURES = [
    "contract_id",
    "company_id",
    "number",
    "due_date",
    "principal",
    "interest",
    "fee",
    "amount",
    "amount_open",
]
_LINE = (
    _field(
        "contract_id", "many2one", relation="loan.contract", required=True, on_delete="cascade", index=True
    ),
    _field("company_id", "many2one", relation="res.company"),
    _field("number", "integer"),
    _field("due_date", "date"),
    *(_field(name, "float") for name in _FIGURES[4:]),
)
_USUAL = (
    _field(
        "customer_id", "many2one", relation="loan.customer", related="x_contract_id.customer_id", store=True
    ),
    _field(
        "currency_id", "many2one", relation="res.currency", related="x_contract_id.currency_id", store=True
    ),
    *(
        _field(
            name,
            kind,
            depends=depends,
            store=True,
            compute=f"for row in self:\n    row['x_{name}'] = {value}",
        )
        for name, kind, depends, value in (
            ("asked", "float", "x_principal,x_interest", "row.x_principal + row.x_interest"),
            ("left", "float", "x_amount,x_amount_open", "row.x_amount - row.x_amount_open"),
            ("paid", "boolean", "x_amount_open", "not row.x_amount_open"),
            ("label", "char", "x_number", "'No. %d' % row.x_number"),
        )
    ),
)


def _create(model, vals_list):
    for start in range(0, len(vals_list), 1000):
        model.create([dict(vals) for vals in vals_list[start : start + 1000]])
        model.env.flush_all()
        model.env.invalidate_all()


if __name__ == "__main__":
    run()
