from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import plaintext2html

from ..core import cases
from ..core.listing import listed

# What an answer may leave to be filled in, see `_facts`.
_NAMES = ("customer", "number", "subject", "loan", "colleague", "lender", "promised")


class LoanCaseAnswer(models.Model):
    """A ready answer to what is asked often: opens in the composer, in the customer's language, to be made one's own.

    No `mail.template`: whoever may change one can make it show any field of any record, so that is for few. Here names
    in braces are filled in and nothing is run, so that heads and compliance may write them as plain words.
    """

    _name = "loan.case.answer"
    _inherit = ["loan.case.fit.mixin", "mail.thread"]
    _description = "Ready Answer"

    body = fields.Text(
        "Words",
        required=True,
        translate=True,
        tracking=True,
        help="Filled in: {customer}, {number}, {subject}, {loan}, {colleague}, {lender} and {promised}, by when we "
        "answer. What is not known becomes a line to write on.",
    )

    @api.constrains("body")
    def _check_body(self):
        for answer in self:
            unknown = cases.placeholders(answer.body) - set(_NAMES)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Nobody can fill in {%(name)s}. There are: %(names)s.",
                        name=sorted(unknown)[0],
                        names=listed((f"{{{name}}}" for name in _NAMES), self.env.lang),
                    )
                )

    def action_use(self):
        """Open the composer with this answer, for the case of the context."""
        self.ensure_one()
        case = self.env["loan.case"].browse(self.env.context.get("loan_case_id") or []).exists()
        if not case:
            raise UserError(self.env._("Open a case, and choose the answer there."))
        case.check_access("read")
        return case._action_compose(self)

    def _body_for(self, case):
        """Return this answer to a case as HTML, in its customer's language.

        :param case: `loan.case`
        """
        told = self.with_context(lang=case._answer_lang())
        return plaintext2html(cases.fill(told.body, told._facts(case)))

    def _facts(self, case):
        return {
            "customer": case.partner_id.name or case.customer_id.name,
            "number": case.name,
            "subject": case.subject,
            "loan": case.contract_id.name,
            "colleague": self.env.user.name,
            "lender": case.company_id.name,
            "promised": case.promised_at and case.with_env(self.env)._moment_told(case.promised_at),
        }
