"""Who may see a record of which confidentiality level, why, and why not.

A level says what it asks of whoever wants to see: a grant, a valid confidentiality agreement, valid training. Duty
(being the customer's manager, cover, lead, desk or compliance) opens the levels that ask for no grant; a grant opens
levels up to its cap. A condition of a level is asked of everybody, whichever way they come. Conflicts of interest and
walls bar both ways.
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


def clearance(levels, agreement=False, training=False, exempt=False):
    """Return what somebody may see.

    :param levels: iterable of :class:`Level`
    :param agreement: whether their confidentiality agreement is valid, or a function that tells it when it matters
    :param training: whether their training is valid, likewise
    :param bool exempt: whether they see what asks for a grant without one: who sets the levels
    :rtype: Clearance
    """
    told = {}

    def holds(name, answer):
        if name not in told:
            told[name] = bool(answer() if callable(answer) else answer)
        return told[name]

    fit = [
        level
        for level in levels
        if (not level.needs_agreement or holds("agreement", agreement))
        and (not level.needs_training or holds("training", training))
    ]
    by_grant = frozenset(level.rank for level in fit)
    by_duty = frozenset(level.rank for level in fit if exempt or not level.needs_grant)
    return Clearance(by_duty, by_grant, by_duty == frozenset(level.rank for level in levels))


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
