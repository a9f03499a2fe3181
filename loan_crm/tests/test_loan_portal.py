

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_loan_borrower import BorrowerCommon


class PortalCommon(BorrowerCommon):
    """Wang Fang with a login, and her loan that is late by a week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.borrower = cls._login_of(cls.partner)

    @classmethod
    def _login_of(cls, partner, group="base.group_portal", **values):
        """Return the user of a contact; the password is the login."""
        login = f"{partner.name.lower().replace(' ', '.')}@portal"
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "partner_id": partner.id,
                    "login": login,
                    "password": login,
                    "group_ids": [Command.set(cls.env.ref(group).ids)],
                    **values,
                }
            )
        )

    def _be(self, user):
        """Log in, or be nobody."""
        if user:
            self.authenticate(user.login, user.login)
        else:
            self.logout()
        return user

    def _path(self, page="loan", contract=None, partner=None):
        return f"/my/loans/{(contract or self.contract).id}" + ("" if page == "loan" else f"/{page}")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortal(PortalCommon):
    """What a borrower sees with their login: their own, all of it, and nothing of anybody else."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    # ------------------------------------------------------------ loans

    def test_the_list_tells_what_is_overdue_and_what_comes_next(self):
        self._pay(self.contract, 100)
        repaid = self._contract()
        self._pay(repaid, repaid.amount_open)
        told = self._read(self._get("/my/loans")).replace("\xa0", " ")
        row = self.contract.installment_ids[0]
        overdue = self.contract._amount(row.amount_open).replace("\xa0", " ")
        self.assertIn(f"Overdue now: {overdue}", told)
        self.assertIn("April 3, 2026", told)
        self.assertIn(self.contract.name, told)
        self.assertIn("Repaid", told)
        self.assertLess(told.index(self.contract.name), told.index(repaid.name))

    def test_a_loan_is_told_whole_the_next_payment_first(self):
        self._pay(self.contract, 100)
        told = self._read(self._get(self._path())).replace("\xa0", " ")
        rows = self.contract.installment_ids
        for words in (
            "Car Loan",
            "Overdue now",
            "7 days late · partly paid",
            "Your next payment",
            "April 3, 2026",
            "Pudong Bank, account 6222 0000 1111",
            "I cannot pay in time",
            "Lin Mei",
            "Principal still owed",
            "12 of 12",
            "12 payments from March 3, 2026 to February 3, 2027: 0 paid, 1 overdue, 11 to come.",
            f"partly paid, {self.contract._amount(rows[0].amount_open)} open",
            self.contract._amount(rows[-1].amount),
            self.contract.repayment_ids.name,
            "Statement",
        ):
            self.assertIn(words.replace("\xa0", " "), told)
        self.assertLess(told.index("Your next payment"), told.index("Your loan in figures"))
