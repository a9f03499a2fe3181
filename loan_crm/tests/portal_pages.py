"""The pages that somebody outside opens, in one list: a page that is not here is not looked at.

In braces stands what the test makes: `loan`, `application`, `case` (numbers), `letter` (the path of a letter's link),
`survey` (the path of a survey's).
"""

# With a login.
PORTAL_PAGES = {
    "the cards": "/my",
    "the loans": "/my/loans",
    "a loan": "/my/loans/{loan}",
    "I cannot pay in time": "/my/loans/{loan}/hardship",
    "I will pay on": "/my/loans/{loan}/promise",
    "ask or complain": "/my/loans/{loan}/ask",
    "a statement that cannot be": "/my/loans/{loan}/statement?form=pdf&first=x",
    "paying early": "/my/prepay/{loan}",
    "paying early, an amount that cannot be": "/my/prepay/{loan}?amount=x&day=x",
    "the applications": "/my/applications",
    "an application": "/my/applications/{application}",
    "questions and complaints": "/my/cases",
    "a case": "/my/cases/{case}",
    "how we reach you": "/my/contact",
    "nothing here": "/my/loans/2000000000",
}

# Behind a letter's link, without a login.
LETTER_PAGES = {
    "a letter's loan": "{letter}",
    "a letter's I cannot pay in time": "{letter}/hardship",
    "a letter's I will pay on": "{letter}/promise",
    "a letter's ask or complain": "{letter}/ask",
    "a survey's first question": "{survey}",
    "a survey's call": "{survey}/call",
    "a survey's stop": "{survey}/stop",
    "a link that opens nothing": "/loan/nothing",
}
