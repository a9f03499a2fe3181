from markupsafe import Markup

from odoo import fields, models
from odoo.fields import Domain

from ..core.callbacks import Likes
from ..core.labels import as_sentences

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class LoanPortalContactMixin(models.AbstractModel):
    """What a customer says on the portal of how they like to be reached, and what they do not want to hear."""

    _name = "loan.portal.contact.mixin"
    _inherit = ["loan.contact.mixin"]
    _description = "Contact Preferences on the Portal"

    large_type = fields.Boolean(
        "Reads Large Type",
        tracking=True,
        help="Asked for on the portal or noted by a colleague: the borrower's pages are shown in large type.",
    )

    def _call_likes(self):
        """Return when a customer likes to be called; without one, when most do.

        :rtype: core.callbacks.Likes
        """
        if not self:
            return Likes(frozenset(), 9, 18)
        return Likes(
            frozenset(number for number, day in enumerate(_DAYS) if self[day]), self.call_from, self.call_to
        )

    def _forget(self, complete):
        # As superuser: a meeting that they booked is forgotten whatever else is kept, whose calendar it stands in.
        meetings_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        booked_sudo = meetings_sudo.search(
            Domain("loan_partner_id", "in", self.sudo().partner_id.ids)
            & Domain("loan_company_id", "=", self.company_id.id)
        )
        booked_sudo.unlink()
        return super()._forget(complete)

    def _forget_leads(self, leads, counts):
        result = super()._forget_leads(leads, counts)
        # As superuser, as all there: what was asked before there was a profile goes with the application.
        asked_sudo = (
            self.env["loan.case"].sudo().search([("lead_id", "in", leads.ids), ("customer_id", "=", False)])
        )
        if asked_sudo:
            counts[asked_sudo._name] += len(asked_sudo)
            self._forget_thread(asked_sudo, asked_sudo, counts)
            plan = asked_sudo._get_erasure_plan()
            self._empty_columns(asked_sudo, asked_sudo.ids, {**plan["now"], **plan["later"]})
        return result

    def _set_large_type(self, large):
        """Keep whether a customer reads large type.

        :param bool large: whether they do
        """
        self.filtered(lambda mine: mine.large_type != large).large_type = large

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
        return as_sentences(self._fields["preferred_channel"]._description_selection(self.env), self.env.lang)

    def _portal_days(self):
        return [(day, self._fields[day]._description_string(self.env)) for day in _DAYS]

    def _portal_takes_contact(self, partner):
        """Tell whether somebody may change today how they are reached; their profiles are locked meanwhile.

        :param partner: `res.partner` whose profiles these are
        """
        self._wait_for_lock()
        return self.env["loan.portal.count"]._take(self.company_id[:1], partner)

    def _portal_set_contact(self, partner, vals, no_surveys):
        """Keep how a customer likes to be reached, on each of their profiles; what changes stands in their history.

        :param partner: `res.partner` whose profiles these are
        :param dict vals: of the profile
        :param bool no_surveys: they are asked no more how it was
        """
        said = {"loan_said_how": ("portal",)}
        changed = self.filtered(lambda mine: any(mine[name] != value for name, value in vals.items()))
        changed.with_context(**said).write(vals)
        if partner.loan_no_surveys != no_surveys:
            partner.with_context(**said).loan_no_surveys = no_surveys
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
