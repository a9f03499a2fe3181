"""A simulated quarter: every day run, workers killed at random, the mail server away at random.

Short within `make test`; a whole quarter with TRIALS_DAYS=92.
"""

import os
from collections import Counter

from . import CHUNK

DAYS = int(os.environ.get("TRIALS_DAYS") or 8)
LOANS = 40
MOMENTS = ("claimed", "judged", "composed", "batch committed", "taken", "accepted", "noted")


def test_after_a_quarter_the_ledger_the_mailbox_and_the_loans_agree(nursery, sink, dice):
    nursery.call("quarter_lender", loans=LOANS)
    sink.stop()
    sink.letters.clear()
    sink.start()
    killed = away = 0
    for day in range(DAYS):
        nursery.call("quarter_life", day=day, seed=dice.randrange(10**9))
        # Twice a day, and at the end of it once more for who had quiet hours; New York is four or five behind UTC.
        for hour in (14.5, 18.25, 23.5):
            if dice.random() < 0.12:
                away += 1
                sink.stop()
            workers = []
            for _worker in range(2 if hour == 14.5 else 1):
                die = None
                if dice.random() < 0.2:
                    die = {"at": dice.choice(MOMENTS), "after": dice.randrange(1, 6)}
                workers.append(nursery.start("quarter_day", day=day, hour=hour, die=die))
            killed += sum(not nursery.survived(worker) for worker in workers)
            sink.start_again()
    # Two days more without accidents, so that what died comes to light.
    for hour in (33.0, 38.5, 62.5):
        nursery.call("quarter_day", day=DAYS - 1, hour=hour)
    book = nursery.call("quarter_book", days=DAYS)
    rows = book["rows"]
    leads = {row["message_id"]: row for row in rows if row["state"] in ("sent", "interrupted")}
    arrived = Counter(letter.message_id for letter in sink.letters if letter.receiver[0] in "qsm")

    assert {message for message, count in arrived.items() if count > 1} == set(), "no letter twice"
    assert set(arrived) <= set(leads), "what arrived stands in the ledger"
    sent = {message for message, row in leads.items() if row["state"] == "sent"}
    assert sent <= set(arrived), "what the ledger calls sent arrived"
    ids = {row["id"]: row for row in rows}
    merged = [row for row in rows if row["state"] == "merged"]
    assert {ids[row["lead"]]["state"] for row in merged} <= {"sent", "interrupted", "queued", "failed"}
    assert [row for row in rows if row["state"] == "held" and not row["hold_reason"]] == []
    assert {row["state"] for row in rows} <= {
        "sent",
        "merged",
        "held",
        "handed",
        "interrupted",
        "queued",
        "failed",
    }
    assert book["missed"] == [], "every step of every open installment is in the ledger"
    assert book["told_paid"] == [], "nobody is told of what was paid"
    assert book["wrong"] == []
    states = Counter(row["state"] for row in rows)
    reasons = Counter(row["hold_reason"] for row in rows if row["hold_reason"])
    print(
        f"{DAYS} days, {killed} workers killed, mail server away {away} times: {dict(states)}; {dict(reasons)}"
    )
    assert states["sent"] > DAYS
    # What leaves together is unknown together.
    assert len([row for row in rows if row["state"] == "interrupted"]) <= killed * CHUNK
