"""A folder is there complete or not at all."""

import pytest

from dev import folders


def test_it_appears_when_it_is_complete(tmp_path):
    target = tmp_path / "odoo"
    with folders.complete(target) as folder:
        (folder / "file").write_text("x")
        assert not target.exists()
    assert (target / "file").read_text() == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["odoo"]


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), folders.complete(tmp_path / "odoo") as folder:
        (folder / "file").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / ".odoo.partial-1" / "half").mkdir(parents=True)
    with folders.complete(tmp_path / "odoo"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["odoo"]


def test_a_failure_keeps_the_former_one(tmp_path):
    (tmp_path / "odoo").mkdir()
    with pytest.raises(RuntimeError), folders.complete(tmp_path / "odoo"):
        raise RuntimeError
    assert (tmp_path / "odoo").is_dir()


def test_a_read_only_folder_can_be_removed(tmp_path):
    locked = tmp_path / "prefix" / "deep"
    locked.mkdir(parents=True)
    (locked / "file").write_text("x")
    locked.chmod(0o500)
    folders.remove(tmp_path / "prefix")
    assert not (tmp_path / "prefix").exists()
