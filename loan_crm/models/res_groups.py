from odoo import models


class ResGroups(models.Model):
    _name = "res.groups"
    _inherit = ["loan.administered.mixin", "res.groups"]
