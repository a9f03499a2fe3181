from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.translate import LazyTranslate

from ..core import allocation, amortization, arrears, money
from ..core.refusal import Refusal

_lt = LazyTranslate(__name__)

# Keyed by the core's reason, so that tests compare reasons and translators see whole sentences.
_REFUSALS = {
    "principal_not_positive": _lt("The amount lent must be more than zero."),
    "principal_not_finite": _lt("The amount lent is not a number."),
    "principal_finer_than_cent": _lt("The amount lent has more decimals than %(currency)s can pay."),
    "principal_too_large": _lt("The amount lent is larger than the system can count exactly."),
    "rate_negative": _lt("The yearly rate cannot be negative."),
    "rate_not_finite": _lt("The yearly rate is not a number."),
    "rate_too_high": _lt("The yearly rate is higher than any loan's. Type 4.35 for 4.35 percent."),
    "rate_too_fine": _lt("The yearly rate has too many decimals."),
    "term_not_positive": _lt("The term must be at least one month."),
    "term_too_long": _lt("The term cannot be longer than %(maximum)s months."),
    "term_past_calendar": _lt("The last installment would lie beyond the calendar."),
    "due_day_mismatch": _lt(
        "The first due date must fall on due day %(due_day)s of its month, or on the last day of a shorter month."
    ),
    "installment_below_cent": _lt(
        "So small a loan over so many months has installments below the smallest coin."
    ),
    "principal_never_falls": _lt(
        "At this rate and term a rounded payment would not even cover the interest."
    ),
}


class LoanContract(models.Model):
    """A loan: begins as a draft, is activated when the money is paid out, ends closed when all is repaid.

    The schedule is written with the draft and follows its terms; from activation on the terms and the rows stand
    still, and only repayments change what is open. Days past due are never stored: the oldest unpaid due
    date is, and a night changes nothing.
    """

    _name = "loan.contract"
    _inherit = ["loan.access.mixin", "mail.thread", "mail.activity.mixin", "loan.lifecycle.mixin"]
    _description = "Loan"
    _order = "next_due_date, id desc"
    _rec_names_search = ["name", "customer_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note: the desk, compliance

    name = fields.Char("Loan No.", required=True, copy=False, readonly=True, default="/")
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Running"), ("closed", "Repaid"), ("cancelled", "Cancelled")],
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

    product_id = fields.Many2one(
        "loan.product",
        "Product",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_from_product",
        store=True,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    repayment_method = fields.Selection(
        lambda self: self.env["loan.product"]._fields["repayment_method"]._description_selection(self.env),
        compute="_compute_from_product",
        store=True,
        precompute=True,
        required=True,
    )
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        compute="_compute_from_product",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    principal = fields.Monetary("Amount Lent", required=True, tracking=True)
    term = fields.Integer(
        "Term", required=True, default=12, tracking=True, help="Number of monthly installments."
    )
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
    )
    due_day = fields.Integer(
        "Due Day",
        compute="_compute_due_day",
        store=True,
        readonly=False,
        precompute=True,
        help="The day of the month installments fall due. A month that is too short uses its last day.",
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

    installment_ids = fields.One2many(
        "loan.installment", "contract_id", "Schedule", readonly=True, copy=False
    )
    repayment_ids = fields.One2many("loan.repayment", "contract_id", "Repayments", readonly=True, copy=False)
    reminder_ids = fields.One2many("loan.reminder", "contract_id", "Reminders", readonly=True, copy=False)

    amount_total = fields.Monetary(
        "Total to Repay",
        compute="_compute_totals",
        store=True,
        help="All installments: principal and interest.",
    )
    interest_total = fields.Monetary("Total Interest", compute="_compute_totals", store=True)
    installment_amount = fields.Monetary(
        "Monthly Installment",
        compute="_compute_totals",
        store=True,
        help="What is paid each month; the last installment differs by what rounding left over.",
    )
    principal_outstanding = fields.Monetary("Outstanding Principal", compute="_compute_balance", store=True)
    amount_open = fields.Monetary(
        "Still to Pay", compute="_compute_balance", store=True, help="Principal and interest not paid yet."
    )
    next_due_date = fields.Date(
        "Next Due",
        compute="_compute_balance",
        store=True,
        help="Due date of the oldest installment that is not fully paid; in the past when the loan is late.",
    )
    next_due_amount = fields.Monetary("Next Amount", compute="_compute_balance", store=True)
    amount_overdue = fields.Monetary(
        "Overdue",
        compute="_compute_arrears",
        help="What is open of installments whose due date has passed.",
    )
    days_past_due = fields.Integer(
        "Days Past Due",
        compute="_compute_arrears",
        search="_search_days_past_due",
        help="Days since the oldest unpaid due date. On the due date itself a loan is not late.",
    )
    arrears_bucket = fields.Selection(
        [
            ("current", "Not Late"),
            ("1_30", "1–30 Days"),
            ("31_60", "31–60 Days"),
            ("61_90", "61–90 Days"),
            ("over_90", "Over 90 Days"),
        ],
        "Arrears",
        compute="_compute_arrears",
        search="_search_arrears_bucket",
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
        "CHECK (term BETWEEN 1 AND 600)", "The term must lie between 1 and 600 months."
    )
    _first_due_after_start = models.Constraint(
        "CHECK (first_due_date > start_date)",
        "The first due date must lie after the day the loan is paid out.",
    )
    # The round and the lists walk along these; each begins with what the record rule narrows to.
    _due_idx = models.Index("(next_due_date, id)")
    _manager_due_idx = models.Index("(manager_user_id, next_due_date, id)")
    _team_due_idx = models.Index("(team_id, next_due_date, id)")

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
        }
    )

    @api.depends("product_id")
    def _compute_from_product(self):
        for contract in self:
            product = contract.product_id
            contract.currency_id = product.currency_id or contract.company_id.currency_id
            contract.repayment_method = product.repayment_method or "annuity"
            contract.yearly_rate = product.yearly_rate

    @api.depends("start_date")
    def _compute_first_due_date(self):
        for contract in self:
            contract.first_due_date = contract.start_date and contract.start_date + relativedelta(months=1)

    @api.depends("start_date", "first_due_date")
    def _compute_due_day(self):
        for contract in self:
            start, first = contract.start_date, contract.first_due_date
            # 31 January, first due 28 February: the loan means "month end", not "the 28th".
            clamped = start and first and first == start + relativedelta(months=1)
            contract.due_day = (start.day if clamped else first.day) if first else 0

    @api.depends("installment_ids.amount", "installment_ids.interest")
    def _compute_totals(self):
        for contract in self:
            rows = contract.installment_ids
            contract.amount_total = sum(rows.mapped("amount"))
            contract.interest_total = sum(rows.mapped("interest"))
            contract.installment_amount = rows[:1].amount

    @api.depends("state", "installment_ids.amount_open", "installment_ids.principal_paid")
    def _compute_balance(self):
        for contract in self:
            rows = contract.installment_ids
            if contract.state not in ("active", "closed"):
                rows = rows.browse()  # what was never paid out is not owed, though its schedule is written
            oldest = rows.filtered("amount_open")[:1]
            contract.principal_outstanding = sum(rows.mapped("principal")) - sum(
                rows.mapped("principal_paid")
            )
            contract.amount_open = sum(rows.mapped("amount_open"))
            contract.next_due_date = oldest.due_date
            contract.next_due_amount = oldest.amount_open

    @api.depends("state", "next_due_date", "installment_ids.amount_open")
    def _compute_arrears(self):
        overdue = {}
        for company, contracts in self.grouped("company_id").items():
            late = self.env["loan.installment"]._overdue_domain(company._loan_today())
            overdue.update(
                self.env["loan.installment"]._read_group(
                    Domain("contract_id", "in", contracts.ids) & late, ["contract_id"], ["amount_open:sum"]
                )
            )
        for contract in self:
            due = contract.next_due_date if contract.state == "active" else None
            days = arrears.days_past_due(due or None, contract.company_id._loan_today()) if due else 0
            contract.amount_overdue = overdue.get(contract._origin, 0.0)
            contract.days_past_due = days
            contract.arrears_bucket = arrears.bucket(days).key

    def _search_days_past_due(self, operator, value):
        if operator == "in":
            bounds = [self._days_past_due_domain("=", days) for days in value]
            return Domain.OR(bounds)
        if operator in ("<", "<=", ">", ">="):
            return self._days_past_due_domain(operator, value)
        return NotImplemented

    def _days_past_due_domain(self, operator, days):
        """Turn a question about days into one about dates, which an index can answer."""
        days = arrears.whole_days(operator, days)
        if days is None:
            return Domain.FALSE
        return Domain.OR(
            self._due_bounds_domain(arrears.due_date_bounds(operator, days, today))
            & Domain("company_id", "in", companies)
            for today, companies in self._company_days()
        )

    def _search_arrears_bucket(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(
            self._due_bounds_domain(arrears.bucket_bounds(key, today)) & Domain("company_id", "in", companies)
            for key in value
            if key in {bucket.key for bucket in arrears.BUCKETS}
            for today, companies in self._company_days()
        )

    def _company_days(self):
        """Return pairs of a day and the ids of the companies where it is today; at most three exist at once."""
        # As superuser: a company's calendar day is no secret, and the rule on its loans is asked elsewhere.
        companies_sudo = self.env["res.company"].sudo().search([("loan_tz", "!=", False)])
        return [(day, group.ids) for day, group in companies_sudo.grouped(lambda c: c._loan_today()).items()]

    @api.model
    def _due_bounds_domain(self, bounds):
        if bounds is None:
            return Domain.FALSE
        domain = Domain("state", "=", "active")
        if bounds.includes_unset:
            unset = Domain("next_due_date", "=", False) | ~Domain("state", "=", "active")
            domain = Domain.TRUE
        if bounds.earliest:
            domain &= Domain("next_due_date", ">=", bounds.earliest)
        if bounds.latest:
            domain &= Domain("next_due_date", "<=", bounds.latest)
        return domain | unset if bounds.includes_unset else domain

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

    def _check_terms(self):
        """Refuse terms that make no loan, or none of their product.

        Asked by `create` and `write` once all values are in. As `@api.constrains` it would be asked in the middle of
        a write, as soon as the product's currency follows the product and before the amount is there.
        """
        for contract in self:
            contract._as_terms()  # what nobody could lend comes before what this product does not lend
            contract._check_product_bounds()

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
        if self.principal < product.principal_min or (most and self.principal > most):
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
                    "%(product)s runs %(least)s to %(most)s months.",
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
        if changed := self._TERMS & vals.keys():
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
                        ", ".join(fixed.mapped("name")),
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
                self.env._("%s has been paid out and is kept.", ", ".join(kept.mapped("display_name")))
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
        self._move_to("active", start="draft")
        # As superuser: nobody writes installments by hand, this verb is how they open.
        installments_sudo = self.sudo().installment_ids
        installments_sudo.write({"state": "open"})
        return True

    def action_cancel(self):
        self._move_to("cancelled")
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

    def _as_terms(self):
        """Read the record into a core value, the only place where a rate stops being a Float.

        :raise ValidationError: when no schedule can be made of these terms
        """
        self.ensure_one()
        cent = self._cent()
        try:
            return amortization.Terms(
                principal=money.from_float(self.principal, cent),
                yearly_rate=Decimal(str(self.yearly_rate or 0.0)) / 100,
                months=self.term,
                first_due=self.first_due_date,
                cent=cent,
                due_day=self.due_day or None,
                method=self.repayment_method,
            )
        except Refusal as refusal:
            facts = {"currency": self.currency_id.name, **refusal.facts}
            sentence = self.env._(_REFUSALS[refusal.reason])  # lazy, so it takes its facts afterwards
            raise ValidationError(
                self.env._("%(loan)s: %(reason)s", loan=self.display_name, reason=sentence % facts)
            ) from refusal

    def _cent(self):
        """Return the smallest amount this loan's currency pays, a Decimal."""
        return Decimal(str(self.currency_id.rounding))

    def _write_schedule(self):
        """Replace the rows of drafts by those their terms ask for, in one delete and one insert."""
        self._check_terms()
        vals_list = [
            contract._prepare_installment_vals(row)
            for contract in self
            for row in amortization.schedule(contract._as_terms())
        ]
        # As superuser: nobody writes installments by hand, the terms do.
        self.sudo().installment_ids.unlink()
        self.env["loan.installment"].sudo().create(vals_list)

    def _prepare_installment_vals(self, row):
        return {
            "contract_id": self.id,
            "customer_id": self.customer_id.id,
            "company_id": self.company_id.id,
            "number": row.number,
            "due_date": row.due,
            "principal": float(row.principal),
            "interest": float(row.interest),
            "amount": float(row.payment),
            "balance": float(row.balance),
            "amount_open": float(row.payment),
        }

    def _as_owed(self):
        """Read the schedule into what it asks for before any repayment."""
        self.ensure_one()
        cent = self._cent()
        return [
            allocation.Owed(
                row.id,
                row.due_date,
                money.from_float(row.interest, cent),
                money.from_float(row.principal, cent),
            )
            for row in self.installment_ids
        ]

    def _reallocate(self):
        """Spread all posted repayments over the schedule anew, oldest first, and keep the loan's state in step.

        A replay and not a change, so a back-dated repayment, a reversed one and the same call made twice end in
        the same rows. Only rows whose figures differ are written.
        """
        # As superuser: allocations and paid amounts follow from the repayments, nobody enters them.
        contracts_sudo = self.sudo()
        contracts_sudo._wait_for_lock()
        vals_list, stale_sudo = [], self.env["loan.repayment.allocation"].sudo()
        for contract in contracts_sudo:
            cent = contract._cent()
            posted = contract.repayment_ids.filtered(lambda repayment: repayment.state == "posted")
            spread = allocation.replay(
                [
                    allocation.Payment(repayment.id, repayment.date, money.from_float(repayment.amount, cent))
                    for repayment in posted
                ],
                contract._as_owed(),
            )
            wanted = {
                (repayment_id, share.key): share
                for repayment_id, part in spread.items()
                for share in part.shares
            }
            for row in contract.repayment_ids.allocation_ids:
                share = wanted.get((row.repayment_id.id, row.installment_id.id))
                if share and (
                    money.from_float(row.principal, cent),
                    money.from_float(row.interest, cent),
                ) == (share.principal, share.interest):
                    del wanted[row.repayment_id.id, row.installment_id.id]
                else:
                    stale_sudo |= row
            vals_list += [
                {
                    "repayment_id": repayment_id,
                    "installment_id": share.key,
                    "principal": float(share.principal),
                    "interest": float(share.interest),
                }
                for (repayment_id, _installment_id), share in wanted.items()
            ]
            for repayment in contract.repayment_ids:
                rest = spread[repayment.id].rest if repayment in posted else Decimal(0)
                if repayment.amount_credit != float(rest):
                    repayment.amount_credit = float(rest)
            contract._write_paid(spread)
        stale_sudo.unlink()
        stale_sudo.browse().create(vals_list)
        contracts_sudo._follow_balance()

    def _wait_for_lock(self):
        """Let repayments of one loan come in one after the other; the later one waits, it is not refused."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT FROM loan_contract WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", list(self.ids))
        )

    def _write_paid(self, spread):
        """Write what the replay says is paid of each installment, where it differs.

        :param dict spread: `{repayment id: core.allocation.Allocation}`
        """
        paid = {}
        for part in spread.values():
            for key, interest, principal in part.shares:
                before = paid.get(key, (Decimal(0), Decimal(0)))
                paid[key] = before[0] + interest, before[1] + principal
        cent = self._cent()
        for row in self.installment_ids:
            interest, principal = paid.get(row.id, (Decimal(0), Decimal(0)))
            amount_open = money.from_float(row.amount, cent) - interest - principal
            vals = {
                "interest_paid": float(interest),
                "principal_paid": float(principal),
                "amount_open": float(amount_open),
                "state": "open" if amount_open else "paid",
            }
            if any(row[name] != value for name, value in vals.items()):
                row.write(vals)

    def _follow_balance(self):
        """Close the loans that are repaid in full, open those that a reversal left unpaid again."""
        self.filtered(lambda contract: contract.state == "active" and not contract.amount_open)._move_to(
            "closed"
        )
        self.filtered(lambda contract: contract.state == "closed" and contract.amount_open)._move_to("active")

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    def _format_day(self, day):
        """Return a date as the current user reads it."""
        return format_date(self.env, day)
