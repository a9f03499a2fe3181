"""Which texts that people have saved for each other tell a name."""

# What is shorter is part of other words: an English given name, a Chinese family name.
_PLAIN_AT_LEAST, _OTHER_AT_LEAST = 5, 2


def telling(texts, names):
    """Return the keys of the texts that hold one of some names, whichever way it is written in capitals.

    A name is found within a longer word, too: a person looks at what is found, and what is missed nobody looks at.
    Too short to be looked for is a name of less than five plain letters (ASCII), or of less than two of any others.

    :param dict texts: `{key: str}`
    :param names: iterable of str; what is empty is left out
    :rtype: set
    """
    wanted = {name.strip().casefold() for name in names if name}
    wanted = {
        name for name in wanted if len(name) >= (_PLAIN_AT_LEAST if name.isascii() else _OTHER_AT_LEAST)
    }
    folded = {key: text.casefold() for key, text in texts.items()}
    return {key for key, text in folded.items() if any(name in text for name in wanted)}
