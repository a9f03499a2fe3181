from odoo import api, models
from odoo.exceptions import AccessError

from ..core.listing import listed


class LoanDerivedMixin(models.AbstractModel):
    """A record some of whose columns follow from other records: nobody enters them, over RPC either.

    The rules ask such columns who may see the record, so whoever wrote one could open or hide it.
    """

    _name = "loan.derived.mixin"
    _description = "Derived Columns"

    @api.model
    def _loan_derived(self):
        """Return the names of the columns that nobody enters."""
        return {
            name for name, field in self._fields.items() if field.store and field.compute and field.readonly
        }

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        self._check_not_derived(name for vals in vals_list for name in vals)
        # Defaults left over from the list one came from are not meant for us, and are no way round the check above.
        defaults = {f"default_{name}" for name in self._loan_derived()} & self.env.context.keys()
        if defaults:
            kept = {k: v for k, v in self.env.context.items() if k not in defaults}
            self = self.with_context(kept)  # pylint: disable=context-overridden
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_not_derived(vals)
        return super().write(vals)

    @api.model
    def _check_not_derived(self, names):
        entered = self._loan_derived().intersection(names)
        if entered:
            raise AccessError(
                self.env._(
                    "%s follows from other records and cannot be entered.",
                    listed(
                        sorted(self._fields[name]._description_string(self.env) for name in entered),
                        self.env.lang,
                    ),
                )
            )
