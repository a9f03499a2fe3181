"""How many text messages a text takes, which is what a lender pays for."""

# The alphabet of GSM 03.38: what fits seven bits, and what takes two of them.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def parts(text):
    """Return how many messages a text is sent as.

    A text of the seven-bit alphabet has 160 characters in one message, 153 in each of several; any other character,
    such as a Chinese one, makes it 70 and 67.

    :param str text: what is to be sent
    :rtype: int
    """
    if all(character in _BASIC or character in _EXTENDED for character in text):
        length, one, each = sum(2 if character in _EXTENDED else 1 for character in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)
