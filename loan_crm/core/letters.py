"""What a letter about an installment must be able to say: the cases it is tried on before it is ever sent."""

import re
from collections import namedtuple

# What one made-up letter is about: days until its installment is due (negative: late), paid by direct debit, and
# whether the borrower has three loans or one.
Sample = namedtuple("Sample", ["days", "debited", "several"])
# All that letters branch on, each with each role; who signs takes turns, so that each meets each role and sample.
SAMPLES = tuple(
    Sample(*facts)
    for facts in (
        (7, False, False),
        (7, True, False),
        (0, False, False),
        (-10, False, False),
        (-10, True, False),
        (7, False, True),
        (7, True, True),
        (-10, False, True),
    )
)
ROLES = ("borrower", "co_borrower", "guarantor")

# The day a preview pretends it is. No client can send one: what comes over the wire is never of this kind.
Pretended = namedtuple("Pretended", ["day"])


def dead_links(body):
    """Return a letter's HTML with links that lead nowhere: what is only looked at must open nothing of a borrower's.

    :param str body: HTML; ways to write or call (`mailto:`, `tel:`) stay
    """
    return re.sub(
        r"""(<a\b[^>]*?\s)href\s*=\s*("(?!mailto:|tel:)[^"]*"|'(?!mailto:|tel:)[^']*'|(?!["']|mailto:|tel:)[^\s>]+)""",
        r'\1href="#"',
        body,
        flags=re.IGNORECASE,
    )
