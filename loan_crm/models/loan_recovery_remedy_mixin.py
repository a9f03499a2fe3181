from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import money, recovery

# What somebody gives one customer by themselves within so many days counts together.
_LIMIT_DAYS = 90


class LoanRecoveryRemedyMixin(models.AbstractModel):
    """What the customer gets, who may give it, and what it costs.

    Within one's authority it is settled at once. Above it a second person decides, never the one who asked.
    """

    _name = "loan.recovery.remedy.mixin"
    _description = "What Makes It Good"

    # Mending.
    remedy = fields.Selection(
        [
            ("none", "Nothing more is needed"),
            ("expedite", "Do it at once"),
            ("service", "An extra service"),
            ("compensation", "Compensation"),
        ],
        copy=False,
        tracking=True,
        help="What the customer gets for it. Compensation above your authority waits for a second person.",
    )
    remedy_note = fields.Char(
        "What Exactly",
        copy=False,
        help="As the customer will understand it, for example the fee of March paid back.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(
        "Costs Us",
        copy=False,
        tracking=True,
        help="What it costs the lender. Within your authority it is settled at once.",
    )
    approval = fields.Selection(
        [
            ("none", "Not Asked For"),
            ("asked", "Waits for a Decision"),
            ("approved", "Granted"),
            ("refused", "Refused"),
        ],
        "Decision",
        required=True,
        readonly=True,
        copy=False,
        default="none",
        tracking=True,
    )
    asked_user_id = fields.Many2one(
        "res.users", "Asked For By", readonly=True, copy=False, ondelete="restrict"
    )
    decided_user_id = fields.Many2one(
        "res.users", "Decided By", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime("Decided At", readonly=True, copy=False)
    refusal_reason = fields.Char(
        "Refused Because",
        copy=False,
        tracking=True,
        help="Whoever asked reads it, and can propose something else.",
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")
    given_at = fields.Datetime("Given At", readonly=True, copy=False)
    cost = fields.Monetary(
        "Cost Booked",
        readonly=True,
        copy=False,
        help="What the lender has borne since it was given; the figures count this.",
    )

    @api.depends("contract_id", "customer_id")
    def _compute_currency_id(self):
        for plan in self:
            company = plan.customer_id.company_id or self.env.company
            plan.currency_id = plan.currency_id or plan.contract_id.currency_id or company.currency_id

    @api.depends("approval", "asked_user_id", "amount", "currency_id")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for plan in self:
            plan.can_decide = plan.approval == "asked" and plan._decision_refusal() is None

    def _amount(self):
        """Return what it costs, exact."""
        currency = self.currency_id
        cent = money.from_float(currency.rounding, Decimal(1).scaleb(-currency.decimal_places))
        return money.from_float(self.amount or 0.0, cent)

    def action_offer(self):
        """Settle what mends it: within one's authority at once, above it a second person is asked."""
        self.check_access("write")
        for plan in self:
            plan._check_offer()
            limits = self.env["loan.recovery.limit"]
            given = plan._given_alone(self.env.user)
            alone = limits._may_give(self.env.user, plan.company_id, plan.currency_id, plan.amount, given)
            vals = {"asked_user_id": self.env.uid, "approval": "approved" if alone else "asked"}
            if alone:
                vals.update(decided_user_id=self.env.uid, decided_at=fields.Datetime.now())
            plan_sudo = plan.sudo()  # who asked and who decided is noted, not entered
            plan_sudo.write({"refusal_reason": False, **vals})
            if not alone:
                plan_sudo._ask_for_decision()
        return True

    def _given_alone(self, user):
        """Return what somebody has given this customer by themselves lately: a limit is not for each of many plans.

        :param user: `res.users`
        :return: in the plan's currency, a float
        """
        since = fields.Datetime.now() - timedelta(_LIMIT_DAYS)
        # As superuser: plans that the user may not see any more count as well.
        ((given,),) = self.sudo()._read_group(
            Domain("customer_id", "=", self.customer_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("approval", "=", "approved")
            & Domain("asked_user_id", "=", user.id)
            & Domain("decided_user_id", "=", user.id)
            & Domain("decided_at", ">=", since)
            & Domain("id", "not in", self.ids),
            aggregates=["amount:sum"],
        )
        return given or 0.0

    def _check_offer(self):
        if self.state != "remedy" or self.approval in ("asked", "approved"):
            raise UserError(self.env._("There is nothing to be settled on %s now.", self.display_name))
        if not self.remedy:
            raise UserError(self.env._("Choose what makes it good."))
        if self.remedy == "none" and self._amount():
            raise UserError(self.env._("Nothing costs nothing."))
        if self.remedy == "compensation" and not self._amount():
            raise UserError(self.env._("How much do they get?"))
        if self.remedy != "none" and not (self.remedy_note or "").strip():
            raise UserError(self.env._("Say what exactly they get."))

    # ------------------------------------------------------------ decided by a second person

    def _deciders(self):
        """Return who may decide on what was asked for, the team's lead first, `res.users`."""
        self.ensure_one()
        lead = self.customer_id.team_id.user_id
        group = self.env.ref("loan_crm.loan_crm_group_team_lead")
        found = [
            user
            for user in lead | group.all_user_ids
            if user.active
            and self.company_id in user.company_ids
            and self._loan_seen_by(user)
            and recovery.refusal(
                self._amount(),
                self.asked_user_id,
                user,
                self.env["loan.recovery.limit"]._limits_of(user, self.company_id, self.currency_id),
            )
            is None
        ]
        return self.env["res.users"].union(*found)

    def _ask_for_decision(self):
        """Give the question to who may decide; called as superuser.

        :raise UserError: where nobody may
        """
        user = self._deciders()[:1]
        if not user:
            raise UserError(
                self.env._(
                    "Nobody who sees this customer may give that much. An administrator sets the limits under "
                    "Configuration, Authority to Compensate."
                )
            )
        own = self.with_context(lang=user.lang or self.env.lang, mail_activity_quick_update=True)
        own.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company_id._loan_today(),
            summary=own.env._(
                "Decide: %(amount)s for %(customer)s",
                amount=self.currency_id.format(self.amount),
                customer=self.customer_id.name,
            ),
            user_id=user.id,
        )

    def _decision_refusal(self):
        """Return why the user may not decide on what was asked for, or None."""
        limits = self.env["loan.recovery.limit"]._limits_of(self.env.user, self.company_id, self.currency_id)
        return recovery.refusal(self._amount(), self.asked_user_id.id, self.env.uid, limits)

    def _decide(self, approval):
        self.check_access("write")
        reasons = {
            "own": self.env._("Somebody else decides on what you have asked for."),
            "limit": self.env._("This is more than you may give. Ask somebody with a higher limit."),
        }
        for plan in self:
            if plan.approval != "asked":
                raise UserError(self.env._("Nothing waits for a decision on %s.", plan.display_name))
            if reason := plan._decision_refusal():
                raise UserError(reasons[reason])
        plans_sudo = self.sudo()  # who decided is noted, not entered
        plans_sudo.write(
            {"approval": approval, "decided_user_id": self.env.uid, "decided_at": fields.Datetime.now()}
        )
        plans_sudo._ask_for_step()
        return True

    def action_approve(self):
        """Grant what was asked for."""
        return self._decide("approved")

    def action_refuse(self):
        """Refuse what was asked for; the reason stands in the form."""
        if not all((plan.refusal_reason or "").strip() for plan in self):
            raise UserError(self.env._("Say why it is refused."))
        return self._decide("refused")

    def action_take_back(self):
        """Take back what was asked for or settled, to offer something else."""
        self.check_access("write")
        plans_sudo = self.sudo()  # the decision is noted, not entered
        for plan_sudo in plans_sudo:
            if plan_sudo.state != "remedy" or plan_sudo.approval not in ("asked", "approved"):
                raise UserError(self.env._("There is nothing to take back."))
        plans_sudo.write(
            {"approval": "none", "asked_user_id": False, "decided_user_id": False, "decided_at": False}
        )
        plans_sudo._ask_for_step()
        return True

    def action_give(self):
        """Note that they have got it: its cost is booked, and the calls that follow are planned."""
        self.check_access("write")
        for plan in self:
            if plan.approval != "approved":
                raise UserError(self.env._("It is not settled yet what they get."))
        self._step("follow", "remedy", given_at=fields.Datetime.now())
        for plan_sudo in self.sudo():  # As superuser: what it cost is booked, not entered.
            plan_sudo.cost = plan_sudo.amount
            today = plan_sudo.company_id._loan_today()
            plan_sudo.env["loan.recovery.call"].create(
                [{"plan_id": plan_sudo.id, "date": today + timedelta(days)} for days in recovery.CALLS]
            )
        return True
