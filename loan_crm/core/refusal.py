"""The one shape in which the core says no: a reason a machine can compare, and the facts behind it."""


class Refusal(ValueError):
    """A value the core declines to think about.

    :param reason: machine-readable code, e.g. ``"rate_negative"``; callers key their translated sentences by
        it, tests compare it
    :param facts: what a sentence for people may want to quote, e.g. ``maximum=600``
    """

    def __init__(self, reason, **facts):
        self.reason = reason
        self.facts = facts
        told = ", ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"{reason} ({told})" if told else reason)
