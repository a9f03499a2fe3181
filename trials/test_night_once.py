import time

import pytest

LOANS = 60


def book(nursery, lender):
    """Check that each loan was repriced once, with one new version and one letter; return the nights' figures."""
    loans, nights = nursery.call("night_book", lender=lender)
    assert len(loans) == LOANS
    assert [loan for loan in loans if loan[1:] != [1, 2, 1, True]] == []
    return nights


def errors(nursery):
    return [
        line for line in nursery.log.read_text().splitlines() if " ERROR " in line or " CRITICAL " in line
    ]


@pytest.fixture
def lender(nursery, request):
    name = f"Nights of {request.node.name}"
    nursery.call("float_loans", lender=name, loans=LOANS)
    return name


def test_two_workers_at_once_do_one_night(nursery, lender):
    before = len(errors(nursery))
    workers = [nursery.start("night", lender=lender) for _number in range(2)]
    for worker in workers:
        nursery.wait(worker)
    assert book(nursery, lender) == [["done", LOANS, LOANS, 0]]
    assert errors(nursery)[before:] == []


@pytest.mark.parametrize("moment", ["batch committed", "repriced"])
def test_a_worker_that_dies_leaves_the_rest_to_the_next(nursery, lender, moment):
    worker = nursery.start("night", lender=lender, die={"at": moment, "after": 5})
    assert nursery.wait(worker) is None, "it should have died"
    nursery.call("night", lender=lender)
    assert book(nursery, lender) == [["done", LOANS, LOANS, 0]]


def test_workers_killed_at_random_moments_reprice_nothing_twice(nursery, lender, dice):
    kills, workers = 0, [nursery.start("night", lender=lender, batch=2) for _number in range(2)]
    for _kill in range(6):
        time.sleep(dice.uniform(0.05, 0.6))
        kills += nursery.kill(workers.pop(dice.randrange(len(workers))))
        workers.append(nursery.start("night", lender=lender, batch=2))
    for worker in workers:
        nursery.wait(worker)
    nursery.call("night", lender=lender)
    assert book(nursery, lender) == [["done", LOANS, LOANS, 0]]
    print(f"{kills} kills")
