from odoo import models


class IrConfigParameter(models.Model):
    _name = "ir.config_parameter"
    _inherit = ["loan.administered.mixin", "ir.config_parameter"]
