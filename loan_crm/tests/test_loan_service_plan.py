from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_customer_tier import TierCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanServicePlan(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls.env.ref("loan_crm.mail_activity_plan_call")
        cls.plan = cls.env["loan.service.plan"].create(
            {
                "name": "Of the Test",
                "company_id": cls.company.id,
                "line_phone": "+86 21 5555 0188",
                "response_hours": 2.5,
                "step_ids": [
                    Command.create(
                        {
                            "name": "Birthday call",
                            "occasion": "birthday",
                            "days_ahead": 3,
                            "activity_plan_id": cls.call.id,
                        }
                    ),
                    Command.create(
                        {
                            "name": "Review",
                            "occasion": "review",
                            "months": 3,
                            "activity_plan_id": cls.call.id,
                        }
                    ),
                ],
            }
        )
        cls.friends.plan_id = cls.plan
        cls.birthday, cls.review = cls.plan.step_ids
        # Who may be congratulated is asked in test_loan_consent: here everybody who has not said no.
        cls.env["loan.consent.purpose"]._governing("greetings").ground = "interest"
        cls._stand(cls.customer, cls.friends, "hand", date(2025, 10, 1), birthday=date(1980, 3, 12))

    def _given(self, customer=None):
        rows = self.env["loan.service.occasion"].search(
            [("customer_id", "=", (customer or self.customer).id)]
        )
        return [(row.step_id, row.date_due, row.user_id) for row in rows.sorted("id")]

    def test_the_activities_of_an_occasion_are_given_once_and_some_days_before(self):
        for days, expected in [(-2, 0), (-1, 1), (0, 1), (5, 1)]:
            with self._days_later(days):
                self._night()
                self.assertEqual(len(self._given()), expected, days)
        self._tonight()
        self.assertEqual(self._given(), [(self.birthday, date(2026, 3, 12), self.manager)])
        self.assertEqual(self._to_dos(), [(self.manager, "Birthday call")])
        activity = self.customer.activity_ids
        self.assertEqual(activity.date_deadline, date(2026, 3, 12))
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_call"))

    def test_it_is_given_by_odoos_plan_and_without_mail(self):
        self.call.template_ids = [
            Command.update(self.call.template_ids.id, {"delay_count": 1, "delay_unit": "days"}),
            Command.create(
                {
                    "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
                    "summary": "Order flowers",
                    "responsible_type": "other",
                    "responsible_id": self.stranger.id,
                    "delay_count": 9,
                }
            ),
            Command.create(
                {
                    "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
                    "summary": "Tell the team",
                    "responsible_type": "other",
                    "responsible_id": self.lead.id,
                }
            ),
        ]
        mails = self.env["mail.mail"].search_count([])
        followers = self.customer.message_partner_ids
        self._night()
        self.assertEqual(
            self._to_dos(),
            [
                (self.manager, "Birthday call"),
                # Its own responsible may not open the customer and must not read the name.
                (self.manager, "Order flowers"),
                (self.lead, "Tell the team"),
            ],
        )
        days = self.customer.activity_ids.sorted("id").mapped("date_deadline")
        self.assertEqual(days, [date(2026, 3, 11), TODAY, date(2026, 3, 12)], "nothing is due before today")
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(self.customer.message_partner_ids, followers)

    def test_whoever_acts_that_day_gets_it(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(9),
                "company_id": self.company.id,
            }
        )
        orphan = self._customer("Li Na", birthday=date(1990, 3, 10))
        orphan.tier_id = self.friends
        orphan.manager_user_id = False
        nobody = self._customer("Li Er", birthday=date(1990, 3, 10))
        nobody.tier_id = self.friends
        nobody.write({"manager_user_id": False, "team_id": False})
        night = self._night()
        self.assertEqual(self._given()[0][2], self.colleague)
        self.assertEqual(self._given(orphan)[0][2], self.lead, "without a manager the lead")
        self.assertEqual((self._given(nobody), night.failure_ids.customer_id), ([], nobody))
        nobody.manager_user_id = self.manager
        self._tonight()
        self.assertEqual(self._given(nobody)[0][2], self.colleague, "it is given once there is somebody")

    def test_a_tier_entered_tonight_is_served_tonight(self):
        self.prime.plan_id = self.env["loan.service.plan"].create(
            {
                "name": "Prime",
                "step_ids": [
                    Command.create(
                        {"name": "Welcome", "occasion": "entered", "activity_plan_id": self.call.id}
                    ),
                    Command.create(
                        {
                            "name": "What next?",
                            "occasion": "maturity",
                            "days_ahead": 60,
                            "activity_plan_id": self.call.id,
                        }
                    ),
                ],
            }
        )
        other = self._customer("Li Na")
        loan = self._contract(other, term=2)
        self._night()
        self.assertEqual(other.tier_id, self.prime)
        given = [(step.name, day) for step, day, _user in self._given(other)]
        self.assertEqual(given, [("Welcome", TODAY), ("What next?", loan.last_due_date)])

    def test_archived_steps_plans_and_customers_are_left_in_peace(self):
        self.birthday.active = False
        self._night()
        self.assertEqual(self._given(), [])
        self.birthday.active = True
        self.plan.active = False
        self._tonight()
        self.assertEqual(self._given(), [])
        self.plan.active = True
        self.customer.active = False
        self._tonight()
        self.assertEqual(self._given(), [])

    def test_a_thousand_take_no_more_statements_than_a_few(self):
        customers = [self._customer(f"Borrower {number}", birthday=date(1990, 3, 11)) for number in range(12)]
        self.env["loan.customer"].browse(c.id for c in customers).write({"tier_id": self.friends.id})
        night = self.env["loan.night"].create({"company_id": self.company.id, "date": TODAY})
        counts = []
        for part in (customers[:2], customers[2:]):
            batch = self.env["loan.customer"].browse(customer.id for customer in part)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch._serve(night)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(batch.activity_ids), len(part))
        self.assertLessEqual(counts[1], counts[0] + 3)

    # ------------------------------------------------------------ the page

    def test_the_page_tells_the_plan_and_what_comes_next(self):
        customer = self.customer.with_user(self.manager)
        self.assertEqual(customer.service_plan_id, self.plan)
        self.assertEqual(customer.service_phone, "+86 21 5555 0188")
        self.assertEqual(customer.service_email, self.manager.email)
        self.assertEqual(customer.service_targets, "first answer within 2.5 working hours")
        self.assertIn("Birthday call", customer.service_next)
        self.assertIn("04/01/2026", customer.service_next)
        with Form(customer) as form:
            self.assertEqual(form.tier_id, self.friends)
        self.assertFalse(self._customer("Li Na").with_user(self.manager).service_next)

    def test_a_letter_may_name_the_direct_line(self):
        template = self.env["mail.template"].create(
            {
                "name": "Line",
                "model_id": self.env["ir.model"]._get_id("loan.contract"),
                "body_html": "<p>Call <t t-out='object.customer_id.service_phone'/></p>",
            }
        )
        loan = self._contract()
        body = template._render_field("body_html", loan.ids)[loan.id]
        self.assertIn("+86 21 5555 0188", body)

    # ------------------------------------------------------------ setting up and who may

    def test_what_cannot_be_kept_is_refused(self):
        with self.assertRefused("one of the calendar"):
            self.review.months = 0
        with self.assertRefused("one of the calendar"):
            self.review.write({"occasion": "day", "month": "2", "day": 32})
        with self.assertRefused("cannot be negative"):
            self.plan.response_hours = -1
        with self.assertRefused("not a plan for loan customers"):
            self.review.activity_plan_id = self.env["mail.activity.plan"].create(
                {"name": "Other", "res_model": "res.partner"}
            )
        with self.assertRefused("loan customers only"):
            self.env["mail.activity.plan"].create(
                {
                    "name": "Other",
                    "res_model": "res.partner",
                    "template_ids": [Command.create({"responsible_type": "loan_manager"})],
                }
            )

    def test_each_role_has_its_rights(self):
        self._night()
        occasion = self.env["loan.service.occasion"].search([("customer_id", "=", self.customer.id)])
        for user in (self.manager, self.lead, self.desk, self.compliance):
            self.assertTrue(occasion.with_user(user).has_access("read"))
            self.assertTrue(self.plan.with_user(user).has_access("read"))
            for record in (occasion, self.plan, self.birthday):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(record.with_user(user).has_access(operation))
        for user in (self.stranger, self.administrator, self.employee):
            self.assertFalse(occasion.with_user(user).has_access("read"))
        self.assertFalse(self.plan.with_user(self.employee).has_access("read"))
        self.plan.with_user(self.administrator).step_ids[0].days_ahead = 5
        self.call.with_user(self.administrator).template_ids.summary = "Ring them up"
        leads = self.env["mail.activity.plan"].create({"name": "Leads", "res_model": "crm.lead"})
        for record, user in ((leads, self.administrator), (self.call, self.lead)):
            with self.assertRaises(AccessError):
                record.with_user(user).name = "Mine now"

    def test_another_company_sees_neither_plan_nor_steps(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.administrator.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        there = self.env(user=self.administrator, context={"allowed_company_ids": other.ids})
        for record in (self.plan, self.birthday, self.friends):
            self.assertFalse(record.with_env(there).has_access("read"))
