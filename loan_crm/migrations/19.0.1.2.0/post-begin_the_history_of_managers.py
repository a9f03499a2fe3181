from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let each customer who has a manager begin their history of managers, from the day their profile was made."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["loan.assignment"]._begin()
