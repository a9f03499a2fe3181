from odoo import api, models
from odoo.tools import ormcache


class IrModel(models.Model):
    _inherit = "ir.model"

    @api.model
    @ormcache(cache="stable")
    def _loan_protected(self):
        """Return the names of the models whose sight is a duty: those that answer `loan_visible` and keep records."""
        return self._loan_asked() - self._loan_veiled()

    @api.model
    @ormcache(cache="stable")
    def _loan_veiled(self):
        """Return the names of Odoo's own models that close with a confidential customer (`loan.veil.mixin`)."""
        veil = self.env.registry["loan.veil.mixin"]
        return frozenset(name for name in self._loan_asked() if isinstance(self.env[name], veil))

    @api.model
    @ormcache(cache="stable")
    def _loan_asked(self):
        """Return the names of all models that answer `loan_visible` themselves; a user asks their contact."""
        return frozenset(
            name
            for name, model in self.env.registry.items()
            if not model._abstract
            and not model._transient
            and "loan_visible" in model._fields
            and not model._fields["loan_visible"].inherited
        )

    @api.model
    def _loan_withheld(self, record):
        """Tell whether a token or a public address opens nothing of this record.

        :param record: of any model, may be empty or gone
        """
        if record._name in self._loan_veiled() & self._loan_guarded():
            # As superuser: only how confidential it is, is asked.
            closed = self.env["loan.confidentiality.level"]._closed_ranks()
            return not closed.isdisjoint(record.sudo().exists()._loan_ranks().values())
        return record._name in self._loan_protected()

    @api.model
    def _loan_withheld_meeting(self, event_sudo):
        """Tell whether a meeting is about a protected record, a confidential application or a confidential contact.

        :param event_sudo: `calendar.event`, as superuser, may be empty
        """
        about = [event_sudo.opportunity_id, *event_sudo.partner_ids]
        if event_sudo.res_model in self.env and event_sudo.res_id:
            about.append(self.env[event_sudo.res_model].browse(event_sudo.res_id))
        return any(record and self._loan_withheld(record) for record in about)

    @api.model
    @ormcache()
    def _loan_guarded(self):
        """Return the names of the models that may keep a record from somebody now.

        Contacts and leads are among them only once something has been confidential.
        """
        closed = self.env["loan.confidentiality.level"]._closed_ranks()
        return self._loan_asked() if closed else self._loan_protected()
