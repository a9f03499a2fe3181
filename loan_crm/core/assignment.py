"""Who looks after a customer best, with reasons: fit and room, told one by one.

Every candidate gets a verdict. Those who may not (a conflict of interest, no rights) or should not (full, away) come
last, each with what speaks against them; the others by their points. Nothing is drawn by lot and nothing remembered:
the same question has the same answer.

Fair by its shape. Room is worth `ROOM` points for a whole ceiling, so a person's rank can only fall when their load
grows. Between two who fit equally the one with more room wins, so what they carry, as part of their
ceilings, never drifts further apart than the heaviest customer weighs. In general the drift is at most the
difference of their fit divided by `ROOM`, and one customer more: see :func:`drift_bound`.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import workload

# A whole ceiling of room is worth so many points.
ROOM = 60
# What fits, and what it is worth. A manager who names no specialty serves all, and is worth half of a specialist.
LANGUAGE, DIALECT, PRODUCT, REGION, SEGMENT, KIND, HOURS, DAYS = 30, 10, 12, 8, 8, 6, 4, 4
# Who knows the customer already: looks after them or did, looks after their household, or after a relative.
FORMER, KIN, RELATIVE = 20, 12, 6
# All fit there can be: the bound of what fit can outweigh. A household is worth more than a relative, never both.
FIT_MAX = LANGUAGE + DIALECT + PRODUCT + REGION + SEGMENT + KIND + HOURS + DAYS + FORMER + KIN

# What rules a person out, the heaviest first. The first six cannot be overruled by anybody.
REFUSED = ("archived", "no_right", "company", "conflict", "related", "same")
# Of these, what keeps a person from being deputy, too: room and slots are the manager's.
UNFIT = ("archived", "no_right", "company", "conflict", "related")
ADVISED = ("not_taking", "away", "ceiling", "vip_slots")


class Needs(NamedTuple):
    """What a customer asks of whoever looks after them.

    :param load: points the customer brings, a :class:`Decimal`
    :param languages: codes of languages the customer reads, as `zh_CN`; empty where it is not known
    :param dialects: ids, empty where none is known
    :param families: families of the loans they have or ask for
    :param products: ids of their products
    :param region: id of the state or province, or None
    :param segment: id, or None
    :param str kind: person, sme, …
    :param bool vip: takes a VIP slot
    :param former: ids of people who look or looked after them, or stand in for who does
    :param kin: ids of who looks after their household, firm or group of companies
    :param relatives: ids of who looks after a relative of another household
    :param hours: hours of the week, of UTC, at which the customer can be spoken to; empty where that is not known
    :param days: weekdays they like best for a talk, Monday is 0; empty where any is as good
    :param barred: ids of people who have a conflict of interest
    :param related: ids of people who are themselves the customer, a relative, a guarantor or an owner
    :param present: id of who is the manager now, or None
    """

    load: Decimal = Decimal(0)
    languages: frozenset = frozenset()
    dialects: frozenset = frozenset()
    families: frozenset = frozenset()
    products: frozenset = frozenset()
    region: int | None = None
    segment: int | None = None
    kind: str = "person"
    vip: bool = False
    former: frozenset = frozenset()
    kin: frozenset = frozenset()
    relatives: frozenset = frozenset()
    hours: frozenset = frozenset()
    days: frozenset = frozenset()
    barred: frozenset = frozenset()
    related: frozenset = frozenset()
    present: int | None = None


class Candidate(NamedTuple):
    """Somebody who may look after customers. Empty specialties mean that they serve all.

    :param int id: settles what else is equal
    :param load: points they carry, a :class:`Decimal`
    :param ceiling: points they can carry
    :param hours: hours of the week, of UTC, at which they work
    :param days: weekdays on which they work, Monday is 0; empty where that is not known
    :param refusal: a key of `REFUSED` that holds for every customer, or None
    :param bool away: for so long that a new customer would wait
    """

    id: int
    load: Decimal = Decimal(0)
    ceiling: Decimal = Decimal(100)
    vip_used: int = 0
    vip_slots: int = 0
    languages: frozenset = frozenset()
    dialects: frozenset = frozenset()
    families: frozenset = frozenset()
    products: frozenset = frozenset()
    regions: frozenset = frozenset()
    segments: frozenset = frozenset()
    kinds: frozenset = frozenset()
    hours: frozenset = frozenset()
    days: frozenset = frozenset()
    takes_new: bool = True
    away: bool = False
    refusal: str | None = None


class Reason(NamedTuple):
    """Why, in a key that has words, and what it is worth; `what` names the thing (a code, an id) where there is one."""

    key: str
    points: int = 0
    what: object = None


class Verdict(NamedTuple):
    """What speaks for a person and what against them.

    :param int id: of the candidate
    :param score: exact points, a :class:`Fraction`
    :param reasons: :class:`Reason` that speak for or against, in the order they are told in
    :param against: keys of `REFUSED` and `ADVISED` that hold, the heaviest first
    :param load: their load after, in points
    :param share: and the part of their ceiling that is
    """

    id: int
    score: Fraction
    reasons: tuple
    against: tuple
    load: Decimal
    share: Fraction

    @property
    def refused(self):
        """Tell whether nobody can choose them."""
        return any(key in REFUSED for key in self.against)

    @property
    def unfit(self):
        """Tell whether they can be nothing to the customer, deputy neither."""
        return any(key in UNFIT for key in self.against)

    @property
    def eligible(self):
        """Tell whether they may be proposed."""
        return not self.against


def _fit(key, worth, wanted, served):
    """Return the reason a specialty makes, None where nothing is wanted or known."""
    if not wanted:
        return None
    if not served:
        return Reason(f"{key}_all", worth // 2)
    met = sorted(wanted & served, key=str)
    return Reason(key, worth, met[0]) if met else Reason(f"{key}_missing", 0, sorted(wanted, key=str)[0])


def judge(needs, candidate):
    """Return the verdict on one candidate.

    :param Needs needs:
    :param Candidate candidate:
    :rtype: Verdict
    """
    mine = needs.present == candidate.id
    load = candidate.load + (0 if mine else needs.load)
    part = workload.share(load, candidate.ceiling)
    against = []
    if candidate.refusal:
        against.append(candidate.refusal)
    if candidate.id in needs.barred:
        against.append("conflict")
    if candidate.id in needs.related:
        against.append("related")
    if mine:
        against.append("same")
    if not candidate.takes_new:
        against.append("not_taking")
    if candidate.away:
        against.append("away")
    if part > 1:
        against.append("ceiling")
    if needs.vip and not mine and candidate.vip_used >= candidate.vip_slots:
        against.append("vip_slots")
    against.sort(key=(*REFUSED, *ADVISED).index)

    language = None
    if needs.languages:
        met = sorted(needs.languages & candidate.languages)
        language = (
            Reason("language", LANGUAGE, met[0])
            if met
            else Reason("language_missing", 0, sorted(needs.languages)[0])
        )
    dialect = sorted(needs.dialects & candidate.dialects)
    product = sorted(needs.products & candidate.products)
    reasons = [
        language,
        Reason("dialect", DIALECT, dialect[0]) if dialect else None,
        # A product named is worth as much as its family.
        Reason("product", PRODUCT, product[0])
        if product
        else _fit(
            "family", PRODUCT, needs.families, candidate.families or (candidate.products and frozenset({""}))
        ),
        _fit("region", REGION, frozenset({needs.region} - {None}), candidate.regions),
        _fit("segment", SEGMENT, frozenset({needs.segment} - {None}), candidate.segments),
        _fit("kind", KIND, frozenset({needs.kind}), candidate.kinds),
        Reason("former", FORMER) if candidate.id in needs.former else None,
        _family(needs, candidate),
        _hours(needs.hours, candidate.hours),
        _days(needs.days, candidate.days),
    ]
    reasons = [reason for reason in reasons if reason]
    room = ROOM * (1 - part)
    reasons.append(Reason("room", round(room), part))
    score = sum(reason.points for reason in reasons[:-1]) + room
    return Verdict(candidate.id, Fraction(score), tuple(reasons), tuple(against), load, part)


def _family(needs, candidate):
    if candidate.id in needs.kin:
        return Reason("kin", KIN)
    return Reason("relative", RELATIVE) if candidate.id in needs.relatives else None


def _days(wanted, worked):
    if not wanted or not worked:
        return None
    met = wanted & worked
    # Of many good days each is worth less; one that is met is worth something.
    return (
        Reason("days", max(1, DAYS * len(met) // len(wanted)), tuple(sorted(met)))
        if met
        else Reason("days_missing", 0, tuple(sorted(wanted)))
    )


def _hours(wanted, worked):
    if not wanted or not worked:
        return None
    met = len(wanted & worked)
    # Ten hours a week are enough to be reached.
    return Reason("hours", max(1, HOURS * min(met, 10) // 10), met) if met else Reason("hours_missing")


def rank(needs, candidates):
    """Return the verdicts on all candidates, the best first and those who are ruled out last.

    :param Needs needs:
    :param candidates: iterable of :class:`Candidate`
    :rtype: list[Verdict]
    """
    return sorted((judge(needs, candidate) for candidate in candidates), key=_order)


def _order(verdict):
    # Equal points go to whoever is the least loaded; the id is the last word, so that there always is one.
    return (
        verdict.refused,
        not verdict.eligible,
        len(verdict.against),
        -verdict.score,
        verdict.share,
        verdict.load,
        verdict.id,
    )


def distribute(asking, candidates, release=None):
    """Propose a manager for each of many customers, what one of them gets counted for the next.

    VIP customers and those who weigh most choose first, while there is room for them.

    :param asking: iterable of pairs of a key, by which equal ones are told apart, and :class:`Needs`
    :param candidates: iterable of :class:`Candidate`
    :param release: ids of people whose customers these are and who give them up: their load falls with each
    :return: the ranking of each, a list of :class:`Verdict`, by key
    """
    people = {candidate.id: candidate for candidate in candidates}
    release = frozenset(release or ())
    answers = {}
    for key, needs in sorted(asking, key=lambda pair: (not pair[1].vip, -pair[1].load, pair[0])):
        ranking = answers[key] = rank(needs, people.values())
        best = ranking[0] if ranking else None
        if not best or not best.eligible:
            continue
        winner = people[best.id]
        people[best.id] = winner._replace(
            load=winner.load + needs.load, vip_used=winner.vip_used + bool(needs.vip)
        )
        former = people.get(needs.present)
        if former and needs.present in release:
            people[needs.present] = former._replace(
                load=former.load - needs.load, vip_used=former.vip_used - bool(needs.vip)
            )
    return answers


def drift_bound(fit_difference, heaviest, ceiling):
    """Return how far apart the shares of two people can drift who take all they are proposed for.

    :param fit_difference: at most so many points more does one of them fit any of the customers
    :param heaviest: the load of the heaviest customer
    :param ceiling: the lower of their ceilings
    :rtype: Fraction
    """
    return Fraction(fit_difference) / ROOM + workload.share(heaviest, ceiling)


def week_hours(spans, zone, day):
    """Return the hours of a week in UTC, 0 for Monday's first to 167, that lie within spans of a local week.

    :param spans: iterable of `(weekday, from, to)`: Monday is 0, hours as numbers, an hour begun counts
    :param str zone: name of a time zone
    :param date day: whose summer time counts
    :rtype: frozenset[int]
    """
    offset = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset() // timedelta(hours=1)
    return frozenset(
        (weekday * 24 + hour - offset) % 168
        for weekday, start, end in spans
        for hour in range(floor(start), ceil(end))
    )
