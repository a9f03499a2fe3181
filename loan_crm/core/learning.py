"""What complaints teach, told no surer than it is: where most of them come from, whether that changed, who came back.

Counts of cases are taken for Poisson counts over a base of loans. Two of them are compared by the exact conditional
test of Przyborowski and Wilenski (Biometrika 31, 1940): given their sum, the first is binomial; its interval is that
of Clopper and Pearson (Biometrika 26, 1934), and the interval of one rate that of Garwood (Biometrika 28, 1936).
Shares get the interval of Wilson (J. Am. Stat. Assoc. 22, 1927). All of them are at 95 percent.

Nothing here says why something changed. Below a sample size nothing is said at all. Who looks at twenty comparisons
will find one of them "changed" by chance; complaints of one cause come in flocks, so the intervals are rather too
narrow than too wide.
"""

import re
from calendar import monthrange
from collections.abc import Hashable
from datetime import date, timedelta
from math import atanh, exp, inf, lgamma, log, sqrt, tanh
from typing import NamedTuple

# Of fewer cases in both windows together no change is told: of five even five to none proves nothing.
LEAST_CASES = 10
# Of fewer people nothing is told of a share or a correlation.
LEAST_PEOPLE = 30
# Up to which share of all the few count that are worth mending first.
VITAL = 0.8
# What remains of figures that are too small to stand alone.
OTHER = "__other__"

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBERS = re.compile(r"(?<![\w])(?:[A-Z]{1,4}[-/]?)?\+?\d[\d\s/-]{5,}\d(?!\w)")
_ALPHA = 0.05
_Z = 1.959963984540054  # of the normal distribution, two-sided at 95 percent


# ------------------------------------------------------------ where most come from


class Row(NamedTuple):
    """
    :param key: what is counted
    :param int count: how often
    :param float share: of all, 0 to 1
    :param float cumulative: share of this one and all before it
    :param bool vital: one of the few that together make up the threshold
    """

    key: Hashable
    count: int
    share: float
    cumulative: float
    vital: bool


def pareto(counts, vital=VITAL):
    """Return the counts from the most to the least, with their share of all.

    The vital few are those one needs, from the top, to reach the threshold; what is as frequent as the last of them
    belongs to them, for nothing sets it apart.

    :param dict counts: `{key: count}`; of equal ones the first given comes first; zeros are left out
    :param float vital: the threshold, 0 to 1
    :rtype: list[Row]
    :raise ValueError: for a negative count
    """
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count below zero")
    ordered = sorted(
        ((key, count) for key, count in counts.items() if count), key=lambda item: item[1], reverse=True
    )
    total = sum(count for _key, count in ordered)
    rows, summed, last = [], 0, None
    for key, count in ordered:
        needed = summed < vital * total or count == last
        if needed:
            last = count
        summed += count
        rows.append(Row(key, count, count / total, summed / total, needed))
    return rows


def merged(counts, least):
    """Return counts in which none is small: small ones stand together under `OTHER`.

    So nobody learns of a single case from a figure, and none is found by taking the others from the sum: where what
    remains is small itself, the next smallest joins it.

    :param dict counts: `{key: count}`
    :param int least: the smallest count that stands alone
    :return: `{key: count}` of the same sum; `OTHER` is small only where all together are
    """
    kept = {key: count for key, count in counts.items() if count >= least}
    small = sum(counts.values()) - sum(kept.values())
    while 0 < small < least and kept:
        key = min(kept, key=kept.get)
        small += kept.pop(key)
    if small:
        kept[OTHER] = small
    return kept


# ------------------------------------------------------------ how many there are, of how many


class Rate(NamedTuple):
    """
    :param int count: how often
    :param float base: of how many, e.g. loans that ran, times the days they did
    :param value: count by base, None without a base
    :param low: lower end of the interval, None without a base
    :param high: upper end
    """

    count: int
    base: float
    value: float | None
    low: float | None
    high: float | None


class Change(NamedTuple):
    """
    :param Rate before:
    :param Rate after:
    :param ratio: rate after by rate before; None where nothing is told, infinite where there were none before
    :param low: lower end of its interval
    :param high: upper end
    :param p: how often chance alone would show as much, two-sided; None where nothing is told
    :param str verdict: `better` (fewer), `worse` (more), `same` (no difference to be seen) or `few` (too few to tell)
    """

    before: Rate
    after: Rate
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: str


def rate(count, base):
    """Return a rate with its exact interval.

    :param int count: how often something happened
    :param float base: among how many it could
    :rtype: Rate
    :raise ValueError: below zero
    """
    if count < 0 or base < 0:
        raise ValueError("a rate of less than nothing")
    if not base:
        return Rate(count, base, None, None, None)
    # P(X <= k | mean) falls with the mean; `_poisson_below` is that probability.
    spread = 6 * sqrt(count + 1) + 10
    high = _solve(lambda mean: _poisson_below(count, mean), _ALPHA / 2, float(count), count + spread)
    low = 0.0
    if count:
        low = _solve(
            lambda mean: _poisson_below(count - 1, mean),
            1 - _ALPHA / 2,
            max(0.0, count - spread),
            float(count),
        )
    return Rate(count, base, count / base, low / base, high / base)


def change(before, after, least=LEAST_CASES):
    """Compare two counts, each over its base.

    :param tuple before: `(count, base)`
    :param tuple after: `(count, base)`
    :param int least: of fewer in both together nothing is told
    :rtype: Change
    """
    first, second = rate(*before), rate(*after)
    total = first.count + second.count
    if not first.base or not second.base or total < max(1, least):
        return Change(first, second, None, None, None, None, "few")
    # Were the rates the same, each of them would fall into the second window by this chance.
    chance = second.base / (first.base + second.base)
    low, high = _clopper_pearson(second.count, total)
    odds = first.base / second.base
    ratio = second.value / first.value if first.count else inf
    low, high = (_odds(low) * odds, _odds(high) * odds)
    p = min(
        1.0,
        2 * min(_binomial_below(second.count, total, chance), _binomial_above(second.count, total, chance)),
    )
    verdict = "same"
    if high < 1:
        verdict = "better"
    elif low > 1:
        verdict = "worse"
    return Change(first, second, ratio, low, high, p, verdict)


def trend(series, least=LEAST_CASES):
    """Return for each period its change against the one before, None for the first.

    :param series: list of `(count, base)`, the oldest first
    :param int least: see :func:`change`
    :return: list of `(Rate, Change or None)`
    """
    return [
        (rate(*each), change(series[index - 1], each, least) if index else None)
        for index, each in enumerate(series)
    ]


def windows(day, days):
    """Return the equally long spans before and after a change; the day itself belongs to neither.

    :param date day: when something was changed
    :param int days: how long each is
    :return: `((first, last), (first, last))`, both ends included
    :raise ValueError: below one day
    """
    if days < 1:
        raise ValueError("a window without a day")
    one = timedelta(1)
    return (day - days * one, day - one), (day + one, day + days * one)


# ------------------------------------------------------------ who came back


class Band(NamedTuple):
    """
    :param str name: `low`, `middle` or `high`
    :param int count: of how many people
    :param int again: how many of them came back
    :param share: 0 to 1; None where there are too few
    :param low: lower end of its interval
    :param high: upper end
    """

    name: str
    count: int
    again: int
    share: float | None
    low: float | None
    high: float | None


class Repeat(NamedTuple):
    """
    :param bands: list of Band, the least content first
    :param int count: of how many people
    :param int waiting: how many are left out because their months are not over
    :param pearson: point-biserial correlation of percent and coming back; None of too few, or where all are alike
    :param spearman: correlation of the ranks, which asks only for the order
    :param low: lower end of the interval of `spearman`
    :param high: upper end
    :param str verdict: `together` (the content come back more often), `against`, `none` (no relation to be seen) or
        `few`
    """

    bands: list
    count: int
    waiting: int
    pearson: float | None
    spearman: float | None
    low: float | None
    high: float | None
    verdict: str


# From which percent of satisfaction a band begins.
BANDS = (("low", 0), ("middle", 60), ("high", 80))


def wilson(hits, count):
    """Return the interval of a share.

    :param int hits: how many
    :param int count: of how many, at least one
    :return: `(low, high)`, 0 to 1
    :raise ValueError: where there are more hits than tries, or none was tried
    """
    if not 0 <= hits <= count or not count:
        raise ValueError(f"{hits} of {count}")
    share, squared = hits / count, _Z * _Z
    middle = (share + squared / (2 * count)) / (1 + squared / count)
    spread = _Z / (1 + squared / count) * sqrt(share * (1 - share) / count + squared / (4 * count * count))
    low = 0.0 if hits == 0 else max(0.0, middle - spread)
    high = 1.0 if hits == count else min(1.0, middle + spread)
    return low, high


def months_later(day, months):
    """Return the day so many months later, the last of its month where that is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def repeat(answers, months, today, least=LEAST_PEOPLE, band_least=5, bands=BANDS):
    """Compare how content people were with whether they borrowed again.

    Who has not had all their months yet is left out, whether or not they came back: to count of them those who did
    would make coming back look more frequent than it is.

    :param answers: list of `(percent, day answered, days of their later loans)`, one for each person
    :param int months: within how many months of the answer a loan counts
    :param date today:
    :param int least: of fewer people no correlation is told
    :param int band_least: of fewer people no share is told
    :param bands: `((name, from percent), ...)`, rising from 0
    :rtype: Repeat
    """
    over, waiting = [], 0
    for percent, day, loans in answers:
        end = months_later(day, months)
        if end >= today:
            waiting += 1
        else:
            over.append((percent, any(day < loan <= end for loan in loans)))
    told = []
    for index, (name, start) in enumerate(bands):
        end = bands[index + 1][1] if index + 1 < len(bands) else inf
        within = [again for percent, again in over if start <= percent < end]
        share = low = high = None
        if len(within) >= max(1, band_least):
            share = sum(within) / len(within)
            low, high = wilson(sum(within), len(within))
        told.append(Band(name, len(within), sum(within), share, low, high))
    values, flags = [percent for percent, _again in over], [float(again) for _percent, again in over]
    rho = low = high = linear = None
    verdict = "few"
    if len(over) >= max(4, least):
        linear = correlation(values, flags)
        rho = correlation(ranks(values), ranks(flags))
        if rho is not None:
            # Bonett and Wright, Psychometrika 65 (2000): Fisher's z of a rank correlation.
            spread = _Z * sqrt((1 + rho * rho / 2) / (len(over) - 3))
            bounded = min(max(rho, -0.999999), 0.999999)
            low, high = tanh(atanh(bounded) - spread), tanh(atanh(bounded) + spread)
            verdict = "together" if low > 0 else "against" if high < 0 else "none"
    return Repeat(told, len(over), waiting, linear, rho, low, high, verdict)


def ranks(values):
    """Return the rank of each value from 1, equal ones sharing the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            result[index] = (start + end + 1) / 2
        start = end
    return result


def correlation(first, second):
    """Return Pearson's correlation, None where one of them never varies. With a flag it is the point-biserial one."""
    count = len(first)
    if count < 2:
        return None
    mean_first, mean_second = sum(first) / count, sum(second) / count
    spread_first = sum((value - mean_first) ** 2 for value in first)
    spread_second = sum((value - mean_second) ** 2 for value in second)
    if spread_first <= 1e-12 * max(1.0, mean_first**2) or spread_second <= 1e-12 * max(1.0, mean_second**2):
        return None
    together = sum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    return max(-1.0, min(1.0, together / sqrt(spread_first * spread_second)))


# ------------------------------------------------------------ words of others


def without_names(text, names, placeholder="…"):
    """Return a text in which none of some names stands, nor a number or an address of mail.

    :param str text: what somebody wrote
    :param names: names of the people it may name; of each its parts count, too, from two letters on
    :param str placeholder: what stands in their place
    """
    parts = set()
    for name in names:
        for part in [name or "", *(name or "").split()]:
            if len(part.strip(".,")) >= 2:
                parts.add(part.strip(".,"))
    for part in sorted(parts, key=len, reverse=True):
        text = _replaced(text, part, placeholder)
    return _NUMBERS.sub(placeholder, _ADDRESS.sub(placeholder, text))


def _replaced(text, part, placeholder):
    # Chinese has no spaces between words; a Latin name counts as a whole word only.
    latin = part[0].isascii() or part[-1].isascii()
    pattern = rf"(?<![A-Za-z]){re.escape(part)}(?![A-Za-z])" if latin else re.escape(part)
    return re.sub(pattern, placeholder, text, flags=re.IGNORECASE)


# ------------------------------------------------------------ distributions


def _solve(function, target, low, high):
    """Return where a monotone function reaches a value between two points: regula falsi after Illinois.

    A dozen calls where halving would take fifty.
    """
    at_low, at_high = function(low) - target, function(high) - target
    middle, side = low, 0
    for _step in range(200):
        middle = (at_low * high - at_high * low) / (at_low - at_high)
        found = function(middle) - target
        if abs(found) < 1e-13 or abs(high - low) <= 1e-15 * max(abs(low), abs(high)):
            break
        if found * at_high > 0:
            high, at_high = middle, found
            at_low = at_low / 2 if side < 0 else at_low
            side = -1
        else:
            low, at_low = middle, found
            at_high = at_high / 2 if side > 0 else at_high
            side = 1
    return middle


def _odds(share):
    return inf if share >= 1 else share / (1 - share)


def _clopper_pearson(hits, count):
    half = _ALPHA / 2
    share = hits / count
    # So far away that the tail beyond is smaller than half a level, whatever the numbers.
    spread = 6 * sqrt(share * (1 - share) / count) + 10 / count
    low, high = 0.0, 1.0
    if hits:
        start = max(0.0, share - spread)
        low = _solve(lambda chance: _binomial_above(hits, count, chance), half, start, share)
    if hits < count:
        end = min(1.0, share + spread)
        high = _solve(lambda chance: _binomial_below(hits, count, chance), half, share, end)
    return low, high


def _binomial_below(hits, count, share):
    """Return the probability of so many hits or fewer."""
    return 1.0 if hits >= count else 1 - _beta(hits + 1, count - hits, share)


def _binomial_above(hits, count, share):
    """Return the probability of so many hits or more."""
    return 1.0 if hits <= 0 else _beta(hits, count - hits + 1, share)


def _beta(a, b, x):
    """Return the regularized incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a, b, x):
    tiny = 1e-300
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1), tiny)
    result = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d, tiny)
            c = _away(1 + step / c, tiny)
            result *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return result


def _away(value, tiny):
    return value if abs(value) > tiny else tiny


def _poisson_below(count, mean):
    """Return the probability of so many or fewer: the upper incomplete gamma function of `count + 1` at `mean`."""
    a = count + 1
    if mean <= 0:
        return 1.0
    front = exp(a * log(mean) - mean - lgamma(a))
    if mean < a + 1:  # by the series of the lower one
        term = total = 1 / a
        number = a
        while term > total * 1e-16:
            number += 1
            term *= mean / number
            total += term
        return max(0.0, 1 - front * total)
    tiny = 1e-300
    b = mean + 1 - a
    c, d = 1 / tiny, 1 / _away(b, tiny)
    result = d
    for step in range(1, 10_000):
        factor = -step * (step - a)
        b += 2
        d = 1 / _away(factor * d + b, tiny)
        c = _away(b + factor / c, tiny)
        result *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return front * result
