"""What makes a prepared database stale, and what does not."""

from dev import fingerprint


def addon(tmp_path, **files):
    for name, text in {"__manifest__.py": "{}", "models/loan.py": "x = 1", **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return fingerprint.addon(tmp_path)


def test_a_changed_model_counts(tmp_path):
    assert addon(tmp_path) != addon(tmp_path, **{"models/loan.py": "x = 2"})


def test_a_new_view_counts(tmp_path):
    assert addon(tmp_path) != addon(tmp_path, **{"views/loan.xml": "<odoo/>"})


def test_a_moved_file_counts(tmp_path):
    before = addon(tmp_path)
    (tmp_path / "models" / "loan.py").rename(tmp_path / "models" / "loans.py")
    assert fingerprint.addon(tmp_path) != before


def test_tests_notes_and_caches_do_not_count(tmp_path):
    before = addon(tmp_path)
    noise = {
        "tests/test_loan.py": "",
        "readme/newsfragments/1.feature": "",
        "models/__pycache__/loan.pyc": "",
    }
    assert addon(tmp_path, **noise, **{"README.md": "", "models/.loan.py.swp": ""}) == before


def test_a_digest_does_not_confuse_neighbors():
    assert fingerprint.digest("ab", "c") != fingerprint.digest("a", "bc")
