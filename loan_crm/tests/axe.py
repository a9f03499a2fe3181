import json
import time
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from urllib.parse import urljoin

from odoo.tests.common import HOST, ChromeBrowser

from .common import BrowserCommon

# What is looked for: the rules of WCAG 2.0 to 2.2 that a machine can judge, levels A and AA, and good practice.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (1440, 390)
_RUN = """(async () => {
    const found = await axe.run(%(context)s, {runOnly: %(tags)s, resultTypes: ["violations"]});
    return found.violations.flatMap(({id, impact, help, nodes}) => nodes.map(({target, html, any, all, none}) => ({
        rule: id, impact, help, where: target.flat().join(" "), html,
        why: [...any, ...all, ...none].map(({message}) => message).join("; "),
    })));
})()"""


class AxeCommon(BrowserCommon):
    """A browser that reads pages as an inspector of accessibility does: `axe` within each of them.

    Chrome's own protocol runs it, so that the headers by which a page forbids scripts need not be loosened for it.
    """

    # Of what Odoo draws around ours: (rule, start of what it stands at, why it stays). Nothing of ours is ever here.
    excused = ()
    # Selectors of what Odoo draws within ours, in the same words on each of its own screens: it is not looked at.
    odoos = ()

    @contextmanager
    def _browser(self, login=None, *, lang="en_US", dark=False):
        """Yield a browser in which somebody is logged in, or nobody.

        :param str lang: the language that was chosen on the portal
        :param bool dark: as whoever has chosen a dark screen
        """
        browser = ChromeBrowser(self)
        with ExitStack() as end:
            end.callback(browser.stop)
            end.enter_context(self.allow_requests(browser=browser))
            end.callback(self._wait_remaining_requests)
            self.authenticate(login, login, browser=browser)
            browser.set_cookie("frontend_lang", lang, "/", HOST)
            if dark:
                browser.set_cookie("color_scheme", "dark", "/", HOST)
            self.env.flush_all()
            self.env.cr.clear()
            yield browser

    def _go(self, browser, path, ready=None):
        """Open a page and wait until it stands.

        :param str ready: a JavaScript expression that is true then
        """
        browser.navigate_to(urljoin(self.base_url(), path), wait_stop=True)
        self._until(browser, f"document.readyState === 'complete' && ({ready or 'true'})", path)

    def _until(self, browser, code, name, seconds=30):
        """Wait until a JavaScript expression is true.

        :raises AssertionError: where it never is, with what stands on the page instead
        """
        end = time.monotonic() + seconds
        while not self._evaluate(
            browser, f"(() => {{ try {{ return Boolean({code}); }} catch {{ return false; }} }})()"
        ):
            if time.monotonic() > end:
                told = self._evaluate(browser, "location.href + ' ' + document.body.innerText.slice(0, 400)")
                self.fail(f"{name}: never {code}\n{told}")
            time.sleep(0.1)

    def _evaluate(self, browser, code):
        """Return what JavaScript makes of the page, a promise's end included.

        :raises AssertionError: where it throws
        """
        answer = browser._websocket_request(
            "Runtime.evaluate",
            params={"expression": code, "awaitPromise": True, "returnByValue": True},
            timeout=60,
        )
        self.assertNotIn("exceptionDetails", answer, answer)
        return answer["result"].get("value")

    def _widen(self, browser, width, height=900):
        """Give the page another width, in pixels."""
        browser._websocket_request(
            "Emulation.setDeviceMetricsOverride",
            params={"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def _press(self, browser, key, shift=False):
        """Press a key as a keyboard does: ``"Tab"``, ``"Enter"``, ``"Escape"`` or ``" "``."""
        number, text = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " ")}[key]
        common = {"key": key, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        down = {"type": "keyDown" if text else "rawKeyDown", **common, **({"text": text} if text else {})}
        browser._websocket_request("Input.dispatchKeyEvent", params=down)
        browser._websocket_request("Input.dispatchKeyEvent", params={"type": "keyUp", **common})

    def _type(self, browser, text):
        """Write a text where the cursor is."""
        browser._websocket_request("Input.insertText", params={"text": text})

    def _prefer(self, browser, scheme):
        """Tell pages what the reader's device is set to: ``"light"`` or ``"dark"``."""
        browser._websocket_request(
            "Emulation.setEmulatedMedia",
            params={"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )

    def _violations(self, browser, *roots):
        """Return what axe finds on the page as it stands: a list of sentences.

        :param roots: selectors of what is looked at; the whole page without any
        """
        source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self._evaluate(browser, f"{source}; 0")
        inside = {"include": [[root] for root in roots], "exclude": [[each] for each in self.odoos]}
        context = json.dumps(inside) if roots else "document"
        found = self._evaluate(browser, _RUN % {"context": context, "tags": json.dumps(TAGS)})
        return [
            f"{each['rule']} ({each['impact']}): {each['help']}\n"
            f"      {each['where']}\n      {each['html'][:200]}\n      {each['why']}"
            for each in found
            if not any(each["rule"] == rule and where in each["where"] for rule, where, _why in self.excused)
        ]

    def _look(self, browser, name, *roots, widths=WIDTHS):
        """Return what is wrong with the page that stands, at each width."""
        wrong = []
        for width in widths:
            self._widen(browser, width)
            wrong += [f"{name}, {width} px wide: {each}" for each in self._violations(browser, *roots)]
        return wrong

    def assertNothingWrong(self, wrong):
        self.assertFalse(wrong, "\n\n" + "\n".join(wrong))
