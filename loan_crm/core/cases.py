"""What a message tells of itself: the matter it belongs to, whether it complains, its language, its references.

Guesses, each of which a person may set right. They are made to err on the side that costs least: a complaint taken
for an inquiry is worse than the reverse, and an answer too many is not sought in what says nothing.
"""

import re

# Re, Fwd and their like in the languages mail programs speak, Chinese ones with their full-width colon.
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|fwd?|wg|tr|rv|enc|回复|回覆|答复|答覆|转发|轉發|转寄)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\[(#【]?\s*\bCS\d{4,}\s*[\])】]?", re.IGNORECASE)
_COMPLAINS = re.compile(
    r"\bcomplain(?:t|ts|ing|ed)?\b|\bombudsman\b|\bunacceptable\b|\boutrag\w+|\bdissatisf\w+|\bfed up\b"
    r"|\bsue\b|\blawyer\b"
    r"|投诉|投訴|举报|舉報|维权|維權|不满意|不滿意|太差|推诿|推諉|没人管|沒人管|银保监|银监会|金融监管|12378|律师|律師|起诉|起訴",
    re.IGNORECASE,
)
_THREATENS = re.compile(
    r"\b(?:lawyer|solicitor|attorney|court|sue|lawsuit|ombudsman|regulator)\b"
    r"|律师|律師|起诉|起訴|法院|仲裁|银保监|银监会|金融监管|12378",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    r"\b(?:journalist|newspaper|press|twitter|facebook|reddit|trustpilot|weibo|review site)\b"
    r"|微博|抖音|小红书|小紅書|朋友圈|媒体|媒體|记者|記者|曝光|黑猫投诉",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^(?:(?:many |very )?thanks?(?: you)?(?: (?:very|so) much| a lot)?|thx|ok(?:ay)?|got it"
    r"|received|noted|understood|great|perfect"
    r"|谢谢(?:您|你)?|多谢|感谢|好的|收到|明白|了解|知道了|嗯|行)[\s.!。！~～,，、]*",
    re.IGNORECASE,
)
# What a ready text leaves to be filled in, and what stands where nothing is known.
_PLACE = re.compile(r"\{([a-z_]+)\}")
_BLANK = "____"
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
# Where a mail program begins to quote what is answered.
_QUOTED = re.compile(
    r"^(?:>|-{2,}\s*(?:original message|forwarded message|原始邮件|原始郵件)|on .{5,200} wrote:\s*$"
    r"|在.{4,120}写道[:：]\s*$|_{10,}\s*$|发件人[:：]|寄件者[:：]|from:\s.+@)",
    re.IGNORECASE,
)


def own_words(text):
    """Return what somebody wrote themselves, without what their mail program quotes below it or their signature.

    :param str text: plain, with its lines
    :rtype: str
    """
    lines = []
    for line in (text or "").splitlines():
        stripped = line.strip()
        if _QUOTED.match(stripped) or stripped == "--":
            break
        lines.append(stripped)
    return "\n".join(lines).strip()


def subject_key(subject):
    """Return what two mails about one matter have in common: the subject without Re, Fwd and our own number.

    :rtype: str
    """
    plain = _NUMBER.sub(" ", subject or "")
    while (shorter := _PREFIX.sub("", plain)) != plain:
        plain = shorter
    return " ".join(plain.split()).casefold()


def headline(text, most=80):
    """Return in short what a text is about: its first line, cut at a word.

    :param str text: plain, with its lines
    :param int most: characters
    :rtype: str
    """
    first = next((" ".join(line.split()) for line in (text or "").splitlines() if line.strip()), "")
    if len(first) <= most:
        return first
    cut = first[:most]
    # Chinese has no blanks to cut at; a word that fills the line is cut as well.
    head = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut[:-1]
    return head.rstrip(" ,;:.，。；：、") + "…"


def placeholders(text):
    """Return the names that a ready text leaves to be filled in: ``{customer}`` is one, a lone brace is none.

    :rtype: set[str]
    """
    return set(_PLACE.findall(text or ""))


def fill(text, facts):
    """Return a ready text with what is known filled in; what is unknown or empty becomes a line to write on.

    Nothing of the text is ever run, and what is filled in is not looked at again.

    :param str text: with names in braces
    :param dict facts: by name
    :rtype: str
    """
    return _PLACE.sub(lambda found: str(facts.get(found[1]) or _BLANK), text or "")


def fits(wanted, found):
    """Tell how well a ready text fits a case; None where it does not.

    What names the category fits better than what names the type, that better than what names the stage: a text for
    all three is chosen before one for anything.

    :param wanted: (ids of categories, type, stage) that the text is for, each empty for any
    :param found: (ids of the case's category and those above it, the nearest first; type; stage)
    :rtype: int | None
    """
    (categories, kind, stage), (path, its_kind, its_stage) = wanted, found
    score = 0
    if categories:
        near = next((place for place, id_ in enumerate(path) if id_ in categories), None)
        if near is None:
            return None
        score += 10000 - 100 * near
    for named, its, worth in ((kind, its_kind, 10), (stage, its_stage, 1)):
        if named and named != its:
            return None
        score += worth if named else 0
    return score


def complains(text):
    """Tell whether somebody says in so many words that they complain."""
    return bool(_COMPLAINS.search(text or ""))


def threatens(text):
    """Tell whether a lawyer, a court or a regulator is named."""
    return bool(_THREATENS.search(text or ""))


def goes_public(text):
    """Tell whether the press or a public network is named."""
    return bool(_PUBLIC.search(text or ""))


def substantive(text):
    """Tell whether somebody says anything that could answer a question, or ask for an answer.

    A thank-you, a receipt and an empty mail under a signature do not. An attachment is none of this function's
    business: who sends one says something by it.

    :param str text: plain, with its lines
    """
    words = own_words(text)
    while words and (shorter := _THANKS.sub("", words, count=1).strip()) != words:
        words = shorter
    # A Chinese character says about as much as half a word of letters.
    return len(_HAN.findall(words)) * 2 + len(_LETTER.findall(words)) >= 4


def language(text, known):
    """Return the code of the language a text is most likely in.

    Only what the script tells is told: a text with Chinese characters is Chinese, one in letters is not.

    :param str text:
    :param known: codes of the languages that are installed, the likeliest first, e.g. ``("en_US", "zh_CN")``
    :return: one of them, or None where the text tells nothing
    """
    words = own_words(text)
    han, letters = len(_HAN.findall(words)), len(_LETTER.findall(words))
    if not letters:
        return None
    chinese = han * 4 >= letters
    return next((code for code in known if code.startswith("zh") == chinese), None)


def mentioned(references, text):
    """Return those references that a text names as a whole; Chinese characters may stand right beside them.

    :param references: iterable of str, e.g. numbers of loans
    :rtype: list[str]
    """
    text = text or ""
    return [
        reference
        for reference in references
        if reference
        and re.search(rf"(?<![A-Za-z0-9_-]){re.escape(reference)}(?![A-Za-z0-9_-])", text, re.IGNORECASE)
    ]


def least_loaded(people, loads):
    """Return who should get the next one: the one with the least open, of equals the first named.

    :param people: in the order in which equals are asked
    :param dict loads: `{person: number open}`, without those who have none
    :return: one of them, or None of nobody
    """
    return min(people, key=lambda person: loads.get(person, 0), default=None)
