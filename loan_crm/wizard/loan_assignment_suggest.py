from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.listing import listed


class LoanAssignmentSuggest(models.TransientModel):
    """Who could look after a customer: everybody who may, the best first, each with what speaks for and against them.

    The form proposes; a person chooses and says why. A choice that breaks a rule of the house is warned of, one
    against a conflict of interest is refused.
    """

    _name = "loan.assignment.suggest"
    _inherit = ["loan.guard.mixin"]
    _description = "Assign a Customer"

    customer_id = fields.Many2one("loan.customer", "Customer", required=True, readonly=True)
    present_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Manager Today")
    company_id = fields.Many2one(related="customer_id.company_id")
    line_ids = fields.One2many("loan.assignment.suggest.line", "suggest_id", "Candidates", readonly=True)
    candidate_ids = fields.Many2many("res.users", compute="_compute_candidate_ids")
    manager_user_id = fields.Many2one(
        "res.users",
        "New Manager",
        domain="[('id', 'in', candidate_ids)]",
        required=True,
        help="Accountable for the customer from now on. The list below says what speaks for and against "
        "each.",
    )
    deputy_user_id = fields.Many2one(
        "res.users",
        "Deputy",
        domain="[('id', 'in', candidate_ids)]",
        help="Acts for the manager when they are away. Empty: nobody does.",
    )
    reason = fields.Char("Reason", help="Kept with the history of the customer's managers.")
    warning = fields.Char(compute="_compute_warning")
    needs_note = fields.Char("What They Need", compute="_compute_needs_note")

    @api.depends("line_ids")
    def _compute_candidate_ids(self):
        for form in self:
            form.candidate_ids = form.line_ids.filtered(lambda line: not line.refused).user_id

    @api.depends("manager_user_id", "deputy_user_id", "line_ids")
    def _compute_warning(self):
        for form in self:
            words = []
            for user in form.manager_user_id | form.deputy_user_id:
                line = form.line_ids.filtered(lambda line, user=user: line.user_id == user)
                # Room and slots are the manager's; a deputy only has to be there.
                told = line.against if user == form.manager_user_id else line.against_deputy
                if told:
                    words.append(self.env._("%(user)s: %(reason)s", user=user.name, reason=told))
            if form.manager_user_id and form.manager_user_id == form.deputy_user_id:
                words.append(self.env._("Manager and deputy are two people."))
            form.warning = " — ".join(words)

    @api.depends("customer_id")
    def _compute_needs_note(self):
        advice = self.env["loan.assignment.advice"]
        for form in self:
            needs = advice._needs(form.customer_id).get(form.customer_id.id)
            form.needs_note = needs and advice._needs_told(needs)

    @api.model
    def _open(self, customer):
        """Open the form on a customer, filled with the candidates.

        :param customer: `loan.customer`
        """
        customer.check_access("write")
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise AccessError(self.env._("A team lead assigns customers."))
        advice = self.env["loan.assignment.advice"]
        users = advice._members(customer.team_id) | self.env["loan.conflict"]._led_users()
        ranking = advice._advise(customer, users, alone=True)[customer]
        if not ranking:
            raise UserError(
                self.env._(
                    "There is nobody to choose from: the team of %s has no members.", customer.display_name
                )
            )
        manager, deputy = advice._pick(ranking)
        if not manager:
            # Nobody is free of objections: whoever has the least against them, for a person to decide.
            possible = [verdict for verdict in ranking if not verdict.refused]
            manager = self.env["res.users"].browse(possible[0].id if possible else False)
        kept = customer.deputy_user_id
        usable = {verdict.id for verdict in ranking if not verdict.refused} - {manager.id}
        form = self.create(
            {
                "customer_id": customer.id,
                "manager_user_id": manager.id or ranking[0].id,
                # The deputy the customer knows stays, unless they become the manager or cannot.
                "deputy_user_id": kept.id if kept.id in usable else deputy.id,
            }
        )
        form_sudo = form.sudo()  # what the form shows is worked out, nobody enters it
        form_sudo.line_ids = [
            Command.create(self._line_vals(customer, sequence, verdict))
            for sequence, verdict in enumerate(ranking, 1)
        ]
        return form._reopen()

    @api.model
    def _line_vals(self, customer, sequence, verdict):
        advice = self.env["loan.assignment.advice"]
        return {
            "sequence": sequence,
            "user_id": verdict.id,
            "score": round(float(verdict.score)),
            "reasons": advice._told(verdict, room=False, missing=True),
            "against": advice._told_against(customer.company_id, verdict),
            "against_deputy": advice._told_against_deputy(customer.company_id, verdict),
            "refused": verdict.refused,
            "eligible": verdict.eligible,
            "share": float(verdict.share),
            "load": float(verdict.load),
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Looks After %s?", self.customer_id.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_assign(self):
        """Give the customer to the manager and the deputy chosen."""
        self.ensure_one()
        customer = self.customer_id
        customer.check_access("write")
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise AccessError(self.env._("A team lead assigns customers."))
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason stays with the history of the customer."))
        refused = (self.manager_user_id | self.deputy_user_id) & self.line_ids.filtered("refused").user_id
        # Who stays deputy was asked when they became it; who stays manager is no change.
        if refused - customer.deputy_user_id - customer.manager_user_id:
            raise UserError(
                self.env._(
                    "%s cannot be chosen: look at the list for the reason.",
                    listed(refused.mapped("name"), self.env.lang),
                )
            )
        first = self.line_ids.sorted("sequence")[:1]
        proposed = first.eligible and first.user_id == self.manager_user_id
        customer._assign(
            self.manager_user_id,
            kind="proposal" if proposed else "hand",
            reason=reason,
            deputy=self.deputy_user_id,
        )
        customer._done_seeking()
        return {"type": "ir.actions.act_window_close"}
