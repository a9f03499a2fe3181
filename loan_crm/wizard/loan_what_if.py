from datetime import date
from decimal import Decimal

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core import dates, money, terms, variants


class LoanWhatIf(models.TransientModel):
    """What could be done with a loan, side by side: asked with the borrower at the desk or on the phone.

    Changes nothing. Every answer is worked out by the core from the loan's own terms and conventions, and again
    whenever a question changes. A question that cannot be answered says why next to itself; the others stay.
    """

    _name = "loan.what.if"
    _inherit = ["loan.guard.mixin"]
    _description = "What If"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("loan.contract", "Loan", required=True)
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id")
    state = fields.Selection(related="contract_id.state")
    date = fields.Date(
        "On",
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        help="The day on which something would be done. All that falls due by then is counted as paid.",
    )
    asks_prepayment = fields.Boolean(
        "Prepay",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="Shows beside it what paying ahead would mean.",
    )
    prepay_amount = fields.Monetary(
        "Principal to Prepay",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="What repays principal ahead of time; what is overdue and the charge come on top.",
    )
    asks_settlement = fields.Boolean(
        "Settle Early",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="Shows beside it what repaying all of it would cost on that day.",
    )
    asks_method = fields.Boolean(
        "Another Method",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="Shows beside it what another way to repay would mean.",
    )
    other_method = fields.Selection(
        [
            ("annuity", "Annuity (equal payments)"),
            ("equal_principal", "Equal principal"),
            ("interest_only", "Interest only, principal at the end"),
        ],
        "Method",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="The method that is set beside the one the loan has.",
    )
    asks_rate = fields.Boolean(
        "Another Rate",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="Shows beside it what a higher or lower rate would mean.",
    )
    rate_change = fields.Float(
        "Rate Change",
        digits=(16, 6),
        default=1.0,
        help="In percentage points: 1 makes 5 percent 6 percent.",
    )
    asks_restructuring = fields.Boolean(
        "New Terms", help="Shows beside it what other terms would mean: rate, term, a pause."
    )
    remaining = fields.Integer(
        "Number of Installments",
        compute="_compute_remaining",
        store=True,
        readonly=False,
        precompute=True,
        help="How many are still to come under the new terms.",
    )
    new_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="The rate of the new terms, from that day on.",
    )
    grace = fields.Integer("Installments without Principal", help="So many installments repay no principal.")
    grace_interest = fields.Selection(
        lambda self: self.env["loan.product"]._fields["grace_interest"]._description_selection(self.env),
        "Interest Meanwhile",
        compute="_compute_questions",
        store=True,
        readonly=False,
        precompute=True,
        help="Whether interest is paid or added to the loan while no principal is repaid. Empty: as the "
        "loan says.",
    )
    line_ids = fields.One2many(
        "loan.what.if.line", "wizard_id", "Variants", compute="_compute_lines", store=True
    )
    date_error = fields.Char(compute="_compute_lines", store=True)
    prepay_error = fields.Char(compute="_compute_lines", store=True)
    settle_error = fields.Char(compute="_compute_lines", store=True)
    method_error = fields.Char(compute="_compute_lines", store=True)
    rate_error = fields.Char(compute="_compute_lines", store=True)
    restructure_error = fields.Char(compute="_compute_lines", store=True)
    amount_due = fields.Monetary("Due and Not Paid", compute="_compute_owed")
    late_charges = fields.Monetary(compute="_compute_owed")
    paid_ahead = fields.Monetary(compute="_compute_owed")
    settle_total = fields.Monetary(
        "To Settle in All",
        compute="_compute_settle_total",
        help="With what is overdue, less what was paid ahead.",
    )
    comparison_html = fields.Html("Comparison", compute="_compute_comparison_html", sanitize=False)
    chart = fields.Json(compute="_compute_chart")

    @api.model_create_multi
    def create(self, vals_list):
        forms = super().create(vals_list)
        forms.mapped("line_ids")  # worked out now: lines nobody has read yet would not outlive this request
        return forms

    def write(self, vals):
        result = super().write(vals)
        self.mapped("line_ids")  # as above
        return result

    # ------------------------------------------------------------ what is filled in

    @api.depends("contract_id")
    def _compute_date(self):
        for form in self:
            contract = form.contract_id
            today = (contract.company_id or self.env.company)._loan_today()
            form.date = contract.start_date if contract.state == "draft" else today

    @api.depends("contract_id")
    def _compute_questions(self):
        for form in self:
            contract = form.contract_id
            running = contract.state == "active"
            owed = contract.principal_outstanding if running else contract.principal
            form.asks_prepayment = form.asks_settlement = running
            form.asks_method = form.asks_rate = bool(contract) and not running
            form.prepay_amount = contract.currency_id.round(_plain_share(owed))
            form.other_method = "equal_principal" if contract.repayment_method == "annuity" else "annuity"
            form.new_rate = contract.current_rate
            form.grace_interest = contract.grace_interest

    @api.depends("contract_id", "date")
    def _compute_remaining(self):
        for form in self:
            contract = form.contract_id
            left = contract._remaining_on(form.date) if form.date else contract.term
            form.remaining = left + dates.FREQUENCIES[contract.frequency or "monthly"].per_year

    # ------------------------------------------------------------ what is answered

    @api.depends(
        "contract_id",
        "date",
        "asks_prepayment",
        "prepay_amount",
        "asks_settlement",
        "asks_method",
        "other_method",
        "asks_rate",
        "rate_change",
        "asks_restructuring",
        "remaining",
        "new_rate",
        "grace",
        "grace_interest",
    )
    def _compute_lines(self):
        for form in self:
            lines, errors = form._answers()
            for name in ("date", "prepay", "settle", "method", "rate", "restructure"):
                form[f"{name}_error"] = errors.get(name, False)
            form.line_ids = [Command.clear(), *map(Command.create, lines)]

    def _answers(self):
        """Return values of the lines, and why a question has none, by its name."""
        contract, lines, errors = self.contract_id, [], {}
        if not contract or not self.date:
            return lines, errors
        try:
            contract._check_can_be_asked()
            self._check_date()
            agreed = contract._asked(variants.as_agreed, self.date)
        except UserError as refusal:
            return lines, {"date": str(refusal)}
        lines.append(self._prepare_line_vals("agreed", agreed, agreed, 0))
        for name, kind, question in self._questions():
            try:
                variant = question()
            except UserError as refusal:
                errors[name] = str(refusal)
            else:
                lines.append(self._prepare_line_vals(kind, variant, agreed, len(lines)))
        return lines, errors

    def _questions(self):
        """Yield (name, kind of line, function without arguments) for each question that is asked."""
        contract = self.contract_id
        if self.asks_prepayment:
            if not contract._keeps_agreed_installment():
                yield "prepay", "prepay_term", lambda: self._asked_prepayment("keep_term")
            # Where the principal waits for the end, or for a balloon, nothing ends sooner.
            if contract._method_now() not in (*terms.TERM_BOUND_METHODS, terms.BALLOON):
                yield "prepay", "prepay_installment", lambda: self._asked_prepayment("keep_installment")
        if self.asks_settlement:
            yield "settle", "settle", lambda: contract._asked(variants.settled, self.date)
        if self.asks_method:
            yield "method", "method", lambda: contract._asked_change(self._as_method_change())
        if self.asks_rate:
            yield "rate", "rate", lambda: contract._asked_change(self._as_rate_change())
        if self.asks_restructuring:
            yield "restructure", "restructure", lambda: contract._asked_change(self._as_restructuring())

    def _asked_prepayment(self, effect):
        contract = self.contract_id
        amount = money.from_float(self.prepay_amount, contract._cent())
        if contract.prepayment_effect == "own_row" and effect == "keep_term":
            effect = "own_row"  # the same, with the interest to the day
        return contract._asked(variants.prepaid, self.date, amount, effect)

    def _as_method_change(self):
        if not self.other_method or self.other_method == self.contract_id.repayment_method:
            raise ValidationError(self.env._("That is the method as agreed. Choose another one."))
        return terms.Change(self.date, method=self.other_method)

    def _asked_rate(self):
        """Return the yearly rate in question, in percent, without the dust of binary fractions."""
        return float(Decimal(str(self.contract_id.current_rate)) + Decimal(str(self.rate_change or 0.0)))

    def _as_rate_change(self):
        if not self.rate_change:
            raise ValidationError(self.env._("That is the rate as agreed. Say by how much it would change."))
        return terms.Change(self.date, yearly_rate=self.contract_id._as_fraction(self._asked_rate()))

    def _as_restructuring(self):
        if self.remaining <= 0:
            raise ValidationError(self.env._("At least one installment must be left."))
        if self.grace < 0:
            raise ValidationError(
                self.env._("The number of installments without principal cannot be negative.")
            )
        if not self._restructure_told():
            raise ValidationError(
                self.env._(
                    "These are the terms as agreed. Change the installments, those without principal, or the rate."
                )
            )
        contract = self.contract_id
        changes_rate = self.new_rate != contract.current_rate
        return terms.Change(
            self.date,
            yearly_rate=contract._as_fraction(self.new_rate) if changes_rate else None,
            remaining=self.remaining,
            grace=self.grace,
            grace_interest=(self.grace and self.grace_interest) or None,
        )

    def _restructure_told(self):
        """Return what new terms would change, in words."""
        contract, told = self.contract_id, []
        if self.remaining != contract._remaining_on(self.date):
            told.append(self.env._("%s installments", self.remaining))
        if self.new_rate != contract.current_rate:
            told.append(self.env._("%s a year", contract._percent_told(self.new_rate)))
        if self.grace:
            told.append(self.env._("%s without principal", self.grace))
        return told

    def _check_date(self):
        contract = self.contract_id
        if contract.state == "draft":
            if self.date < contract.start_date:
                raise ValidationError(self.env._("Nothing can change before the loan is paid out."))
        elif self.date < contract.company_id._loan_today():
            raise ValidationError(self.env._("A question looks ahead: choose today or a later day."))

    def _prepare_line_vals(self, kind, variant, agreed, sequence):
        return {
            "kind": kind,
            "sequence": sequence,
            "principal": float(variant.principal),
            "interest_now": float(variant.interest_now),
            "saving": float(agreed.cost - variant.cost),
            "balances": [[day.isoformat(), float(balance)] for day, balance in variant.balances],
            **self.contract_id._variant_figures(variant),
        }

    @api.depends("contract_id", "date")
    def _compute_owed(self):
        for form in self:
            form.amount_due = form.late_charges = form.paid_ahead = 0.0
            if form.contract_id and form.date:
                # What is not due yet is counted as paid in time.
                today = form.contract_id.company_id._loan_today()
                owed = form.contract_id._owed_on(min(form.date, today))
                form.amount_due, form.late_charges = float(owed.scheduled), float(owed.charges)
                form.paid_ahead = float(owed.ahead)

    @api.depends("line_ids", "amount_due", "late_charges", "paid_ahead")
    def _compute_settle_total(self):
        for form in self:
            settle = form.line_ids.filtered(lambda line: line.kind == "settle")
            beside = form.amount_due + form.late_charges - form.paid_ahead
            form.settle_total = max(0.0, form.currency_id.round(settle.total + beside)) if settle else 0.0

    @api.depends("line_ids")
    @api.depends_context("lang")
    def _compute_comparison_html(self):
        for form in self:
            columns = [line._as_column() for line in form.line_ids]
            form.comparison_html = form.contract_id._comparison_html(columns) if columns else False

    @api.depends("line_ids")
    @api.depends_context("lang")
    def _compute_chart(self):
        for form in self:
            form.chart = [
                {"kind": line.kind, "name": line.name, "points": line.balances} for line in form.line_ids
            ]

    def _owed_told(self):
        """Return what stands beside the comparison, in a sentence for the borrower; empty where nothing does."""
        told = []
        told_amount = self.currency_id.format
        if self.amount_due or self.late_charges:
            told.append(
                self.env._(
                    "On top of every variant: %(due)s is due and not paid, late charges are %(charges)s.",
                    due=told_amount(self.amount_due),
                    charges=told_amount(self.late_charges),
                )
            )
        if self.paid_ahead:
            told.append(
                self.env._(
                    "%s has been paid ahead and is taken off what is asked for next.",
                    told_amount(self.paid_ahead),
                )
            )
        if self.settle_total and (told or self.paid_ahead):
            told.append(self.env._("To settle in all: %s.", told_amount(self.settle_total)))
        return " ".join(told)

    def _drawn(self):
        """Return the balances as lines of a drawing of 720 by 240, or None where there is nothing to draw."""
        series = [
            (line, [(date.fromisoformat(day), owed) for day, owed in line.balances]) for line in self.line_ids
        ]
        points = [point for _line, points in series for point in points]
        if not points:
            return None
        first, last = min(day for day, _owed in points), max(day for day, _owed in points)
        most = max(owed for _day, owed in points) or 1
        left, right, top, bottom = 90, 710, 10, 210

        def x(day):
            return round(left + (right - left) * (day - first).days / max(1, (last - first).days), 1)

        def y(owed):
            return round(bottom - (bottom - top) * owed / most, 1)

        def path(points):
            steps = [f"M{x(points[0][0])} {y(points[0][1])}"]
            steps += [f"H{x(day)}V{y(owed)}" for day, owed in points[1:]]  # owed until the day it is paid
            return "".join(steps)

        colors = ("#22303c", "#1f77b4", "#2a9d5c", "#b02a37", "#8250c4", "#c26a00", "#00838f")
        contract = self.contract_id
        return {
            "box": "0 0 720 232",
            "right": right,
            "bottom": bottom,
            "lines": [
                {
                    "name": line.name,
                    "path": path(points),
                    "color": colors[index % len(colors)],
                    "dash": ("none", "8 4", "3 3", "12 3 3 3")[index % 4],  # told apart without colour too
                }
                for index, (line, points) in enumerate(series)
            ],
            "levels": [
                {"y": y(most * part / 4), "text": self.currency_id.format(most * part / 4)}
                for part in range(5)
            ],
            "days": [
                {"x": x(first), "anchor": "start", "text": contract._format_day(first)},
                {"x": x(last), "anchor": "end", "text": contract._format_day(last)},
            ],
        }

    # ------------------------------------------------------------ handing it over

    def action_print(self):
        """Print the comparison, and keep on the loan what was handed over."""
        form = self._ready()
        form._keep(self.env._("Comparison printed for the borrower."))
        return self.env.ref("loan_crm.loan_what_if_report_pdf").report_action(form)

    def action_send(self):
        """Open a mail to the borrower with the comparison in it; sent, it stays on the loan."""
        form = self._ready()
        template = self.env.ref("loan_crm.mail_template_what_if")
        subject = template._render_field("subject", form.ids, compute_lang=True)[form.id]
        body = template._render_field("body_html", form.ids, compute_lang=True)[form.id]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send to the Borrower"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": "loan.contract",
                "default_res_ids": self.contract_id.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": self.partner_id.ids,
                "default_subject": subject,
                "default_body": body,
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    def _ready(self):
        """Return the form in the borrower's language, once it has something to show."""
        self.ensure_one()
        if len(self.line_ids) < 2:
            raise UserError(self.env._("Ask at least one question that has an answer first."))
        lang = self.partner_id.lang
        return self.with_context(lang=lang) if lang else self

    def _keep(self, sentence):
        """Note on the loan what the borrower was shown.

        :param str sentence: how it was handed over
        """
        html = Markup("<p>%s</p>%s") % (sentence, Markup(self.comparison_html))  # noqa: S704  our own template
        self.contract_id._message_log(body=html)

    # ------------------------------------------------------------ from a variant to the deed

    def action_prepay(self):
        """Open the form that takes this prepayment."""
        self.ensure_one()
        return self.contract_id._action_form(
            "loan_crm.loan_repayment_prepay_action", amount=self.prepay_amount
        )

    def action_settle(self):
        """Open the form that settles the loan."""
        self.ensure_one()
        return self.contract_id._action_form("loan_crm.loan_repayment_prepay_action", settles=True)

    def action_restructure(self):
        """Open the form that puts these terms on record."""
        self.ensure_one()
        return self.contract_id._action_form(
            "loan_crm.loan_contract_restructure_action",
            remaining=self.remaining,
            yearly_rate=self.new_rate,
            grace=self.grace,
            grace_interest=self.grace_interest,
        )


def _plain_share(amount):
    """Return about a fifth of an amount, as a figure one would name in a talk: 13,465 becomes 10,000."""
    share = int(amount / 5)
    size = 10 ** max(0, len(str(share)) - 1)
    return float(share // size * size) or amount / 5
