from odoo import models


class IrActionsServer(models.Model):
    _name = "ir.actions.server"
    _inherit = ["loan.administered.mixin", "ir.actions.server"]
