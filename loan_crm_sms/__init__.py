from . import models


def uninstall_hook(env):
    """Let go of the texts while the steps can still say what they do instead, see `_loan_sms_leave`."""
    env["loan.reminder"].search([("channel", "=", "sms")])._loan_sms_leave()
    steps = env["loan.reminder.step"].with_context(active_test=False)
    steps.search([("channel", "=", "sms")])._loan_sms_leave_to_a_person()
    env.flush_all()
    env.cr.execute("UPDATE loan_reminder_step SET sms_template_id = NULL")
    env.invalidate_all()
