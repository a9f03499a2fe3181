"""The pages that somebody outside opens, in one list: a page that is not here is not looked at.

In braces stands what the test makes: `loan`, `application`, `case`, `appointment`, `agreement` that waits and one that
is `signed` (numbers), `letter` (the path of a letter's link), `survey` (that of a survey's), `invitation` (that of an
invitation to sign).
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
    "a question without a loan": "/my/ask",
    "to book an appointment": "/my/appointment",
    "an appointment": "/my/appointment/{appointment}",
    "in large type": "/my/easy",
    "the agreements": "/my/agreements",
    "an agreement that waits": "/my/agreements/{agreement}",
    "an agreement that is signed": "/my/agreements/{signed}",
    "a question about an agreement": "/my/agreements/{agreement}/ask",
    "the promises": "/my/promises",
    "what you allow": "/my/consents",
    "what we hold about you": "/my/data",
    "nothing here": "/my/loans/2000000000",
}

# Behind a letter's link, without a login.
LETTER_PAGES = {
    "a letter's loan": "{letter}",
    "a letter's I cannot pay in time": "{letter}/hardship",
    "a letter's I will pay on": "{letter}/promise",
    "a letter's ask or complain": "{letter}/ask",
    "a letter's loan in large type": "{letter}/easy",
    "an invitation to sign": "{invitation}",
    "a survey's first question": "{survey}",
    "a survey's call": "{survey}/call",
    "a survey's stop": "{survey}/stop",
    "a link that opens nothing": "/loan/nothing",
}

# What is sent as a file or as a picture is no page.
FILES = {
    "/loan/data/<int:copy>",
    "/loan/<string:token>/easy/photo/<string:lender>",
    "/my/agreements/<string:agreement>/file",
    "/my/data/<string:copy>",
    "/my/easy/photo/<string:lender>",
    "/my/loans/<string:loan>/key-facts",  # to be printed
}
