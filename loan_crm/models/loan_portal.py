import re

from odoo import SUPERUSER_ID, api, models

_NUMBER = re.compile(
    r"[1-9][0-9]{0,8}", re.ASCII
)  # as an address is written here, and within what a database numbers


class LoanPortal(models.AbstractModel):
    """What somebody sees of their own with their login: the one door of the portal.

    A portal user has no right to any model of ours. What they read is found here as the system, by a domain on who
    they are: their own contact and nobody else's, as the links of letters open it. What leaves for a page are texts and
    figures. Whatever stands in an address is looked up within that domain; what is not there is as what is not theirs.
    """

    _name = "loan.portal"
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

    # ------------------------------------------------------------ loans

    @api.model
    def _loans(self):
        """Return the loans of whoever is logged in, each in its lender's company, and who they are.

        :return: a list of pairs (`loan.contract`, `res.partner`)
        """
        me = self._me()
        if not me:
            return []
        return [loan._as_read_by(me, self.env.lang) for loan in me.env["loan.contract"]._opening_to(me)]

    @api.model
    def _loan(self, typed):
        """Return (loan, contact) that an address names, both empty where it names none of theirs.

        :param str typed: as it came
        """
        me = self._me()
        contracts = me.env["loan.contract"]
        number = me and self._number(typed)
        loan = contracts.browse(number).exists() if number else contracts
        if not loan or not loan._opens_to(me):
            return contracts, me
        return loan._as_read_by(me, self.env.lang)
