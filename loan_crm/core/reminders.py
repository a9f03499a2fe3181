"""Which reminder is due today, which never again, and why one stays silent.

A ladder of steps surrounds each due date: some days before, on the day, some days after. Every step has a
**window**, the days on which it may be sent, and windows never overlap:

* it opens on the step's own day, due date plus offset, never earlier;
* it stays open ``catch_up`` days longer, for a job that slept;
* it closes before the next step's day: only the latest step speaks, missed ones do not pile up;
* a before-due step closes before the due date: "due in three days" must not arrive when that is no longer
  true.

So how often the job runs does not matter. That a step is sent once for an installment is not decided here but
by a constraint in the database: on each day of its window :func:`current_step` names the same step.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from .refusal import Refusal


class LadderError(Refusal):
    """Reasons: ``step_repeated`` (a key twice), ``offset_repeated`` (two a day), ``catch_up_negative``."""


class Step(NamedTuple):
    """One rung: the caller's hashable key, and its day relative to the due date (-3: three days before)."""

    key: Any
    offset: int


class Window(NamedTuple):
    """The days on which a step may be sent, relative to the due date, both ends included."""

    step: Step
    first: int
    last: int

    def due_between(self, today):
        """Return the earliest and latest due date for which this step may be sent today, to search."""
        return today - timedelta(self.last), today - timedelta(self.first)


class Planned(NamedTuple):
    """So many reminders of a step planned for a day, for installments of one due date."""

    day: date
    due: date
    step: Step
    count: int


def windows(steps, catch_up):
    """Return the Window of each step, in the order of their days.

    :param steps: Step rows in any order
    :param int catch_up: days a step may be late when the job slept, 0 or more
    :rtype: tuple[Window, ...]
    :raises LadderError: see there
    """
    return _windows(tuple(steps), catch_up)


@lru_cache(maxsize=256)
def _windows(steps, catch_up):
    if catch_up < 0:
        raise LadderError("catch_up_negative", catch_up=catch_up)
    if len({step.key for step in steps}) < len(steps):
        raise LadderError("step_repeated")
    if len({step.offset for step in steps}) < len(steps):
        raise LadderError("offset_repeated")
    ladder = sorted(steps, key=lambda step: step.offset)
    opened = []
    for index, step in enumerate(ladder):
        last = step.offset + catch_up
        for following in ladder[index + 1 : index + 2]:
            last = min(last, following.offset - 1)
        if step.offset < 0:
            last = min(last, -1)
        opened.append(Window(step, step.offset, last))
    return tuple(opened)


def current_step(due, today, steps, catch_up):
    """Return the step that may be sent today for an installment, or None on a day without one.

    :param date due: due date of the installment
    :param date today: in the borrower's time zone
    :param steps: Step rows in any order
    :param int catch_up: days a step may be late when the job slept, 0 or more
    :raises LadderError: see there
    """
    days = (today - due).days
    for window in windows(steps, catch_up):
        if window.first <= days <= window.last:
            return window.step
    return None


def missed(due, today, steps, catch_up, sent=()):
    """Return the steps that were not sent and never will be: their window has closed.

    :param sent: keys of the steps sent for this installment
    :return: tuple of Step, in the order of their days; other arguments as for :func:`current_step`
    """
    days = (today - due).days
    return tuple(
        window.step
        for window in windows(steps, catch_up)
        if window.last < days and window.step.key not in sent
    )


def forecast(due_dates, steps, start, days):
    """Return what falls to be sent from a start date on, each step on its own day.

    Steps that a sleeping job will have to catch up are not foreseen, nor those that a hold will silence.

    :param due_dates: due dates of open installments, one each, or a mapping of due date to their number
    :param steps: Step rows
    :param date start: first day
    :param int days: how many days, the start included
    :return: tuple of Planned, by day, due date and step
    """
    plan = [
        Planned(day, due, step, count)
        for due, count in Counter(due_dates).items()
        for step in steps
        if 0 <= ((day := due + timedelta(step.offset)) - start).days < days and count
    ]
    return tuple(sorted(plan, key=lambda planned: (planned.day, planned.due, planned.step.offset)))


@dataclass(frozen=True)
class Facts:
    """What is known about an installment and its borrower on the moment of sending.

    The defaults are those of a borrower who may be reminded. A later feature adds a field with such a default
    here, and its row to ``HOLDS``.

    :param Decimal amount_open: still owed on the installment, major units
    :param Decimal minimum: an amount below it is not worth a reminder, major units
    """

    amount_open: Decimal
    minimum: Decimal = Decimal(0)
    contract_active: bool = True
    customer_archived: bool = False
    has_address: bool = True
    address_valid: bool = True
    opted_out: bool = False
    bounced: bool = False
    has_template: bool = True
    too_late: bool = False


class Hold(NamedTuple):
    """A reason for silence, and the predicate on Facts that tells whether it applies."""

    reason: str
    applies: Callable[[Facts], bool]


# In this order: the first that applies is the one people read. What makes the reminder pointless comes before
# what makes it undeliverable, and that before what the borrower or the lender prefers.
HOLDS = (
    Hold("paid", lambda facts: facts.amount_open <= 0),
    Hold("inactive", lambda facts: not facts.contract_active),
    Hold("archived", lambda facts: facts.customer_archived),
    Hold("no_address", lambda facts: not facts.has_address),
    Hold("invalid_address", lambda facts: not facts.address_valid),
    Hold("opted_out", lambda facts: facts.opted_out),
    Hold("bounced", lambda facts: facts.bounced),
    Hold("below_minimum", lambda facts: facts.amount_open < facts.minimum),
    Hold("no_template", lambda facts: not facts.has_template),
    Hold("too_late", lambda facts: facts.too_late),
)


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
