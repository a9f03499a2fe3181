from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanHandoverStart(models.TransientModel):
    """Start handing customers over: the chosen ones, or all of a manager."""

    _name = "loan.handover.start"
    _inherit = ["loan.guard.mixin"]
    _description = "Start a Handover"

    scope = fields.Selection(
        [("chosen", "The chosen customers"), ("portfolio", "All customers of a manager")],
        "Hand Over",
        required=True,
        default=lambda self: "chosen" if self.env.context.get("default_customer_ids") else "portfolio",
        help="The customers you selected, or all whom a manager looks after.",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    former_user_id = fields.Many2one(
        "res.users",
        "Former Manager",
        domain=lambda self: self.env["loan.customer"]._giver_domain(),
        help="They stay accountable until the receiver has accepted.",
    )
    customer_ids = fields.Many2many("loan.customer", string="Customers")
    receiver_user_id = fields.Many2one(
        "res.users",
        "New Manager",
        domain=lambda self: self.env["loan.customer"]._manager_domain(),
        help="Sees the customers from now on, and is accountable for each from the moment they accept.",
    )
    deputy_user_id = fields.Many2one(
        "res.users",
        "New Deputy",
        domain=lambda self: self.env["loan.customer"]._manager_domain(),
        help="Empty: each customer keeps the deputy they have.",
    )
    cause = fields.Selection(
        lambda self: self.env["loan.handover"]._fields["cause"]._description_selection(self.env),
        "Because",
        required=True,
        default="moves",
        help="The brief tells it to the receiver, and the figures count by it.",
    )
    reason = fields.Char("In Words")
    date_by = fields.Date(
        "To Be Finished By",
        required=True,
        default=lambda self: self.env.company._loan_today() + timedelta(14),
        help="By then the receiver has accepted or sent back each customer; after it the handover shows as "
        "late.",
    )
    letter = fields.Boolean(
        "Introduce the new manager by letter",
        default=True,
        help="In the borrower's language, when the receiver has accepted.",
    )
    call = fields.Boolean(
        "Plan a joint call for each customer",
        default=True,
        help="A to-do for each customer to call them together, so that they hear the new voice beside the "
        "one they know.",
    )
    customer_count = fields.Integer("Customers Handed Over", compute="_compute_customers")
    left_out = fields.Text("Left Out", compute="_compute_customers")

    @api.depends("scope", "former_user_id", "customer_ids", "receiver_user_id", "company_id")
    def _compute_customers(self):
        for form in self:
            customers, told = form._whom()
            form.customer_count = len(customers)
            form.left_out = "\n".join(told) or False

    def _whom(self):
        """Return the customers that can be handed over, and for the others in words why not."""
        self.ensure_one()
        customers = self.customer_ids._origin
        if self.scope == "portfolio":
            customers = self.env["loan.customer"].search(
                Domain("manager_user_id", "=", self.former_user_id.id)
                & Domain("company_id", "=", self.company_id.id)
                if self.former_user_id
                else Domain.FALSE
            )
        nobody = customers.filtered(lambda customer: not customer.manager_user_id)
        theirs = customers.filtered(
            lambda customer: self.receiver_user_id and customer.manager_user_id == self.receiver_user_id
        )
        under_way = customers.filtered("incoming_user_id")
        people = (self.receiver_user_id | self.deputy_user_id).ids
        # As superuser: that there is a conflict counts, the words of it stay with who may read it.
        barred = self.env["loan.conflict"].sudo()._barred(customers)
        conflicts = customers.filtered(
            lambda customer: any(id_ in people for id_ in barred.get(customer.id, ()))
        )
        told = [
            self.env._("%(why)s: %(customers)s", why=why, customers=names)
            for why, names in (
                (self.env._("Nobody looks after them, so nobody hands them over"), nobody._named()),
                (self.env._("Looked after by the receiver already"), theirs._named()),
                (self.env._("In another handover"), (under_way - theirs)._named()),
                (self.env._("Conflict of interest"), (conflicts - under_way - theirs)._named()),
            )
            if names
        ]
        return customers - nobody - theirs - under_way - conflicts, told

    def action_start(self):
        """Start the handover and open it."""
        self.ensure_one()
        if not self.receiver_user_id:
            raise UserError(self.env._("Who takes the customers over?"))
        if self.date_by < self.company_id._loan_today():
            raise UserError(self.env._("A handover cannot be finished before today."))
        if self.deputy_user_id == self.receiver_user_id:
            raise UserError(self.env._("The new deputy cannot be the one who takes over."))
        customers, told = self._whom()
        if not customers:
            raise UserError("\n".join([self.env._("There is nobody to hand over."), *told]))
        handovers = self.env["loan.handover"]._start(
            customers,
            self.receiver_user_id,
            self.cause,
            reason=self.reason,
            deputy=self.deputy_user_id or None,
            date_by=self.date_by,
            letter=self.letter,
            call=self.call,
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_handover_action")
        if len(handovers) == 1:
            return {**action, "res_id": handovers.id, "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", handovers.ids)], "context": {}}
