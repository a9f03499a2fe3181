from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import NOW, TODAY, LoanCommon

_LISTS = ("loan.commitment", "loan.promise", "loan.hardship", "loan.reminder.bounce", "loan.response")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanMineFirst(LoanCommon):
    """A menu that opens on one's own opens on what presses for who looks after others."""

    def _opens_on(self, user, model="loan.commitment"):
        action = self.env[model].with_user(user).action_open_list()
        return {
            name.removeprefix("search_default_") for name in action["context"] if "search_default" in name
        }

    def _promise(self, days, user=None):
        return self.env["loan.commitment"].create(
            {
                "name": "The statement of last year",
                "customer_id": self.customer.id,
                "kind_id": self.env.ref("loan_crm.loan_commitment_kind_document").id,
                "date_due": TODAY + timedelta(days),
                "user_id": (user or self.manager).id,
            }
        )

    def test_who_has_promises_sees_their_own(self):
        self._promise(0)
        self.assertEqual(self._opens_on(self.manager), {"mine", "undone"})

    def test_a_manager_who_owes_nothing_reads_how_to_promise(self):
        self.assertEqual(self._opens_on(self.manager), {"mine", "undone"})

    def test_who_looks_after_others_sees_what_is_due_or_else_all(self):
        self._promise(5)
        for user in (self.lead, self.compliance):
            with self.subTest(user=user.name):
                self.assertEqual(self._opens_on(user), {"undone"})
        self._promise(0)
        for user in (self.lead, self.compliance):
            with self.subTest(user=user.name):
                self.assertEqual(self._opens_on(user), {"pressing"})
        self._promise(3, self.lead)
        self.assertEqual(self._opens_on(self.lead), {"mine", "undone"}, "a lead has their own, too")

    def test_what_others_may_not_see_opens_nobodys_list(self):
        stranger = self._user("team_lead", "Wai Ren")
        self._promise(0)
        self.assertEqual(self._opens_on(stranger), {"undone"})

    def test_each_list_opens_for_all_who_have_its_menu(self):
        for model in _LISTS:
            for user in (self.manager, self.desk, self.lead, self.compliance):
                with self.subTest(model=model, user=user.name):
                    action = self.env[model].with_user(user).action_open_list()
                    self.assertEqual(action["res_model"], model)
                    self.assertFalse(action.get("path"), "the menu's own path stays in the address")
                    menu = self.env.ref(f"{action['xml_id']}_open").with_user(user).run()
                    self.assertEqual(menu["context"], action["context"])

    def test_what_the_list_needs_besides_stays(self):
        action = self.env["loan.promise"].with_user(self.manager).action_open_list()
        self.assertTrue(action["context"]["promise_with_customer"])
        plain = safe_eval(self.env.ref("loan_crm.loan_promise_action").context)
        self.assertEqual(plain, {"search_default_open": 1, "promise_with_customer": True})

    def test_nobody_without_a_role_opens_it(self):
        clerk = self._users(self._user_values("base.group_user", "Mou Ren"))
        with self.assertRaises(AccessError):
            self.env["loan.commitment"].with_user(clerk).action_open_list()
