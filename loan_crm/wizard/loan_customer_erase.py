from odoo import Command, api, fields, models


class LoanCustomerErase(models.TransientModel):
    """What erasing a customer would do, family by family, before anybody asks for it."""

    _name = "loan.customer.erase"
    _inherit = ["loan.guard.mixin"]
    _description = "Erase Customer"

    customer_id = fields.Many2one("loan.customer", "Customer", required=True)
    basis = fields.Selection(
        [
            ("request", "The Customer Asked for It"),
            ("over", "The Time to Keep It Is Over"),
            ("mistake", "Should Not Have Been Collected"),
        ],
        "Because",
        required=True,
        default="request",
        help="It stands in the proof that is kept of the erasure. Loan records stay as long as the law "
        "says, whatever the reason.",
    )
    kept_until = fields.Date("Loan Records Kept Until", compute="_compute_kept_until", compute_sudo=False)
    waits = fields.Boolean(compute="_compute_kept_until", compute_sudo=False)
    refusal = fields.Char(compute="_compute_kept_until", compute_sudo=False)
    line_ids = fields.One2many(
        "loan.customer.erase.line",
        "wizard_id",
        "What Becomes of What",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
    )

    @api.depends("customer_id")
    @api.depends_context("lang")
    def _compute_kept_until(self):
        for form in self:
            customer = form.customer_id
            customer.check_access("read")
            form.refusal = customer._erasure_refusal() if customer else False
            form.kept_until = customer._erasure_kept_until() if customer else False
            form.waits = bool(form.kept_until) and form.kept_until > customer.company_id._loan_today()

    @api.depends("customer_id")
    def _compute_line_ids(self):
        for form in self:
            customer = form.customer_id
            customer.check_access("read")
            lines = customer._erasure_preview() if customer else ()
            form.line_ids = [Command.clear(), *(Command.create(vals) for vals in lines)]

    def action_request(self):
        """Ask for the customer to be erased; a second person confirms."""
        self.ensure_one()
        erasure = self.customer_id._request_erasure(self.basis)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer.erasure",
            "res_id": erasure.id,
            "views": [(False, "form")],
        }
