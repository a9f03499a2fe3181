from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.fields import Domain

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHANGES_A_DAY = 10


class LoanPortalContactMixin(models.AbstractModel):
    """What a customer says on the portal of how they like to be reached, and what they do not want to hear."""

    _name = "loan.portal.contact.mixin"
    _inherit = ["loan.contact.mixin"]
    _description = "Contact Preferences on the Portal"

    def _portal_contact(self):
        """Return what the form starts with, as texts; of several lenders the first one's."""
        mine = self[:1]
        texts = {
            "channel": mine.preferred_channel,
            "call_from": _clock(mine.call_from),
            "call_to": _clock(mine.call_to),
            "no_reminders": "1" if mine.reminder_opt_out else "",
            "no_offers": "1" if mine.renewal_opt_out else "",
            "no_surveys": "1" if mine.partner_id.loan_no_surveys else "",
        }
        return {**texts, **{day: "1" if mine[day] else "" for day in _DAYS}}

    def _portal_channels(self):
        return self._fields["preferred_channel"]._description_selection(self.env)

    def _portal_days(self):
        return [(day, self._fields[day]._description_string(self.env)) for day in _DAYS]

    def _portal_takes_contact(self, partner):
        """Tell whether somebody may change today how they are reached; their profiles are locked meanwhile.

        :param partner: `res.partner` whose profiles these are
        """
        self._wait_for_lock()
        lately = fields.Datetime.now() - timedelta(days=1)
        changes = self.env["mail.message"].search_count(
            Domain("model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("author_id", "=", partner.id)
            & Domain("message_type", "=", "notification")
            & Domain("date", ">=", lately)
        )
        return changes < _CHANGES_A_DAY * len(self)

    def _portal_set_contact(self, partner, vals, no_surveys):
        """Keep how a customer likes to be reached, on each of their profiles; what changes stands in their history.

        :param partner: `res.partner` whose profiles these are
        :param dict vals: of the profile
        :param bool no_surveys: they are asked no more how it was
        """
        changed = self.filtered(lambda mine: any(mine[name] != value for name, value in vals.items()))
        changed.write(vals)
        if partner.loan_no_surveys != no_surveys:
            partner.loan_no_surveys = no_surveys
            changed = self
        for mine in changed:
            reader = mine.with_context(lang=mine.acting_user_id.lang or self.env.lang)
            mine._message_log(
                body=Markup("<p>%s</p>")
                % reader.env._("The customer has said on the portal how they like to be reached."),
                author_id=partner.id,
            )


def _clock(hours):
    """Return hours of a day as a clock shows them: 9.5 is 09:30."""
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
