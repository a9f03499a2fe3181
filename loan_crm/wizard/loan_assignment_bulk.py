from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core import workload
from ..core.assignment import Needs

# More customers than this go in several turns, so that each can be looked through.
_MOST = 1000


class LoanAssignmentBulk(models.TransientModel):
    """Give many customers to colleagues in one go: selected ones, or all of a manager.

    The form proposes somebody for each, what one gets counted for the next, and shows what everybody carries before
    and after. Single lines can be changed; nothing happens until it is applied, and then all or nothing does.
    """

    _name = "loan.assignment.bulk"
    _inherit = ["loan.guard.mixin"]
    _description = "Assign Many Customers"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    source = fields.Selection(
        [("selected", "The selected customers"), ("portfolio", "All customers of a manager")],
        "Which",
        required=True,
        default="portfolio",
        readonly=True,
    )
    from_user_id = fields.Many2one("res.users", "Manager Who Gives", domain="[('id', 'in', led_user_ids)]")
    led_user_ids = fields.Many2many("res.users", compute="_compute_led_user_ids")
    to_user_ids = fields.Many2many(
        "res.users",
        string="Among Whom",
        domain="[('id', 'in', led_user_ids), ('id', '!=', from_user_id)]",
        help="Empty: all members of each customer's team.",
    )
    line_ids = fields.One2many("loan.assignment.bulk.line", "bulk_id", "Customers")
    customer_count = fields.Integer("Number of Customers", compute="_compute_counts")
    open_count = fields.Integer("Without a Proposal", compute="_compute_counts")
    warning_count = fields.Integer("With a Warning", compute="_compute_counts")
    reason = fields.Char("Reason", help="Kept with the history of each customer's managers.")
    # What everybody carries before and after: [{id, name, before, after, ceiling}].
    chart = fields.Json(compute="_compute_chart", export_string_translation=False)

    @api.depends_context("uid")
    def _compute_led_user_ids(self):
        self.led_user_ids = self.env["loan.conflict"]._led_users()

    @api.depends("line_ids.user_id", "line_ids.warning")
    def _compute_counts(self):
        for form in self:
            form.customer_count = len(form.line_ids)
            form.open_count = len(form.line_ids.filtered(lambda line: not line.user_id))
            form.warning_count = len(form.line_ids.filtered("warning"))

    @api.depends("line_ids.user_id", "to_user_ids", "from_user_id")
    def _compute_chart(self):
        for form in self:
            form.chart = form._as_chart()

    def _as_chart(self):
        """Return what the people concerned carry before and after, the most loaded first."""
        # As superuser: asked are people the user leads or chooses among, as the candidates of the form.
        people_sudo = (self.line_ids.user_id | self.line_ids.from_user_id | self.to_user_ids).sudo()
        loads_sudo = self.env["loan.workload"].sudo().with_context(loan_workload_users=people_sudo.ids)
        rows = loads_sudo.search([("company_id", "=", self.company_id.id)])
        before = {row.user_id.id: row._load() for row in rows}
        moves = [
            (line.from_user_id.id or None, line.user_id.id, Decimal(str(line.load)))
            for line in self.line_ids
            if line.user_id
        ]
        after = workload.after(before, moves)
        return [
            {
                "id": row.user_id.id,
                "name": row.user_id.name,
                "before": float(before[row.user_id.id]),
                "after": float(after[row.user_id.id]),
                "ceiling": row.load_ceiling,
            }
            for row in rows.sorted(lambda row: (-after[row.user_id.id], row.user_id.id))
        ]

    @api.model
    def _open(self, customers):
        """Open the form on customers, with somebody proposed for each.

        :param customers: `loan.customer`
        """
        self._check_lead()
        customers = customers.exists()
        if not customers:
            raise UserError(self.env._("Select customers first."))
        if len(customers.company_id) > 1:
            raise UserError(self.env._("Select customers of one company at a time."))
        form = self.create({"company_id": customers.company_id.id, "source": "selected"})
        form._propose(customers)
        return form._reopen()

    def action_propose(self):
        """Propose somebody for each customer anew, among whom the form says."""
        self.ensure_one()
        self._check_lead()
        if self.source == "selected":
            customers = self.line_ids.customer_id
        else:
            if not self.from_user_id:
                raise UserError(self.env._("Choose the manager whose customers are to be given away."))
            customers = self.env["loan.customer"].search(
                [("manager_user_id", "=", self.from_user_id.id), ("company_id", "=", self.company_id.id)]
            )
            if not customers:
                raise UserError(self.env._("You see no customer of %s.", self.from_user_id.name))
        self._propose(customers)
        return self._reopen()

    def _check_lead(self):
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise AccessError(self.env._("A team lead assigns customers."))

    def _propose(self, customers):
        """Fill the form with a line for each customer."""
        self.ensure_one()
        customers.check_access("write")
        if len(customers) > _MOST:
            raise UserError(
                self.env._(
                    "These are %(count)s customers. Take at most %(most)s at a time.",
                    count=len(customers),
                    most=_MOST,
                )
            )
        advice = self.env["loan.assignment.advice"]
        ranked = advice._advise(customers, self.to_user_ids or None, release=customers.manager_user_id)
        needs = advice._needs(customers)
        advice_vals = []
        for customer in customers:
            ranking = ranked[customer]
            manager, deputy = advice._pick(ranking)
            advice_vals.append(
                {
                    "customer_id": customer.id,
                    "from_user_id": customer.manager_user_id.id,
                    "user_id": manager.id,
                    "proposed_user_id": manager.id,
                    "deputy_user_id": self._deputy(customer, manager, deputy, ranking).id,
                    "load": float(needs.get(customer.id, Needs()).load),
                    "reasons": advice._told(ranking[0], room=False) if manager else False,
                    "objections": {
                        str(verdict.id): [advice._told_against(customer.company_id, verdict), verdict.refused]
                        for verdict in ranking
                        if verdict.against or any(r.key == "language_missing" for r in verdict.reasons)
                    },
                    "note": False if manager else customer._nobody_told(ranking),
                }
            )
        # As superuser: what a line shows is worked out; who is chosen is entered.
        self.sudo().line_ids = [Command.clear(), *map(Command.create, advice_vals)]

    @api.model
    def _deputy(self, customer, manager, runner_up, ranking):
        """Return who is deputy afterwards: the one the customer knows, unless they become manager or cannot."""
        known = customer.deputy_user_id
        barred = {verdict.id for verdict in ranking if verdict.unfit}
        return known if known and known != manager and known.id not in barred else runner_up

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Assign Many Customers"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_assign(self):
        """Give each customer to who is chosen for them, all or none."""
        self.ensure_one()
        self._check_lead()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason stays with the history of each customer."))
        chosen = self.line_ids.filtered(lambda line: line.user_id and line.user_id != line.from_user_id)
        if not chosen:
            raise UserError(self.env._("Nobody is chosen for any of these customers."))
        moved = chosen.filtered(lambda line: line.customer_id.manager_user_id != line.from_user_id)
        if moved:
            raise UserError(
                self.env._(
                    "Meanwhile somebody has assigned %s. Propose anew.",
                    ", ".join(moved.customer_id.mapped("display_name")),
                )
            )
        refused = chosen.filtered("refused")
        if refused:
            raise UserError(
                self.env._(
                    "%(user)s cannot look after %(customer)s: %(reason)s",
                    user=refused[0].user_id.name,
                    customer=refused[0].customer_id.display_name,
                    reason=refused[0].warning,
                )
            )
        customers = chosen.customer_id
        customers.check_access("write")
        for (manager, deputy, proposed), lines in chosen.grouped(
            lambda line: (
                line.user_id,
                line.deputy_user_id - line.user_id,
                line.user_id == line.proposed_user_id,
            )
        ).items():
            lines.customer_id._assign(
                manager, kind="proposal" if proposed else "hand", reason=reason, deputy=deputy
            )
        customers._done_seeking()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Customers assigned: %s", len(customers)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
