from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanNdaRegister(models.Model):
    """Who has signed which confidentiality agreement and whether it counts: without signature, words or login.

    For auditors, who judge whether people saw what they were bound for. What was signed, and in which hand, is in the
    agreement itself, which they do not read (`loan.nda`).
    """

    _name = "loan.nda.register"
    _inherit = ["loan.seen.mixin"]
    _description = "Register of Agreements"
    _auto = False
    _order = "id desc"
    _rec_name = "user_id"
    _depends = {
        "loan.nda": ["user_id", "company_id", "text_id", "state", "signed_at", "expires_at", "withdrawn_at"],
        "loan.nda.text": ["version", "accepted_until"],
    }

    user_id = fields.Many2one("res.users", "Who", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    version = fields.Integer("Version", readonly=True, aggregator=None)
    standing = fields.Selection(
        lambda self: self.env["loan.nda"]._fields["standing"]._description_selection(self.env),
        "Stands",
        readonly=True,
    )
    asked_on = fields.Date("Asked For On", readonly=True)
    signed_at = fields.Datetime("Signed On", readonly=True)
    expires_at = fields.Datetime("Valid Until", readonly=True)
    withdrawn_at = fields.Datetime("Withdrawn On", readonly=True)

    @api.model
    def _seen_domain(self):
        """Return what the user may read: auditors all of their lenders'; compliance has the agreements themselves."""
        if self.env.user._is_superuser():
            return Domain.TRUE
        return self._audited_domain()

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT nda.id, nda.user_id, nda.company_id, words.version,
                   CASE WHEN nda.state <> 'signed' THEN nda.state
                        WHEN nda.expires_at <= %(now)s THEN 'expired'
                        WHEN words.accepted_until <= %(now)s THEN 'superseded'
                        ELSE 'in_force' END AS standing,
                   nda.create_date::date AS asked_on, nda.signed_at, nda.expires_at, nda.withdrawn_at
              FROM loan_nda nda
              JOIN loan_nda_text words ON words.id = nda.text_id
            """,
            now=fields.Datetime.now(),
        )
