from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanHandover(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract()
        cls.other = cls._customer("Li Na")
        cls.prospect = cls._customer("Zhou Tong")  # has no loan yet

    def _start(self, customers=None, receiver=None, **values):
        """Start a handover as the lead, by the form."""
        customers = customers or self.customer
        action = customers.with_user(self.lead).action_hand_over()
        form = Form(self.env["loan.handover.start"].with_user(self.lead).with_context(**action["context"]))
        form.receiver_user_id = receiver or self.colleague
        for name, value in values.items():
            setattr(form, name, value)
        opened = form.save().action_start()
        return self.env["loan.handover"].browse(opened["res_id"])

    def _tick(self, items):
        items.with_user(items.receiver_user_id).action_tick_all()

    def _accept(self, items):
        self._tick(items)
        items.with_user(items.receiver_user_id).action_accept()

    def _sees(self, user, customer=None):
        self.env.invalidate_all()
        customer = customer or self.customer
        return customer.with_user(user).has_access("read")

    # ------------------------------------------------------------ the way of a customer

    def test_the_receiver_sees_the_customer_while_their_manager_stays_accountable(self):
        self.assertFalse(self._sees(self.stranger))
        handover = self._start(receiver=self.stranger, reason="Moves to Suzhou")
        self.assertTrue(self._sees(self.stranger))
        self.assertTrue(self.contract.with_user(self.stranger).has_access("read"))
        self.assertEqual(self.customer.manager_user_id, self.manager)
        self.assertEqual(handover.with_user(self.stranger).left_count, 1)
        call = handover.item_ids.call_activity_id
        self.assertEqual(
            (call.user_id, call.res_id, call.date_deadline),
            (self.manager, self.customer.id, handover.date_by),
        )
        self.assertEqual(handover.activity_ids.user_id, self.stranger)

    def test_accepting_changes_the_manager_and_nothing_else(self):
        self.contract.message_subscribe(self.manager.partner_id.ids)
        promise = (
            self.env["loan.promise"]
            .with_user(self.manager)
            .create(
                {
                    "contract_id": self.contract.id,
                    "amount": 500,
                    "date_promised": TODAY + timedelta(3),
                }
            )
        )
        todo = self.contract.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=TODAY,
            summary="Send statement",
            user_id=self.manager.id,
        )
        self.contract.waiting_since = "2026-03-09 01:00:00"
        handover = self._start(receiver=self.stranger, cause="leaves")
        with self._days_later(2):
            self._accept(handover.item_ids)
            self.assertEqual(self.customer.manager_user_id, self.stranger)
            self.assertEqual(self.customer.team_id, self.other_team)
            self.assertFalse(self.customer.incoming_user_id)
            self.assertFalse(self._sees(self.manager), "the former manager's access has ended")
            followers = self.contract.message_partner_ids | self.customer.message_partner_ids
            self.assertNotIn(self.manager.partner_id, followers)
            self.assertEqual(todo.user_id, self.stranger)
            self.assertEqual(promise.with_env(self.env).state, "open")
            self.assertEqual(str(self.contract.waiting_since), "2026-03-09 01:00:00", "nothing is begun anew")
            row = self.customer.assignment_ids[0]
            self.assertEqual((row.kind, row.reason), ("handover", "The manager leaves"))
            self.assertEqual(row.assigned_user_id, self.stranger)
            self.assertEqual(handover.state, "done")
            self.assertFalse(handover.activity_ids)

    def _away(self, manager, deputy, last=3):
        return self.env["loan.cover"].create(
            {
                "manager_user_id": manager.id,
                "deputy_user_id": deputy and deputy.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(last),
                "company_id": self.company.id,
            }
        )

    def test_while_the_receiver_is_away_who_acts_accepts_in_their_place(self):
        third = self._user("manager", "Pan Yi")
        handover = self._start(receiver=self.stranger, cause="leaves", date_by=TODAY + timedelta(2))
        item = handover.item_ids
        self.assertFalse(self._sees(third))
        cover = self._away(self.stranger, third)
        self.assertTrue(self._sees(third))
        self.assertFalse(self._sees(self.colleague))
        self.assertEqual(handover.activity_ids.user_id, third, "the to-do goes over")
        theirs = item.with_user(third)
        self.assertTrue(theirs.is_mine)
        self.assertEqual(self.env["loan.handover"].with_user(third).search([]), handover)
        with self.assertRefused("Only Zhao Yun can accept"):
            item.with_user(self.manager).action_accept()
        theirs.action_tick_all()
        theirs.action_accept()
        self.env.invalidate_all()
        self.assertEqual(self.customer.manager_user_id, self.stranger)
        row = self.customer.assignment_ids[0]
        self.assertEqual(row.reason, "The manager leaves; accepted by Pan Yi for Zhao Yun")
        self.assertEqual((item.accepted_user_id, item.state), (third, "accepted"))
        self.assertEqual(handover.state, "done")
        self.assertFalse(handover.activity_ids)
        cover.action_back()
        self.assertFalse(self._sees(third))

    def test_where_the_receivers_deputy_is_away_too_or_the_cover_is_over_nobody_else_accepts(self):
        third = self._user("manager", "Pan Yi")
        item = self._start(receiver=self.stranger).item_ids
        item.with_user(self.stranger).action_tick_all()
        cover = self._away(self.stranger, third)
        self._away(third, self.colleague)
        self.env.invalidate_all()
        self.assertFalse(item.sudo().with_user(third).is_mine)
        cover.action_back()
        self.env.invalidate_all()
        self.assertFalse(self._sees(third))
        with self.assertRaises(AccessError):
            item.with_user(third).action_accept()
        item.with_user(self.stranger).action_accept()
        self.assertEqual(self.customer.assignment_ids[0].reason, "The manager gets other duties")

    def test_a_letter_in_their_language_introduces_the_new_manager(self):
        self.customer.partner_id.lang = "zh_CN"
        handover = self._start()
        self._accept(handover.item_ids)
        letter = handover.item_ids.letter_message_id
        self.assertEqual((letter.model, letter.res_id), ("loan.contract", self.contract.id))
        self.assertEqual(letter.author_id, self.colleague.partner_id)
        self.assertIn("Chen Bo", letter.subject)
        self.assertNotIn("looks after you", letter.subject, "in Chinese")
        self.assertIn("Lin Mei", letter.body)
        self.assertEqual(letter.notified_partner_ids, self.customer.partner_id)
        self.assertFalse(handover.item_ids.letter_hold_reason)

    def test_who_cannot_be_written_to_is_called(self):
        self.customer.email = False
        handover = self._start(self.customer | self.prospect)
        self._accept(handover.item_ids)
        self.assertEqual(handover.item_ids.mapped("letter_hold_reason"), ["no_address", "no_loan"])
        for customer in self.customer | self.prospect:
            self.assertIn("Introduce yourself", customer.activity_ids.mapped("summary"))
        self.assertEqual((self.customer | self.prospect).activity_ids.user_id, self.colleague)

    def test_who_is_called_before_anything_is_written_gets_the_letter_after_the_call(self):
        tier = self.env["loan.customer.tier"].search(
            [("company_id", "in", [False, self.company.id])], limit=1
        )
        tier.call_first = True
        self.customer.tier_id = tier
        item = self._start().item_ids
        self._accept(item)
        self.assertEqual((item.letter_hold_reason, item.letter_message_id.ids), ("call_first", []))
        call = self.customer.activity_ids.filtered(lambda todo: todo.summary == "Introduce yourself")
        self.assertEqual(call.user_id, self.colleague)
        with self.assertRaises(AccessError):
            item.with_user(self.manager).action_write()
        theirs = item.with_user(self.colleague)
        theirs.action_write()
        self.assertEqual((item.letter_hold_reason, item.introduced_on), (False, TODAY))
        self.assertEqual(item.letter_message_id.notified_partner_ids, self.customer.partner_id)
        with self.assertRefused("no letter that waits"):
            theirs.action_write()

    def test_who_was_introduced_by_a_joint_call_gets_the_letter_at_once(self):
        self.customer.preferred_channel = "phone"
        item = self._start().item_ids
        item.with_user(self.colleague).action_introduce()
        self._accept(item)
        self.assertTrue(item.letter_message_id)

    def test_no_letter_where_none_was_wanted(self):
        handover = self._start(letter=False, call=False)
        self.assertFalse(self.customer.activity_ids)
        self._accept(handover.item_ids)
        self.assertEqual(handover.item_ids.letter_hold_reason, "none")
        self.assertFalse(self.customer.activity_ids, "nobody is asked to call either")

    def test_the_checklist_stands_before_the_acceptance(self):
        item = self._start().item_ids
        mine = item.with_user(self.colleague)
        with self.assertRefused("The brief has been read, Talked through"):
            mine.action_accept()
        mine.done_check_ids = item.check_ids.filtered("required")
        self.assertEqual(mine.checks_left, 0)
        mine.action_accept()
        with self.assertRefused("cannot become"):
            mine.action_accept()
        with self.assertRefused("is over"):
            mine.done_check_ids = False

    def test_the_joint_call_is_noted_and_its_to_do_done(self):
        item = self._start().item_ids
        item.with_user(self.manager).action_introduce()
        self.assertEqual((item.state, item.introduced_on), ("introduced", TODAY))
        self.assertFalse(item.call_activity_id.active)

    def test_a_customer_sent_back_stays_where_they_are(self):
        handover = self._start(self.customer | self.other, receiver=self.stranger)
        item = handover.item_ids[0]
        mine = item.with_user(self.stranger)
        with self.assertRefused("Say why"):
            mine.action_decline()
        mine.decline_reason = "My brother-in-law's firm"
        mine.action_decline()
        self.assertEqual(item.state, "declined")
        self.assertEqual(item.customer_id.manager_user_id, self.manager)
        self.assertFalse(self._sees(self.stranger, item.customer_id))
        self.assertTrue(self._sees(self.stranger, handover.item_ids[1].customer_id))
        self.assertFalse(item.call_activity_id)
        told = handover.activity_ids.filtered(lambda activity: activity.user_id == self.lead)
        self.assertIn("sent customers back: 1", told.summary)
        self.assertEqual(handover.state, "running")

    def test_calling_off_keeps_what_was_accepted(self):
        handover = self._start(self.customer | self.other, receiver=self.stranger)
        first, second = handover.item_ids
        self._accept(first)
        with self.assertRaises(UserError):
            handover.with_user(self.stranger).action_cancel()
        handover.with_user(self.lead).action_cancel()
        self.assertEqual((first.state, second.state, handover.state), ("accepted", "cancelled", "cancelled"))
        self.assertFalse(self._sees(self.stranger, second.customer_id))
        self.assertEqual(second.customer_id.manager_user_id, self.manager)

    def test_a_customer_who_goes_elsewhere_meanwhile_leaves_the_handover(self):
        handover = self._start(self.customer | self.other, receiver=self.stranger)
        self.other.with_user(self.lead).write({"manager_user_id": self.colleague.id})
        item = handover.item_ids.filtered(lambda item: item.customer_id == self.other)
        self.assertEqual(item.state, "overtaken")
        self.assertFalse(self._sees(self.stranger, self.other))
        self.assertEqual(self.other.manager_user_id, self.colleague)
        self.assertEqual(handover.left_count, 1)

    # ------------------------------------------------------------ starting one

    def test_a_whole_portfolio_leaves_out_who_cannot_be_handed_over(self):
        self._start(self.other)
        form = Form(self.env["loan.handover.start"].with_user(self.lead))
        self.assertEqual(form.scope, "portfolio")
        form.former_user_id = self.manager
        form.receiver_user_id = self.colleague
        self.assertEqual(form.customer_count, 2)
        self.assertIn("In another handover: Li Na", form.left_out)
        handover = self.env["loan.handover"].browse(form.save().action_start()["res_id"])
        self.assertEqual(handover.item_ids.customer_id, self.customer | self.prospect)

    def test_customers_of_two_managers_are_two_handovers(self):
        theirs = self._customer("Ma Lan", manager=self.colleague)
        lead_too = self._user("manager", "Fang Yu")
        form = Form(
            self.env["loan.handover.start"]
            .with_user(self.lead)
            .with_context(default_customer_ids=(self.customer | theirs).ids)
        )
        form.receiver_user_id = lead_too
        found = self.env["loan.handover"].search(form.save().action_start()["domain"])
        self.assertEqual(found.former_user_id, self.manager | self.colleague)

    def test_what_cannot_be_handed_over_is_said(self):
        start = self.env["loan.handover"].with_user(self.lead)._start
        customer = self.customer.with_user(self.lead)
        with self.assertRefused("looks after Wang Fang already"):
            start(customer, self.manager, "load")
        with self.assertRefused("not a relationship manager"):
            start(customer, self.desk, "load")
        start(customer, self.colleague, "load")
        with self.assertRefused("Wang Fang: in another handover"):
            start(customer, self.stranger, "load")
        self.other.manager_user_id = False
        with self.assertRefused("Nobody looks after Li Na"):
            start(self.other, self.colleague, "load")
        wizard = self.env["loan.handover.start"].with_user(self.lead)
        with self.assertRefused("nobody to hand over"):
            wizard.create(
                {
                    "scope": "portfolio",
                    "former_user_id": self.stranger.id,
                    "receiver_user_id": self.manager.id,
                }
            ).action_start()
        with self.assertRefused("before today"):
            wizard.create(
                {
                    "scope": "portfolio",
                    "former_user_id": self.manager.id,
                    "receiver_user_id": self.colleague.id,
                    "date_by": TODAY - timedelta(1),
                }
            ).action_start()

    def test_a_conflict_of_interest_leaves_a_customer_out_and_keeps_nobody_waiting(self):
        self.env["loan.conflict"].with_user(self.compliance).create(
            {"user_id": self.stranger.id, "partner_id": self.other.partner_id.id, "reason": "Her brother"}
        )
        form = Form(self.env["loan.handover.start"].with_user(self.lead))
        form.former_user_id = self.manager
        form.receiver_user_id = self.stranger
        self.assertEqual(form.left_out, "Conflict of interest: Li Na")
        handover = self.env["loan.handover"].browse(form.save().action_start()["res_id"])
        self.assertEqual(handover.item_ids.customer_id, self.customer | self.prospect)
        form = Form(self.env["loan.handover.start"].with_user(self.lead))
        form.former_user_id = self.manager
        form.receiver_user_id = form.deputy_user_id = self.colleague
        with self.assertRefused("new deputy cannot be"):
            form.save().action_start()
        with self.assertRefused("Zhao Yun has a conflict of interest"):
            self.env["loan.cover"].with_user(self.lead).create(
                {
                    "manager_user_id": self.manager.id,
                    "deputy_user_id": self.stranger.id,
                    "date_from": TODAY,
                    "date_to": TODAY,
                }
            )

    def test_a_call_that_was_not_held_ends_with_the_acceptance(self):
        handover = self._start(self.customer | self.other)
        first = handover.item_ids[0]
        first.decline_reason = "Speaks only Hokkien"
        first.with_user(self.colleague).action_decline()
        self._accept(handover.item_ids[1])
        self.assertNotIn("Joint call", " ".join(self.other.activity_ids.mapped("summary")))
        self.assertEqual(handover.state, "done")
        self.assertEqual(handover.activity_ids.user_id, self.lead, "what was sent back is still to be read")

    # ------------------------------------------------------------ who may

    def test_who_may_do_what(self):
        handover = self._start(receiver=self.stranger)
        item = handover.item_ids
        for user, sees, sees_item, writes_item in (
            (self.manager, True, True, True),
            (self.stranger, True, True, True),
            (self.lead, True, True, True),
            (self.other_lead, True, False, False),  # leads the receiver, and not yet the customer
            (self.compliance, True, True, False),
            (self.colleague, False, False, False),
            (self.desk, False, True, False),
            (self.administrator, False, False, False),
            (self.employee, False, False, False),
        ):
            with self.subTest(user=user.name):
                self.env.invalidate_all()
                self.assertEqual(handover.with_user(user).has_access("read"), sees)
                self.assertEqual(item.with_user(user).has_access("read"), sees_item)
                self.assertEqual(item.with_user(user).has_access("write"), writes_item)
                for record in (handover, item):
                    for operation in ("create", "unlink"):
                        self.assertFalse(record.with_user(user).has_access(operation))
                self.assertFalse(handover.with_user(user).has_access("write"))
                if user not in (self.lead, self.other_lead):
                    with self.assertRaises(AccessError):
                        self.env["loan.handover.start"].with_user(user).create({})

    def test_nobody_accepts_in_the_place_of_the_receiver(self):
        item = self._start(receiver=self.stranger).item_ids
        self._tick(item)
        for user in (self.manager, self.lead):
            with self.assertRefused("Only Zhao Yun can accept"):
                item.with_user(user).action_accept()
        for vals in (
            {"state": "accepted"},
            {"receiver_user_id": self.manager.id},
            {"accepted_at": "2026-03-01"},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                item.with_user(self.manager).write(vals)
        self.assertEqual(self.customer.manager_user_id, self.manager)

    # ------------------------------------------------------------ the brief

    def test_the_brief_tells_what_a_stranger_must_know(self):
        self.customer.note = "<p>Never before eleven</p>"
        self.customer.write(
            {
                **{day: day in ("tue", "thu") for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
                "assisted": True,
                "assist_large_print": True,
                "assist_note": "Hears badly on the left",
            }
        )
        self.contract.with_user(self.manager).activity_schedule(
            "loan_crm.mail_activity_type_promised", TODAY, "Send the key facts", user_id=self.manager.id
        )
        self._due_in(-10, self.customer)
        self.contract.with_user(self.manager).message_post(
            body="He asked for a statement", message_type="comment"
        )
        item = self._start(receiver=self.stranger).item_ids
        brief = str(item.with_user(self.stranger).brief)
        for words in (
            "Never before eleven",
            "the oldest installment for 10 days",
            self.contract.name,
            "He asked for a statement",
            "Joint call with Zhao Yun",
            "Tue, Thu · ",
            "Large Print · Hears badly on the left",
            "Send the key facts by ",
        ):
            self.assertIn(words, brief)
        self.assertIn("贷款", str(item.with_user(self.stranger).with_context(lang="zh_CN").brief))

    # ------------------------------------------------------------ many

    def test_a_portfolio_takes_no_queries_for_each_customer(self):
        counts = []
        for size in (3, 12):
            customers = self.env["loan.customer"].union(
                *(self._customer(f"Borrower {size} {i}") for i in range(size))
            )
            for customer in customers:
                self._contract(customer)
            applications = self.env["crm.lead"].create(
                [
                    {
                        "name": "The next car",
                        "partner_id": customer.partner_id.id,
                        "user_id": self.manager.id,
                        "company_id": self.company.id,
                        "loan_product_id": self.product.id,
                    }
                    for customer in customers
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            handover = (
                self.env["loan.handover"]
                .with_user(self.lead)
                ._start(customers.with_user(self.lead), self.colleague, "load")
            )
            items = handover.item_ids
            items.with_user(self.colleague).action_tick_all()
            items.with_user(self.colleague).action_accept()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(items.letter_message_id), size)
            self.assertEqual(applications.user_id, self.colleague)
        self.assertLess((counts[1] - counts[0]) / 9, 4, counts)
