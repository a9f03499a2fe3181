"""What stands out in who looked at whom: many customers in an hour, work outside one's hours, former customers."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

BUSY, OFF, FORMER, REFUSED = "busy", "off", "former", "refused"


@dataclass(frozen=True)
class Look:
    """Somebody saw customers at a moment, or was refused.

    `moment` is naive UTC, `local` the same moment on the person's clock.
    """

    uid: int
    moment: datetime
    local: datetime
    customers: frozenset
    company: int = 0
    refused: bool = False


@dataclass(frozen=True)
class Finding:
    """Something a person should look at: what, who, from when to when (naive UTC), how many times, which customers."""

    kind: str
    uid: int
    company: int
    start: datetime
    end: datetime
    count: int
    customers: frozenset


def busy_hours(looks, limit):
    """Return an hour of somebody's clock in which they saw more customers than a limit.

    :param looks: :class:`Look`
    :param int limit: so many are usual; 0 switches this off
    """
    if not limit:
        return []
    found = _gather(BUSY, (look for look in looks if not look.refused), _hour)
    return [finding for finding in found if len(finding.customers) > limit]


def refusals(looks, limit):
    """Return a day of somebody's clock on which they were refused more often than a limit.

    :param looks: :class:`Look`
    :param int limit: so many are usual; 0 switches this off
    """
    if not limit:
        return []
    found = _gather(REFUSED, (look for look in looks if look.refused), _day)
    return [finding for finding in found if finding.count > limit]


def off_hours(looks, hours, grace=timedelta(hours=1)):
    """Return a day of somebody's clock on which they saw customers outside their working hours.

    :param looks: :class:`Look`
    :param dict hours: `{uid: [(begin, end)]}`, naive UTC; who is not in it has no hours and never stands out
    :param timedelta grace: so long before and after is still within
    """
    outside = [
        look
        for look in looks
        if not look.refused
        and look.uid in hours
        and not any(begin - grace <= look.moment < end + grace for begin, end in hours[look.uid])
    ]
    return _gather(OFF, outside, _day)


def former(looks, ended):
    """Return a day of somebody's clock on which they saw customers they looked after once and no longer do.

    :param looks: :class:`Look`
    :param dict ended: `{(uid, customer): when it ended}`, naive UTC; who looks after them again is not in it
    """
    past = []
    for look in looks:
        gone = frozenset(
            customer
            for customer in look.customers
            if (look.uid, customer) in ended and ended[look.uid, customer] <= look.moment
        )
        if gone and not look.refused:
            past.append(Look(look.uid, look.moment, look.local, gone, look.company))
    return _gather(FORMER, past, _day)


def _hour(look):
    return look.local.replace(minute=0, second=0, microsecond=0)


def _day(look):
    return look.local.replace(hour=0, minute=0, second=0, microsecond=0)


def _gather(kind, looks, period):
    groups = defaultdict(list)
    for look in looks:
        groups[look.uid, look.company, period(look)].append(look)
    found = []
    for (uid, company, start), members in groups.items():
        # The person's clock is so far from UTC; the finding begins with the hour or the day, so it is found once.
        shift = members[0].moment - members[0].local
        found.append(
            Finding(
                kind,
                uid,
                company,
                start + shift,
                max(look.moment for look in members),
                len(members),
                frozenset().union(*(look.customers for look in members)),
            )
        )
    return sorted(found, key=lambda finding: (finding.start, finding.uid))
