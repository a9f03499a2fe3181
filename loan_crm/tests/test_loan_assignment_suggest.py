from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAssignmentSuggest(LoanCommon):
    """Proposals, the team's policy, and the two forms by which a lead gives customers to somebody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls._user("manager", "Pan Yi")
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.third.id})]
        desks = cls.env["loan.manager"]
        chinese = cls.env["res.lang"]._lang_get("zh_CN")
        english = cls.env["res.lang"]._lang_get("en_US")
        for user, langs in ((cls.manager, english), (cls.colleague, chinese), (cls.third, english)):
            desks |= desks.create({"user_id": user.id, "lang_ids": langs.ids, "load_ceiling": 20})
        cls.desks = desks
        cls.orphan = cls._orphan("Zhang Wei", lang="zh_CN")

    @classmethod
    def _orphan(cls, name, team=None, **values):
        partner = cls._partner(name, **values)
        return cls.env["loan.customer"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "manager_user_id": False,
                "team_id": (cls.team if team is None else team).id,
            }
        )

    def _suggest(self, customer=None, by=None):
        action = (customer or self.orphan).with_user(by or self.lead).action_suggest_assignment()
        return self.env[action["res_model"]].with_user(by or self.lead).browse(action["res_id"])

    def _bulk(self, customers, by=None):
        action = customers.with_user(by or self.lead).action_assign_many()
        return self.env[action["res_model"]].with_user(by or self.lead).browse(action["res_id"])

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    def _history(self, customer):
        row = customer.assignment_ids[:1]
        return row.manager_user_id, row.kind, row.reason

    # ------------------------------------------------------------ one customer

    def test_the_form_ranks_everybody_and_says_why(self):
        self.colleague.write({"company_ids": [Command.link(self.company.id)]})
        form = self._suggest()
        self.assertEqual(form.line_ids[0].user_id, self.colleague)
        self.assertIn("Speaks Chinese, Simplified", form.line_ids[0].reasons)
        self.assertEqual(
            (form.manager_user_id, form.deputy_user_id), (self.colleague, form.line_ids[1].user_id)
        )
        by_user = {line.user_id: line for line in form.line_ids}
        self.assertEqual(by_user[self.third].against, "Does not speak Chinese, Simplified")
        # The desk's clerk is a member of the team, but cannot manage.
        self.assertEqual(
            (by_user[self.desk].refused, by_user[self.desk].against.split(" · ")[0]),
            (True, "Is no relationship manager"),
        )
        form.reason = "Speaks his language"
        form.action_assign()
        self.assertEqual(self._history(self.orphan), (self.colleague, "proposal", "Speaks his language"))

    def test_a_choice_that_breaks_a_rule_is_warned_of_and_possible(self):
        self.desks[2].write({"load_ceiling": 0.5, "takes_new": False, "vip_slots": 0})
        self.orphan.tier_id = self.env["loan.customer.tier"].create({"name": "Black Card", "is_vip": True})
        form = self._suggest()
        self.assertFalse(form.line_ids.filtered("refused") & form.line_ids[0])
        with Form(form) as edited:
            edited.manager_user_id = self.third
            for words in ("Takes no new customers", "Ceiling reached", "No VIP slot free", "Does not speak"):
                self.assertIn(words, edited.warning)
            edited.deputy_user_id = self.manager
        with self.assertRefused("Say why"):
            form.action_assign()
        form.reason = "He asked for her"
        form.action_assign()
        self.assertEqual(self._history(self.orphan), (self.third, "hand", "He asked for her"))

    def test_a_conflict_of_interest_is_refused_on_every_way(self):
        self.env["loan.conflict"].with_user(self.colleague).create(
            {"user_id": self.colleague.id, "partner_id": self.orphan.partner_id.id, "reason": "Brother"}
        )
        form = self._suggest()
        line = form.line_ids.filtered(lambda line: line.user_id == self.colleague)
        self.assertTrue(line.refused)
        self.assertEqual(line.against, "Conflict of interest")
        with self.assertRefused("cannot be chosen: Conflict of interest"):
            line.action_choose()
        form.write({"manager_user_id": self.colleague.id, "reason": "All the same"})
        with self.assertRefused("cannot be chosen"):
            form.action_assign()

    def test_candidates_are_chosen_by_their_line(self):
        form = self._suggest()
        best, second = form.line_ids[:2]
        second.action_choose()
        self.assertEqual((form.manager_user_id, form.deputy_user_id), (second.user_id, best.user_id))
        with self.assertRefused("is chosen as manager"):
            second.action_choose_deputy()
        best.action_choose()
        self.assertEqual(form.deputy_user_id, second.user_id)

    def test_who_is_away_for_long_or_left_is_not_proposed(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(9),
                "company_id": self.company.id,
            }
        )
        self.third.active = False
        form = self._suggest()
        self.assertEqual(form.manager_user_id, self.manager)
        line = form.line_ids.filtered(lambda line: line.user_id == self.colleague)
        self.assertIn("Away until 03/19/2026", line.against)
        self.assertNotIn(self.third, form.line_ids.filtered(lambda line: not line.refused).user_id)

    def test_who_will_be_away_for_long_soon_is_not_proposed(self):
        cover = self.env["loan.cover"].create(
            {
                "manager_user_id": self.colleague.id,
                "date_from": TODAY + timedelta(5),
                "date_to": TODAY + timedelta(10),
                "company_id": self.company.id,
            }
        )
        line = self._line(self._suggest(), self.colleague)
        self.assertIn("Away from 03/15/2026 to 03/20/2026", line.against)
        self.assertNotEqual(self._suggest().manager_user_id, self.colleague)
        for first, last in ((5, 9), (6, 20)):  # not for long; not soon
            cover.write({"date_from": TODAY + timedelta(first), "date_to": TODAY + timedelta(last)})
            self.assertNotIn("Away", self._line(self._suggest(), self.colleague).against or "")

    def test_who_knows_the_customer_comes_first(self):
        self.orphan.manager_user_id = self.third
        self.orphan.with_user(self.lead).write({"manager_user_id": self.manager.id})
        form = self._suggest()
        by_user = {line.user_id: line for line in form.line_ids}
        self.assertIn("Knows the customer already", by_user[self.third].reasons)
        self.assertIn("Looks after them today", by_user[self.manager].against)

    def _line(self, form, user):
        return form.line_ids.filtered(lambda line: line.user_id == user)

    def _tie(self, customer, partner, kind):
        return self.env["loan.customer.relation"].create(
            {
                "customer_id": customer.id,
                "partner_id": partner.id,
                "type_id": self.env.ref(f"loan_crm.loan_customer_relation_type_{kind}").id,
            }
        )

    def test_the_customers_own_region_counts_before_their_address(self):
        shanghai, beijing = self.env.ref("base.state_cn_SH"), self.env.ref("base.state_cn_BJ")
        self.orphan.partner_id.state_id = shanghai
        self.desks[1].state_ids = shanghai
        self.desks[2].state_ids = beijing
        self.assertIn(shanghai.name, self._line(self._suggest(), self.colleague).reasons)
        self.orphan.region_id = beijing
        form = self._suggest()
        self.assertIn(f"Serves {beijing.name}", self._line(form, self.third).reasons)
        self.assertIn("Serves other regions", self._line(form, self.colleague).reasons)
        self.assertIn(beijing.name, form.needs_note)

    def test_best_weekdays_are_held_against_working_days(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Weekend desk",
                "company_id": self.company.id,
                "tz": "Asia/Shanghai",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": day,
                                "dayofweek": day,
                                "hour_from": 9,
                                "hour_to": 17,
                                "day_period": "morning",
                            }
                        )
                        for day in "456"
                    ),
                ],
            }
        )
        employee = self.third.with_company(self.company)
        employee.resource_calendar_id = calendar
        self.assertEqual(employee.resource_calendar_id, calendar)
        self.orphan.write({"sat": True, "sun": True})
        form = self._suggest()
        self.assertIn("Works on their best days: Sat, Sun", self._line(form, self.third).reasons)
        self.assertIn("Does not work on their best days: Sat, Sun", self._line(form, self.manager).reasons)
        self.assertIn("Sat, Sun", form.needs_note)
        self.orphan.write(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), True))
        self.assertNotIn(
            "best days", "".join(self._suggest().line_ids.mapped(lambda line: line.reasons or ""))
        )

    def test_a_colleague_who_is_related_is_refused_on_every_way(self):
        tie = self._tie(self.orphan, self.third.partner_id, "child")
        form = self._suggest()
        line = self._line(form, self.third)
        self.assertEqual((line.refused, line.against.split(" · ")[0]), (True, "Related to the customer"))
        self.assertNotIn(self.third, form.manager_user_id | form.deputy_user_id)
        for vals in ({"manager_user_id": self.third.id}, {"deputy_user_id": self.third.id}):
            with self.assertRefused("Pan Yi has a conflict of interest with Zhang Wei"):
                self.orphan.with_user(self.lead).write(vals)
        tie.type_id = self.env.ref("loan_crm.loan_customer_relation_type_accountant")
        self.assertFalse(self._line(self._suggest(), self.third).refused, "who is tied by work is no family")
        tie.type_id = self.env.ref("loan_crm.loan_customer_relation_type_spouse")
        tie.date_to = TODAY - timedelta(1)
        self.assertFalse(self._line(self._suggest(), self.third).refused, "it is over")

    def test_who_looks_after_the_family_comes_first(self):
        spouse = self._customer("Zhang Mei", manager=self.third)
        son = self._customer("Zhang Tao", manager=self.manager)
        self._tie(self.orphan, spouse.partner_id, "spouse")
        self._tie(son, self.orphan.partner_id, "parent")
        form = self._suggest()
        self.assertIn("Looks after their household or firm", self._line(form, self.third).reasons)
        self.assertIn("Looks after a relative of theirs", self._line(form, self.manager).reasons)
        # Whoever sees only one of the two is not told that the other borrows.
        hidden = self._customer("Zhang Lao", manager=self.stranger)
        self._tie(self.orphan, hidden.partner_id, "parent")
        self.team.crm_team_member_ids = [Command.create({"user_id": self.stranger.id})]
        self.assertNotIn("relative", self._line(self._suggest(), self.stranger).reasons or "")

    def test_ties_that_a_reader_may_not_see_rank_and_stay_out_of_the_history(self):
        self.desks.write({"lang_ids": self.env["res.lang"]._lang_get("zh_CN").ids, "load_ceiling": 500})
        spouse = self._customer("Zhang Mei", manager=self.third)
        self._tie(self.orphan, spouse.partner_id, "spouse")
        son = self._customer("Zhang Tao", manager=self.manager)
        other = self._orphan("Zhang Li", lang="zh_CN")
        self._tie(son, other.partner_id, "parent")
        self.team.loan_assign_policy = "automatic"
        self._night()
        self.assertEqual(self.orphan.manager_user_id, self.third, "who looks after the household comes first")
        self.assertEqual(other.manager_user_id, self.manager)
        for customer in self.orphan | other:
            told = self._history(customer)[2]
            self.assertIn("Speaks Chinese", told)
            self.assertNotIn("household", told)
            self.assertNotIn("relative", told)
        self.team.loan_assign_policy = "hand"
        cousin = self._orphan("Zhang Yi", lang="zh_CN")
        self._tie(spouse, cousin.partner_id, "parent")
        seen = cousin.with_user(self.lead)
        self.assertIn("relative", seen.proposal_note, "the lead sees both")
        seen.action_accept_proposal()
        user, kind, told = self._history(cousin)
        self.assertEqual((user, kind), (self.third, "proposal"))
        self.assertIn("Speaks Chinese", told)
        self.assertNotIn("relative", told)
        self.team.loan_assign_policy = "automatic"
        self.desks.lang_ids = self.env["res.lang"]._lang_get("en_US")
        third = self._orphan("Zhang San", lang=False)
        self.assertEqual(self._history(third)[2], "Has the most room")

    # ------------------------------------------------------------ who may

    def test_only_a_lead_assigns_and_only_within_their_teams(self):
        for user in (self.manager, self.desk, self.compliance, self.administrator, self.other_lead):
            self.env.invalidate_all()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._suggest(by=user)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._bulk(self.orphan, by=user)
        form, bulk = self._suggest(), self._bulk(self.orphan)
        for user in (self.other_lead, self.manager, self.compliance):
            for record in (form, form.line_ids, bulk, bulk.line_ids):
                self.assertFalse(record.with_user(user).has_access("read"))
        for operation in ("write", "create", "unlink"):
            self.assertFalse(form.line_ids.has_access(operation))
        with self.assertRaises(AccessError):
            self.env["loan.assignment.suggest"].with_user(self.other_lead).create(
                {"customer_id": self.orphan.id, "manager_user_id": self.stranger.id}
            )
        self.team.user_id = self.other_lead
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            form.action_assign()

    # ------------------------------------------------------------ nobody accountable

    def test_the_list_of_nobodys_customers_proposes_somebody_to_the_lead_alone(self):
        seen = self.orphan.with_user(self.lead)
        self.assertEqual(seen.proposed_user_id, self.colleague)
        self.assertIn("Speaks Chinese", seen.proposal_note)
        self.assertFalse(self.orphan.with_user(self.compliance).proposed_user_id)
        self.assertFalse(
            self.customer.with_user(self.lead).proposed_user_id, "who has somebody needs no proposal"
        )
        seen.action_accept_proposal()
        self.assertEqual(self._history(self.orphan)[:2], (self.colleague, "proposal"))

    def test_a_list_of_many_takes_no_query_for_each(self):
        counts = []
        for size in (2, 8):
            customers = self.env["loan.customer"].browse(
                [self._orphan(f"Borrower {size} {n}").id for n in range(size)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customers.with_user(self.lead).mapped("proposal_note")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_nobody_with_room_is_said_and_not_proposed(self):
        self.desks.load_ceiling = 0
        seen = self.orphan.with_user(self.lead)
        self.assertFalse(seen.proposed_user_id)
        self.assertIn("Nobody has room", seen.proposal_note)
        with self.assertRefused("no proposal for Zhang Wei"):
            seen.action_accept_proposal()

    # ------------------------------------------------------------ policy

    def test_a_team_that_assigns_automatically_leaves_no_borrower_alone(self):
        self.team.loan_assign_policy = "automatic"
        newcomer = self._orphan("Li Na", lang="zh_CN")
        self.assertEqual(self._history(newcomer), (self.colleague, "policy", "Speaks Chinese, Simplified"))
        self.assertTrue(newcomer.deputy_user_id)
        self.assertFalse(self.orphan.manager_user_id)
        self._night()  # finds who was there before the policy
        self.assertEqual(self._history(self.orphan)[:2], (self.colleague, "policy"))
        rows = len(self.orphan.assignment_ids)
        self._night()
        self.assertEqual(len(self.orphan.assignment_ids), rows)

    def test_many_who_come_at_once_are_shared_out(self):
        self.team.loan_assign_policy = "automatic"
        self.desks.lang_ids = self.env["res.lang"]._lang_get("zh_CN")
        partners = self.env["res.partner"].create(
            [{"name": f"Import {n}", "lang": "zh_CN"} for n in range(9)]
        )
        customers = self.env["loan.customer"].create(
            [{"partner_id": p.id, "manager_user_id": False, "team_id": self.team.id} for p in partners]
        )
        shares = [len(group) for group in customers.grouped("manager_user_id").values()]
        self.assertEqual(sum(shares), 9)
        self.assertLessEqual(max(shares) - min(shares), 1)
        self.assertEqual(len(shares), 3)

    def test_where_nobody_has_room_or_the_lead_decides_they_have_one_to_do(self):
        for policy, ceiling in (("propose", 20), ("automatic", 0)):
            with self.subTest(policy=policy):
                self.team.loan_assign_policy = policy
                self.desks.load_ceiling = ceiling
                self._orphan(f"Second {policy}")
                for _time in range(2):
                    self._night()
                todos = self.env["mail.activity"].search(
                    [("activity_type_id", "=", self.env.ref("loan_crm.mail_activity_type_assign").id)]
                )
                self.assertEqual(todos.user_id, self.lead)
                self.assertEqual(len(todos), 1)
                todos.unlink()

    def test_a_lead_of_two_teams_is_asked_about_each_by_few_queries(self):
        self.other_team.user_id = self.lead
        teams = self.team | self.other_team
        teams.loan_assign_policy = "propose"
        self._orphan("Of the second team", team=self.other_team)
        kind = self.env.ref("loan_crm.mail_activity_type_assign")
        for _time in range(2):
            self._night()
            todos = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])
            self.assertEqual(todos.user_id, self.lead)
            told = " ".join(todos.mapped("note"))
            self.assertEqual((len(todos), "Retail" in told, "Corporate" in told), (2, True, True))
        counts = []
        for size in (1, 4):
            more = self.env["crm.team"].create(
                [
                    {"name": f"{size}-{n}", "company_id": self.company.id, "user_id": self.lead.id}
                    for n in range(size)
                ]
            )
            customers = self.env["loan.customer"].union(
                *(self._orphan(team.name, team=team) for team in more)
            )
            customers._ask_leads(TODAY)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customers._ask_leads(TODAY)  # all asked already
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    # ------------------------------------------------------------ whose manager has left

    def _nobody_accountable(self, by=None):
        domains = [safe_eval(self.env.ref("loan_crm.loan_customer_action_nobody").domain)]
        arch = etree.fromstring(self.env["loan.customer"].get_view(view_type="search")["arch"])
        domains.append(safe_eval(arch.xpath("//filter[@name='no_manager']/@domain")[0]))
        found = [self.env["loan.customer"].with_user(by or self.lead).search(domain) for domain in domains]
        self.assertEqual(*found)
        return found[0]

    def test_a_manager_who_has_left_is_nobody(self):
        self.assertEqual(self._nobody_accountable(), self.orphan)
        self.assertFalse(self.customer.with_user(self.lead).proposed_user_id)
        self.manager.active = False
        self.assertEqual(self._nobody_accountable(), self.orphan | self.customer)
        mine = self.customer.with_user(self.lead)
        mine.invalidate_recordset()
        self.assertIn(mine.proposed_user_id, self.colleague | self.third)
        mine.action_accept_proposal()
        self.assertTrue(self.customer.manager_user_id.active)
        self.assertEqual(self._nobody_accountable(), self.orphan)

    def test_the_night_finds_somebody_for_customers_of_who_has_left(self):
        self.orphan.manager_user_id = self.third
        taken = self._customer("Taken Over")
        taken.incoming_user_id = self.third
        self.manager.active = False
        self.team.loan_assign_policy = "propose"
        self._night()
        kind = self.env.ref("loan_crm.mail_activity_type_assign")
        todo = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])
        self.assertEqual((todo.user_id, todo.res_id), (self.lead, self.customer.id))
        self.team.loan_assign_policy = "automatic"
        self._night()
        self.assertIn(self.customer.manager_user_id, self.colleague | self.third)
        self.assertEqual(self._history(self.customer)[1], "policy")
        self.assertEqual(
            taken.manager_user_id, self.manager, "in a handover somebody takes them over already"
        )

    def test_who_has_left_can_be_chosen_as_who_gives(self):
        (self.manager | self.stranger).active = False
        for model, name in (
            ("loan.handover.start", "former_user_id"),
            ("loan.assignment.bulk", "from_user_id"),
        ):
            with self.subTest(model=model):
                forms = self.env[model].with_user(self.lead)
                arch = etree.fromstring(forms.get_view(view_type="form")["arch"])
                self.assertEqual(arch.xpath(f"//field[@name='{name}']/@context")[0], "{'active_test': False}")
                form = forms.create({"company_id": self.company.id})
                values = {
                    "giver_user_ids": form.giver_user_ids.ids if "giver_user_ids" in form else [],
                    "company_id": self.company.id,
                }
                domain = forms.fields_get([name])[name]["domain"]
                domain = safe_eval(domain, values) if isinstance(domain, str) else domain
                users = self.env["res.users"].with_user(self.lead)
                offered = users.with_context(active_test=False).search(domain)
                self.assertIn(self.manager, offered)
                self.assertIn(self.colleague, offered)
                self.assertNotIn(self.stranger, offered, "has left and has no customers")
        form = self.env["loan.assignment.bulk"].with_user(self.lead)
        form = form.create({"company_id": self.company.id, "from_user_id": self.manager.id})
        form.action_propose()
        self.assertEqual(form.line_ids.customer_id, self.customer)
        form.reason = "Has left"
        form.action_assign()
        self.assertTrue(self.customer.manager_user_id.active)

    # ------------------------------------------------------------ by hand

    def test_by_hand_nothing_happens_by_itself(self):
        self._night()
        self.assertFalse(self.orphan.manager_user_id or self.orphan.activity_ids)

    def test_who_comes_without_a_team_goes_to_the_lenders_usual_one(self):
        astray = self._orphan("Nobody's", team=self.env["crm.team"])
        self._night()
        self.assertFalse(astray.team_id)
        self.company.loan_team_id = self.team
        self.team.loan_assign_policy = "automatic"
        self._night()
        self.assertEqual(astray.team_id, self.team)
        self.assertTrue(astray.manager_user_id)
        other = self.env["res.company"].create({"name": "Puxi Finance", "loan_tz": "Asia/Shanghai"})
        with self.assertRefused("belongs to another company"):
            other.loan_team_id = self.team

    def test_one_who_cannot_be_treated_is_left_aside_and_told(self):
        self.team.loan_assign_policy = "automatic"
        mixin = type(self.env["loan.customer"])
        original = mixin._assign

        def failing(customers, *args, **kwargs):
            if self.orphan in customers:
                raise ValueError("no line")
            return original(customers, *args, **kwargs)

        partner = self._partner("Later")
        later = self.env["loan.customer"].create(
            {"partner_id": partner.id, "manager_user_id": False, "team_id": self.other_team.id}
        )
        later.team_id = self.team
        self.patch(mixin, "_assign", failing)
        night = self._night()
        self.assertEqual(night.failure_ids.customer_id, self.orphan)
        self.assertTrue(later.manager_user_id)

    def test_the_policy_is_said_by_who_leads_the_team(self):
        forms = self.env["loan.team.policy"]
        form = Form(forms.with_user(self.lead))
        self.assertEqual(form.team_id, self.team)
        form.loan_assign_policy = "automatic"
        form.save().action_apply()
        self.assertEqual(self.team.loan_assign_policy, "automatic")
        with self.assertRaises(AccessError):
            forms.with_user(self.other_lead).create({"team_id": self.team.id}).action_apply()
        form = forms.with_user(self.administrator).create({"team_id": self.team.id})
        form.loan_assign_policy = "propose"
        form.action_apply()
        self.assertEqual(self.team.loan_assign_policy, "propose")
        for user in (self.manager, self.desk, self.compliance):
            self.assertFalse(forms.with_user(user).has_access("create"))

    # ------------------------------------------------------------ many at once

    def test_a_portfolio_is_shared_out_and_the_load_shown_before_and_after(self):
        customers = self.customer
        self.desks.lang_ids = self.env["res.lang"]._lang_get("en_US")
        for n in range(5):
            customers |= self._customer(f"Portfolio {n}")
        bulk = (
            self.env["loan.assignment.bulk"]
            .with_user(self.lead)
            .create({"from_user_id": self.manager.id, "company_id": self.company.id})
        )
        bulk.action_propose()
        self.assertEqual(bulk.line_ids.customer_id, customers)
        self.assertNotIn(self.manager, bulk.line_ids.user_id)
        self.assertEqual({len(lines) for lines in bulk.line_ids.grouped("user_id").values()}, {3})
        chart = {row["id"]: (row["before"], row["after"]) for row in bulk.chart}
        self.assertEqual(chart, {self.manager.id: (6, 0), self.colleague.id: (0, 3), self.third.id: (0, 3)})
        bulk.invalidate_recordset()  # in the order the form shows them
        line = bulk.line_ids.filtered(lambda line: line.user_id == self.colleague)[0]
        with Form(bulk) as form:
            with form.line_ids.edit(bulk.line_ids.ids.index(line.id)) as edited:
                edited.user_id = self.third
        self.assertEqual({row["id"]: row["after"] for row in bulk.chart}[self.third.id], 4)
        with self.assertRefused("Say why"):
            bulk.action_assign()
        bulk.reason = "Lin Mei moves to another branch"
        bulk.action_assign()
        self.assertEqual(len(customers.filtered(lambda c: c.manager_user_id == self.third)), 4)
        kinds = customers.assignment_ids.filtered(lambda row: not row.date_to).mapped("kind")
        self.assertEqual(sorted(kinds), ["hand", *["proposal"] * 5])
        self.assertIn("meanwhile given to", self._hindered(bulk))

    def _hindered(self, bulk):
        """Press the button where something is in the way, and return what is said."""
        before = bulk.line_ids.customer_id.assignment_ids
        self.assertEqual(bulk.action_assign()["res_model"], bulk._name, "the form stays open")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(bulk.line_ids.customer_id.assignment_ids, before, "nothing is half-written")
        return bulk.trouble

    def test_a_line_that_must_not_be_is_refused_and_nothing_is_done(self):
        bulk = self._bulk(self.orphan | self.customer)
        self.env["loan.conflict"].with_user(self.third).create(
            {"user_id": self.third.id, "partner_id": self.orphan.partner_id.id, "reason": "Landlord"}
        )
        bulk.line_ids.user_id = self.third
        bulk.reason = "Reshuffle"
        self.assertEqual(
            self._hindered(bulk), "Zhang Wei: Conflict of interest · Does not speak Chinese, Simplified"
        )
        line = bulk.line_ids.filtered(lambda line: line.customer_id == self.orphan)
        self.assertEqual((line.refused, line.warning.split(" · ")[0]), (True, "Conflict of interest"))
        bulk.action_assign_others()
        self.assertEqual((self.customer.manager_user_id, self.orphan.manager_user_id.id), (self.third, False))
        self.assertEqual(bulk.line_ids, line, "what is left can be changed")
        line.user_id = self.colleague
        bulk.action_assign()
        self.assertEqual(self.orphan.manager_user_id, self.colleague)

    def test_a_deputy_who_may_not_act_is_marked_and_the_rest_goes(self):
        other = self._customer("Li Na")
        bulk = self._bulk(self.customer | other)
        bulk.line_ids.user_id = self.third
        # Somebody outside the ranking: of another team, who left the lender.
        line = bulk.line_ids.filtered(lambda line: line.customer_id == other)
        line.deputy_user_id = self.stranger
        self.stranger.active = False
        bulk.reason = "Reshuffle"
        self.assertIn("Li Na: Deputy Zhao Yun: Has left", self._hindered(bulk))
        self.assertEqual((line.refused, line.deputy_refused), (False, True))
        bulk.action_assign_others()
        self.assertEqual((self.customer.manager_user_id, other.manager_user_id), (self.third, self.manager))

    def test_a_known_deputy_who_cannot_act_any_more_is_not_proposed_again(self):
        self.customer.deputy_user_id = self.stranger
        self.stranger.active = False
        bulk = self._bulk(self.customer)
        self.assertNotIn(self.stranger, bulk.line_ids.deputy_user_id)
        bulk.reason = "Reshuffle"
        bulk.action_assign()
        self.assertNotEqual(self.customer.manager_user_id, self.manager)

    def test_loads_are_told_of_ones_own_people_alone(self):
        self._customer("Far away", manager=self.stranger)
        bulk = self._bulk(self.customer)
        bulk.to_user_ids = self.colleague | self.stranger
        self.assertNotIn(self.stranger.id, [row["id"] for row in bulk.chart])
        self.assertIn(self.colleague.id, [row["id"] for row in bulk.chart])
        with self.assertRefused("Choose among people of your own teams; Zhao Yun"):
            bulk.action_propose()

    def test_many_customers_take_no_query_for_each(self):
        counts = []
        for size in (2, 10):
            customers = self.env["loan.customer"].browse(
                [self._customer(f"Bulk {size} {n}").id for n in range(size)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bulk = self._bulk(customers)
            bulk.line_ids.user_id = self.colleague
            bulk.line_ids.deputy_user_id = self.third
            bulk.reason = "Reshuffle"
            bulk.action_assign()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 12)
