from odoo import api, models
from odoo.tools import ormcache


class ResCurrency(models.Model):
    _inherit = "res.currency"

    @api.model
    @ormcache(cache="stable")  # Odoo clears it where a currency is created, deleted, or named otherwise
    def _loan_shared_symbols(self):
        """Return the symbols that several currencies have, also those that nobody uses: "$" does not say enough."""
        # As superuser: which currencies there are is no secret.
        currencies_sudo = self.sudo().with_context(active_test=False)
        shared = currencies_sudo._read_group([], ["symbol"], having=[("__count", ">", 1)])
        return frozenset(symbol for (symbol,) in shared)
