from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanHandover(models.Model):
    """Customers go from one manager to another: begins with a brief for each, ends when the receiver has accepted all.

    A team lead starts it (`loan.handover.start`). From then on the receiver sees the customers beside their manager,
    who stays accountable until the receiver accepts (`loan.handover.item`); in that moment the customer, the open
    to-dos and the answers are the receiver's, the former manager follows nothing of it any more, and the borrower gets
    a letter that introduces the new one. Nothing of the customer is begun anew: waiting since, promises, holds and
    reminders go on.
    """

    _name = "loan.handover"
    _inherit = ["loan.guard.mixin", "mail.thread", "mail.activity.mixin", "loan.lifecycle.mixin"]
    _description = "Handover"
    _order = "state desc, date_by, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    former_user_id = fields.Many2one(
        "res.users", "Hands Over", required=True, readonly=True, index=True, ondelete="restrict"
    )
    receiver_user_id = fields.Many2one(
        "res.users",
        "Takes Over",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    deputy_user_id = fields.Many2one(
        "res.users",
        "New Deputy",
        readonly=True,
        ondelete="set null",
        help="Empty: each customer keeps the deputy they have.",
    )
    cause = fields.Selection(
        [
            ("leaves", "The manager leaves"),
            ("moves", "The manager gets other duties"),
            ("absence", "A long absence"),
            ("load", "Work is spread anew"),
            ("wish", "The customer wishes it"),
            ("fit", "Somebody else fits better"),
            ("other", "Another reason"),
        ],
        "Because",
        required=True,
        readonly=True,
    )
    reason = fields.Char("In Words", readonly=True)
    date_by = fields.Date(
        "To Be Finished By",
        required=True,
        tracking=True,
        help="By then the receiver has accepted or sent back each customer; after it the handover shows as "
        "late.",
    )
    takes_part = fields.Boolean(compute="_compute_takes_part", search="_search_takes_part")
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")
    letter = fields.Boolean("Letter to the Borrower", readonly=True)
    call = fields.Boolean("Joint Call", readonly=True)
    check_ids = fields.Many2many("loan.handover.check", string="Checklist", readonly=True)
    started_user_id = fields.Many2one("res.users", "Started By", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("running", "Under Way"), ("done", "Done"), ("cancelled", "Called Off")],
        "Status",
        required=True,
        readonly=True,
        default="running",
        tracking=True,
    )
    item_ids = fields.One2many("loan.handover.item", "handover_id", "Customers", readonly=True)
    item_count = fields.Integer("Number of Customers", compute="_compute_progress", compute_sudo=True)
    accepted_count = fields.Integer("Accepted", compute="_compute_progress", compute_sudo=True)
    left_count = fields.Integer("Still Open", compute="_compute_progress", compute_sudo=True)
    back_count = fields.Integer("Sent Back", compute="_compute_progress", compute_sudo=True)
    progress = fields.Float("Progress", compute="_compute_progress", compute_sudo=True)

    _other_person = models.Constraint(
        "CHECK (former_user_id <> receiver_user_id)", "Nobody hands over to themselves."
    )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("running", "done"), ("running", "cancelled")}

    @api.depends("former_user_id", "receiver_user_id")
    def _compute_display_name(self):
        for handover in self:
            handover.display_name = self.env._(
                "%(former)s to %(receiver)s",
                former=handover.former_user_id.name or "",
                receiver=handover.receiver_user_id.name or "",
            )

    @api.depends("item_ids.state")
    def _compute_progress(self):
        # As superuser (compute_sudo): how many of a handover are left is told to both sides, whose they are is not.
        counts = {}
        for handover, state, count in self.env["loan.handover.item"]._read_group(
            [("handover_id", "in", self.ids)], ["handover_id", "state"], ["__count"]
        ):
            counts.setdefault(handover.id, {})[state] = count
        for handover in self:
            found = counts.get(handover.id, {})
            handover.item_count = sum(found.values())
            handover.accepted_count = found.get("accepted", 0)
            handover.back_count = found.get("declined", 0)
            handover.left_count = found.get("open", 0) + found.get("introduced", 0)
            handover.progress = (
                100 * (handover.item_count - handover.left_count) / handover.item_count
                if handover.item_count
                else 0.0
            )

    @api.depends("former_user_id", "receiver_user_id")
    @api.depends_context("uid")
    def _compute_takes_part(self):
        mine = self.filtered_domain(self._taking_part())
        for handover in self:
            handover.takes_part = handover in mine

    def _search_takes_part(self, operator, value):
        return self._taking_part() if operator == "in" else NotImplemented

    @api.model
    def _taking_part(self):
        """Return the handovers of which the user is a side, or acts today for who takes over."""
        user = self.env.user
        mine = Domain("former_user_id", "=", user.id) | Domain("receiver_user_id", "=", user.id)
        if user._is_superuser():
            return mine
        receiving = user._loan_duty_ids().receiving
        for company_id, ids in (*receiving["covered"].items(), *receiving["deputised"].items()):
            mine |= Domain("company_id", "=", company_id) & Domain("receiver_user_id", "in", ids)
        return mine

    @api.depends("state", "date_by")
    def _compute_is_late(self):
        for handover in self:
            handover.is_late = (
                handover.state == "running"
                and bool(handover.date_by)
                and handover.date_by < handover.company_id._loan_today()
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        companies = self.env.companies
        return Domain("state", "=", "running") & Domain.OR(
            Domain("company_id", "=", company.id) & Domain("date_by", "<", company._loan_today())
            for company in companies
        )

    # ------------------------------------------------------------ from start to end

    @api.model
    def _start(
        self, customers, receiver, cause, reason=False, deputy=None, date_by=None, letter=True, call=True
    ):
        """Start handing customers over, one handover for each of their managers.

        :param customers: `loan.customer` of one company, each with a manager, none under a handover
        :param receiver: `res.users` who is to take over
        :param str cause: of the selection above
        :param str reason: in words
        :param deputy: `res.users` or None: each keeps their own
        :param date_by: day by which it is to be finished; None: in two weeks
        :param bool letter: whether borrowers are written to
        :param bool call: whether each customer gets a to-do for a joint call
        :return: `loan.handover`
        :raise UserError: where somebody cannot be handed over, naming them
        """
        customers.check_access("write")
        customers._check_no_emergency()
        customers._check_to_be_handed_over(receiver)
        company = customers.company_id
        self.env["loan.customer"]._check_may_manage(receiver | (deputy or receiver), company)
        # As superuser: a handover is written by its verbs alone. Who starts it stays the user.
        handovers_sudo = self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "former_user_id": former.id,
                    "receiver_user_id": receiver.id,
                    "deputy_user_id": deputy and deputy.id,
                    "cause": cause,
                    "reason": reason,
                    "date_by": date_by or company._loan_today() + timedelta(days=14),
                    "letter": letter,
                    "call": call,
                    "check_ids": self.env["loan.handover.check"]
                    .search([("company_id", "in", (company.id, False))])
                    .ids,
                    "started_user_id": self.env.uid,
                }
                for former in customers.manager_user_id
            ]
        )
        by_former = dict(zip(customers.manager_user_id, handovers_sudo, strict=True))
        items_sudo = self.env["loan.handover.item"].sudo()  # as above
        items_sudo = items_sudo.create(
            [
                {
                    "handover_id": by_former[customer.manager_user_id].id,
                    "customer_id": customer.id,
                    "former_user_id": customer.manager_user_id.id,
                    "receiver_user_id": receiver.id,
                }
                for customer in customers
            ]
        )
        items_sudo._begin()
        for handover_sudo in handovers_sudo:
            handover_sudo._tell_receiver()
        return handovers_sudo.with_env(self.env)

    def _tell_receiver(self):
        """Tell the receiver, once and without a name of a customer, how many are waiting for them."""
        self.ensure_one()
        told = self.with_context(lang=self.receiver_user_id.lang or self.env.lang)
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.date_by,
            summary=told.env._("Take over customers"),
            note=told.env._(
                "Customers of %(former)s: %(count)s. Read each brief, talk it through, then accept.",
                former=self.former_user_id.name,
                count=self.item_count,
            ),
            user_id=self.receiver_user_id.id,
        )

    def _end_when_done(self):
        """End those of these handovers of which nothing is left to accept."""
        # As superuser: a handover is written by its verbs alone.
        done_sudo = self.sudo().filtered(
            lambda handover: handover.state == "running" and not handover.left_count
        )
        done_sudo._move_to("done")
        for handover_sudo in done_sudo:
            receiver = handover_sudo.receiver_user_id
            handover_sudo.activity_ids.filtered(
                # Who accepts in their place has their to-do.
                lambda todo, people=receiver | self.env.user: todo.user_id in people
            ).action_feedback()

    def action_cancel(self):
        """Call the rest of a handover off; what was accepted stays where it is."""
        self._check_may_steer()
        # As superuser: as above.
        handovers_sudo = self.sudo()
        handovers_sudo._move_to("cancelled")
        left_sudo = handovers_sudo.item_ids.filtered(lambda item: item.state in ("open", "introduced"))
        left_sudo._leave("cancelled")
        handovers_sudo.activity_ids.unlink()
        return True

    def _check_may_steer(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead")):
            raise UserError(self.env._("A handover is started and called off by a team lead."))

    # ------------------------------------------------------------ screens

    def action_open_items(self):
        """Open the board of a handover's customers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_handover_item_action")
        action.update(
            name=self.display_name,
            domain=[("handover_id", "=", self.id)],
            context={"search_default_group_state": 1},
            views=[(False, "kanban"), (False, "list"), (False, "form")],
        )
        return action
