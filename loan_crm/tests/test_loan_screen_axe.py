from typing import NamedTuple
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .axe import AxeCommon
from .test_crm_lead import ApplicationCommon
from .test_loan_agreement import AgreementCommon
from .test_loan_learning import LearningCommon


class Screen(NamedTuple):
    """What is looked at: by whom, where, and what of it.

    :param roots: selectors of what is ours
    :param press: words of the tabs and buttons that lead to it
    :param draw: JavaScript that lets it show all that it can
    """

    who: str
    path: str
    roots: tuple
    press: tuple = ()
    draw: str = ""


# Each tint there is, under a figure: a nought is quiet and has none.
_TINTS = """document.querySelectorAll(".o_loan_heat").forEach((el, at) => {
    el.dataset.step = at % 5;
    for (const each of at % 5 ? [el, ...el.querySelectorAll(".text-muted")] : []) {
        each.classList.remove("text-muted");
    }
})"""
SCREENS = {
    "my day": Screen("manager", "/odoo/action-loan_crm.loan_worklist_action", (".o_loan_worklist",)),
    "the team board": Screen("lead", "/odoo/team-board", (".o_loan_board",), draw=_TINTS),
    "a profile": Screen("manager", "/odoo/loan-customers/{customer}", (".o_loan_strip", ".o_loan_timeline")),
    "a loan's chart": Screen("manager", "/odoo/loans/{loan}", (".o_loan_schedule_chart",), ("Chart",)),
    "a loan in plain terms": Screen(
        "manager", "/odoo/loans/{loan}", (".o_loan_key_facts",), ("Plain Terms",)
    ),
    "what if": Screen(
        "manager", "/odoo/loans/{loan}", (".o_loan_comparison", ".o_loan_what_if_chart"), ("What If…",)
    ),
    "the load of a team": Screen("lead", "/odoo/loan-team-load", (".o_loan_heat",), draw=_TINTS),
    "weak spots": Screen("lead", "/odoo/loan-weak-spots", (".o_loan_pareto",)),
    "who borrows again": Screen("lead", "/odoo/loan-repeat", (".o_loan_repeat",)),
    "assigning many": Screen("lead", "/odoo/m-loan.assignment.bulk/{bulk}", (".o_loan_load_chart",)),
    "the control room": Screen("lead", "/odoo/loan-control-room", (".o_form_renderer",)),
    "response times as a graph": Screen(
        "lead", "/odoo/loan-response-times", (".o_graph_renderer",), ("Graph",)
    ),
    "satisfaction as a graph": Screen("lead", "/odoo/loan-satisfaction", (".o_graph_renderer",), ("Graph",)),
    "the portfolio as a graph": Screen("lead", "/odoo/loan-portfolio", (".o_graph_renderer",), ("Graph",)),
    "an agreement": Screen("manager", "/odoo/loan-agreements/{agreement}", (".o_form_renderer",)),
    "a consent": Screen("compliance", "/odoo/loan-consents/{consent}", (".o_form_renderer",)),
    "a copy of one's data": Screen("compliance", "/odoo/loan-data-copies/{request}", (".o_form_renderer",)),
    "a case": Screen("manager", "/odoo/loan-cases/{case}", (".o_form_renderer",)),
}
# Nothing fades in or slides any more.
_STILL = """document.getAnimations().every(
    (each) => each.playState !== "running" || each.effect.getComputedTiming().iterations === Infinity)"""
_PRESS = """(() => {
    const told = (el) => el.textContent.trim();
    const places = ".o_notebook .nav-link, .o_form_statusbar button, .dropdown-item, .o_switch_view";
    const found = [...document.querySelectorAll(places)].find((el) => told(el) === %r || el.dataset.tooltip === %r);
    found?.click();
    return Boolean(found);
})()"""


@tagged("post_install", "-at_install", "loan")
class TestLoanScreenAxe(AxeCommon, LearningCommon, AgreementCommon, ApplicationCommon):
    """What we draw ourselves on the screens of the staff, on bright and on dark ones.

    What Odoo draws around it (lists, menus, the chatter) is Odoo's and is not looked at.
    """

    odoos = (
        ".o_notebook_headers",  # tabs that are in no list of tabs
        ".o-mail-Form-chatter",
        ".o_select_menu",  # a list that is opened by a line
        ".o_select_menu_input",
        ".o_form_statusbar",
        ".o-mail-Avatar",
        ".o_input_dropdown",
        ".o_field_badge",  # white on green
        "th.o_list_button",
    )

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
        self.shown = {
            "loan": self.contract,
            "customer": self.customer,
            "agreement": self._offer(),
            "consent": self._consent(),
            "request": self.env["loan.data.request"]._ask(self.customer, "post", self.compliance),
            "case": self._case(kind="complaint", user=self.manager),
            "bulk": self._bulk(),
        }

    def _consent(self):
        form = self.env["loan.consent.record"].with_user(self.manager)
        purpose = self.env["loan.consent.purpose"].search([("code", "=", "recording")])
        form.create(
            {"customer_id": self.customer.id, "purpose_id": purpose.id, "allows": "yes"}
        ).action_record()
        return self.env["loan.consent"].search([("customer_id", "=", self.customer.id)], limit=1)

    def _bulk(self):
        bulk = self.env["loan.assignment.bulk"].with_user(self.lead).create({"from_user_id": self.manager.id})
        bulk.action_propose()
        return bulk

    def _visit(self, dark=False):
        """Return what is wrong with each screen."""
        wrong = []
        names = {name: record.id for name, record in self.shown.items()}
        by_user = {}
        for name, screen in SCREENS.items():
            by_user.setdefault(screen.who, []).append((f"{name}{', dark' if dark else ''}", screen))
        for who, screens in by_user.items():
            with self._browser(getattr(self, who).login, dark=dark) as browser:
                for name, screen in screens:
                    path = screen.path.format(**names)
                    self._go(browser, path, "document.querySelector('.o_action_manager > *')")
                    for words in screen.press:
                        self._until(browser, _PRESS % (words, words), name)
                    for root in screen.roots:
                        self._until(browser, f"document.querySelector({root!r})", name)
                    self._until(browser, _STILL, name)
                    if screen.draw:
                        self._evaluate(browser, f"{screen.draw}; 0")
                    wrong += self._look(browser, name, *screen.roots, widths=(1440,))
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
                path = SCREENS["my day"].path
                self._go(browser, path, "document.querySelector('.o_loan_lane')")
                ground = self._evaluate(
                    browser, "getComputedStyle(document.querySelector('.o_loan_lane')).backgroundColor"
                )
        self.assertNothingWrong(wrong)
        self.assertEqual(ground, "rgb(38, 42, 54)", "the dark palette was not used")
