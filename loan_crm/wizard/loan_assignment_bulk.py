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
    and after. Single lines can be changed; nothing happens until it is applied. Lines that cannot be are marked then,
    with the reason, and nothing is written until they are changed or left out.
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
    from_user_id = fields.Many2one(
        "res.users",
        "Manager Who Gives",
        domain="[('id', 'in', giver_user_ids)]",
        help="All customers of this person are proposed to colleagues. Empty: the customers you selected.",
    )
    # Who has left gives, too: their customers have to go to somebody.
    giver_user_ids = fields.Many2many(
        "res.users", compute="_compute_led_user_ids", context={"active_test": False}
    )
    led_user_ids = fields.Many2many("res.users", compute="_compute_led_user_ids")
    to_user_ids = fields.Many2many(
        "res.users",
        string="Among Whom",
        domain="[('id', 'in', led_user_ids), ('id', '!=', from_user_id)]",
        help="Empty: all members of each customer's team.",
    )
    line_ids = fields.One2many(
        "loan.assignment.bulk.line",
        "bulk_id",
        "Customers",
        help="Change any line before you go on; nothing happens until you do.",
    )
    customer_count = fields.Integer("Number of Customers", compute="_compute_counts")
    open_count = fields.Integer("Without a Proposal", compute="_compute_counts")
    warning_count = fields.Integer("With a Warning", compute="_compute_counts")
    reason = fields.Char("Reason", help="Kept with the history of each customer's managers.")
    trouble = fields.Text("Cannot Be Assigned", readonly=True)
    # What everybody carries before and after: [{id, name, before, after, ceiling}].
    chart = fields.Json(compute="_compute_chart", export_string_translation=False)

    @api.depends_context("uid")
    def _compute_led_user_ids(self):
        led = self.env["loan.conflict"]._led_users()
        self.led_user_ids = led
        self.giver_user_ids = led | self.env["loan.customer"]._leavers()

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
        people = self.line_ids.user_id | self.line_ids.from_user_id | self.to_user_ids
        # With the user's own rights: what somebody carries is told to their own lead.
        loads = self.env["loan.workload"].with_context(loan_workload_users=people.ids)
        rows = loads.search([("company_id", "=", self.company_id.id)])
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
        if outside := self.to_user_ids - self.led_user_ids:
            raise UserError(
                self.env._("Choose among people of your own teams; %s is not one of them.", outside[0].name)
            )
        advice = self.env["loan.assignment.advice"]
        ranked = advice._advise(customers, self.to_user_ids or None, release=customers.manager_user_id)
        needs = advice._needs(customers)
        others = self._judge_others(customers, ranked)
        advice_vals = []
        for customer in customers:
            ranking = ranked[customer]
            verdicts = [*ranking, *others[customer]]
            manager, deputy = advice._pick(ranking)
            deputy = self._deputy(customer, manager, deputy, verdicts)
            advice_vals.append(
                {
                    "customer_id": customer.id,
                    "from_user_id": customer.manager_user_id.id,
                    "user_id": manager.id,
                    "proposed_user_id": manager.id,
                    "deputy_user_id": deputy.id,
                    "load": float(needs.get(customer.id, Needs()).load),
                    "reasons": advice._told(ranking[0], room=False) if manager else False,
                    "objections": self._objections(customer.company_id, verdicts),
                    "note": False if manager else customer._nobody_told(ranking),
                }
            )
        # As superuser: what a line shows is worked out; who is chosen is entered.
        form_sudo = self.sudo()
        form_sudo.trouble = False
        form_sudo.line_ids = [Command.clear(), *map(Command.create, advice_vals)]

    def _judge_others(self, customers, ranked):
        """Return verdicts on who can be chosen or is deputy without being ranked: `{customer: [Verdict]}`."""
        led, asked = self.led_user_ids, []
        for customer in customers:
            known = {verdict.id for verdict in ranked[customer]}
            people = (customer.deputy_user_id | led).filtered(lambda user, known=known: user.id not in known)
            asked.append((customer, people))
        found = {customer: [] for customer in customers}
        verdicts = self.env["loan.assignment.advice"]._judge(asked, customers.company_id)
        for customer, people in asked:
            found[customer] = [verdicts[customer.id, user.id] for user in people]
        return found

    @api.model
    def _objections(self, company, verdicts):
        """Return what speaks against whom: `{user id: [words, refused, words as deputy, refused as deputy]}`."""
        advice = self.env["loan.assignment.advice"]
        return {
            str(verdict.id): [
                advice._told_against(company, verdict),
                verdict.refused,
                # Of many lines only what keeps a deputy from acting is told.
                advice._told_against_deputy(company, verdict)
                if verdict.unfit or "away" in verdict.against
                else "",
                verdict.unfit,
            ]
            for verdict in verdicts
            if verdict.against or any(reason.key == "language_missing" for reason in verdict.reasons)
        }

    @api.model
    def _deputy(self, customer, manager, runner_up, verdicts):
        """Return who is deputy afterwards: the one the customer knows, unless they become manager or cannot."""
        known = customer.deputy_user_id
        barred = {verdict.id for verdict in verdicts if verdict.unfit}
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
        """Give each customer to who is chosen for them; where one cannot be, mark them all and do nothing."""
        return self._apply()

    def action_assign_others(self):
        """Give away those that can be, and keep the others in the form."""
        return self._apply(others=True)

    def _apply(self, others=False):
        """Do what is chosen.

        :param bool others: leave out what cannot be done; without, nothing is done as long as there is any
        """
        self.ensure_one()
        self._check_lead()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason stays with the history of each customer."))
        chosen = self.line_ids.filtered(lambda line: line.user_id and line.user_id != line.from_user_id)
        if not chosen:
            raise UserError(self.env._("Nobody is chosen for any of these customers."))
        chosen.customer_id.check_access("write")
        hindered = self._hindered(chosen)
        fine = chosen.filtered(lambda line: line not in hindered)
        # As superuser: what hinders is worked out, nobody enters it.
        self.sudo().trouble = "\n".join(hindered.values()) or False
        if hindered and not (others and fine):
            return self._reopen()
        customers = fine.customer_id
        for (manager, deputy, proposed), lines in fine.grouped(
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
        done = {"type": "ir.actions.act_window_close"}
        if hindered:
            fine.sudo().unlink()  # as superuser: done with, what is left is looked through again
            done = self._reopen()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Customers assigned: %s", len(customers)),
                "next": done,
            },
        }

    def _hindered(self, lines):
        """Return the lines that cannot be done as things stand now, marked, each with a sentence that says why.

        :param lines: `loan.assignment.bulk.line`
        """
        told = {}
        verdicts = self.env["loan.assignment.advice"]._judge(
            [(line.customer_id, line.user_id | line.deputy_user_id) for line in lines], self.company_id
        )
        lines_sudo = lines.sudo()  # as superuser: what speaks against somebody is worked out
        for line in lines_sudo:
            mine = [
                verdicts[line.customer_id.id, user.id]
                for user in line.user_id | (line.deputy_user_id - line.user_id)
            ]
            line.objections = {**(line.objections or {}), **self._objections(self.company_id, mine)}
            present = line.customer_id.manager_user_id
            if present != line.from_user_id:
                line.overtaken = True
                told[line.sudo(False)] = self.env._(
                    "%(customer)s: meanwhile given to %(user)s. Take the line out, or propose anew.",
                    customer=line.customer_id.display_name,
                    user=present.name or self.env._("nobody"),
                )
            elif line.refused or line.deputy_refused:
                told[line.sudo(False)] = self.env._(
                    "%(customer)s: %(reason)s", customer=line.customer_id.display_name, reason=line.warning
                )
        return told
