"""Counting tests, and what a skipped browser test means."""

import pytest

from dev.testing import count, essence, read_report

REPORT = """<testsuites><testsuite>
<testcase name="test_a"/>
<testcase name="test_b"><failure message="no"/></testcase>
<testcase name="test_tour"><skipped message="Chrome executable not found"/></testcase>
<testcase name="test_later"><skipped message="waits for issue 3"/></testcase>
</testsuite></testsuites>"""


def figures(tally):
    return (tally.passed, tally.failed, tally.skipped)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 passed in 1.2s", (12, 0, 0)),
        ("1 failed, 2 passed, 3 skipped, 4 warnings in 1.2s", (2, 1, 3)),
        ("1 warning, 5 errors in 1.72s", (0, 5, 0)),
        ("Ran 7 tests in 0.1s\n\nOK", (7, 0, 0)),
        ("Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)", (3, 3, 1)),
    ],
)
def test_closing_lines_are_counted(text, expected):
    assert figures(count(text)) == expected


def test_a_skipped_tour_is_a_problem_in_ci_only(tmp_path, monkeypatch):
    (tmp_path / "report.xml").write_text(REPORT)
    monkeypatch.delenv("CI", raising=False)
    assert read_report(tmp_path / "report.xml").problems == []
    monkeypatch.setenv("CI", "true")
    tally = read_report(tmp_path / "report.xml")
    assert figures(tally) == (1, 1, 2)
    assert len(tally.problems) == 1
    assert "test_tour" in tally.problems[0]


def test_no_report_is_no_success(tmp_path):
    assert read_report(tmp_path / "none.xml").bad


def test_progress_and_what_tests_logged_are_left_to_the_log():
    lines = [
        "loan_crm/tests/test_house.py::TestHouse::test_a ",
        "[gw0] [  1%] FAILED loan_crm/tests/test_house.py::TestHouse::test_a ",
        "___ test_a ___",
        "E  no",
        "--- Captured stderr call ---",
        "ERROR x",
        "=== short test summary info ===",
        "FAILED",
    ]
    assert essence(lines) == ["___ test_a ___", "E  no", "=== short test summary info ===", "FAILED"]
