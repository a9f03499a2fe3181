"""Money without drift: whole minor units inside, Decimal at the door.

A *cent* is the smallest amount a currency pays: ``Decimal("0.01")`` for CNY, ``Decimal("1")`` for JPY,
``Decimal("0.001")`` for KWD, ``Decimal("0.05")`` for CHF in cash. *Minor units* are an integer count of
cents. Rounding is half up, away from zero: 0.005 becomes 0.01 and -0.005 becomes -0.01.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation

from .refusal import Refusal

# Trapping Inexact turns a silent loss of digits into an error; the caller's own decimal context can not
# interfere.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


class MoneyError(Refusal):
    """Reasons: ``amount_not_finite``, ``amount_finer_than_cent``, ``cent_not_positive``, ``weight_negative``,
    ``weights_all_zero``."""


def minor(amount, cent):
    """Return how many cents make up an amount, rounded half up.

    :param Decimal amount: in major units; an int is welcome, a float is not (see :func:`from_float`)
    :param Decimal cent: smallest payable amount of the currency, in major units
    :rtype: int
    :raises TypeError: for a float, whose binary tail would decide ties
    :raises MoneyError: ``amount_not_finite``, ``cent_not_positive``
    """
    over, under = _in_cents(amount, cent)
    return _half_up(over, under)


def exact_minor(amount, cent):
    """Return how many cents make up an amount, refusing one that would need rounding.

    Arguments and errors as for :func:`minor`, and :exc:`MoneyError` ``amount_finer_than_cent``.
    """
    over, under = _in_cents(amount, cent)
    units, left = divmod(over, under)
    if left:
        raise MoneyError("amount_finer_than_cent", amount=amount, cent=cent)
    return units


def major(units, cent):
    """Return the amount made of ``units`` cents, with the decimals of the cent: 5 of 0.01 are 0.05.

    :param int units: minor units
    :param Decimal cent: smallest payable amount, in major units
    :rtype: Decimal
    :raises decimal.Inexact: beyond 60 digits
    """
    return EXACT.multiply(cent, units)


def quantize(amount, cent):
    """Return the amount rounded half up to a whole number of cents.

    Arguments and errors as for :func:`minor`. Unlike ``Decimal.quantize`` it knows cents that are no power of
    ten, such as 0.05.
    """
    return major(minor(amount, cent), cent)


def from_float(amount, cent):
    """Return the Decimal a database float stands for, rounded half up to the cent.

    The shortest decimal that reads back as the same float is taken first: 1.005 means 1.005 and not the
    1.00499999999999989… stored for it, so a tie goes up as a person expects.

    :param float amount: in major units, as Odoo's Float and Monetary fields hand it over
    :raises MoneyError: ``amount_not_finite``, ``cent_not_positive``
    """
    return quantize(Decimal(repr(float(amount))), cent)


def fair_shares(amount, weights, cent):
    """Split an amount in proportion to weights so that the shares add up to it exactly.

    Largest remainder (Hamilton): each share is first cut down to whole cents, then the cents left over go one
    by one to the shares that were cut most, the earlier one on a tie. No share is a whole cent off its exact
    value.

    :param Decimal amount: a whole number of cents; a negative one is split as its mirror image
    :param weights: non-negative ints or Decimals, at least one of them positive; weight 0 receives nothing
    :param Decimal cent: smallest payable amount, in major units
    :return: one Decimal for each weight, in their order
    :raises MoneyError: ``amount_finer_than_cent``, ``weight_negative``, ``weights_all_zero``,
        ``amount_not_finite`` (of the amount or of a weight), ``cent_not_positive``
    """
    units = exact_minor(amount, cent)
    ratios = [_ratio(weight) for weight in weights]
    scale = 1
    for _over, under in ratios:
        scale *= under
    parts = [over * (scale // under) for over, under in ratios]
    if any(part < 0 for part in parts):
        raise MoneyError("weight_negative")
    whole = sum(parts)
    if not whole:
        raise MoneyError("weights_all_zero")
    sign = -1 if units < 0 else 1
    cuts = [divmod(abs(units) * part, whole) for part in parts]
    shares = [share for share, _cut in cuts]
    left_over = abs(units) - sum(shares)
    for index in sorted(range(len(cuts)), key=lambda index: -cuts[index][1])[:left_over]:
        shares[index] += 1
    return tuple(major(sign * share, cent) for share in shares)


def _in_cents(amount, cent):
    """Return amount / cent as an exact fraction (numerator, positive denominator)."""
    over, under = _ratio(amount)
    cent_over, cent_under = _ratio(cent)
    if cent_over <= 0:
        raise MoneyError("cent_not_positive", cent=cent)
    return over * cent_under, under * cent_over


def _ratio(amount):
    if isinstance(amount, float):
        raise TypeError(f"a float is not money: {amount!r}; convert it with money.from_float first")
    try:
        return amount.as_integer_ratio()
    except (ValueError, OverflowError):  # NaN says the one, Infinity the other
        raise MoneyError("amount_not_finite", amount=amount) from None


def _half_up(over, under):
    """Round the fraction over / under to an integer, ties away from zero; under is positive."""
    if over < 0:
        return -((-2 * over + under) // (2 * under))
    return (2 * over + under) // (2 * under)


def _half_even(over, under):
    whole, rest = divmod(over, under)
    return whole + (2 * rest > under or (2 * rest == under and whole % 2))


def _down(over, under):
    return over // under if over >= 0 else -(-over // under)


def _up(over, under):
    return -(-over // under) if over >= 0 else over // under


# How the exact fraction over / under (a positive under) becomes a whole number. "down" is towards zero.
ROUNDING = {"half_up": _half_up, "half_even": _half_even, "down": _down, "up": _up}


def round_units(amount, mode="half_up"):
    """Round an exact amount to a whole number.

    :param amount: int or Fraction, in the unit to round to
    :param str mode: a key of ``ROUNDING``
    :rtype: int
    """
    return ROUNDING[mode](*amount.as_integer_ratio())
