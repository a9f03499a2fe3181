from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon

_NOW = fields.Datetime.to_datetime(NOW)


@tagged("post_install", "-at_install", "loan")
class TestLoanInteraction(LoanCommon):
    """A call or a visit that a person notes: what it leads to, who may mend it, and what it counts for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract()
        cls.phone = cls.env.ref("loan_crm.loan_interaction_type_phone")
        cls.branch = cls.env.ref("loan_crm.loan_interaction_type_branch")

    def _talk(self, user=None, **values):
        values.setdefault("customer_id", self.customer.id)
        values.setdefault("note", "<p>Asks for a later due day.</p>")
        return self.env["loan.interaction"].with_user(user or self.manager).create(values)

    # ------------------------------------------------------------ noting

    def test_the_button_notes_a_call_with_the_customer(self):
        action = self.customer.with_user(self.manager).action_log_call()
        talk = (
            self.env["loan.interaction"].with_user(self.manager).with_context(**action["context"]).create({})
        )
        self.assertEqual((talk.customer_id, talk.partner_id), (self.customer, self.customer.partner_id))
        self.assertEqual((talk.type_id, talk.direction, talk.reached), (self.phone, "out", True))
        self.assertEqual((talk.date, talk.user_id), (_NOW, self.manager))

    def test_the_button_on_a_loan_knows_whose_loan_it_is(self):
        action = self.contract.with_user(self.manager).action_log_call()
        talk = (
            self.env["loan.interaction"].with_user(self.manager).with_context(**action["context"]).create({})
        )
        self.assertEqual((talk.contract_id, talk.customer_id), (self.contract, self.customer))

    def test_who_comes_to_the_branch_contacted_us(self):
        self.assertEqual(self._talk(type_id=self.branch.id).direction, "in")

    def test_a_next_step_becomes_an_activity_for_who_takes_it(self):
        talk = self._talk(
            contract_id=self.contract.id,
            next_step="Send the form for another due day",
            next_date=TODAY + timedelta(3),
            next_user_id=self.lead.id,
        )
        todo = self.contract.activity_ids
        self.assertEqual(talk.next_activity_id, todo)
        self.assertEqual(
            (todo.summary, todo.date_deadline, todo.user_id),
            ("Send the form for another due day", date(2026, 3, 13), self.lead),
        )

    def test_a_next_step_tells_no_name_to_who_does_not_see_the_customer(self):
        with self.assertRefused("Zhao Yun does not see this customer"):
            self._talk(next_step="Call", next_date=TODAY, next_user_id=self.stranger.id)

    def test_a_next_step_needs_a_day_and_a_day_a_step(self):
        with self.assertRefused("A next step needs a day"):
            self._talk(next_step="Call again")
        with self.assertRefused("A next step needs a day"):
            self._talk(next_date=TODAY)

    def test_a_call_that_was_due_is_settled_with_it(self):
        todo = self.contract.with_user(self.manager).activity_schedule(
            "mail.mail_activity_data_call", date_deadline=TODAY, user_id=self.manager.id
        )
        action = self.contract.with_user(self.manager).action_log_call()
        self.assertEqual(action["context"]["default_activity_id"], todo.id)
        talk = self._talk(contract_id=self.contract.id, activity_id=todo.id)
        self.assertFalse(todo.active)
        self.assertIn("Asks for a later due day", talk.message_id.body)
        with self.assertRefused("was done before"):
            self._talk(contract_id=self.contract.id, activity_id=todo.id)

    def test_it_settles_no_to_do_about_somebody_else(self):
        other = self._contract(self._customer("Li Na"))
        todo = other.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        with self.assertRefused("about something else"):
            self._talk(activity_id=todo.id)

    def test_a_to_do_of_others_tells_nobody_its_words(self):
        other = self._contract(self._customer("Li Na", self.stranger))
        todo = other.activity_schedule(
            "mail.mail_activity_data_call", summary="Secret", user_id=self.stranger.id
        )
        talks = self.env["loan.interaction"].with_user(self.manager)
        spec = {"activity_id": {"fields": {"display_name": {}}}}
        with self.assertRaisesRegex(AccessError, "not yours to see"):
            talks.onchange({"customer_id": self.customer.id, "activity_id": todo.id}, ["activity_id"], spec)
        with self.assertRaisesRegex(AccessError, "not yours to see"):
            self._talk(activity_id=todo.id)

    def test_nobody_follows_a_note(self):
        self.assertFalse(self._talk().message_partner_ids)

    def test_a_talk_of_tomorrow_is_refused_and_one_of_a_loan_of_others(self):
        with self.assertRefused("has not been yet"):
            self._talk(date=_NOW + timedelta(days=1))
        with self.assertRefused("must belong together"):
            self._talk(contract_id=self._contract(self._customer("Li Na")).id)
        with self.assertRefused("between no minute and a day"):
            self._talk(minutes=-5)

    def test_whose_word_it_is_nobody_enters(self):
        talk = self._talk(self.desk, user_id=self.manager.id)
        self.assertEqual(talk.user_id, self.desk)

    # ------------------------------------------------------------ mending

    def test_its_writer_mends_it_for_a_day(self):
        talk = self._talk()
        with self._days_later(0, "22:00"):
            talk.write({"minutes": 12})
        with self._days_later(2), self.assertRaisesRegex(AccessError, "could mend it for a day"):
            talk.write({"minutes": 15})
        self.assertEqual(talk.minutes, 12)

    def test_nobody_else_but_a_lead_mends_it_and_what_it_said_is_kept(self):
        talk = self._talk(self.desk)
        with self.assertRaisesRegex(AccessError, "could mend it for a day"):
            talk.with_user(self.manager).write({"note": "<p>Nothing.</p>"})
        with self._days_later(2):
            talk.with_user(self.lead).write({"note": "<p>Asks for the 20th.</p>"})
        self.assertIn("Asks for a later due day", talk.message_ids[:1].body)
        self.assertEqual(talk.message_ids[:1].author_id, self.lead.partner_id)

    def test_whom_it_was_with_stays_and_nothing_is_deleted(self):
        talk = self._talk()
        for values in (
            {"customer_id": self._customer("Li Na").id},
            {"noted_at": NOW},
            {"user_id": self.lead.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                talk.with_user(self.lead).write(values)
        with self.assertRaises(AccessError):
            talk.unlink()

    # ------------------------------------------------------------ who may

    def test_each_role_finds_its_own_door(self):
        talk = self._talk()
        talks = self.env["loan.interaction"]
        for user in (self.manager, self.lead, self.desk, self.compliance):
            self.assertIn(talk, talks.with_user(user).search([]), user.name)
        for user in (self.stranger, self.other_lead):
            self.assertFalse(talks.with_user(user).search([]), user.name)
            with self.assertRaises(AccessError):
                talk.with_user(user).read(["note"])
            with self.assertRaises(AccessError):
                self._talk(user)
        for user in (self.administrator, self.employee):
            with self.assertRaises(AccessError):
                talks.with_user(user).search([])
        with self.assertRaises(AccessError):
            self._talk(self.compliance)
        self.assertTrue(self._talk(self.desk))
        types = self.env["loan.interaction.type"]
        self.assertTrue(types.with_user(self.administrator).create({"name": "WeChat"}))
        with self.assertRaises(AccessError):
            types.with_user(self.manager).create({"name": "Fax"})

    def test_it_stays_in_its_company(self):
        talk = self._talk()
        other = self.env["res.company"].create({"name": "Harbour"})
        self.compliance.company_ids |= other
        talks = self.env["loan.interaction"].with_user(self.compliance)
        self.assertFalse(talks.with_context(allowed_company_ids=other.ids).search([("id", "=", talk.id)]))

    # ------------------------------------------------------------ what it counts for

    def _contacts(self):
        company = self.company
        clock = type("Clock", (), {"today": TODAY})
        person = self.customer.partner_id.id
        contacts = self.env["loan.reminder"]._read_contacts(company, [person], [], clock)
        return contacts.get(person, (0, 0))[:2]

    def test_a_call_of_ours_is_a_contact_and_one_of_theirs_is_not(self):
        self._talk(direction="in")
        self.assertEqual(self._contacts(), (0, 0))
        self._talk()
        self._talk(date=_NOW - timedelta(days=3), reached=False)
        self._talk(date=_NOW - timedelta(days=8))
        self.assertEqual(self._contacts(), (1, 2))

    def test_a_call_that_settles_a_to_do_is_one_contact(self):
        todo = self.contract.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        self._talk(contract_id=self.contract.id, activity_id=todo.id)
        self.assertEqual(self._contacts(), (1, 1))

    def test_whoever_was_called_today_is_left_in_peace(self):
        self.company.loan_contacts_per_day = 1
        self._due_in(0)
        self._talk()
        reminders = self._remind().filtered(lambda entry: entry.due_date == TODAY)
        self.assertEqual((reminders.state, reminders.hold_reason), ("held", "cap"))

    # ------------------------------------------------------------ how it began

    def test_the_first_talk_is_how_it_began_and_an_earlier_one_goes_before_it(self):
        self._talk(reached=False)
        self.assertFalse(self.customer.first_contact_date)
        self._talk(self.desk, type_id=self.branch.id)
        self.assertEqual(
            (self.customer.first_contact_date, self.customer.first_contact_via), (TODAY, "branch")
        )
        self.assertEqual(self.customer.first_contact_user_id, self.desk)
        self._talk(date=_NOW - timedelta(days=40))
        self.assertEqual(self.customer.first_contact_date, TODAY - timedelta(40))
        self.customer.with_user(self.manager).first_contact_via = "other"
        self._talk()
        self.assertEqual(self.customer.first_contact_via, "other")

    def test_a_mail_may_be_how_it_began(self):
        self.contract.with_user(self.manager).message_post(
            body="Welcome",
            message_type="comment",
            partner_ids=self.customer.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(
            (self.customer.first_contact_via, self.customer.first_contact_user_id), ("email", self.manager)
        )

    def test_a_note_among_colleagues_is_no_contact(self):
        self.contract.with_user(self.manager).message_post(
            body="Check her income", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.assertFalse(self.customer.first_contact_date)

    def test_an_inquiry_may_be_how_it_began(self):
        partner = self._partner("Zhou Min")
        lead = self.env["crm.lead"].create(
            {
                "name": "Car loan",
                "partner_id": partner.id,
                "user_id": self.manager.id,
                "company_id": self.company.id,
            }
        )
        customer = self._customer(partner_id=partner.id)
        self.assertEqual(customer.first_contact_date, (lead.create_date + timedelta(hours=8)).date())
        self.assertEqual((customer.first_contact_via, customer.first_contact_user_id), ("lead", self.manager))

    def test_an_inquiry_of_its_speaker_is_how_it_began_with_a_firm(self):
        partner = self._partner("Orient Trading", is_company=True)
        speaker = self._partner("Speaker", parent_id=partner.id)
        self.env["crm.lead"].create(
            [
                {
                    "name": kind,
                    "partner_id": speaker.id,
                    "user_id": user.id,
                    "company_id": self.company.id,
                    "loan_product_id": self.product.id,
                    "loan_kind": kind,
                }
                for kind, user in (("person", self.colleague), ("sme", self.manager))
            ]
        )
        firm = self._customer(partner_id=partner.id, kind="sme").with_env(self.env)
        person = self._customer(partner_id=speaker.id, manager=self.colleague)
        self.assertEqual((firm.first_contact_via, firm.first_contact_user_id), ("lead", self.manager))
        self.assertEqual((person.first_contact_via, person.first_contact_user_id), ("lead", self.colleague))

    def test_the_day_of_the_first_contact_is_the_lenders(self):
        self.customer._note_first_contact(
            _NOW + relativedelta(hours=15), "phone"
        )  # past midnight in Shanghai
        self.assertEqual(self.customer.first_contact_date, TODAY + timedelta(1))

    def test_a_way_of_contact_in_use_is_not_deleted(self):
        self._talk()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.phone.unlink()
        self.phone.action_archive()
        self.assertNotEqual(self.env["loan.interaction"]._default_type(), self.phone)
        self.assertRaises(ValidationError, self._talk, date=_NOW + timedelta(hours=1))
