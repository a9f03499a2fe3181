"""How much working time lies between two moments, and when so much of it will have passed.

Everything here is aware and in UTC. Which hours are worked, in which zone, with which holidays and on which side of a
change of the clocks is the calendar's to say (`resource.calendar`); it comes here as spans between two instants, so a
day of 23 hours or of 25 is no case of its own.
"""

from bisect import bisect_right
from datetime import datetime, timedelta, timezone
from itertools import accumulate

from .refusal import Refusal

UTC = timezone.utc


class WorkingTimeError(Refusal):
    """Reasons: ``beyond`` (``until``): asked of a time of which it is not known what is worked; ``never``: no time is
    worked at all."""


class WorkingTime:
    """The hours a team works within a time that is known.

    :param spans: iterable of (start, end), aware :class:`datetime.datetime`; in any order, they may touch or overlap
    :param datetime known_from: from when it is known what is worked, aware
    :param datetime known_until: until when, aware
    :raises TypeError: for a moment without a zone
    """

    def __init__(self, spans, known_from, known_until):
        self.known_from, self.known_until = _utc(known_from), _utc(known_until)
        merged = []
        for start, end in sorted((_utc(start), _utc(end)) for start, end in spans):
            start, end = max(start, self.known_from), min(end, self.known_until)
            if end <= start:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        self.spans = tuple((start, end) for start, end in merged)
        self._starts = [start for start, _end in self.spans]
        # Seconds worked before each span, and after the last one.
        self._before = [0, *accumulate(_seconds(start, end) for start, end in self.spans)]

    def spent(self, start, end):
        """Return how many seconds are worked between two moments; none if the second is not later.

        :param datetime start: aware
        :param datetime end: aware
        :rtype: int
        :raises WorkingTimeError: ``beyond``
        """
        start, end = _utc(start), _utc(end)
        if end <= start:
            return 0
        return self._worked_until(end) - self._worked_until(start)

    def after(self, start, seconds):
        """Return the moment at which so much has been worked since another.

        Nothing has been worked at the moment itself, whether or not it is worked; anything more ends within a span or
        with its last second, never at the start of the next one: what is due by the end of a day is due that day.

        :param datetime start: aware
        :param int seconds: not negative
        :rtype: datetime
        :raises WorkingTimeError: ``beyond`` where so much is not worked within the time that is known, ``never``
        """
        start = _utc(start)
        if not seconds:
            return start
        if not self.spans:
            raise WorkingTimeError("never")
        wanted = self._worked_until(start) + seconds
        if wanted > self._before[-1]:
            raise WorkingTimeError("beyond", until=self.known_until)
        # The first span by whose end so much has been worked.
        low = next(index for index in range(_first_reaching(self._before, wanted), len(self.spans) + 1))
        begun, _end = self.spans[low - 1]
        return begun + timedelta(seconds=wanted - self._before[low - 1])

    def next(self, moment):
        """Return the moment itself if it is worked, else the start of the next span.

        :param datetime moment: aware
        :rtype: datetime
        :raises WorkingTimeError: ``beyond``
        """
        moment = self._known(moment)
        index = bisect_right(self._starts, moment)
        if index and moment < self.spans[index - 1][1]:
            return moment
        if index == len(self.spans):
            raise WorkingTimeError("beyond", until=self.known_until)
        return self._starts[index]

    def without(self, pauses):
        """Return this working time without some pauses, in which no clock runs.

        :param pauses: iterable of (start, end), aware; an end that is None is not known yet: nothing is worked from
            its start on
        :rtype: WorkingTime
        """
        pauses = [
            (max(_utc(start), self.known_from), min(_utc(end), self.known_until) if end else self.known_until)
            for start, end in pauses
        ]
        if not pauses:
            return self
        spans = list(self.spans)
        for pause_start, pause_end in pauses:
            if pause_end <= pause_start:
                continue
            left = []
            for start, end in spans:
                if end <= pause_start or start >= pause_end:
                    left.append((start, end))
                    continue
                if start < pause_start:
                    left.append((start, pause_start))
                if pause_end < end:
                    left.append((pause_end, end))
            spans = left
        return WorkingTime(spans, self.known_from, self.known_until)

    def _worked_until(self, moment):
        moment = self._known(moment)
        index = bisect_right(self._starts, moment)
        if not index:
            return 0
        start, end = self.spans[index - 1]
        return self._before[index - 1] + _seconds(start, min(moment, end))

    def _known(self, moment):
        moment = _utc(moment)
        if not self.known_from <= moment <= self.known_until:
            raise WorkingTimeError("beyond", until=self.known_until)
        return moment


def _first_reaching(before, wanted):
    """Return the index of the first sum that is not less than what is wanted; sums never fall."""
    low, high = 1, len(before) - 1
    while low < high:
        middle = (low + high) // 2
        if before[middle] >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def _utc(moment):
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise TypeError(f"a moment must be an aware datetime, not {moment!r}")
    return moment.astimezone(UTC)


def _seconds(start, end):
    return int((end - start).total_seconds())
