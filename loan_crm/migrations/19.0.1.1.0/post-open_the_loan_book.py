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
