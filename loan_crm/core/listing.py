"""Words in a row, as the language that people read writes them: A, B in English, A、B in Chinese.

Odoo's `format_list` says “and” before the last one, which a list that is cut off or that stands in brackets does not
bear, and the lists of the Unicode data that leave it out set nothing at all between Chinese words.
"""

# Between words, between phrases, and between what has commas inside: by the language, of which a country's is one.
_MARKS = {"zh": ("、", "，", "；"), "ja": ("、", "、", "；")}
_LATIN = (", ", ", ", "; ")


def listed(words, lang, apart=False):
    """Return words in a row.

    :param words: texts of one kind: names, reasons
    :param str lang: code of the language they are read in, such as ``"zh_CN"``; None for English
    :param bool apart: they have commas inside: sentences, or figures with their names
    """
    return _marks(lang)[2 if apart else 0].join(words)


def phrased(words, lang):
    """Return phrases of which each says something else, one after the other: a number, and when to call it.

    :param words: texts
    :param str lang: as of :func:`listed`
    """
    return _marks(lang)[1].join(words)


def marks(lang):
    """Return what stands between texts that a page sets one after the other: `gap` between sentences, `colon`, `comma`.

    :param str lang: as of :func:`listed`
    """
    if _marks(lang) is _LATIN:
        return {"gap": " ", "colon": ": ", "comma": ", "}
    return {"gap": "", "colon": "：", "comma": "，"}


def _marks(lang):
    return _MARKS.get((lang or "").split("_")[0], _LATIN)
