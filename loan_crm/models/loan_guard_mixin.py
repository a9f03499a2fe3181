from math import isfinite

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError


class LoanGuardMixin(models.AbstractModel):
    """What no screen sends but anybody may over RPC: a hidden record to point at, a number that is none.

    Odoo writes a many2one without asking whether its target may be read, and reads the target's name back as
    superuser. A loan drafted, a form opened or merely a field filled in with somebody else's customer would tell
    the name and the figures behind any number one cares to try.
    """

    _name = "loan.guard.mixin"
    _description = "Loan Guard"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_entered(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_entered([vals])
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        self.check_access("read")  # a form left open: what it holds is not sent again, and nobody else asks
        self._check_entered([values])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_entered(self, vals_list):
        self._check_finite(vals_list)
        if not self.env.su:
            self._check_references(vals_list)

    @api.model
    def _check_finite(self, vals_list):
        for vals in vals_list:
            for name, value in vals.items():
                if isinstance(value, float) and not isfinite(value) and name in self._fields:
                    raise ValidationError(
                        self.env._("%s is not a number.", self._fields[name]._description_string(self.env))
                    )

    @api.model
    def _check_references(self, vals_list):
        """Refuse values, and defaults from the context, that point at a hidden record; an absent one is the same."""
        for name in self._loan_references():
            field = self._fields[name]
            if field.comodel_name not in self.env["ir.model"]._loan_guarded():
                continue
            ids = {
                field.convert_to_cache(vals[name], self, validate=False)
                for vals in (*vals_list, {name: self.env.context.get(f"default_{name}")})
                if vals.get(name)
            }
            ids = [id_ for id_ in ids if isinstance(id_, int)]
            targets = self.env[field.comodel_name].with_context(active_test=False)
            if ids and targets.search_count([("id", "in", ids)]) != len(ids):
                raise AccessError(
                    self.env._(
                        "%s: this one does not exist, or is not yours to see.",
                        field._description_string(self.env),
                    )
                )

        for name in self._told_references():
            # A to-do, a message and an application tell their words to whoever points at them, as a customer does.
            ids = {vals.get(name) for vals in (*vals_list, {name: self.env.context.get(f"default_{name}")})}
            targets = self.env[self._fields[name].comodel_name].with_context(active_test=False)
            targets = targets.browse(id_ for id_ in ids if isinstance(id_, int) and id_)
            if targets and targets.exists()._filtered_access("read") != targets:
                raise AccessError(
                    self.env._(
                        "%s: this one does not exist, or is not yours to see.",
                        self._fields[name]._description_string(self.env),
                    )
                )

    @api.model
    def _told_references(self):
        """Return the names of the fields that point at a record of Odoo's whose sight is not everybody's."""
        return [
            name
            for name, field in self._fields.items()
            if field.type == "many2one"
            and field.comodel_name in ("crm.lead", "mail.activity", "mail.message")
        ]

    @api.model
    def _loan_references(self):
        """Return the names of the fields that point at a record whose sight is a duty."""
        return [
            name
            for name, field in self._fields.items()
            if field.type == "many2one" and "loan_visible" in self.env[field.comodel_name]._fields
        ]
