from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let loans of the first release join the loan book: their figures, their grade, their first schedule version.

    Their options are filled from their products by Odoo itself, with those of the house, which is how their
    schedules were worked out. Lateness cost nothing then, and a loan keeps what was agreed.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute("UPDATE loan_product SET penalty_factor = 0")
    cr.execute(
        "UPDATE loan_contract SET penalty_factor = 0, first_period = 'ignored', schedule_source = 'own'"
    )
    env.invalidate_all()
    contracts = env["loan.contract"].search([])
    contracts._refresh_totals()
    contracts._refresh_grades()
    paid_out = contracts.filtered(lambda contract: contract.state in ("active", "closed"))
    paid_out._write_first_versions()
    _join_the_ledger(env)


def _join_the_ledger(env):
    """Let reminders of the first release tell until when they could be said, and its letters name all that is owed.

    Those letters named one installment; now one letter speaks for several. A letter that somebody has rewritten stays.
    """
    env.flush_all()
    env.cr.execute(
        """
        UPDATE loan_reminder reminder
           SET date_last = reminder.date_planned + policy.catch_up_days,
               amount_letter = COALESCE(reminder.amount_letter, reminder.amount)
          FROM loan_reminder_step step
          JOIN loan_reminder_policy policy ON policy.id = step.policy_id
         WHERE step.id = reminder.step_id
        """
    )
    env.invalidate_all()
    letters = env["mail.template"].union(
        *(env.ref(f"loan_crm.mail_template_reminder_{name}") for name in ("before", "due", "late"))
    )
    # What the app wrote itself; translations come along.
    letters.filtered(lambda letter: letter.write_uid.id == SUPERUSER_ID).reset_template()
