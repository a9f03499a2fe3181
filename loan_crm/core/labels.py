"""Names of choices as people outside read them: colleagues choose *Bank Transfer*, borrowers read *Bank transfer*."""


def as_sentence(label, lang):
    """Return the name of a choice in sentence case. Only English sets names in capitals; other languages stay.

    What is no plain word stays as it is written: SME, WeChat, I.

    :param str label: as colleagues read it
    :param str lang: code of the language it is in; None for English
    """
    if not (lang or "en").startswith("en"):
        return label
    first, *others = label.split(" ")
    return " ".join([first, *(word.lower() if word.istitle() and len(word) > 1 else word for word in others)])


def as_sentences(choices, lang):
    """Return choices, `[(value, label), ...]`, each as :func:`as_sentence` has it."""
    return [(value, as_sentence(label, lang)) for value, label in choices]
