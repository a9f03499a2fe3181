"""When an answer is due, how far its clock has run, and when somebody should be told.

A clock runs from one moment to another against a target: so many minutes of a team's working time, so many days the
lender is open, or so many days of the calendar, as laws count them. It stands still in pauses, where its policy lets
it. A target in days is met until the last second of its last day in the zone it is counted in.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .refusal import Refusal
from .working_time import UTC, WorkingTimeError, _utc

UNITS = ("minutes", "business_days", "days")
# Shares of the target, in percent, at which somebody is told.
MARKS = (50, 75, 90, 100)


class ClockError(Refusal):
    """Reasons: ``unit_unknown`` (``unit``), ``amount_not_positive`` (``amount``)."""


class Target(NamedTuple):
    """
    :param int amount: at least 1
    :param str unit: one of ``UNITS``
    """

    amount: int
    unit: str


class Setting(NamedTuple):
    """What a clock is counted with.

    :param WorkingTime working: the team's working time, without any pause
    :param BusinessCalendar calendar: the days the lender is open
    :param ZoneInfo zone: in which days begin and end
    """

    working: object
    calendar: object
    zone: ZoneInfo


class Reading(NamedTuple):
    """What a clock shows at a moment.

    :param due: the :class:`datetime` by which, in UTC; None while a pause has no end, or where it is too far away to
        be known
    :param int share: percent of the target that is spent, rounded down; may pass 100
    :param bool late: whether the moment lies after the due one
    """

    due: datetime | None
    share: int
    late: bool


def due(started, target, setting, pauses=()):
    """Return by when a target has to be met.

    Days are counted from the day after the one it started on, as laws count them (for example Article 18 of the
    measures on consumer complaints of China's banking regulator of 2020, and DISP 1.6 of the FCA handbook: weeks and
    days after receipt). A pause moves a target in days by the days it touches the end of: from its first day to its
    last, the last not counted.

    :param datetime started: aware
    :param Target target:
    :param Setting setting:
    :param pauses: iterable of (start, end), aware; an end that is None is not known yet
    :return: aware, in UTC; None while a pause has no end, or where it is not known what is worked by then
    :raises ClockError:
    """
    _check(target)
    pauses = tuple(pauses)
    if any(end is None for _start, end in pauses):
        return None
    started = _utc(started)
    if target.unit == "minutes":
        try:
            return setting.working.without(pauses).after(started, target.amount * 60)
        except WorkingTimeError:
            return None
    held = sum(_days_held(start, end, started, setting.zone) for start, end in pauses)
    day = started.astimezone(setting.zone).date()
    if target.unit == "business_days":
        day = setting.calendar.add_business_days(day, target.amount)
    else:
        day += timedelta(days=target.amount)
    return _end_of(day + timedelta(days=held), setting.zone)


def read(started, target, setting, moment, pauses=()):
    """Return what a clock shows.

    :param datetime started: aware
    :param Target target:
    :param Setting setting:
    :param datetime moment: aware; now, or when the clock was stopped
    :param pauses: as in :func:`due`
    :rtype: Reading
    """
    moment, started, pauses = _utc(moment), _utc(started), tuple(pauses)
    by = due(started, target, setting, pauses)
    # What is spent is known while a pause lasts, too.
    known = tuple((start, end if end else max(moment, _utc(start))) for start, end in pauses)
    if target.unit == "minutes":
        try:
            spent = setting.working.without(known).spent(started, moment)
        except WorkingTimeError:
            spent = 0
        share = spent * 100 // (target.amount * 60)
    else:
        so_far = due(started, target, setting, known)
        whole = (so_far - started).total_seconds() - _held(known, started, so_far)
        share = int(max(0, (moment - started).total_seconds() - _held(known, started, moment)) * 100 // whole)
    return Reading(by, share, bool(by and moment > by))


def next_mark(started, target, setting, moment, pauses=()):
    """Return the next moment at which somebody should be told, and at which share.

    It lies within the team's working time, so that nobody is called at midnight: what a law counts in days of the
    calendar is told at the start of the next working span.

    :return: (moment in UTC, share) or (None, None) when all is told, or while a pause has no end
    """
    by = due(started, target, setting, pauses)
    if by is None:
        return None, None
    moment, started, pauses = _utc(moment), _utc(started), tuple(pauses)
    coming = {}
    for mark in MARKS:
        at = _at(started, by, target, setting, pauses, mark)
        try:
            at = setting.working.next(at)
        except WorkingTimeError:
            continue
        if at > moment:
            coming[at] = mark  # of several that meet in the morning the last one says it all
    if not coming:
        return None, None
    at = min(coming)
    return at, coming[at]


def _at(started, by, target, setting, pauses, mark):
    if mark == 100:
        return by
    if target.unit == "minutes":
        return setting.working.without(pauses).after(started, target.amount * 60 * mark // 100)
    return started + (by - started) * mark / 100


def _check(target):
    if target.unit not in UNITS:
        raise ClockError("unit_unknown", unit=target.unit)
    if target.amount < 1:
        raise ClockError("amount_not_positive", amount=target.amount)


def _days_held(start, end, started, zone):
    start, end = max(_utc(start), started), _utc(end)
    if end <= start:
        return 0
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def _held(pauses, started, moment):
    """Return how many seconds of pauses lie between two moments; pauses do not overlap, their ledger sees to it."""
    return sum(
        max(0.0, (min(_utc(end), moment) - max(_utc(start), started)).total_seconds())
        for start, end in pauses
    )


def _end_of(day, zone):
    return (datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)).astimezone(UTC) - timedelta(
        seconds=1
    )
