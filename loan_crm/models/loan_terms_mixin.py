from decimal import Decimal
from functools import lru_cache
from operator import attrgetter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.translate import LazyTranslate

from ..core.conventions import NAMES, STANDARD, Conventions
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
    "term_not_positive": _lt("The term must be at least one installment."),
    "term_too_long": _lt("The term cannot be longer than %(maximum)s installments."),
    "term_past_calendar": _lt("The last installment would lie beyond the calendar."),
    "due_day_mismatch": _lt(
        "The first due date must fall on due day %(due_day)s of its month, or on the last day of a shorter month."
    ),
    "first_due_not_after_start": _lt("The first due date must lie after the day the loan is paid out."),
    "first_period_too_long": _lt(
        "The first due date lies more than a year and a period after the day the loan is paid out. Use installments "
        "without principal for a longer wait."
    ),
    "installment_below_cent": _lt(
        "So small a loan over so many installments has installments below the smallest coin."
    ),
    "principal_never_falls": _lt(
        "At this rate and term a payment of %(payment)s would not even cover the interest of %(interest)s."
    ),
    "balloon_out_of_range": _lt("The balloon must be more than zero and less than the amount lent."),
    "grace_out_of_range": _lt("At most %(maximum)s installments can go without principal."),
    "step_out_of_range": _lt(
        "Payments can grow or fall by at most the whole of them, after at least one and at most all installments."
    ),
    "multiple_finer_than_cent": _lt("The multiple has more decimals than %(currency)s can pay."),
    "event_before_start": _lt("Nothing can change before the loan is paid out."),
    "event_after_end": _lt("The loan is repaid by then: nothing is left to change."),
    "event_amount_not_positive": _lt("The amount must be more than zero."),
    "event_finer_than_cent": _lt("The amount has more decimals than %(currency)s can pay."),
    "event_remaining_out_of_range": _lt("The number of installments still to come is out of range."),
    "prepayment_beyond_balance": _lt("Only %(balance)s is owed of the loan."),
    "prepayment_beyond_next_due": _lt(
        "A prepayment of this loan counts from the next due date, and only %(balance)s is owed then. Settle the loan "
        "instead."
    ),
    "days_not_increasing": _lt("Two installments would fall on one business day."),
    "no_room": _lt("The calendar has no business day left between two installments."),
}


# What the core calls otherwise than the forms do.
_FIELDS = {"method": "repayment_method", "installment": "agreed_installment"}


@lru_cache(maxsize=256)  # thousands of loans share the few sets of conventions of their products
def _conventions(values):
    """Return the conventions that an option's fields say, in the order of their names; a Float says a Decimal.

    :raises Refusal: naming the two that disagree
    """
    agreed = {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in zip(NAMES, values, strict=True)
    }
    agreed["prepayment_charge_rate"] /= 100
    return Conventions(**agreed)


# Forty fields of each loan of a book: a loop in Python is what it would wait for.
_options = attrgetter(*NAMES)


def _option(selection, string, text=None):
    """Return a field for one named choice; where its first value comes from, each model says for itself."""
    return fields.Selection(
        selection,
        string,
        compute="_compute_conventions",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help=text,
    )


def _figure(kind, string, text=None, **attributes):
    return kind(
        string=string,
        compute="_compute_conventions",
        store=True,
        readonly=False,
        precompute=True,
        help=text,
        **attributes,
    )


class LoanTermsMixin(models.AbstractModel):
    """How a loan is calculated: every choice on which lenders differ, by its name.

    A product holds the choices, a contract its own copy of them, so that a product may change without touching a
    loan that has been agreed. Each field answers to one of :class:`core.conventions.Conventions`.
    """

    _name = "loan.terms.mixin"
    _description = "Loan Terms"

    currency_id = fields.Many2one("res.currency")
    repayment_method = fields.Selection(
        [
            ("annuity", "Annuity (equal payments)"),
            ("equal_principal", "Equal principal"),
            ("flat", "Flat interest"),
            ("interest_only", "Interest only, principal at the end"),
            ("bullet", "Everything at maturity"),
            ("balloon", "Annuity with balloon"),
            ("stepped", "Stepped payments"),
        ],
        compute="_compute_conventions",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Annuity: always the same payment, of which interest takes less and principal more each time.\n"
        "Equal principal: always the same part of the loan, and the interest on what is left.\n"
        "Flat interest: interest on the amount lent, whatever has been repaid.\n"
        "Interest only: interest each period, the whole loan with the last installment.\n"
        "Everything at maturity: one payment.\n"
        "Balloon: equal payments that leave an agreed amount for the last one.\n"
        "Stepped: payments that grow or fall every so many installments.",
    )
    frequency = _option(
        [
            ("weekly", "Weekly"),
            ("biweekly", "Every two weeks"),
            ("monthly", "Monthly"),
            ("quarterly", "Quarterly"),
            ("half_yearly", "Half-yearly"),
            ("yearly", "Yearly"),
        ],
        "Frequency",
        text="How often the borrower pays. Everything else on the schedule follows from it.",
    )
    grace = _figure(
        fields.Integer, "Installments without Principal", "So many first installments repay no principal."
    )
    interest_grace = _figure(
        fields.Integer,
        "Installments without Interest",
        "So many first installments ask for no interest; the next one asks for all of it.",
    )
    step_rate = _figure(
        fields.Float,
        "Step (%)",
        "Payments grow by this share; a negative one lets them fall.",
        digits=(16, 4),
    )
    step_every = _figure(fields.Integer, "Step Every", "After so many installments.")

    balloon_share = _figure(
        fields.Float,
        "Balloon (%)",
        "What the last installment leaves for itself, of the amount lent.",
        digits=(16, 4),
    )

    # ---------------------------------------------------------- rate
    rate_type = _option(
        [("fixed", "Fixed"), ("floating", "Floating")],
        "Rate Type",
        text="Fixed: the rate of the contract to the end. Floating: it follows a reference rate, and the "
        "borrower is told before it changes.",
    )
    reference_rate_id = _figure(
        fields.Many2one,
        "Reference Rate",
        "A floating loan costs this published rate and the spread.",
        comodel_name="loan.reference.rate",
        ondelete="restrict",
    )
    spread = _figure(
        fields.Float,
        "Spread (%)",
        "Added to the reference rate; a negative one is taken off.",
        digits=(16, 6),
    )
    reprice_months = _figure(fields.Integer, "Repriced Every", "In months, usually 3, 6 or 12.")
    reprice_rule = _option(
        [
            ("anniversary", "Counted from the payout"),
            ("new_year", "Counted from 1 January"),
            ("agreed_day", "Counted from an agreed day"),
        ],
        "Repricing Date",
        "Each loan says its agreed day itself.",
    )
    fixing_days = _figure(
        fields.Integer,
        "Fixed Days Before",
        "The new rate is the latest one published so many days before it holds. The borrower is told on that day.",
    )

    # ---------------------------------------------------------- dates
    due_rule = _option(
        [
            ("same_day", "Same day as the payout"),
            ("month_end", "Month end"),
            ("fixed_day", "Fixed day"),
        ],
        "Due Day Rule",
        "Where the first due date is put, and so all others.",
    )
    fixed_due_day = _figure(fields.Integer, "Fixed Due Day", "Day of the month, 1 to 31.")
    least_first_days = _figure(
        fields.Integer,
        "Shortest First Period",
        "In days: with a fixed due day the first due date is never nearer to the payout. Zero: half a month less than "
        "a whole period.",
    )
    month_end = _option(
        [
            ("anchor", "Keep the day, short months use their last one"),
            ("end_of_month", "Once the last day, always the last day"),
        ],
        "Month End",
        text="What becomes of a due date on the 31st in a shorter month, and whether it comes back afterwards.",
    )
    business_day_rule = _option(
        [
            ("unadjusted", "Not moved"),
            ("following", "Next business day"),
            ("modified_following", "Next business day, but in the same month"),
            ("preceding", "Business day before"),
            ("modified_preceding", "Business day before, but in the same month"),
        ],
        "Due on a Holiday",
        "Business days are those of the lender's calendar in the settings.",
    )
    moved_interest = _option(
        [("unadjusted", "To the agreed day"), ("adjusted", "To the moved day")],
        "Interest Runs",
        text="Whether a due date moved by a holiday costs or saves the borrower some days of interest.",
    )

    # ---------------------------------------------------------- interest
    period_basis = _option(
        [
            ("equal_periods", "Equal periods (a twelfth for each month)"),
            ("actual_days", "By days"),
            ("level_equal_interest_days", "Payment from equal periods, interest by days"),
        ],
        "Interest of a Period",
        text="Equal periods: each month costs the same, however long it is. By days: a long month costs more.",
    )
    day_count = _option(
        [
            ("30e_360", "30E/360"),
            ("30_360_bond", "30/360 Bond"),
            ("30_360_us", "30/360 US"),
            ("30e_360_isda", "30E/360 ISDA"),
            ("act_360", "Actual/360"),
            ("act_364", "Actual/364"),
            ("act_365", "Actual/365 Fixed"),
            ("act_act", "Actual/Actual"),
        ],
        "Day Count",
        "How days become a share of the year, where interest goes by days.",
    )
    year_split = _option(
        [
            ("isda", "Split at 1 January (ISDA)"),
            ("new_year", "31 December belongs to the new year"),
            ("icma", "By the period (ICMA)"),
        ],
        "Across New Year",
        "For Actual/Actual.",
    )
    first_period = _option(
        [
            ("days_360", "Odd days at the yearly rate / 360"),
            ("period_share", "Share of that period by its days"),
            ("eu_simple", "Simple interest on days / 365 or 366 (EU)"),
            ("us_appendix_j", "(1 + f·i)(1 + i)^t, months of 30 days (US)"),
            ("ignored", "As a whole period"),
        ],
        "Odd First Period",
        "Interest when the first due date is not a whole period after the payout.",
    )
    broken_period = _option(
        [
            ("period_share", "Share of that period by its days"),
            ("days_360", "Days at the yearly rate / 360"),
            ("days_365", "Days at the yearly rate / 365"),
        ],
        "Broken Period",
        "Interest of a part of a period, when a settlement, a prepayment, a drawdown or a new rate breaks it. What is "
        "left of the period makes it whole.",
    )
    odd_interest = _option(
        [("first_payment", "The first installment alone"), ("spread", "All installments")],
        "Odd Days Are Borne By",
        text="When the first period is longer or shorter than usual: one unusual payment, or a little in each.",
    )
    grace_rows = _option(
        [("compressed", "Keep the number of installments"), ("extended", "Add installments")],
        "Without Principal",
        "Whether the installments without principal are part of the term or come on top.",
    )
    grace_interest = _option(
        [
            ("paid", "Paid as it falls due"),
            ("capitalised", "Added to the loan"),
            ("deferred", "Deferred to the first full installment"),
        ],
        "Interest Meanwhile",
        text="What happens to the interest while no principal is repaid. Added to the loan, it bears interest itself.",
    )
    drawdown_on_due = _option(
        [("next_period", "To the next period"), ("same_period", "To the period that ends")],
        "Drawdown on a Due Date Belongs",
        text="Money drawn on a due date bears interest from that day; this tells in which installment it appears.",
    )

    # ---------------------------------------------------------- rounding
    rounding_mode = _option(
        [
            ("half_up", "Half up"),
            ("half_even", "Half to even"),
            ("down", "Down"),
            ("up", "Up"),
        ],
        "Rounding",
        text="What becomes of half a cent. It moves single cents, and core systems must agree on it.",
    )
    rounding_stage = _option(
        [
            ("ledger", "Each row when it is written"),
            ("display", "Only when shown"),
        ],
        "Amounts Are Rounded",
        text="Rounded when written, each row is what is paid. Rounded only when shown, the sums are exact and "
        "rows may seem off by a cent.",
    )
    interest_rounding = _option(
        [("period", "Once per period"), ("segment", "Once per part of it")],
        "Interest Is Rounded",
        "When a drawdown, a prepayment or a new rate splits a period.",
    )
    multiple_rule = _option(
        [
            ("none", "No multiple"),
            ("up", "Installments up to a multiple"),
            ("nearest", "Installments to the nearest multiple"),
            ("every_amount", "Every amount to a multiple"),
        ],
        "In Multiples",
        text="For round payments, such as whole yuan. What rounding changes is settled by the last installment.",
    )
    installment_multiple = _figure(
        fields.Monetary,
        "Multiple Of",
        text="The amount that installments are a multiple of: 1 for whole yuan, 10 for tens.",
    )
    last_row = _option(
        [
            ("payment_changes", "The last payment differs"),
            ("interest_plugged", "Payments stay equal, the last interest gives way"),
            ("level_nudged", "The level is moved until the last payment fits best"),
        ],
        "Rounding Left Over",
        text="Who bears the cents that rounding leaves over: the last payment, its interest, or all payments a little.",
    )
    remainder_row = _option(
        [("last", "Last installment"), ("first", "First installment")],
        "Remainder Goes To",
        "Of equal parts of principal or of flat interest.",
    )
    flat_rows = _option(
        [
            ("equal_parts", "In equal parts"),
            ("level_total", "By the days of each period, under a level payment"),
        ],
        "Flat Interest Is Spread",
        text="How the interest of a flat loan is divided among its installments; the sum is the same.",
    )
    stepped_rounding = _option(
        [
            ("unrounded_grows", "The unrounded payment grows"),
            ("rounded_grows", "The rounded payment grows"),
        ],
        "What Grows",
        text="Whether the next step grows from the exact payment or from the one that was paid. They drift apart "
        "by cents.",
    )
    shortfall = _option(
        [("refused", "Is refused"), ("capitalised", "Adds what is missing to the loan")],
        "Payment below the Interest",
        text="What happens when an installment would not even cover its interest: refuse such terms, or let the "
        "loan grow.",
    )

    # ---------------------------------------------------------- changes on the way
    repricing_day = _option(
        [("change_date", "From the agreed day"), ("day_before", "From the day before")],
        "A New Rate Holds",
        text="Whether the day of change is counted at the old or at the new rate.",
    )
    after_repricing = _option(
        [
            ("keep_term", "Keep the term, new installment"),
            ("keep_installment", "Keep the installment, new term"),
        ],
        "After Repricing",
        text="What the borrower notices when the rate moves: another amount each month, or another last month.",
    )
    prepayment_effect = _option(
        [
            ("keep_term", "Keep the term, lower installment"),
            ("keep_installment", "Keep the installment, shorter term"),
            ("keep_installment_whole", "Shorter term of whole installments, levelled anew"),
            ("own_row", "Interest to the day with it, then keep the term"),
            ("last_installment", "Covers the next installments, the last one gets the saving"),
        ],
        "After a Prepayment",
        text="What the borrower gains by paying early: lower payments, or an earlier end. A shorter term saves "
        "more interest.",
    )
    prepayment_date = _option(
        [("same_day", "The same day"), ("next_due", "The next due date")],
        "A Prepayment Counts From",
        text="From when money paid early saves interest. The same day is the kinder one.",
    )
    prepayment_charge_rate = _figure(
        fields.Float, "Prepayment Charge (%)", "Of the principal repaid early.", digits=(16, 4)
    )
    prepayment_charge_months = _figure(
        fields.Integer,
        "Charge for Months",
        "So many months after the payout a prepayment costs a charge. Zero: for the whole term.",
    )
    settlement_interest = _option(
        [("to_day", "To the day"), ("to_next_due", "To the next due date")],
        "Interest on Settlement",
        text="Until when a borrower who settles pays interest: to the day they pay, or for the whole period.",
    )

    # ---------------------------------------------------------- lateness
    dpd_day_zero = _option(
        [
            ("due_date", "Days after the due date"),
            ("due_day_is_one", "The due date is day one"),
            ("less_grace", "Days after the due date less grace days"),
        ],
        "Days Late Are Counted",
        text="Moves every figure of lateness by a day: buckets, stages, penalties. Ask your regulator's definition.",
    )
    grace_days = _figure(
        fields.Integer, "Grace Days", "So many days late cost nothing; one day more costs all of them."
    )
    significant_from = _option(
        [("over_30", "More than 30 days"), ("from_30", "30 days")],
        "Stage 2 From",
        "A significant increase in credit risk.",
    )
    default_from = _option(
        [("over_90", "More than 90 days"), ("from_90", "90 days")], "Stage 3 From", "Default."
    )
    penalty_factor = _figure(
        fields.Float,
        "Penalty Rate (× rate)",
        "The penalty rate as a multiple of the loan's rate: 1.5 is the rate plus 50 percent. Zero: no penalty.",
        digits=(16, 4),
    )
    penalty_base = _option(
        [("principal", "Overdue principal"), ("installment", "Overdue principal and interest")],
        "Penalty On",
        text="What the penalty runs on. On principal and interest it costs the borrower more.",
    )
    penalty_days = _option(
        [
            ("one_end", "Without the due date"),
            ("both_ends", "With the due date and the day of payment"),
            ("neither_end", "Without the due date and the day of payment"),
        ],
        "Penalty Days",
        text="Whether the first and the last day of being late cost a penalty.",
    )
    penalty_year = _option(
        [("days_360", "360"), ("days_365", "365")],
        "Days of a Penalty Year",
        text="The penalty rate is divided by so many days. 360 costs a little more than 365.",
    )
    penalty_compounds = _figure(
        fields.Boolean, "Penalty on Penalty", "Each month the unpaid penalty joins what the penalty runs on."
    )
    overdue_interest = _option(
        [
            ("scheduled", "As scheduled"),
            ("outstanding", "On principal really outstanding"),
        ],
        "Ordinary Interest When Late",
        "On principal really outstanding: the loan's own rate runs on overdue principal, beside the penalty.",
    )
    late_fee = _figure(fields.Monetary, "Late Fee", "Once for each installment later than the grace days.")
    allocation_order = _option(
        [
            ("penalty_interest_principal_fee", "Penalty, interest, principal, fees"),
            ("penalty_fee_interest_principal", "Penalty, fees, interest, principal"),
            ("fee_penalty_interest_principal", "Fees, penalty, interest, principal"),
            ("interest_principal_penalty_fee", "Interest, principal, penalty, fees"),
            ("principal_interest_penalty_fee", "Principal, interest, penalty, fees"),
        ],
        "A Repayment Pays",
        text="What a repayment pays first when it does not cover all that is due. In many places the law says it.",
    )
    allocation_spread = _option(
        [
            ("installment_first", "The oldest installment in full, then the next"),
            ("component_first", "One part of all that are due, then the next part"),
        ],
        "Spread Over",
        text="With several installments overdue: clear the oldest whole, or first one part of all of them.",
    )

    overpayment = _option(
        [
            ("pays_ahead", "Pays the next installments at once"),
            ("waits", "Waits as credit until they fall due"),
        ],
        "Money beyond What Is Due",
        text="What becomes of more money than is due: it pays the next installments now, or waits until they fall due.",
    )

    # ---------------------------------------------------------- disclosure
    fee_rate = _figure(fields.Float, "Upfront Fee (%)", "Of the amount lent.", digits=(16, 4))
    fee_amount = _figure(
        fields.Monetary,
        "Upfront Fee",
        text="Taken once when the loan is paid out, beside the share above. It counts in the yearly cost the "
        "borrower is told.",
    )
    disclosed_rate = _option(
        [
            ("cn_irr", "Annualized rate (IRR)"),
            ("cn_simple", "Annualized rate (simple)"),
            ("eu_aprc", "APRC (EU)"),
            ("us_apr", "APR (US)"),
            ("effective", "Effective annual rate"),
        ],
        "Disclosed Rate",
        "The yearly cost in percent that the borrower is told, under its own name.",
    )
    apr_time_axis = _option(
        [("actual_days", "Years and actual days"), ("equal_months", "Equal months or weeks")],
        "Time in the APRC",
        "How the APRC (EU) measures time. The other rates have one rule each.",
    )

    # What a schedule and its cost depend on, beside amounts and dates.
    _TERM_FIELDS = (
        "repayment_method",
        "frequency",
        "grace",
        "interest_grace",
        "step_rate",
        "step_every",
        "balloon_share",
        "rate_type",
        "reference_rate_id",
        "spread",
        "reprice_months",
        "reprice_rule",
        "fixing_days",
        "due_rule",
        "fixed_due_day",
        "least_first_days",
        "fee_rate",
        "fee_amount",
    )
    # What a record without anybody to follow starts with, beside core.conventions.STANDARD.
    _TERM_DEFAULTS = {
        "repayment_method": "annuity",
        "frequency": "monthly",
        "step_every": 12,
        "rate_type": "fixed",
        "reprice_months": 12,
        "reprice_rule": "anniversary",
        "fixing_days": 1,
        "due_rule": "same_day",
        "penalty_factor": 1.5,
    }

    @api.model
    def _option_names(self):
        """Return the names of all fields that a contract copies from its product."""
        return (*self._TERM_FIELDS, *NAMES)

    def _compute_conventions(self):
        for record in self:
            source = record._conventions_source()
            for name in self._option_names():
                if source:
                    record[name] = source[name]
                elif not record[name]:
                    default = self._TERM_DEFAULTS.get(name, getattr(STANDARD, name, False))
                    record[name] = float(default) if isinstance(default, Decimal) else default

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put the pages of `loan_terms_mixin_view_form` into the notebook or the one page that asks for them."""
        arch, view = super()._get_view(view_id, view_type, **options)
        places = arch.xpath("//notebook[@name='terms'] | //page[@name='terms']")
        for place in places if view_type == "form" else ():
            # As superuser: the layout of a form is no secret, and views are an administrator's to read.
            pages_sudo = self.env.ref("loan_crm.loan_terms_mixin_view_form").sudo()
            for page in pages_sudo._get_combined_arch().xpath("//page"):
                for node in page.xpath(".//field"):
                    self._adapt_option_node(node)
                if place.tag == "page":
                    place.extend(page)
                else:
                    place.append(page)
        return arch, view

    @api.model
    def _adapt_option_node(self, node):
        """Change an option's node before it goes into this model's form; nothing by default."""

    def _conventions_source(self):
        """Return the record whose choices this one starts from, or nothing to start from the house's."""
        return self.browse()

    def _as_conventions(self):
        """Read the choices into a core value.

        :raise ValidationError: naming the two that disagree
        """
        self.ensure_one()
        try:
            return _conventions(_options(self))
        except Refusal as refusal:
            raise ValidationError(self._refusal_sentence(refusal)) from refusal

    @api.model
    def _as_fraction(self, percent):
        """Return a percentage of a Float field as an exact Decimal fraction."""
        return Decimal(str(percent or 0.0)) / 100

    def _refusal_sentence(self, refusal):
        """Return what the core declines in the words of the form.

        :param Refusal refusal: of the terms, the conventions or an event
        """
        facts = {
            "currency": self.currency_id.name,
            **{
                name: self.currency_id.format(float(value)) if isinstance(value, Decimal) else value
                for name, value in refusal.facts.items()
            },
        }
        if refusal.reason == "options_disagree":
            return self.env._(
                "%(first)s and %(second)s disagree: they cannot be held together.",
                first=self._option_told(facts["first"], facts.get("first_value")),
                second=self._option_told(facts["second"], facts.get("second_value")),
            )
        if refusal.reason in ("option_out_of_range", "option_unknown"):
            return self.env._("%s is out of range.", self._option_label(facts["option"]))
        sentence = self.env._(_REFUSALS[refusal.reason])  # lazy, so it takes its facts afterwards
        return sentence % facts

    def _option_label(self, name):
        name = _FIELDS.get(name, name)
        others = {
            "balloon": self.env._("Balloon"),
            "due_day": self.env._("Due Day"),
            "calendar": self.env._("the calendar in the settings"),
            "drawdown": self.env._("a drawdown"),
            "change": self.env._("a change of its terms"),
        }
        return self._fields[name]._description_string(self.env) if name in self._fields else others[name]

    def _option_told(self, name, value=None):
        """Return an option as a person sees it, “label: value”.

        :param str value: what was asked for, where it is not the record's own
        """
        label, field = (
            self._option_label(name),
            self._fields.get(_FIELDS.get(name, name)),
        )
        if field is None or field.type != "selection":
            return f"“{label}”"
        values = dict(field._description_selection(self.env))
        return f"“{label}: {values[value or self[field.name]]}”"
