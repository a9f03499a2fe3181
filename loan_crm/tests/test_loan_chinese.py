from odoo.tests import tagged

from .common import LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanChinese(LoanCommon):
    """What is written for readers of Chinese looks as a Chinese bank writes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract()
        cls.yuan = cls.env.ref("base.CNY")

    def test_an_amount_has_no_space_after_the_sign(self):
        chinese = self.yuan.with_context(lang="zh_CN")
        self.assertEqual(chinese.format(12345.678), "¥12,345.68")
        self.assertEqual(self.yuan.with_context(lang="en_US").format(12345.678), "¥\xa012,345.68")
        euro = self.env.ref("base.EUR").with_context(lang="zh_CN")
        self.assertEqual(euro.format(602.41), "602.41\xa0€")

    def test_letters_write_amounts_and_days_the_same_way(self):
        template = self.env["mail.template"].create(
            {
                "name": "Amounts",
                "model_id": self.env["ir.model"]._get_id("loan.contract"),
                "lang": "{{ object.partner_id.lang }}",
                "subject": "{{ format_amount(object.principal, object.currency_id) }}",
                "body_html": "<p t-out=\"format_date(object.start_date, date_format='long')\"/>",
            }
        )
        self.contract.currency_id = self.yuan
        for lang, amount, day in (
            ("zh_CN", "¥12,000.00", "2026年"),
            ("en_US", "¥\xa012,000.00", "2026"),
        ):
            with self.subTest(lang=lang):
                self.contract.partner_id.lang = lang
                told = template._generate_template(self.contract.ids, ["subject", "body_html"])
                told = told[self.contract.id]
                self.assertEqual(told["subject"], amount)
                self.assertIn(day, told["body_html"])

    def test_the_picture_of_a_schedule_counts_in_ten_thousands(self):
        self.contract.currency_id = self.yuan
        for lang, told in (("zh_CN", "¥1.2万"), ("en_US", "¥\xa012.3k")):
            self.assertEqual(self.contract.with_context(lang=lang)._portal_short(12345.67), told)
