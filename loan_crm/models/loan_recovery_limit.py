from decimal import Decimal

from odoo import api, fields, models

from ..core import money, recovery

_ROLES = ("service_desk", "manager", "team_lead")


class LoanRecoveryLimit(models.Model):
    """How much somebody of a role may give a customer by themselves to make something good, in a currency.

    Without a line there is no such authority: then only what costs nothing is given, or a second person grants it.
    """

    _name = "loan.recovery.limit"
    _description = "Authority to Compensate"
    _order = "company_id, currency_id, amount"
    _rec_name = "role"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    role = fields.Selection(
        [
            ("service_desk", "Service Desk"),
            ("manager", "Relationship Manager"),
            ("team_lead", "Team Lead"),
        ],
        required=True,
        help="Whose authority this is. Whoever has several roles has the widest of them.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(
        "Up To",
        required=True,
        help="Up to so much this role may grant alone; above it somebody of a higher role has to agree.",
    )

    _once = models.UniqueIndex(
        "(company_id, role, currency_id)", "There is a limit for this role and currency already."
    )
    _amount_sensible = models.Constraint(
        "CHECK (amount >= 0 AND amount <> 'NaN')", "A limit cannot be negative."
    )

    @api.model
    def _limits_of(self, user, company, currency):
        """Return the limits of a person's roles, a list of exact amounts.

        :param user: `res.users`
        :param company: `res.company`
        :param currency: `res.currency`
        """
        roles = [role for role in _ROLES if user.has_group(f"loan_crm.loan_crm_group_{role}")]
        # As superuser: what the house allows whom is no secret.
        limits_sudo = self.sudo().search(
            [("company_id", "=", company.id), ("currency_id", "=", currency.id), ("role", "in", roles)]
        )
        cent = money.from_float(currency.rounding, Decimal(1).scaleb(-currency.decimal_places))
        return [money.from_float(limit_sudo.amount, cent) for limit_sudo in limits_sudo]

    @api.model
    def _may_give(self, user, company, currency, amount, given=0.0):
        """Tell whether somebody may give an amount by themselves.

        :param float amount: in the currency
        :param float given: what they have given the same customer by themselves lately; what costs nothing is free
        """
        cent = money.from_float(currency.rounding, Decimal(1).scaleb(-currency.decimal_places))
        asked = money.from_float(amount or 0.0, cent)
        if asked:
            asked += money.from_float(given, cent)
        return recovery.may_give(asked, self._limits_of(user, company, currency))
