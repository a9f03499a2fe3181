from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_customer_tier import TierCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanTierTour(BrowserCommon, TierCommon):
    """A lead decides about tiers and a manager sees what follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._contract(
            start_date=cls.today, first_due_date=cls.today + relativedelta(months=1), principal=3000
        )
        cls.plus.criterion_ids = [
            Command.clear(),
            Command.create({"measure": "outstanding", "figure_enter": 1000, "figure_stay": 500}),
        ]
        cls.plus.criteria_match = "all"
        cls.prime.days_down = 0
        cls._stand(cls.customer, cls.prime, since=cls.today - relativedelta(years=1))
        cls.other = cls._customer("Li Na", birthday=cls.today + relativedelta(days=2, years=-40))
        greetings = cls.env["loan.consent.purpose"]._governing("greetings")
        cls.other._say_consents({greetings: True}, "phone", cls.manager)
        cls.prime.plan_id = cls.env["loan.service.plan"].create(
            {
                "name": "Of the Test",
                "company_id": cls.company.id,
                "step_ids": [
                    Command.create(
                        {
                            "name": name,
                            "occasion": occasion,
                            "days_ahead": 3,
                            "months": 3,
                            "activity_plan_id": cls.env.ref("loan_crm.mail_activity_plan_call").id,
                        }
                    )
                    for name, occasion in (("Birthday call", "birthday"), ("Review", "review"))
                ],
            }
        )

    def _decide(self, lang, suffix):
        self.env["res.lang"]._activate_lang(lang)
        (self.lead | self.manager).lang = lang
        self._night()
        self.assertEqual(self.customer.tier_id, self.prime)
        self.start_tour("/odoo/loan-tier-proposals", f"loan_tier_agree{suffix}", login=self.lead.login)
        self.assertEqual(self.customer.tier_id, self.plus)
        page = f"/odoo/loan-customers/{self.other.id}"
        self.start_tour(page, f"loan_tier_choose{suffix}", login=self.lead.login)
        self.assertEqual((self.other.tier_id, self.other.tier_source), (self.prime, "hand"))
        self.assertEqual(self.other.tier_until, self.today + relativedelta(years=1))
        self._tonight()
        self.assertEqual(self.other.activity_ids.user_id, self.manager)
        self.start_tour(page, "loan_tier_service", login=self.manager.login)

    def test_a_lead_agrees_to_a_downgrade_and_chooses_a_tier(self):
        self._decide("en_US", "")

    def test_a_lead_agrees_to_a_downgrade_and_chooses_a_tier_in_chinese(self):
        self._decide("zh_CN", "_zh")
