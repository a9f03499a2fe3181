from odoo import api, models
from odoo.tools import ormcache

from ..core import short_figures


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def format(self, amount):
        """Return an amount as a reader writes it: no space follows the sign in Chinese."""
        return short_figures.close_up(super().format(amount), self.symbol, self.env.lang)

    @api.model
    @ormcache(cache="stable")  # Odoo clears it where a currency is created, deleted, or named otherwise
    def _loan_shared_symbols(self):
        """Return the symbols that several currencies have, also those that nobody uses: "$" does not say enough."""
        # As superuser: which currencies there are is no secret.
        currencies_sudo = self.sudo().with_context(active_test=False)
        shared = currencies_sudo._read_group([], ["symbol"], having=[("__count", ">", 1)])
        return frozenset(symbol for (symbol,) in shared)
