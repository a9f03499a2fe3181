"""Rows that are in a table already, copied into it again: the limit of any way to write them.

Not a benchmark itself.
"""

import tempfile

COLUMNS = (
    "contract_id, customer_id, company_id, kind, event_id, number, due_date, principal, interest, fee, amount, "
    "balance, capitalised, principal_paid, interest_paid, penalty, penalty_paid, fee_paid, amount_open, state, "
    "version_from"
)


def dump(env, ids):
    """Return a file of the schedule rows of these loans, as COPY reads them."""
    rows = tempfile.TemporaryFile("w+")  # noqa: SIM115  the caller closes it
    env.cr.copy_expert(
        f"COPY (SELECT {COLUMNS} FROM loan_installment WHERE contract_id BETWEEN {min(ids)} AND {max(ids)} "
        "ORDER BY contract_id, number) TO STDOUT",
        rows,
    )
    return rows


def copy(env, rows):
    rows.seek(0)
    env.cr.copy_expert(f"COPY loan_installment ({COLUMNS}) FROM STDIN", rows)


def delete(env):
    env.cr.execute("DELETE FROM loan_installment")
