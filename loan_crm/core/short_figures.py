"""Figures as short as an axis or a tile needs them, in the steps in which a language counts.

Chinese counts in ten thousands: 万, 亿, 万亿. English counts in thousands: k, M, bn, tn. A short figure is for looking,
never for reckoning: what somebody owes is written out.

The browser draws its axes by the same rule (static/src/loan_chart/short_figures.js); both are held to one table of
cases (static/tests/short_figures.cases.js).
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

CHINESE = ((0, ""), (4, "万"), (8, "亿"), (12, "万亿"))
ENGLISH = ((0, ""), (3, "k"), (6, "M"), (9, "bn"), (12, "tn"))


def is_chinese(language):
    """Tell whether a language counts in ten thousands.

    :param str language: its code, ``zh_CN`` or ``zh-CN``
    """
    return (language or "").lower().startswith("zh")


def units(language):
    """Return the steps a language counts in, the least first.

    :param str language: its code
    :return: pairs of a power of ten and its sign
    """
    return CHINESE if is_chinese(language) else ENGLISH


def shorten(value, language, digits=1):
    """Return a figure in short: 12,345 is ``1.2万`` in Chinese and ``12.3k`` in English.

    It is rounded half up, away from zero; zeros after the point are left out. What rounds up to the next step is
    written in it: 99,999,999 is ``1亿`` and never ``10,000万``.

    :param Decimal value: an int is welcome, a float is not
    :param str language: its code
    :param int digits: how many digits after the point at most
    :rtype: str
    :raises TypeError: for a float, whose binary tail would decide ties
    :raises ValueError: for what is no number
    """
    if isinstance(value, float):
        raise TypeError("a float has no exact figure")
    value = Decimal(value)
    if not value.is_finite():
        raise ValueError(f"no figure: {value}")
    with localcontext() as context:
        context.prec = 60
        step = Decimal(1).scaleb(-digits)
        size = abs(value)
        told, below, sign = size.quantize(step, ROUND_HALF_UP), 0, ""
        for power, greater in units(language)[1:]:
            if told < Decimal(10) ** (power - below):
                break
            told, below, sign = size.scaleb(-power).quantize(step, ROUND_HALF_UP), power, greater
        if told == told.to_integral_value():
            told = told.to_integral_value()
        minus = "-" if value < 0 and told else ""
        return f"{minus}{told.normalize():,f}{sign}"


def with_sign(figure, symbol, before, language):
    """Return a figure with its currency: ``¥1.2万`` in Chinese, ``¥\N{NO-BREAK SPACE}12k`` elsewhere.

    :param str figure: as written
    :param str symbol: of the currency
    :param bool before: whether the symbol stands before the figure
    :param str language: its code
    :rtype: str
    """
    between = "" if before and is_chinese(language) else "\N{NO-BREAK SPACE}"
    return f"{symbol}{between}{figure}" if before else f"{figure}{between}{symbol}"


def close_up(told, symbol, language):
    """Return an amount as a reader of a language writes it: Chinese puts no space after ``¥``.

    :param str told: an amount with its currency, as Odoo writes it
    :param str symbol: of the currency
    :param str language: the reader's
    :rtype: str
    """
    if not is_chinese(language) or not symbol:
        return told
    return told.replace(f"{symbol}\N{NO-BREAK SPACE}", symbol, 1) if told.startswith(symbol) else told
