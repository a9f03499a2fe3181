from odoo import models


class IrModelAccess(models.Model):
    _name = "ir.model.access"
    _inherit = ["loan.administered.mixin", "ir.model.access"]
