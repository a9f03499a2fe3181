def migrate(cr, version):
    """Let lenders who write to their borrowers go on: only a new one begins with reminders switched off."""
    cr.execute("ALTER TABLE res_company ADD COLUMN IF NOT EXISTS loan_reminders_paused boolean")
    cr.execute("UPDATE res_company SET loan_reminders_paused = FALSE WHERE loan_reminders_paused IS NULL")
