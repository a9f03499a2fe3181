"""Whether a person is asked how it was, over all surveys there are: rarely, at the right moment, and never twice.

Everything is told as facts and nothing is remembered here, so the same facts end in the same answer. Each silence has
a reason. Some are final: the occasion is past, whoever asks later would ask about something else. Others end by
themselves, and the survey waits: for a business day, or for the end of the interval where that comes in time.

A rule may have an interval of its own, shorter or longer than the lender's between two surveys. It counts for what that
rule asks, from the last survey whatever it was, and changes nothing else: the year has one cap for all rules.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

# What is counted against the yearly cap. A day that lies so far back is forgotten.
YEAR = timedelta(days=365)


class Limits(NamedTuple):
    """How often a lender lets one person be asked.

    :param int interval_days: days that lie between two surveys at least; 0: no limit
    :param int per_year: surveys within any 365 days at most; 0: nobody is asked
    """

    interval_days: int
    per_year: int

    def of_rule(self, own_days):
        """Return the limits as they are for a rule.

        :param int own_days: days that a rule of its own lets lie before its survey at least; 0 or None: as for all
        :rtype: Limits
        """
        return self._replace(interval_days=own_days) if own_days else self


class Facts(NamedTuple):
    """What is known of one person and one occasion on the day a survey is due.

    :param date today: the lender's day
    :param asked: days on which this person was asked, of whatever survey, in any order
    :param date last_day: the last day on which it makes sense to ask; None for any
    :param bool switched_off: the lender asks nobody at the moment
    :param bool rule_gone: the rule was switched off since
    :param bool survey_closed: the survey takes no answers, or has no question
    :param bool undone: what it is about was undone: a loan cancelled, a case opened again
    :param bool gone: the customer or the contact is archived
    :param bool occasion_asked: this person was asked about this occasion already
    :param bool trivial: not worth a question, a thank-you for instance
    :param bool self_closed: the customer has settled it themselves
    :param bool opted_out: wants no surveys, or no mail at all
    :param bool complaint_open: a complaint of theirs is not settled
    :param held: why the person is not to be bothered now, a word of the lender's; None where they may
    :param bool by_mail: it goes by mail; the next facts count only then
    :param bool has_address: there is an address to write to
    :param bool bounced: mails to that address come back
    :param bool has_letter: there is a letter to write
    :param bool nobody_asks: it is to be asked by telephone and nobody can
    :param bool closed_day: the borrower is not written to on such a day
    :param bool quiet: nor at this hour
    """

    today: date
    asked: tuple = ()
    last_day: date | None = None
    switched_off: bool = False
    rule_gone: bool = False
    survey_closed: bool = False
    undone: bool = False
    gone: bool = False
    occasion_asked: bool = False
    trivial: bool = False
    self_closed: bool = False
    opted_out: bool = False
    complaint_open: bool = False
    held: str | None = None
    by_mail: bool = True
    has_address: bool = True
    bounced: bool = False
    has_letter: bool = True
    nobody_asks: bool = False
    closed_day: bool = False
    quiet: bool = False


class Reason(NamedTuple):
    """A reason for silence.

    :param str code: what it is called
    :param applies: tells of facts and limits whether it holds
    :param final: the survey is not sent any more; else it waits until the reason is gone. What is not the same at all
        times is told of facts and limits, too
    """

    code: str
    applies: Callable
    final: Callable | bool = True


class Verdict(NamedTuple):
    """
    :param reason: the code of the first reason for silence, None where the person is asked now
    :param bool final: whether the silence is for good
    """

    reason: str | None
    final: bool


ASK = Verdict(None, True)


def last_asked(asked):
    """Return the last of some days, None without any."""
    return max(asked, default=None)


def free_from(asked, interval_days):
    """Return the first day on which the interval is over, None where it does not stand in the way.

    :param asked: iterable of days
    :param int interval_days: see :class:`Limits`
    """
    last = last_asked(asked)
    return last + timedelta(days=interval_days) if last and interval_days else None


def within_year(asked, today):
    """Return how many of some days lie within the 365 days that end today, days to come among them."""
    return sum(day > today - YEAR for day in asked)


def _too_soon(facts, limits):
    free = free_from(facts.asked, limits.interval_days)
    return free is not None and facts.today < free


def _too_soon_for_good(facts, limits):
    # Where the interval ends while it still makes sense to ask, nothing is lost by waiting.
    return bool(facts.last_day) and free_from(facts.asked, limits.interval_days) > facts.last_day


# The first one that holds is told. What is final comes before what ends by itself, and what tells most of the person
# before what tells of the calendar.
REASONS = (
    Reason("switched_off", lambda facts, limits: facts.switched_off),
    Reason("rule_gone", lambda facts, limits: facts.rule_gone),
    Reason("survey_closed", lambda facts, limits: facts.survey_closed),
    Reason("undone", lambda facts, limits: facts.undone),
    Reason("gone", lambda facts, limits: facts.gone),
    Reason("occasion_asked", lambda facts, limits: facts.occasion_asked),
    Reason("trivial", lambda facts, limits: facts.trivial),
    Reason("self_closed", lambda facts, limits: facts.self_closed),
    Reason("opted_out", lambda facts, limits: facts.opted_out),
    Reason("complaint_open", lambda facts, limits: facts.complaint_open),
    Reason("held", lambda facts, limits: bool(facts.held)),
    Reason("no_address", lambda facts, limits: facts.by_mail and not facts.has_address),
    Reason("bounced", lambda facts, limits: facts.by_mail and facts.bounced),
    Reason("nobody_asks", lambda facts, limits: not facts.by_mail and facts.nobody_asks),
    Reason("too_late", lambda facts, limits: bool(facts.last_day) and facts.today > facts.last_day),
    Reason("cap", lambda facts, limits: within_year(facts.asked, facts.today) >= limits.per_year),
    Reason("too_soon", _too_soon, final=_too_soon_for_good),
    Reason("no_letter", lambda facts, limits: facts.by_mail and not facts.has_letter, final=False),
    Reason("closed_day", lambda facts, limits: facts.by_mail and facts.closed_day, final=False),
    Reason("quiet", lambda facts, limits: facts.by_mail and facts.quiet, final=False),
)
CODES = tuple(reason.code for reason in REASONS)


def verdict(facts, limits):
    """Tell whether a person is asked now, and why not.

    :param Facts facts:
    :param Limits limits:
    :rtype: Verdict
    """
    for reason in REASONS:
        if reason.applies(facts, limits):
            final = reason.final
            return Verdict(reason.code, final(facts, limits) if callable(final) else final)
    return ASK
