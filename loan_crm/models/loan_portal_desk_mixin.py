from typing import NamedTuple

from odoo import api, models


class Desk(NamedTuple):
    """Where somebody turns to at one lender: their profile, else the loan they answer for, else their application.

    :param company: `res.company`
    :param customer: `loan.customer`, or none
    :param lead: `crm.lead`, where there is no customer
    :param partner: `res.partner` who asks, as the system
    """

    company: object
    customer: object
    lead: object
    partner: object

    @property
    def key(self):
        """The number by which a form names it; it is looked up among one's own."""
        return str(self.company.id)

    def who(self):
        """Return the `res.users` who acts today, or none."""
        return self.customer.acting_user_id if self.customer else self.lead._who_answers()

    def about(self):
        """Return the values of a case that is about no loan."""
        return {
            "company_id": self.company.id,
            "customer_id": self.customer.id,
            "lead_id": self.lead.id,
        }


class LoanPortalDeskMixin(models.AbstractModel):
    """To whom somebody turns: one desk at each lender they have to do with."""

    _name = "loan.portal.desk.mixin"
    _description = "Desks of the Portal"

    @api.model
    def _desks(self):
        """Return the desks of whoever is logged in, `{key: Desk}`, the most urgent loan's first."""
        profiles, me = self._profiles()
        own = {profile.company_id: profile for profile in profiles.filtered("active")}
        leads, found = me.env["crm.lead"], {}
        for loan, _me in self._loans():
            found.setdefault(loan.company_id, own.get(loan.company_id) or loan.customer_id)
        for company, profile in own.items():
            found.setdefault(company, profile)
        desks = [Desk(company, customer, leads, me) for company, customer in found.items()]
        for lead in self._applications():
            company = lead._loan_company()
            if company not in found and lead._portal_standing() == "open":
                found[company] = profiles.browse()
                desks.append(Desk(company, profiles.browse(), lead, me))
        return {desk.key: self._as_told(desk) for desk in desks}

    @api.model
    def _desk_of(self, contract, partner):
        """Return the desk that a link to a loan leads to.

        :param contract: `loan.contract`, as somebody reads it
        :param partner: `res.partner` who does
        """
        return Desk(contract.company_id, contract.customer_id, contract.env["crm.lead"], partner)

    @api.model
    def _desk_of_application(self, lead):
        """Return the desk of an application that has ended, at a lender its applicant has nothing else to do with.

        :param lead: `crm.lead`, as its applicant reads it
        """
        customers = lead.env["loan.customer"]
        return self._as_told(Desk(lead._loan_company(), customers, lead, self._me()))

    @api.model
    def _about_application(self, desk, lead):
        """Return the values of a case about an application.

        :param desk: of its lender
        :param lead: `crm.lead`
        """
        # Who answers for somebody else's loan applies for themselves.
        own = desk.customer.filtered(lambda customer: customer.partner_id == desk.partner)
        return {"company_id": desk.company.id, "customer_id": own.id, "lead_id": lead.id}

    @api.model
    def _as_told(self, desk):
        context = {"allowed_company_ids": desk.company.ids, "lang": self.env.lang}
        return Desk(*(records.with_context(**context) for records in desk))
