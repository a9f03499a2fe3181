"""Absences and who stands in: spans of days, both ends included, and the line of those who act."""

from datetime import date, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


def state(today, span, back=False):
    """Tell where an absence stands.

    :param date today: the lender's
    :param Span span: the days of the absence
    :param bool back: whoever was away has said that they are there again
    :return: ``planned``, ``running`` or ``over``
    """
    if back or span.last < today:
        return "over"
    return "running" if span.first <= today else "planned"


def common(one, other):
    """Return the Span of the days that two spans share, None if they share none."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    return Span(first, last) if first <= last else None


def left_over(span, taken):
    """Return the Spans of a span's days that lie in none of the others, in order.

    :param Span span:
    :param taken: Spans, in any order, which may overlap
    """
    parts, day = [], span.first
    for other in sorted(taken):
        if other.last < day or other.first > span.last:
            continue
        if other.first > day:
            parts.append(Span(day, other.first - timedelta(1)))
        day = other.last + timedelta(1)
    if day <= span.last:
        parts.append(Span(day, span.last))
    return parts


def who_acts(line, gone, away):
    """Return who acts: the first in line who is there; if all are away, the last, who is accountable; else None.

    :param line: people in the order in which they are asked; the one who is accountable comes last
    :param gone: those who left the lender, and act for nobody
    :param away: those who are absent today
    """
    there = [person for person in line if person not in gone]
    return next((person for person in there if person not in away), there[-1] if there else None)
