from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, plaintext2html

from ..core import reminders
from ..core.listing import listed
from ..core.refusal import Refusal


class LoanReminderPolicy(models.Model):
    """When borrowers hear from us about an installment: a ladder of steps before and after its due date.

    A loan follows its own policy if it has one, else its customer's, else the first whose conditions it meets, else
    its product's, else its company's (`_chosen`). The choice is made when the round runs, so changing a policy
    changes the very next letter.
    """

    _name = "loan.reminder.policy"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Reminder Policy"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the policy in all companies."
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.company.currency_id,
        help="Of the amounts below. Loans in another currency do not meet a condition on the amount.",
    )
    catch_up_days = fields.Integer(
        "Catch Up Within",
        default=2,
        required=True,
        tracking=True,
        help="How many days late a step may still be sent when the round could not run on its day. It never "
        "runs into the next step, and a step before the due date is never sent on or after it.",
    )
    interval_days = fields.Integer(
        "Days Between Letters",
        default=1,
        required=True,
        tracking=True,
        help="A borrower gets no second reminder within so many days, whatever loan it is about. 1: one a day.",
    )
    max_count = fields.Integer(
        "Letters per Installment",
        default=0,
        required=True,
        tracking=True,
        help="After so many a person is asked to call instead. 0: as many as there are steps.",
    )
    amount_min = fields.Monetary(
        "Not Below", default=0.0, tracking=True, help="Nobody is reminded of an open amount below this one."
    )
    product_ids = fields.Many2many(
        "loan.product",
        string="Products",
        check_company=True,
        help="Loans of these products follow the policy by themselves. Empty: the product does not matter.",
    )
    segment_ids = fields.Many2many(
        "loan.customer.segment",
        string="Segments",
        help="Customers of these segments follow the policy by themselves. Empty: the segment does not matter.",
    )
    tier_ids = fields.Many2many(
        "loan.customer.tier",
        string="Tiers",
        help="Customers of these tiers follow the policy by themselves. Empty: the tier does not matter.",
    )
    principal_min = fields.Monetary(
        "Lent From",
        default=0.0,
        help="Loans of at least this amount follow the policy by themselves. 0: without a lower limit.",
    )
    principal_max = fields.Monetary("Lent Up To", default=0.0, help="0: without an upper limit.")
    is_selective = fields.Boolean(
        "Has Conditions",
        compute="_compute_is_selective",
        store=True,
        help="Loans that meet the conditions follow this policy by themselves.",
    )
    step_ids = fields.One2many(
        "loan.reminder.step",
        "policy_id",
        "Steps",
        copy=True,
        context={"active_test": False},
        help="What is sent or done, so many days before or after the due date. No two on one day.",
    )
    summary = fields.Char(compute="_compute_summary")
    letter_problem = fields.Text("Letter Cannot Be Written", compute="_compute_letter_problem")
    applies_to = fields.Char("For", compute="_compute_applies_to")

    _catch_up_sensible = models.Constraint(
        "CHECK (catch_up_days BETWEEN 0 AND 30)", "A step can be caught up within 0 to 30 days."
    )
    _interval_sensible = models.Constraint(
        "CHECK (interval_days BETWEEN 0 AND 90)", "Between two letters lie 0 to 90 days."
    )
    _count_sensible = models.Constraint(
        "CHECK (max_count BETWEEN 0 AND 99)", "An installment is reminded of 0 to 99 times."
    )
    _amounts_sensible = models.Constraint(
        "CHECK (amount_min >= 0 AND amount_min <> 'NaN' AND principal_min >= 0 AND principal_min <> 'NaN' "
        "AND principal_max >= 0 AND principal_max <> 'NaN' "
        "AND (principal_max = 0 OR principal_max >= principal_min))",
        "Amounts cannot be negative, nor “Up To” less than “From”.",
    )

    @api.depends("step_ids.name", "step_ids.active")
    @api.depends_context("lang")
    def _compute_summary(self):
        for policy in self:
            policy.summary = " · ".join(policy._active_steps().mapped("display_name"))

    @api.depends("step_ids.active", "step_ids.letter_problem")
    @api.depends_context("lang")
    def _compute_letter_problem(self):
        for policy in self:
            broken = policy._active_steps().template_id.filtered("loan_letter_problem")
            policy.letter_problem = "\n".join(f"{each.name}: {each.loan_letter_problem}" for each in broken)

    @api.depends("product_ids", "segment_ids", "tier_ids", "principal_min", "principal_max")
    def _compute_is_selective(self):
        for policy in self:
            policy.is_selective = bool(
                policy.product_ids
                or policy.segment_ids
                or policy.tier_ids
                or policy.principal_min
                or policy.principal_max
            )

    @api.depends("product_ids.name", "segment_ids.name", "tier_ids.name", "principal_min", "principal_max")
    @api.depends_context("lang")
    def _compute_applies_to(self):
        for policy in self:
            told = [
                listed(records.mapped("name"), self.env.lang)
                for records in (policy.tier_ids, policy.segment_ids, policy.product_ids)
                if records
            ]
            amount = policy.currency_id.format
            if policy.principal_min and policy.principal_max:
                told.append(f"{amount(policy.principal_min)} – {amount(policy.principal_max)}")
            elif policy.principal_min:
                told.append(self.env._("from %s", amount(policy.principal_min)))
            elif policy.principal_max:
                told.append(self.env._("up to %s", amount(policy.principal_max)))
            policy.applies_to = " · ".join(told) or self.env._("Whoever it is chosen for")

    def _active_steps(self):
        """Return the steps that still speak, in the order of their days."""
        return self.step_ids.filtered("active").sorted("offset")

    @api.constrains("step_ids", "catch_up_days")
    def _check_ladder(self):
        for policy in self:
            try:
                reminders.check(policy._as_ladder(), policy.catch_up_days)
            except Refusal as refusal:
                raise ValidationError(
                    self.env._(
                        "Two steps of %s fall on the same day. A borrower would get two letters at once.",
                        policy.name,
                    )
                ) from refusal

    def _as_ladder(self):
        """Return the core's view of the steps that still speak, a tuple of :class:`core.reminders.Step`."""
        self.ensure_one()
        return tuple(reminders.Step(step.id, step.offset) for step in self._active_steps())

    def _speaking(self, today, calendars):
        """Tell which installments each step speaks for on a day.

        :param date today: the lender's day
        :param dict calendars: `{key: core BusinessCalendar or None}`: on which days one writes to whom
        :return: list of `(policy id, calendar key, core Window)`
        """
        return [
            (policy.id, key, window)
            for policy in self
            for key, calendar in calendars.items()
            for window in reminders.speaking(today, policy._as_ladder(), policy.catch_up_days, calendar)
        ]

    def _opening(self, start, days, calendars):
        """Tell what is foreseen to be sent within some days; arguments and result as for `_speaking`."""
        return [
            (policy.id, key, window)
            for policy in self
            for key, calendar in calendars.items()
            for window in reminders.opening(start, days, policy._as_ladder(), policy.catch_up_days, calendar)
        ]

    @api.model
    def _of_company(self, company):
        """Return the policies a company's loans may follow; an archived one counts as none."""
        return self.search([("company_id", "in", [company.id, False])])

    def _chosen(self, company):
        """Return the SQL that chooses the policy of a loan among these, and of why.

        It speaks of tables named `contract`, `customer` and `product`.

        :param company: `res.company`
        :return: the policy's id, NULL without any; and the reason: `loan`, `customer`, `condition`, `product` or
            `company`
        :rtype: tuple[SQL, SQL]
        """

        def own(column):
            return SQL("CASE WHEN %s = ANY(%s) THEN %s END", column, self.ids, column)

        met = SQL(" ").join(
            SQL("WHEN %s THEN %s", policy._condition(), policy.id)
            for policy in self.filtered("is_selective").sorted()
        )
        default = company.loan_reminder_policy_id & self
        ways = [
            ("loan", own(SQL("contract.reminder_policy_id"))),
            ("customer", own(SQL("customer.reminder_policy_id"))),
            ("condition", SQL("CASE %s END", met) if met else SQL("NULL::integer")),
            ("product", own(SQL("product.reminder_policy_id"))),
            ("company", SQL("%s::integer", default.id or None)),
        ]
        chosen = SQL("COALESCE(%s)", SQL(", ").join(sql for _reason, sql in ways))
        why = SQL(
            "CASE %s END",
            SQL(" ").join(SQL("WHEN (%s) IS NOT NULL THEN %s", sql, reason) for reason, sql in ways),
        )
        return chosen, why

    def _condition(self):
        """Return the SQL that tells whether a loan meets this policy's conditions."""
        self.ensure_one()
        parts = [SQL("TRUE")]
        for records, column in (
            (self.product_ids, SQL("contract.product_id")),
            (self.segment_ids, SQL("customer.segment_id")),
            (self.tier_ids, SQL("customer.tier_id")),
        ):
            if records:
                parts.append(SQL("%s = ANY(%s)", column, records.ids))
        if self.principal_min or self.principal_max:
            parts.append(SQL("contract.currency_id = %s", self.currency_id.id))
            parts.append(SQL("contract.principal >= %s", self.principal_min))
        if self.principal_max:
            parts.append(SQL("contract.principal <= %s", self.principal_max))
        return SQL(" AND ").join(parts)

    @api.constrains("active")
    def _check_letters(self):
        """Refuse to bring back a policy that writes with a letter that cannot be written."""
        self.filtered("active")._active_steps().template_id._refuse_broken_letters()

    def _wake_for_letters(self, company):
        """Give the person responsible a to-do for each policy with a broken letter; take it back once it is mended.

        :param company: the lender whose person is asked, a `res.company`
        """
        user = company.loan_reminder_user_id or self.env["loan.reminder.round"]._fallback_user(company)
        if not user:
            return
        kind = self.env.ref("mail.mail_activity_data_warning")
        for policy in self.with_context(lang=user.lang):
            told = policy.activity_ids.filtered(
                lambda activity: activity.user_id == user and activity.activity_type_id == kind
            )
            if policy.letter_problem and not told:
                policy.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=policy.env._("A letter cannot be written"),
                    note=plaintext2html(
                        policy.env._(
                            "Until it is mended its reminders are held, and the next round after that writes them:"
                            "\n%s",
                            policy.letter_problem,
                        )
                    ),
                    user_id=user.id,
                )
            elif told and not policy.letter_problem:
                told.action_feedback(feedback=policy.env._("The letters can be written again."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # The database deletes the steps with their policy and asks nobody.
        self.step_ids._unlink_except_used()
