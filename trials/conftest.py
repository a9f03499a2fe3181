import os
import random
import time

import pytest

from .nursery import Nursery
from .sink import Sink

LOANS = 300


@pytest.fixture(scope="session")
def sink():
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def nursery(sink, tmp_path_factory):
    """Real workers on a copy of the database, with a lender and three hundred loans that are due to be reminded of."""
    missing = [name for name in ("ODOO_RC", "TRIALS_DATABASE") if not os.environ.get(name)]
    if missing:
        pytest.fail(f"Set {' and '.join(missing)}, see trials/__init__.py", pytrace=False)
    nursery = Nursery(
        os.environ["ODOO_RC"], os.environ["TRIALS_DATABASE"], tmp_path_factory.mktemp("trials"), sink.port
    )
    nursery.call("lend", loans=LOANS)
    yield nursery
    nursery.close()


@pytest.fixture(params=["safe", "auto"])
def route(request, nursery):
    """Which way letters are written and sent: through Odoo's own steps, or many at once."""
    nursery.call("choose", route=request.param)
    return request.param


@pytest.fixture
def borrowers(nursery, sink, route):
    """Return the addresses of all borrowers, none of whom has been written to."""
    return _begin(nursery, sink, LOANS)


@pytest.fixture
def few_borrowers(nursery, sink, route):
    return _begin(nursery, sink, 40)


def _begin(nursery, sink, due):
    addresses = nursery.call("forget", due=due)
    sink.stop()
    sink.letters.clear()
    sink.start()
    return set(addresses)


@pytest.fixture
def dice():
    seed = os.environ.get("TRIALS_SEED") or str(time.time_ns() % 10**6)
    print(f"TRIALS_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - no secret hangs on it
