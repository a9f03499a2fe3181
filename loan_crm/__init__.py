from odoo.tools import SQL

from . import controllers
from . import models
from . import report
from . import wizard


def post_init_hook(env):
    """Try the shipped letters on made-up borrowers, now that their translations are there, too."""
    env["mail.template"]._cron_check_loan_letters()


def uninstall_hook(env):
    """Empty the tables in an order they allow, so that Odoo can drop them without tripping over their links."""
    env.cr.execute("UPDATE res_company SET loan_reminder_policy_id = NULL, loan_calendar_id = NULL")
    for table in (
        "loan_night_failure",
        "loan_night",
        "loan_handover_item",
        "loan_handover",
        "loan_handover_check",
        "loan_reminder_bounce",
        "loan_promise",
        "loan_reminder",
        "loan_hardship",
        "loan_reminder_hold",
        "loan_reminder_round",
        "loan_repayment_allocation",
        "loan_installment",
        "loan_schedule_version",
        "loan_contract_event",
        "loan_repayment",
        "loan_arrears_change",
        "loan_contract_party",
        "loan_contract",
        "loan_assignment",
        "loan_customer",
        "loan_customer_tier",
        "loan_customer_segment",
        "loan_product",
        "loan_arrears_bucket",
        "loan_asset_class",
        "loan_reminder_policy",
        "loan_calendar_day",
        "loan_calendar",
        "loan_reference_rate_value",
        "loan_reference_rate",
    ):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.invalidate_all()
