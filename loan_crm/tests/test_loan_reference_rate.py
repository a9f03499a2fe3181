from datetime import date, timedelta
from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReferenceRate(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rate = cls._rate()

    @classmethod
    def _rate(cls, **values):
        return cls.env["loan.reference.rate"].create(
            {
                "name": "Bank Rate",
                "code": "BANK",
                "value_ids": [
                    Command.create({"date": "2026-01-05", "value": 3.45}),
                    Command.create({"date": "2025-01-05", "value": -0.1}),
                    Command.create({"date": "2025-07-05", "value": 0}),
                ],
                **values,
            }
        )

    def _told(self, rate):
        """Return the notes of a rate's log, the newest first."""
        return [message.body for message in rate.message_ids if message.body]

    # ------------------------------------------------------------ what the app brings

    def test_the_lpr_comes_as_it_was_published(self):
        one = self.env.ref("loan_crm.loan_reference_rate_lpr_1y")
        five = self.env.ref("loan_crm.loan_reference_rate_lpr_5y")
        self.assertEqual((one.code, five.code), ("LPR-1Y", "LPR-5Y"))
        for day, short, long in (
            ("2024-01-21", None, None),
            ("2024-01-22", "0.0345", "0.0420"),
            ("2024-02-20", "0.0345", "0.0395"),
            ("2024-07-21", "0.0345", "0.0395"),
            ("2024-07-22", "0.0335", "0.0385"),
            ("2024-10-21", "0.0310", "0.0360"),
            ("2025-05-19", "0.0310", "0.0360"),
            ("2025-05-20", "0.0300", "0.0350"),
        ):
            with self.subTest(day=day):
                for rate, value in ((one, short), (five, long)):
                    self.assertEqual(rate._value_on(date.fromisoformat(day)), value and Decimal(value))
        self.assertEqual(one.with_context(lang="zh_CN").name, "贷款市场报价利率（LPR）1年期")
        self.assertIn("2025年5月", one.with_context(lang="zh_CN").note)
        self.assertFalse(
            [told for told in self._told(one) if "Added" in told], "what the app brings is no news"
        )

    # ------------------------------------------------------------ values

    def test_a_value_holds_until_the_next_one(self):
        for day, value in (
            ("2025-01-04", None),
            ("2025-01-05", "-0.001"),
            ("2025-07-04", "-0.001"),
            ("2025-07-05", "0"),
            ("2026-01-05", "0.0345"),
            ("2099-12-31", "0.0345"),
        ):
            with self.subTest(day=day):
                found = self.rate._value_on(date.fromisoformat(day))
                self.assertEqual(found, value and Decimal(value))
                self.assertTrue(found is None or isinstance(found, Decimal))
        self.assertEqual(
            self.rate._values(),
            [
                (date(2025, 1, 5), Decimal("-0.001")),
                (date(2025, 7, 5), Decimal(0)),
                (date(2026, 1, 5), Decimal("0.0345")),
            ],
        )
        self.assertEqual(self._rate(code="EMPTY", value_ids=False)._values(), [])

    def test_a_value_keeps_each_of_its_digits(self):
        for percent in (0.1, 4.35, 3.333333, 99.999999, -9.999999, 12.345678):
            value = self.env["loan.reference.rate.value"].create(
                {"rate_id": self.rate.id, "date": "2026-02-01", "value": percent}
            )
            self.env.invalidate_all()
            with self.subTest(percent=percent):
                self.assertEqual(value._as_fraction(), Decimal(str(percent)) / 100)
            value.unlink()

    def test_the_list_shows_what_holds_today(self):
        rate = self.rate.with_user(self.manager)
        self.assertEqual((rate.current_value, rate.current_date), (3.45, date(2026, 1, 5)))
        self.rate.with_user(self.administrator).value_ids = [
            Command.create({"date": TODAY, "value": 3.4}),
            Command.create({"date": TODAY + timedelta(days=1), "value": 3.3}),
        ]
        self.assertEqual((rate.current_value, rate.current_date), (3.4, TODAY))
        with self._days_later(1):
            self.assertEqual(rate.current_value, 3.3)
        empty = self._rate(code="EMPTY", value_ids=False)
        self.assertFalse(empty.current_date)

    def test_today_is_the_lenders_day(self):
        self.rate.value_ids = [Command.create({"date": TODAY + timedelta(days=1), "value": 3.3})]
        with freeze_time("2026-03-10 15:59:00"):
            self.env.invalidate_all()
            self.assertEqual(self.rate.current_value, 3.45)
        with freeze_time("2026-03-10 16:00:00"):  # midnight in Shanghai
            self.env.invalidate_all()
            self.assertEqual(self.rate.current_value, 3.3)

    def test_wrong_values_are_refused(self):
        administrator = self.rate.with_user(self.administrator)
        for value in (-10.01, 100.01, 345, float("nan"), float("inf")):
            with self.subTest(value=value), self.assertRefused("between -10 and 100|not a number"):
                administrator.value_ids = [Command.create({"date": "2026-02-01", "value": value})]
            with self.subTest("written", value=value), self.assertRefused("between -10 and 100|not a number"):
                administrator.value_ids[0].write({"value": value})
        for value in (-10, 100):
            administrator.value_ids[0].value = value
        with self.assertRefused("a value for that day already"):
            administrator.value_ids = [Command.create({"date": "2026-01-05", "value": 3.4})]
        with self.assertRefused("code exists"):
            self._rate()

    def test_a_copy_begins_without_a_history(self):
        copy = self.rate.with_user(self.administrator).copy()
        self.assertFalse(copy.value_ids)
        self.assertNotEqual(copy.code, self.rate.code)

    # ------------------------------------------------------------ rights and the log

    def test_an_administrator_types_values_in_the_form(self):
        form = Form(self.env["loan.reference.rate"].with_user(self.administrator))
        form.name = "Key Rate"
        form.code = "KEY"
        with form.value_ids.new() as line:
            line.date = "2026-03-01"
            line.value = 2.5
        rate = form.save()
        self.assertEqual(rate._value_on(TODAY), Decimal("0.025"))
        action = rate.action_open_values()
        values = self.env["loan.reference.rate.value"].search(action["domain"])
        self.assertEqual(values, rate.value_ids)

    def test_only_an_administrator_changes_rates(self):
        value = self.rate.value_ids[0]
        for user in self.manager | self.lead | self.desk | self.compliance:
            rate = self.rate.with_user(user)
            with self.subTest(user=user.name):
                self.assertEqual(rate._value_on(TODAY), Decimal("0.0345"))
                for change in (
                    lambda rate=rate: rate.write({"name": "Mine"}),
                    lambda rate=rate: rate.copy(),
                    lambda rate=rate: rate.unlink(),
                    lambda rate=rate: rate.write(
                        {"value_ids": [Command.create({"date": TODAY, "value": 1})]}
                    ),
                    lambda user=user: value.with_user(user).write({"value": 1}),
                    lambda user=user: value.with_user(user).unlink(),
                    lambda user=user: value.with_user(user).copy({"date": TODAY}),
                ):
                    with self.assertRaises(AccessError):
                        change()
        with self.assertRaises(AccessError):
            self.rate.with_user(self.employee).read(["name"])
        with self.assertRaises(AccessError):
            value.with_user(self.employee).read(["value"])

    def test_the_log_tells_what_became_of_each_value(self):
        rate = self.rate.with_user(self.administrator).with_context(tracking_disable=False)
        rate.value_ids = [
            Command.create({"date": "2026-02-01", "value": 3.4}),
            Command.create({"date": "2026-03-01", "value": 3.35}),
        ]
        told = self._told(rate)[0]
        self.assertRegex(told, r"Added: 3\.4% from 02/01/2026 on<br/?>Added: 3\.35% from 03/01/2026 on")
        self.assertEqual(rate.message_ids[0].author_id, self.administrator.partner_id)

        value = rate.value_ids.filtered(lambda value: value.date == date(2026, 2, 1))
        value.write({"value": 3.45, "date": "2026-02-02"})
        self.assertRegex(
            self._told(rate)[0],
            r"Changed: 3\.4% from 02/01/2026 on, now 3\.45% from 02/02/2026 on",
        )
        count = len(self._told(rate))
        value.write({"value": 3.45})
        self.assertEqual(len(self._told(rate)), count, "what stays the same is no news")

        value.unlink()
        self.assertRegex(self._told(rate)[0], r"Removed: 3\.45% from 02/02/2026 on")

    def test_a_value_that_moves_to_another_rate_is_told_on_both(self):
        other = self._rate(code="OTHER", value_ids=False)
        value = self.rate.value_ids[0].with_user(self.administrator).with_context(tracking_disable=False)
        value.rate_id = other
        self.assertRegex(self._told(self.rate)[0], "Removed: 3.45%")
        self.assertRegex(self._told(other)[0], "Added: 3.45%")
