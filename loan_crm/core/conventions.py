"""The choices on which published loan engines differ, each by its name; none is hidden in a formula.

A product stores them, a contract keeps its own copy, :class:`Conventions` hands them to the core. Every field has
a short tuple of values (``CHOICES``) and a default, that of the house: interest of equal months, a ledger
whose rows foot, the last installment absorbing what rounding left over.

Some choices can not be held together: the refusal says which two disagree, in the names of the fields.
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property

from .refusal import Refusal


class ConventionError(Refusal):
    """Choices that can not be held together, or that nobody offers.

    Reasons: ``option_unknown`` (facts ``option``, ``value``), ``options_disagree`` (``first``, ``second``: the
    names of two options), ``option_out_of_range`` (``option``, ``value``).
    """


# What a schedule depends on.
_SCHEDULE = {
    # Interest of a period: a share of the year by the calendar's frequency, or by days; or a level amount worked
    # out from equal periods while interest goes by days.
    "period_basis": ("equal_periods", "actual_days", "level_equal_interest_days"),
    "day_count": (
        "30e_360",
        "30_360_bond",
        "30_360_us",
        "30e_360_isda",
        "act_360",
        "act_364",
        "act_365",
        "act_act",
    ),
    "year_split": ("isda", "new_year", "icma"),  # ACT/ACT across a new year
    # An odd first period among equal ones: days over 360, a share of that period by its days, the EU's simple
    # days over 365 or 366, the US (1 + f·i)(1 + i)^t, or as if it were a regular one.
    "first_period": ("days_360", "period_share", "eu_simple", "us_appendix_j", "ignored"),
    # A part of a period among equal ones, when a settlement, a prepayment, a drawdown or a new rate breaks it: that
    # part of the period by its days, or its days over 360 or 365. What is left of the period makes it whole.
    "broken_period": ("period_share", "days_360", "days_365"),
    # Who bears the odd days: the first installment, or all of them.
    "odd_interest": ("first_payment", "spread"),
    "month_end": ("anchor", "end_of_month"),
    "business_day_rule": (
        "unadjusted",
        "following",
        "modified_following",
        "preceding",
        "modified_preceding",
    ),
    "moved_interest": ("unadjusted", "adjusted"),  # does interest run to the agreed day or to the moved one
    "rounding_mode": ("half_up", "half_even", "down", "up"),
    "rounding_stage": ("ledger", "display"),
    "interest_rounding": ("period", "segment"),
    "multiple_rule": ("none", "up", "nearest", "every_amount"),
    "last_row": ("payment_changes", "interest_plugged", "level_nudged"),
    "remainder_row": ("last", "first"),
    "grace_rows": ("compressed", "extended"),
    "grace_interest": ("paid", "capitalised", "deferred"),
    "stepped_rounding": ("unrounded_grows", "rounded_grows"),
    "shortfall": ("refused", "capitalised"),  # a stepped payment that does not cover the interest
    "drawdown_on_due": ("next_period", "same_period"),
    "repricing_day": ("change_date", "day_before"),
    "after_repricing": ("keep_term", "keep_installment"),
    "prepayment_effect": (
        "keep_term",
        "keep_installment",
        "keep_installment_whole",
        "own_row",
        "last_installment",
    ),
    "prepayment_date": ("same_day", "next_due"),
    # Flat interest: the same part of it in each row, or that of each row's own period, under a level payment.
    "flat_rows": ("equal_parts", "level_total"),
}
# What happens when money comes early, late or not at all, and under which name the cost is disclosed.
_SERVICING = {
    "settlement_interest": ("to_day", "to_next_due"),
    "dpd_day_zero": ("due_date", "due_day_is_one", "less_grace"),
    "significant_from": ("over_30", "from_30"),
    "default_from": ("over_90", "from_90"),
    "overdue_interest": ("scheduled", "outstanding"),
    "penalty_base": ("principal", "installment"),
    "penalty_days": ("one_end", "both_ends", "neither_end"),
    "penalty_compounds": (False, True),
    "penalty_year": ("days_360", "days_365"),
    "allocation_order": (
        "penalty_interest_principal_fee",
        "penalty_fee_interest_principal",
        "fee_penalty_interest_principal",
        "interest_principal_penalty_fee",
        "principal_interest_penalty_fee",
    ),
    "allocation_spread": ("installment_first", "component_first"),
    # Money beyond what is due: does it pay the next installments at once, or wait until they fall due.
    "overpayment": ("pays_ahead", "waits"),
    "disclosed_rate": ("cn_irr", "cn_simple", "eu_aprc", "us_apr", "effective"),
    "apr_time_axis": ("actual_days", "equal_months"),
}
CHOICES = {**_SCHEDULE, **_SERVICING}


@dataclass(frozen=True)
class Conventions:
    """One value for each choice; the defaults are those of the house.

    Numbers beside the choices:

    :param Decimal installment_multiple: what ``multiple_rule`` rounds to, major units; 0 without one
    :param int grace_days: days after the due date before a late installment costs anything
    :param Decimal penalty_factor: the penalty rate as a multiple of the contract's rate: 1.5 is rate plus 50 %
    :param Decimal late_fee: charged once for an installment later than the grace days, major units
    :param Decimal prepayment_charge_rate: fraction of the principal repaid early
    :param int prepayment_charge_months: the charge falls away after so many months from the start; 0: never
    :raises ConventionError: ``option_unknown``, ``options_disagree``, ``option_out_of_range``
    """

    period_basis: str = "equal_periods"
    day_count: str = "act_360"
    year_split: str = "isda"
    first_period: str = "days_360"
    odd_interest: str = "first_payment"
    month_end: str = "anchor"
    business_day_rule: str = "unadjusted"
    moved_interest: str = "unadjusted"
    rounding_mode: str = "half_up"
    rounding_stage: str = "ledger"
    interest_rounding: str = "period"
    multiple_rule: str = "none"
    installment_multiple: Decimal = Decimal(0)
    last_row: str = "payment_changes"
    remainder_row: str = "last"
    grace_rows: str = "compressed"
    grace_interest: str = "paid"
    stepped_rounding: str = "unrounded_grows"
    shortfall: str = "refused"
    drawdown_on_due: str = "next_period"
    repricing_day: str = "change_date"
    after_repricing: str = "keep_term"
    prepayment_effect: str = "keep_term"
    prepayment_date: str = "same_day"
    prepayment_charge_rate: Decimal = Decimal(0)
    prepayment_charge_months: int = 0
    settlement_interest: str = "to_day"
    dpd_day_zero: str = "due_date"
    grace_days: int = 0
    significant_from: str = "over_30"
    default_from: str = "over_90"
    overdue_interest: str = "scheduled"
    penalty_factor: Decimal = Decimal(0)
    penalty_base: str = "principal"
    penalty_days: str = "one_end"
    penalty_compounds: bool = False
    late_fee: Decimal = Decimal(0)
    allocation_order: str = "penalty_interest_principal_fee"
    allocation_spread: str = "installment_first"
    overpayment: str = "pays_ahead"
    disclosed_rate: str = "cn_irr"
    apr_time_axis: str = "actual_days"
    flat_rows: str = "equal_parts"
    penalty_year: str = "days_360"
    broken_period: str = "period_share"

    def __post_init__(self):
        for name, values in CHOICES.items():
            value = getattr(self, name)
            if value not in values:
                raise ConventionError("option_unknown", option=name, value=value)
        for name in _AMOUNTS:
            value = getattr(self, name)
            if isinstance(value, float):
                raise TypeError(f"{name} must be a Decimal, not {value!r}")
            if not Decimal(value).is_finite() or value < 0 or value > _AMOUNTS[name]:
                raise ConventionError("option_out_of_range", option=name, value=value)
        for first, second, together in _DISAGREE:
            if together(self):
                raise ConventionError("options_disagree", first=first, second=second)

    @cached_property
    def is_plain(self):
        """Whether an annuity without events is the house's, whatever else is chosen: the short route's question."""
        return all(getattr(self, name) == getattr(Conventions, name) for name in _PLAIN)


_PLAIN = ("period_basis", "month_end", "rounding_mode", "rounding_stage", "multiple_rule", "last_row")

_AMOUNTS = {
    "installment_multiple": Decimal(10) ** 9,
    "prepayment_charge_rate": Decimal(1),
    "prepayment_charge_months": Decimal(600),
    "grace_days": Decimal(365),
    "penalty_factor": Decimal(10),
    "late_fee": Decimal(10) ** 9,
}

# (one option, the other, do they disagree): what no lender can mean at the same time.
_DISAGREE = (
    # A rule that rounds to a multiple of nothing, or a multiple nobody rounds to.
    (
        "multiple_rule",
        "installment_multiple",
        lambda c: (c.multiple_rule == "none") != (not c.installment_multiple),
    ),
    # Rows that are rounded only when shown have no last row to nudge, plug or round to a multiple.
    (
        "rounding_stage",
        "multiple_rule",
        lambda c: c.rounding_stage == "display" and c.multiple_rule != "none",
    ),
    (
        "rounding_stage",
        "last_row",
        lambda c: c.rounding_stage == "display" and c.last_row != "payment_changes",
    ),
    # A level amount bound to a multiple can not also be nudged cent by cent.
    (
        "multiple_rule",
        "last_row",
        lambda c: c.multiple_rule != "none" and c.last_row == "level_nudged",
    ),
    # Interest by days counts every period by its days, the first like the others.
    (
        "period_basis",
        "first_period",
        lambda c: c.period_basis != "equal_periods" and c.first_period != Conventions.first_period,
    ),
    # ACT/ACT alone is split at the new year.
    ("day_count", "year_split", lambda c: c.day_count != "act_act" and c.year_split != "isda"),
    # Interest can not run to a moved day where no day is moved, or where days do not count.
    (
        "business_day_rule",
        "moved_interest",
        lambda c: c.business_day_rule == "unadjusted" and c.moved_interest == "adjusted",
    ),
    (
        "period_basis",
        "moved_interest",
        lambda c: c.period_basis == "equal_periods" and c.moved_interest == "adjusted",
    ),
    # Days past due less the grace days need some; the due day as day one leaves no room for them.
    ("dpd_day_zero", "grace_days", lambda c: c.dpd_day_zero == "less_grace" and not c.grace_days),
    ("dpd_day_zero", "grace_days", lambda c: c.dpd_day_zero == "due_day_is_one" and c.grace_days > 0),
    # Interest by each row's own days leaves no remainder for the first row to bear.
    (
        "flat_rows",
        "remainder_row",
        lambda c: c.flat_rows == "level_total" and c.remainder_row == "first",
    ),
    # Penalty on penalty where there is no penalty; a window without a charge.
    ("penalty_factor", "penalty_compounds", lambda c: not c.penalty_factor and c.penalty_compounds),
    (
        "prepayment_charge_rate",
        "prepayment_charge_months",
        lambda c: not c.prepayment_charge_rate and c.prepayment_charge_months > 0,
    ),
    # An own row carries the interest to its day; it can not wait for the next due date.
    (
        "prepayment_effect",
        "prepayment_date",
        lambda c: c.prepayment_effect == "own_row" and c.prepayment_date == "next_due",
    ),
)

STANDARD = Conventions()
NAMES = tuple(field.name for field in fields(Conventions))
