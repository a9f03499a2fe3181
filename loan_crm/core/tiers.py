"""Which tier a customer belongs to: by figures, by a person's choice, and never to and fro.

A tier is earned by the figures to enter and kept by the figures to stay, which are lower: between them nothing moves.
Up goes whoever earns it. Down goes nobody by rule: it is proposed, after the tier's minimum stay and after so many
days below, and a person says yes or no. Whoever went down waits for the minimum stay of a tier before they come back
into it. What a person chose holds until its last day; then the figures decide, at once.

Nothing here counts nights. It is told since when something is so, so a night that was missed or done twice changes
nothing.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from . import dates

# Of these less is better: the figure is the most one may have.
AT_MOST = frozenset({"late"})
# Of these it is asked which, not how much.
ONE_OF = frozenset({"segment"})


class Criterion(NamedTuple):
    """
    :param str measure: what is measured, a key of the figures
    :param Decimal enter: the figure that earns the tier
    :param Decimal stay: the figure that keeps it, no stricter than the one to enter
    :param frozenset values: for a measure of ``ONE_OF``: any of these will do
    """

    measure: str
    enter: Decimal = Decimal(0)
    stay: Decimal = Decimal(0)
    values: frozenset = frozenset()


class Tier(NamedTuple):
    """
    :param key: what names it
    :param criteria: tuple of :class:`Criterion`; none: people alone decide who comes in and who goes
    :param bool every: all of the criteria have to be met, or any one
    :param int stay_months: how long one stays at least, and waits before one comes back
    :param int days_up: how many days in a row it must be earned before one moves up
    :param int days_down: how many days in a row it must not be kept before a downgrade is proposed
    """

    key: int
    criteria: tuple = ()
    every: bool = True
    stay_months: int = 0
    days_up: int = 0
    days_down: int = 0


class Standing(NamedTuple):
    """Where a customer stands before they are judged.

    :param tier: key of the tier, None for none
    :param date since: since when; None: nobody knows, so for long enough
    :param bool picked: a person chose it
    :param date until: the last day of that choice, None for good
    :param bool fell: the last move was down
    :param date kept: when a person last said that the tier is kept all the same
    :param earned: ``{key: date}``, the higher tiers earned when last looked at, and since when
    :param date below: since when the tier is not kept by the figures
    """

    tier: int | None = None
    since: date | None = None
    picked: bool = False
    until: date | None = None
    fell: bool = False
    kept: date | None = None
    earned: Mapping = {}
    below: date | None = None


class Reason(NamedTuple):
    """
    :param str measure: what was measured
    :param figure: what it came to, None where there is nothing to measure
    :param needed: the figure asked for, or a frozenset of which
    :param bool met: whether that is so
    """

    measure: str
    figure: Decimal | int | None
    needed: Decimal | frozenset
    met: bool


class Verdict(NamedTuple):
    """
    :param str kind: ``"stay"``, ``"up"`` (moves now), ``"down"`` (a person is asked) or ``"expired"`` (a choice has
        ended and the figures decide now, for whichever tier)
    :param tier: key of the tier it leads to, None for none
    :param reasons: tuple of :class:`Reason`: what earns the new tier, or what the present one lacks
    :param earned: as in :class:`Standing`, to be kept until next time
    :param date below: as in :class:`Standing`
    """

    kind: str
    tier: int | None
    reasons: tuple
    earned: dict
    below: date | None


def judge(tiers, figures, standing, today):
    """Tell which tier a customer belongs to.

    :param tiers: sequence of :class:`Tier`, the highest first
    :param figures: ``{measure: Decimal, key or None}``
    :param Standing standing: as it is now
    :param date today: the lender's day
    :rtype: Verdict
    """
    if standing.picked:
        if standing.until is None or today <= standing.until:
            return Verdict("stay", standing.tier, (), {}, None)
        return _expire(tiers, figures, standing, today)
    ranks = {tier.key: rank for rank, tier in enumerate(tiers)}
    rank = ranks.get(standing.tier, len(tiers))
    # A tier that is offered no more has no rank. Nobody is moved out of it but by a person.
    shelved = standing.tier is not None and standing.tier not in ranks
    earned = {}
    if not shelved:
        for tier in tiers[:rank]:
            if _holds(tier, figures, entering=True):
                since = standing.earned.get(tier.key)
                earned[tier.key] = min(since, today) if since else today
        for tier in tiers[:rank]:
            if tier.key in earned and _may_rise(tier, standing, earned[tier.key], today):
                higher = {key: day for key, day in earned.items() if ranks[key] < ranks[tier.key]}
                return Verdict("up", tier.key, _reasons(tier, figures, entering=True), higher, None)
    present = tiers[rank] if rank < len(tiers) else None
    if present is None or not present.criteria or _holds(present, figures, entering=False):
        return Verdict("stay", standing.tier, (), earned, None)
    below = min(standing.below, today) if standing.below else today
    if not _may_fall(present, standing, below, today):
        return Verdict("stay", standing.tier, (), earned, below)
    lower = next((tier.key for tier in tiers[rank + 1 :] if _holds(tier, figures, entering=False)), None)
    lacks = tuple(reason for reason in _reasons(present, figures, entering=False) if not reason.met)
    return Verdict("down", lower, lacks, earned, below)


def _expire(tiers, figures, standing, today):
    """Let the figures decide at once: the end of the choice was agreed when it was made."""
    ranks = {tier.key: rank for rank, tier in enumerate(tiers)}
    rank = ranks.get(standing.tier, len(tiers))
    for tier in tiers:
        # Whoever was in the tier has only to keep it, and in a lower one they are as if they had come down.
        if _holds(tier, figures, entering=ranks[tier.key] < rank):
            return Verdict("expired", tier.key, _reasons(tier, figures, ranks[tier.key] < rank), {}, None)
    lacks = _reasons(tiers[rank], figures, entering=False) if rank < len(tiers) else ()
    return Verdict("expired", None, lacks, {}, None)


def _may_rise(tier, standing, since, today):
    if (today - since).days < tier.days_up:
        return False
    return not (
        standing.fell and standing.since and today < dates.add_months(standing.since, tier.stay_months)
    )


def _may_fall(tier, standing, below, today):
    if (today - below).days < tier.days_down:
        return False
    return all(
        day is None or today >= dates.add_months(day, tier.stay_months)
        for day in (standing.since, standing.kept)
    )


def _holds(tier, figures, entering):
    if not tier.criteria:
        return False
    met = (reason.met for reason in _reasons(tier, figures, entering))
    return all(met) if tier.every else any(met)


def _reasons(tier, figures, entering):
    return tuple(_reason(criterion, figures, entering) for criterion in tier.criteria)


def _reason(criterion, figures, entering):
    figure = figures.get(criterion.measure)
    if criterion.measure in ONE_OF:
        return Reason(criterion.measure, figure, criterion.values, figure in criterion.values)
    needed = criterion.enter if entering else criterion.stay
    if criterion.measure in AT_MOST:
        return Reason(criterion.measure, figure, needed, (figure or 0) <= needed)
    return Reason(criterion.measure, figure, needed, figure is not None and figure >= needed)


def after(standing, verdict, today):
    """Return the :class:`Standing` once a verdict has been carried out.

    :param Standing standing: as it was judged
    :param Verdict verdict: of :func:`judge`; ``"down"`` as a person has accepted it
    :param date today: the lender's day
    """
    if verdict.kind == "stay":
        return standing._replace(earned=verdict.earned, below=verdict.below)
    if verdict.kind == "expired" and verdict.tier == standing.tier:
        return standing._replace(picked=False, until=None, earned={}, below=None)
    return Standing(verdict.tier, today, fell=verdict.kind == "down", earned=verdict.earned)
