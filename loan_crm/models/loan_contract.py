from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..core import dates
from ..core.listing import listed
from ..core.refusal import Refusal


class LoanContract(models.Model):
    """A loan: begins as a draft, is activated when the money is paid out, ends closed when all is repaid.

    The schedule is written with the draft and follows its terms (`loan.schedule.mixin`); from activation on the terms
    stand still, events make new versions of the rows, and repayments change what is open
    (`loan.ledger.mixin`). How late it is: `loan.arrears.mixin`.
    """

    _name = "loan.contract"
    _inherit = [
        "loan.contract.sync.mixin",
        "loan.key.facts.mixin",
        "loan.arrears.mixin",
        "loan.proposal.mixin",
        "loan.repricing.mixin",
        "loan.holiday.mixin",
        "loan.reminder.hold.mixin",
        "loan.correspondence.mixin",
        "loan.promise.mixin",
        "loan.hardship.mixin",
        "loan.case.mixin",
        "loan.commitment.mixin",
        "loan.recovery.mixin",
        "loan.survey.mixin",
        "loan.portal.loan.mixin",
        "loan.renewal.mixin",
        "loan.agreement.loan.mixin",
        "loan.touch.mixin",
        "loan.classified.mixin",
        "loan.access.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Loan"
    _order = "next_due_date, id desc"
    _rec_names_search = ["name", "external_ref", "customer_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note: the desk, compliance

    name = fields.Char("Loan No.", required=True, copy=False, readonly=True, default="/")
    state = fields.Selection(
        [("draft", "Draft"), ("active", "In Repayment"), ("closed", "Repaid"), ("cancelled", "Cancelled")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    partner_id = fields.Many2one(related="customer_id.partner_id", store=True, index=True, string="Contact")
    manager_user_id = fields.Many2one(
        related="customer_id.manager_user_id", store=True, string="Relationship Manager"
    )
    deputy_user_id = fields.Many2one(related="customer_id.deputy_user_id", store=True, index="btree_not_null")
    team_id = fields.Many2one(related="customer_id.team_id", store=True)
    incoming_user_id = fields.Many2one(
        related="customer_id.incoming_user_id", store=True, index="btree_not_null"
    )

    product_id = fields.Many2one(
        "loan.product",
        "Product",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="Its terms are copied into this loan. Changing the product later leaves this loan as it was agreed.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_from_product",
        store=True,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        compute="_compute_yearly_rate",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The nominal rate agreed on. Of a floating loan: the one it starts with.",
    )
    current_rate = fields.Float(
        "Rate Today (%)",
        digits=(16, 6),
        compute="_compute_current_rate",
        help="The nominal rate that holds now.",
    )
    next_reprice_date = fields.Date(
        "Next Repricing",
        compute="_compute_next_reprice_date",
        store=True,
        copy=False,
        help="The day from which a floating loan has its next rate.",
    )
    principal = fields.Monetary(
        "Amount Lent",
        required=True,
        tracking=True,
        help="What is paid out, or the most that can be drawn. The schedule is worked out from it.",
    )
    term = fields.Integer("Term", required=True, default=12, tracking=True, help="Number of installments.")
    start_date = fields.Date(
        "Disbursed On",
        required=True,
        default=lambda self: self.env.company._loan_today(),
        tracking=True,
        help="The day the money is paid out. Interest runs from here.",
    )
    first_due_date = fields.Date(
        "First Due Date",
        required=True,
        compute="_compute_first_due_date",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The day of the first installment; all others follow from it. Proposed by the product's rule.",
    )
    due_day = fields.Integer(
        "Due Day",
        compute="_compute_due_day",
        store=True,
        readonly=False,
        precompute=True,
        help="The day of the month installments fall due. A month that is too short uses its last day.",
    )
    balloon = fields.Monetary(
        compute="_compute_balloon",
        store=True,
        readonly=False,
        precompute=True,
        help="What the last installment leaves for itself.",
    )
    agreed_installment = fields.Monetary(
        help="Of an annuity: the payment that was agreed on, where it is not to be worked out. The loan ends when it "
        "is repaid, and the last installment takes what is left then. Zero: worked out from the term."
    )
    credit_limit = fields.Monetary(
        "Limit of the Line",
        help="All that may be paid out on this loan, the first payout included. Zero: it is paid out once.",
    )
    first_reprice_date = fields.Date(
        "First Repricing",
        help="The agreed day from which a floating loan has its second rate; others follow from it.",
    )
    fee = fields.Monetary(
        "Upfront Fee in All",
        compute="_compute_fee",
        help="Paid when the loan is paid out; part of what the loan costs.",
    )
    external_ref = fields.Char(
        "External Reference",
        copy=False,
        index="btree_not_null",
        help="What the core system calls this loan. An import finds it again by this name.",
    )
    schedule_source = fields.Selection(
        [("own", "Worked out here"), ("external", "From another system")],
        "Schedule",
        required=True,
        default="own",
        readonly=True,
        copy=False,
        help="A schedule from another system is kept as it came and only checked.",
    )
    reminder_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Own Reminder Policy",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        help="Only for a loan that is to be reminded differently from others of its product.",
    )

    auto_debit = fields.Boolean(
        "Paid by Direct Debit",
        tracking=True,
        help="Installments are debited by the lender, so the borrower is told of it and not asked to pay.",
    )
    debit_account = fields.Char(
        "Debited From",
        tracking=True,
        help="What the borrower knows the account by, e.g. its bank and last four digits. It stands in letters.",
    )
    party_ids = fields.One2many(
        "loan.contract.party",
        "contract_id",
        "Co-borrowers and Guarantors",
        help="They answer for the loan beside the borrower, and can be reminded from the step on that says "
        "so.",
    )
    followed_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Reminder Policy",
        compute="_compute_followed_policy",
        help="Which ladder this loan is reminded by, as things stand now.",
    )
    followed_policy_reason = fields.Selection(
        [
            ("loan", "chosen for this loan"),
            ("customer", "chosen for the customer"),
            ("condition", "its conditions are met"),
            ("product", "that of the product"),
            ("company", "that of the company"),
        ],
        "Because It Is",
        compute="_compute_followed_policy",
    )

    installment_ids = fields.One2many(
        "loan.installment",
        "contract_id",
        "Schedule Rows",
        domain=[("version_to", "=", False)],  # not readonly, or the import screen would not offer its columns
        copy=False,
        help="Written from the terms and changed by events alone. Paid rows stay as they are.",
    )
    event_ids = fields.One2many("loan.contract.event", "contract_id", "Changes", readonly=True, copy=False)
    rate_event_ids = fields.One2many(
        "loan.contract.event",
        "contract_id",
        "Rates",
        domain=[("changes_rate", "=", True), ("state", "!=", "draft")],
        readonly=True,
        copy=False,
    )
    version_ids = fields.One2many(
        "loan.schedule.version", "contract_id", "Schedule Versions", readonly=True, copy=False
    )
    version_number = fields.Integer("Version", readonly=True, copy=False, default=1)
    repayment_ids = fields.One2many("loan.repayment", "contract_id", "Repayments", readonly=True, copy=False)
    reminder_ids = fields.One2many("loan.reminder", "contract_id", "Reminders", readonly=True, copy=False)

    amount_total = fields.Monetary(
        "Total to Repay", readonly=True, copy=False, help="All installments: principal and interest."
    )
    interest_total = fields.Monetary("Total Interest", readonly=True, copy=False)
    installment_amount = fields.Monetary(
        "Installment",
        readonly=True,
        copy=False,
        help="The next one that asks for something; others differ where the repayment method says so.",
    )
    installment_count = fields.Integer("Number of Installments", readonly=True, copy=False, aggregator=None)
    last_due_date = fields.Date("Maturity", readonly=True, copy=False)
    principal_outstanding = fields.Monetary("Outstanding Principal", readonly=True, copy=False)
    amount_open = fields.Monetary(
        "Still to Pay", readonly=True, copy=False, help="Principal and interest not paid yet."
    )
    next_due_date = fields.Date(
        "Next Due",
        readonly=True,
        copy=False,
        help="Due date of the oldest installment that is not fully paid; in the past when the loan is late.",
    )
    next_due_amount = fields.Monetary("Next Amount", readonly=True, copy=False)
    charges_left = fields.Monetary(
        "Charges Left",
        readonly=True,
        copy=False,
        help="Late charges of installments that are paid otherwise.",
    )
    amount_credit = fields.Monetary(
        "Credit",
        compute="_compute_amount_credit",
        store=True,
        help="Paid beyond what the whole schedule asks for. It belongs to the borrower.",
    )
    repayment_count = fields.Integer("Number of Repayments", compute="_compute_counts")
    reminder_count = fields.Integer("Number of Reminders", compute="_compute_counts")

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name <> '/'", "This loan number is already taken."
    )
    _principal_positive = models.Constraint(
        "CHECK (principal > 0 AND principal <> 'NaN')", "The amount lent must be more than zero."
    )
    _term_positive = models.Constraint(
        "CHECK (term BETWEEN 1 AND 2600)", "The term must lie between 1 and 2600 installments."
    )
    _installment_positive = models.Constraint(
        "CHECK (agreed_installment >= 0 AND agreed_installment <> 'NaN')",
        "The agreed installment cannot be negative.",
    )
    _limit_covers_principal = models.Constraint(
        "CHECK (COALESCE(credit_limit, 0) = 0 OR (credit_limit >= principal AND credit_limit <> 'NaN'))",
        "The limit of a line cannot be smaller than its first payout.",
    )
    _first_reprice_after_start = models.Constraint(
        "CHECK (reprice_rule <> 'agreed_day' OR rate_type <> 'floating' "
        "OR (first_reprice_date IS NOT NULL AND first_reprice_date > start_date))",
        "A rate that is repriced from an agreed day needs that day, and it lies after the payout.",
    )
    _first_due_after_start = models.Constraint(
        "CHECK (first_due_date > start_date)",
        "The first due date must lie after the day the loan is paid out.",
    )
    _external_ref_uniq = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL",
        "Another loan has this external reference already.",
    )
    _day_zero_idx = models.Index("(company_id, day_zero) WHERE state = 'active'")
    _other_day_zero_idx = models.Index("(dpd_day_zero, grace_days) WHERE dpd_day_zero <> 'due_date'")
    _reprice_idx = models.Index(
        "(next_reprice_date) WHERE next_reprice_date IS NOT NULL AND state = 'active'"
    )
    # The round and the lists walk along these; each begins with what the record rule narrows to.
    # The few with a level of their own, as on the customer.
    _closed_idx = models.Index("(loan_level) WHERE loan_level > 0")
    _due_idx = models.Index("(next_due_date, id)")
    _manager_due_idx = models.Index("(manager_user_id, next_due_date, id)")
    _team_due_idx = models.Index("(team_id, next_due_date, id)")
    # What managers carry is counted with each look (`loan.workload`), of this alone: the loans are not read for it.
    _load_idx = models.Index(
        "(manager_user_id, company_id) INCLUDE (customer_id, state, day_zero, waiting_since) "
        "WHERE state = 'active' OR waiting_since IS NOT NULL"
    )

    # Terms: what the schedule is made of, and what stands still once money has been paid out.
    _TERMS = frozenset(
        {
            "customer_id",
            "company_id",
            "product_id",
            "currency_id",
            "repayment_method",
            "yearly_rate",
            "principal",
            "term",
            "start_date",
            "first_due_date",
            "due_day",
            "balloon",
            "agreed_installment",
            "credit_limit",
            "first_reprice_date",
            "schedule_source",
        }
    )

    @api.private
    def init(self):
        # A night writes grades, a draft its totals, and no index is on them. Where the page has room for the new row
        # PostgreSQL leaves all the indexes of this table alone.
        self.env.cr.execute(SQL("ALTER TABLE %s SET (fillfactor = 80)", SQL.identifier(self._table)))
        return super().init()

    @api.model
    def _term_names(self):
        """Return the names of all fields that stand still once money has been paid out."""
        return self._TERMS | set(self._option_names())

    @api.depends("product_id")
    def _compute_from_product(self):
        for contract in self:
            contract.currency_id = contract.product_id.currency_id or contract.company_id.currency_id

    @api.depends("product_id")
    def _compute_conventions(self):
        return super()._compute_conventions()

    def _conventions_source(self):
        return self.product_id

    @api.model
    def _adapt_option_node(self, node):
        node.set("readonly", "state != 'draft'")
        node.attrib.pop("required", None)

    @api.depends("product_id", "rate_type", "reference_rate_id", "spread", "start_date", "fixing_days")
    def _compute_yearly_rate(self):
        for contract in self:
            rate = contract.product_id.yearly_rate
            if contract.rate_type == "floating" and contract.reference_rate_id and contract.start_date:
                published = contract.reference_rate_id._value_on(contract.start_date)
                if published is not None:
                    rate = max(0.0, float(published * 100) + contract.spread)
            contract.yearly_rate = rate

    @api.depends("yearly_rate", "repricing_day", "event_ids.state", "event_ids.date", "event_ids.yearly_rate")
    def _compute_current_rate(self):
        for contract in self:
            today = contract.company_id._loan_today()
            contract.current_rate = [rate for since, rate in contract._rates() if since <= today][-1]

    @api.depends(
        "rate_type",
        "start_date",
        "reprice_rule",
        "reprice_months",
        "first_reprice_date",
        "event_ids.state",
        "event_ids.kind",
        "event_ids.date",
    )
    def _compute_next_reprice_date(self):
        for contract in self:
            if contract.rate_type != "floating" or not contract.start_date:
                contract.next_reprice_date = False
                continue
            last = max([contract.start_date, *contract._posted("rate").mapped("date")])
            contract.next_reprice_date = contract._reprice_date_after(last)

    def _reprice_date_after(self, day):
        """Return the first day after another from which a floating loan is repriced."""
        self.ensure_one()
        step, anchor, count = max(1, self.reprice_months), self.start_date, 1
        if self.reprice_rule == "new_year":
            anchor = anchor.replace(month=1, day=1)
        elif self.reprice_rule == "agreed_day" and self.first_reprice_date:
            anchor, count = self.first_reprice_date, 0
        while (result := dates.add_months(anchor, count * step)) <= day:
            count += 1
        return result

    @api.depends("principal", "balloon_share", "repayment_method")
    def _compute_balloon(self):
        for contract in self:
            share = contract.balloon_share if contract.repayment_method == "balloon" else 0.0
            contract.balloon = contract.currency_id.round(contract.principal * share / 100)

    @api.depends("principal", "fee_rate", "fee_amount")
    def _compute_fee(self):
        for contract in self:
            contract.fee = contract.currency_id.round(
                contract.principal * contract.fee_rate / 100 + contract.fee_amount
            )

    @api.depends("start_date", "frequency", "due_rule", "fixed_due_day", "least_first_days")
    def _compute_first_due_date(self):
        for contract in self:
            if not contract.start_date:
                contract.first_due_date = False
                continue
            rule = contract.due_rule or "same_day"
            try:
                contract.first_due_date = dates.first_due_date(
                    contract.start_date,
                    contract.frequency or "monthly",
                    rule,
                    contract.fixed_due_day or None if rule == "fixed_day" else None,
                    contract.least_first_days or None,
                )
            except Refusal:  # told when it is saved, in words; a form that is being filled in goes on
                contract.first_due_date = contract.start_date + relativedelta(months=1)

    @api.depends("start_date", "first_due_date", "frequency", "due_rule", "fixed_due_day")
    def _compute_due_day(self):
        for contract in self:
            start, first = contract.start_date, contract.first_due_date
            if not first or contract.frequency in ("weekly", "biweekly"):
                contract.due_day = 0
            elif contract.due_rule == "month_end":
                contract.due_day = 31
            elif contract.due_rule == "fixed_day" and dates.on_due_day(first, contract.fixed_due_day or 31):
                contract.due_day = contract.fixed_due_day
            else:
                # 31 January, first due 28 February: the loan means "month end", not "the 28th".
                months = dates.FREQUENCIES[contract.frequency or "monthly"].months
                clamped = start and first == start + relativedelta(months=months)
                contract.due_day = start.day if clamped else first.day

    @api.depends("reminder_policy_id", "product_id", "customer_id", "principal", "company_id")
    def _compute_followed_policy(self):
        self.followed_policy_id = self.followed_policy_reason = False
        for name in ("loan.contract", "loan.customer", "loan.product"):
            self.env[name].flush_model()
        for company, contracts in self.filtered("id").grouped("company_id").items():
            chosen, why = self.env["loan.reminder.policy"]._of_company(company)._chosen(company)
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT contract.id, %s, %s
                      FROM loan_contract contract
                      JOIN loan_customer customer ON customer.id = contract.customer_id
                      JOIN loan_product product ON product.id = contract.product_id
                     WHERE contract.id = ANY(%s)
                    """,
                    chosen,
                    why,
                    contracts.ids,
                )
            )
            for id_, policy, reason in rows:
                contract = self.browse(id_).with_prefetch(self._prefetch_ids)
                contract.followed_policy_id = policy
                contract.followed_policy_reason = reason

    @api.depends("repayment_ids.amount_credit", "repayment_ids.state")
    def _compute_amount_credit(self):
        for contract in self:
            contract.amount_credit = sum(contract.repayment_ids.mapped("amount_credit"))

    def _compute_counts(self):
        repayments = dict(
            self.env["loan.repayment"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        reminders = dict(
            self.env["loan.reminder"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.repayment_count = repayments.get(contract, 0)
            contract.reminder_count = reminders.get(contract, 0)

    @api.depends("name", "customer_id")
    @api.depends_context("lang", "loan_with_customer")
    def _compute_display_name(self):
        for contract in self:
            name = contract.name if contract.name != "/" else self.env._("New Loan")
            if self.env.context.get("loan_with_customer"):
                name = f"{name} · {contract.customer_id.name}"
            contract.display_name = name

    def _check_product_bounds(self):
        self.ensure_one()
        product = self.product_id
        currency = product.currency_id
        if self.currency_id != currency:
            raise ValidationError(
                self.env._(
                    "%(product)s is lent in %(currency)s only.", product=product.name, currency=currency.name
                )
            )
        most = product.principal_max
        lent = max(self.principal, self.credit_limit)
        if self.principal < product.principal_min or (most and lent > most):
            least = currency.format(product.principal_min)
            raise ValidationError(
                self.env._(
                    "Loans of %(product)s start at %(least)s and end at %(most)s.",
                    product=product.name,
                    least=least,
                    most=currency.format(most),
                )
                if most
                else self.env._("Loans of %(product)s start at %(least)s.", product=product.name, least=least)
            )
        if not product.term_min <= self.term <= product.term_max:
            raise ValidationError(
                self.env._(
                    "%(product)s runs %(least)s to %(most)s installments.",
                    product=product.name,
                    least=product.term_min,
                    most=product.term_max,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                company_id = vals.get("company_id") or self.env.company.id
                vals["name"] = (
                    self.env["ir.sequence"].with_company(company_id).next_by_code("loan.contract") or "/"
                )
        contracts = super().create(vals_list)
        contracts._write_schedule()
        return contracts

    def write(self, vals):
        if changed := self._term_names() & vals.keys():
            fixed = self.filtered(
                lambda contract: (
                    contract.state != "draft"
                    and any(
                        self._fields[name].convert_to_cache(vals[name], contract)
                        != self._fields[name].convert_to_cache(contract[name], contract)
                        for name in changed
                    )
                )
            )
            if fixed:
                raise UserError(
                    self.env._(
                        "The terms of %s cannot change any more: only those of a draft can.",
                        listed(fixed.mapped("name"), self.env.lang),
                    )
                )
        result = super().write(vals)
        if changed:
            self.filtered(lambda contract: contract.state == "draft")._write_schedule()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        kept = self.filtered(lambda contract: contract.state not in ("draft", "cancelled"))
        if kept:
            raise UserError(
                self.env._(
                    "%s has been paid out and is kept.", listed(kept.mapped("display_name"), self.env.lang)
                )
            )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("draft", "active"),
            ("draft", "cancelled"),
            ("cancelled", "draft"),
            ("active", "closed"),
            ("closed", "active"),
        }

    def action_activate(self):
        """Pay out: from now on the terms stand still, installments fall due and repayments are taken."""
        ahead = self.filtered(lambda contract: contract.start_date > contract.company_id._loan_today())
        if ahead:
            raise UserError(
                self.env._(
                    "%(loan)s is to be paid out on %(date)s. Do it on that day, or change the date first.",
                    loan=ahead[0].display_name,
                    date=self._format_day(ahead[0].start_date),
                )
            )
        self._check_agreement()
        # Holidays may have been announced since the draft was saved.
        self.filtered(
            lambda contract: contract.state == "draft" and contract.business_day_rule != "unadjusted"
        )._write_schedule()
        self._move_to("active", start="draft")
        # As superuser: nobody writes installments by hand, this verb is how they open.
        self.sudo()._open_schedule()
        return True

    def action_cancel(self):
        self._move_to("cancelled")
        self._withdraw_agreements(self.env._("The loan was cancelled."))
        return True

    def action_draft(self):
        self._move_to("draft")
        return True

    def action_register_repayment(self):
        """Open the form that takes a repayment for this loan."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_repayment_register_action")
        action["context"] = {"default_contract_id": self.id}
        return action

    def action_preview_letter(self):
        """Show the next reminder of this loan as its borrower would get it."""
        self.ensure_one()
        steps = self.followed_policy_id._active_steps()
        step = steps.filtered(lambda step: step.channel == "email" and step.template_id)[:1]
        return self.env["loan.reminder.preview"]._open({"contract_id": self.id, "step_id": step.id})

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }

    def action_open_repayments(self):
        return self._action_open("loan_crm.loan_repayment_action")

    def action_open_reminders(self):
        return self._action_open("loan_crm.loan_reminder_action")

    def _action_open(self, xmlid):
        """Open a list of this loan's records, without the filters that the menu starts with."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("contract_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def _loan_derived(self):
        # Whose schedule it is, is the feed's to say: one kept elsewhere is neither repriced nor moved here. A class
        # is judged in a form of its own, by others than who manages the loan.
        return (
            super()._loan_derived()
            | set(self._totals())
            | {"version_number", "schedule_source", "judged_class_id"}
        )

    @api.model
    def _hold_key(self):
        return "contract_id"

    @api.model
    def _survey_key(self):
        return "contract_id"

    def _hold_domain(self):
        return Domain("customer_id", "in", self.customer_id.ids) & (
            Domain("contract_id", "=", False)
            | Domain("contract_id", "in", self.ids) & Domain("installment_id", "=", False)
        )

    def _is_held_by(self, hold):
        return hold.contract_id == self or (not hold.contract_id and hold.customer_id == self.customer_id)

    @api.model
    def _promise_key(self):
        return "contract_id"

    def _promising_loans(self):
        return self.filtered(lambda contract: contract.state == "active")

    def _asked_by(self, day):
        """Return what the loan asks for up to a day: what is overdue, late charges included, and what falls due.

        :param date day: None or False for today; where nothing is asked by then, the next installment is meant
        :return: a float in the loan's currency
        """
        self.ensure_one()
        day = day or self.company_id._loan_today()
        rows = self.installment_ids.filtered(lambda row: row.state == "open" and row.due_date <= day)
        asked = self.currency_id.round(sum(rows.mapped("amount_open")) + self.charges_open)
        return asked or self.next_due_amount

    def _record_promise(self, amount, date_promised, heard_via, note=False, partner=None, user=None):
        """Note a borrower's promise to pay; one that is open on this loan is replaced by it.

        As superuser it speaks for a borrower on their own page: what is refused there is refused here.

        :param amount: in the loan's currency; a float, an int or a Decimal
        :param date date_promised: the day by which it will be paid
        :param str heard_via: `phone`, `email`, `visit`, `message` or `page`
        :param str note: what else was said
        :param partner: `res.partner` who promised; None for the borrower
        :param user: `res.users` who heard it; None for the current user, and nobody on the borrower's page
        :return: the new `loan.promise`; the open one where it says the same, so that a form sent twice counts once
        :raise UserError: in words for whoever promises; nothing is written then
        """
        self.ensure_one()
        if not user and heard_via != "page":
            user = self.env.user
        vals = {
            "contract_id": self.id,
            "amount": float(amount),
            "date_promised": date_promised,
            "heard_via": heard_via,
            "heard_user_id": user.id if user else False,
            "note": note,
            "made_on": self.company_id._loan_today(),
        }
        if partner:
            vals["partner_id"] = partner.id
        promises = self.env["loan.promise"]
        promises.check_access("create")
        self.check_access("read")
        promises._check_entered([vals])
        with self.env.cr.savepoint():
            promises._make_room(self)
            standing = promises._open_ones(self.ids)
            if standing and standing._is_same(vals):
                return standing
            if self.env.su:
                promises._check_made([vals])
            return promises.create(vals)

    def _judge_promises(self):
        """Decide the promises made on these loans by what was paid.

        :return: the `loan.promise` whose status changed
        """
        # As superuser: nobody enters what became of a promise. What was decided once can come out otherwise now.
        promises_sudo = self.env["loan.promise"].sudo()
        return promises_sudo.search(
            [("contract_id", "in", self.ids), ("state", "in", ("open", "kept", "partly", "broken"))]
        )._judge()

    def _reallocate(self):
        result = super()._reallocate()
        self._judge_promises()
        self.env["loan.worklist"]._changed(self.manager_user_id)
        return result

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    def _format_day(self, day):
        """Return a date as the current user reads it."""
        return format_date(self.env, day)
