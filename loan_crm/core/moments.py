"""The hours in which a borrower may be written to, on the borrower's own clock.

Everything is computed in local time and only then turned into UTC: eight o'clock is eight o'clock on both sides of
a change of clocks. An hour that the change skips begins with the first minute that exists after it; of one that
comes twice the first is meant.
"""

from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

from .refusal import Refusal


class MomentError(Refusal):
    """Reasons: ``hour_unknown`` (``hours``): not within the 24 of a day."""


class Clock(NamedTuple):
    """What "today" and "now" are for a whole piece of work, read once: the lender's day, and an aware moment."""

    today: date
    now: datetime


class Quiet(NamedTuple):
    """Hours in which nobody is contacted: from one to the other, over midnight if the first is the later.

    Hours of the day, 0 to 24, halves as fractions; equal ones mean no quiet hours at all.
    """

    start: float
    end: float

    def covers(self, clock):
        """Tell whether a :class:`datetime.time` lies in these hours; the end does not."""
        hour = clock.hour + clock.minute / 60 + clock.second / 3600
        if self.start <= self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


NEVER = Quiet(0, 0)


def quiet_hours(start, end):
    """Return Quiet hours.

    :param float start: 0 to 24
    :param float end: 0 to 24
    :raises MomentError: ``hour_unknown``
    """
    for hours in (start, end):
        if not 0 <= hours <= 24:
            raise MomentError("hour_unknown", hours=hours)
    return Quiet(start % 24, end % 24)


def may_write_from(now, zone, quiet, not_before=None):
    """Return the first moment from now on at which a borrower may be written to.

    :param datetime now: aware
    :param tzinfo zone: the borrower's
    :param Quiet quiet: hours in which nobody is contacted
    :param date not_before: a day that must have begun where the borrower is; None for any
    :return: aware datetime in UTC, `now` itself if it may be now
    """
    local = now.astimezone(zone)
    if not_before and local.date() < not_before:
        local = _at(not_before, time(0), zone)
    if quiet.covers(local.timetz().replace(tzinfo=None)):
        end = _clock(quiet.end)
        day = local.date()
        if quiet.start > quiet.end and local.timetz().replace(tzinfo=None) >= _clock(quiet.start):
            day += timedelta(1)
        local = _at(day, end, zone)
    moment = local.astimezone(timezone.utc)
    return max(moment, now.astimezone(timezone.utc))


def _clock(hours):
    return time(int(hours), round(hours % 1 * 60) % 60)


def _at(day, clock, zone):
    """Return the moment a clock shows a time, the first after it when the clock skips it."""
    moment = datetime.combine(day, clock, tzinfo=zone)
    # A time that does not exist comes back from UTC as another one, later by what was skipped.
    return moment.astimezone(timezone.utc).astimezone(zone)
