from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import tagged

from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAssignmentTour(BrowserCommon, LoanCommon):
    """A lead finds managers for customers and looks at the load."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls._user("manager", "Pan Yi")
        cls.relative = cls._user("manager", "Xu Lan")
        cls.team.crm_team_member_ids = [
            Command.create({"user_id": user.id}) for user in cls.third | cls.relative
        ]
        shanghai = cls.env.ref("base.state_cn_SH")
        chinese, english = (cls.env["res.lang"]._lang_get(code) for code in ("zh_CN", "en_US"))
        cls.env["loan.manager"].create(
            [
                {"user_id": cls.manager.id, "lang_ids": english.ids, "state_ids": shanghai.ids},
                {"user_id": cls.colleague.id, "lang_ids": chinese.ids, "state_ids": shanghai.ids},
                {"user_id": cls.third.id, "lang_ids": english.ids, "takes_new": False},
                {"user_id": cls.relative.id, "lang_ids": chinese.ids},
            ]
        )
        cls.borrower = cls._orphan("Zhang Wei", lang="zh_CN")
        cls.borrower.region_id = shanghai
        cls._tie(cls.borrower, cls._customer("Zhang Mei", manager=cls.colleague).partner_id, "spouse")
        cls._tie(cls.borrower, cls.relative.partner_id, "child")

    @classmethod
    def _orphan(cls, name, **values):
        return cls.env["loan.customer"].create(
            {
                "partner_id": cls._partner(name, **values).id,
                "company_id": cls.company.id,
                "manager_user_id": False,
                "team_id": cls.team.id,
            }
        )

    @classmethod
    def _tie(cls, customer, partner, kind):
        return cls.env["loan.customer.relation"].create(
            {
                "customer_id": customer.id,
                "partner_id": partner.id,
                "type_id": cls.env.ref(f"loan_crm.loan_customer_relation_type_{kind}").id,
            }
        )

    def _suggest(self, suffix):
        page = f"/odoo/loan-customers/{self.borrower.id}"
        self.start_tour(page, f"loan_assignment_suggest{suffix}", login=self.lead.login)
        row = self.borrower.assignment_ids[:1]
        self.assertEqual((row.manager_user_id, row.kind), (self.third, "hand"))
        self.assertEqual(row.reason, "They asked for her")

    def _bulk(self, suffix):
        other = self._customer("Li Na")
        self._tie(other, self.relative.partner_id, "parent")
        self.start_tour("/odoo/loan-customers", f"loan_assignment_bulk{suffix}", login=self.lead.login)
        self.assertNotEqual(self.customer.manager_user_id, self.manager)
        self.assertEqual(self.customer.assignment_ids[:1].reason, "Lin Mei moves to another branch")
        self.assertEqual(other.manager_user_id, self.manager)

    def _heat(self, suffix):
        self.company.loan_weight_ours = 10  # so that one is tinted
        self.customer.with_context(mail_activity_quick_update=True).activity_schedule(
            "loan_crm.mail_activity_type_promised",
            date_deadline=self.today - relativedelta(days=2),
            summary="Send the contract",
            user_id=self.manager.id,
        )
        self.env.flush_all()
        self.start_tour("/odoo/loan-team-load", f"loan_workload_heat{suffix}", login=self.lead.login)

    def test_a_lead_suggests_a_manager_and_breaks_a_rule(self):
        self._suggest("")

    def test_a_lead_suggests_a_manager_and_breaks_a_rule_in_chinese(self):
        self.lead.lang = "zh_CN"
        self._suggest("_zh")

    def test_a_lead_gives_a_portfolio_to_others(self):
        self._bulk("")

    def test_a_lead_gives_a_portfolio_to_others_in_chinese(self):
        self.lead.lang = "zh_CN"
        self._bulk("_zh")

    def test_a_lead_reads_the_heat_map(self):
        self._heat("")

    def test_a_lead_reads_the_heat_map_in_chinese(self):
        self.lead.lang = "zh_CN"
        self._heat("_zh")
