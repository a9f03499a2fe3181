from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.listing import listed

_LOOKED_THROUGH = 20


class LoanAccessDealStart(models.TransientModel):
    """Set a deal team up, or add to one: who would see what they do not see today is shown before it is done."""

    _name = "loan.access.deal.start"
    _inherit = ["loan.guard.mixin"]
    _description = "Set Up a Deal Team"

    deal_id = fields.Many2one("loan.access.deal", "Deal", readonly=True)
    # Once it is done, so that a second click opens what the first one made.
    done = fields.Boolean(readonly=True)
    is_new = fields.Boolean(compute="_compute_is_new", export_string_translation=False)
    wanted = fields.Text(related="deal_id.wanted", string="In Their Words", related_sudo=False)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    template_id = fields.Many2one(
        "loan.access.template",
        "Template",
        domain="[('company_id', '=', company_id)]",
        help="Who usually joins such a deal. It fills the list below, which can still be changed.",
    )
    name = fields.Char("Name of the Deal", help="One that tells no customer's name.")
    purpose = fields.Char(help="What each grant says it is for. No names of customers.")
    user_id = fields.Many2one(
        "res.users",
        "In Charge",
        default=lambda self: self.env.user,
        required=True,
        domain="[('share', '=', False)]",
        help="Who answers for the deal.",
    )
    customer_ids = fields.Many2many(
        "loan.customer", string="Customers", domain="[('company_id', '=', company_id)]"
    )
    line_ids = fields.One2many(
        "loan.access.deal.start.line",
        "form_id",
        "Who Joins",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        help="Who gains what by it is shown below, before anybody does.",
    )
    gain_ids = fields.One2many(
        "loan.access.deal.gain", "form_id", "Who Gains What", compute="_compute_gain_ids"
    )
    gain_told = fields.Char("What Changes", compute="_compute_gain_ids")

    @api.model
    def _open(self, deal=None, template=None, customers=None):
        """Open the form.

        :param deal: `loan.access.deal` to set up or to add to; None for a new one
        :param template: `loan.access.template` to begin with
        :param customers: `loan.customer` to begin with
        :raise AccessError: for who is not of compliance
        """
        self._check_compliance()
        vals = {}
        if deal:
            deal.check_access("write")
            vals = {
                "deal_id": deal.id,
                "company_id": deal.company_id.id,
                "template_id": deal.template_id.id if deal.state == "asked" else False,
                "name": deal.name,
                "purpose": deal.purpose,
                "user_id": deal.user_id.id,
                "customer_ids": [Command.set(deal.customer_ids.ids)],
            }
        elif template:
            vals = {
                "company_id": template.company_id.id,
                "template_id": template.id,
                "name": template.name,
                "purpose": template.purpose,
            }
        elif customers:
            if len(customers.company_id) > 1:
                raise UserError(self.env._("A deal is about customers of one company."))
            vals = {"company_id": customers.company_id.id, "customer_ids": [Command.set(customers.ids)]}
        form = self.create(vals)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add to the Deal")
            if deal and deal.state == "open"
            else self.env._("Set Up a Deal Team"),
            "res_model": self._name,
            "res_id": form.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _check_compliance(self):
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Compliance sets deal teams up. Ask for one from the menu."))

    @api.depends("deal_id.state")
    def _compute_is_new(self):
        for form in self:
            form.is_new = not form.deal_id or form.deal_id.state == "asked"

    @api.depends("template_id")
    def _compute_line_ids(self):
        templates = self.env["loan.access.template"]
        for form in self:
            if form.template_id:
                lines = templates._line_vals(form.template_id)
                form.line_ids = [Command.clear(), *(Command.create(vals) for vals in lines)]

    @api.onchange("template_id")
    def _onchange_template_id(self):
        if self.template_id and self.is_new:
            self.purpose = self.template_id.purpose
            self.name = self.name or self.template_id.name

    @api.depends(
        "customer_ids", "line_ids.user_id", "line_ids.team_id", "line_ids.group_id", "line_ids.level_id"
    )
    def _compute_gain_ids(self):
        gains = self.env["loan.access.deal.gain"]
        for form in self:
            form.gain_ids = gains.browse()
            form.gain_told = False
            customers = form.customer_ids._origin
            if not customers or not form.line_ids:
                continue
            with self.env.user._loan_duty_kept():
                changes = form._changes(customers[:_LOOKED_THROUGH])
            form.gain_ids = gains.concat(*(gains.new(vals) for vals in changes))
            count = sum(vals["outcome"] == "gains" for vals in changes)
            form.gain_told = self.env._("Who gains sight they do not have today: %(gain)s.", gain=count) + (
                " " + self.env._("Only the first 20 customers are looked through here.")
                if len(customers) > _LOOKED_THROUGH
                else ""
            )

    def _changes(self, customers):
        """Return what the deal would change for whom, as values of lines; asked of the very thing the rule asks."""
        sight = self.env["loan.sight"]
        given = {}
        for line in self.line_ids:
            for user in line._people():
                given[user] = max(given.get(user, -1), line.level_id.rank)
        wanted = self.env["res.users"].union(*given)
        people = sight._people(self.company_id) & wanted
        changes = {(user, "role"): ([], set()) for user in wanted - people}
        for customer in customers:
            now = sight._verdicts(customer, people)
            then = sight._verdicts(customer, people, given=given)
            for user in people:
                outcome = "has" if now[user]["way"] else "gains" if then[user]["way"] else "lacks"
                names, why = changes.setdefault((user, outcome), ([], set()))
                names.append(customer.display_name)
                why.update(then[user]["missing"])
                if outcome == "lacks" and then[user]["barred"]:
                    why.add(self.env._("kept out by a conflict of interest or a wall"))
        order = ("gains", "lacks", "role", "has")
        return [
            {
                "user_id": user.id,
                "outcome": outcome,
                "customers": listed(names, self.env.lang),
                "why": listed(sorted(why), self.env.lang),
            }
            for (user, outcome), (names, why) in sorted(
                changes.items(), key=lambda item: (order.index(item[0][1]), item[0][0].name)
            )
        ]

    def action_start(self):
        """Make the grants, each by the usual approvals, and open the deal."""
        self.ensure_one()
        self._check_compliance()
        self.lock_for_update()  # of two clicks the second opens what the first has made
        if not self.done:
            self._start()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_access_deal_action")
        return {**action, "res_id": self.deal_id.id, "views": [(False, "form")]}

    def _start(self):
        if not self.customer_ids:
            raise UserError(self.env._("Say which customers it is about."))
        if not self.line_ids:
            raise UserError(self.env._("Say who joins."))
        if not (self.name or "").strip() or not (self.purpose or "").strip():
            raise UserError(self.env._("Give the deal a name, and say what it is for."))
        asked = self.deal_id.state == "asked"
        values = {
            "name": self.name.strip(),
            "purpose": self.purpose.strip(),
            "user_id": self.user_id.id,
            "template_id": self.template_id.id or self.deal_id.template_id.id,
        }
        if not self.deal_id:
            self.deal_id = self.env["loan.access.deal"].create({**values, "company_id": self.company_id.id})
        elif asked:
            self.deal_id.sudo().write(values)  # as superuser: what is entered here is compliance's answer
        # By whole days: who is added once more on the same day has as much already.
        today, end_of = self.company_id._loan_today(), self.env["loan.access.end"]._end_of
        self.deal_id._open(
            self.customer_ids,
            [
                {
                    **line._beneficiary(),
                    "level_id": line.level_id.id,
                    "date_to": end_of(today + timedelta(days=line.days), self.company_id),
                }
                for line in self.line_ids
            ],
        )
        if asked:
            self.deal_id.sudo()._tell_who_asked()  # as superuser: the colleague is told by the system
        self.done = True
