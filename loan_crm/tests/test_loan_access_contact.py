"""Contacts and applications of confidential customers: Odoo's own records, by the rows of the matrix they play in."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tools.discuss import Store

from .test_loan_confidentiality import ConfidentialCommon

SECRET = "+86 139 0000 7777"


class ContactCommon(ConfidentialCommon):
    """Wang Fang is confidential; Lin Mei has a grant, Zhao Yun and Li Ming have neither duty nor grant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.customer.partner_id
        cls.contact.write({"phone": SECRET, "vat": "91310115MA1K4", "email": "w.fang.77@example.com"})
        salesman = cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.outsiders = cls.stranger | cls.employee
        (cls.outsiders | cls.manager).write({"group_ids": [Command.link(salesman.id)]})
        cls.application = cls.env["crm.lead"].create(
            {
                "name": "A second oven",
                "partner_id": cls.contact.id,
                "loan_product_id": cls.product.id,
                "company_id": cls.company.id,
                "user_id": cls.manager.id,
            }
        )

    def setUp(self):
        super().setUp()
        self._grant(self.manager)
        self._classify(self.customer, self.confidential)

    def _as(self, user, record):
        return record.with_user(user).with_context(active_test=False)

    def assertClosed(self, record, users=None):
        for user in users or self.outsiders:
            mine = self._as(user, record)
            with self.subTest(user=user.name, record=record):
                self.assertFalse(self._sees(user, record))
                with self.assertRaises(AccessError):
                    mine.read()
                with self.assertRaises(AccessError):
                    mine.check_access("write")


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessContact(ContactCommon):
    def test_a01_a02_the_contact_closes_with_its_customer(self):
        self.assertClosed(self.contact)
        for user in self.outsiders:
            partners = self._as(user, self.contact.browse())
            with self.subTest(user=user.name):
                self.assertFalse(partners.search([("name", "=", "Wang Fang")]))
                self.assertFalse(partners.search_count([("phone", "=", SECRET)]))
                self.assertFalse(partners.name_search("Wang Fang"))
                self.assertFalse(self.env["res.partner.bank"].with_user(user).search([]))
        for user in self.manager | self.compliance:
            self.assertTrue(self._sees(user, self.contact), user.name)

    def test_a01_a_contact_of_an_open_customer_is_everybodys(self):
        for level in (self.public, self.internal):
            self._classify(self.customer, level)
            for user in self.outsiders:
                self.assertTrue(self._sees(user, self.contact))
                self.assertTrue(self._sees(user, self.application))

    def test_a01_it_opens_and_closes_with_grant_and_agreement(self):
        self.assertFalse(self._sees(self.colleague, self.contact))
        grant = self._grant(self.colleague)
        self.assertTrue(self._sees(self.colleague, self.contact))
        self._lapse("signed", self.colleague)
        self.assertFalse(self._sees(self.colleague, self.contact))
        self.signed |= self.colleague
        grant.with_user(self.compliance).action_withdraw()
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.colleague, self.contact))

    def test_a31_people_of_a_confidential_firm(self):
        firm = self._partner("Harbour Steel", is_company=True)
        worker = self._partner("Ye Ping", parent_id=firm.id)
        address = self._partner("Harbour Steel, Quay 4", parent_id=worker.id, type="delivery")
        customer = self._customer(partner_id=firm.id, kind="sme")
        self._grant(self.manager, customer=customer)
        self._classify(customer, self.confidential)
        for record in firm | worker | address:
            self.assertClosed(record)
            self.assertTrue(self._sees(self.manager, record))

    def test_a31_a_worker_who_is_confidential_does_not_close_their_firm(self):
        firm = self._partner("Harbour Steel", is_company=True)
        worker = self._partner("Ye Ping", parent_id=firm.id)
        customer = self._customer(partner_id=worker.id)
        self._classify(customer, self.confidential)
        self.assertClosed(worker)
        self.assertTrue(self._sees(self.employee, firm))

    def test_who_looks_after_them_elsewhere_sees_the_contact(self):
        other = self.env["res.company"].create({"name": "Puxi Finance", "currency_id": self.cny.id})
        self.stranger.write({"company_ids": [Command.link(other.id)]})
        here = self.env["loan.customer"].with_context(allowed_company_ids=other.ids)
        here.create(
            {"partner_id": self.contact.id, "company_id": other.id, "manager_user_id": self.stranger.id}
        )
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger, self.contact))
        self.assertFalse(self._sees(self.employee, self.contact))

    def test_the_lender_itself_is_never_closed(self):
        customer = self._customer(partner_id=self.company.partner_id.id, kind="sme")
        self._classify(customer, self.confidential)
        self.assertFalse(self._sees(self.stranger, customer))
        self.assertTrue(self._sees(self.stranger, self.company.partner_id))

    def test_a32_a_borrower_with_a_login_sees_themselves_and_nobody_their_login(self):
        portal = self.env["res.users"].create(
            {
                "partner_id": self.contact.id,
                "login": "wang.fang",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        self.env.invalidate_all()
        self.assertTrue(self._as(portal, self.contact).has_access("read"))
        self.assertEqual(self._as(portal, self.contact).read(["phone"])[0]["phone"], SECRET)
        for user in self.outsiders:
            self.assertFalse(self._as(user, portal).search([("id", "=", portal.id)]))

    # ------------------------------------------------------------ what points at them

    def test_a03_a13_the_label_of_a_hidden_contact(self):
        note = self._partner("Our Bank")
        note.sudo().write({"parent_id": False, "comment": "x"})
        event = self.env["crm.lead"].create(
            {"name": "Plain", "referrer_partner_id": self.contact.id, "user_id": self.stranger.id}
        )
        mine = self._as(self.stranger, event)
        self.assertNotIn(
            "Wang", str(mine.web_read({"referrer_partner_id": {"fields": {"display_name": {}}}}))
        )
        self.assertNotIn("Wang", str(mine.read(["referrer_partner_id"])))
        groups = mine.formatted_read_group([("id", "=", event.id)], ["referrer_partner_id"], ["__count"])
        self.assertNotIn("Wang", str(groups))

    def test_a04_a05_a19b_nobody_points_at_a_hidden_contact(self):
        absent = self.contact.browse(self.contact.search([], order="id desc", limit=1).id + 1000)
        for user in self.outsiders:
            leads = self.env["crm.lead"].with_user(user)
            said = set()
            for target in (self.contact, absent):
                with self.subTest(user=user.name, target=target):
                    with self.assertRaises(AccessError) as refusal, self.env.cr.savepoint():
                        leads.create({"name": "Mine", "partner_id": target.id})
                    said.add(str(refusal.exception))
                    with self.assertRaises(AccessError):
                        leads.onchange({"partner_id": target.id}, ["partner_id"], {"email_from": {}})
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        leads.with_context(default_partner_id=target.id).create({"name": "Mine"})
            self.assertEqual(len(said), 1, "hidden and absent are refused in the same words")
        messages = leads.load(["name", "partner_id/.id"], [["Mine", str(self.contact.id)]])["messages"]
        self.assertTrue(messages)
        self.assertNotIn("Wang", str(messages))

    def test_a05_nobody_points_at_a_hidden_contact_in_a_line_that_is_not_saved(self):
        spec = {"attendee_ids": {"fields": {"email": {}, "phone": {}, "common_name": {}}}}
        for line in ([0, "v1", {"partner_id": self.contact.id}], [1, 7, {"partner_id": self.contact.id}]):
            events = self.env["calendar.event"].with_user(self.employee)
            with self.assertRaises(AccessError):
                events.onchange({"name": "x", "attendee_ids": [line]}, [], spec)
            with self.assertRaises(AccessError):
                events.with_context(default_attendee_ids=[line]).onchange({"name": "x"}, [], spec)
        mine = [0, "v1", {"partner_id": self.employee.partner_id.id}]
        self.assertTrue(events.onchange({"name": "x", "attendee_ids": [mine]}, [], spec))

    def test_a18_an_export_masks_the_contact_and_goes_on(self):
        lead = self.env["crm.lead"].create(
            {"name": "Plain", "referrer_partner_id": self.contact.id, "user_id": self.stranger.id}
        )
        self.stranger.group_ids |= self.env.ref("base.group_allow_export")
        rows = self._as(self.stranger, lead).export_data(["name", "referrer_partner_id/phone"])["datas"]
        self.assertEqual(rows[0][0], "Plain")
        self.assertNotIn(SECRET, str(rows))

    def test_a20_a_refusal_tells_no_name_in_debug_mode(self):
        for record in (self.contact, self.application):
            with self.assertRaises(AccessError) as refusal:
                self._as(self.stranger, record).read(["name"])
            self.assertNotIn("Wang", str(refusal.exception))
            self.assertNotIn("oven", str(refusal.exception))

    def test_a23_the_contact_with_the_same_number(self):
        twin = self._partner("Somebody", vat=self.contact.vat)
        mine = self._as(self.stranger, twin)
        self.assertFalse(mine.same_vat_partner_id)
        self.assertFalse(mine.read(["same_vat_partner_id"])[0]["same_vat_partner_id"])
        self.assertEqual(self._as(self.manager, twin).same_vat_partner_id, self.contact)

    def test_a36_an_altered_rule_does_not_open_them(self):
        for record in (self.contact, self.application):
            rule = self.env["ir.rule"].search(
                [("model_id.model", "=", record._name), ("domain_force", "like", "loan_visible")]
            )
            self.assertEqual(len(rule), 1)
            rule.active = False
            self.env.invalidate_all()
            self.assertIn(record._name, rule._loan_altered())
            self.assertFalse(self._sees(self.stranger, record))
            self.assertTrue(self._sees(self.manager, record))
            self.assertTrue(self.env["res.partner"].with_user(self.stranger).search([], limit=1))

    def test_b12_b13_c02_h03_rows_that_tell_of_a_hidden_contact(self):
        lead = self.env["crm.lead"].create({"name": "Plain", "user_id": self.stranger.id})
        lead.message_subscribe(self.contact.ids)
        message = lead.message_post(body="Hello", partner_ids=self.contact.ids, message_type="comment")
        meeting = self.env["calendar.event"].create(
            {
                "name": "Coffee with Wang Fang",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
                "partner_ids": [Command.set((self.contact | self.manager.partner_id).ids)],
            }
        )
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.contact.id, "acc_number": "6222 0001 7777"}
        )
        rows = [
            lead.message_follower_ids.filtered(lambda row: row.partner_id == self.contact),
            message.notification_ids.filtered(lambda row: row.res_partner_id == self.contact),
            meeting,
            meeting.attendee_ids.filtered(lambda row: row.partner_id == self.contact),
            bank,
        ]
        for row in rows:
            with self.subTest(model=row._name):
                self.assertTrue(row)
                self.assertTrue(row.with_user(self.manager).search([("id", "in", row.ids)]))
                for user in self.outsiders:
                    self.assertFalse(self._as(user, row).search([("id", "in", row.ids)]))
                    with self.assertRaises(AccessError):
                        self._as(user, row).read()
        for user in self.outsiders:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                bank.with_user(user).create({"partner_id": self.contact.id, "acc_number": "1"})
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.env["calendar.attendee"].with_user(user).create(
                    {"partner_id": self.contact.id, "event_id": meeting.id}
                )

    def test_b03_a_colleague_does_not_follow_a_hidden_contact(self):
        self.contact.message_subscribe(self.stranger.partner_id.ids)
        self.assertNotIn(self.stranger.partner_id, self.contact.message_partner_ids)
        self.contact.message_subscribe(self.manager.partner_id.ids)
        self.assertIn(self.manager.partner_id, self.contact.message_partner_ids)

    def test_b01_b02_b07_messages_and_to_dos_on_a_hidden_contact(self):
        self._classify(self.customer, self.internal)
        message = self.contact.with_user(self.stranger).message_post(body="She owes elsewhere")
        todo = self.contact.activity_schedule("mail.mail_activity_data_todo", user_id=self.stranger.id)
        self.assertTrue(message.with_user(self.stranger).search([("id", "=", message.id)]))
        self._classify(self.customer, self.confidential)
        for row in (message, todo):
            self.assertFalse(row.with_user(self.stranger).search([("id", "=", row.id)]), row._name)
            with self.assertRaises(AccessError):
                row.with_user(self.stranger).read()

    def test_b17_b18_files_of_a_hidden_contact(self):
        file = self.env["ir.attachment"].create(
            {
                "name": "passport.txt",
                "raw": b"secret",
                "res_model": "res.partner",
                "res_id": self.contact.id,
            }
        )
        self.assertFalse(file.generate_access_token()[0])
        with self.assertRaises(UserError):
            file.public = True
        self._classify(self.customer, self.internal)
        self.assertTrue(file.generate_access_token()[0])

    # ------------------------------------------------------------ the self-test

    def test_a25_whoever_is_entered_again_is_found(self):
        check = self.env["loan.access.check"]
        self.assertFalse(check._twins())
        twin = self._partner("Wang F.", email=f" {self.contact.email.upper()} ")
        other = self._partner("W. Fang", vat=self.contact.vat)
        self._partner("Nobody")
        self.env.flush_all()
        self.assertEqual(check._twins(), twin | other)
        check._run()
        finding = self.env["loan.access.finding"].search([("kind", "=", "twin")])
        self.assertEqual((finding.count, finding.state), (2, "open"))
        self.assertNotIn("Wang", finding.told)
        action = finding.with_user(self.compliance).action_open_twins()
        self.assertEqual(self.env["res.partner"].search(action["domain"]), twin | other)
        self._classify(self.customer, self.internal)
        check._run()
        self.assertEqual(finding.state, "gone")

    def test_a39_names_in_what_colleagues_save_for_each_other_are_found(self):
        check = self.env["loan.access.check"]
        known = set(check._saved_names())
        filters = self.env["ir.filters"]
        told = filters.create(
            {
                "name": "Mine",
                "model_id": "res.partner",
                "domain": f"[('name', 'ilike', '{self.contact.name.upper()}')]",
            }
        )
        own = filters.create(
            {"name": self.contact.name, "model_id": "res.partner", "user_ids": self.manager.ids}
        )
        answer = self.env["mail.canned.response"].create(
            {
                "source": "x",
                "substitution": f"Dear {self.contact.name},",
                "group_ids": self.env.ref("base.group_user").ids,
            }
        )
        self.env["ir.default"].set("crm.lead", "name", f"For {self.contact.email}")
        found = set(check._saved_names()) - known
        self.assertEqual(
            {name.split(",")[0] for name in found}, {"ir.filters", "mail.canned.response", "ir.default"}
        )
        self.assertLessEqual({f"ir.filters,{told.id}", f"mail.canned.response,{answer.id}"}, found)
        self.assertNotIn(f"ir.filters,{own.id}", found, "what nobody else finds tells nobody")
        check._run()
        finding = self.env["loan.access.finding"].search([("subject", "=", f"ir.filters,{told.id}")])
        self.assertEqual((finding.kind, finding.state), ("saved", "open"))
        told.unlink()
        check._run()
        self.assertEqual(finding.state, "gone")

    def test_who_followed_a_contact_that_was_closed_is_parted(self):
        self._classify(self.customer, self.internal)
        self.contact.message_subscribe((self.stranger | self.manager).partner_id.ids)
        plain = self._partner("Plain")
        plain.message_subscribe(self.stranger.partner_id.ids)
        self._classify(self.customer, self.confidential)
        self.env["loan.access.check"]._run()
        self.env.invalidate_all()
        self.assertEqual(self.contact.message_partner_ids, self.manager.partner_id)
        self.assertIn(self.stranger.partner_id, plain.message_partner_ids)

    # ------------------------------------------------------------ meetings, logins, letters by post

    def _lunch(self, **values):
        people = (self.manager | self.stranger).partner_id | self.contact
        return self.env["calendar.event"].create(
            {
                "name": "Lunch with Wang Fang",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
                "partner_ids": [Command.set(people.ids)],
                **values,
            }
        )

    def test_c02_whoever_else_attends_does_not_tell_the_title(self):
        alone = {"partner_ids": [Command.set(self.manager.partner_id.ids)]}
        for values in ({}, {"opportunity_id": self.application.id, **alone}):
            meeting = self._lunch(**values)
            attendee = meeting.attendee_ids.filtered(lambda row: row.partner_id == self.manager.partner_id)
            for user in self.outsiders:
                with self.subTest(values=values, user=user.name):
                    self.assertFalse(self._as(user, attendee).search([("event_id", "=", meeting.id)]))
                    with self.assertRaises(AccessError):
                        self._as(user, attendee).read(["event_id"])
            self.assertTrue(self._as(self.manager, attendee).read(["event_id"]))

    def test_c01_what_points_at_a_hidden_meeting_is_not_told_its_title(self):
        meeting = self._lunch(recurrency=True, rrule_type="weekly", count=2, wed=True)
        series = meeting.recurrence_id
        for user in self.outsiders:
            with self.subTest(user=user.name):
                told = str(self._as(user, series).read(["base_event_id"]))
                self.assertNotIn("Wang", told)
                model = self.env["ir.model"]._get_id("res.partner")
                vals = {"res_model_id": model, "res_id": user.partner_id.id, "calendar_event_id": meeting.id}
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.env["mail.activity"].with_user(user).create(vals)
                with self.assertRaises(AccessError):
                    self.env["mail.activity"].with_user(user).with_context(
                        default_calendar_event_id=meeting.id
                    ).onchange({}, [], {"calendar_event_id": {"fields": {"display_name": {}}}})
        self.assertIn("Wang", str(self._as(self.manager, series).read(["base_event_id"])))

    def test_b02_messages_of_a_hidden_meeting(self):
        meeting = self._lunch()
        message = meeting.message_post(
            body="Wang Fang brings the papers",
            partner_ids=self.stranger.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        self.assertNotIn(self.stranger.partner_id, message.notified_partner_ids)
        message.partner_ids = self.stranger.partner_id  # as from before the contact was confidential
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self._as(self.stranger, message).search([("id", "=", message.id)]))
        with self.assertRaises(AccessError):
            self._as(self.stranger, message).read()
        self.assertTrue(self._as(self.manager, message).search([("id", "=", message.id)]))
        self.assertTrue(self._as(self.manager, message).read(["body"]))

    def test_b02_messages_of_other_meetings_are_read_as_ever(self):
        meeting = self._lunch(partner_ids=[Command.set(self.employee.partner_id.ids)])
        message = meeting.message_post(body="Room 4", subtype_xmlid="mail.mt_comment")
        self.assertTrue(self._as(self.employee, message).search([("id", "=", message.id)]))
        self.assertTrue(self._as(self.employee, message).read(["body"]))

    def test_b17_b18_files_of_a_hidden_meeting(self):
        meeting = self._lunch()
        file = self.env["ir.attachment"].create(
            {"name": "Wang.pdf", "raw": b"x", "res_model": "calendar.event", "res_id": meeting.id}
        )
        self.assertFalse(file._get_raw_access_token())
        with self.assertRaises(UserError), self.env.cr.savepoint():
            file.public = True
        self.assertFalse(self._as(self.stranger, file).search([("id", "=", file.id)]))

    def test_a04_a32_nobody_points_at_the_login_of_a_hidden_contact(self):
        portal = self.env["res.users"].create(
            {
                "partner_id": self.contact.id,
                "login": "wang.fang",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        label = {"user_id": {"fields": {"display_name": {}}}}
        for user in self.outsiders:
            leads = self.env["crm.lead"].with_user(user)
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    leads.create({"name": "Mine", "user_id": portal.id})
                with self.assertRaises(AccessError):
                    leads.onchange({"name": "Mine", "user_id": portal.id}, ["user_id"], label)
                with self.assertRaises(AccessError):
                    leads.with_context(default_user_id=portal.id).onchange({"name": "Mine"}, [], label)
                lead = self.env["crm.lead"].create({"name": "Theirs", "user_id": user.id})
                lead.sudo().user_id = portal
                self.assertNotIn("Wang", str(self._as(user, lead).sudo().read(["user_id"])))
                mine = leads.create({"name": "Mine", "user_id": self.manager.id})
                self.assertIn("Lin Mei", str(mine.sudo().read(["user_id"])))
        self.assertEqual(portal.with_user(self.manager).display_name, "Wang Fang")

    def test_b08_ones_own_to_do_moved_to_what_is_hidden_with_a_contact(self):
        portal = self.env["res.users"].create(
            {
                "partner_id": self.contact.id,
                "login": "wang.fang",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        message = self._partner("Open").message_post(body="x")
        told = self.env["mail.notification"].create(
            {"mail_message_id": message.id, "res_partner_id": self.contact.id, "notification_type": "inbox"}
        )
        bank = self.env["res.partner.bank"].create({"partner_id": self.contact.id, "acc_number": "Wang 7"})
        models_ = self.env["ir.model"]
        for user in self.outsiders:
            todos = self.env["mail.activity"].with_user(user)
            about = {"res_model_id": models_._get_id("res.partner"), "res_id": user.partner_id.id}
            todo = todos.sudo().create({**about, "user_id": user.id}).sudo(False)
            for record in (portal, told, bank, self._lunch()):
                moved = {"res_model_id": models_._get_id(record._name), "res_id": record.id}
                with self.subTest(user=user.name, record=record._name):
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        todo.write(moved)
                    with self.assertRaises(AccessError):
                        todos.onchange(moved, ["res_id"], {"res_name": {}})
            todo.write({"summary": "mine"})
            plain = {"res_model_id": models_._get_id("res.users"), "res_id": self.manager.id}
            self.assertIn("Lin Mei", str(todos.onchange(plain, ["res_id"], {"res_name": {}})))

    def test_h06_a_letter_by_post_to_a_hidden_contact(self):
        if "snailmail.letter" not in self.env:
            self.skipTest("the app is not installed")
        letters = self.env["snailmail.letter"]
        other = self._partner("Open")
        about = {"model": "loan.customer", "res_id": self.customer.id, "partner_id": other.id}
        sent = {"model": "res.partner", "res_id": other.id, "partner_id": self.contact.id}
        plain = {"model": "res.partner", "res_id": other.id, "partner_id": other.id}
        made = letters.create([{**vals, "company_id": self.company.id} for vals in (about, sent, plain)])
        for user in self.outsiders:
            found = letters.with_user(user).search([("id", "in", made.ids)])
            self.assertEqual(found, made[2])
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                letters.with_user(user).create({**about, "company_id": self.company.id})
        self.assertEqual(letters.with_user(self.manager).search([("id", "in", made.ids)]), made)

    # ------------------------------------------------------------ what Odoo proposes, counts, merges and looks up

    def test_a15_a_hidden_contact_among_others(self):
        tag = self.env["res.partner.category"].create({"name": "Bakers"})
        (self.contact | self._partner("Open")).category_id = tag
        self.env.invalidate_all()
        mine = tag.with_user(self.stranger)
        told = str(mine.web_read({"partner_ids": {"fields": {"display_name": {}}}}))
        self.assertIn("Open", told)
        self.assertNotIn("Wang", told)
        self.assertNotIn(self.contact.id, mine.read(["partner_ids"])[0]["partner_ids"])

    def test_b31_a_hidden_contact_is_proposed_to_nobody(self):
        for user in self.outsiders:
            partners = self.env["res.partner"].with_user(user)
            for told in (
                partners.get_mention_suggestions("Wang Fang"),
                partners.with_user(user)._find_or_create_from_emails([self.contact.email], no_create=True),
            ):
                self.assertNotIn("Wang", str(told))
                self.assertNotIn(str(self.contact.id), str(told))
            with self.assertRaises(AccessError):
                self.contact.with_user(user)._message_get_suggested_recipients()

    def test_g01_a_hidden_application_in_the_forms_that_merge_and_convert(self):
        mine = self.env["crm.lead"].create({"name": "Mine", "user_id": self.stranger.id})
        leads = self.application | mine
        merge = self.env["crm.merge.opportunity"].with_user(self.stranger)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            merge.create({"opportunity_ids": [Command.set(leads.ids)]}).action_merge()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            merge.with_context(active_ids=leads.ids, active_model="crm.lead").create({}).action_merge()
        convert = self.env["crm.lead2opportunity.partner"].with_user(self.stranger)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            convert.with_context(active_id=self.application.id, active_model="crm.lead").create(
                {"name": "convert", "action": "nothing"}
            ).action_apply()
        self.assertTrue(self.application.exists())

    def test_h01_a_hidden_contact_in_the_form_that_merges(self):
        self.stranger.group_ids |= self.env.ref("base.group_partner_manager")
        other = self._partner("Open")
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.stranger)
        both = (self.contact | other).ids
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            wizard.create({"partner_ids": [Command.set(both)]}).partner_ids.read(["name"])
        form = wizard.with_context(active_model="res.partner", active_ids=both)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            form.create({}).action_merge()
        self.assertTrue(self.contact.exists())

    def test_h05_looking_somebody_up_by_their_address(self):
        if "privacy.lookup.wizard" not in self.env:
            self.skipTest("the app is not installed")
        admins = self.env.ref("base.group_system")
        self.administrator.group_ids |= admins
        lookup = self.env["privacy.lookup.wizard"].with_user(self.administrator)
        with self.assertRaises(AccessError) as refusal, self.env.cr.savepoint():
            wizard = lookup.create({"name": "Wang Fang", "email": self.contact.email})
            wizard.action_lookup()
            wizard.line_ids.read()
        self.assertNotIn("Wang", str(refusal.exception))
        line = {"res_model_id": self.env["ir.model"]._get_id("res.partner"), "res_id": self.contact.id}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            lookup.create({"name": "x", "email": "x@example.com", "line_ids": [Command.create(line)]})
        self.assertTrue(self.contact.exists())

    # ------------------------------------------------------------ threads that everybody sees

    def _store_of(self, user, message):
        store = Store()
        store.add(message.with_user(user))
        return str(store.get_result())

    def test_a07_b12_a_record_is_not_found_by_what_is_said_of_its_hidden_follower(self):
        lead = self.env["crm.lead"].create({"name": "Plain", "user_id": self.stranger.id})
        lead._message_subscribe((self.contact | self.stranger.partner_id).ids)
        self.env.flush_all()
        for value in ("Wang Fang", SECRET):
            name = "phone" if value == SECRET else "name"
            for domain in (
                [(f"message_partner_ids.{name}", "=", value)],
                [("message_partner_ids", "any", [(name, "=", value)])],
                [("message_partner_ids", "in", self.contact.ids)],
            ):
                with self.subTest(domain=domain):
                    self.assertNotIn(lead, self._as(self.stranger, lead).search(domain))
                    self.assertIn(lead, self._as(self.manager, lead).search(domain))
        mine = [("message_partner_ids", "in", self.stranger.partner_id.ids)]
        self.assertIn(lead, self._as(self.stranger, lead).search(mine))

    def test_b12_b13_a_hidden_contact_who_wrote_elsewhere(self):
        lead = self.env["crm.lead"].create({"name": "Plain", "user_id": self.stranger.id})
        message = lead.message_post(
            body="Hello",
            author_id=self.contact.id,
            partner_ids=self.contact.ids,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.env["mail.notification"].create(
            {
                "mail_message_id": message.id,
                "res_partner_id": self.contact.id,
                "notification_type": "email",
                "notification_status": "sent",
            }
        )
        message.email_from = False
        self.env.flush_all()
        self.env.invalidate_all()
        told = self._store_of(self.stranger, message)
        self.assertIn("Hello", told)
        self.assertNotIn("Wang", told)
        self.assertNotIn("w.fang.77", told)
        told = self._store_of(self.manager, message)
        self.assertIn("Wang Fang", told)

    # ------------------------------------------------------------ answers to surveys

    def test_d01_answers_of_a_hidden_contact(self):
        surveyor = self.env.ref("survey.group_survey_user")
        self.stranger.group_ids |= surveyor
        survey = self.env["survey.survey"].create(
            {
                "title": "How was it?",
                "question_and_page_ids": [Command.create({"title": "Say it", "question_type": "char_box"})],
            }
        )
        answer = survey._create_answer(partner=self.contact)
        answer._save_lines(survey.question_ids, "I am in debt")
        answer._mark_done()
        for row in (answer, answer.user_input_line_ids):
            self.assertTrue(row)
            self.assertTrue(row.with_user(self.env.user).search([("id", "in", row.ids)]))
            self.assertFalse(row.with_user(self.stranger).search([("id", "in", row.ids)]))
            with self.assertRaises(AccessError):
                row.with_user(self.stranger).read()

    # ------------------------------------------------------------ merging

    def test_h02_nobody_merges_a_confidential_contact_but_compliance(self):
        other = self._partner("Wang Fang", email=self.contact.email)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        self.manager.group_ids |= self.env.ref("base.group_partner_manager")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            wizard.with_user(self.manager)._merge((self.contact | other).ids, other)
        self.assertTrue(self.contact.exists())
        self.compliance.group_ids |= self.env.ref("base.group_erp_manager")  # Odoo reads all of a contact
        wizard.with_user(self.compliance)._merge((self.contact | other).ids, other)
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger, other))


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessContactHttp(ContactCommon, HttpCase):
    def _results(self, user, survey):
        user.password = user.login
        self.authenticate(user.login, user.login)
        return self.url_open(f"/survey/results/{survey.id}").text

    def test_d02_the_page_of_results_quotes_nobody_hidden(self):
        (self.stranger | self.manager).group_ids |= self.env.ref("survey.group_survey_user")
        survey = self.env["survey.survey"].create(
            {
                "title": "How was it?",
                "question_and_page_ids": [Command.create({"title": "Say it", "question_type": "char_box"})],
            }
        )
        for contact, words in ((self.contact, "I am in debt"), (self._partner("Open"), "All is well")):
            answer = survey._create_answer(partner=contact)
            answer._save_lines(survey.question_ids, words)
            answer._mark_done()
        self.env.flush_all()
        self.assertIn("I am in debt", self._results(self.manager, survey))
        told = self._results(self.stranger, survey)
        self.assertIn("All is well", told)
        self.assertNotIn("I am in debt", told)

    def test_d03_the_link_of_an_answer_opens_it_to_who_sent_it_and_who_may_see_the_contact(self):
        survey = self.env["survey.survey"].create(
            {
                "title": "How was it?",
                "access_mode": "public",
                "question_and_page_ids": [Command.create({"title": "Say it", "question_type": "char_box"})],
            }
        )
        sent, open_ = (
            survey._create_answer(partner=partner) for partner in (self.contact, self._partner("Open"))
        )
        for answer in (sent, open_):
            answer._save_lines(survey.question_ids, "I am in debt")
            answer._mark_done()
        (self.stranger | self.manager).group_ids |= self.env.ref("survey.group_survey_user")
        for user in (self.stranger, self.manager):
            user.password = user.login
        self.env.flush_all()

        def pages(answer):
            return [
                self.url_open(path).text
                for path in (
                    f"/survey/print/{survey.access_token}?answer_token={answer.access_token}",
                    f"/survey/{survey.access_token}/{answer.access_token}",
                )
            ]

        for user in (None, self.stranger):
            self.authenticate(user and user.login, user and user.login)
            with self.subTest(user=user and user.name):
                self.assertNotIn("I am in debt", str(pages(sent)))
        self.authenticate(None, None)
        self.assertIn("I am in debt", pages(open_)[0], "of others it is as ever")
        self.authenticate(self.manager.login, self.manager.login)
        self.assertIn("I am in debt", pages(sent)[0])
        # The borrower, without a login: fills it in, sends it, and reads it once more in the same browser.
        answer = survey._create_answer(partner=self.contact)
        self.env.flush_all()
        self.authenticate(None, None)
        self.assertIn("How was it?", pages(answer)[1])
        for params in (
            {"page": "begin"},
            {
                "page": "submit",
                "question_id": survey.question_ids.id,
                str(survey.question_ids.id): "All well",
            },
        ):
            self.make_jsonrpc_request(
                f"/survey/{params.pop('page')}/{survey.access_token}/{answer.access_token}", params
            )
        self.env.invalidate_all()
        self.assertEqual(answer.state, "done")
        self.assertIn("All well", pages(answer)[0])
        self.authenticate(None, None)
        self.assertNotIn("All well", pages(answer)[0])

    def test_i01_the_picture_of_a_hidden_contact(self):
        self.contact.image_1920 = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
        self.env.flush_all()
        self.stranger.password = self.stranger.login
        self.authenticate(self.stranger.login, self.stranger.login)
        absent = self.contact.search([], order="id desc", limit=1).id + 1000
        answers = [
            self.url_open(f"/web/image/res.partner/{number}/avatar_128")
            for number in (self.contact.id, absent)
        ]
        self.assertEqual(*(answer.content for answer in answers))


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessApplication(ContactCommon):
    def test_a01_the_application_closes_with_its_customer(self):
        self.assertClosed(self.application)
        self.assertTrue(self._sees(self.manager, self.application))

    def test_an_application_with_a_level_of_its_own(self):
        self._classify(self.customer, self.internal)
        self.assertTrue(self._sees(self.stranger, self.application))
        self._classify(self.application, self.confidential)
        self.assertFalse(self._sees(self.stranger, self.application))
        self.assertTrue(self._sees(self.stranger, self.contact))
        self.assertTrue(self._sees(self.manager, self.application), "a grant for the borrower")
        self._classify(self.application, self.secret)
        self.assertFalse(self._sees(self.manager, self.application), "the grant does not reach so far")

    def test_a90_no_key_of_a_context_opens_what_hangs_on_it(self):
        self._classify(self.customer, self.internal)
        message = self.application.with_user(self.stranger).message_post(body="She owes elsewhere")
        todo = self.application.activity_schedule("mail.mail_activity_data_todo", user_id=self.stranger.id)
        self._classify(self.customer, self.confidential)
        for key in ("loan_unclosed", "loan_moving", "active_test"):
            for row in (message, todo, self.application, self.contact):
                told = row.with_user(self.stranger).with_context(**{key: True})
                with self.subTest(key=key, model=row._name):
                    self.assertFalse(told.search([("id", "=", row.id)]))
                    self.assertFalse(told.search_read([("id", "=", row.id)], ["display_name"]))

    def test_a_profile_elsewhere_opens_no_application_here(self):
        other = self.env["res.company"].create({"name": "Puxi Finance", "currency_id": self.cny.id})
        self.stranger.write({"company_ids": [Command.link(other.id)]})
        there = self.env["loan.customer"].with_context(allowed_company_ids=other.ids)
        there.create(
            {"partner_id": self.contact.id, "company_id": other.id, "manager_user_id": self.stranger.id}
        )
        theirs = self.application.copy(
            {"company_id": other.id, "user_id": self.stranger.id, "team_id": False, "loan_product_id": False}
        )
        theirs.sudo().level_id = False
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger, self.contact))
        self.assertFalse(self._sees(self.stranger, self.application))
        mine = theirs.with_user(self.stranger).with_context(allowed_company_ids=other.ids)
        self.assertTrue(mine.has_access("read"))

    def test_a29_nobody_enters_a_level(self):
        for vals in ({"level_id": self.public.id}, {"loan_level": 0}):
            with self.assertRaises(AccessError):
                self.application.with_user(self.manager).write(vals)
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.env["crm.lead"].with_user(self.manager).create({"name": "Mine", **vals})
        with self.assertRaises(AccessError):
            self.application.with_user(self.manager)._classify(self.public, "I may")

    def test_a28_a_lead_that_is_detached_or_copied_stays_closed(self):
        mine = self.application.with_user(self.manager)
        other = self._partner("Somebody Else")
        copied = mine.copy({"partner_id": other.id, "user_id": self.stranger.id})
        self.assertFalse(self._sees(self.stranger, copied))
        plain = mine.copy({"partner_id": False, "user_id": self.stranger.id})
        self.assertFalse(self._sees(self.stranger, plain))
        mine.partner_id = False
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger, self.application))
        self.assertTrue(self._sees(self.compliance_seller(), self.application))

    def compliance_seller(self):
        self.compliance.group_ids |= self.env.ref("sales_team.group_sale_salesman_all_leads")
        return self.compliance

    def test_a_write_that_leaves_the_contact_alone_asks_no_levels(self):
        def asked(_leads):
            raise AssertionError("nobody's level can have fallen")

        self.patch(type(self.application), "_loan_ranks", asked)
        self.application.with_user(self.manager).write({"name": "A third oven"})

    def test_a28_merged_leads_are_as_closed_as_the_most_closed(self):
        other = self.env["crm.lead"].create(
            {"name": "Another", "probability": 90, "user_id": self.stranger.id, "type": "opportunity"}
        )
        head = (self.application | other)._merge_opportunity(auto_unlink=True)
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger, head))

    def test_g3_frequencies_count_nothing_that_is_closed(self):
        frequencies = self.env["crm.lead.scoring.frequency"]
        tag = self.env["crm.tag"].create({"name": "Ovens of the north"})
        self.env["ir.config_parameter"].sudo().set_param("crm.pls_start_date", "2020-01-01")
        self.env["ir.config_parameter"].sudo().set_param("crm.pls_fields", "tag_ids")
        open_lead = self.env["crm.lead"].create({"name": "Open", "type": "opportunity"})
        counted = Domain("variable", "=", "tag_id") & Domain("value", "=", str(tag.id))
        for lead, count in ((self.application, 0), (open_lead, 1)):
            lead.tag_ids = tag
            lead.action_set_won()
            self.assertEqual(round(sum(frequencies.search(counted).mapped("won_count"))), count, lead.name)
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        self.env.invalidate_all()
        everywhere = frequencies.search(counted)
        self.assertTrue(everywhere)
        self.assertLess(max(everywhere.mapped("won_count")), 1.5)

    def test_a24_duplicates_are_counted_as_far_as_one_sees_them(self):
        self.application.email_from = "oven@bakery.example.com"
        twin = self.env["crm.lead"].create(
            {"name": "Twin", "email_from": "oven@bakery.example.com", "user_id": self.stranger.id}
        )
        mine = self._as(self.stranger, twin)
        self.assertFalse(mine.duplicate_lead_count)
        self.assertNotIn(self.application.id, mine.duplicate_lead_ids.ids)
        self.assertEqual(self._as(self.manager, twin).duplicate_lead_count, 1)

    def test_b25_mail_of_a_confidential_customer_that_matched_no_contact(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "I cannot pay",
                "email_from": f'"W." <{self.contact.email}>',
                "user_id": self.stranger.id,
            }
        )
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger, lead))
        plain = self.env["crm.lead"].create({"name": "Hi", "email_from": "new@example.com"})
        self.assertTrue(self._sees(self.stranger, plain))

    def test_b25_an_address_that_a_person_enters_tells_nothing(self):
        vals = {"name": "x", "email_from": self.contact.email}
        leads = self.env["crm.lead"].with_user(self.stranger)
        lead = leads.create(vals)
        self.assertEqual(lead.web_read({"name": {}})[0]["name"], "x")
        self.env.flush_all()
        check = self.env["loan.access.check"]
        self.assertEqual(check._twin_leads(), lead)
        check._run()
        finding = self.env["loan.access.finding"].search(
            [("kind", "=", "twin"), ("subject", "=", "crm.lead")]
        )
        self.assertEqual(finding.count, 1)
        self.assertEqual(finding.with_user(self.compliance).action_open_twins()["res_model"], "crm.lead")

    def test_a28_a_lead_stays_closed_when_its_contact_goes_or_moves(self):
        firm = self._partner("Harbour Steel", is_company=True)
        self._classify(self._customer(partner_id=firm.id, kind="sme"), self.confidential)
        for change in ("unlink", "move"):
            worker = self._partner("Ye Ping", parent_id=firm.id)
            lead = self.env["crm.lead"].create(
                {"name": "Cranes", "partner_id": worker.id, "user_id": self.stranger.id}
            )
            self.assertFalse(self._sees(self.stranger, lead))
            if change == "unlink":
                worker.unlink()
            else:
                worker.parent_id = False
            self.env.invalidate_all()
            with self.subTest(change=change):
                self.assertFalse(self._sees(self.stranger, lead))

    def test_a41_the_report_on_activities(self):
        todo = self.application.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        todo.action_feedback(feedback="She owes elsewhere")
        self.env.flush_all()
        report = self.env["crm.activity.report"]
        about = Domain("lead_id", "=", self.application.id)
        self.assertTrue(report.with_user(self.manager).search(about))
        self.assertFalse(report.with_user(self.stranger).search(about))

    def test_c01_meetings_about_a_hidden_application(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "Oven",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
                "opportunity_id": self.application.id,
            }
        )
        self.assertTrue(meeting.with_user(self.manager).search([("id", "=", meeting.id)]))
        for user in self.outsiders:
            self.assertFalse(self._as(user, meeting).search([("id", "=", meeting.id)]))

    def test_g02_the_machine_gives_no_confidential_lead_away(self):
        self.env["ir.config_parameter"].sudo().set_param("crm.assignment.action", "auto")
        self.application.write(
            {"user_id": False, "date_open": False, "team_id": self.team.id, "probability": 50}
        )
        member = self.team.crm_team_member_ids[:1]
        member.assignment_max = 30
        self.team.assignment_max = 30
        self.env.flush_all()
        self.team._action_assign_leads(force_quota=True)
        self.assertFalse(self.application.user_id)
        self._classify(self.customer, self.internal)
        self.team._action_assign_leads(force_quota=True)
        self.assertTrue(self.application.user_id)

    def test_a_conflict_of_interest_closes_the_application_too(self):
        self._classify(self.customer, self.internal)
        self.assertTrue(self._sees(self.manager, self.application))
        self.env["loan.conflict"].create(
            {"user_id": self.manager.id, "partner_id": self.contact.id, "reason": "Sister"}
        )
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.manager, self.application))

    def test_looks_go_on_record(self):
        log = self.env["loan.access.log"]
        last = log.search([], order="id desc", limit=1).id or 0
        (self.application | self.application).with_user(self.manager).read(["name"])
        self.contact.with_user(self.manager).read(["phone"])
        self.env.cr.flush()
        found = log.search([("id", ">", last), ("event", "=", "view")])
        self.assertEqual(set(found.mapped("res_model")), {"crm.lead", "res.partner"})
        self.assertEqual(found.customer_ids if "customer_ids" in found._fields else None, found.customer_ids)


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessContactUnused(ConfidentialCommon):
    def test_who_keeps_nothing_confidential_pays_nothing(self):
        self.env["loan.customer"].search([]).sudo().level_id = self.internal
        self.env["loan.confidentiality.level"].search([("rank", ">", 1)]).in_use = False
        self.env.invalidate_all()
        partners = self.env["res.partner"].with_user(self.employee)
        self.assertTrue(partners._search_loan_visible("in", [True]).is_true())
        self.assertNotIn("res.partner", self.env["ir.model"]._loan_guarded())
        among = [("id", "in", self.customer.partner_id.ids)]
        partners.search(among).read(["name"])
        self.env.invalidate_all()
        with self.assertQueryCount(3):  # the companies, for Odoo's own rule; search; read
            partners.search(among).read(["name"])
