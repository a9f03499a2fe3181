"""What became of something the lender promised: open, due, kept, late or broken, by when it was done.

A word is judged by its evidence and by the clock of whom it was given to, never by an earlier judgement: the same
question asked twice ends in the same answer. Once its day and the tolerance have passed, it can still be done late,
but never again in time. The day may be guessed from the sentence somebody wrote; a person confirms it.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import NamedTuple

from . import dates

# Nobody counts on what is promised for later than this.
FARTHEST_DAYS = 366
# Who names a day that lies so few days back speaks of what was.
_SPOKEN_OF_DAYS = 120

# Still to be done, and what was decided.
OPEN = ("open", "due")
DECIDED = ("kept", "late", "broken")


class Word(NamedTuple):
    """
    :param date day: by when it was promised, on the calendar of whom it was promised to
    :param zone: :class:`datetime.tzinfo` of that calendar
    :param at: :class:`time` by which it is to be done on the day, or None: until the day ends
    :param int grace: days after which it is broken, 0 or more
    """

    day: date
    zone: object
    at: time | None = None
    grace: int = 0


class Verdict(NamedTuple):
    """
    :param str state: ``"open"``, ``"due"``, ``"kept"``, ``"late"`` or ``"broken"``
    :param turns: when the clock alone changes that, an aware :class:`datetime` in UTC; None: it does not any more
    """

    state: str
    turns: datetime | None


class Record(NamedTuple):
    """How often a word was kept, with how many it is counted from.

    :param int kept: in time
    :param int late: done, but after the day
    :param int broken: not done though day and tolerance have passed
    """

    kept: int
    late: int
    broken: int

    @property
    def decided(self):
        """The sample size: words that are decided. One that is open, was put off or taken back is none of them."""
        return self.kept + self.late + self.broken

    @property
    def share(self):
        """The exact share kept in time, a :class:`Fraction`; None of an empty sample, for nothing is known."""
        return Fraction(self.kept, self.decided) if self.decided else None


def moment(day, at, zone):
    """Return when the clock of a zone shows a time of a day, an aware datetime in UTC.

    A time that the clock shows twice is meant the first time; one that it leaps over is as far after the leap as it
    would have been without it.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(timezone.utc)


def deadline(word, grace=0):
    """Return the last moment in time, an aware datetime in UTC.

    :param Word word:
    :param int grace: so many days later
    """
    day = word.day + timedelta(grace)
    if word.at is None:
        return moment(day + timedelta(1), time(), word.zone)
    return moment(day, word.at, word.zone)


def judge(word, done, now):
    """Tell what became of a word.

    :param Word word:
    :param done: aware datetime of when it was done, None while it is not
    :param datetime now: aware
    :rtype: Verdict
    """
    if done is not None and done <= now:
        return Verdict("kept" if done <= deadline(word) else "late", None)
    begins = moment(word.day, time(), word.zone)
    if now < begins:
        return Verdict("open", begins)
    ends = deadline(word, word.grace)
    if now <= ends:
        return Verdict("due", ends)
    return Verdict("broken", None)


def record(counts):
    """Return how often words were kept.

    :param dict counts: `{state: how many}`; states that decide nothing do not count
    :rtype: Record
    """
    return Record(*(counts.get(state, 0) for state in DECIDED))


# ---------------------------------------------------------------- a day in a sentence

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
    "a": 1,
    "an": 1,
}
_HAN = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_HAN_DAYS = {**{"一二三四五六"[n]: n for n in range(6)}, "日": 6, "天": 6, "末": 5}
_NUMBER = r"\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True))
_MONTH = r"(?:" + "|".join(_MONTHS) + r")[a-z]*"
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_HAN_NUMBER = r"\d{1,3}|[一二两三四五六七八九十]"

_PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("iso", r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)日?"),
        ("han_date", r"(?<![\d年])(\d{1,2})月(\d{1,2})[日号]?"),
        ("day_month", rf"(?<![\w.])(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+({_MONTH})(?!\w)"),
        ("month_day", rf"(?<!\w)({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"),
        ("after", r"\bday after tomorrow\b|(?<!大)后天"),
        ("after_next", r"大后天"),
        ("tomorrow", r"(?<!after )\btomorrow\b|明天|明日|明早|明晚"),
        ("today", r"\btoday\b|\btonight\b|今天|今日|今晚"),
        ("work", rf"\b(?:in|within)\s+({_NUMBER})\s+(?:working|business)\s+days?\b"),
        ("han_work", rf"({_HAN_NUMBER})个?工作日"),
        ("days", rf"\b(?:in|within)\s+({_NUMBER})\s+days?\b"),
        ("weeks", rf"\b(?:in|within)\s+({_NUMBER})\s+weeks?\b"),
        ("han_days", rf"({_HAN_NUMBER})[天日](?:之?内|之?后|以内|以后)"),
        ("han_weeks", rf"({_HAN_NUMBER})个?(?:周|星期|礼拜)(?:之?内|之?后|以内|以后)"),
        ("next_week", rf"\bnext\s+({_WEEKDAY})\b"),
        ("week", rf"\b({_WEEKDAY})\b"),
        ("han_week", r"(下|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天末])"),
        ("month_end", r"\bend of (?:the|this) month\b|月底"),
        ("han_day", r"(?<![\d月])(\d{1,2})号"),
    )
)
_CLOCK = re.compile(
    r"(?P<half>上午|下午|晚上|中午|早上)?\s*(?<![\d:])(?P<han>\d{1,2})\s*[点时](?P<minute>半|\d{1,2}分?)?"
    r"|(?<![\d:.])(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:])\s*(?P<ap>[ap]\.?m\b)?"
    r"|(?<![\d:.])(?P<h2>\d{1,2})\s*(?P<ap2>[ap]\.?m\b)|(?P<noon>\bnoon\b)",
    re.IGNORECASE,
)


class Guess(NamedTuple):
    """
    :param day: a :class:`date`, or None
    :param at: a :class:`time`, or None; never without a day
    """

    day: date | None
    at: time | None


def guess(text, today):
    """Guess by when something is promised from the words it is promised in, English or Chinese.

    The first day that is named and has not passed. Nothing is better than something wrong: what can be read in two
    ways, as 4/5, is not read.

    :param str text: of any length, the first 4,000 characters count
    :param date today: of the person who wrote it
    :rtype: Guess
    """
    text = (text or "")[:4000]
    found = []
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            day = _day_of(name, match, today)
            if day and today <= day <= today + timedelta(FARTHEST_DAYS):
                # Of two readings of one place the longer one: “next Friday” is not “Friday”.
                found.append((match.start(), -match.end(), day))
    if not found:
        return Guess(None, None)
    found = _outermost(found)
    start, end, day = found[0]
    return Guess(day, _clock_near(text, start, -end))


def _outermost(found):
    """Return the readings in the order of the text, without those that lie within a longer one."""
    kept, reached = [], -1
    for start, end, day in sorted(found):
        if -end > reached:
            kept.append((start, end, day))
            reached = -end
    return kept


def _clock_near(text, start, end):
    """Return the time that is named beside a day, or None."""
    for match in _CLOCK.finditer(text, max(0, start - 25), end + 25):
        at = _time_of(match)
        if at:
            return at
    return None


def _time_of(match):
    if match["noon"]:
        return time(12)
    hour = int(match["han"] or match["h"] or match["h2"])
    minute = 0
    if match["minute"]:
        minute = 30 if match["minute"] == "半" else int(match["minute"].rstrip("分"))
    elif match["m"]:
        minute = int(match["m"])
    half = (match["ap"] or match["ap2"] or "").lower()[:1]
    if (half == "p" or match["half"] in ("下午", "晚上")) and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _number(text):
    text = text.lower()
    return int(text) if text.isdigit() else _NUMBERS.get(text) or _HAN[text]


def _date(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(month, day, today):
    """Return the next such day of a year, or None; a day of the last months is not meant for the next year."""
    this = _date(today.year, month, day)
    if this and this >= today:
        return this
    if this and today - this < timedelta(_SPOKEN_OF_DAYS):
        return None
    return _date(today.year + 1, month, day)


def _weekday(number, today):
    return today + timedelta((number - today.weekday()) % 7)


def _next_week(number, today):
    """Return a day of the week that begins with the next Monday."""
    return today - timedelta(today.weekday()) + timedelta(7 + number)


def _working(count, today):
    day = today
    while count > 0:
        day += timedelta(1)
        count -= day.weekday() < 5
    return day


def _day_of(name, match, today):
    """Return the day that a match means, or None where there is no such day."""
    groups = match.groups()
    match name:
        case "iso":
            return _date(*map(int, groups))
        case "han_date":
            return _coming(int(groups[0]), int(groups[1]), today)
        case "day_month":
            return _coming(_MONTHS.index(groups[1][:3].lower()) + 1, int(groups[0]), today)
        case "month_day":
            return _coming(_MONTHS.index(groups[0][:3].lower()) + 1, int(groups[1]), today)
        case "today" | "tomorrow" | "after" | "after_next":
            return today + timedelta(("today", "tomorrow", "after", "after_next").index(name))
        case "work" | "han_work":
            return _working(_number(groups[0]), today)
        case "days" | "han_days":
            return today + timedelta(_number(groups[0]))
        case "weeks" | "han_weeks":
            return today + timedelta(7 * _number(groups[0]))
        case "next_week":
            return _next_week(_DAYS.index(groups[0][:3].lower()), today)
        case "week":
            return _weekday(_DAYS.index(groups[0][:3].lower()), today)
        case "han_week":
            number = _HAN_DAYS[groups[1]]
            if groups[0] == "下":
                return _next_week(number, today)
            return _weekday(number, today)
        case "month_end":
            first = today.replace(day=1)
            return dates.add_months(first, 1) - timedelta(1)
        case "han_day":
            number = int(groups[0])
            this = _date(today.year, today.month, number)
            if this and this >= today:
                return this
            following = dates.add_months(today.replace(day=1), 1)
            return _date(following.year, following.month, number)
    return None
