"""Takes the pictures for `make shots`, and reports what a person would trip over.

Runs in the locked environment. For each page it prints its title and every JavaScript error,
failed request and answer of 400 and above; its exit code is 1 if a page showed an error.
"""

import argparse
import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from dev.browser import find

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
LANGUAGES = ("en_US", "zh_CN")


def visit(page, base, path, target, seen, settle):
    """Take one picture; return whether the page showed an error."""
    seen.clear()
    page.goto(base + path)
    page.wait_for_load_state("load")
    if path.startswith("/odoo"):  # the first page of a language waits for its bundles to be built
        page.wait_for_selector(".o_main_navbar", timeout=120_000)
    page.wait_for_timeout(settle)
    broken = page.locator(".o_error_dialog").count() > 0
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(target))
    print(f"{path} → {target}: {page.title()}" + (" — ERROR DIALOG" if broken else ""), flush=True)
    for kind, text in seen:
        print(f"    {kind}: {text}")
    return broken or any(kind == "error" for kind, _text in seen)


def log_in(page, base, login):
    page.goto(f"{base}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("form.oe_login_form button[type=submit]")
    page.wait_for_url(lambda url: "/web/login" not in url, timeout=60_000)


def speak(page, base, language):
    """Set the user's language, as My Preferences would."""
    page.evaluate(
        """async (lang) => {
            const call = (model, method, args, kwargs = {}) => fetch(`/web/dataset/call_kw/${model}/${method}`, {
                method: "POST", headers: {"Content-Type": "application/json"},
                body: JSON.stringify({jsonrpc: "2.0", method: "call", params: {model, method, args, kwargs}}),
            }).then((answer) => answer.json());
            const session = await fetch("/web/session/get_session_info", {
                method: "POST", headers: {"Content-Type": "application/json"}, body: '{"params": {}}',
            }).then((answer) => answer.json());
            await call("res.users", "write", [[session.result.uid], {lang}]);
        }""",
        language,
    )


def pages_of_the_app(page, base):
    """Return the addresses of the app's menu entries, as the running web client knows them."""
    page.goto(f"{base}/odoo")
    page.wait_for_function("() => odoo.__WOWL_DEBUG__?.root.env.services.menu", timeout=120_000)
    return page.evaluate(
        """() => {
            const menus = odoo.__WOWL_DEBUG__.root.env.services.menu;
            const app = menus.getApps().find((one) => one.xmlid.startsWith("loan_crm."));
            const found = [];
            const walk = (menu) => {
                if (menu.actionID) found.push(`/odoo/${menu.actionPath || "action-" + menu.actionID}`);
                menu.children.forEach((id) => walk(menus.getMenu(id)));
            };
            if (app) walk(app);
            return [...new Set(found)];
        }"""
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--login", default="lead")
    parser.add_argument("--size", default="1366x900")
    parser.add_argument("--settle", type=int, default=2500, help="milliseconds a page gets to settle")
    parser.add_argument("pages", nargs="*")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    broken = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find(), args=QUIET)
        page = browser.new_page(viewport={"width": width, "height": height})
        seen = []
        page.on("pageerror", lambda error: seen.append(("error", str(error)[:300])))
        # A page that is left drops what it was still loading; that is no fault.
        page.on(
            "requestfailed",
            lambda request: (
                request.failure == "net::ERR_ABORTED" or seen.append(("failed", request.url[:160]))
            ),
        )
        page.on(
            "response", lambda answer: answer.status >= 400 and seen.append((answer.status, answer.url[:160]))
        )
        log_in(page, asked.base, asked.login)
        pages = asked.pages or pages_of_the_app(page, asked.base)
        for language in LANGUAGES:
            speak(page, asked.base, language)
            for path in pages:
                name = re.sub(r"\W+", "-", path).strip("-") or "home"
                broken += visit(
                    page, asked.base, path, asked.folder / language / f"{name}.png", seen, asked.settle
                )
        speak(page, asked.base, LANGUAGES[0])
        browser.close()
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
