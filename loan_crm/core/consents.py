"""What a person allows a lender to do with what it knows of them, and what it may do when they were never asked."""

import hashlib
import re
import unicodedata

CONSENT, CONTRACT, DUTY, INTEREST = "consent", "contract", "duty", "interest"
GIVEN, REFUSED, TAKEN_BACK = "given", "refused", "taken_back"
# What was never said; what runs without having been asked, because it may.
NOT_ASKED, RUNS = "not_asked", "runs"


def is_switch(ground, may_refuse):
    """Tell whether a person decides about a purpose: what rests on consent always, a legal duty never.

    :param str ground: ``"consent"``, ``"contract"``, ``"duty"`` or ``"interest"``
    :param bool may_refuse: whether one that rests on neither may be refused all the same
    """
    return ground == CONSENT or (ground != DUTY and bool(may_refuse))


def allowed(ground, may_refuse, said):
    """Tell whether something may be done.

    :param str ground: as of :func:`is_switch`
    :param bool may_refuse: as of :func:`is_switch`
    :param str said: ``"given"``, ``"refused"``, ``"taken_back"``, or None where nobody ever said anything
    """
    if not is_switch(ground, may_refuse):
        return True
    return said == GIVEN if said else ground != CONSENT


def standing(ground, may_refuse, said):
    """Return how a purpose stands with a person: what they said last, ``"not_asked"``, or ``"runs"``."""
    if not is_switch(ground, may_refuse):
        return RUNS
    return said or (NOT_ASKED if ground == CONSENT else RUNS)


def answer(wanted, said):
    """Return what it is that a person says now, None where they say again what holds already.

    :param bool wanted: what they allow
    :param str said: what they said last, or None
    """
    if wanted:
        return None if said == GIVEN else GIVEN
    if said in (REFUSED, TAKEN_BACK):
        return None
    return TAKEN_BACK if said == GIVEN else REFUSED


def fingerprint(*words):
    """Return the SHA-256 of the words somebody was shown, as hexadecimal digits: who changes them has others."""
    text = "\x1f".join(" ".join((each or "").split()) for each in words)
    return hashlib.sha256(text.encode()).hexdigest()


def code_of(name, taken):
    """Return a code for a purpose that has none: small letters and digits of its name, and a number where it is taken.

    :param str name: in any language; of one that knows no Latin letters nothing is left but ``"purpose"``
    :param taken: codes there are
    """
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().lower()
    stem = "_".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("_") or "purpose"
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}_{number}"
    return code
