"""Which reminder is due today, which never again, and why one stays silent.

A ladder of steps surrounds each due date: some days before, on the day, some days after. Every step has a
**window**, the days on which it may be sent, and windows of one installment never overlap:

* it opens on the step's own day, due date plus offset, never earlier. Where a calendar says that nobody is written
  to on that day, a step up to the due date opens on the business day before, a later one on the business day
  after; two steps that would meet part, so that a long holiday shifts stages and skips none;
* it stays open ``catch_up`` days longer, for a job that slept; with a calendar these are business days;
* it closes before the next step opens: only the latest step speaks, missed ones do not pile up;
* a before-due step closes before the due date: "due in three days" must not arrive when that is no longer
  true.

So how often the job runs does not matter. That a step is sent once for an installment is not decided here but
by a constraint in the database: on each day of its window :func:`current_step` names the same step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from .calendars import CalendarError
from .refusal import Refusal

# A closure longer than this moves no step out of the due dates that are looked at.
_LONGEST_CLOSURE = timedelta(40)


class LadderError(Refusal):
    """Reasons: ``step_repeated`` (a key twice), ``offset_repeated`` (two a day), ``catch_up_negative``."""


class Step(NamedTuple):
    """One rung: the caller's hashable key, and its day relative to the due date (-3: three days before)."""

    key: Any
    offset: int


class Window(NamedTuple):
    """The days on which a step may be sent for one due date, both ends included."""

    due: date
    step: Step
    first: date
    last: date


def check(steps, catch_up):
    """Return the steps in the order of their days.

    :param steps: Step rows in any order
    :param int catch_up: days a step may be late when the job slept, 0 or more
    :rtype: tuple[Step, ...]
    :raises LadderError: see there
    """
    return _checked(tuple(steps), catch_up)


@lru_cache(maxsize=256)
def _checked(steps, catch_up):
    if catch_up < 0:
        raise LadderError("catch_up_negative", catch_up=catch_up)
    if len({step.key for step in steps}) < len(steps):
        raise LadderError("step_repeated")
    if len({step.offset for step in steps}) < len(steps):
        raise LadderError("offset_repeated")
    return tuple(sorted(steps, key=lambda step: step.offset))


def windows(due, steps, catch_up, calendar=None):
    """Return the Window of each step around a due date, in the order of their days.

    :param date due: due date of the installment
    :param steps: Step rows in any order
    :param int catch_up: days a step may be late when the job slept, 0 or more
    :param BusinessCalendar calendar: days on which the borrower may be written to; None for every day
    :rtype: tuple[Window, ...]
    :raises LadderError: see there
    """
    return _windows(due, check(steps, catch_up), catch_up, calendar)


@lru_cache(maxsize=65536)
def _windows(due, ladder, catch_up, calendar):
    days = _days(due, ladder, calendar)
    opened = []
    for index, (step, first) in enumerate(zip(ladder, days, strict=True)):
        last = _later(first, catch_up, calendar)
        for following in days[index + 1 : index + 2]:
            last = min(last, following - timedelta(1))
        if step.offset < 0:
            last = min(last, due - timedelta(1))
        opened.append(Window(due, step, first, max(first, _open_before(last, calendar))))
    return tuple(opened)


def _days(due, ladder, calendar):
    """Return the day on which each step opens."""
    nominal = [due + timedelta(step.offset) for step in ladder]
    if calendar is None:
        return nominal
    until_due = [day for day in nominal if day <= due]
    try:
        return [
            *calendar.adjust_all(until_due, "preceding"),
            *calendar.adjust_all(nominal[len(until_due) :], "following"),
        ]
    except CalendarError:  # a calendar that knows no open day there moves nothing
        return nominal


def _later(day, count, calendar):
    if calendar is None:
        return day + timedelta(count)
    try:
        return calendar.add_business_days(day, count) if count else day
    except CalendarError:
        return day + timedelta(count)


def _open_before(day, calendar):
    """Return the last open day up to one, so that a window does not end on days nobody is written to."""
    if calendar is None:
        return day
    try:
        return calendar.adjust(day, "preceding")
    except CalendarError:
        return day


def current_step(due, today, steps, catch_up, calendar=None):
    """Return the step that may be sent today for an installment, or None on a day without one.

    :param date today: in the lender's time zone; other arguments as for :func:`windows`
    :raises LadderError: see there
    """
    for window in windows(due, steps, catch_up, calendar):
        if window.first <= today <= window.last:
            return window.step
    return None


def missed(due, today, steps, catch_up, sent=(), calendar=None):
    """Return the steps that were not sent and never will be: their window has closed.

    :param sent: keys of the steps sent for this installment
    :return: tuple of Step, in the order of their days; other arguments as for :func:`current_step`
    """
    return tuple(
        window.step
        for window in windows(due, steps, catch_up, calendar)
        if window.last < today and window.step.key not in sent
    )


def speaking(today, steps, catch_up, calendar=None):
    """Return the windows that are open on a day, one for each due date that has one: what to search for.

    :param date today: arguments as for :func:`current_step`
    :return: tuple of Window, by due date
    """
    return tuple(
        window
        for due in _due_dates(today, today, steps, catch_up)
        for window in windows(due, steps, catch_up, calendar)
        if window.first <= today <= window.last
    )


def opening(start, days, steps, catch_up, calendar=None):
    """Return the windows that open within a span of days: what is foreseen to be sent, each step on its own day.

    Steps that a sleeping job will have to catch up are not foreseen, nor those that a hold will silence.

    :param date start: first day
    :param int days: how many days, the start included
    :return: tuple of Window, by day and due date; other arguments as for :func:`windows`
    """
    end = start + timedelta(days - 1)
    return tuple(
        sorted(
            (
                window
                for due in _due_dates(start, end, steps, catch_up)
                for window in windows(due, steps, catch_up, calendar)
                if start <= window.first <= end
            ),
            key=lambda window: (window.first, window.due, window.step.offset),
        )
    )


def _due_dates(start, end, steps, catch_up):
    """Yield each due date for which a step may be sent between two days."""
    offsets = [step.offset for step in check(steps, catch_up)]
    if not offsets:
        return
    first = start - timedelta(max(offsets) + catch_up) - _LONGEST_CLOSURE
    last = end - timedelta(min(offsets)) + _LONGEST_CLOSURE
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


# ------------------------------------------------------------ speaking or silent


@dataclass(frozen=True)
class Facts:
    """What is known about an installment and its borrower on the moment of sending.

    The defaults are those of a borrower who may be reminded. A later feature adds a field with such a default
    here, and its row to ``HOLDS``.

    :param Decimal amount_open: still owed on the installment, major units
    :param Decimal minimum: an amount below it is not worth a reminder, major units
    :param str hold: kind of the hold record in force, None without one
    :param bool by_mail: it leaves as a letter; for a task of a person neither address nor hour matter
    :param bool required: the law requires this notice, so no preference and no limit silences it
    """

    amount_open: Decimal
    minimum: Decimal = Decimal(0)
    contract_active: bool = True
    replaced: bool = False
    customer_archived: bool = False
    hold: str | None = None
    debited: bool = False
    by_mail: bool = True
    required: bool = False
    call_first: bool = False
    enough: bool = False
    has_address: bool = True
    address_valid: bool = True
    bounced: bool = False
    opted_out: bool = False
    nobody_signs: bool = False
    has_template: bool = True
    too_late: bool = False
    paused: bool = False
    unusual: bool = False
    too_soon: bool = False
    capped: bool = False
    closed_day: bool = False
    quiet: bool = False


class Hold(NamedTuple):
    """A reason for silence, and the predicate on Facts that tells whether it applies."""

    reason: str
    applies: Callable[[Facts], bool]


# Holds that people place, the gravest first: of several in force it is the one told.
HOLD_KINDS = (
    "legal",
    "frozen",
    "complaint",
    "hardship",
    "restructured",
    "promise",
    "exempt",
    "other",
)


def _free(facts):
    """Tell whether preferences and limits count: not for a notice that the law requires."""
    return facts.by_mail and not facts.required


def _held(kind):
    return Hold(kind, lambda facts: facts.hold == kind and not facts.required)


# In this order: the first that applies is the one people read. What makes the reminder pointless comes first, then
# what a person asked for, then what makes it undeliverable, and last what only makes it wait.
HOLDS = (
    Hold("paid", lambda facts: facts.amount_open <= 0),
    Hold("inactive", lambda facts: not facts.contract_active),
    Hold("replaced", lambda facts: facts.replaced),
    Hold("archived", lambda facts: facts.customer_archived),
    *map(_held, HOLD_KINDS),
    Hold("auto_debit", lambda facts: facts.debited and not facts.required),
    Hold("below_minimum", lambda facts: facts.amount_open < facts.minimum and not facts.required),
    Hold("opted_out", lambda facts: facts.opted_out and _free(facts)),
    Hold("call_first", lambda facts: facts.call_first and _free(facts)),
    Hold("max_count", lambda facts: facts.enough and _free(facts)),
    Hold("no_address", lambda facts: facts.by_mail and not facts.has_address),
    Hold("invalid_address", lambda facts: facts.by_mail and not facts.address_valid),
    Hold("bounced", lambda facts: facts.by_mail and facts.bounced),
    Hold("no_access", lambda facts: facts.nobody_signs),
    Hold("no_template", lambda facts: facts.by_mail and not facts.has_template),
    Hold("too_late", lambda facts: facts.too_late),
    Hold("paused", lambda facts: facts.paused),
    Hold("unusual", lambda facts: facts.unusual),
    Hold("interval", lambda facts: facts.too_soon and _free(facts)),
    Hold("cap", lambda facts: facts.capped and _free(facts)),
    Hold("holiday", lambda facts: facts.by_mail and facts.closed_day),
    Hold("quiet_hours", lambda facts: facts.by_mail and facts.quiet),
)
# With these a person is given a task instead of the borrower a letter.
FOR_A_PERSON = ("call_first", "max_count")


def verdict(facts, holds=HOLDS):
    """Return the reason code to stay silent, or None to speak.

    :param Facts facts: as read under lock right before sending: money may have come in since the plan was
        made
    :param holds: Hold rows, first that applies wins
    """
    for hold in holds:
        if hold.applies(facts):
            return hold.reason
    return None


# ------------------------------------------------------------ unusually many


def unusual(planned, history, factor, least=50):
    """Tell whether a day would remind so many that a person should look first.

    :param int planned: reminders of the day
    :param history: their number on earlier days, in any order; days without any count
    :param float factor: how often the usual number is too much; 0 for never
    :param int least: so many are never unusual
    :return: whether it is, and the usual number: the median, and the least where there is too little history

    A median, because one day after a long holiday must not make the next such day look usual.
    """
    if len(history) < 3:
        usual = 0.0
    else:
        ordered = sorted(history)
        half = len(ordered) // 2
        usual = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return bool(factor) and planned > max(least, factor * usual), usual
