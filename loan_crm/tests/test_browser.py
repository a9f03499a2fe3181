from odoo.tests import HttpCase, tagged

_KEEP = """(async () => {
    const left = [document.cookie.includes("mine"), localStorage.mine, sessionStorage.mine];
    left.push(...(await indexedDB.databases()).map(({name}) => name), ...(await caches.keys()));
    if (left.some(Boolean)) { throw new Error("left by the one before: " + left); }
    document.cookie = "mine=1; path=/; max-age=9999";
    localStorage.mine = sessionStorage.mine = "1";
    await new Promise((done) => { indexedDB.open("mine").onsuccess = done; });
    await caches.open("mine");
    console.log("test successful");
})()"""


@tagged("post_install", "-at_install", "loan")
class TestBrowser(HttpCase):
    """Tours may share a browser (dev/kept_browser.py); each is to find it as if nobody had been there."""

    def test_nothing_is_left_of_the_one_before(self):
        for _tour in range(3):
            self.browser_js("/robots.txt", _KEEP)
