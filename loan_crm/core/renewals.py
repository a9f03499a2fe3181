"""Whether a borrower is offered the next loan before this one ends: good payers are, and the others have a reason."""

from datetime import date
from typing import NamedTuple

# So far back a borrower's punctuality is looked at.
MONTHS = 12


class Facts(NamedTuple):
    """
    :param bool active: the profile is in use
    :param bool opt_out: the borrower wants no such offers
    :param bool late: something is overdue today, on any of their loans
    :param bool hardship: they have asked for help and are not answered yet
    :param restructured: the :class:`date` from which terms were eased within the last months, or None
    :param int due: installments of all their loans that fell due within the last months
    :param int on_time: how many of them were paid in time
    :param last_late: due date of the last one that was not, or None
    :param bool applied: they have applied for a loan already
    :param bool offered: the product is still lent
    """

    active: bool
    opt_out: bool
    late: bool
    hardship: bool
    restructured: date | None
    due: int
    on_time: int
    last_late: date | None
    applied: bool
    offered: bool


def reason_against(facts, share):
    """Tell why a borrower is not offered a renewal.

    :param Facts facts:
    :param int share: percent of installments that a good payer pays in time, 0 to 100
    :return: ``"inactive"``, ``"opt_out"``, ``"late"``, ``"hardship"``, ``"restructured"``, ``"unpunctual"``,
        ``"unproven"`` (nothing has fallen due yet), ``"applied"``, ``"withdrawn"``, or None: nothing speaks against it
    """
    for reason, holds in (
        ("inactive", not facts.active),
        ("opt_out", facts.opt_out),
        ("late", facts.late),
        ("hardship", facts.hardship),
        ("restructured", facts.restructured is not None),
        ("unproven", not facts.due),
        # In whole numbers: a share that is just enough is enough.
        ("unpunctual", facts.on_time * 100 < share * facts.due),
        ("applied", facts.applied),
        ("withdrawn", not facts.offered),
    ):
        if holds:
            return reason
    return None
