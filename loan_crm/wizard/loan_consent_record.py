from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanConsentRecord(models.TransientModel):
    """What a customer says to a colleague, by telephone, in person or on paper, of what may be done: put on record."""

    _name = "loan.consent.record"
    _inherit = ["loan.guard.mixin"]
    _description = "Record a Consent"

    customer_id = fields.Many2one("loan.customer", "Customer", required=True)
    purpose_id = fields.Many2one(
        "loan.consent.purpose",
        "Purpose",
        required=True,
        domain="['|', ('ground', '=', 'consent'), '&', ('ground', '!=', 'duty'), ('may_refuse', '=', True)]",
        help="What they allow or refuse. Read them the words below before you note their answer.",
    )
    words = fields.Text("Say It Like This", compute="_compute_words")
    now_told = fields.Char("What Holds Now", compute="_compute_words", compute_sudo=False)
    allows = fields.Selection(
        [("yes", "They allow it"), ("no", "They do not allow it")],
        "They Say",
        required=True,
        help="It holds from the moment it is noted, and takes the place of what they said before.",
    )
    how = fields.Selection(
        [("phone", "By Telephone"), ("visit", "In Person"), ("paper", "On Paper")],
        "How They Said It",
        required=True,
        default="phone",
        help="It stands in the record for whoever asks later how we know.",
    )
    said_at = fields.Datetime(
        "When They Said It",
        required=True,
        default=fields.Datetime.now,
        help="When you heard it, if you note it later. Not in the future.",
    )
    note = fields.Char("Remark")
    paper = fields.Binary("Signed Paper", attachment=False, help="Asked for when they said it on paper.")
    paper_name = fields.Char("Name of the File")

    @api.depends("purpose_id", "customer_id")
    @api.depends_context("lang")
    def _compute_words(self):
        told = dict(self.env["loan.consent"]._fields["state"]._description_selection(self.env))
        for form in self:
            customer = form.customer_id
            customer.check_access("read")
            # In the language they are spoken to, not in that of whoever asks.
            purpose = form.purpose_id.with_context(lang=customer.lang or self.env.lang)
            form.words = purpose._shown_words() if purpose else False
            row = customer._consents_now()[customer.id].get(purpose.id) if customer and purpose else None
            form.now_told = (
                self.env._("%(said)s, %(when)s", said=told[row.state], when=row._told_moment())
                if row
                else self.env._("They have said nothing yet.")
            )

    def action_record(self):
        """Put it on record; it holds from this moment on."""
        self.ensure_one()
        customer = self.customer_id
        customer.check_access("read")
        if self.how == "paper" and not self.paper:
            raise UserError(self.env._("Attach the paper they have signed."))
        if self.said_at > fields.Datetime.now():
            raise UserError(self.env._("What was not said yet cannot be put on record."))
        latest = customer._consents_now()[customer.id].get(self.purpose_id.id)
        if latest and self.said_at < latest.said_at:
            raise UserError(
                self.env._("They have said something since, %s. That holds.", latest._told_moment())
            )
        rows = customer.with_context(lang=customer.lang or self.env.lang)._say_consents(
            {self.purpose_id: self.allows == "yes"},
            self.how,
            self.env.user,
            said_at=self.said_at,
            note=self.note,
            paper=self.paper,
            paper_name=self.paper_name,
        )
        if not rows:
            raise UserError(self.env._("That is what holds already."))
        return {"type": "ir.actions.act_window_close"}
