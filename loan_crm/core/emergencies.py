"""Whether an emergency opens a customer, of whom the person says what they know.

Two things are asked together, a number and the name that belongs to it. A number alone could be guessed, and a name
alone would ask the very question a level protects: is this one a customer of yours? Who knows both knows that already,
so neither answer tells anything new; and a wrong guess costs one of the day's few attempts.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta

_LEAST = 3  # characters of a number: "/" is what a draft is called
AGAIN = timedelta(hours=24)

OPENED = "opened"
UNKNOWN = "unknown"  # nobody is called so under this number, or several are
CLOSED = "closed"  # a wall, a conflict or what the level asks keeps the person out, in an emergency, too
AGAIN_SOON = "again"  # theirs within the last day: somebody else decides about a second time
LIMIT = "limit"


@dataclass(frozen=True)
class Attempt:
    """An attempt on record.

    :param datetime moment: when
    :param str verdict: one of the above
    :param int form: the number of the form it was made with
    :param frozenset customers: numbers of the customers it was about
    """

    moment: object
    verdict: str
    form: int
    customers: frozenset = field(default_factory=frozenset)


def plain(text):
    """Return a number or a name as it is compared: however it is spaced, in small or capital letters."""
    return "".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def same(entered, known):
    """Tell whether what was entered is what is known.

    :param str entered: by the person
    :param str known: a number or a name; empty is never the same
    """
    return bool(plain(known)) and plain(entered) == plain(known)


def long_enough(text, least):
    """Tell whether words say something: so many characters, spaces aside, and not one key held down.

    :param str text: a reason
    :param int least: characters
    """
    said = plain(text)
    return len(said) >= least and len(set(said)) >= min(least, 5)


def usable(number):
    """Tell whether a number can be that of somebody: what is not numbered yet is called “/”."""
    return len(plain(number)) >= _LEAST


def judge(attempts, *, form, customer, opens, limit, day_began, now):
    """Say what becomes of an attempt.

    :param attempts: list of :class:`Attempt` of the same person, within a day at least
    :param int form: the number of the form: pressed twice it is one attempt
    :param int customer: the number of the customer who was found, or None
    :param bool opens: whether an emergency would open them to the person
    :param int limit: attempts a day
    :param datetime day_began: when the day that is counted began
    :param datetime now: on the clock of the attempts
    :return: the verdict, and whether it is on record already
    """
    for attempt in attempts:
        same_again = attempt.form == form and customer in attempt.customers
        if same_again and opens and attempt.verdict in (OPENED, AGAIN_SOON):
            return attempt.verdict, True
    # Before anything is said of a customer, so that who has used theirs up is told the same of everybody.
    if sum(attempt.moment >= day_began for attempt in attempts) >= limit:
        return LIMIT, False
    if customer is None:
        return UNKNOWN, False
    if not opens:
        return CLOSED, False
    if any(
        attempt.verdict == OPENED and customer in attempt.customers and attempt.moment > now - AGAIN
        for attempt in attempts
    ):
        return AGAIN_SOON, False
    return OPENED, False
