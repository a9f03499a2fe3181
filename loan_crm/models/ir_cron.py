from odoo import models


class IrCron(models.Model):
    _name = "ir.cron"
    _inherit = ["loan.administered.mixin", "ir.cron"]
