"""A pytest plugin: one browser for all tours of a process, where Odoo starts one for each.

To start Chromium costs a second of processor time, and what the one before has fetched and compiled is lost with it.
Each tour still has a page of its own, and finds neither cookies nor anything kept by the one before.
"""

import concurrent.futures
import json
import shutil
import signal
import subprocess
import tempfile
import time
import types

import psutil
import requests
import websocket


def pytest_configure(config):
    if config.getoption("numprocesses", None):
        return  # it hands the tests out to others
    import odoo.tests.common as common

    kept = _Kept(common)
    config.add_cleanup(kept.end)
    # At the end of each class Odoo ends the processes it finds; ours is to stay.
    common.psutil = types.SimpleNamespace(
        Process=lambda: types.SimpleNamespace(children=kept.strangers), wait_procs=psutil.wait_procs
    )


class _Kept:
    """The browser that stays, if there is one."""

    def __init__(self, common):
        self.host = common.HOST
        self.chrome = self.port = self.folder = self.kind = self.user = None
        browser = common.ChromeBrowser
        self._start, self._stop = browser._chrome_start, browser.stop
        browser._chrome_start = lambda of, **how: self.start(of, **how)
        browser.stop = lambda of: self.stop(of)

    def strangers(self, recursive=False):
        ours = self.chrome and self.chrome.pid
        return [child for child in psutil.Process().children(recursive=recursive) if child.pid != ours]

    def start(self, browser, *, user_data_dir, **kind):
        """Stand in for ChromeBrowser's own: give the browser that is there, or start one in a folder of ours."""
        if self.user:  # a second one at the same time
            return self._start(browser, user_data_dir=user_data_dir, **kind)
        if self.chrome and (self.kind != kind or self.chrome.poll() is not None):
            self.end()
        if not self.chrome:
            folder = tempfile.mkdtemp(prefix="loan_crm_browser_")
            own = browser.user_data_dir
            browser.user_data_dir = folder  # where its port and its errors are looked for
            try:
                self.chrome, self.port = self._start(browser, user_data_dir=folder, **kind)
            finally:
                browser.user_data_dir = own
            self.folder, self.kind = folder, kind
        self.user = browser
        return self.chrome, self.port

    @property
    def door(self):
        return f"http://{self.host}:{self.port}/json"

    def stop(self, browser):
        """Stand in for ChromeBrowser's own: leave a blank page behind, or end what is not as it should be."""
        if browser is not self.user:
            self._stop(browser)
            return
        self.user = None
        result = getattr(browser, "_result", None)  # one that was never reached has none
        gone = result and result.done() and (result.cancelled() or result.exception())
        if result and not gone and not browser.had_failure:
            try:
                self._leave_blank(browser, result)
            except Exception:  # whatever went wrong in it: the next gets a new one
                browser._logger.warning("The browser is not kept", exc_info=True)
            else:
                return
        self._stop(browser)
        self.end()

    def _leave_blank(self, browser, result):
        """Close the page and forget what it kept, but for what was fetched and compiled."""
        browser.screencaster.stop()
        browser._websocket_request("Page.stopLoading")
        pages = self._pages()
        blank = requests.put(f"{self.door}/new?about:blank", timeout=10).json()
        concurrent.futures.wait(browser._responses.values(), 10)
        result.cancel()
        browser.ws.close()
        for page in pages:
            requests.get(f"{self.door}/close/{page}", timeout=10).raise_for_status()
        for _again in range(1000):
            if not set(pages) & set(self._pages()):  # what they send in parting belongs to their own test
                break
            time.sleep(0.01)
        else:
            raise TimeoutError(f"pages do not close: {pages}")
        # Only now: a page may yet write something down as it goes.
        self._ask(blank, "Network.clearBrowserCookies")
        origin = browser.test_case.base_url()
        self._ask(blank, "Storage.clearDataForOrigin", origin=origin, storageTypes="all")
        shutil.rmtree(browser.user_data_dir, ignore_errors=True)
        if browser.sigxcpu_handler:
            signal.signal(signal.SIGXCPU, browser.sigxcpu_handler)

    def _ask(self, page, method, **params):
        door = websocket.create_connection(page["webSocketDebuggerUrl"], suppress_origin=True, timeout=10)
        try:
            door.send(json.dumps({"id": 1, "method": method, "params": params}))
            while (answer := json.loads(door.recv())).get("id") != 1:
                pass
        finally:
            door.close()
        if "error" in answer:
            raise ValueError(f"{method}: {answer['error']}")

    def _pages(self):
        told = requests.get(f"{self.door}/list", timeout=10).json()
        return [target["id"] for target in told if target["type"] == "page"]

    def end(self):
        """End the browser and clear its folder away."""
        if self.chrome:
            self.chrome.terminate()
            try:
                self.chrome.wait(5)
            except subprocess.TimeoutExpired:
                self.chrome.kill()
                self.chrome.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.chrome = None
