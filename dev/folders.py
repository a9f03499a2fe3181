"""A folder is there complete or not at all."""

import contextlib
import os
import shutil
import stat


@contextlib.contextmanager
def complete(target):
    """Yield an empty folder beside `target`; it takes that name only if the block succeeds.

    Hold a lock around it: what an interrupted run left half-finished is removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.partial-*"):
        remove(left)
    partial = target.parent / f".{target.name}.partial-{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
        remove(target)
        partial.rename(target)
    except BaseException:
        remove(partial)
        raise


def remove(path):
    """Remove a file or folder if it is there, read-only folders inside included."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path, onerror=_make_writable)


def _make_writable(function, path, _error):
    parent = os.path.dirname(path)
    for folder in (parent, path):
        if not os.path.islink(folder) and os.path.isdir(folder):
            os.chmod(folder, stat.S_IRWXU)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        function(path)


def write(path, text):
    """Write a small file so that a reader sees the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
