"""Papers that prove who a customer is: when they end, when somebody has to ask for new ones, how a number is shown."""

from calendar import monthrange
from datetime import timedelta

VALID, SOON, EXPIRED = "valid", "soon", "expired"
_SHOWN = 4


def expiry(rule, printed, issued, months):
    """Return the last day a paper is valid.

    :param str rule: ``"printed"`` (as it says), ``"months"`` (so many after it was issued) or ``"never"``
    :param date printed: the day on the paper; None where it says none
    :param date issued: None where it is not known
    :param int months: of the rule ``"months"``
    :return: a date, or None for a paper that does not end or of which the end is not known
    """
    if rule == "months":
        return _months_later(issued, months) if issued else None
    return printed if rule == "printed" else None


def _months_later(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def standing(last_day, remind_days, today):
    """Tell how a paper stands on a day.

    :param date last_day: None for a paper that does not end
    :param int remind_days: so many days before its end a new one is asked for
    :return: ``"valid"``, ``"soon"`` or ``"expired"``
    """
    if last_day is None:
        return VALID
    if last_day < today:
        return EXPIRED
    return SOON if last_day <= today + timedelta(remind_days) else VALID


def mask(number):
    """Return a number of which only the last characters can be read; of a short one less than half."""
    text = "".join(str(number or "").split())
    if not text:
        return ""
    shown = min(_SHOWN, len(text) // 2)
    return "•••• " + text[len(text) - shown :] if shown else "••••"


def completeness(required, papers):
    """Tell which papers a customer has of those they need.

    :param required: keys of the types that are needed
    :param papers: pairs `(key of the type, standing)`
    :return: a dict with the sets `there`, `missing` (never seen) and `expired` (only old ones), and `soon`
    """
    best = {}
    order = {VALID: 2, SOON: 1, EXPIRED: 0}
    for key, state in papers:
        if key not in best or order[state] > order[best[key]]:
            best[key] = state
    required = set(required)
    return {
        "there": {key for key in required if best.get(key, EXPIRED) != EXPIRED},
        "missing": required - best.keys(),
        "expired": {key for key in required if best.get(key) == EXPIRED},
        "soon": {key for key in required if best.get(key) == SOON},
    }
