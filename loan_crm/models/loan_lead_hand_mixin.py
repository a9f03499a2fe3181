from odoo import models
from odoo.exceptions import UserError

from ..core.assignment import Needs


class LoanLeadHandMixin(models.AbstractModel):
    """An application that is handed to a colleague: what it asks of them, and what goes along."""

    _name = "loan.lead.hand.mixin"
    _description = "Applications Handed On"

    def _loan_asks(self):
        """Return what an application asks of whoever has it, as a customer would who has this loan already.

        It brings no load: its borrower counts from the day there is a profile.

        :return: (the borrower's profile as far as the user sees one, `loan.customer`; :class:`core.assignment.Needs`)
        """
        self.ensure_one()
        profile = self._loan_seen_profiles().get(self, self.env["loan.customer"])
        known = self.env["loan.assignment.advice"]._needs(profile)[profile.id] if profile else Needs()
        # As superuser: what is read of the product and the contact is about who could have the application.
        lead_sudo, borrower_sudo = self.sudo(), self._loan_borrower().sudo()
        language = borrower_sudo.lang or lead_sudo.lang_id.code
        product_sudo = lead_sudo.loan_product_id
        barred, related = self._loan_barred()
        return profile, known._replace(
            load=0,
            vip=False,
            present=None,
            languages=frozenset({language} - {False, None}) or known.languages,
            families=frozenset({product_sudo.family} - {False}),
            products=frozenset(product_sudo.ids),
            region=known.region or (lead_sudo.state_id or borrower_sudo.state_id).id or None,
            segment=lead_sudo.loan_segment_id.id or known.segment,
            kind=lead_sudo.loan_kind or known.kind,
            barred=known.barred | barred,
            related=known.related | related,
        )

    def _loan_barred(self):
        """Return who may not have an application though its borrower has no profile yet: two frozensets of user ids.

        First who has declared a conflict of interest with the contact or their firm, then who is the contact.
        """
        borrower = self._loan_borrower()
        contacts = borrower | borrower.commercial_partner_id
        # As superuser: that there is a conflict is told, what it is is not.
        conflicts_sudo = self.env["loan.conflict"].sudo()
        declared = conflicts_sudo._declared_of_contacts(contacts, self._loan_company()._loan_today())
        barred = self.env["res.users"].union(*declared.values())
        themselves_sudo = contacts.sudo().with_context(active_test=False).user_ids
        return frozenset(barred.ids), frozenset(themselves_sudo.ids)

    def _loan_hand_to(self, user):
        """Give an application to a colleague, with what its owner had to do there; who had it follows it no more.

        :param user: `res.users`
        :raise UserError: where they could not open it then
        """
        self.ensure_one()
        former = self.user_id
        self.user_id = user
        anywhere = self.with_context(allowed_company_ids=[])  # their own companies decide
        if not anywhere.with_user(user)._filtered_access("read"):
            user_sudo = user.sudo()  # as superuser: the name of a colleague is no secret
            raise UserError(self.env._("%s could not open this application.", user_sudo.name))
        if not former:
            return
        # As superuser: with the application goes what is still to do there, whoever planned it.
        todos_sudo = self.sudo().activity_ids.filtered(lambda todo: todo.user_id == former)
        todos_sudo.with_context(mail_activity_quick_update=True).write({"user_id": user.id})
        if not anywhere.with_user(former)._filtered_access("read"):
            self.message_unsubscribe(former.partner_id.ids)
