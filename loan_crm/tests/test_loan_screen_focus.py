from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import tagged

from .axe import AxeCommon
from .test_crm_lead import ApplicationCommon

# Where the cursor is, by the order in which it came to be anywhere; null: in no dialog.
_AT = """(() => {
    const el = document.activeElement;
    if (!el.closest(".modal")) {
        return null;
    }
    const seen = (window.loanSeen ??= []);
    return seen.includes(el) ? seen.indexOf(el) : seen.push(el) - 1;
})()"""
_HAND = ".o_loan_lane[data-key=stuck] .o_loan_work_first"


@tagged("post_install", "-at_install", "loan")
class TestLoanScreenFocus(AxeCommon, ApplicationCommon):
    """Whoever has no mouse stays within a dialog until it closes, and is where they were before then."""

    def _open(self, browser, button, ready):
        """Press a button by the keyboard and wait until the cursor is in the dialog it opens."""
        self._until(browser, f"document.querySelector({button!r})", button)
        self._evaluate(browser, f"document.querySelector({button!r}).focus()")
        self._press(browser, "Enter")
        self._until(browser, f"document.querySelector('.modal {ready}')", f"{button} opens its dialog")
        self._until(browser, "document.activeElement.closest('.modal')", f"{button}: the cursor is in it")

    def _go_round(self, browser, shift=False):
        """Press Tab until the cursor comes by a place again; return by what it came."""
        passed = []
        while len(passed) == len(set(passed)):
            self._press(browser, "Tab", shift=shift)
            at = self._evaluate(browser, _AT)
            told = at is None and self._evaluate(browser, "document.activeElement.outerHTML.slice(0, 200)")
            self.assertIsNotNone(at, f"Tab has left the dialog after {len(passed)}: {told}")
            passed.append(at)
        return set(passed)

    def _hold(self, browser):
        """Ask that Tab goes round within the dialog, either way, by more than one place."""
        back = self._go_round(browser, shift=True)
        self.assertGreater(len(back), 2)
        there = self._go_round(browser)
        self.assertEqual(there, back)

    def _close(self, browser, button):
        self._press(browser, "Escape")
        self._until(browser, "!document.querySelector('.modal')", f"{button}: Escape closes it")
        self._until(browser, f"document.activeElement.matches({button!r})", f"{button} has the cursor again")

    def test_handing_work_on(self):
        others = self.env["res.users"].union(*(self._user("manager", f"Fan Jie {n}") for n in range(5)))
        self.team.crm_team_member_ids = [Command.create({"user_id": user.id}) for user in others]
        lead = self._application().with_env(self.env)
        lead.date_last_stage_update = self.today - relativedelta(days=30)
        with self._browser(self.lead.login) as browser:
            self._go(browser, "/odoo/team-board", f"document.querySelector({_HAND!r})")
            self._open(browser, _HAND, "#o_loan_hand_reason:focus")
            self._hold(browser)
            # What is pressed goes: the cursor must not go with it.
            for button, gone in (
                (".o_loan_hand_others button", "document.activeElement.matches('#o_loan_hand_reason')"),
                (".o_loan_hand_all", "!document.querySelector('.o_loan_hand_all')"),
            ):
                self._evaluate(browser, f"document.querySelector('.modal {button}').focus()")
                self._press(browser, "Enter")
                self._until(browser, gone, button)
                self._hold(browser)
            self._close(browser, _HAND)
            self._open(browser, _HAND, "#o_loan_hand_reason:focus")
            self._press(browser, "Enter")
            self._until(browser, "!document.querySelector('.modal')", "it is handed on")
            self._until(
                browser, f"document.activeElement.matches({_HAND!r})", "the card has the cursor again"
            )
        self.assertNotEqual(lead.user_id, self.manager)

    def test_a_deed_of_the_day(self):
        self.env["loan.commitment"].with_user(self.manager).create(
            {
                "name": "The statement",
                "customer_id": self.customer.id,
                "kind_id": self.env.ref("loan_crm.loan_commitment_kind_document").id,
                "date_due": self.today,
            }
        )
        done = ".o_loan_lane[data-key=promised] .o_loan_work_first"
        with self._browser(self.manager.login) as browser:
            self._go(browser, "/odoo/my-day", f"document.querySelector({done!r})")
            self._open(browser, done, ".o_form_view")
            self._hold(browser)
            self._close(browser, done)

    def test_adding_samples(self):
        self.administrator.group_ids |= self.env.ref("base.group_system")
        button = ".o_loan_setup_progress button"
        with self._browser(self.administrator.login) as browser:
            self._go(browser, "/odoo/loan-getting-started", f"document.querySelector({button!r})")
            self._open(browser, button, ".o_form_view")
            self._hold(browser)
            self._close(browser, button)
