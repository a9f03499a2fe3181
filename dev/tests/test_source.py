"""ODOO_HOME: what counts as Odoo 19."""

import pytest

from dev.console import Problem
from dev.odoo_source import _given

RELEASE = "version_info = ({}, 0, 0, FINAL, 0, '')\n"


def lay(root, series="19", addons=("odoo/addons/base", "addons/web")):
    for name in addons:
        (root / name).mkdir(parents=True)
    (root / "odoo").mkdir(exist_ok=True)
    (root / "odoo" / "release.py").write_text(RELEASE.format(series))
    return root


def test_a_source_checkout_has_two_addons_folders(tmp_path):
    source = _given(lay(tmp_path))
    assert [path.relative_to(tmp_path).as_posix() for path in source.addons] == ["odoo/addons", "addons"]


def test_debians_package_has_a_second_copy_that_is_not_used(tmp_path):
    packages = tmp_path / "usr/lib/python3/dist-packages"
    lay(packages, addons=("odoo/addons/web", "addons/web"))
    assert _given(tmp_path).addons == (packages / "odoo/addons",)


@pytest.mark.parametrize("series", ["18", "20"])
def test_another_series_is_refused(tmp_path, series):
    with pytest.raises(Problem, match=f"is Odoo {series}.0"):
        _given(lay(tmp_path, series))


def test_an_empty_folder_is_refused_and_named(tmp_path):
    with pytest.raises(Problem, match="holds no odoo/release.py"):
        _given(tmp_path)
