import re
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .. import post_init_hook
from ..core import letters
from .common import NOW, TODAY, LoanCommon

BROKEN = "<p>Dear <t t-out='object.nothing_of_the_kind'/></p>"
SHIPPED = ("before", "due", "late", "firm")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderPreview(LoanCommon):
    """A letter looked at before anybody gets it, and a broken one caught before the round."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(7)
        cls.templates = cls.env["mail.template"]
        cls.letter = cls.env.ref("loan_crm.mail_template_reminder_before")
        cls.step = cls.policy.step_ids.filtered(lambda step: step.offset == -7)
        cls.forms = cls.env["loan.reminder.preview"]
        cls._try_letters()

    def _preview(self, user=None, **vals):
        vals = {"contract_id": self.contract.id, "step_id": self.step.id, **vals}
        action = self.forms.with_user(user or self.manager)._open(vals)
        return self.forms.with_user(user or self.manager).browse(action["res_id"])

    def _counts(self):
        self.env.flush_all()
        names = ("loan.reminder", "loan.contract", "loan.customer", "res.partner", "mail.mail", "mail.message",
                 "mail.notification", "loan.product", "loan.reminder.policy", "mail.activity")  # fmt: skip
        counts = {name: self.env[name].with_context(active_test=False).search_count([]) for name in names}
        sequences = self.env["ir.sequence"].search([("code", "like", "loan.")])
        return counts, sequences.mapped("number_next_actual"), self.env["ir.cron.trigger"].search_count([])

    def _break(self, letter=None, body=BROKEN):
        """Leave a letter as an update of the app may leave it."""
        (letter or self.letter).with_context(loan_letters_unchecked=True).body_html = body

    def _check(self):
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.templates._check_loan_letters_of(self.company)

    # ------------------------------------------------------------ a look at it

    def test_a_preview_tells_open_screens_of_nothing(self):
        self._remind()
        written = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)])
        self.assertTrue(written.mail_id)
        with patch.object(type(self.env["bus.bus"]), "_sendone", autospec=True) as told:
            self._preview()
        self.assertEqual([call.args[2] for call in told.call_args_list], [])
        self.assertTrue(written.message_id.exists())

    def test_the_preview_says_what_the_round_then_writes(self):
        before = self._counts()
        form = self._preview()
        self.assertFalse(form.problem)
        self.assertEqual(self._counts(), before, "nothing stays, no number is used, nothing is woken")
        self._remind()
        written = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)])
        self.assertEqual(form.subject, written.subject)
        self.assertEqual(form.body, letters.dead_links(str(written.mail_id.body_html)))
        self.assertEqual(form.reply_to, written.mail_id.reply_to)
        again = self._preview()
        self.assertEqual(
            (again.body, written.state), (form.body, "queued"), "a letter that waits is left alone"
        )
        self.assertTrue(written.mail_id.exists())

    def test_links_in_it_open_nothing(self):
        self.assertNotIn("/loan/", self._preview().body)
        self.assertIn('href="#"', self._preview().body)

    def test_a_later_day_shows_how_the_letter_changes(self):
        late = self.policy.step_ids.filtered(lambda step: step.offset == 10)
        form = self._preview(step_id=late.id)
        self.assertIn("10 days late", form.subject)
        form.day = self.contract.installment_ids[0].due_date.replace(day=31)
        form.action_preview()
        self.assertIn("14 days late", form.subject)
        self.assertEqual(self.company._loan_today(), TODAY)
        self.assertEqual(self.company.with_context(loan_pretended=["2030-01-01"])._loan_today(), TODAY)

    def test_it_is_shown_in_another_language_and_to_who_answers_for_the_loan(self):
        guarantor = self._partner("Feng Yu")
        form = self._preview(lang="zh_CN")
        english = self._preview()
        self.assertNotEqual(form.body, english.body)
        form = self._preview(partner_id=guarantor.id)
        self.assertIn("neither took this loan", form.problem)
        self.assertFalse(form.body)
        self.env["loan.contract.party"].create(
            {"contract_id": self.contract.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        form = self._preview(partner_id=guarantor.id)
        self.assertIn("You guarantee the loan below", form.body)
        self.assertIn("Dear Feng Yu", form.body)
        self.assertIn(guarantor.email, form.email_to)

    def test_it_names_what_is_missing(self):
        self.assertFalse(self._preview().missing)
        self.manager.phone = False
        self.contract.partner_id.email = False
        self.company.loan_payment_instructions = False
        missing = self._preview().missing
        for words in ("has no phone number", "has no email address", "How to pay"):
            self.assertIn(words, missing)

    def test_a_loan_one_may_not_see_is_not_previewed(self):
        for user in (self.stranger, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._preview(user)
        form = self._preview()
        self.customer.manager_user_id = self.colleague
        with self.assertRaises(AccessError):
            form.action_preview()

    def test_an_administrator_looks_at_a_made_up_borrower(self):
        before = self._counts()
        for role, several, debited in (("borrower", True, False), ("guarantor", False, True)):
            form = self._preview(
                self.administrator, contract_id=False, role=role, is_several=several, is_debited=debited
            )
            with self.subTest(role=role):
                self.assertFalse(form.problem)
                self.assertIn("SAMPLE-0001", form.body)
                self.assertEqual("In all" in form.body, several)
                self.assertEqual("will be debited" in form.body, debited)
        self.assertEqual(self._counts(), before)

    def test_a_test_goes_to_oneself_only_and_says_so(self):
        form = self._preview()
        last = self.env["mail.mail"].search([], order="id desc", limit=1)
        form.action_send_test()
        mail = self.env["mail.mail"].search([("id", ">", last.id)])
        self.assertEqual(len(mail), 1)
        self.assertIn(self.manager.email, mail.email_to)
        self.assertFalse(mail.recipient_ids or mail.model)
        self.assertTrue(mail.subject.startswith("[Test] Your payment"))
        self.assertNotIn("/loan/", mail.body_html)

    def test_a_company_one_does_not_work_for_is_not_previewed(self):
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "Asia/Shanghai"})
        for user in (self.manager, self.administrator):
            with self.subTest(user=user.name), self.assertRaisesRegex(AccessError, "do not work for this"):
                self._preview(user, contract_id=False, company_id=other.id)

    def test_all_that_the_round_would_say_with_it_is_shown(self):
        guarantor = self._partner("Feng Yu")
        second, silent, later = self._due_in(7), self._due_in(7), self._due_in(3)
        third = self._due_in(0)
        self.env["loan.reminder.hold"].create(
            {"customer_id": self.customer.id, "contract_id": silent.id, "kind": "complaint", "reason": "Fee"}
        )
        self.env["loan.contract.party"].create(
            [
                {"contract_id": loan.id, "partner_id": guarantor.id, "role": "guarantor"}
                for loan in (self.contract, second, third)
            ]
        )
        self.step.recipients = "guarantor"
        due = self.policy.step_ids.filtered(lambda step: step.offset == 0)
        shown = self._preview(contract_id=third.id, step_id=due.id)
        answers = self._preview(partner_id=guarantor.id)
        self.assertNotIn(third.name, answers.body, "of that step only the borrower hears")
        self._remind()
        letter = self.env["loan.reminder"].search(
            [("contract_id", "=", third.id), ("partner_id", "=", self.customer.partner_id.id)]
        )
        self.assertEqual(letter.state, "queued")
        self.assertEqual(
            letter.line_ids.contract_id, third | self.contract | second | later, "one letter for all"
        )
        self.assertEqual(shown.body, letters.dead_links(str(letter.mail_id.body_html)))
        again = self._preview(contract_id=third.id, step_id=due.id)
        self.assertEqual(again.body, shown.body, "written already, it reads the same")
        told = self.env["loan.reminder"].search([("partner_id", "=", guarantor.id), ("state", "=", "queued")])
        self.assertEqual(told.line_ids.contract_id, self.contract | second)
        self.assertIn(second.name, answers.body)

    def _policy_of_calls(self):
        """Let the loan follow a policy of a call and a letter, which both know how they would read as a letter."""
        self.contract.reminder_policy_id = self.env["loan.reminder.policy"].create(
            {
                "name": "By telephone",
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "days": days,
                            "moment": "before",
                            "channel": channel,
                            "tone": "due",
                            "template_id": self.letter.id,
                        },
                    )
                    for days, channel in ((7, "task"), (3, "email"))
                ],
            }
        )
        return self.contract.reminder_policy_id

    def test_a_step_that_asks_for_a_call_can_be_looked_at_as_a_letter(self):
        policy = self._policy_of_calls()
        self._remind()
        entry = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)])
        self.assertEqual((entry.channel, entry.state), ("task", "handed"))
        guarantor = self._partner("Feng Yu")
        self.env["loan.contract.party"].create(
            {"contract_id": self.contract.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        for reader in (self.customer.partner_id, guarantor):
            form = self._preview(step_id=policy.step_ids[0].id, partner_id=reader.id)
            with self.subTest(reader=reader.name):
                self.assertFalse(form.problem)
                self.assertIn(f"Dear {reader.name}", form.body)
        self.assertEqual((entry.channel, entry.state), ("task", "handed"), "and is a call still")

    def test_what_went_out_on_another_channel_can_be_looked_at_as_a_letter(self):
        self._remind()
        entry = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)])
        entry.mail_id.unlink()
        entry.write({"channel": "other", "state": "sent", "sent_at": NOW})
        form = self._preview()
        self.assertFalse(form.problem)
        self.assertIn("Dear Wang Fang", form.body)
        self.assertEqual((entry.channel, entry.state), ("other", "sent"))

    def test_the_loan_shows_the_first_step_that_writes_a_letter(self):
        policy = self._policy_of_calls()
        action = self.contract.with_user(self.manager).action_preview_letter()
        form = self.forms.browse(action["res_id"])
        self.assertEqual(form.step_id, policy._active_steps()[1])
        self.assertTrue(form.body)

    def test_what_a_database_says_is_told_to_the_log_alone(self):
        def refused(*args):
            self.env.cr.execute("SELECT 1 / 0")

        with (
            patch.object(type(self.env["loan.reminder"]), "_prepare_mail_vals", refused),
            mute_logger("odoo.sql_db", "odoo.addons.loan_crm.models.mail_template"),
        ):
            form = self._preview()
            self._remind()
        entry = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)])
        self.assertEqual(entry.state, "failed")
        for told in (form.problem, entry.failure):
            self.assertIn("server's log", told)
            self.assertNotIn("division", told)

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_failed_letter_tells_the_line_and_no_traceback(self):
        name = self.contract.name
        self.letter.body_html = f"""<p>Due <t t-out="1 / (object.contract_id.name != '{name}')"/></p>"""
        self._remind()
        failure = self.env["loan.reminder"].search([("contract_id", "=", self.contract.id)]).failure
        self.assertIn("division by zero", failure)
        self.assertIn("1 / (object", failure)
        self.assertNotIn("Traceback", failure)

    def test_the_preview_of_a_broken_letter_names_the_line(self):
        self._break()
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            form = self._preview()
        self.assertIn("nothing_of_the_kind", form.problem)
        self.assertFalse(form.body)

    # ------------------------------------------------------------ caught before the round

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_broken_letter_cannot_be_saved(self):
        with self.assertRefused(r"English.*nothing_of_the_kind"):
            self.letter.body_html = BROKEN
        with self.assertRefused(r"Subject.*nothing_of_the_kind"):
            self.letter.subject = "Dear {{ object.nothing_of_the_kind }}"
        self.assertFalse(self.letter.loan_letter_faults)

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_fault_in_one_branch_or_one_language_is_found(self):
        for condition in ("object.role == 'guarantor'", "object.is_several", "object.all_debited",
                          "object.days_late", "object.days_ahead", "not object.signed_user_id",
                          "object.role == 'co_borrower' and object.is_several and object.days_late",
                          "object.signed_user_id and object.signed_user_id != object.manager_user_id"):  # fmt: skip
            with self.subTest(condition=condition), self.assertRefused("nothing_of_the_kind"):
                self.letter.body_html = f"""<p t-if="{condition}" t-out="object.nothing_of_the_kind"/>"""
        self._customer("Zhou Min", partner_id=self._partner("Zhou Min", lang="zh_CN").id)
        with self.assertRefused("nothing_of_the_kind"):
            self.letter.with_context(lang="zh_CN").body_html = BROKEN

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_step_is_not_saved_with_a_broken_letter(self):
        unused = self.letter.copy()
        # Broken behind the screen, by an update or an import: there Odoo tries a text on the first record it finds.
        with patch.object(type(unused), "_check_can_be_rendered", lambda *args, **kwargs: None):
            unused.body_html = BROKEN
        self.assertFalse(unused.loan_letter_faults, "nobody uses it")
        with self.assertRefused("could not be written"):
            self.step.template_id = unused

    def test_a_fault_in_chinese_holds_who_reads_chinese(self):
        chinese = self._customer("Zhou Min", partner_id=self._partner("Zhou Min", lang="zh_CN").id)
        loan = self._due_in(7, chinese)
        self.letter.with_context(lang="zh_CN", loan_letters_unchecked=True).body_html = BROKEN
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            ledger = self._remind().grouped("contract_id")
        self.assertEqual((ledger[loan].state, ledger[loan].hold_reason), ("held", "no_template"))
        self.assertEqual(ledger[self.contract].state, "queued")

    def test_one_to_do_wakes_the_person_responsible_and_goes_when_mended(self):
        self.company.loan_reminder_user_id = self.lead
        whole = self.letter.body_html
        self._break()
        self._check()
        self._check()
        todo = self.policy.activity_ids
        self.assertEqual((len(todo), todo.user_id), (1, self.lead))
        self.assertIn("nothing_of_the_kind", todo.note)
        self.assertIn("nothing_of_the_kind", self.policy.letter_problem)
        self.letter.body_html = whole
        self._check()
        self.assertFalse(self.policy.letter_problem)
        self.templates._check_loan_letters_of(self.company, languages={"en_US"})
        self.assertFalse(self.policy.activity_ids)

    def test_the_installation_tries_the_shipped_letters_in_the_languages_of_its_customers(self):
        if not self.env.ref("base.module_loan_crm").demo:
            self.skipTest("no customers come with an installation without demo data")
        for name in SHIPPED:
            letter = self.env.ref(f"loan_crm.mail_template_reminder_{name}")
            self.assertLessEqual({"en_US", "zh_CN"}, set(letter.loan_letter_checked["languages"]), name)

    def test_what_an_installation_tried_is_not_tried_again_once_it_is_through(self):
        module = self.env.ref("base.module_loan_crm")
        installed = module.latest_version
        module.latest_version = False  # as it is while it is being installed
        post_init_hook(self.env)
        module.latest_version = installed
        with patch.object(type(self.templates), "_try_loan_letter", return_value=([], [])) as tried:
            self._remind()
        self.assertFalse(tried.called)

    def test_letters_that_did_not_change_are_not_tried_again(self):
        self._check()
        with patch.object(type(self.templates), "_try_loan_letter", side_effect=AssertionError):
            self._check()
            self._remind()
        self.letter.subject = "Due {{ object.days_ahead }}"
        with patch.object(type(self.templates), "_try_loan_letter", return_value=([], [])) as tried:
            self._break(body="<p>Changed</p>")
            self._check()
        self.assertTrue(tried.called)

    def _elsewhere(self):
        """Return another lender who follows the same policy, and whose customers read English."""
        return self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "Asia/Shanghai"})

    def _chinese_reader(self):
        return self._customer("Zhou Min", partner_id=self._partner("Zhou Min", lang="zh_CN").id)

    def _check_daily(self, company):
        languages = self.templates._loan_letter_languages(company)
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.templates._check_loan_letters_of(company, languages=languages)

    def test_a_fault_in_one_language_outlives_the_check_of_a_lender_who_does_not_meet_it(self):
        other = self._elsewhere()
        self.lead.company_ids |= other
        other.loan_reminder_user_id = self.company.loan_reminder_user_id = self.lead
        loan = self._due_in(7, self._chinese_reader())
        self.letter.with_context(lang="zh_CN", loan_letters_unchecked=True).body_html = BROKEN
        self._check_daily(self.company)
        self.assertEqual(self.letter.loan_letter_faults.keys(), {"zh_CN"})
        self._check_daily(other)
        self.assertEqual(self.letter.loan_letter_faults.keys(), {"zh_CN"})
        self.assertEqual(set(self.letter.loan_letter_checked["languages"]), {"en_US", "zh_CN"})
        self.assertEqual(self.policy.activity_ids.user_id, self.lead, "it is still to be mended")
        reminder = self._remind().filtered(lambda reminder: reminder.contract_id == loan)
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "no_template"))

    def test_the_first_borrower_of_a_language_meets_no_letter_untried_in_it(self):
        self.letter.with_context(lang="zh_CN", loan_letters_unchecked=True).body_html = BROKEN
        self._check_daily(self.company)
        self.assertEqual(self.letter.loan_letter_checked["languages"], ["en_US"])
        self.assertFalse(self.letter.loan_letter_faults)
        loan = self._due_in(7, self._chinese_reader())
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            reminder = self._remind().filtered(lambda reminder: reminder.contract_id == loan)
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "no_template"))
        self.letter.with_context(lang="zh_CN").body_html = "<p>Mended</p>"
        self.assertFalse(self.letter.loan_letter_faults)

    def test_a_letter_is_saved_only_if_the_customers_of_all_lenders_can_read_it(self):
        self._chinese_reader()
        other = self._elsewhere()
        self.env.user.company_ids |= other
        letter = self.letter.with_context(lang="zh_CN", allowed_company_ids=other.ids)
        with (
            self.assertRefused("nothing_of_the_kind"),
            mute_logger("odoo.addons.mail.models.mail_render_mixin"),
        ):
            letter.body_html = BROKEN

    def test_a_round_where_no_letter_changed_asks_next_to_nothing(self):
        self._check()
        used = self.policy.step_ids.template_id
        used.mapped("loan_letter_checked")
        used._loan_letter_languages()
        with self.assertQueryCount(2):
            used._check_loan_letters(self.company)

    def test_what_a_letter_lacks_is_told_and_does_not_stop_it(self):
        self.letter.write({"subject": "", "body_html": "<p>Dear <t t-out='object.partner_id.name'/></p>"})
        for words in ("subject is empty", "how much is due", "when it is due", "to reach somebody"):
            self.assertIn(words, self.letter.loan_letter_missing)
        self.assertFalse(self.letter.loan_letter_problem)

    def test_the_shipped_letters_are_whole_in_both_languages(self):
        templates = self.templates.union(
            *(self.env.ref(f"loan_crm.mail_template_reminder_{name}") for name in SHIPPED)
        )
        templates._check_loan_letters(self.company, {"en_US", "zh_CN"}, again=True)
        for template in templates:
            with self.subTest(template=template.name):
                self.assertEqual(set(template.loan_letter_checked["languages"]), {"en_US", "zh_CN"})
                self.assertFalse(template.loan_letter_problem)
                self.assertFalse(template.loan_letter_missing)

    def test_each_field_the_handbook_offers_for_letters_exists(self):
        handbook = Path(__file__).resolve().parents[2] / "docs" / "administrator.md"
        if not handbook.exists():
            self.skipTest("installed without its handbook")
        names = re.findall(r"^\| `object\.([a-z_.]+)`", handbook.read_text(), flags=re.MULTILINE)
        self.assertGreater(len(names), 15)
        for name in names:
            with self.subTest(name=name):
                model = self.env["loan.reminder"]
                for part in name.split("."):
                    self.assertIn(part, model._fields)
                    model = (
                        self.env.get(model._fields[part].comodel_name)
                        if model._fields[part].relational
                        else None
                    )
