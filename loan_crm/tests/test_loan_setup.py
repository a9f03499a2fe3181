from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NOW, LoanCommon, freeze_time

# What samples are made of, deal teams aside: those are compliance's.
_SAMPLED = ("loan.reminder.policy", "loan.product", "loan.service.plan", "loan.customer.tier")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanSetup(LoanCommon):
    """A new lender sees what is missing until its first reminder leaves safely, and it is true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["fetchmail.server"].search([]).active = False
        cls.administrator.group_ids |= cls.env.ref("base.group_system")

    def _page(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["loan.setup"].with_user(user or self.administrator).action_look()

    def _step(self, key, user=None):
        return next(step for step in self._page(user)["steps"] if step["key"] == key)

    def _missing(self, key):
        return self._step(key)["missing"]

    def _press(self, method, *args):
        return getattr(self.env["loan.setup"].with_user(self.administrator), method)(*args)

    # ------------------------------------------------------------ each step, undone and done

    def test_who_we_are(self):
        self.company.write({"email": False, "phone": False, "loan_payment_instructions": False})
        self.assertEqual(len(self._missing("lender")), 3)
        self.assertEqual(self._press("action_open", "lender")["res_model"], "res.company")
        self.company.write({"email": "loans@pudong.example.com", "phone": "+86 21 5555 0100"})
        self.assertIn("how to pay", self._missing("lender")[0])
        self.assertEqual(self._press("action_open", "lender")["res_model"], "res.config.settings")
        self.company.loan_payment_instructions = "Account 1"
        self.assertEqual(self._step("lender")["state"], "done")

    def test_mail_goes_out_and_comes_back(self):
        self.company.alias_domain_id = False
        self.env["ir.mail_server"].search([]).active = False
        self.company.email = "loans@other.example.com"
        told = " ".join(self._missing("mail"))
        self.assertIn("mail domain", told)
        self.assertIn("comes in", told)
        self.env["ir.mail_server"].create({"name": "Out", "smtp_host": "smtp.example.com"})
        domain = self.env["mail.alias.domain"].create({"name": "pudong.example.com"})
        self.company.alias_domain_id = domain
        self.env["fetchmail.server"].create({"name": "In", "server_type": "local"})
        self.assertIn("distrust", " ".join(self._missing("mail")))
        self.company.email = "loans@pudong.example.com"
        self.assertEqual(self._missing("mail"), [])

    def test_an_incoming_server_that_was_never_confirmed_brings_nothing(self):
        self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": "pudong.example.com"})
        self.company.email = "loans@pudong.example.com"
        server = self.env["fetchmail.server"].create({"name": "In", "server_type": "imap"})
        self.assertIn("comes in", self._missing("mail")[-1])
        self.assertEqual(self._press("action_open", "mail")["res_model"], "fetchmail.server")
        server.state = "done"
        self.assertNotIn("comes in", " ".join(self._missing("mail")))

    def test_holidays_that_end_soon_stand_open_again(self):
        calendar = self.env["loan.calendar"].create({"name": "Shanghai", "published_until": 2026})
        self.assertIn("No business calendar", self._missing("calendar")[0])
        self.company.loan_calendar_id = calendar
        self.assertIn("knows no holiday", self._missing("calendar")[0])
        calendar.day_ids = [
            Command.create({"date": "2026-10-01", "kind": "holiday", "name": "National Day"}),
            Command.create({"date": "2027-01-01", "kind": "holiday", "name": "New Year's Day"}),
        ]
        self.assertEqual(self._missing("calendar"), [])
        with freeze_time("2026-11-21 02:00:00"):
            self.assertIn("in 40 days: those of 2027", self._missing("calendar")[0])
        with freeze_time("2027-02-01 02:00:00"):
            self.assertIn("2027 are not known", self._missing("calendar")[0])
            calendar.published_until = 2027
            self.assertEqual(self._missing("calendar"), [])

    def test_teams_have_leads_and_everybody_a_place_and_a_limit(self):
        self.assertEqual(self._missing("people"), [])
        self.team.user_id = self.manager
        self.assertIn("Without a team lead: Retail", " ".join(self._missing("people")))
        self.team.user_id = self.lead
        newcomer = self._user("manager", "Wu Di")
        self.assertIn("In no team: Wu Di", " ".join(self._missing("people")))
        self._team("Third", self.lead, newcomer)
        self.assertEqual(self._missing("people"), [])
        self.env["loan.manager"].create(
            {"user_id": newcomer.id, "company_id": self.company.id, "load_ceiling": 0}
        )
        self.assertIn("can carry: Wu Di", " ".join(self._missing("people")))

    def test_secrets_take_two_of_compliance_and_an_auditor(self):
        self.assertIn("only one person", self._missing("secrecy")[0])
        self._user("compliance", "He Ping")
        self.assertIn("auditor", self._missing("secrecy")[0])
        self._user("auditor", "Xu Lan")
        self.assertEqual(self._missing("secrecy"), [])
        self.compliance.active = False
        self.assertIn("only one person", self._missing("secrecy")[0])

    def test_products_are_complete(self):
        products = self.env["loan.product"].search([("company_id", "in", (self.company.id, False))])
        products.active = False
        self.assertIn("No product", self._missing("products")[0])
        product = self._product(yearly_rate=0, description=False, name="Bare")
        told = " ".join(self._missing("products"))
        self.assertIn("Without a rate: Bare", told)
        self.assertIn("Not explained to the borrower: Bare", told)
        product.write({"yearly_rate": 5, "description": "<p>You pay the same each month.</p>"})
        self.assertEqual(self._missing("products"), [])
        rate = self.env["loan.reference.rate"].create({"name": "Base", "code": "BASE-T"})
        product.write({"rate_type": "floating", "reference_rate_id": rate.id})
        self.assertIn("no value is known: Bare", " ".join(self._missing("products")))
        self.env["loan.reference.rate.value"].create({"rate_id": rate.id, "date": "2026-01-01", "value": 3.1})
        self.assertEqual(self._missing("products"), [])

    def test_clocks_have_hours_and_somebody_at_their_end(self):
        self.company.loan_head_user_id = False
        self.assertIn("head of service", " ".join(self._missing("clocks")))
        self.company.loan_head_user_id = self.lead
        self.assertEqual(self._missing("clocks"), [])
        levels = self.env["loan.sla.policy"].search([])
        levels.active = False
        self.assertIn("soon a complaint is answered", " ".join(self._missing("clocks")))
        levels.active = True
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Closed", "attendance_ids": [], "company_id": self.company.id}
        )
        self.company.resource_calendar_id.attendance_ids.unlink()
        self.assertIn("no hours", " ".join(self._missing("clocks")))

    def test_surveys_are_on_and_seldom_enough(self):
        self.company.loan_survey_on = False
        self.assertIn("switched off", self._missing("surveys")[0])
        self.company.write({"loan_survey_on": True, "loan_survey_interval": 0})
        self.assertIn("twice in a row", self._missing("surveys")[0])
        self.company.loan_survey_interval = 60
        self.assertEqual(self._missing("surveys"), [])
        self.env["loan.survey.rule"].search([]).active = False
        self.assertIn("No rule", self._missing("surveys")[0])

    def test_the_book_is_there_when_a_loan_runs(self):
        step = self._step("book")
        self.assertEqual(step["state"], "open")
        self.assertEqual([also["method"] for also in step["also"]], ["action_open_pause"])
        self.assertIn("relationship manager", step["by"], "an administrator opens no loan")
        contract = self._contract(active=False)
        self.assertEqual(self._step("book")["state"], "open", "a draft is not lent yet")
        contract.with_user(self.manager).action_activate()
        self.assertEqual(self._step("book")["state"], "done")

    def test_reminders_are_looked_at_before_they_are_written(self):
        self.assertIn("Nobody has looked", self._missing("reminders")[0])
        opened = self._press("action_open", "reminders")
        self.assertEqual(opened["res_model"], "loan.reminder.dry.run")
        self.assertFalse(self.env["loan.reminder"].search([("company_id", "=", self.company.id)]))
        self.assertEqual(self._missing("reminders"), [])
        self.company.with_user(self.administrator)._loan_pause_reminders("Until the book is right")
        self.assertIn("Until the book is right", self._missing("reminders")[0])
        self.company.with_user(self.administrator)._loan_resume_reminders()
        self.company.loan_reminder_policy_id = False
        self.assertIn("No default policy", self._missing("reminders")[0])
        self.assertEqual(self._press("action_open", "reminders")["res_model"], "res.config.settings")

    def test_a_new_lender_writes_to_nobody_before_somebody_has_looked(self):
        fresh = self.env["res.company"].create({"name": "Minhang Finance", "loan_tz": "Asia/Shanghai"})
        self.assertTrue(fresh.loan_reminders_paused)
        self.company.write({"loan_reminders_paused": True, "loan_tried_on": False})
        self._due_in(7)
        self.assertEqual((self._remind().state, self._remind().hold_reason), ("held", "paused"))
        told = " ".join(self._missing("reminders"))
        self.assertIn("Nobody has looked", told)
        self.assertIn("not been switched on", told)
        room = self.env["loan.reminder.room"].with_user(self.lead).browse(self.company.id)
        self.assertTrue(room.never_began, "the control room leads to the dry run and offers no “Go On”")
        for user in (self.lead, self.administrator):
            with self.subTest(user=user.name):
                with self.assertRaisesRegex(UserError, "Nobody has looked"):
                    self.company.with_user(user)._loan_resume_reminders()
                # No pause with a last day switches on what was never switched on.
                with self.assertRaisesRegex(UserError, "not been switched on"):
                    self.company.with_user(user)._loan_pause_reminders("Later", self.company._loan_today())
        run = self.env["loan.reminder.dry.run"].browse(self._press("action_open", "reminders")["res_id"])
        run = run.with_user(self.administrator)
        self.assertEqual(run.letter_count, 1, "who looks is told what would be written if they were on")
        self.assertTrue(run.never_began)
        self.assertIn("not been switched on", run.paused_told)
        self.assertTrue(self.company.loan_reminders_paused, "to look switches nothing on")
        # Looking is not enough: it stays open until they are on.
        self.assertEqual(len(self._missing("reminders")), 1)
        self.assertEqual(self._press("action_open", "reminders")["res_model"], "loan.reminder.dry.run")
        with self.assertRaises(AccessError):
            self.env["loan.reminder.dry.run"].with_user(self.manager).create({}).action_go_on()
        run.action_go_on()
        self.assertEqual(self._missing("reminders"), [])
        day = self.env["loan.reminder.round"]._of_day(self.company, self.company._loan_today())
        self.assertIn("switched on", day.message_ids[0].body)
        self.assertEqual(day.message_ids[0].author_id, self.administrator.partner_id)
        self.assertEqual(self._remind().state, "queued")

    def test_after_a_pause_the_dry_run_tells_what_would_go_on(self):
        self._due_in(7)
        self.company.with_user(self.lead)._loan_pause_reminders("Wrong balances")
        run = self.env["loan.reminder.dry.run"].with_user(self.lead).create({"company_id": self.company.id})
        run.action_run()
        self.assertEqual((run.letter_count, run.never_began), (1, False))
        self.assertIn("Wrong balances", run.paused_told)
        run.action_go_on()
        self.assertFalse(self.company.loan_paused_told)

    # ------------------------------------------------------------ left aside, put away

    def test_a_step_left_aside_is_told_and_can_be_taken_up(self):
        left = self._page()["left"]
        self._press("action_leave_aside", "surveys")
        step = self._step("surveys")
        self.assertEqual(step["state"], "aside")
        self.assertIn("Qian Fei", step["aside"])
        self.assertEqual(self._page()["left"], left - 1)
        self.company.loan_survey_on = True
        self.assertEqual(self._step("surveys")["state"], "done", "what is done is no longer left aside")
        self.company.loan_survey_on = False
        self._press("action_take_up", "surveys")
        self.assertEqual(self._step("surveys")["state"], "open")
        with self.assertRaises(UserError):
            self._press("action_leave_aside", "everything")

    def _menu_is_there(self):
        self.env.registry.clear_cache()
        menus = self.env["ir.ui.menu"].with_user(self.administrator).load_menus(False)
        return self.env.ref("loan_crm.loan_setup_menu").id in menus

    def test_the_page_goes_when_all_is_done_and_comes_back(self):
        self.administrator.company_ids = self.company
        with self.assertRaises(UserError):
            self._press("action_close")
        for step in self._page()["steps"]:
            self._press("action_leave_aside", step["key"])
        self.assertTrue(self._menu_is_there())
        self._press("action_close")
        self.assertFalse(self._menu_is_there())
        settings = self.env["res.config.settings"].with_user(self.administrator).create({})
        self.assertIn("getting-started", settings.action_open_loan_setup()["url"])
        self.assertTrue(self._menu_is_there())
        # What comes undone while the page is away brings it back.
        self._press("action_close")
        self.env["loan.setup"]._cron_come_back()
        self.assertFalse(self._menu_is_there())
        self.company.loan_setup_aside = {
            key: how for key, how in self.company.loan_setup_aside.items() if key != "book"
        }
        self.env["loan.setup"]._cron_come_back()
        self.assertTrue(self._menu_is_there())

    # ------------------------------------------------------------ whose page it is

    def test_nobody_else_looks(self):
        for user in (self.manager, self.lead, self.desk, self.compliance, self.employee):
            with self.subTest(user=user.name):
                for method, *args in (
                    ("action_look",),
                    ("action_open", "lender"),
                    ("action_leave_aside", "lender"),
                    ("action_take_up", "lender"),
                    ("action_close",),
                    ("action_open_samples",),
                    ("action_open_pause",),
                ):
                    with self.assertRaises(AccessError):
                        getattr(self.env["loan.setup"].with_user(user), method)(*args)

    def test_an_administrator_without_odoos_rights_is_told_so(self):
        self.administrator.group_ids -= self.env.ref("base.group_system")
        self.company.write({"email": False, "phone": False})
        self.assertIn("administrator of Odoo", self._step("lender")["by"])
        self.assertIn("administrator of Odoo", self._step("mail")["by"])
        self.assertFalse(self._step("products")["by"])
        with self.assertRaises(UserError):
            self._press("action_open", "lender")

    def test_each_button_opens_what_the_user_may_open(self):
        self.company.write({"email": False, "alias_domain_id": False, "loan_survey_on": False})
        for step in self._page()["steps"]:
            if step["state"] == "open" and not step["by"]:
                with self.subTest(step=step["key"]):
                    action = self._press("action_open", step["key"])
                    if action.get("res_model"):
                        self.env[action["res_model"]].with_user(self.administrator).check_access("read")

    def test_the_page_tells_no_customer(self):
        self._contract()
        told = str(self._page())
        self.assertNotIn(self.customer.partner_id.name, told)

    def test_more_people_and_products_take_no_more_queries(self):
        self._page()

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loan.setup"].with_user(self.administrator).action_look()
            return self.env.cr.sql_log_count - before

        few = queries()
        for number in range(6):
            self._product(name=f"Product {number}", description=False)
            self._team(f"Team {number}", self.lead, self._user("manager", f"Person {number}"))
        self._page()  # new people make Odoo forget who may what; that is not what is counted
        self.assertLessEqual(queries(), few)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanSample(LoanCommon):
    """Samples arrive switched off, once, in the company's currency and the languages of the database."""

    def _add(self, user=None, **values):
        form = self.env["loan.sample.add"].with_user(user or self.administrator).create(values)
        form.action_add()
        return form

    def _samples(self, model):
        records = self.env[model].with_context(active_test=False)
        return records.search([("company_id", "=", self.company.id), ("id", "in", self._known(model))])

    def _of_all(self):
        return {model: self._samples(model) for model in _SAMPLED}

    def _known(self, model):
        return (
            self.env["ir.model.data"]
            .search([("model", "=", model), ("name", "=like", f"sample_%_{self.company.id}")])
            .mapped("res_id")
        )

    def test_they_arrive_switched_off_in_the_companys_currency(self):
        self._add()
        policies, products = self._samples("loan.reminder.policy"), self._samples("loan.product")
        self.assertEqual((len(policies), len(products)), (4, 4))
        self.assertEqual(
            (len(self._samples("loan.service.plan")), len(self._samples("loan.customer.tier"))), (2, 3)
        )
        self.assertFalse([each for some in self._of_all().values() for each in some if each.active])
        self.assertEqual(policies.currency_id, self.cny)
        self.assertEqual(products.currency_id, self.cny)
        self.assertFalse(policies.filtered("is_selective"), "none may follow anybody by itself")
        self.assertEqual(
            set(products.mapped("repayment_method")),
            {"annuity", "equal_principal", "bullet", "interest_only"},
        )

    def test_each_can_be_switched_on_as_it_is(self):
        self._add()
        policies, products = self._samples("loan.reminder.policy"), self._samples("loan.product")
        policies.with_user(self.administrator).action_unarchive()
        products.with_user(self.administrator).action_unarchive()
        self.assertEqual(len(policies._of_company(self.company) & policies), 4)
        self.env["res.company"].flush_model()
        self.assertFalse([policy.letter_problem for policy in policies if policy.letter_problem])
        contract = self._contract(product_id=products[0].id, active=False, principal=50000)
        self.assertEqual(contract.product_id, products[0])

    def test_tiers_belong_to_their_plans_and_speak_in_sentences(self):
        self._add()
        for model in ("loan.service.plan", "loan.customer.tier"):
            self._samples(model).with_user(self.administrator).action_unarchive()
        tiers = self._samples("loan.customer.tier").with_user(self.administrator)
        self.assertEqual(tiers.plan_id, self._samples("loan.service.plan"))
        self.assertEqual(tiers[0].criteria_told, "Given by hand only", "the highest is a person's choice")
        self.assertTrue(all(tier.criteria_told for tier in tiers))
        steps = tiers.plan_id.step_ids
        self.assertTrue(all(step.told and step.activity_plan_id for step in steps))
        self.assertRegex(steps[0].with_context(lang="zh_CN").name, "[一-鿿]")

    def test_a_tier_comes_without_its_plan_where_that_was_left_out(self):
        self._add(has_plans=False)
        self.assertFalse(self._samples("loan.service.plan"))
        self.assertFalse(self._samples("loan.customer.tier").plan_id)

    def test_deal_teams_are_offered_to_who_is_compliance_too(self):
        alone = self._add()
        self.assertFalse(alone.may_deals)
        self.assertFalse(self._samples("loan.access.template"))
        with self.assertRaises(AccessError):
            self._add(has_deals=True, has_policies=False, has_products=False)
        self.administrator.group_ids |= self.env.ref("loan_crm.loan_crm_group_compliance")
        both = self._add()
        self.assertEqual(len(both.deal_ids), 3)
        self.assertFalse(both.policy_ids, "the others are there already")
        self.assertFalse(self._samples("loan.access.template").line_ids, "who joins is for compliance to say")
        listing = self._samples("loan.access.template").filtered(lambda one: one.days == 30)
        self.assertEqual(listing.level_id, self.env.ref("loan_crm.loan_confidentiality_level_secret"))
        self.assertRegex(listing.with_context(lang="zh_CN").purpose, "[一-鿿]")

    def test_pressed_twice_nothing_comes_twice(self):
        self._add()
        again = self._add()
        self.assertIn("already", again.told)
        self.assertEqual(len(self._samples("loan.product")), 4)
        self._samples("loan.product")[0].unlink()
        self.assertEqual(len(self._add().product_ids), 1, "what was deleted may come anew")

    def test_only_what_is_ticked_comes(self):
        self._add(has_products=False)
        self.assertEqual(len(self._samples("loan.reminder.policy")), 4)
        self.assertFalse(self._samples("loan.product"))
        with self.assertRaises(UserError):
            self._add(has_products=False, has_policies=False, has_plans=False, has_tiers=False)

    def test_they_speak_the_languages_of_the_database(self):
        self._add()
        for record in (one for some in self._of_all().values() for one in some):
            chinese = record.with_context(lang="zh_CN")
            self.assertNotEqual(chinese.name, record.with_context(lang="en_US").name)
        for record in self._samples("loan.product"):
            self.assertRegex(record.with_context(lang="zh_CN").description, "[一-鿿]")
        for record in self._samples("loan.service.plan"):
            self.assertRegex(record.with_context(lang="zh_CN").benefits, "[一-鿿]")

    def test_another_lender_gets_its_own(self):
        self._add()
        other = self.env["res.company"].create({"name": "Other", "currency_id": self.usd.id})
        self.administrator.company_ids |= other
        form = (
            self.env["loan.sample.add"]
            .with_user(self.administrator)
            .with_context(allowed_company_ids=other.ids)
            .create({})
        )
        form.action_add()
        self.assertEqual(form.product_ids.currency_id, self.usd)
        self.assertEqual(form.product_ids.company_id, other)

    def test_samples_are_the_administrators(self):
        for user in (self.manager, self.lead, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._add(user)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanGuide(LoanCommon):
    """Everybody is offered the walk of their own role, once."""

    def test_each_role_has_its_own_walk(self):
        for user, name in (
            (self.manager, "loan_guide_manager"),
            (self.lead, "loan_guide_team_lead"),
            (self.desk, "loan_guide_service_desk"),
            (self.compliance, "loan_guide_compliance"),
        ):
            with self.subTest(user=user.name):
                told = self.env["loan.guide"].with_user(user)._session()
                self.assertEqual(told["name"], name)
                self.assertTrue(told["message"])
        self.assertIsNone(self.env["loan.guide"].with_user(self.employee)._session())

    def test_odoo_offers_nobody_the_walk_of_another_role(self):
        for user, seen in ((self.manager, {"loan_guide_manager"}), (self.employee, set())):
            tours = self.env["web_tour.tour"].with_user(user).search([("name", "=like", "loan_guide_%")])
            with self.subTest(user=user.name):
                self.assertEqual(set(tours.mapped("name")), seen)

    def test_it_is_offered_until_it_was_walked_or_refused(self):
        guide = self.env["loan.guide"].with_user(self.manager)
        self.patch(type(guide), "_has_demo", lambda self: False)
        self.assertTrue(guide._session()["offered"])
        guide.action_not_now()
        self.assertFalse(guide._session()["offered"])
        self.assertTrue(self.env["loan.guide"].with_user(self.colleague)._session()["offered"])

    def test_who_walked_is_not_led_through_other_apps(self):
        self.manager.tour_enabled = True
        following = self.env["web_tour.tour"].with_user(self.manager).consume("loan_guide_manager")
        self.assertFalse(following)
        self.assertFalse(self.manager.tour_enabled)

    def test_a_database_with_demo_data_offers_nothing_by_itself(self):
        guide = self.env["loan.guide"].with_user(self.manager)
        self.patch(type(guide), "_has_demo", lambda self: True)
        self.assertFalse(guide._session()["offered"])
