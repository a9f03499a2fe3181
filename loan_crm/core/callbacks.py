"""When a customer who wants to be called is called, and which hours of somebody's are still free.

Working time comes in as :class:`core.working_time.WorkingTime`, everything here is aware. What a customer says of their
day (the hours at which they like to be called, before or after noon) is by their own clock.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from .working_time import UTC

PARTS = ("soon", "morning", "afternoon")
_NOON = 12
# Nobody promises to call within less.
_LEAST = timedelta(minutes=30)
# How long somebody who wants it as soon as possible waits for a call, in working hours of one day.
_SOON = timedelta(hours=2)
# Nobody is called earlier or later, whatever anybody works or has said.
_EARLIEST, _LATEST = 8, 21


class Likes(NamedTuple):
    """When somebody likes to be called, by their own clock.

    :param frozenset weekdays: 0 is Monday; empty: any day is as good
    :param float start: hour of the day
    :param float end: hour of the day
    """

    weekdays: frozenset
    start: float
    end: float


class Span(NamedTuple):
    """From a moment until another, aware, in UTC."""

    start: datetime
    end: datetime


def window(now, part, working, likes, zone):
    """Return within which time somebody is called.

    What they like is kept to where it can be; who likes evenings alone of a bank that closes at five is called by day.

    :param datetime now: aware
    :param str part: one of :data:`PARTS`
    :param WorkingTime working: when whoever calls is there
    :param Likes likes: of the customer
    :param ZoneInfo zone: of the customer
    :return: a :class:`Span` within one day of theirs, None where nobody is there then in the time that is known
    """
    anything = Likes(frozenset(), _EARLIEST, _LATEST)
    for wanted in (likes, anything):
        for start, end in working.spans:
            if found := _within(max(start, now), end, part, wanted, zone):
                return Span(found.start, min(found.end, found.start + _SOON)) if part == "soon" else found
    return None


def _within(start, end, part, likes, zone):
    """Return the first stretch of a span that lies in a part of a day and is liked, None where none is long enough."""
    day = start.astimezone(zone).date()
    while _at(day, 0, zone) < end:
        low = max(likes.start, _EARLIEST, _NOON if part == "afternoon" else 0)
        high = min(likes.end, _LATEST, _NOON if part == "morning" else 24)
        if low < high and (not likes.weekdays or day.weekday() in likes.weekdays):
            first, last = max(start, _at(day, low, zone)), min(end, _at(day, high, zone))
            if last - first >= _LEAST:
                return Span(first, last)
        day += timedelta(days=1)
    return None


def free(spans, busy, minutes, first, last):
    """Return the appointments that are still to be had.

    Each begins a whole number of lengths after the span it lies in, so that one that is taken leaves no odd gap.

    :param spans: iterable of (start, end), aware, when somebody works
    :param busy: iterable of (start, end), aware, when they are engaged
    :param int minutes: length of an appointment
    :param datetime first: none begins earlier
    :param datetime last: none ends later
    :return: a list of :class:`Span`, in order
    """
    length, taken, found = timedelta(minutes=minutes), sorted(busy), []
    for start, end in sorted(spans):
        while start + length <= min(end, last):
            stop = start + length
            if start >= first and not any(begin < stop and start < over for begin, over in taken):
                found.append(Span(start.astimezone(UTC), stop.astimezone(UTC)))
            start = stop
    return found


def _at(day, hour, zone):
    """Return an hour of a day on a clock of the wall, in UTC; 24 is the next midnight."""
    minutes = round(hour * 60)
    day += timedelta(days=minutes // 1440)
    return datetime.combine(day, time(minutes // 60 % 24, minutes % 60), tzinfo=zone).astimezone(UTC)


def masked(number):
    """Return a telephone number of which only the first digits and the last two are told: 138•••••00.

    :param str number: as it was typed, may be empty
    """
    digits = [place for place, sign in enumerate(number) if sign.isdigit()]
    hidden = set(digits[min(3, len(digits) // 3) : -2])
    return "".join("•" if place in hidden else sign for place, sign in enumerate(number))
