"""The rows 1.B of the matrix of ways around a rule (docs/security-model.md), each under its number."""

import base64
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail
from odoo.addons.mail.tools.discuss import Store

from .test_loan_access_orm import AttackCommon

SECRET = "she has debts elsewhere"


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessMail(AttackCommon, MockEmail):
    def _post(self, record=None, user=None, **values):
        record = record or self.contract
        values.setdefault("subtype_xmlid", "mail.mt_comment")
        values.setdefault("message_type", "comment")
        return record.with_user(user or self.manager).message_post(body=SECRET, **values).sudo()

    def assertReads(self, user, message, sees):
        mine = self._as(user, message)
        self.assertEqual(bool(mine.search([("id", "=", message.id)])), sees)
        self.assertEqual(bool(mine.search([("body", "ilike", SECRET), ("model", "=", message.model)])), sees)
        self.assertEqual(bool(mine.search_count([("id", "=", message.id), ("body", "ilike", SECRET)])), sees)
        self.assertEqual(mine.has_access("read"), sees)
        self.assertEqual(bool(mine._get_with_access(message.id)), sees)
        if sees:
            self.assertIn(SECRET, mine.read(["body"])[0]["body"])
        else:
            with self.assertRaises(AccessError):
                mine.read(["body"])
            with self.assertRaises(AccessError):
                mine.write({"body": "gone"})

    # ------------------------------------------------------------ messages

    def test_b01_messages_of_a_hidden_record(self):
        for record in (self.customer, self.contract, self.family["loan.hardship"]):
            message = self._post(record)
            self.assertReads(self.manager, message, True)
            for user in self.attackers | self.portal:
                with self.subTest(record=record._name, user=user.name):
                    self.assertReads(user, message, False)

    def test_b02_the_author_after_the_duty_ended(self):
        message = self._post()
        self.assertReads(self.manager, message, True)
        self._hand_over()
        self.assertReads(self.manager, message, False)
        self.assertReads(self.colleague, message, True)

    def test_b02_who_was_notified_before_the_duty_ended(self):
        self.contract.message_subscribe(self.manager.partner_id.ids)
        message = self._post(user=self.lead, partner_ids=self.manager.partner_id.ids)
        self.assertIn(self.manager.partner_id, message.notified_partner_ids)
        self._hand_over()
        self.assertReads(self.manager, message, False)
        self.assertFalse(
            self._as(self.manager, message).search([("needaction", "=", True), ("id", "=", message.id)])
        )

    def test_b02_a_deputy_after_cover(self):
        cover = self._cover_that_ended()
        message = self._post(user=self.stranger)
        self.assertReads(self.stranger, message, True)
        cover.back_at = cover.create_date
        self.assertReads(self.stranger, message, False)

    def test_b02_one_reads_on_what_is_no_customers(self):
        lead = self.env["crm.lead"].create({"name": "Coffee machine", "user_id": self.manager.id})
        message = self._post(lead)
        self.assertReads(self.manager, message, True)

    def test_b02_what_could_not_be_delivered_is_told_to_nobody_whose_duty_ended(self):
        message = self._post()
        self.env["mail.notification"].create(
            {
                "mail_message_id": message.id,
                "res_partner_id": self.customer.partner_id.id,
                "author_id": self.manager.partner_id.id,
                "notification_type": "email",
                "notification_status": "exception",
            }
        )

        def told():
            self.env.flush_all()
            self.env.invalidate_all()
            store = Store()
            # As Odoo's own page does: found as superuser, for the author.
            message.with_user(self.manager).sudo()._message_notifications_to_store(store)
            return str(store.get_result())

        self.assertIn(SECRET, told())
        self.assertIn("Wang", told())
        self._hand_over()
        self.assertNotIn(SECRET, told())
        self.assertNotIn("Wang", told())

    def test_b03_a_follower_without_the_duty(self):
        self._force_follower(self.contract, self.stranger)
        message = self._post()
        self.assertNotIn(self.stranger.partner_id, message.notified_partner_ids)
        self.assertReads(self.stranger, message, False)
        with self.assertRaises(AccessError):
            self._as(self.stranger, self.contract).message_post(body="I am still here")

    def test_b03_a_colleague_who_has_left_gets_no_mail_as_a_customer_would(self):
        self._force_follower(self.contract, self.colleague)
        self.colleague.active = False
        message = self._post()
        self.assertNotIn(self.colleague.partner_id, message.notified_partner_ids)

    def test_b03_nobody_without_the_duty_is_subscribed(self):
        strangers = self.stranger | self.employee | self.system
        self.contract.with_user(self.manager).message_subscribe((strangers | self.lead).partner_id.ids)
        self.contract._message_subscribe(strangers.partner_id.ids)
        self.assertIn(self.lead.partner_id, self.contract.message_partner_ids)
        self.assertFalse(self.contract.message_partner_ids & strangers.partner_id)

    def test_b03_records_of_several_hands_are_followed_by_those_who_see_them(self):
        both = self.contract | self.own_contract
        both._message_subscribe((self.manager | self.stranger).partner_id.ids)
        self.assertNotIn(self.stranger.partner_id, self.contract.message_partner_ids)
        self.assertIn(self.manager.partner_id, self.contract.message_partner_ids)
        self.assertNotIn(self.manager.partner_id, self.own_contract.message_partner_ids)

    def test_b04_a_colleague_who_is_mentioned(self):
        message = self._post(partner_ids=(self.stranger | self.lead).partner_id.ids)
        self.assertIn(self.lead.partner_id, message.notified_partner_ids)
        self.assertNotIn(self.stranger.partner_id, message.notified_partner_ids)
        self.assertReads(self.stranger, message, False)

    def test_b05_who_is_assigned_and_then_not_any_more(self):
        customer = self.customer.with_user(self.lead).with_context(tracking_disable=False)
        customer.manager_user_id = self.colleague
        customer.manager_user_id = self.manager
        self.assertNotIn(self.colleague.partner_id, self.customer.message_partner_ids)

    def test_b06_followers_of_the_team_see_no_application_by_following(self):
        self.team.message_subscribe(self.employee.partner_id.ids)
        customer = self.env["loan.customer"].with_user(self.manager).with_context(tracking_disable=False)
        made = customer.create({"partner_id": self._partner("Gao Li").id, "company_id": self.company.id})
        self.assertNotIn(self.employee.partner_id, made.sudo().message_partner_ids)

    # ------------------------------------------------------------ to-dos

    def _todo(self, user=None, record=None):
        return (
            (record or self.customer)
            .sudo()
            .activity_schedule(
                "mail.mail_activity_data_todo", user_id=(user or self.manager).id, summary=SECRET, note=SECRET
            )
        )

    def test_b07_a_to_do_of_somebody_without_the_duty(self):
        todo = self._todo(self.stranger)
        self.assertFalse(self._as(self.stranger, todo).search([("id", "=", todo.id)]))
        self.assertFalse(self._as(self.stranger, todo).search([("summary", "ilike", SECRET)]))
        for knock in (
            lambda: self._as(self.stranger, todo).read(["summary", "note", "res_name"]),
            lambda: self._as(self.stranger, todo).action_feedback(feedback="done"),
            lambda: self._as(self.stranger, todo).write({"note": "mine"}),
            lambda: self._as(self.stranger, todo).unlink(),
        ):
            with self.assertRaises(AccessError):
                knock()
        self.assertTellsNothing(
            lambda: self.env(user=self.stranger)["res.users"]._get_activity_groups(), SECRET
        )

    def test_b07_a_to_do_after_the_duty_ended(self):
        cover = self._cover_that_ended()
        todo = self._todo(self.stranger)
        self.assertTrue(self._as(self.stranger, todo).read(["summary"]))
        cover.back_at = cover.create_date
        with self.assertRaises(AccessError):
            self._as(self.stranger, todo).read(["summary"])

    def test_b07_nobody_gives_a_to_do_to_somebody_without_the_duty(self):
        with self.assertRaises(ValidationError):
            self._as(self.manager, self.customer).activity_schedule(
                "mail.mail_activity_data_todo", user_id=self.stranger.id
            )
        todo = self._todo()
        with self.assertRaises(ValidationError):
            self._as(self.manager, todo).write({"user_id": self.stranger.id})
        self._as(self.manager, todo).write({"user_id": self.lead.id})

    def test_b07_ones_own_to_do_is_done_as_ever(self):
        todo = self._todo()
        self.assertIn("Wang Fang", self._as(self.manager, todo).read(["res_name"])[0]["res_name"])
        self._as(self.manager, todo).action_feedback(feedback="done")
        self.assertFalse(todo.active)

    def test_b08_ones_own_to_do_moved_to_a_hidden_record(self):
        model = self.env["ir.model"]._get_id("loan.customer")
        for user in self.stranger | self.employee | self.system:
            partner = self.env["res.partner"].create({"name": "Anybody"})
            todo = (
                self.env(user=user)["mail.activity"]
                .sudo()
                .create(
                    {
                        "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                        "res_id": partner.id,
                        "user_id": user.id,
                        "summary": "mine",
                    }
                )
                .sudo(False)
            )
            self.assertTellsNothing(
                lambda todo=todo: todo.write({"res_model_id": model, "res_id": self.customer.id})
            )
            self.assertTellsNothing(
                lambda todo=todo: todo.web_save(
                    {"res_model_id": model, "res_id": self.customer.id}, {"res_name": {}}
                )
            )
            self.env.invalidate_all()
            self.assertEqual(todo.sudo().res_id, partner.id)
        own = self._todo(self.stranger, self.own).with_user(self.stranger)
        with self.assertRaises(AccessError):
            own.write({"res_id": self.customer.id})

    def test_b09_a_to_do_or_a_message_on_a_hidden_record(self):
        model = self.env["ir.model"]._get_id("loan.customer")
        for user in self.attackers:
            mine = self.env(user=user)
            for knock in (
                lambda mine=mine: mine["mail.activity"].create(
                    {"res_model_id": model, "res_id": self.customer.id, "user_id": mine.uid}
                ),
                lambda mine=mine: mine["mail.message"].create(
                    {
                        "model": "loan.customer",
                        "res_id": self.customer.id,
                        "body": "x",
                        "message_type": "comment",
                    }
                ),
                lambda user=user: self._as(user, self.customer).activity_schedule(
                    "mail.mail_activity_data_todo", user_id=user.id
                ),
            ):
                with self.subTest(user=user.name), self.env.cr.savepoint(), self.assertRaises(AccessError):
                    knock()

    def test_b10_a_notification_that_is_written_by_hand(self):
        for user in self.attackers:
            self.assertTellsNothing(
                lambda user=user: (
                    self.env(user=user)["mail.message"]
                    .create(
                        {
                            "model": "loan.customer",
                            "res_id": self.customer.id,
                            "body": "x",
                            "message_type": "user_notification",
                        }
                    )
                    .read(["record_name"])
                )
            )

    def test_b11_a_hidden_file_in_ones_own_message(self):
        file = self._file()
        for user in self.attackers:
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env(user=user)["mail.message"].create(
                    {"body": "x", "message_type": "comment", "attachment_ids": [Command.link(file.id)]}
                )

    # ------------------------------------------------------------ who follows, who was told

    def test_b12_followers_of_a_hidden_customer(self):
        self.contract.message_subscribe((self.manager | self.lead).partner_id.ids)
        rows = self.env["mail.followers"].search(
            [("res_model", "=", "loan.contract"), ("res_id", "=", self.contract.id)]
        )
        self.assertTrue(rows)
        for user in self.attackers:
            mine = self._as(user, rows[0]).browse()
            for domain in (
                [("res_model", "=", "loan.contract")],
                [("res_id", "=", self.contract.id), ("res_model", "ilike", "loan")],
                [("id", "in", rows.ids)],
                [("partner_id", "=", self.manager.partner_id.id), ("res_id", "=", self.contract.id)],
            ):
                with self.subTest(user=user.name, domain=domain):
                    found = mine.search(domain).sudo()
                    self.assertFalse(found.filtered(lambda row: row in rows))
            self.assertFalse(mine._read_group([("id", "in", rows.ids)], ["partner_id"]))
            with self.assertRaises(AccessError):
                self._as(user, rows[0]).read(["name", "email"])
        for user in self.manager | self.lead:
            self.assertEqual(self._as(user, rows[0]).search([("id", "in", rows.ids)]), rows)

    def test_b12_followers_of_other_records_are_read_as_ever(self):
        partner = self.env["res.partner"].create({"name": "Anybody"})
        partner.message_subscribe(self.manager.partner_id.ids)
        rows = self.env["mail.followers"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", partner.id)]
        )
        self.assertEqual(self._as(self.employee, rows).search([("id", "in", rows.ids)]), rows)
        self.assertIn(rows.ids[0], self._as(self.employee, rows).search([]).ids)

    def test_b13_who_was_told_of_a_hidden_record(self):
        self.contract.message_subscribe(self.lead.partner_id.ids)
        message = self._post()
        rows = message.notification_ids
        self.assertTrue(rows)
        for user in self.attackers:
            mine = self._as(user, rows[0]).browse()
            with self.subTest(user=user.name):
                self.assertFalse(mine.search([("id", "in", rows.ids)]))
                self.assertFalse(mine.search([("mail_message_id", "=", message.id)]))
                self.assertFalse(mine.search_count([("mail_message_id.body", "ilike", SECRET)]))
                with self.assertRaises(AccessError):
                    self._as(user, rows[0]).read(["res_partner_id"])
        self.assertEqual(self._as(self.manager, rows[0]).search([("id", "in", rows.ids)]), rows)

    # ------------------------------------------------------------ files

    def _file(self, **values):
        return self.env["ir.attachment"].create(
            {
                "name": "payslip.txt",
                "raw": SECRET.encode(),
                "res_model": "loan.customer",
                "res_id": self.customer.id,
                **values,
            }
        )

    def test_b15_files_of_a_hidden_record(self):
        file = self._file()
        for user in self.attackers | self.portal:
            with self.subTest(user=user.name):
                self.assertFalse(self._as(user, file).search([("id", "=", file.id)]))
                found = file.browse()
                with suppress(AccessError):  # of those who may read no customer at all
                    found = self._as(user, file).search([("res_model", "=", "loan.customer")])
                self.assertNotIn(file.id, found.ids)
                with self.assertRaises(AccessError):
                    self._as(user, file).read(["name", "raw"])

    def test_b16_looking_for_the_same_file_elsewhere(self):
        file = self._file()
        values = {
            "name": "guess.txt",
            "datas": base64.b64encode(SECRET.encode()).decode(),
            "mimetype": file.mimetype,
        }
        [found] = self.env(user=self.employee)["ir.attachment"].create_unique([dict(values)])
        self.assertNotEqual(found, file.id)
        self.assertEqual(self.env["ir.attachment"].browse(found).create_uid, self.employee)
        [again] = self.env(user=self.employee)["ir.attachment"].create_unique([dict(values)])
        self.assertEqual(again, found, "one's own file is found again")

    def test_b17_a_file_is_made_public_by_nobody(self):
        file = self._file()
        for user in (self.manager, self.system, self.env.ref("base.user_root")):
            with self.subTest(user=user.name), self.env.cr.savepoint(), self.assertRaises(UserError):
                self._as(user, file).write({"public": True})
        with self.assertRaises(UserError):
            self._file(public=True)

    def test_b17_a_file_does_not_leave_its_record(self):
        file = self._file()
        partner = self.env["res.partner"].create({"name": "Anybody"})
        for vals in (
            {"res_model": "res.partner", "res_id": partner.id},
            {"res_model": False, "res_id": False},
            {"res_id": 0},
        ):
            with self.subTest(vals=vals), self.env.cr.savepoint(), self.assertRaises(AccessError):
                self._as(self.manager, file).write(vals)

    def test_b18_no_token_opens_a_file(self):
        file = self._file()
        mine = self._as(self.manager, file)
        self.assertFalse(mine._get_raw_access_token())
        self.assertFalse(mine._get_thumbnail_token())
        self.assertFalse(mine._get_ownership_token())
        self.assertEqual(mine.generate_access_token(), [False])
        file.access_token = "kept from before"
        for user in self.employee | self.portal | self.env.ref("base.public_user"):
            binary = self.env(user=user)["ir.binary"]
            with self.subTest(user=user.name), self.assertRaises(UserError):
                binary._find_record(res_id=file.id, access_token="kept from before", field="raw")
            self.assertFalse(
                self._as(user, file)._has_attachments_ownership(["kept from before"]),
            )

    def test_b18_a_token_of_other_files_opens_them_as_ever(self):
        partner = self.env["res.partner"].create({"name": "Anybody"})
        file = self._file(res_model="res.partner", res_id=partner.id)
        token = file._get_raw_access_token()
        self.assertTrue(token)
        public = self.env(user=self.env.ref("base.public_user"))
        self.assertEqual(
            public["ir.binary"]._find_record(res_id=file.id, access_token=token, field="raw"), file
        )

    def test_b19_a_picture_in_a_message(self):
        pixel = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
        message = self._as(self.manager, self.contract).message_post(
            body=f'<img src="data:image/png;base64,{pixel}" data-filename="a.png">', body_is_html=True
        )
        for file in message.sudo().attachment_ids:
            self.assertFalse(file.access_token)

    def test_b21_a_message_that_waits_to_be_posted(self):
        with patch.object(self.env.cr, "now", lambda: fields.Datetime.now()):
            waiting = self.env(user=self.manager)["mail.scheduled.message"].create(
                {
                    "model": "loan.contract",
                    "res_id": self.contract.id,
                    "author_id": self.manager.partner_id.id,
                    "body": SECRET,
                    "scheduled_date": fields.Datetime.now() + timedelta(days=1),
                }
            )
        self.assertTrue(self._as(self.manager, waiting).search([("id", "=", waiting.id)]))
        self._hand_over()
        for user in self.manager | self.attackers:
            with self.subTest(user=user.name):
                self.assertFalse(self._as(user, waiting).search([("id", "=", waiting.id)]))
                with self.assertRaises(AccessError):
                    self._as(user, waiting).read(["body"])

    # ------------------------------------------------------------ mail without content

    def test_b21_a_form_about_a_hidden_record(self):
        for user in self.attackers:
            mine = self.env(user=user)
            about = {"res_ids": str(self.contract.ids), "model": "loan.contract"}
            plan = {"res_ids": str(self.contract.ids), "res_model": "loan.contract"}
            active = {
                "active_model": "loan.contract",
                "active_ids": self.contract.ids,
                "active_id": self.contract.id,
            }
            for knock in (
                lambda mine=mine, about=about: mine["mail.compose.message"].create(about).read(),
                lambda mine=mine, about=about: mine["mail.compose.message"].onchange(
                    about, [], {"subject": {}, "partner_ids": {}, "body": {}}
                ),
                lambda mine=mine, active=active: (
                    mine["mail.compose.message"]
                    .with_context(default_model="loan.contract", **active)
                    .onchange({}, [], {"subject": {}, "partner_ids": {}, "body": {}})
                ),
                lambda mine=mine, plan=plan: mine["mail.activity.schedule"].create(plan).read(),
                lambda mine=mine, plan=plan: mine["mail.followers.edit"].create(plan).read(),
                lambda mine=mine: (
                    mine["portal.share"]
                    .create({"res_model": "loan.contract", "res_id": self.contract.id})
                    .read()
                ),
                lambda mine=mine: (
                    mine["sms.composer"]
                    .create({"res_model": "loan.contract", "res_id": self.contract.id, "body": "x"})
                    .read()
                ),
            ):
                told = self.assertTellsNothing(knock)
                self.assertNotIn(self.customer.partner_id.email, told)
            own = mine["mail.compose.message"].create({"subject": "Anything"})
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                own.write(about)
        form = self.env(user=self.manager)["mail.compose.message"].create(
            {"res_ids": str(self.contract.ids), "model": "loan.contract", "body": "x"}
        )
        self.assertTrue(form.read(["subject"]))

    def test_b29_mails_that_wait_or_were_sent(self):
        message = self._post(partner_ids=self.customer.partner_id.ids)
        mail = self.env["mail.mail"].create({"mail_message_id": message.id, "body_html": SECRET})
        self.assertFalse(self._as(self.system, mail).search([("id", "=", mail.id)]))
        self.assertFalse(self._as(self.system, mail).search([("body_html", "ilike", SECRET)]))
        with self.assertRaises(AccessError):
            self._as(self.system, mail).read(["body_html", "subject"])
        other = self.env["mail.mail"].create({"subject": "Invitation", "body_html": "Welcome"})
        self.assertTrue(self._as(self.system, other).read(["body_html"]))

    def test_b29_a_mail_that_is_being_written_tells_nothing_of_what_it_answers(self):
        message = self.contract.message_post(body="x", subject="About Wang Fang")
        mails = self.env(user=self.system)["mail.mail"]
        label = {"parent_id": {"fields": {"display_name": {}}}}
        self.assertTellsNothing(lambda: mails.onchange({"parent_id": message.id}, ["parent_id"], label))
        self.assertTellsNothing(
            lambda: mails.with_context(default_parent_id=message.id).onchange({}, [], label)
        )

    def test_b14_tracked_values(self):
        self.customer.with_user(self.lead).with_context(
            tracking_disable=False
        ).manager_user_id = self.colleague
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = self.env["mail.tracking.value"].search([("mail_message_id.model", "=", "loan.customer")])
        values = values.filtered(lambda value: value.mail_message_id.res_id == self.customer.id)
        self.assertTrue(values)
        self.assertFalse(self._as(self.system, values[0]).search([("id", "in", values.ids)]))

    def test_b28_mail_about_a_confidential_record_says_nothing_to_colleagues(self):
        self.lead.notification_type = "email"
        self.contract.message_subscribe(self.lead.partner_id.ids)
        file = self.env(user=self.manager)["ir.attachment"].create({"name": "payslip.txt", "raw": b"12,000"})
        with (
            patch.object(type(self.contract), "_loan_contentless", lambda records: records),
            self.mock_mail_gateway(),
        ):
            self._post(
                partner_ids=self.customer.partner_id.ids, subject="About Wang Fang", attachment_ids=file.ids
            )
        by_address = {mail["email_to"][0]: mail for mail in self._mails}
        told = next(mail for to, mail in by_address.items() if self.lead.email in to)
        self.assertEqual(told["subject"], "A protected record was updated")
        self.assertIn("/mail/view", told["body"])
        self.assertFalse(told["attachments"])
        for secret in ("Wang", SECRET, self.contract.name, "payslip"):
            self.assertNotIn(secret, str(told))
        written = next(mail for to, mail in by_address.items() if self.customer.partner_id.email in to)
        self.assertIn(SECRET, written["body"])
        self.assertEqual(written["subject"], "About Wang Fang")

    def test_b28_a_push_about_a_confidential_record_says_nothing(self):
        message = self._post()
        with patch.object(type(self.contract), "_loan_contentless", lambda records: records):
            payload = self.contract._notify_by_web_push_prepare_payload(message)
        for secret in ("Wang", SECRET, self.contract.name, "Lin Mei"):
            self.assertNotIn(secret, str(payload))
        self.assertEqual(payload["options"]["data"], {"model": "loan.contract", "res_id": self.contract.id})

    def test_b28_other_records_are_told_in_full(self):
        self.lead.notification_type = "email"
        self.contract.message_subscribe(self.lead.partner_id.ids)
        with self.mock_mail_gateway():
            self._post()
        self.assertIn(
            SECRET, next(mail for mail in self._mails if self.lead.email in mail["email_to"][0])["body"]
        )

    # ------------------------------------------------------------ helpers

    def _force_follower(self, record, user):
        """Let somebody follow as from before these rules, or by a hand in the database."""
        self.env.cr.execute(
            "INSERT INTO mail_followers (res_model, res_id, partner_id) VALUES (%s, %s, %s) RETURNING id",
            (record._name, record.id, user.partner_id.id),
        )
        [id_] = self.env.cr.fetchone()
        self.env.cr.execute(
            "INSERT INTO mail_followers_mail_message_subtype_rel VALUES (%s, %s)",
            (id_, self.env.ref("mail.mt_comment").id),
        )
        self.env.invalidate_all()

    def test_b23_whatever_names_a_record_hangs_on_it_traces_of_mailings_too(self):
        # mailing.trace and what other addons think of: a model's name and a number beside it.
        guarded = self.env["ir.model"]._loan_protected()
        asks_itself = {"ir.attachment", "ir.model.data"}
        found = set()
        for name, model in self.registry.items():
            if model._abstract or model._transient or name in guarded | asks_itself:
                continue
            if any(
                field.type == "many2one_reference"
                and field.store
                and getattr(self.env[name]._fields.get(field.model_field), "store", False)
                for field in model._fields.values()
            ):
                found.add(name)
                with self.subTest(model=name):
                    watched = self.env[name]._loan_watched()
                    self.assertTrue(watched and watched.hangs)
        self.assertLessEqual({"mail.activity", "mail.followers", "mail.message"}, found)
        if "mailing.trace" in self.env:
            self.assertIn("mailing.trace", found)

    def test_b23_a_mailing_that_a_queue_sends_leaves_out_whom_its_author_may_not_see(self):
        def sent(author, records):
            composer = self.env["mail.compose.message"].with_user(self.env.ref("base.user_root"))
            composer = composer.create(
                {
                    "composition_mode": "mass_mail",
                    "model": "loan.customer",
                    "res_ids": str(records.ids),
                    "author_id": author.partner_id.id,
                    "subject": "News",
                    "body": "We are open on Sunday.",
                }
            )
            with self.mock_mail_gateway():
                composer._action_send_mail()
            return {mail.res_id for mail in self._new_mails}

        both = self.customer | self.own
        self.assertEqual(sent(self.manager, both), set(self.customer.ids))
        self.assertEqual(sent(self.stranger, both), set(self.own.ids))
        self.assertEqual(sent(self.employee, both), set())
        self.assertEqual(sent(self.env.ref("base.user_root"), both), set(both.ids), "the system's own mails")
