import time
from collections import Counter

import pytest

from . import CHUNK

KILLS = 16
# Right after each of these the worker dies; what it must have left behind when all is run again.
MOMENTS = {
    "claimed": 0,  # the ledger's rows, not committed: they are gone
    "judged": 0,  # the ledger's rows, committed, nothing written yet: they are judged again
    "composed": 0,  # ledger and mails, not committed: both are gone
    "batch committed": 0,  # ledger and mails, committed: they leave later
    "taken": 1,  # taken for delivery, not yet handed to the mail server: nobody can tell
    "accepted": 1,  # the mail server took it, nobody noted: nobody can tell
    "noted": 1,  # noted and not committed: nobody can tell
}


class Book:
    """The ledger and the mail server's pile, put side by side."""

    def __init__(self, nursery, sink):
        self.rows = {}
        for address, *rest in nursery.call("ledger"):
            assert address not in self.rows, f"{address} stands twice in the ledger"
            self.rows[address] = rest
        self.got = Counter(sink.receivers())

    def of(self, *states):
        return {address for address, (state, *_rest) in self.rows.items() if state in states}

    def check(self, borrowers, not_told=frozenset()):
        """No letter twice; who lacks one is listed as interrupted, all others as sent; one letter per chatter."""
        # To-dos are announced to staff by mail, too.
        twice = {address: count for address, count in self.got.items() if count > 1 and address in borrowers}
        assert not twice
        interrupted = self.of("interrupted")
        assert borrowers - self.got.keys() - interrupted - not_told == set()
        unsent = borrowers - interrupted - not_told - self.of("sent")
        assert {address: self.rows.get(address) for address in unsent} == {}
        assert self.of("sent") <= self.got.keys()
        assert {address for address in self.of("sent") if self.rows[address][-1] != 1} == set()
        return interrupted


def finish(nursery):
    """Run everything until nothing is left to do, and let what died come to light."""
    nursery.call("work")
    nursery.call("grow_old")
    nursery.call("work")


def errors(nursery):
    return [
        line for line in nursery.log.read_text().splitlines() if " ERROR " in line or " CRITICAL " in line
    ]


def test_two_workers_at_once_write_to_each_borrower_once(nursery, sink, borrowers):
    before = len(errors(nursery))
    workers = [nursery.start("work") for _number in range(2)]
    shares = [nursery.wait(worker) for worker in workers]
    assert all(shares), f"one worker did it all: {shares}"
    book = Book(nursery, sink)
    assert book.check(borrowers) == set()
    assert sum(book.got[address] for address in borrowers) == len(borrowers)
    print(f"{len(borrowers)} letters, by worker: {shares}")
    assert errors(nursery)[before:] == []


def test_payments_that_come_in_meanwhile_disturb_nobody(nursery, sink, few_borrowers):
    paying = sorted(few_borrowers)[::3]
    workers = [nursery.start("work"), nursery.start("pay", emails=paying), nursery.start("work")]
    results = [nursery.wait(worker) for worker in workers]
    assert sorted(results[1]) == paying
    finish(nursery)
    book = Book(nursery, sink)
    spared = set(paying) - book.got.keys()
    assert book.check(few_borrowers, not_told=spared) == set()
    # Who paid first is held for that reason, or was never due at all.
    assert {book.rows[address][1] for address in spared & book.rows.keys()} <= {"paid"}
    print(f"{len(paying)} paid meanwhile, {len(spared)} of them were spared a letter")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_dies_at_the_worst_moment_sends_nothing_twice(
    nursery, sink, few_borrowers, route, moment
):
    worker = nursery.start("work", batch=10, die={"at": moment, "after": 1 if moment == "claimed" else 3})
    assert nursery.wait(worker) is None, "it should have died"
    finish(nursery)
    interrupted = Book(nursery, sink).check(few_borrowers)
    # What leaves together is unknown together.
    assert len(interrupted) == MOMENTS[moment] * (CHUNK if route == "auto" else 1)
    assert bool(nursery.call("trouble")) == bool(interrupted), "somebody is told, and only then"
    nursery.call("work")
    assert Book(nursery, sink).check(few_borrowers) == interrupted, "and it stays so"


def test_workers_killed_at_random_moments_send_nothing_twice(nursery, sink, borrowers, route, dice):
    kills = _kill(nursery, dice, KILLS // 2, lambda: nursery.start("write", batch=dice.choice((2, 5, 20))))
    nursery.call("write")
    written = len(Book(nursery, sink).rows)
    assert written == len(borrowers), "all is written, whoever died"
    kills += _kill(nursery, dice, KILLS // 2, lambda: nursery.start("deliver"))
    finish(nursery)
    book = Book(nursery, sink)
    interrupted = book.check(borrowers)
    missing = interrupted - book.got.keys()
    print(f"{kills} kills: {len(interrupted)} interrupted, of which {len(missing)} never came")
    assert kills >= 10
    assert len(interrupted) <= kills * (CHUNK if route == "auto" else 1)


def _kill(nursery, dice, wanted, start):
    """Let two workers run and kill one of them at a random moment, again and again."""
    kills, workers = 0, [start(), start()]
    while kills < wanted:
        time.sleep(dice.uniform(0.03, 0.4))
        victim = workers.pop(dice.randrange(len(workers)))
        kills += nursery.kill(victim)
        workers.append(start())
    return kills + sum(nursery.kill(worker) for worker in workers)


def test_a_dead_mail_server_costs_nobody_a_letter(nursery, sink, few_borrowers):
    sink.stop()
    nursery.call("write")
    nursery.call("deliver")
    book = Book(nursery, sink)
    assert book.of("failed") == few_borrowers
    assert all(unreachable for _state, _hold, _failure, unreachable, _letters in book.rows.values())
    nursery.call("write")
    nursery.call("deliver")
    sink.start()
    finish(nursery)
    assert Book(nursery, sink).check(few_borrowers) == set()


def test_two_workers_before_a_dead_mail_server_are_not_in_each_others_way(nursery, sink, few_borrowers):
    before = len(errors(nursery))
    sink.stop()
    nursery.call("write")
    for worker in [nursery.start("deliver", pause=2) for _number in range(2)]:
        nursery.wait(worker)
    # One that the other worker had in its hands waits for the next run.
    nursery.call("deliver")
    sink.start()
    assert Book(nursery, sink).of("failed") == few_borrowers
    assert errors(nursery)[before:] == []


def test_a_mail_server_that_goes_away_and_comes_back_gets_no_letter_twice(nursery, sink, few_borrowers):
    worker = nursery.start("work")
    while len(sink.letters) < len(few_borrowers) // 3:
        time.sleep(0.01)
    sink.stop()
    taken = len(sink.letters)
    time.sleep(0.5)
    sink.start()
    nursery.wait(worker)
    finish(nursery)
    interrupted = Book(nursery, sink).check(few_borrowers)
    print(f"gone after {taken} letters: {len(interrupted)} interrupted")
    assert len(interrupted) <= 1
