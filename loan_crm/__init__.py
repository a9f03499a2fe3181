from odoo.tools import SQL

from . import models
from . import wizard


def uninstall_hook(env):
    """Empty the tables in an order they allow, so that Odoo can drop them without tripping over their links."""
    env.cr.execute("UPDATE res_company SET loan_reminder_policy_id = NULL")
    for table in (
        "loan_reminder",
        "loan_reminder_round",
        "loan_repayment_allocation",
        "loan_repayment",
        "loan_installment",
        "loan_contract",
        "loan_customer",
        "loan_product",
        "loan_reminder_policy",
    ):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.invalidate_all()
