import time

import pytest

PEOPLE = 24


def done(nursery, lender):
    """Check that all was done, and once."""
    book = nursery.call("voice_book", lender=lender)
    assert book == {
        "surveys": {"sent": PEOPLE},
        "letters": {"1": PEOPLE},
        "words": {"broken": PEOPLE},
        "lines": {"1": PEOPLE},
        "to-dos": {"1": PEOPLE},
        "plans": {"1": PEOPLE},
        "came back": {"yes": PEOPLE},
        "improvements": {"judged": PEOPLE // 4},
        "effects": {"1": PEOPLE // 4},
        "reports": {"issued": 1},
        "heads": {"1": 1},
        "nights": {"done": 1},
        "trouble": 0,
    }


def errors(nursery):
    return [
        line for line in nursery.log.read_text().splitlines() if " ERROR " in line or " CRITICAL " in line
    ]


@pytest.fixture
def lender(nursery, request):
    name = f"Voice of {request.node.name}"
    nursery.call("voice_lender", lender=name, people=PEOPLE)
    return name


def test_run_twice_all_is_done_once(nursery, lender):
    for _time in range(2):
        nursery.call("voice", lender=lender)
    done(nursery, lender)


def test_two_workers_at_once_do_all_once(nursery, lender):
    before = len(errors(nursery))
    workers = [nursery.start("voice", lender=lender) for _number in range(2)]
    for worker in workers:
        nursery.wait(worker)
    done(nursery, lender)
    assert errors(nursery)[before:] == []


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        ("noted occasions", 1),
        ("asked", 2),
        ("judged words", 2),
        ("told lead", 3),
        ("opened plans", 4),
        ("measured", 3),
        ("came back", 2),
        ("issued", 1),
        ("told head", 1),
        *(("batch committed", number) for number in (1, 3, 6, 9, 14, 20)),
    ],
)
def test_a_worker_that_dies_leaves_the_rest_to_the_next(nursery, lender, moment, after):
    worker = nursery.start("voice", lender=lender, die={"at": moment, "after": after})
    assert nursery.wait(worker) is None, "it should have died"
    nursery.call("voice", lender=lender)
    done(nursery, lender)


def test_workers_killed_at_random_moments_do_nothing_twice(nursery, lender, dice):
    kills, workers = 0, [nursery.start("voice", lender=lender, batch=2) for _number in range(2)]
    for _kill in range(6):
        time.sleep(dice.uniform(0.05, 0.8))
        kills += nursery.kill(workers.pop(dice.randrange(len(workers))))
        workers.append(nursery.start("voice", lender=lender, batch=2))
    for worker in workers:
        nursery.wait(worker)
    nursery.call("voice", lender=lender)
    done(nursery, lender)
    print(f"{kills} kills")
