from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..core import money, recovery

_OPEN = recovery.STEPS[:-1]
_BATCH = 100
# What somebody gives one customer by themselves within so many days counts together.
_LIMIT_DAYS = 90
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
    _inherit = ["loan.recused.mixin", "mail.thread", "mail.activity.mixin", "loan.lifecycle.mixin"]
    _description = "Recovery Plan"
    _order = "opened_on desc, id desc"
    _rec_names_search = ["customer_id.name", "what_happened"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('customer_id', '=?', customer_id)]",
    )
    company_id = fields.Many2one(related="customer_id.company_id", store=True, index=True, precompute=True)
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
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
    cause = fields.Selection(
        [
            ("hand", "Somebody noticed"),
            ("commitment", "We broke our word"),
            ("score", "A low score"),
            ("case", "A case"),
        ],
        "Opened By",
        required=True,
        readonly=True,
        default="hand",
    )
    commitment_id = fields.Many2one(
        "loan.commitment", "Broken Word", readonly=True, copy=False, ondelete="restrict"
    )
    user_input_id = fields.Many2one(
        "survey.user_input", "Answer", readonly=True, copy=False, ondelete="set null"
    )
    score = fields.Float(
        "Score (%)", readonly=True, copy=False, aggregator="avg", help="Of the answer that opened it."
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
    admitted = fields.Boolean("The Fault Is Ours", copy=False, tracking=True)
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
    )
    remedy_note = fields.Char("What Exactly", copy=False)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary("Costs Us", copy=False, tracking=True)
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
    refusal_reason = fields.Char("Refused Because", copy=False, tracking=True)
    can_decide = fields.Boolean(compute="_compute_can_decide")
    given_at = fields.Datetime("Given At", readonly=True, copy=False)
    cost = fields.Monetary("Cost Booked", readonly=True, copy=False)
    # Calling again.
    call_ids = fields.One2many("loan.recovery.call", "plan_id", "Follow-Up Calls")
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
    )
    outcome_note = fields.Char("How They Left It", copy=False)
    closed_on = fields.Date("Closed On", readonly=True, copy=False)
    asked_again_at = fields.Datetime("Asked Again At", readonly=True, copy=False)
    repurchase = fields.Selection(
        [("waiting", "Not Known Yet"), ("yes", "Came Back"), ("no", "Did Not")],
        "Came Back",
        readonly=True,
        copy=False,
        help="By a new application or loan within the months that the settings name; computed, not entered.",
    )
    repurchased_on = fields.Date("Came Back On", readonly=True, copy=False)
    recovered_share = fields.Float(
        "Share Recovered", compute="_compute_shares", store=True, aggregator="avg", help="Of those closed."
    )

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

    @api.depends("contract_id")
    def _compute_customer_id(self):
        for plan in self:
            plan.customer_id = plan.contract_id.customer_id or plan.customer_id

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for plan in self:
            plan.partner_id = plan.partner_id or plan.customer_id.partner_id

    @api.depends("contract_id", "customer_id")
    def _compute_currency_id(self):
        for plan in self:
            company = plan.customer_id.company_id or self.env.company
            plan.currency_id = plan.currency_id or plan.contract_id.currency_id or company.currency_id

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

    @api.depends("outcome")
    def _compute_shares(self):
        for plan in self:
            plan.recovered_share = float(plan.outcome == "recovered")

    @api.depends("approval", "asked_user_id", "amount", "currency_id")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for plan in self:
            plan.can_decide = plan.approval == "asked" and plan._decision_refusal() is None

    @api.depends("customer_id.name", "cause")
    @api.depends_context("lang")
    def _compute_display_name(self):
        causes = dict(self._fields["cause"]._description_selection(self.env))
        for plan in self:
            parts = (plan.customer_id.name, causes.get(plan.cause))
            plan.display_name = " · ".join(part for part in parts if part)

    @api.constrains("customer_id", "contract_id", "case_id", "user_id")
    def _check_belongs_together(self):
        for plan in self:
            case_sudo = plan.case_id.sudo()  # as superuser: whose case it is, is the case's to say
            if case_sudo and case_sudo.customer_id != plan.customer_id:
                raise ValidationError(self.env._("The case is another customer's."))
            if plan.user_id and plan.user_id == plan.about_user_id:
                raise ValidationError(
                    self.env._("Nobody makes good what they are complained about themselves.")
                )
            if plan.contract_id and plan.contract_id.customer_id != plan.customer_id:
                raise ValidationError(self.env._("The customer and the loan of a plan must belong together."))

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
        return next(
            (user for user in line if user.active and self._loan_seen_by(user)), self.env["res.users"]
        )

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

    @api.model
    def _open_for_words(self, words):
        """Open a plan for each broken word of ours of a kind that asks for it, once.

        :param words: `loan.commitment`
        """
        wanted = words.filtered("kind_id.opens_recovery")
        # As superuser: a plan follows from what happened.
        plans_sudo = self.sudo()
        known = plans_sudo.search([("commitment_id", "in", wanted.ids)]).commitment_id
        return plans_sudo.create(
            [
                {
                    "customer_id": word.customer_id.id,
                    "contract_id": word.contract_id.id,
                    "partner_id": word.partner_id.id,
                    "cause": "commitment",
                    "commitment_id": word.id,
                    "what_happened": self.env._("We had promised: %s", word.display_name),
                    "opened_on": word.company_id._loan_today(),
                }
                for word in wanted - known
            ]
        )

    @api.model
    def _open_for_answers(self, answers):
        """Open a plan for each answer with a low score, once.

        :param answers: `survey.user_input`
        """
        # As superuser: a plan follows from what was answered; nobody may be kept from it by not seeing the answer.
        plans_sudo, answers_sudo = self.sudo(), answers.sudo()
        told = answers_sudo.filtered(
            lambda answer: (
                answer.state == "done"
                and not answer.test_entry
                and answer.partner_id
                and answer.survey_id.loan_tells_satisfaction
                and answer.survey_id.scoring_type != "no_scoring"
            )
        )
        known = plans_sudo.search([("user_input_id", "in", told.ids)]).user_input_id
        customers_sudo = self.env["loan.customer"].sudo()  # as above
        customers_sudo = customers_sudo.search([("partner_id", "in", told.partner_id.ids)], order="id")
        customers = customers_sudo._surviving().grouped("partner_id") if customers_sudo else {}
        vals_list = []
        for answer in told - known:
            customer = customers.get(answer.partner_id, customers_sudo.browse())[:1]
            if not customer or answer.scoring_percentage >= customer.company_id.loan_recovery_score:
                continue
            vals_list.append(
                {
                    "customer_id": customer.id,
                    "partner_id": answer.partner_id.id,
                    "cause": "score",
                    "user_input_id": answer.id,
                    "score": answer.scoring_percentage,
                    "what_happened": self.env._(
                        "%(survey)s: a score of %(score)s %%.",
                        survey=answer.survey_id.title,
                        score=round(answer.scoring_percentage),
                    ),
                    "opened_on": customer.company_id._loan_today(),
                }
            )
        return plans_sudo.create(vals_list)

    def _open_for_request(self, request):
        """Open a plan for a survey of ours whose answer is low, once; nobody's where nobody's customer answered.

        A complaint that is made good already needs no second plan: whoever may not see the complaint would see that.

        :param request: `loan.survey.request`, as superuser
        """
        plans_sudo, answer = self.sudo(), request.user_input_id  # as superuser: as above
        twice = [("user_input_id", "=", answer.id)]
        if request.case_id:
            twice = ["|", *twice, ("case_id", "=", request.case_id.id)]
        if not request.customer_id or not answer or plans_sudo.search_count(twice):
            return plans_sudo
        return plans_sudo.create(
            {
                "customer_id": request.customer_id.id,
                "partner_id": request.partner_id.id,
                "contract_id": request.contract_id.id,
                "case_id": request.case_id.id,
                "cause": "score",
                "user_input_id": answer.id,
                "score": request.satisfaction,
                "what_happened": self.env._(
                    "%(survey)s: a score of %(score)s %%.",
                    survey=request.survey_id.title,
                    score=round(request.satisfaction),
                ),
                "opened_on": request.company_id._loan_today(),
            }
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

    # ------------------------------------------------------------ what mends it

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

    # ------------------------------------------------------------ the end

    def action_close(self):
        """Close these with the outcome that stands in the form; who is content is asked once more."""
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
        plans_sudo.filtered(lambda plan: plan.outcome == "recovered")._ask_again()
        return True

    def _ask_again(self):
        """Ask the customers once more whether they are content, where the surveys are there; called as superuser.

        An open hook: `loan.survey.rule` decides whether and when a survey is sent, and says why one is not.
        """
        rules = self.env.get("loan.survey.rule")
        if rules is None or not hasattr(rules, "_occur"):
            return
        for plan in self:
            rules._occur("complaint_recovered", plan)
            plan.asked_again_at = fields.Datetime.now()

    # ------------------------------------------------------------ whether they came back

    @api.model
    def _night_recovery(self, night):
        """Measure which customers have come back.

        :param night: `loan.night`
        :return: how many were looked at, 0 when nothing is left
        """
        waiting = self.search(
            Domain("company_id", "=", night.company_id.id)
            & Domain("repurchase", "=", "waiting")
            & Domain("id", ">", night._stand("recoveries", 0)),
            order="id",
            limit=_BATCH,
        )
        if waiting:
            night._apart("recovery", waiting, lambda plans: plans._measure())
            night._note_stand(recoveries=waiting[-1].id)
        return len(waiting)

    def _measure(self):
        """Note of closed plans whether the customer has come back; called as superuser."""
        days = self._new_days()
        for plan in self:
            company = plan.company_id
            found = recovery.came_back(
                plan.closed_on,
                days.get(plan.customer_id, ()),
                company.loan_recovery_months,
                company._loan_today(),
            )
            if found.state != plan.repurchase:
                plan.write({"repurchase": found.state, "repurchased_on": found.day or False})
        return self

    def _new_days(self):
        """Return `{customer: days of their loans and applications}` since the first of these plans was closed."""
        since = min(self.mapped("closed_on"))
        days = {}
        for customer, start in self.env["loan.contract"]._read_group(
            [
                ("customer_id", "in", self.customer_id.ids),
                ("state", "in", ("active", "closed")),
                ("start_date", ">", since),
            ],
            ["customer_id", "start_date:day"],
        ):
            days.setdefault(customer, []).append(fields.Date.to_date(start))
        by_contact = self.customer_id._profiles_by_contact()
        leads = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search(
                self.env["crm.lead"]._loan_borrower_domain(self.env["res.partner"].union(*by_contact))
                & Domain("create_date", ">", fields.Datetime.to_datetime(since))
            )
        )
        for lead in leads:
            for customer in by_contact.get(lead._loan_borrower(), ()):
                day = lead.create_date.date()
                days.setdefault(customer, []).append(day)
        return days

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

    # ------------------------------------------------------------ screens

    def action_open_customer(self):
        return self._action_open_record(self.customer_id)

    def action_open_cause(self):
        """Open what opened the plan: the word that was broken, or the answer."""
        self.ensure_one()
        return self._action_open_record(self.case_id or self.commitment_id or self.user_input_id)

    @api.model
    def _action_open_record(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
