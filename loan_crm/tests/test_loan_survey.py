from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


class SurveyCommon(LoanCommon):
    """A lender who asks, and one rule: three days after a payout, open for ten days, reminded after four."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"loan_survey_on": True, "loan_quiet_from": 0, "loan_quiet_to": 0})
        cls.rules = cls.env["loan.survey.rule"].with_context(active_test=False).search(Domain.TRUE)
        cls.rules.active = False
        cls.survey = cls.env.ref("loan_crm.survey_survey_disbursement")
        cls.rule = cls._rule()
        cls.requests = cls.env["loan.survey.request"]
        # The demo's customers bear some of these people's names, hence addresses: they were asked, these were not.
        cls.requests.search(Domain.TRUE).email = False

    @classmethod
    def _rule(cls, moment="disbursement", **values):
        return cls.env["loan.survey.rule"].create(
            {
                "name": "After the payout",
                "company_id": cls.company.id,
                "moment": moment,
                "survey_id": cls.env.ref("loan_crm.survey_survey_disbursement").id,
                "delay_days": 3,
                "late_days": 7,
                "open_days": 10,
                "remind_days": 4,
                "date_from": TODAY - timedelta(60),
                **values,
            }
        )

    @classmethod
    def _paid_out(cls, days=3, customer=None, **values):
        """Return a running loan that was paid out so many days ago."""
        start = TODAY - timedelta(days)
        return cls._contract(
            customer, start_date=start, first_due_date=start + relativedelta(months=1), **values
        )

    def _round(self):
        with self._without_commit():
            self.requests._ask_company(self.company)
        self.env.invalidate_all()
        return self._all()

    def _all(self):
        return self.requests.search([("company_id", "=", self.company.id)], order="id")

    def _asked(self, **values):
        self._paid_out(**values)
        return self._round()[-1:]

    def _mail(self, request):
        return self.env["mail.mail"].search([("mail_message_id", "=", request.message_id.id)])

    def _answer(self, request, first=4, **others):
        """Answer as the customer does: by the link, then the rest of the page."""
        request._begin_answer(first)
        answer = request.sudo().user_input_id
        for question in request.survey_id.question_ids:
            name = question.loan_dimension or "words"
            if name in others:
                answer._save_lines(question, str(others[name]))
        answer._mark_done()
        self.env.invalidate_all()
        return answer


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanSurvey(SurveyCommon):
    """Whom a lender asks how it was, when, and what becomes of what they answer."""

    # ------------------------------------------------------------ occasions

    def test_a_payout_is_asked_about_on_its_day_and_once(self):
        loan = self._paid_out(days=2)
        request = self._round()
        self.assertEqual(
            (request.state, request.due_on, request.contract_id), ("due", TODAY + timedelta(1), loan)
        )
        with self._days_later(1):
            self.assertEqual(self._round().state, "sent")
            self.assertEqual(len(self._round()), 1)
            self.assertEqual(len(self._mail(request)), 1)

    def test_nothing_before_the_rule_is_asked_about_and_switching_one_on_writes_to_nobody(self):
        self._paid_out(days=4)
        self.rule.date_from = TODAY - timedelta(3)
        self.assertFalse(self._round())
        self.rule.date_from = TODAY - timedelta(60)
        self.rule.active = False
        self.rule.active = True
        self.assertEqual(self.rule.date_from, TODAY)
        self.assertFalse(self._round())

    def test_what_is_too_long_ago_is_not_even_noted(self):
        self._paid_out(days=11)
        self.assertFalse(self._round())

    def test_a_lender_who_has_not_switched_it_on_asks_nobody(self):
        self.company.loan_survey_on = False
        self._paid_out()
        self.assertFalse(self._round())

    def test_the_first_rule_whose_conditions_are_met_counts(self):
        other = self._product(name="Study Loan")
        self.rule.product_ids = other
        self.rule.sequence = 1
        second = self._rule(name="All others", sequence=2)
        self._paid_out()
        self.assertEqual(self._round().rule_id, second)
        second.customer_kind = "sme"
        self._paid_out(customer=self._customer("Li Na"))
        self.assertEqual(len(self._all()), 1)
        self._paid_out(customer=self._customer("Zhou Jie"), product_id=other.id)
        self.assertEqual(self._round()[-1].rule_id, self.rule)

    def test_conditions_on_tier_and_language(self):
        tier = self.env["loan.customer.tier"].search([], limit=1)
        self.rule.write({"tier_ids": [Command.set(tier.ids)], "lang": "zh_CN"})
        self._paid_out()
        self.assertFalse(self._round())
        self.customer.sudo().tier_id = tier
        self.assertFalse(self._round())
        self.customer.partner_id.lang = "zh_CN"
        self.assertEqual(len(self._round()), 1)

    def test_a_repaid_loan_is_asked_about_from_the_day_of_its_last_money(self):
        self._rule("repaid", delay_days=0)
        self.rule.active = False
        loan = self._due_in(7)
        self._pay(loan, loan.amount_open, TODAY - timedelta(1))
        self.assertEqual(loan.state, "closed")
        request = self._round()
        self.assertEqual((request.moment, request.occasion_on), ("repaid", TODAY - timedelta(1)))

    def test_every_year_of_a_loan_is_asked_about_once_a_year(self):
        rule = self._rule("yearly", delay_days=0, late_days=5, date_from=TODAY - timedelta(30))
        self.rule.active = False
        for years, days in ((1, 2), (2, 3), (0, 2)):
            start = TODAY - relativedelta(years=years, days=days)
            self._contract(start_date=start, first_due_date=start + relativedelta(months=1), term=60)
        night = self.env["loan.night"].create({"company_id": self.company.id, "date": TODAY})
        with self._without_commit():
            self.assertEqual(self.requests._night_survey(night), 1)
            self.assertEqual(self.requests._night_survey(night), 0)
        request = self._all()
        self.assertEqual((request.rule_id, request.occasion_on), (rule, TODAY - timedelta(3)))
        self.assertEqual(request.occasion_year, 2026)

    def test_who_borrowed_on_a_leap_day_has_it_on_the_28th(self):
        self._rule("yearly", delay_days=0, late_days=20, date_from=TODAY - timedelta(30))
        self._contract(start_date="2024-02-29", first_due_date="2024-03-29", term=60)
        self.requests._note_occasions(self.company, ("yearly",))
        self.assertEqual(self._all().occasion_on.isoformat(), "2026-02-28")

    def _application(self, partner=None, **values):
        return (
            self.env["crm.lead"]
            .with_user(self.manager)
            .create(
                {
                    "name": "A car",
                    "type": "opportunity",
                    "company_id": self.company.id,
                    "loan_product_id": self.product.id,
                    "loan_amount": 12000,
                    "loan_term": 12,
                    "partner_id": (partner or self._partner("Bai Xue")).id,
                    "user_id": self.manager.id,
                    **values,
                }
            )
            .with_env(self.env)
        )

    def _came_in(self, lead, days):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s",
            [f"{TODAY - timedelta(days)} 03:00:00", lead.id],
        )

    def test_who_has_applied_is_asked_without_a_profile_and_seen_by_who_sees_the_application(self):
        self._rule("application", delay_days=1)
        lead = self._application()
        self._came_in(lead, 1)
        request = self._round()
        self.assertEqual(
            (request.lead_id, request.customer_id, request.state), (lead, self.env["loan.customer"], "sent")
        )
        self.assertEqual(request.user_id, self.manager)
        self.assertEqual(request.message_id.model, "crm.lead")
        for user, seen in (
            (self.manager, True),
            (self.lead, True),
            (self.stranger, False),
            (self.desk, False),
        ):
            with self.subTest(user=user.name):
                self.assertEqual(bool(self.requests.with_user(user).search([])), seen)
                self.assertEqual(request.with_user(user).has_access("read"), seen)
        # Once there is a profile, it is the customer's.
        loan = lead.with_user(self.manager)._make_loan()
        self._round()
        self.assertEqual(request.customer_id, loan.customer_id)

    def test_where_surveys_rest_on_consent_who_has_no_profile_is_not_asked(self):
        self.env["loan.consent.purpose"].search([("code", "=", "surveys")]).ground = "consent"
        self._rule("application", delay_days=1)
        self._came_in(self._application(), 1)
        request = self._round()
        self.assertEqual((request.state, request.reason), ("silent", "opted_out"))

    def test_a_decision_is_asked_about_whichever_it_is(self):
        self._rule("decision", delay_days=0)
        won, lost = self._application(), self._application(self._partner("Pan Jin"))
        won.action_set_won()
        lost.action_set_lost()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET date_closed = %s WHERE id IN %s", [NOW, (won.id, lost.id)])
        self.env.invalidate_all()
        self.assertEqual(self._round().lead_id, won | lost)

    # ------------------------------------------------------------ the governor

    def _why(self, **values):
        request = self._asked(**values)
        return request.state, request.reason

    def test_nobody_is_asked_twice_within_the_interval_and_the_day_is_told(self):
        first = self._asked()
        with self._days_later(1):
            self._contract(start_date=TODAY - timedelta(2), first_due_date=TODAY + timedelta(20))
            second = self._round()[-1]
        self.assertEqual((first.state, second.state, second.reason), ("sent", "silent", "too_soon"))
        self.assertEqual(second.reason_on, TODAY)
        self.assertEqual(second.told, "Asked not long ago: 03/10/2026, less than 60 days before")

    def test_a_rule_with_an_interval_of_its_own_asks_sooner_and_tells_its_own(self):
        self.company.loan_survey_interval = 60
        first = self._asked()
        own = self._rule("repaid", name="Own", delay_days=0, late_days=0, interval_days=14, sequence=1)
        with self._days_later(13):
            early = self._due_in(7)
            self._pay(early, early.amount_open, TODAY + timedelta(13))
            early_one = self._round() - first
            self.assertEqual(
                (early_one.state, early_one.told),
                ("silent", "Asked not long ago: 03/10/2026, less than 14 days before"),
            )
        # Who changes the rule afterwards does not change what counted then.
        own.interval_days = 3
        self.env.invalidate_all()
        self.assertIn("14 days", early_one.told)
        own.interval_days = 14
        with self._days_later(14):
            loan = self._due_in(20)
            self._pay(loan, loan.amount_open, TODAY + timedelta(14))
            mine = self._round() - first - early_one
            self.assertEqual((mine.rule_id, mine.state), (own, "sent"))
        # Of the others each keeps the lender's, counted from that one.
        with self._days_later(73):
            self._contract(start_date=TODAY + timedelta(70), first_due_date=TODAY + timedelta(90))
            last = self._round()[-1]
            self.assertEqual((last.rule_id, last.state), (self.rule, "due"))
            self.assertEqual(last.told, "Asked not long ago: 03/24/2026, less than 60 days before")
        with self._days_later(74):
            self._round()
            self.assertEqual((last.state, last.told, last.reason_days), ("sent", "", 0))

    def test_an_interval_of_its_own_goes_past_no_other_limit(self):
        self.company.write({"loan_survey_interval": 60, "loan_survey_per_year": 1})
        self._asked()
        self._rule("repaid", name="Own", delay_days=0, interval_days=1, sequence=1)
        with self._days_later(30):
            loan = self._due_in(40)
            self._pay(loan, loan.amount_open, TODAY + timedelta(30))
            last = self._round()[-1]
        self.assertEqual((last.state, last.reason, last.reason_days), ("silent", "cap", 0))
        with self.assertRefused("an interval of its own has at most 365"):
            self.rule.interval_days = 366

    def test_the_rule_of_what_was_made_good_is_shipped_with_two_weeks_and_the_others_without(self):
        ready = {
            name: self.env.ref(f"loan_crm.loan_survey_rule_{name}").interval_days
            for name in ("recovered", "case", "decision", "disbursement", "repaid", "application", "yearly")
        }
        self.assertEqual(ready.pop("recovered"), 14)
        self.assertEqual(set(ready.values()), {0})

    def test_of_two_that_fall_together_the_first_rule_asks(self):
        self._rule("repaid", delay_days=0, sequence=1)
        loan = self._paid_out()
        self._pay(loan, loan.amount_open)
        by_moment = self._round().grouped("moment")
        self.assertEqual(by_moment["repaid"].state, "sent")
        self.assertEqual(by_moment["disbursement"].reason, "too_soon")

    def test_who_is_on_file_twice_with_one_mailbox_is_asked_as_one(self):
        self._asked()
        twin = self._partner("Fang Wang", email="Wang.Fang@EXAMPLE.com")
        self.assertEqual(self._why(customer=self._customer(partner_id=twin.id)), ("silent", "too_soon"))

    def test_the_yearly_cap(self):
        self.company.write({"loan_survey_interval": 0, "loan_survey_per_year": 1})
        self._asked()
        with self._days_later(364):
            self._contract(start_date=TODAY + timedelta(361), first_due_date=TODAY + timedelta(380))
            self.assertEqual(self._round()[-1].reason, "cap")
        with self._days_later(365):
            self._contract(start_date=TODAY + timedelta(362), first_due_date=TODAY + timedelta(380))
            self.assertEqual(self._round()[-1].state, "sent")

    def test_each_silence_has_its_reason(self):
        def opted_out(customer):
            customer.no_surveys = True

        def blacklisted(customer):
            self.env["mail.blacklist"]._add(customer.email)

        def held(kind):
            def hold(customer):
                self.env["loan.reminder.hold"].create(
                    {"customer_id": customer.id, "kind": kind, "reason": "x", "date_from": TODAY}
                )

            return hold

        def no_address(customer):
            customer.partner_id.email = False

        def bounced(customer):
            self.env["loan.reminder.bounce"]._note(
                customer.contract_ids[:1],
                customer.partner_id.email_normalized,
                "gone",
                partner=customer.partner_id,
            )

        def archived(customer):
            customer.partner_id.sudo().active = False

        for name, obstacle, reason in [
            ("Opted Out", opted_out, "opted_out"),
            ("Black Listed", blacklisted, "opted_out"),
            ("Com Plaint", held("complaint"), "complaint_open"),
            ("Le Gal", held("legal"), "held"),
            ("Hard Ship", held("hardship"), "held"),
            ("Pro Mise", held("promise"), False),
            ("No Address", no_address, "no_address"),
            ("Boun Ced", bounced, "bounced"),
        ]:
            with self.subTest(name):
                customer = self._customer(name)
                self._paid_out(customer=customer)
                obstacle(customer)
                self.env.flush_all()
                request = self._round().filtered(lambda each, customer=customer: each.customer_id == customer)
                self.assertEqual((request.reason, request.state), (reason, "silent" if reason else "sent"))

    def test_a_loan_that_was_cancelled_is_not_asked_about(self):
        loan = self._contract(
            active=False, start_date=TODAY - timedelta(2), first_due_date=TODAY + timedelta(20)
        )
        loan.with_user(self.manager).action_activate()
        self._round()
        self.env.cr.execute("UPDATE loan_contract SET state = 'cancelled' WHERE id = %s", [loan.id])
        self.env.invalidate_all()
        with self._days_later(1):
            self.assertEqual(self._round().reason, "undone")

    def test_switched_off_meanwhile_nothing_leaves(self):
        self._paid_out(days=2)
        self._round()
        for switch, reason in ((self.rule, "rule_gone"), (self.survey, "survey_closed")):
            with self.subTest(reason), self.env.cr.savepoint() as savepoint, self._days_later(1):
                switch.active = False
                self.assertEqual(self._round().reason, reason)
                savepoint.rollback()
        self.company.loan_survey_on = False
        with self._days_later(1):
            self.assertEqual(self._round().reason, "switched_off")

    def test_quiet_hours_and_holidays_wait_and_too_late_is_too_late(self):
        self.company.write({"loan_quiet_from": 9, "loan_quiet_to": 12})
        request = self._asked()
        self.assertEqual((request.state, request.reason), ("due", "quiet"))
        self.assertEqual(str(request.look_at), "2026-03-10 04:00:00")  # noon in Shanghai
        with freeze_time("2026-03-10 04:00:00"):
            self.assertEqual(self._round().state, "sent")

    def test_on_a_holiday_nobody_is_written_to(self):
        calendar = self.env.ref("loan_crm.loan_calendar_cn", raise_if_not_found=False)
        calendar = calendar or self.env["loan.calendar"].search([], limit=1)
        self.company.write({"loan_contact_days": "business", "loan_calendar_id": calendar.id})
        self._paid_out(days=0)
        with self._days_later(4):  # a Saturday
            request = self._round()
            self.assertEqual((request.state, request.reason), ("due", "closed_day"))
            self.assertEqual(str(request.look_at), "2026-03-14 16:00:00")  # Sunday begins
        with self._days_later(6):
            self.assertEqual(self._round().state, "sent")

    def test_a_job_that_was_down_asks_nobody_late(self):
        self._paid_out(days=2)
        self._round()
        with self._days_later(9):
            self.assertEqual(self._round().reason, "too_late")

    # ------------------------------------------------------------ the letter

    def test_the_letter_asks_the_first_question_by_links_that_the_chatter_does_not_have(self):
        request = self._asked()
        mail = self._mail(request)
        self.assertEqual(mail.recipient_ids, self.customer.partner_id)
        links = [f"{request.ask_url}?choice={value}" for value in range(1, 6)]
        for link in (*links, f"{request.ask_url}/call", f"{request.ask_url}/stop"):
            self.assertIn(link, mail.body_html)
        self.assertIn("How content are you with us so far?", mail.body_html)
        message = self.env["mail.message"].search(
            [("model", "=", "loan.contract"), ("res_id", "=", request.contract_id.id)]
        )
        told = " ".join(message.mapped("body"))
        self.assertIn("How content are you with us so far?", told)
        self.assertNotIn("/loan/ask/", told)
        self.assertEqual(mail.author_id, self.manager.partner_id)

    def test_nobody_reads_the_link(self):
        request = self._asked()
        for user in (self.manager, self.lead, self.compliance):
            for name in ("ask_url", "ask_choices", "user_input_id"):
                with self.subTest(user=user.name, field=name), self.assertRaises(AccessError):
                    request.with_user(user).read([name])

    def test_a_chinese_reader_is_asked_in_chinese(self):
        self.customer.partner_id.lang = "zh_CN"
        mail = self._mail(self._asked())
        self.assertIn("尊敬的", mail.body_html)
        self.assertNotIn("How content are you", mail.body_html)

    def test_a_reminder_says_so_in_the_readers_language(self):
        self.customer.partner_id.lang = "zh_CN"
        self._asked()
        with self._days_later(4):
            self._round()
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.customer.partner_id.id)], order="id"
        )
        self.assertEqual([mail.subject.startswith("尚未填写：") for mail in mails], [False, True])

    def test_one_reminder_and_then_it_is_over(self):
        request = self._asked()
        with self._days_later(3):
            self._round()
            self.assertFalse(request.reminded_at)
        with self._days_later(4):
            self._round()
            self.assertTrue(request.reminded_at)
            mails = self.env["mail.mail"].search([("recipient_ids", "in", request.partner_id.id)], order="id")
            self.assertEqual(len(mails), 2)
            self.assertIn("Still open", mails[-1].subject)
            self._round()
            self.assertEqual(
                self.env["mail.mail"].search_count([("recipient_ids", "in", request.partner_id.id)]), 2
            )
        with self._days_later(10):
            self._round()
            self.assertEqual(request.state, "sent")  # its last day is a whole day
        with self._days_later(11):
            self._round()
            self.assertEqual(request.state, "expired")

    def test_nobody_is_reminded_who_has_answered_or_meanwhile_complains(self):
        answered = self._asked()
        other = self._customer("Li Na")
        complains = self._asked(customer=other)
        self._answer(answered)
        self.env["loan.reminder.hold"].create(
            {"customer_id": other.id, "kind": "complaint", "reason": "x", "date_from": TODAY}
        )
        with self._days_later(4):
            self._round()
        self.assertFalse((answered | complains).filtered("reminded_at"))

    def test_a_survey_that_cannot_be_written_stays_alone_and_wakes_somebody(self):
        self._paid_out()
        other = self._customer("Li Na")
        self._paid_out(customer=other)
        self.company.loan_reminder_user_id = self.lead
        post = type(self.requests)._prepare_mail_vals

        def poison(request, rendered):
            if request.customer_id == other:
                raise ValueError("Ink is out")
            return post(request, rendered)

        with patch.object(type(self.requests), "_prepare_mail_vals", poison):
            by_customer = self._round().grouped("customer_id")
        self.assertEqual(by_customer[self.customer].state, "sent")
        self.assertEqual(by_customer[other].reason, "failed")
        self.assertIn("Ink is out", by_customer[other].told)
        self.assertEqual(self.rule.activity_ids.user_id, self.lead)
        by_customer[other].with_user(self.lead).action_retry()
        self._round()
        self.assertEqual(by_customer[other].state, "sent")

    def test_who_prefers_the_telephone_is_called(self):
        self.customer.preferred_channel = "phone"
        request = self._asked()
        self.assertEqual((request.state, request.channel), ("sent", "phone"))
        self.assertFalse(request.message_id)
        todo = request.contract_id.activity_ids
        self.assertEqual((todo.user_id, todo.summary), (self.manager, "Ask Wang Fang how it was"))

    def test_the_deputy_asks_while_the_manager_is_away(self):
        self.customer.deputy_user_id = self.colleague
        self.env["loan.cover"].create(
            {"manager_user_id": self.manager.id, "date_from": TODAY, "date_to": TODAY}
        )
        request = self._asked()
        self.assertEqual(request.user_id, self.colleague)

    # ------------------------------------------------------------ answers

    def test_an_answer_becomes_scores_with_who_acted_for_the_customer(self):
        request = self._asked()
        self._answer(request, 4, clarity=5, speed=1, words="All clear, but slow")
        scores = {score.dimension: score for score in request.score_ids}
        self.assertEqual(
            {name: score.percent for name, score in scores.items()},
            {"overall": 75, "clarity": 100, "speed": 0},
        )
        self.assertEqual(request.score_ids.user_id, self.manager)
        self.assertEqual(request.score_ids.contract_id, request.contract_id)
        self.assertEqual(request.score_ids.product_id, self.product)
        self.assertTrue(all(request.score_ids.mapped("counts")))
        self.assertEqual((request.state, request.way), ("answered", "link"))
        self.assertAlmostEqual(request.satisfaction, 58.33, 2)
        self.assertEqual(request.with_user(self.manager).words, "All clear, but slow")
        self.assertIn("Overall 75%", request.with_user(self.manager).score_note)

    def test_who_clicks_once_and_leaves_counts_with_that_click(self):
        request = self._asked()
        request._begin_answer(5)
        self._round()
        self.assertFalse(request.score_ids)
        with self._days_later(1, "10:01"):
            self._round()
        self.assertEqual(request.score_ids.mapped("percent"), [100])

    def test_a_link_answers_once(self):
        request = self._asked()
        address = request._begin_answer(2)
        self.assertEqual(request._begin_answer(5), address)  # goes on, and the first click stands
        answer = request.sudo().user_input_id
        self.assertEqual(answer.user_input_line_ids.value_scale, 2)
        token = answer.access_token
        answer._mark_done()
        self.assertIsNone(request._begin_answer(5))
        self.assertNotEqual(answer.access_token, token)  # the page's address opens nothing any more
        self.assertEqual(request.score_ids.mapped("value"), [2])

    def test_an_unhappy_customer_is_told_of_once(self):
        request = self._asked()
        calls = []
        with patch.object(type(self.requests), "_low_score", lambda low: calls.append(low.id)):
            answer = self._answer(request, 2, speed=1)
            self.requests.sudo()._take_answers(answer)
        self.assertEqual(calls, [request.id])
        self.assertTrue(request.is_low)
        happy = self._asked(customer=self._customer("Li Na"))
        with patch.object(type(self.requests), "_low_score", lambda low: calls.append(low.id)):
            self._answer(happy, 5)
        self.assertEqual(calls, [request.id])
        self.assertFalse(happy.is_low)

    def test_somebody_calls_an_unhappy_customer_today(self):
        request = self._asked()
        self._answer(request, 1)
        todo = request.contract_id.activity_ids
        self.assertEqual((todo.user_id, todo.date_deadline), (self.manager, TODAY))
        self.assertIn("not content", todo.summary)

    def _made_good(self, outcome="recovered", **values):
        """Return a plan that was closed today."""
        plan = self.env["loan.recovery.plan"].create({"customer_id": self.customer.id, **values})
        plan.heard = "The letter came twice"
        plan.action_acknowledge()
        plan.apology_note = "By telephone"
        plan.action_apologised()
        plan.write({"remedy": "service", "remedy_note": "A direct line"})
        plan.action_offer()
        plan.action_give()
        plan.write({"outcome": outcome, "outcome_note": "Left it at that"})
        plan.action_close()
        return plan

    def test_who_went_through_a_recovery_is_asked_once_more_whatever_its_outcome(self):
        self._rule("recovered", delay_days=0)
        other = self._customer("Wu Di")
        plans = self._made_good(), self._made_good("lost", customer_id=other.id)
        requests = self._round()
        self.assertEqual(requests.mapped("state"), ["sent", "sent"])
        self.assertEqual(requests.customer_id, self.customer | other)
        self.assertEqual(len(self._round()), 2)
        self.assertTrue(all(plan.asked_again_at for plan in plans))
        request = requests.filtered(lambda request: request.customer_id == self.customer)
        self._answer(request, 5, speed=5, clarity=5, transparency=5, attitude=5)
        self.assertEqual(plans[0].score_note, "100% after")

    def test_a_complaint_that_is_made_good_is_asked_about_when_the_plan_is_through(self):
        self._rule("recovered", delay_days=0)
        case = self.env["loan.case"].create(
            {"subject": "Twice", "kind": "complaint", "customer_id": self.customer.id}
        )
        plan = self.env["loan.recovery.plan"].create({"customer_id": self.customer.id, "case_id": case.id})
        case._solve("Debit taken back")
        case._close()
        self.assertFalse(self._round())
        plan.write({"outcome": "not", "outcome_note": "Wants to think it over"})
        plan.action_close()
        request = self._round()
        self.assertEqual((request.case_id, request.state), (case, "sent"))
        self.assertEqual(plan.asked_request_id, request)

    def test_one_threshold_and_none_at_zero(self):
        request = self._asked()
        self.company.loan_survey_low = 0
        self._answer(request, 1, speed=1)
        self.assertFalse(request.is_low)
        self.assertFalse(self.env["loan.recovery.plan"].search([("customer_id", "=", self.customer.id)]))

    def test_the_strip_the_desk_and_the_load_tell_it_with_the_sample(self):
        self.company.loan_survey_sample = 1
        request = self._asked()
        self._answer(request, 4, speed=4)
        tiles = {tile["key"]: tile for tile in self.customer.with_user(self.manager).strip}
        tile = tiles["satisfaction"]
        self.assertEqual((tile["value"], tile["text"]), ("75%", "answers within a year: 1"))
        self.assertEqual((tile["mark"], tile["action"]), ("warning", "action_open_surveys"))
        desk = self.env["loan.manager"].create({"user_id": self.manager.id, "company_id": self.company.id})
        for user, told in (
            (self.manager, "75% · answers: 1"),
            (self.lead, "75% · answers: 1"),
            (self.stranger, False),
        ):
            with self.subTest(user=user.name):
                self.assertEqual(desk.with_user(user).satisfaction_note, told)
        load = self.env["loan.workload"].with_user(self.manager).search([("user_id", "=", self.manager.id)])
        self.assertEqual(load.satisfaction_note, "75% · answers: 1")
        self.company.loan_survey_sample = 2
        self.env.invalidate_all()
        self.assertEqual(desk.with_user(self.manager).satisfaction_note, "Too few answers for a figure: 1")

    def test_what_was_not_good_begins_to_be_made_good_once(self):
        request = self._asked()
        answer = self._answer(request, 1)
        plans = self.env["loan.recovery.plan"].search([("customer_id", "=", request.customer_id.id)])
        self.assertEqual(
            (plans.cause, plans.user_input_id, plans.contract_id), ("score", answer, request.contract_id)
        )
        request.sudo()._low_score()
        self.assertEqual(len(self.env["loan.recovery.plan"].search([("user_input_id", "=", answer.id)])), 1)
        content = self._asked(customer=self._customer("Li Na"))
        self._answer(content, 5)
        self.assertFalse(
            self.env["loan.recovery.plan"].search([("customer_id", "=", content.customer_id.id)])
        )

    def test_recommendation_is_no_satisfaction(self):
        self.rule.survey_id = self.env.ref("loan_crm.survey_survey_yearly")
        request = self._asked()
        self._answer(request, 3, overall=5)
        self.assertEqual((request.recommends, request.satisfaction, request.is_low), (3, 100, False))
        nps = request.score_ids.filtered(lambda score: score.dimension == "nps")
        self.assertEqual((nps.value, nps.side), (3, -100))
        only = self._asked(customer=self._customer("Li Na"))
        self._answer(only, 3)
        self.assertTrue(only.is_low)

    def test_the_form_leads_to_the_plan_and_opens_without_one(self):
        called, unhappy = self._asked(), self._asked(customer=self._customer("Wu Di"))
        called._ask_for_call("", "", "")
        self._answer(unhappy, 1, speed=1)
        plan = self.env["loan.recovery.plan"].search([("customer_id", "=", unhappy.customer_id.id)])
        for user in (self.manager, self.lead, self.desk):
            with self.subTest(user=user.name):
                self.assertFalse(called.with_user(user).recovery_plan_id)
                self.assertEqual(unhappy.with_user(user).recovery_plan_id, plan)
        opened = unhappy.with_user(self.manager).action_open_recovery()
        self.assertEqual((opened["res_model"], opened["res_id"]), ("loan.recovery.plan", plan.id))

    def test_who_would_rather_be_called_gets_a_call(self):
        request = self._asked()
        self.assertTrue(request._ask_for_call("+86 1", "after six", "the fee"))
        self.assertEqual((request.state, request.way, request.call_words), ("answered", "call", "the fee"))
        todo = request.contract_id.activity_ids
        self.assertEqual(todo.user_id, self.manager)
        self.assertIn("+86 1, after six", todo.note)
        self.assertTrue(request._ask_for_call("+86 1", "after six", "the fee"))
        self.assertEqual(len(request.contract_id.activity_ids), 1)

    def test_who_wants_no_more_is_asked_by_no_lender(self):
        request = self._asked()
        request._stop_surveys()
        self.assertTrue(self.customer.no_surveys)
        self.env.cr.execute("UPDATE loan_survey_request SET sent_on = NULL WHERE id = %s", [request.id])
        self.assertEqual(self._why(), ("silent", "opted_out"))

    # ------------------------------------------------------------ staff

    def test_nobody_answers_in_the_customers_place_while_they_have_the_link(self):
        request = self._asked()
        with self.assertRefused("theirs to give"):
            request.with_user(self.manager).action_enter()
        with self.assertRefused("theirs to give"):
            request.with_user(self.manager)._enter_answer({})

    def _enter(self, request, user, **said):
        action = request.with_user(user).action_enter()
        form = Form(
            self.env[action["res_model"]].with_user(user).with_context(**action["context"]),
            "loan_crm.loan_survey_enter_view_form",
        )
        names = [question.loan_dimension or "words" for question in request.survey_id.sudo().question_ids]
        for place, name in enumerate(names):
            if name in said:
                with form.line_ids.edit(place) as line:
                    line.said = said[name]
        form.save().action_enter()

    def test_an_answer_told_on_the_telephone_is_marked_and_in_no_figure(self):
        self.customer.preferred_channel = "phone"
        request = self._asked()
        with self.assertRefused("none of the answers"):
            self._enter(request, self.manager, overall="9")
        self._enter(request, self.manager, overall="5", words="Fine")
        self.assertEqual((request.way, request.entered_user_id), ("staff", self.manager))
        self.assertTrue(request.entered_at)
        self.assertFalse(request.score_ids.counts)
        self.assertEqual(request.with_user(self.manager).words, "Fine")
        self.company.loan_survey_sample = 1
        [(mean,)] = (
            self.env["loan.survey.score"]
            .with_company(self.company)
            ._read_group([("company_id", "=", self.company.id)], [], ["percent:avg"])
        )
        self.assertFalse(mean)
        with self.assertRefused("nothing to enter"):
            request.with_user(self.manager).action_enter()

    def test_nobody_changes_what_was_answered(self):
        request = self._asked()
        self._answer(request, 2)
        for user in (self.manager, self.lead, self.compliance, self.administrator):
            for record, vals in (
                (request, {"is_low": False}),
                (request, {"state": "silent"}),
                (request.score_ids, {"percent": 100}),
            ):
                with self.subTest(user=user.name, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()
        with self.assertRaises(AccessError):
            request.score_ids.sudo().write({"percent": 100})
        with self.assertRaises(AccessError):
            request.score_ids.sudo().unlink()

    # ------------------------------------------------------------ figures

    def test_of_too_few_answers_no_figure_is_told_and_of_enough_it_is(self):
        scores = self.env["loan.survey.score"].with_company(self.company)
        self.company.loan_survey_sample = 3
        ours = [("company_id", "=", self.company.id)]
        for name, answer, expected in (("A A", 5, None), ("B B", 5, None), ("C C", 2, 75.0)):
            request = self._asked(customer=self._customer(name))
            self._answer(request, answer)
            [(mean, count)] = scores._read_group(ours, [], ["percent:avg", "__count"])
            self.assertEqual(mean or None, expected)
        self.assertEqual(count, 3)
        # Three questions of one person are one opinion.
        request = self._asked(customer=self._customer("D D", manager=self.colleague))
        self._answer(request, 5, speed=5, clarity=5)
        by_manager = dict(scores._read_group(ours, ["user_id"], ["percent:avg"]))
        self.assertFalse(by_manager[self.colleague])
        self.assertEqual(by_manager[self.manager], 75)

    def test_the_net_promoter_score(self):
        self.rule.survey_id = self.env.ref("loan_crm.survey_survey_yearly")
        self.company.loan_survey_sample = 4
        for name, answer in (("A A", 10), ("B B", 9), ("C C", 7), ("D D", 0)):
            self._answer(self._asked(customer=self._customer(name)), answer)
        [(score,)] = (
            self.env["loan.survey.score"]
            .with_company(self.company)
            ._read_group([("company_id", "=", self.company.id)], [], ["side:avg"])
        )
        self.assertEqual(score, 25)

    def test_the_response_rate_counts_those_whose_survey_is_through(self):
        self._answer(self._asked(), 4)
        self._asked(customer=self._customer("Li Na"))
        self._asked(customer=self._customer("Zhou Jie"))
        rate = self.requests._read_group([("company_id", "=", self.company.id)], [], ["answered_share:avg"])
        self.assertEqual(rate, [(1.0,)])
        with self._days_later(11):
            self._round()
        rate = self.requests._read_group([("company_id", "=", self.company.id)], [], ["answered_share:avg"])
        self.assertAlmostEqual(rate[0][0], 1 / 3)

    def test_the_pages_of_customer_and_loan_tell_it_with_how_many_they_are(self):
        request = self._asked()
        self._answer(request, 4, speed=1)
        for record in (self.customer, request.contract_id):
            mine = record.with_user(self.manager)
            self.assertEqual((mine.survey_count, mine.survey_note), (1, "Overall 75% (1) · Speed 0% (1)"))
            self.assertEqual(self.requests.search(mine.action_open_surveys()["domain"]), request)

    # ------------------------------------------------------------ who sees it

    def test_who_sees_the_customer_sees_the_answer_and_nobody_else(self):
        request = self._asked()
        self._answer(request, 4)
        for user, seen in (
            (self.manager, True),
            (self.lead, True),
            (self.desk, True),
            (self.compliance, True),
            (self.colleague, False),
            (self.stranger, False),
            (self.other_lead, False),
        ):
            with self.subTest(user=user.name):
                self.assertEqual(bool(self.requests.with_user(user).search([])), seen)
                self.assertEqual(request.with_user(user).has_access("read"), seen)
                self.assertEqual(bool(self.env["loan.survey.score"].with_user(user).search([])), seen)
                self.assertEqual(request.score_ids.with_user(user).has_access("read"), seen)
        for user in (self.administrator, self.employee):
            with self.assertRaises(AccessError):
                self.requests.with_user(user).search([])

    def test_the_survey_app_shows_nobody_the_answers(self):
        request = self._asked()
        answer = self._answer(request, 4)
        officer = self.env["res.users"].create(
            {
                **self._user_values("survey.group_survey_manager", "Ying Shou"),
            }
        )
        self.assertFalse(answer.with_user(officer).has_access("read"))
        self.assertFalse(self.env["survey.user_input"].with_user(officer).search([("id", "=", answer.id)]))
        self.assertFalse(self.env["survey.user_input"].with_user(self.administrator).search([]))

    def test_an_administrator_of_loans_keeps_the_questionnaires_and_no_others(self):
        own = self.survey.with_user(self.administrator)
        own.title = "How was it?"
        own.question_ids[0].title = "And now?"
        other = self.env["survey.survey"].create({"title": "Canteen"})
        self.assertFalse(other.with_user(self.administrator).has_access("read"))

    # ------------------------------------------------------------ questionnaires

    def test_an_administrator_of_loans_opens_the_rules_and_sees_nobody(self):
        self._asked()
        rule = self.rule.with_user(self.administrator)
        with Form(rule) as form:
            self.assertEqual(form.request_count, 0)
            form.interval_days = 20
        self.assertEqual(self.rule.interval_days, 20)
        self.assertEqual(self.rule.with_user(self.manager).request_count, 1)

    def test_a_questionnaire_that_could_not_be_answered_by_a_link_is_refused(self):
        for vals in (
            {"access_mode": "public"},
            {"users_login_required": True},
            {"questions_layout": "page_per_question"},
            {"users_can_go_back": False},
        ):
            with self.subTest(vals), self.assertRefused("opened by the link"):
                self.survey.write(vals)
        with self.assertRefused("not of the type Loan CRM"):
            self.rule.survey_id = self.env["survey.survey"].create({"title": "Canteen"})

    def test_a_question_that_tells_nothing_in_figures_has_no_dimension(self):
        question = self.survey.question_ids[0]
        with self.assertRefused("from 0 to 10"):
            question.loan_dimension = "nps"
        with self.assertRefused("nothing in figures"):
            question.question_type = "text_box"

    def test_one_choice_of_several_is_scored_by_its_marks(self):
        question = self.env["survey.question"].create(
            {
                "survey_id": self.survey.id,
                "title": "Would you come again?",
                "question_type": "simple_choice",
                "loan_dimension": "overall",
                "sequence": 0,
                "suggested_answer_ids": [
                    Command.create({"value": value, "answer_score": score})
                    for value, score in (("No", 0), ("Perhaps", 1), ("Yes", 4))
                ],
            }
        )
        self.assertEqual(self.survey._loan_first_question(), question)
        request = self._asked()
        self._answer(request, question.suggested_answer_ids[1].id)
        self.assertEqual(request.score_ids.filtered(lambda score: score.question_id == question).percent, 25)

    def test_who_writes_the_rules_opens_them_without_reading_whom_they_ask(self):
        rule = self._asked().rule_id
        self.assertEqual(rule.with_user(self.manager).request_count, 1)
        self.assertEqual(rule.with_user(self.administrator).request_count, 0)

    def test_a_rule_that_was_used_is_archived_and_not_deleted(self):
        self._asked()
        with self.assertRefused("Archive it"):
            self.rule.unlink()
        with self.assertRefused("less than 10 days"):
            self.rule.remind_days = 10

    # ------------------------------------------------------------ forgetting

    def test_who_is_erased_leaves_figures_and_no_address(self):
        plan = self.requests._get_erasure_plan()
        self.assertEqual(plan["now"], {"email": None})
        self.assertLessEqual({"call_phone", "call_words", "call_time"}, plan["later"].keys())


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanSurveyCase(SurveyCommon):
    """Surveys about what a customer wanted answered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.active = False
        cls._rule(
            "case", name="Settled", delay_days=0, survey_id=cls.env.ref("loan_crm.survey_survey_case").id
        )
        cls._rule(
            "recovered", name="Mended", delay_days=0, survey_id=cls.env.ref("loan_crm.survey_survey_case").id
        )
        cls.case_team = cls.env["loan.case.team"].create(
            {
                "name": "Front Desk",
                "company_id": cls.company.id,
                "user_id": cls.lead.id,
                "member_ids": [Command.set((cls.desk | cls.manager).ids)],
            }
        )

    def _case(self, closed=True, by_customer=False, **values):
        case = self.env["loan.case"].create(
            {
                "subject": "When is it paid out?",
                "customer_id": self.customer.id,
                "company_id": self.company.id,
                "team_id": self.case_team.id,
                "user_id": self.desk.id,
                **values,
            }
        )
        if closed:
            case._solve("Told", by_customer=by_customer)
            case._close()
        return case

    def test_a_case_is_asked_about_when_it_is_closed_once_and_by_who_settled_it(self):
        case = self._case()
        request = self._round()
        self.assertEqual((request.case_id, request.state, request.moment), (case, "sent", "case"))
        self.assertEqual((request.user_id, request.signed_user_id), (self.desk, self.desk))
        self.assertEqual((request.message_id.model, request.message_id.res_id), ("loan.case", case.id))
        case._reopen()
        case._solve("Told again")
        case._close()
        self.assertEqual(len(self._round()), 1)

    def test_a_thank_you_and_what_they_settled_themselves_are_not_asked_about(self):
        category = self.env["loan.case.category"].create({"name": "A thank-you", "trivial": True})
        trivial = self._case(category_id=category.id)
        settled = self._case(by_customer=True, customer_id=self._customer("Li Na").id)
        by_case = self._round().grouped("case_id")
        self.assertEqual(by_case[trivial].reason, "trivial")
        self.assertEqual(by_case[settled].reason, "self_closed")

    def test_who_complains_is_asked_nothing_until_that_is_settled(self):
        complaint = self._case(closed=False, kind="complaint", subject="The fee")
        self._case()
        self.assertEqual(self._round().reason, "complaint_open")
        complaint._solve("Paid back")
        complaint._close()
        request = self._round()[-1]
        self.assertEqual((request.case_id, request.moment, request.state), (complaint, "recovered", "sent"))

    def test_who_asked_for_help_is_not_asked_how_it_was(self):
        self._case(kind="hardship")
        self.assertFalse(self._round())

    def test_a_case_that_was_opened_again_is_not_asked_about(self):
        self.company.write({"loan_quiet_from": 9, "loan_quiet_to": 12})
        case = self._case()
        self._round()
        case._reopen()
        with freeze_time("2026-03-10 04:00:00"):
            self.assertEqual(self._round().reason, "undone")

    def test_whom_a_complaint_is_about_learns_nothing_of_what_the_customer_says(self):
        case = self._case(kind="complaint", about_user_id=self.manager.id)
        request = self._round()
        self.assertEqual((request.case_id, request.state), (case, "sent"))
        self._answer(request, 1)
        for record in (request, request.score_ids):
            mine = record.with_user(self.manager)
            self.assertFalse(mine.has_access("read"))
            self.assertFalse(mine.search([]))
            self.assertTrue(record.with_user(self.lead).search([]))
        self.assertEqual(self.customer.with_user(self.manager).survey_count, 0)
        self.assertFalse(self.customer.activity_ids)
        self.assertEqual(case.activity_ids.filtered("date_deadline")[-1:].user_id, self.desk)
        self.assertNotIn("how was it", " ".join(self.customer.message_ids.mapped("body")))

    def test_who_has_no_profile_is_asked_by_their_contact(self):
        case = self._case(customer_id=False, partner_id=self._partner("Bai Xue").id)
        request = self._round()
        self.assertEqual((request.case_id, request.partner_id.name, request.state), (case, "Bai Xue", "sent"))
        self.assertTrue(request.with_user(self.desk).has_access("read"))
        self.assertFalse(self.requests.with_user(self.stranger).search([]))
