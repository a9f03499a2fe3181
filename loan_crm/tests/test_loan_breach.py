from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY, LoanMailCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanBreach(LoanMailCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._user("compliance", "He Lan")
        cls.kind = cls.env.ref("loan_crm.loan_breach_kind_gift")
        cls.breach = cls._report(cls.manager)

    def setUp(self):
        super().setUp()
        with self._mail_server():  # what others have left in the queue
            self.env["mail.mail"].process_email_queue()

    @classmethod
    def _report(cls, person, by=None, **values):
        return (
            cls.env["loan.breach"]
            .with_user(by or cls.compliance)
            .create(
                {
                    "user_id": person.id,
                    "company_id": cls.company.id,
                    "kind_id": cls.kind.id,
                    "date": TODAY - timedelta(days=3),
                    "facts": "<p>Took a hamper.</p>",
                    **values,
                }
            )
        )

    def _decide(self, breach=None, **values):
        breach = (breach or self.breach).with_user(self.officer)
        breach.action_review()
        breach.write({"measure": "fine", "fine_amount": 500, "decision_note": "The limit is 200.", **values})
        breach.action_decide()
        return breach

    def test_from_the_report_to_the_measure(self):
        self.assertRegex(self.breach.reference, r"^BR\d{4}")
        self.assertEqual((self.breach.severity, self.breach.reporter_id), ("serious", self.compliance))
        self._decide()
        self.assertEqual(
            (self.breach.state, self.breach.decided_user_id, self.breach.fine_amount),
            ("decided", self.officer, 500),
        )
        self.breach.action_close()
        self.assertEqual(self.breach.state, "closed")

    def test_what_is_decided_is_on_record_and_not_about_whom(self):
        log = self.env["loan.access.log"]
        last = log.search([], order="id desc", limit=1).id or 0
        self._decide()
        self.breach.with_user(self.officer).action_review_again()
        entries = log.search([("id", ">", last), ("event", "=", "breach")], order="id")
        self.assertEqual(
            [entry.facts for entry in entries], [{"step": "decided", "measure": "fine"}, {"step": "review"}]
        )
        self.assertEqual(
            {(entry.uid, entry.company_id) for entry in entries}, {(self.officer.id, self.company)}
        )
        self.assertEqual(entries.mapped("res_ids"), [self.breach.ids] * 2)

    def test_neither_the_person_nor_the_reporter_decides(self):
        self.breach.action_review()
        self.breach.write({"measure": "warning", "decision_note": "Once is enough."})
        with self.assertRaisesRegex(AccessError, "reported"):
            self.breach.action_decide()
        about_officer = self._report(self.officer)
        for verb in ("action_review", "action_decide", "action_close"):
            with self.subTest(verb=verb), self.assertRaises(AccessError):
                getattr(about_officer.with_user(self.officer), verb)()
        with self.assertRaisesRegex(AccessError, "another compliance officer"):
            self._report(self.compliance)

    def test_a_decision_needs_its_measure_amount_and_grounds(self):
        breach = self.breach.with_user(self.officer)
        breach.action_review()
        for values, words in (
            ({}, "measure and its grounds"),
            ({"measure": "warning"}, "measure and its grounds"),
            ({"measure": "fine", "decision_note": "x"}, "how much"),
            ({"measure": "suspension", "decision_note": "x"}, "until when"),
        ):
            breach.write(values)
            with self.subTest(values=values), self.assertRefused(words):
                breach.action_decide()
        with self.assertRefused("not negative"):
            breach.fine_amount = -1
        breach.write({"measure": "warning", "fine_amount": 300})
        breach.action_decide()
        self.assertFalse(breach.fine_amount, "a fine that was considered leaves no amount")

    def test_the_person_concerned_reads_it_once_it_is_decided(self):
        theirs = self.breach.with_user(self.manager)
        for state in ("reported", "review"):
            self.assertEqual(self.breach.state, state)
            self.assertFalse(theirs.search([]))
            self.assertEqual(theirs.search_count([("user_id", "=", self.manager.id)]), 0)
            with self.subTest(state=state), self.assertRaises(AccessError):
                theirs.read(["facts"])
            if state == "reported":
                self.breach.action_review()
        breach = self.breach.with_user(self.officer)
        breach.write({"measure": "warning", "decision_note": "Once is enough."})
        breach.action_decide()
        self.assertEqual(theirs.search([]), theirs)
        self.assertEqual(theirs.read(["measure", "decision_note"])[0]["measure"], "warning")
        todo = self.breach.sudo().activity_ids.filtered(lambda todo: todo.user_id == self.manager)
        self.assertEqual(todo.summary, "A decision concerns you")
        with self.assertRaises(AccessError):
            theirs.read(["reporter_id"])
        self.assertNotIn("reporter_id", theirs.fields_get())
        with self.assertRaises(AccessError):
            theirs.write({"measure": "none"})

    def test_nobody_else_reads_it_ever(self):
        self._decide()
        for user in (self.colleague, self.lead, self.desk, self.administrator, self.employee, self.stranger):
            theirs = self.breach.with_user(user)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                theirs.read(["state"])
            if user != self.employee:
                self.assertFalse(theirs.search([]))
                with self.subTest(user=user.name), self.assertRaises(AccessError):
                    self._report(self.colleague, by=user)
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "UTC"})
        foreign = self._user("compliance", "Tan Wei", company_id=other.id, company_ids=[(6, 0, other.ids)])
        theirs = self.env["loan.breach"].with_user(foreign).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([]))

    def test_an_officer_whom_it_is_about_reads_it_no_sooner(self):
        breach = self._report(self.officer)
        theirs = breach.with_user(self.officer)
        self.assertNotIn(theirs, theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.read(["facts"])
        with self.assertRaises(AccessError):
            theirs.facts = "<p>Nothing.</p>"

    def test_a_refusal_tells_no_name(self):
        with self.assertRaises(AccessError) as refused:
            self.breach.with_user(self.colleague).with_context(debug=True).read(["facts"])
        self.assertNotRegex(str(refused.exception), "Lin Mei|BR0|hamper")

    # ------------------------------------------------------------ no mail to others

    def test_nobody_else_follows_it_or_gets_its_mail(self):
        outsider = self._partner("Wang Fang Junior")
        people = self.manager | self.colleague | self.lead | self.officer
        self.breach.message_subscribe((people.partner_id | outsider).ids)
        followers = self.breach.sudo().message_partner_ids
        self.assertLessEqual(followers, (self.officer | self.compliance).partner_id)
        self.assertIn(self.officer.partner_id, followers)
        with self._mail_server():
            message = self.breach.message_post(
                body="What do we make of it?",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=(people.partner_id | outsider).ids,
            )
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(message.sudo().partner_ids, self.officer.partner_id)
        told = message.sudo().notification_ids.res_partner_id
        self.assertLessEqual(told, (self.officer | self.compliance).partner_id)
        addresses = str([mail["email_to"] for mail in self._mails])
        for user in (self.manager, self.colleague, self.lead):
            self.assertNotIn(user.email, addresses)
        self.assertNotIn(outsider.email, addresses)

    def test_the_person_concerned_reads_the_decision_and_not_the_talk(self):
        message = self.breach.message_post(body="He did it before.", subtype_xmlid="mail.mt_comment")
        self._decide()
        with self.assertRaises(AccessError):
            message.with_user(self.manager).read(["body"])
        self.assertFalse(
            self.env["mail.message"]
            .with_user(self.manager)
            .search([("model", "=", "loan.breach"), ("res_id", "=", self.breach.id)])
        )
        self.assertTrue(message.with_user(self.officer).read(["body"]))

    def test_a_file_of_the_talk_is_read_with_the_talk(self):
        message = self.breach.message_post(body="See the list.", attachments=[("list.txt", b"names")])
        file = message.sudo().attachment_ids.sudo(False)
        self._decide()
        self.assertTrue(file.with_user(self.officer).read(["datas"]))
        with self.assertRaises(AccessError):
            file.with_user(self.manager).read(["datas"])
        found = self.env["ir.attachment"].with_user(self.manager).search([("id", "=", file.id)])
        self.assertFalse(found)

    def test_a_decision_mails_nobody(self):
        with self._mail_server():
            self._decide()
            self.env["mail.mail"].process_email_queue()
        self.assertFalse(self._mails)

    # ------------------------------------------------------------ appeal

    def _appeal(self, user, text="The limit was unknown to me."):
        form = self.env["loan.breach.appeal"].with_user(user)
        form = form.create({"breach_id": self.breach.id, "text": text})
        return form.action_appeal()

    def test_an_appeal_is_the_persons_own_and_comes_once(self):
        with self.assertRaises(AccessError):
            self._appeal(self.manager)
        self._decide()
        for user in (self.colleague, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._appeal(user)
        self._appeal(self.manager)
        self.assertEqual(self.breach.appeal, "The limit was unknown to me.")
        todo = self.breach.sudo().activity_ids
        self.assertEqual((todo.user_id, todo.summary), (self.officer, "Appeal against a decision"))
        with self.assertRefused("already"):
            self._appeal(self.manager)

    def test_an_appeal_that_convinces_takes_it_back_under_review(self):
        self._decide()
        self._appeal(self.manager)
        self.breach.action_review_again()
        self.assertFalse(self.breach.sudo().activity_ids)
        with self.assertRaises(AccessError):
            self.breach.with_user(self.manager).read(["facts"])
        breach = self.breach.with_user(self.officer)
        breach.write({"measure": "warning", "decision_note": "The rule was not told."})
        breach.action_decide()
        self.assertEqual((breach.measure, breach.fine_amount), ("warning", 0))
        self._appeal(self.manager, "I still do not agree.")
        breach.action_close()
        self.assertEqual(self.breach.with_user(self.manager).state, "closed")

    # ------------------------------------------------------------ what stays

    def test_what_is_decided_is_not_rewritten_and_nothing_deleted(self):
        for vals in (
            {"measure": "fine"},
            {"state": "decided"},
            {"decided_user_id": self.officer.id},
            {"appeal": "x"},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.breach.write(vals)
        self._decide()
        for vals in (
            {"measure": "none"},
            {"facts": "<p>x</p>"},
            {"fine_amount": 1},
            {"user_id": self.colleague.id},
            {"company_id": self.env.ref("base.main_company").id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.breach.write(vals)
        with self.assertRaises(AccessError):
            self.breach.unlink()

    def test_what_is_entered_makes_sense(self):
        with self.assertRefused("in the future"):
            self._report(self.colleague, date=TODAY + timedelta(days=1))
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "UTC"})
        foreign = self._user("manager", "Tan Wei", company_id=other.id, company_ids=[(6, 0, other.ids)])
        with self.assertRefused("works for this lender"):
            self._report(foreign)
        forged = self._report(
            self.colleague, measure="none", decided_user_id=self.officer.id, reporter_id=self.officer.id
        )
        self.assertFalse(forged.measure or forged.decided_user_id)
        self.assertEqual(forged.reporter_id, self.compliance)
