from odoo.tests import tagged

from .axe import AxeCommon
from .test_loan_portal_tour import PortalTour

# Where the cursor is, what it is called there, and whether one sees it.
_AT = """(() => {
    const el = document.activeElement;
    const style = getComputedStyle(el);
    const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
    return {
        tag: el.tagName, name: el.name || "", id: el.id, seen: shown, index: el.tabIndex,
        told: (el.labels?.[0]?.textContent || el.textContent || el.ariaLabel || "").trim().replace(/\\s+/g, " "),
        order: [...document.querySelectorAll("*")].indexOf(el), inside: Boolean(el.closest(".o_loan_page")),
    };
})()"""
_STRAY = """[...document.querySelectorAll("[aria-describedby]")].flatMap(
    (el) => el.getAttribute("aria-describedby").split(" ").filter((id) => !document.getElementById(id)))"""


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalKeyboard(AxeCommon, PortalTour):
    """Whoever has no mouse asks, is told what is missing, and sends it, by Tab, Space and Enter alone."""

    def _tab(self, browser, until, most=60):
        """Press Tab until the cursor is where a function says; return what it came by.

        In the order of the page, and seen at each place of ours.
        """
        passed = []
        for _turn in range(most):
            self._press(browser, "Tab")
            at = self._evaluate(browser, _AT)
            self.assertLessEqual(at["index"], 0, at)
            if at["inside"]:
                self.assertTrue(at["seen"], f"nobody sees where the cursor is: {at}")
            if passed and at["inside"]:
                self.assertGreater(at["order"], passed[-1]["order"], "the cursor jumps back")
            passed.append(at)
            if until(at):
                return passed
        return self.fail(f"never reached: {[each['told'] for each in passed]}")

    def _ask(self, browser, path):
        self._go(browser, path)
        self._tab(browser, lambda at: at["tag"] == "BUTTON" and at["inside"])
        self._press(browser, "Enter")
        self._until(browser, "document.activeElement.id === 'wrong'", "what is wrong has the cursor")
        self.assertEqual(self._evaluate(browser, _STRAY), [], "an error is tied to a field that is not there")
        # The first thing after it leads to the line that is missing.
        self._press(browser, "Tab")
        self.assertEqual(self._evaluate(browser, "document.activeElement.getAttribute('href')"), "#words")
        self._press(browser, "Enter")
        self._until(browser, "document.activeElement.name === 'words'", "the link leads to the line")
        self.assertEqual(self._evaluate(browser, _AT)["told"], "In your own words")
        self.assertEqual(
            self._evaluate(
                browser,
                "[document.activeElement.ariaInvalid, document.activeElement.getAttribute('aria-describedby')]",
            ),
            ["true", "words_hint words_wrong"],
        )
        self._type(browser, "May I pay weekly?")
        self._tab(browser, lambda at: at["tag"] == "BUTTON", most=2)
        self._press(browser, "Enter")
        self._until(browser, "document.querySelector('[role=status]')", "it has arrived")
        case = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(case.words, "May I pay weekly?")

    def test_a_question_by_keyboard_with_a_login(self):
        with self._browser(self.borrower.login) as browser:
            path = f"/my/loans/{self.contract.id}/ask"
            self._go(browser, path)
            self._press(browser, "Tab")
            at = self._evaluate(browser, _AT)
            self.assertEqual((at["tag"], at["told"]), ("A", "Skip to Content"))
            self._press(browser, "Enter")
            passed = self._tab(browser, lambda at: at["inside"], most=2)
            self.assertTrue(passed[-1]["inside"], "the way past the menu leads into the page")
            self._ask(browser, path)

    def test_a_question_by_keyboard_behind_a_letters_link(self):
        url = self.contract._borrower_url(self.partner, "loan")
        with self._browser() as browser:
            self._ask(browser, f"{url.removeprefix(self.contract.get_base_url())}/ask")
