"""Which browser stays for the next tour, and which does not."""

import subprocess
import types
from concurrent.futures import Future

import pytest

from dev import kept_browser


class Browser:
    """As much of Odoo's ChromeBrowser as is asked; its process only waits."""

    had_failure = False

    def __init__(self, **kind):
        self.user_data_dir, self._result = "own", Future()
        self._logger = types.SimpleNamespace(warning=lambda *args, **kwargs: None)
        self.chrome, self.port = self._chrome_start(user_data_dir=self.user_data_dir, **kind)

    def _chrome_start(self, user_data_dir, touch_enabled=False):
        return subprocess.Popen(["sleep", "60"]), 1

    def stop(self):
        self.chrome.kill()
        self.chrome.wait()


@pytest.fixture
def browser(monkeypatch):
    kind = type("Own", (Browser,), {"_chrome_start": Browser._chrome_start, "stop": Browser.stop})
    kept = kept_browser._Kept(types.SimpleNamespace(HOST="127.0.0.1", ChromeBrowser=kind))
    monkeypatch.setattr(kept, "_leave_blank", lambda browser, result: None)
    kind.kept = kept
    yield kind
    kept.end()


def test_the_next_finds_the_browser_of_the_one_before(browser):
    first = browser()
    first.stop()
    assert browser().chrome is first.chrome
    assert first.chrome.poll() is None
    assert first.chrome.pid not in [child.pid for child in browser.kept.strangers()]


def test_two_at_once_have_one_each(browser):
    first, second = browser(), browser()
    assert first.chrome is not second.chrome
    assert second.chrome.pid in [child.pid for child in browser.kept.strangers()]
    second.stop()
    assert (first.chrome.poll(), second.chrome.poll() is None) == (None, False)


def test_another_kind_is_another_browser(browser):
    first = browser()
    first.stop()
    second = browser(touch_enabled=True)
    assert second.chrome is not first.chrome
    assert first.chrome.poll() is not None


@pytest.mark.parametrize("trouble", ["failed", "error", "closed", "stuck", "died"])
def test_what_is_not_as_it_should_be_does_not_stay(browser, monkeypatch, trouble):
    first = browser()
    if trouble == "failed":
        first.had_failure = True
    elif trouble == "error":
        first._result.set_exception(ValueError())
    elif trouble == "closed":
        first._result.cancel()
    elif trouble == "stuck":
        monkeypatch.setattr(browser.kept, "_leave_blank", lambda browser, result: 1 / 0)
    first.stop()
    if trouble == "died":
        first.chrome.kill()
        first.chrome.wait()
    assert first.chrome.poll() is not None
    assert browser().chrome is not first.chrome
