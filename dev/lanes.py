"""A pytest plugin: Odoo tests in several lanes, processes of xdist's, each on a database of its own.

What takes longest begins first, so that the lanes end together.
"""

import os
from collections import Counter

import pytest
from _pytest.unittest import TestCaseFunction

DATABASES = "LANES_DATABASES"  # the variable that names one for each lane
SPENT = "LANES_SPENT"  # the variable that names the folder where each lane notes what its classes took


def options(count):
    """Return pytest's options for so many lanes."""
    # Whole classes, for what a class has set up is there for all its tests; in the order given below. A lane that
    # died is not replaced: the next would need another database.
    xdist = ("--dist=loadscope", "--no-loadscope-reorder", "--max-worker-restart=0")
    # -v, for a line a test: else nothing is to be seen of the first seventy.
    return [f"--numprocesses={count}", *xdist, "-p", "dev.lanes", "-v"]


def pytest_configure(config):
    """In a lane: work on its own database, and on its own filestore with it.

    Left alone, pytest-odoo gives all lanes one filestore. There the class that ends in one lane clears away what
    the transaction of another still holds.
    """
    lane = getattr(config, "workerinput", {}).get("workerid", "")
    if lane:
        _report_only_what_failed()
    if lane and os.environ.get(DATABASES):
        import odoo.tools

        del os.environ["PYTEST_XDIST_WORKER"]  # all that pytest-odoo goes by
        odoo.tools.config["db_name"] = os.environ[DATABASES].split(",")[int(lane.removeprefix("gw"))]


def _report_only_what_failed():
    """Keep subtests that passed from travelling to the one who counts tests: each is a message, a report and a line.

    There are twenty thousand. A test counts once however many it has, and one that fails is told as ever.
    """
    report = TestCaseFunction.addSubTest

    def add(function, test_case, subtest, error):
        if error is not None:
            report(function, test_case, subtest, error)

    TestCaseFunction.addSubTest = add


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Note what each class takes, its setting up included. pytest's own clock stands still where a test freezes it."""
    start = os.times().elapsed
    try:
        return (yield)
    finally:
        spent = item.session.__dict__.setdefault("lane_spent", Counter())
        spent[item.parent.nodeid] += os.times().elapsed - start


def pytest_sessionfinish(session):
    folder, lane = os.environ.get(SPENT), getattr(session.config, "workerinput", {}).get("workerid")
    if folder and lane:
        with open(os.path.join(folder, f"spent-{lane}.txt"), "w", encoding="utf-8") as note:
            for name, spent in session.__dict__.get("lane_spent", Counter()).most_common():
                note.write(f"{spent:8.1f} s  {name}\n")


def pytest_collection_modifyitems(items):
    """Bring classes that drive a browser to the front, and of the others those with the most tests.

    xdist hands whole classes out in this order, a class to the lane that is free, and each lane must come to the same.
    """
    classes = {}
    for item in items:
        classes.setdefault(item.parent.nodeid, []).append(item)
    items[:] = [item for group in sorted(classes.values(), key=_haste) for item in group]


def _haste(group):
    return not hasattr(group[0].cls, "browser_js"), -len(group)
