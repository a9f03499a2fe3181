from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import recovery

_OPEN = recovery.STEPS[:-1]
# Each step is to be taken within so many days.
_STEP_DAYS = {"listen": 1, "apologise": 2, "remedy": 3}
_DERIVED = frozenset(
    {
        "acknowledged_at",
        "acknowledged_user_id",
        "apologised_at",
        "apologised_user_id",
        "apology_message_id",
        "approval",
        "asked_user_id",
        "decided_user_id",
        "decided_at",
        "given_at",
        "cost",
        "closed_on",
        "asked_again_at",
        "asked_request_id",
        "repurchase",
        "repurchased_on",
        "commitment_id",
        "user_input_id",
        "score",
        "opened_on",
    }
)
# What belongs to the remedy stays as it was agreed to.
_REMEDY = frozenset({"remedy", "remedy_note", "amount", "currency_id"})


class LoanRecoveryPlan(models.Model):
    """Something went wrong for a customer, and somebody makes it good: begins when it is seen, ends with an outcome.

    The steps are those of a talk: listen and acknowledge, apologise, give what mends it, call again. Compensation is
    given within one's authority; above it a second person decides, never the one who asked. What it cost is booked on
    the plan. Months later the plan knows whether the customer has come back, for nobody says so but their next loan.
    """

    _name = "loan.recovery.plan"
    _inherit = [
        "loan.recovery.open.mixin",
        "loan.recovery.remedy.mixin",
        "loan.recovery.measure.mixin",
        "loan.about.mixin",
        "loan.recused.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Recovery Plan"
    _order = "opened_on desc, id desc"
    _rec_names_search = ["customer_id.name", "what_happened"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note

    partner_id = fields.Many2one(
        "res.partner",
        "Whom We Let Down",
        required=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "Makes It Good",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Answers for it: who acts for the customer when it is opened.",
    )
    opened_on = fields.Date(
        "Plan Opened On", readonly=True, copy=False, default=lambda self: self.env.company._loan_today()
    )
    state = fields.Selection(
        [
            ("listen", "Listen"),
            ("apologise", "Apologise"),
            ("remedy", "Make It Good"),
            ("follow", "Call Again"),
            ("closed", "Closed"),
        ],
        "Step",
        required=True,
        readonly=True,
        default="listen",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    what_happened = fields.Text("What Happened", help="As far as we know it.")
    # Listening.
    heard = fields.Text("What They Told Us", help="In their words: what it was like for them.", copy=False)
    admitted = fields.Boolean(
        "The Fault Is Ours",
        copy=False,
        tracking=True,
        help="Say so where it is so: whoever writes the apology must know it.",
    )
    acknowledged_at = fields.Datetime("Listened At", readonly=True, copy=False)
    acknowledged_user_id = fields.Many2one(
        "res.users", "Listened By", readonly=True, copy=False, ondelete="restrict"
    )
    # Apologising.
    apology_note = fields.Char(
        "Apologised In Person", copy=False, help="When and how, for example at the counter."
    )
    apologised_at = fields.Datetime("Apologised At", readonly=True, copy=False)
    apologised_user_id = fields.Many2one(
        "res.users", "Apologised By", readonly=True, copy=False, ondelete="restrict"
    )
    apology_message_id = fields.Many2one(
        "mail.message", "Letter", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    # Calling again.
    call_ids = fields.One2many(
        "loan.recovery.call",
        "plan_id",
        "Follow-Up Calls",
        help="Each becomes a to-do on its day. A talk that is noted and reached them counts as the call.",
    )
    next_date = fields.Date(
        "Next Step Due",
        compute="_compute_next_date",
        store=True,
        index="btree_not_null",
        help="Of calls and steps.",
    )
    is_late = fields.Boolean("Overdue", compute="_compute_is_late")
    # The end.
    outcome = fields.Selection(
        [("recovered", "Recovered"), ("not", "Not Content"), ("lost", "Lost")],
        copy=False,
        tracking=True,
        help="As the customer sees it, not as we wish it.",
    )
    outcome_note = fields.Char(
        "How They Left It", copy=False, help="Asked for unless they are content again."
    )
    closed_on = fields.Date("Closed On", readonly=True, copy=False)

    _once_a_word = models.UniqueIndex(
        "(commitment_id) WHERE commitment_id IS NOT NULL", "A plan makes this word good already."
    )
    _once_an_answer = models.UniqueIndex(
        "(user_input_id) WHERE user_input_id IS NOT NULL", "A plan takes care of this answer already."
    )
    _once_a_case = models.UniqueIndex(
        "(case_id) WHERE case_id IS NOT NULL", "A plan makes this case good already."
    )
    _amount_sensible = models.Constraint(
        "CHECK (COALESCE(amount, 0) >= 0 AND COALESCE(amount, 0) <> 'NaN')",
        "What it costs cannot be negative.",
    )
    _closed_with_outcome = models.Constraint(
        "CHECK (state <> 'closed' OR outcome IS NOT NULL)", "Say how it ended."
    )
    _refused_with_reason = models.Constraint(
        "CHECK (approval <> 'refused' OR btrim(COALESCE(refusal_reason, '')) <> '')", "Say why it is refused."
    )
    _measured_idx = models.Index("(company_id, id) WHERE repurchase = 'waiting'")

    # ------------------------------------------------------------ what follows

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | _DERIVED

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # What was refused has a reason, if only a dash.
        return {**plan, "later": {**plan["later"], "refusal_reason": "—"}}

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for plan in self:
            plan.partner_id = plan.partner_id or plan.customer_id.partner_id

    @api.depends("call_ids.date", "call_ids.state", "activity_ids.date_deadline", "state")
    def _compute_next_date(self):
        for plan in self:
            days = plan.call_ids.filtered(lambda call: call.state == "open").mapped("date")
            if plan.state != "follow":
                days += plan.activity_ids.filtered("date_deadline").mapped("date_deadline")
            plan.next_date = min(days, default=False) if plan.state != "closed" else False

    @api.depends("next_date", "company_id")
    def _compute_is_late(self):
        for plan in self:
            today = (plan.company_id or self.env.company)._loan_today()
            plan.is_late = bool(plan.next_date and plan.next_date < today)

    @api.depends("customer_id.name", "cause")
    @api.depends_context("lang")
    def _compute_display_name(self):
        causes = dict(self._fields["cause"]._description_selection(self.env))
        for plan in self:
            parts = (plan.customer_id.name, causes.get(plan.cause))
            plan.display_name = " · ".join(part for part in parts if part)

    @api.constrains("customer_id", "case_id", "user_id")
    def _check_belongs_together(self):
        for plan in self:
            case_sudo = plan.case_id.sudo()  # as superuser: whose case it is, is the case's to say
            if case_sudo and case_sudo.customer_id != plan.customer_id:
                raise ValidationError(self.env._("The case is another customer's."))
            if plan.user_id and plan.user_id == plan.about_user_id:
                raise ValidationError(
                    self.env._("Nobody makes good what they are complained about themselves.")
                )

    # ------------------------------------------------------------ opening

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            default = self.env.context.get("default_case_id")
            for vals in vals_list:
                vals["cause"] = "case" if vals.get("case_id", default) else "hand"
        # Nobody follows a plan by opening it: who looks after the customer has the to-do.
        plans = super(LoanRecoveryPlan, self.with_context(mail_create_nosubscribe=True)).create(vals_list)
        plans = plans.with_env(self.env)
        if not self.env.su:
            plans._check_doer()
        for plan in plans:
            if not plan.user_id:
                # As superuser: who answers for it follows from the duty.
                plan.sudo().user_id = plan._acting_user()
        plans.sudo()._ask_for_step()  # As superuser: a to-do goes to who answers for it, whoever opened it.
        return plans

    def _check_doer(self):
        """Refuse somebody who may not see the plan: it would tell them a name, and nobody would make it good."""
        for plan in self.filtered("user_id"):
            if not plan._loan_seen_by(plan.user_id):
                raise UserError(
                    self.env._(
                        "%s does not see this customer. Choose somebody who looks after them.",
                        plan.user_id.sudo().name,  # as superuser: the name of a colleague is no secret
                    )
                )

    def _acting_user(self):
        """Return who acts for the customer today, else the team's lead, as far as they see the plan; or nobody."""
        customer_sudo = self.sudo().customer_id  # whoever asks only learns who answers
        line = (customer_sudo.acting_user_id, customer_sudo.team_id.user_id)
        return self._first_to_see(line, self)

    def _who_does_it(self):
        """Return who has the to-dos of a plan: who answers for it, or acts while they are away or see it no more."""
        self.ensure_one()
        user = self.user_id
        acting = self._acting_user()
        customer_sudo = self.sudo().customer_id  # as above
        away = customer_sudo.manager_away and user == customer_sudo.manager_user_id
        if user.active and not away and self._loan_seen_by(user):
            return user
        return acting

    def _ask_for_step(self):
        """Give the to-do of the step that is next; the one before is done. Called as superuser."""
        for plan in self:
            (plan.activity_ids - plan.call_ids.activity_id).action_feedback()
            days = _STEP_DAYS.get(plan.state)
            user = plan._who_does_it()
            if days is None or not user:
                continue
            own = plan.with_context(lang=user.lang or self.env.lang, mail_activity_quick_update=True)
            what = {
                "listen": own.env._("Listen to the customer and acknowledge what went wrong"),
                "apologise": own.env._("Apologise to the customer"),
                "remedy": own.env._("Make it good"),
            }[plan.state]
            own.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=plan.company_id._loan_today() + timedelta(days),
                summary=what,
                user_id=user.id,
            )

    # ------------------------------------------------------------ step by step

    @api.model
    def _allowed_moves(self):
        steps = set(zip(recovery.STEPS, recovery.STEPS[1:], strict=False))
        return super()._allowed_moves() | steps | {(step, "closed") for step in _OPEN}

    def write(self, vals):
        if not self.env.su:
            if vals.keys() & {
                "customer_id",
                "contract_id",
                "partner_id",
                "cause",
                "case_id",
                "opened_on",
                "score",
            }:
                raise AccessError(self.env._("Whom a plan is for and what opened it stay as they were."))
            for plan in self:
                if plan.state == "closed" and vals.keys() - {"message_follower_ids"}:
                    raise AccessError(self.env._("%s is closed and stays as it is.", plan.display_name))
                if vals.keys() & _REMEDY and plan.approval in ("asked", "approved"):
                    raise AccessError(
                        self.env._("What was asked for stays as it is. Take the question back to change it.")
                    )
        result = super().write(vals)
        if "user_id" in vals and not self.env.su:
            self._check_doer()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("A plan is closed, never deleted."))

    def _step(self, state, start, **vals):
        """Take a step on all of these, or on none, and give the next to-do."""
        plans_sudo = self.sudo()  # who took a step and when is noted, not entered
        plans_sudo._move_to(state, start=start)
        plans_sudo.write(vals)
        plans_sudo._ask_for_step()

    def action_open_plan(self):
        """Open the plan's page: from the form that began it, to go on with its first step."""
        self.ensure_one()
        self.check_access("read")
        return self._action_open_record(self)

    def action_acknowledge(self):
        """Note that the customer was listened to; what they told stands in the form."""
        self.check_access("write")
        if not all((plan.heard or "").strip() for plan in self):
            raise UserError(self.env._("Write down what they told you, in their words."))
        self._step(
            "apologise", "listen", acknowledged_at=fields.Datetime.now(), acknowledged_user_id=self.env.uid
        )
        return True

    def action_write_apology(self):
        """Open the draft of the letter that apologises."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_recovery_apology_action")
        action["context"] = {"default_plan_id": self.id}
        return action

    def action_apologised(self):
        """Note that somebody has apologised in person; how stands in the form."""
        self.check_access("write")
        if not all((plan.apology_note or "").strip() for plan in self):
            raise UserError(self.env._("Say when and how you apologised."))
        self._apologised()
        return True

    def _apologised(self, message=None):
        self._step(
            "remedy",
            "apologise",
            apologised_at=fields.Datetime.now(),
            apologised_user_id=self.env.uid,
            apology_message_id=message.id if message else False,
        )

    # ------------------------------------------------------------ the end

    def action_close(self):
        """Close these with the outcome that stands in the form.

        By the survey rule of the moment “Complaint settled” the customer is asked once more, whatever the outcome.
        """
        self.check_access("write")
        for plan in self:
            if not plan.outcome:
                raise UserError(self.env._("Say under “Outcome” how it ended."))
            if plan.outcome == "recovered" and plan.state != "follow":
                raise UserError(
                    self.env._(
                        "Nobody is won back before it was made good: take the steps one after the other."
                    )
                )
            if plan.outcome != "recovered" and not (plan.outcome_note or "").strip():
                raise UserError(self.env._("Say how they left it."))
        plans_sudo = self.sudo()  # when it was closed is noted, not entered
        plans_sudo._move_to("closed")
        for plan_sudo in plans_sudo:
            plan_sudo.call_ids.filtered(lambda call: call.state == "open")._end("dropped")
            plan_sudo.activity_ids.action_feedback()
            plan_sudo.write({"closed_on": plan_sudo.company_id._loan_today(), "repurchase": "waiting"})
        return True

    # ------------------------------------------------------------ with the duty

    def _pass_on(self, former, user):
        """Make somebody else accountable for the open ones of a manager whose customers they take over.

        :param former: `res.users`
        :param user: `res.users`, or none
        """
        for plan in self.filtered(lambda plan: plan.user_id == former and plan.state in _OPEN):
            # Whom a complaint is about does not make it good, nor learn of it by the customer they get.
            plan.user_id = user if user and plan._loan_seen_by(user) else plan._acting_user()

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        # Odoo would mail everybody who is made accountable; they have a to-do.
        return []

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]
