from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain

from ..core import consents
from ..core.listing import listed

_PARTS = {"co_borrower": "borrows", "guarantor": "answers"}


class LoanPortalAllowMixin(models.AbstractModel):
    """What is done with what a lender knows of somebody who is no customer of theirs: who applies, borrows with
    somebody, answers for a loan, signs, or has asked something.

    The ledger of consents (`loan.consent`) is of customers: it belongs to a profile, goes with it when it is merged
    and is erased with it, and whoever may see the profile sees it. Who has none was never asked for a consent, so
    nothing rests on one. What they decide is what Loan CRM asks of the person and not of a profile: whether they want
    to be asked how it was. Of the rest they are told in plain words, and where to object.
    """

    _name = "loan.portal.allow.mixin"
    _description = "What the Portal Tells Those without a Profile"

    @api.model
    def _standing_without_profile(self):
        """Return what whoever is logged in has to do with each lender they are no customer of, and who they are.

        :return: (`{res.company: set of "applies", "borrows", "answers", "signs" and "asked"}`, `res.partner`)
        """
        me, found = self._me(), {}
        if not me or not me.active:
            return found, me
        for lead in self._applications():
            found.setdefault(lead._loan_company(), set()).add("applies")
        loans = {loan.id: loan for loan, _me in self._loans()}
        parties = me.env["loan.contract.party"].search(
            Domain("partner_id", "=", me.id) & Domain("contract_id", "in", list(loans))
        )
        for party in parties:
            if party._answers_on(party.company_id._loan_today()):
                found.setdefault(party.company_id, set()).add(_PARTS[party.role])
        for signer in self._agreements():
            found.setdefault(signer.company_id, set()).add("signs")
        for case in self._cases()[0]:
            found.setdefault(case.company_id, set()).add("asked")
        # Whose profile was archived or forgotten is told nothing by this way either.
        known = me.env["loan.customer"].with_context(active_test=False).search([("partner_id", "=", me.id)])
        return {company: parts for company, parts in found.items() if company not in known.company_id}, me

    @api.model
    def _allow_purpose(self):
        """Return the purpose that somebody without a profile decides about, empty where there is none.

        What rests on consent is none: there is no ledger that could keep it, so it is left.
        """
        purpose = self._me().env["loan.consent.purpose"]._governing("surveys")
        decides = purpose.is_switch and purpose.ground != consents.CONSENT
        return purpose.with_context(lang=self.env.lang) if decides else purpose.browse()

    @api.model
    def _allow_facts(self):
        """Return what somebody without a profile is told of what is done with what is known of them, and what they
        decide: texts by what they have to do with the lender, and no record among them; None for whoever is known to
        no lender as anything but its customer.
        """
        standing, me = self._standing_without_profile()
        if not standing:
            return None
        parts = set().union(*standing.values())
        purposes = me.env["loan.customer"].with_context(lang=self.env.lang)._consent_purposes()
        return {
            "lenders": listed((company.name for company in standing), self.env.lang),
            "parts": parts,
            "unasked": [each.name for each in purposes if each.ground == consents.CONSENT],
            "decided": [self._allow_row(purpose, me) for purpose in self._allow_purpose()],
            # Who only signs, or has only asked something, goes on where they began.
            "ask_url": "/my/ask" if "applies" in parts or self._desks() else "/my/cases",
        }

    @api.model
    def _allow_row(self, purpose, me):
        """Return what the portal tells of a purpose to somebody without a profile, as it does to customers."""
        wants = not me.loan_no_surveys
        return {
            "key": str(purpose.id),
            "version": str(purpose.version),
            "name": purpose.name,
            "words": purpose.words,
            "reason": purpose.reason,
            "consequence": purpose.consequence or "",
            "is_switch": True,
            "allowed": wants,
            "now": self.env._("We do this. You can say no at any time.")
            if wants
            else self.env._("You have said no. We keep to it."),
        }

    @api.model
    def _allow_say(self, allows):
        """Keep what somebody without a profile says of the one thing they decide about, and tell who looks after what
        they have to do with their lenders. Once they have a profile, its ledger takes it over.

        :param bool allows: what they say
        """
        me = self._me()
        if me.loan_no_surveys != allows:
            return
        me.with_context(loan_said_how=("portal",)).loan_no_surveys = not allows
        standing, _me = self._standing_without_profile()
        places = [lead for lead in self._applications() if lead._loan_company() in standing]
        places += [loan for loan, _me in self._loans() if loan.company_id in standing]
        for place in places:
            reader = place.with_context(lang=place.company_id.partner_id.lang or self.env.lang)
            told = (
                reader.env._("%s may be asked by surveys again, says the portal.", me.display_name)
                if allows
                else reader.env._("%s wants no more surveys, says the portal.", me.display_name)
            )
            reader._message_log(body=Markup("<p>%s</p>") % told, author_id=me.id)
