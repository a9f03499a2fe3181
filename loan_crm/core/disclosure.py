"""Who may see a record of which confidentiality level, why, and why not.

A level says what it asks of whoever wants to see: a grant, a valid confidentiality agreement, valid training. Duty
(being the customer's manager, cover, lead, desk or compliance) opens the levels that ask for no grant; a grant opens
levels up to its cap. A condition of a level is asked of everybody, whichever way they come, and for each lender apart.
Conflicts of interest and walls bar both ways.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Level:
    """What a level asks.

    :param int rank: the higher, the more confidential; 0 is the lowest
    """

    rank: int
    needs_grant: bool = False
    needs_agreement: bool = False
    needs_training: bool = False

    @property
    def restricted(self):
        """Tell whether duty alone may not be enough."""
        return self.needs_grant or self.needs_agreement or self.needs_training


@dataclass(frozen=True)
class Clearance:
    """What somebody may see now, by rank.

    :param frozenset by_duty: ranks that their duty opens
    :param frozenset by_grant: ranks that a grant opens, up to its cap
    :param bool all_by_duty: whether duty opens all there are
    """

    by_duty: frozenset = field(default_factory=frozenset)
    by_grant: frozenset = field(default_factory=frozenset)
    all_by_duty: bool = True

    def up_to(self, cap):
        """Return the ranks that a grant with this cap opens."""
        return frozenset(rank for rank in self.by_grant if rank <= cap)


@dataclass(frozen=True)
class Clearances:
    """What somebody may see now, lender by lender: an agreement with one is none with another.

    :param Clearance rest: of every lender that is not named
    :param tuple each: pairs of a frozenset of lenders and their :class:`Clearance`; empty where all agree
    """

    rest: Clearance = field(default_factory=Clearance)
    each: tuple = ()

    def of(self, lender):
        """Return the clearance for what belongs to a lender.

        :param lender: whatever the lenders were named by
        """
        return next((cleared for lenders, cleared in self.each if lender in lenders), self.rest)

    @property
    def all_by_duty(self):
        """Tell whether duty opens all there are, with every lender."""
        return self.rest.all_by_duty and all(cleared.all_by_duty for _lenders, cleared in self.each)

    @property
    def by_duty(self):
        """Return the ranks that duty opens, lender by lender; None where these are all.

        :return: tuple of `(frozenset of lenders, frozenset of ranks)`; the last one's lenders are None, all others
        """
        return None if self.all_by_duty else self._told(lambda cleared: cleared.by_duty)

    def up_to(self, cap):
        """Return the ranks that a grant with this cap opens, lender by lender; see `by_duty`."""
        return self._told(lambda cleared: cleared.up_to(cap))

    def _told(self, ranks_of):
        rest = ranks_of(self.rest)
        each = ((lenders, ranks_of(cleared)) for lenders, cleared in self.each)
        return (*((lenders, ranks) for lenders, ranks in each if ranks != rest), (None, rest))


def clearance(levels, agreement=False, training=False, exempt=False):
    """Return what somebody may see of one lender.

    :param levels: iterable of :class:`Level`
    :param agreement: whether their confidentiality agreement is valid, or a function that tells it when it matters
    :param training: whether all their trainings are valid, or a function that tells it of a rank
    :param bool exempt: whether they see what asks for a grant without one: who sets the levels
    :rtype: Clearance
    """
    agreed = []

    def holds_agreement():
        if not agreed:
            agreed.append(bool(agreement() if callable(agreement) else agreement))
        return agreed[0]

    fit = [
        level
        for level in levels
        if (not level.needs_agreement or holds_agreement())
        and (not level.needs_training or (training(level.rank) if callable(training) else training))
    ]
    by_grant = frozenset(level.rank for level in fit)
    by_duty = frozenset(level.rank for level in fit if exempt or not level.needs_grant)
    return Clearance(by_duty, by_grant, by_duty == frozenset(level.rank for level in levels))


def clearances(levels, lenders, agreed, lacking, exempt=False):
    """Return what somebody may see, lender by lender.

    Where all their lenders agree there is one clearance, and a query need not tell them apart. Where they do not, a
    lender that is not theirs is as one with whom they have neither agreement nor training.

    :param levels: iterable of :class:`Level`
    :param lenders: those they work for
    :param agreed: a function that returns those with whom they hold a valid agreement; asked when it matters, once
    :param lacking: a function that returns what they lack of training, likewise: `{lender: ranks, or None for all}`
    :param bool exempt: see `clearance`
    :rtype: Clearances
    """
    levels = tuple(levels)
    held = set(agreed()) if any(level.needs_agreement for level in levels) else set()
    missing = lacking() if any(level.needs_training for level in levels) else {}

    def of(lender):
        closed = missing.get(lender, ())
        return clearance(
            levels,
            agreement=lender in held,
            training=lambda rank: closed is not None and rank not in closed,
            exempt=exempt,
        )

    found = {}
    for lender in sorted({*lenders, *held}):
        found.setdefault(of(lender), []).append(lender)
    if len(found) == 1:
        return Clearances(*found)
    each = tuple((frozenset(theirs), cleared) for cleared, theirs in found.items())
    return Clearances(clearance(levels, exempt=exempt), each)


def may_see(own, customers, *, duty, cap, barred, cleared):
    """Tell whether somebody may see a record.

    :param int own: the rank of the record itself, or of the loan it belongs to; 0 where it has none
    :param int customers: the rank of its customer
    :param bool duty: whether the customer is their duty
    :param cap: the highest cap of their grants for the customer that are in force; None without any
    :param bool barred: whether a conflict of interest or a wall keeps them out
    :param Clearance cleared: theirs
    :return: "duty", "grant" or None
    """
    if barred:
        return None
    if duty and (cleared.all_by_duty or {own, customers} <= cleared.by_duty):
        return "duty"
    if cap is not None and max(own, customers) <= cap and {own, customers} <= cleared.by_grant:
        return "grant"
    return None
