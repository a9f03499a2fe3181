"""Tests that share the work: in which order it begins, and what is told of it."""

from dev import lanes, process, pypi
from dev.paths import ROOT
from dev.testing import essence, read_report

SUITE = """
import os, unittest

def note(name):
    with open(os.environ["NOTES"] + "/" + os.environ.get("PYTEST_XDIST_WORKER", "alone"), "a") as notes:
        notes.write(name + "\\n")

class TestSmall(unittest.TestCase):
    def test_a(self):
        note("small")
        for word in ("uneventful", "the second thing that is wrong"):
            with self.subTest(word=word):
                self.assertEqual(word, "uneventful")

class TestLarge(unittest.TestCase):
    def test_a(self): note("large")
    def test_b(self): note("large")
    def test_c(self):
        note("large")
        self.fail("the one thing that is wrong")

class TestTour(unittest.TestCase):
    browser_js = None
    def test_a(self): note("tour")
    def test_b(self):
        note("tour")
        self.skipTest("Chrome executable not found")
"""


class Item:
    def __init__(self, name, cls=None):
        self.name, self.cls = name, cls
        self.parent = type("Class", (), {"nodeid": name.split(".")[0]})


class Browser:
    browser_js = None


def test_browsers_begin_and_the_largest_classes_follow_each_in_one_piece():
    items = [
        *(Item("Small.1"), Item("Large.1"), Item("Tour.1", Browser), Item("Large.2")),
        *(Item("Large.3"), Item("Medium.1"), Item("Medium.2")),
    ]
    lanes.pytest_collection_modifyitems(items)
    assert [item.name for item in items] == [
        *("Tour.1", "Large.1", "Large.2", "Large.3", "Medium.1", "Medium.2", "Small.1"),
    ]


def test_lanes_share_classes_and_give_one_account(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "notes").mkdir()
    report = tmp_path / "report.xml"
    plain = ("-p", "no:odoo", "-p", "no:cacheprovider", "-ra", "--rootdir", tmp_path)
    code, lines = process.run(
        [
            *(pypi.PYTHON, "-m", "pytest", *plain, *lanes.options(2), f"--junitxml={report}"),
            tmp_path / "test_suite.py",
        ],
        env={"NOTES": tmp_path / "notes"},
        cwd=ROOT,
        check=False,
        keep=4000,
    )
    done = [lane.read_text().split() for lane in (tmp_path / "notes").iterdir()]
    assert sorted(name for lane in done for name in lane) == ["large"] * 3 + ["small"] + ["tour"] * 2, (
        "each test ran once"
    )
    assert len(done) == 2, "both lanes worked"
    for name in ("large", "tour"):
        assert len([lane for lane in done if name in lane]) == 1, "a class stays in one lane"
    tally = read_report(report)
    assert (code, tally.passed, tally.failed, tally.skipped, tally.problems) == (1, 3, 2, 1, [])
    assert [line for line in lines if "SUBFAILED" in line and "the second thing" in line], (
        "what failed of a test is told"
    )
    assert not [line for line in lines if "uneventful" in line and "SUB" in line], (
        "and nothing of what passed"
    )
    told = [line for line in essence(lines) if "TestLarge" in line or "the one thing that is wrong" in line]
    assert len([line for line in told if line.startswith("E ")]) == 1, "told once, with its traceback"
    assert not [line for line in told if "PASSED" in line], "and nothing of what went well"
    monkeypatch.setenv("CI", "true")
    assert len(read_report(report).problems) == 1, "a tour that was skipped is a problem in CI"
