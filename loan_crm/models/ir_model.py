from odoo import api, models
from odoo.tools import ormcache


class IrModel(models.Model):
    _inherit = "ir.model"

    @api.model
    @ormcache(cache="stable")
    def _loan_protected(self):
        """Return the names of the models whose sight is a duty: those that answer `loan_visible` and keep records."""
        return frozenset(
            name
            for name, model in self.env.registry.items()
            if not model._abstract and not model._transient and "loan_visible" in model._fields
        )
