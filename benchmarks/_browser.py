"""How long a person waits in a real browser, for benchmarks that fill a database of their own.

Not a benchmark itself.
"""

import logging
import shutil
import threading
from contextlib import contextmanager

import _book
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

import odoo.http
from odoo.tools import config

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
PASSWORD = "to be measured"
# From the click until so many elements stand there for each selector, and the next frame is drawn.
_OPEN = """([action, wanted]) => new Promise((done, failed) => {
    const start = performance.now();
    const stands = () => Object.entries(wanted).every(
        ([selector, count]) => document.querySelectorAll(selector).length >= count);
    const look = () => {
        const took = performance.now() - start;
        if (stands()) requestAnimationFrame(() => done(performance.now() - start));
        else if (took > 30000) failed(new Error(`${JSON.stringify(action)} does not stand`));
        else setTimeout(look, 2);
    };
    odoo.__WOWL_DEBUG__.root.env.services.action.doAction(action, {clearBreadcrumbs: true});
    look();
})"""


@contextmanager
def _serving():
    """Serve the database on a port of loopback; yield the address."""
    config["db_name"] = [_book.NAME]
    # A page asks for its bus at another port, which nobody listens on here.
    for name in ("odoo.http", "werkzeug"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    server = make_server("127.0.0.1", 0, odoo.http.root, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def form(model, id_):
    """Return the action that opens a record's form."""
    return {"type": "ir.actions.act_window", "res_model": model, "res_id": id_, "views": [[False, "form"]]}


def rows(model):
    """Return the action that opens a model's list."""
    views = [[False, "list"], [False, "search"]]
    return {"type": "ir.actions.act_window", "res_model": model, "views": views, "name": model}


def waits(registry, uid, pages, *, warm=3, turns=15):
    """Open each page in turn, as often as asked.

    :param pages: `{name: (action, {selector: how many must stand there})}`, two or more, each with selectors that the
        one before does not have
    :param int warm: how often before it counts
    :param int turns: how often it counts
    :return: `{name: milliseconds of each turn}`
    """
    with _book.environment(registry) as env:
        # The copy has no files of its own: bundles that were built for the other database are built anew.
        env["ir.attachment"].search([("url", "=like", "/web/assets/%")]).unlink()
        user = env["res.users"].browse(uid)
        user.password = PASSWORD
        login = user.login
    found = {name: [] for name in pages}
    with _serving() as address, sync_playwright() as play:
        path = next(filter(None, map(shutil.which, NAMES)))
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(f"{address}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_function(
            "() => window.odoo?.__WOWL_DEBUG__?.root?.env?.services?.action", timeout=120_000
        )
        for turn in range(warm + turns):
            for name, asked in pages.items():
                took = page.evaluate(_OPEN, list(asked))
                page.wait_for_timeout(400)  # what comes after is not the next one's
                if turn >= warm:
                    found[name].append(took)
        browser.close()
    return found
