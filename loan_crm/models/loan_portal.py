import re

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import format_date

_NUMBER = re.compile(
    r"[1-9][0-9]{0,8}", re.ASCII
)  # as an address is written here, and within what a database numbers


class LoanPortal(models.AbstractModel):
    """What somebody sees of their own with their login: the one door of the portal.

    A portal user has no right to any model of ours. What they read is found here as the system, by a domain on who
    they are: their own contact and nobody else's, as the links of letters open it, and the lenders their login is for.
    What leaves for a page are texts and figures. Whatever stands in an address is looked up within that domain; what is
    not there is as what is not theirs.
    """

    _name = "loan.portal"
    _inherit = [
        "loan.portal.allow.mixin",
        "loan.portal.desk.mixin",
        "loan.portal.easy.mixin",
        "loan.portal.slot.mixin",
        "loan.portal.promise.mixin",
    ]
    _description = "What Borrowers See with Their Login"

    @api.model
    def _me(self):
        """Return the contact of whoever is logged in, as the system; empty for whoever is nobody."""
        user = self.env.user
        partner = user.partner_id if user.active and not user._is_public() else self.env["res.partner"]
        # As the system: what is found below is found by who they are, and what is done through it is nobody's deed.
        return partner.with_user(SUPERUSER_ID)

    @api.model
    def _number(self, typed):
        """Return the number that an address names, None for whatever is no number.

        :param str typed: as it came
        """
        return int(typed) if _NUMBER.fullmatch(typed) else None

    @api.model
    def _is_of_a_lender(self, company):
        """Tell whether a lender is one that the login of whoever asks is for."""
        return company.active and company.id in self.env.user.company_ids.ids

    # ------------------------------------------------------------ loans

    @api.model
    def _loans(self):
        """Return the loans of whoever is logged in, each in its lender's company, and who they are.

        :return: a list of pairs (`loan.contract`, `res.partner`)
        """
        me = self._me()
        if not me:
            return []
        loans = (
            me.env["loan.contract"]
            ._opening_to(me)
            .filtered(lambda loan: self._is_of_a_lender(loan.company_id))
        )
        return [loan._as_read_by(me, self.env.lang) for loan in loans]

    @api.model
    def _loan(self, typed):
        """Return (loan, contact) that an address names, both empty where it names none of theirs.

        :param str typed: as it came
        """
        me = self._me()
        contracts = me.env["loan.contract"]
        number = me and self._number(typed)
        loan = contracts.browse(number).exists() if number else contracts
        if not loan or not self._is_of_a_lender(loan.company_id) or not loan._opens_to(me):
            return contracts, me
        return loan._as_read_by(me, self.env.lang)

    # ------------------------------------------------------------ applications

    @api.model
    def _application_domain(self, me):
        """Return the domain of somebody's applications: those they borrow by, and those they speak for a firm in."""
        leads = me.env["crm.lead"]
        return Domain("loan_product_id", "!=", False) & (
            Domain("partner_id", "=", me.id) | leads._loan_borrower_domain(me)
        )

    @api.model
    def _applications(self):
        """Return the applications of whoever is logged in, those that run first.

        :return: a list of `crm.lead`, each in its lender's company
        """
        me = self._me()
        if not me or not me.active:
            return []
        leads = me.env["crm.lead"].with_context(active_test=False).search(self._application_domain(me))
        told = [
            lead._as_read_by_applicant(self.env.lang)
            for lead in leads
            if self._is_of_a_lender(lead._loan_company())
        ]
        return sorted(told, key=lambda lead: (lead._portal_standing() != "open", -lead.id))

    @api.model
    def _application(self, typed):
        """Return the application that an address names, an empty recordset where it names none of theirs.

        :param str typed: as it came
        """
        me = self._me()
        leads = me.env["crm.lead"].with_context(active_test=False)
        number = me and me.active and self._number(typed)
        lead = leads.search(self._application_domain(me) & Domain("id", "=", number)) if number else leads
        if not lead or not self._is_of_a_lender(lead._loan_company()):
            return leads.browse()
        return lead._as_read_by_applicant(self.env.lang)

    # ------------------------------------------------------------ cases and surveys

    @api.model
    def _case_domain(self, me):
        """Return the domain of what somebody has brought up themselves."""
        return (
            Domain("partner_id", "=", me.id)
            & (Domain("customer_id", "!=", False) | Domain("lead_id", "!=", False))
            & Domain("state", "!=", "void")
            & Domain("company_id", "in", self.env.user.company_ids.ids)
        )

    @api.model
    def _cases(self):
        """Return what whoever is logged in has brought up, what is open first, and who they are.

        :return: (a list of `loan.case`, `res.partner`)
        """
        me = self._me()
        if not me or not me.active:
            return [], me
        found = me.env["loan.case"].search(self._case_domain(me), order="id desc", limit=100)
        found = found.sorted(lambda case: case.state in ("solved", "closed"))
        return [case._as_read_by_asker(self.env.lang) for case in found], me

    @api.model
    def _case(self, typed):
        """Return (case, contact) that an address names, the case empty where it names none of theirs.

        :param str typed: as it came
        """
        me = self._me()
        found = me.env["loan.case"]
        number = me and me.active and self._number(typed)
        if number:
            found = found.search(self._case_domain(me) & Domain("id", "=", number))
        return (found._as_read_by_asker(self.env.lang) if found else found), me

    @api.model
    def _surveys(self):
        """Return the surveys that wait for whoever is logged in: a list of dicts with `title`, `until` and `url`."""
        me = self._me()
        if not me or not me.active:
            return []
        waiting = me.env["loan.survey.request"].search(
            Domain("partner_id", "=", me.id)
            & Domain("state", "=", "sent")
            & Domain("company_id", "in", self.env.user.company_ids.ids)
        )
        return [
            {
                "title": each.survey_id.title,
                "until": each.env._(
                    "open until %s", format_date(each.env, each.expires_on, date_format="long")
                ),
                "url": each.ask_url.removeprefix(each.company_id.get_base_url()),
            }
            for each in waiting
            if each.expires_on and each.expires_on >= each.company_id._loan_today()
        ]

    # ------------------------------------------------------------ how to be reached

    @api.model
    def _profiles(self):
        """Return the profiles of whoever is logged in, one of each lender, and who they are.

        :return: (`loan.customer`, `res.partner`)
        """
        me = self._me()
        profiles = me.env["loan.customer"]
        if not me or not me.active:
            return profiles, me
        mine = profiles.search(
            Domain("partner_id", "=", me.id) & Domain("company_id", "in", self.env.user.company_ids.ids)
        )
        context = {"allowed_company_ids": mine.company_id.ids, "lang": self.env.lang}
        return mine.with_context(**context), me

    # ------------------------------------------------------------ agreements

    @api.model
    def _agreements(self):
        """Return where whoever is logged in signs or has signed, what waits for them first.

        :return: a list of `loan.agreement.signer`, each in its lender's company
        """
        me = self._me()
        if not me or not me.active:
            return []
        found = me.env["loan.agreement.signer"]._of_person(me, self.env.user.company_ids)
        return [signer._as_read(self.env.lang) for signer in found]

    @api.model
    def _agreement(self, typed):
        """Return the signer that whoever is logged in is under the agreement an address names, or an empty recordset.

        :param str typed: as it came
        """
        number = self._number(typed)
        mine = [signer for signer in self._agreements() if signer.agreement_id.id == number]
        return mine[0] if mine else self.env["loan.agreement.signer"]

    # ------------------------------------------------------------ copies of data

    @api.model
    def _lenders_without_profile(self):
        """Return the lenders that hold something about whoever is logged in without their being a customer, and who
        they are: they apply there, sign, answer for a loan, or have asked something.

        :return: (`res.company`, `res.partner`)
        """
        standing, me = self._standing_without_profile()
        return me.env["res.company"].union(*standing), me

    @api.model
    def _copy(self, typed):
        """Return the copy of their data that an address names, empty where it names none of theirs.

        :param str typed: as it came
        """
        profiles, me = self._profiles()
        number = self._number(typed)
        requests = me.env["loan.data.request"]
        if not number or not profiles:
            return requests
        return requests.search(
            Domain("id", "=", number)
            & Domain("customer_id", "in", profiles.ids)
            & Domain("partner_id", "=", me.id)
            & Domain("how", "=", "portal")
        )
