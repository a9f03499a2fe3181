from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .axe import AxeCommon
from .test_crm_lead import ApplicationCommon
from .test_loan_learning import LearningCommon

# A screen: who looks, where, what is pressed there (a tab's or a button's words), and what of it is ours.
SCREENS = {
    "my day": ("manager", "/odoo/action-loan_crm.loan_worklist_action", (), (".o_loan_worklist",)),
    "a profile": ("manager", "/odoo/loan-customers/{customer}", (), (".o_loan_strip", ".o_loan_timeline")),
    "a loan's chart": ("manager", "/odoo/loans/{loan}", ("Chart",), (".o_loan_schedule_chart",)),
    "a loan in plain terms": ("manager", "/odoo/loans/{loan}", ("Plain Terms",), (".o_loan_key_facts",)),
    "what if": (
        "manager",
        "/odoo/loans/{loan}",
        ("What If…",),
        (".o_loan_comparison", ".o_loan_what_if_chart"),
    ),
    "the load of a team": ("lead", "/odoo/loan-team-load", (), (".o_loan_heat",)),
    "weak spots": ("lead", "/odoo/loan-weak-spots", (), (".o_loan_pareto",)),
}
_PRESS = """(() => {
    const told = (el) => el.textContent.trim();
    const found = [...document.querySelectorAll(".o_notebook .nav-link, .o_form_statusbar button, .dropdown-item")]
        .find((el) => told(el) === %r);
    found?.click();
    return Boolean(found);
})()"""


@tagged("post_install", "-at_install", "loan")
class TestLoanScreenAxe(AxeCommon, LearningCommon, ApplicationCommon):
    """What we draw ourselves on the screens of the staff, on bright and on dark ones.

    What Odoo draws around it (lists, forms, menus) is Odoo's and is not looked at.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        start = cls.today - relativedelta(months=1, days=7)
        cls.contract = cls._contract(start_date=start, first_due_date=cls.today - relativedelta(days=7))

    def setUp(self):
        super().setUp()
        self._past(range(1, 13), cause_id=self.process.id)
        self._past([3, 4], category_id=self.delay.id)
        self._application()
        kind = self.env.ref("loan_crm.loan_commitment_kind_document").id
        self.env["loan.commitment"].with_user(self.manager).create(
            [
                {
                    "name": f"The statement, {days}",
                    "customer_id": self.customer.id,
                    "kind_id": kind,
                    "date_due": self.today + relativedelta(days=days),
                }
                for days in (0, 2)
            ]
        )
        self.customer.with_user(self.manager).message_post(body="She called about weekly payments.")

    def _visit(self, dark=False):
        """Return what is wrong with each screen."""
        wrong = []
        names = {"loan": self.contract.id, "customer": self.customer.id}
        by_user = {}
        for name, (who, *screen) in SCREENS.items():
            by_user.setdefault(who, []).append((name, *screen))
        for who, screens in by_user.items():
            with self._browser(getattr(self, who).login, dark=dark) as browser:
                for name, path, pressed, roots in screens:
                    self._go(browser, path.format(**names), "document.querySelector('.o_action_manager > *')")
                    for words in pressed:
                        self._until(browser, _PRESS % words, name)
                    for root in roots:
                        self._until(browser, f"document.querySelector({root!r})", name)
                    wrong += self._look(browser, f"{name}{', dark' if dark else ''}", *roots, widths=(1440,))
        return wrong

    def test_on_a_bright_screen(self):
        self.assertNothingWrong(self._visit())

    def test_on_a_dark_screen(self):
        """Odoo Community has a bundle for dark screens and no colors: they come from the palette of the tests."""
        self.env["ir.asset"].create(
            {
                "name": "Dark palette of the tests",
                "bundle": "web.assets_web_dark",
                "directive": "before",
                "target": "web/static/src/scss/primary_variables.scss",
                "path": "loan_crm/static/tests/dark/loan_dark_variables.scss",
                "sequence": 99,
            }
        )
        with patch.object(self.registry["ir.http"], "color_scheme", lambda self: "dark"):
            wrong = self._visit(dark=True)
            with self._browser(self.manager.login, dark=True) as browser:
                path = SCREENS["my day"][1]
                self._go(browser, path, "document.querySelector('.o_loan_lane')")
                ground = self._evaluate(
                    browser, "getComputedStyle(document.querySelector('.o_loan_lane')).backgroundColor"
                )
        self.assertNothingWrong(wrong)
        self.assertEqual(ground, "rgb(38, 42, 54)", "the dark palette was not used")
