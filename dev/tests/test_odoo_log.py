"""Reading Odoo's log."""

from dev.odoo import complaints

STAMP = "2026-01-02 03:04:05,678 42"


def test_a_clean_log_has_no_complaints():
    assert complaints([f"{STAMP} INFO db odoo.modules.loading: 120 modules loaded"]) == []


def test_a_warning_brings_the_lines_that_go_with_it():
    log = [
        f"{STAMP} WARNING db odoo.modules.loading: demo data failed",
        "Traceback (most recent call last):",
        "ValueError: no",
        f"{STAMP} INFO db odoo.modules.loading: going on",
    ]
    assert complaints(log) == ["\n".join(log[:3])]


def test_colors_do_not_hide_an_error():
    line = f"{STAMP} \x1b[1;31m\x1b[1;49mERROR\x1b[0m db odoo.sql_db: bad query"
    assert complaints([line]) == [f"{STAMP} ERROR db odoo.sql_db: bad query"]


def test_a_python_warning_without_a_level_counts():
    assert complaints(["/x.py:1: DeprecationWarning: old"]) == ["/x.py:1: DeprecationWarning: old"]


def test_the_word_warning_in_a_name_does_not_count():
    assert complaints([f"{STAMP} INFO db odoo.modules: loading sale_stock_WARNING_form"]) == []
