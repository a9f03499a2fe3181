from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, TransactionCase, freeze_time
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

# A Tuesday. 10:00 in Shanghai, so the lender's day and the UTC day are the same and letters may leave.
NOW = "2026-03-10 02:00:00"
TODAY = date(2026, 3, 10)
# To write each of them an invitation would take a quarter of what setting a class up takes.
_UNINVITED = {"no_reset_password": True}


@freeze_time(NOW)
class LoanCommon(TransactionCase):
    """A lender in Shanghai with two teams, a person for each role, and builders with good defaults.

    Today is always 10 March 2026. Builders act as the person whose work it is, so what a test builds has passed
    the same rights as in the day of that person.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, lang="en_US"))
        for code in ("en_US", "zh_CN"):
            cls.env["res.lang"]._activate_lang(code)
        cls.cny = cls.env.ref("base.CNY")
        cls.usd = cls.env.ref("base.USD")
        (cls.cny | cls.usd).active = True
        cls.company = cls.env["res.company"].create(
            {
                "name": "Pudong Finance",
                "currency_id": cls.cny.id,
                "loan_tz": "Asia/Shanghai",
                "loan_payment_instructions": "Pudong Bank, account 6222 0000 1111",
                "loan_reminders_paused": False,  # what a new lender begins with has tests of its own
            }
        )
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        cls.env.user.company_ids |= cls.company

        (
            cls.manager,
            cls.colleague,
            cls.stranger,
            cls.lead,
            cls.other_lead,
            cls.desk,
            cls.compliance,
            cls.administrator,
            cls.employee,
        ) = cls._users(
            cls._user_values("loan_crm.loan_crm_group_manager", "Lin Mei", phone="+86 21 5555 0101"),
            cls._user_values("loan_crm.loan_crm_group_manager", "Chen Bo", phone="+86 21 5555 0102"),
            cls._user_values("loan_crm.loan_crm_group_manager", "Zhao Yun"),
            cls._user_values("loan_crm.loan_crm_group_team_lead", "Gu Ning"),
            cls._user_values("loan_crm.loan_crm_group_team_lead", "Hu Tao"),
            cls._user_values("loan_crm.loan_crm_group_service_desk", "Sun Li"),
            cls._user_values("loan_crm.loan_crm_group_compliance", "Ma Jun"),
            cls._user_values("loan_crm.loan_crm_group_administrator", "Qian Fei"),
            cls._user_values("base.group_user", "Li Ming", login="employee"),
        )
        cls.team = cls._team("Retail", cls.lead, cls.manager | cls.colleague | cls.desk)
        cls.other_team = cls._team("Corporate", cls.other_lead, cls.stranger)

        cls.policy = cls.env.ref("loan_crm.loan_reminder_policy_standard")
        cls.product = cls._product()
        cls.customer = cls._customer()

    @classmethod
    def _user(cls, role, name, **values):
        return cls._users(cls._user_values(f"loan_crm.loan_crm_group_{role}", name, **values))

    @classmethod
    def _user_values(cls, group, name, **values):
        email = f"{name.lower().replace(' ', '.')}@example.com"
        return {
            "name": name,
            "login": email,
            "email": email,
            "group_ids": [Command.set(cls.env.ref(group).ids)],
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
            "tz": "Asia/Shanghai",
            **values,
        }

    @classmethod
    def _users(cls, *values):
        """Return users, made in one go: nine of them one by one would take a third of a class's setting up."""
        return cls.env["res.users"].with_context(**_UNINVITED).create(list(values)).with_env(cls.env)

    @classmethod
    def _team(cls, name, leader, members):
        return cls.env["crm.team"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "user_id": leader.id,
                "crm_team_member_ids": [Command.create({"user_id": user.id}) for user in members],
            }
        )

    @classmethod
    def _product(cls, **values):
        return cls.env["loan.product"].create(
            {
                "name": "Car Loan",
                "company_id": cls.company.id,
                "currency_id": cls.cny.id,
                "family": "car",
                "yearly_rate": 6.0,
                "term_max": 60,
                "penalty_factor": 0.0,  # what lateness costs has tests of its own
                **values,
            }
        )

    @classmethod
    def _partner(cls, name="Wang Fang", **values):
        values.setdefault("email", f"{name.lower().replace(' ', '.')}@example.com")
        return cls.env["res.partner"].create({"name": name, "lang": "en_US", **values})

    @classmethod
    def _customer(cls, name="Wang Fang", manager=None, **values):
        """Return a customer of `manager` (Lin Mei by default), a fresh contact behind it."""
        manager = manager or cls.manager
        if "partner_id" not in values:
            values["partner_id"] = cls._partner(name).id
        return (
            cls.env["loan.customer"]
            .with_user(manager)
            .create({"company_id": cls.company.id, **values})
            .with_env(cls.env)
        )

    @classmethod
    def _contract(cls, customer=None, active=True, **values):
        """Return a loan of 12,000 over 12 months, paid out a month ago, first due in a week."""
        customer = customer or cls.customer
        contract = (
            cls.env["loan.contract"]
            .with_user(customer.manager_user_id)
            .create(
                {
                    "customer_id": customer.id,
                    "company_id": cls.company.id,
                    "product_id": cls.product.id,
                    "principal": 12000,
                    "term": 12,
                    "start_date": TODAY - relativedelta(days=21),
                    "first_due_date": TODAY + relativedelta(days=7),
                    **values,
                }
            )
        )
        if active:
            contract.action_activate()
        return contract.with_env(cls.env)

    @classmethod
    def _due_in(cls, days, customer=None, **values):
        """Return a running loan whose first installment falls due in so many days; negative: is late."""
        first_due = TODAY + relativedelta(days=days)
        values.setdefault("start_date", min(TODAY, first_due - relativedelta(months=1)))
        return cls._contract(customer, first_due_date=first_due, **values)

    @classmethod
    def _pay(cls, contract, amount, date=TODAY, **values):
        """Return a posted repayment."""
        repayment = (
            cls.env["loan.repayment"]
            .with_user(contract.manager_user_id)
            .create({"contract_id": contract.id, "amount": amount, "date": date, **values})
        )
        repayment.action_post()
        return repayment.with_env(cls.env)

    @contextmanager
    def assertRefused(self, words):
        """Check that the user is told these words (a regular expression), and leave nothing half-written.

        What the database refuses is told in the words of its constraint, as Odoo's service layer does.
        """
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                yield
                self.env.flush_all()
        except UserError as error:
            told = str(error)
        except IntegrityError as error:
            table = error.diag.table_name
            model = next(name for name, model in self.registry.items() if model._table == table)
            told = self.env[model]._sql_error_to_message(error)
        else:
            self.fail(f"not refused: {words}")
        finally:
            self.env.cr.clear()
        self.assertRegex(told, words)

    def _posts(self):
        """Return how much was sent from the pages of borrowers, counted for persons and addresses alike."""
        self.env.invalidate_all()
        return sum(self.env["loan.portal.count"].search([]).mapped("count"))

    @contextmanager
    def _without_commit(self):
        """Let a job run inside a test's transaction: it commits and rolls back batches, a test must not."""
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")
        ):
            yield

    @contextmanager
    def _days_later(self, days, clock="10:00"):
        """Be in a test that many days after today, at an hour of the lender's clock."""
        moment = datetime.combine(TODAY + relativedelta(days=days), time.fromisoformat(clock))
        with freeze_time(moment - timedelta(hours=8)):  # Shanghai knows no summer time
            self.env.invalidate_all()
            yield
        self.env.invalidate_all()

    @classmethod
    def _try_letters(cls):
        """Try the lender's letters once for all tests of a class; else the round of each test tries them."""
        with patch.object(type(cls.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")):
            cls.env["loan.reminder.round"]._check_letters(cls.company)

    def _remind(self):
        """Run the reminder round of the lender and return the ledger's entries of its loans."""
        with self._without_commit():
            self.env["loan.reminder.round"]._remind(self.company)
        return self.env["loan.reminder"].search([("company_id", "=", self.company.id)], order="id")


class LoanMailCommon(LoanCommon, MockEmail):
    """A lender whose letters leave to a stand-in for the mail server."""

    @contextmanager
    def _mail_server(self, send_message=None):
        """Stand in for the mail server; `send_message` may fail in its place."""
        with self.mock_mail_gateway(mail_unlink_sent=True):
            if send_message is None:
                yield
            else:
                with patch.object(
                    self.testing_smtp_session, "send_message", side_effect=send_message, create=True
                ):
                    yield


class BrowserCommon(HttpCase):
    """A real browser on the real clock: its time cannot be frozen. Stands before what makes the lender."""

    freeze_time = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo runs in UTC and so does the browser it starts: for "today" to be one day, so must the lender be.
        cls.company.loan_tz = "UTC"
        cls.env["res.users"].search([("company_ids", "in", cls.company.ids)]).tz = "UTC"
        cls.today = cls.company._loan_today()
