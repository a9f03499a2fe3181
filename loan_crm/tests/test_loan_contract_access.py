from contextlib import suppress
from datetime import date, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, LoanCommon

PROTECTED = (
    "loan.customer",
    "loan.contract",
    "loan.installment",
    "loan.repayment",
    "loan.repayment.allocation",
    "loan.reminder",
    "loan.contract.event",
    "loan.schedule.version",
    "loan.arrears.change",
    "loan.reminder.hold",
    "loan.contract.party",
    "loan.reminder.bounce",
    "loan.promise",
    "loan.hardship",
    "loan.reminder.forecast",
    "loan.agreement",
    "loan.agreement.signer",
    "loan.consent",
)
# Something each model lets its writers write, and something that is never written by hand.
CHANGES = {
    "loan.customer": {"kind": "sme"},
    "loan.contract": {"reminder_policy_id": False},
    "loan.installment": {"amount_open": 0.0},
    "loan.repayment": {"note": "seen"},
    "loan.repayment.allocation": {"principal": 1.0},
    "loan.reminder": {"state": "sent"},
    "loan.contract.event": {"note": "seen"},
    "loan.schedule.version": {"note": "seen"},
    "loan.arrears.change": {"days_past_due": 1},
    "loan.reminder.hold": {"reason": "seen"},
    "loan.contract.party": {"role": "guarantor"},
    "loan.reminder.bounce": {"state": "mended"},
    "loan.promise": {"note": "seen"},
    "loan.hardship": {"best_time": "after six"},
    "loan.reminder.forecast": {"amount": 1.0},
    "loan.agreement": {"valid_until": "2026-12-31"},
    "loan.agreement.signer": {"signer_name": "Somebody"},
    "loan.consent": {"note": "seen"},
    "loan.consent.report": {"standing": "given"},
    "loan.data.request": {"note": "seen"},
}
# What the service desk writes as well, because it takes the call.
BY_THE_DESK = {"loan.reminder.hold", "loan.promise", "loan.hardship"}
# What is not for each role that a customer is open to: to make a copy of somebody's data is compliance's.
NARROWER = {
    "loan.consent.report": {"manager", "lead", "compliance"},
    "loan.data.request": {"compliance"},
}
# What somebody may do without changing anything: compare a signature with its seal.
LOOKS = {"action_check_evidence"}
# What the rules of a lender are, and the letters of `read`, `write`, `create`, `unlink` that each role has there.
OF_THE_HOUSE = {
    "loan.agreement.text": {
        "manager": "r",
        "lead": "r",
        "desk": "r",
        "compliance": "rwcu",
        "administrator": "r",
    },
    "loan.consent.purpose": {
        "manager": "r",
        "lead": "r",
        "desk": "r",
        "compliance": "rwcu",
        "administrator": "rwcu",
    },
    "loan.portal.count": {"system": "r"},
    "loan.sample.add": {"administrator": "rwcu", "system": "rwcu"},
}


class AccessCommon(LoanCommon):
    """Lin Mei's customer with a loan, a repayment and a reminder; everybody else knocks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = new_test_user(
            cls.env,
            "root.like",
            groups="base.group_system,loan_crm.loan_crm_group_administrator",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        everybody = cls.env["res.users"].search([("company_id", "=", cls.company.id)])
        # Else the door of export is closed to all of them anyway and nothing is tried.
        everybody.write({"group_ids": [Command.link(cls.env.ref("base.group_allow_export").id)]})
        cls.contract = cls._due_in(3)
        cls.family = cls._family(cls.contract)

    @classmethod
    def _family(cls, contract):
        """Return `{model: record}`, one of each protected model around one loan."""
        repayment = contract.env["loan.repayment"].create(
            {"contract_id": contract.id, "amount": 100, "date": TODAY}
        )
        repayment.action_post()
        reminder = contract.env["loan.reminder"].create(
            {
                "installment_id": contract.installment_ids[0].id,
                "step_id": cls.policy.step_ids[0].id,
                "contract_id": contract.id,
                "customer_id": contract.customer_id.id,
                "company_id": contract.company_id.id,
                "date_planned": TODAY,
                "due_date": contract.installment_ids[0].due_date,
                "amount": 900,
            }
        )
        event = contract.env["loan.contract.event"].create(
            {"contract_id": contract.id, "kind": "drawdown", "date": TODAY, "amount": 600}
        )
        change = contract.env["loan.arrears.change"].search([("contract_id", "=", contract.id)])
        hold = contract.env["loan.reminder.hold"].create(
            {"contract_id": contract.id, "kind": "complaint", "reason": "Fee of March"}
        )
        party = contract.env["loan.contract.party"].create(
            {
                "contract_id": contract.id,
                "partner_id": contract.env["res.partner"].create({"name": "Co-borrower"}).id,
            }
        )
        bounce = contract.env["loan.reminder.bounce"]._note(contract, contract.partner_id.email, "550 5.1.1")
        promise = contract.env["loan.promise"].create(
            {"contract_id": contract.id, "amount": 50, "date_promised": TODAY}
        )
        hardship = contract.env["loan.hardship"].create({"contract_id": contract.id, "cause": "other"})
        company_ids = {"allowed_company_ids": contract.company_id.ids}
        forecast = contract.env["loan.reminder.forecast"].with_context(**company_ids)
        forecast = forecast.search([("contract_id", "=", contract.id)], limit=1)
        agreement = cls._agreement(contract)
        purpose = contract.env.ref("loan_crm.loan_consent_purpose_greetings")
        consent = contract.customer_id._say_consents({purpose: True}, "phone", cls.manager)
        records = (
            contract.customer_id,
            contract,
            contract.installment_ids[0],
            repayment,
            repayment.allocation_ids,
            reminder,
            event,
            contract.version_ids,
            change,
            hold,
            party,
            bounce,
            promise,
            hardship,
            forecast,
            agreement,
            agreement.signer_ids,
            consent,
        )
        assert tuple(record._name for record in records) == PROTECTED
        cls.env.flush_all()
        return {record._name: record for record in records}

    @classmethod
    def _agreement(cls, contract):
        """Return an agreement that is offered, of another loan of the same customer."""
        company = contract.company_id
        text = contract.env["loan.agreement.text"].create(
            {"name": "Loan agreement", "body": "<p>We lend, you pay back.</p>", "company_id": company.id}
        )
        text.action_publish()
        loan = contract.env["loan.contract"].create(
            {
                "customer_id": contract.customer_id.id,
                "company_id": company.id,
                "product_id": contract.product_id.id,
                "principal": 1200,
                "term": 6,
                "start_date": TODAY + timedelta(5),
            }
        )
        action = loan.action_prepare_agreement()
        agreement = contract.env["loan.agreement"].browse(action["res_id"])
        agreement.action_offer()
        return agreement

    def _as(self, user, record, **context):
        """Return the record as a client of this user would hold it: only an id, nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env(user=user)[record._name].with_context(**context).browse(record.id)

    def _reading_doors(self, record, every=True):
        """Return `{door: found}`, each an ordinary way to read this record over RPC.

        :param bool every: False for the two that all others go through, a search and the check of one record
        """
        model, only = record.browse(), [("id", "=", record.id)]
        doors = {
            "web_search_read": lambda: model.web_search_read(only, {"display_name": {}})["records"],
            "web_read": lambda: record.web_read({"display_name": {}}),
        }
        if every:
            doors |= {
                "search archived": lambda: model.with_context(active_test=False).search(only),
                "search_count": lambda: model.search_count(only),
                "name_search": lambda: model.name_search("", only),
                "name_search, not like": lambda: model.name_search("no such name", only, "not ilike"),
                "_read_group": lambda: model._read_group(only, ["id"]),
                "formatted_read_group": lambda: model.formatted_read_group(only, ["id"], ["__count"]),
                "read": lambda: record.read(["display_name"]),
                "export_data": lambda: record.export_data(["display_name"])["datas"],
                "copy_data": lambda: record.copy_data(),
                "display_name": lambda: record.display_name,
            }
        found = {}
        for door, knock in doors.items():
            record.invalidate_recordset()
            try:
                found[door] = bool(knock())
            except AccessError:
                found[door] = False
        return found

    def assertSees(self, user, records, every=False, **context):
        for record in records:
            with self.subTest("sees", user=user.name, record=record._name):
                found = self._reading_doors(self._as(user, record, **context), every)
                self.assertFalse({door for door, open_ in found.items() if not open_})

    def assertBlind(self, user, records, every=False, **context):
        for record in records:
            with self.subTest("is blind to", user=user.name, record=record._name):
                found = self._reading_doors(self._as(user, record, **context), every)
                self.assertFalse({door for door, open_ in found.items() if open_})

    def assertCannotChange(self, user, records):
        """Check that write, unlink, archive, create beside it and a link from a parent are all refused."""
        for record in records:
            seen = self._as(user, record)
            vals = CHANGES[record._name]
            beside = record.copy_data()[0]
            if record._name == "loan.customer":
                beside["partner_id"] = self._partner("Somebody New").id
            for door, knock in {
                "write": lambda seen=seen, vals=vals: seen.write(vals),
                "web_save": lambda seen=seen, vals=vals: seen.web_save(vals, {}),
                "unlink": lambda seen=seen: seen.unlink(),
                "create": lambda seen=seen, beside=beside: seen.create([beside]),
                "import": lambda seen=seen, vals=vals: self._import(seen, vals),
            }.items():
                with (
                    self.subTest(user=user.name, record=record._name, door=door),
                    self.assertRaises(AccessError),
                ):
                    knock()

    def _import(self, record, vals):
        """Update by the number in an import file; what `load` refuses comes back as messages."""
        name, value = next(iter(vals.items()))
        name = f"{name}/.id" if record._fields[name].type == "many2one" else name
        with mute_logger("odoo.sql_db"):  # a number that is not found is tried as a new record first
            result = record.browse().load([".id", name], [[str(record.id), str(value or "")]])
        if not result["ids"]:
            raise AccessError(str(result["messages"]))


@tagged("post_install", "-at_install", "loan")
class TestLoanContractAccess(AccessCommon):
    # ------------------------------------------------------------ each role, each door

    def test_a_manager_reads_their_customers_records_by_every_door(self):
        self.assertSees(self.manager, self.family.values(), every=True)

    def test_the_lead_of_the_team_reads_them_too(self):
        self.assertSees(self.lead, self.family.values(), every=True)

    def test_the_service_desk_of_the_team_reads_them_too(self):
        self.assertSees(self.desk, self.family.values(), every=True)

    def test_a_compliance_officer_reads_every_customer(self):
        self.assertSees(self.compliance, self.family.values(), every=True)

    def test_a_colleague_of_the_same_team_finds_every_door_closed(self):
        self.assertBlind(self.colleague, self.family.values(), every=True)

    def test_a_manager_of_another_team_finds_every_door_closed(self):
        self.assertBlind(self.stranger, self.family.values(), every=True)

    def test_the_lead_of_another_team_finds_every_door_closed(self):
        self.assertBlind(self.other_lead, self.family.values(), every=True)

    def test_a_service_desk_outside_the_team_finds_every_door_closed(self):
        desk = self._user("service_desk", "Xu Ke")
        desk.group_ids += self.env.ref("base.group_allow_export")
        self.assertBlind(desk, self.family.values(), every=True)

    def test_an_employee_without_a_duty_finds_every_door_closed(self):
        self.assertBlind(self.employee, self.family.values(), every=True)

    def test_being_administrator_opens_no_customer(self):
        for user in self.administrator | self.system:
            self.assertBlind(user, self.family.values(), every=True)

    def test_the_borrower_and_the_public_find_every_door_closed(self):
        portal = new_test_user(
            self.env,
            "wang.fang.portal",
            groups="base.group_portal,base.group_allow_export",
            partner_id=self.customer.partner_id.id,
        )
        public = self.env.ref("base.public_user")
        public.group_ids += self.env.ref("base.group_allow_export")
        for user in portal | public:
            self.assertBlind(user, self.family.values(), every=True)

    def test_nobody_without_the_duty_changes_anything(self):
        for user in self.colleague | self.stranger | self.other_lead | self.employee | self.system:
            self.assertCannotChange(user, self.family.values())

    def test_service_desk_and_compliance_only_read(self):
        self.assertCannotChange(self.compliance, self.family.values())
        self.assertCannotChange(
            self.desk, [record for name, record in self.family.items() if name not in BY_THE_DESK]
        )

    def test_a_manager_writes_no_installment_allocation_or_reminder_by_hand(self):
        for name in (
            "loan.installment",
            "loan.repayment.allocation",
            "loan.reminder",
            "loan.contract.event",
            "loan.schedule.version",
            "loan.arrears.change",
            "loan.reminder.bounce",
            "loan.agreement",
            "loan.agreement.signer",
            "loan.consent",
        ):
            self.assertCannotChange(self.manager, [self.family[name]])

    def test_what_is_narrower_than_the_customer_is_open_to_those_it_is_for(self):
        asked = self.env["loan.data.request"]._ask(self.customer, "post", self.compliance)
        standing = self.env["loan.consent.report"].search([("customer_id", "=", self.customer.id)], limit=1)
        roles = ("manager", "lead", "desk", "compliance", "colleague", "stranger", "other_lead", "employee")
        for record in (standing, asked):
            for role in (*roles, "administrator", "system"):
                look = self.assertSees if role in NARROWER[record._name] else self.assertBlind
                look(getattr(self, role), [record], every=True)
                self.assertCannotChange(getattr(self, role), [record])
        before = self._snapshot([asked])
        for role in (*roles, "administrator", "system"):
            if role == "compliance":  # theirs to make
                continue
            for button in self._buttons(asked):
                with self.subTest(role=role, button=button), self.assertRaises(AccessError):
                    getattr(self._as(getattr(self, role), asked), button)()
        self.assertEqual(self._snapshot([asked]), before)

    def test_what_a_lender_sets_is_read_and_written_by_whom_it_is_for(self):
        deeds = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
        roles = ("manager", "lead", "desk", "compliance", "administrator", "system", "employee")
        for name, allowed in OF_THE_HOUSE.items():
            for role in roles:
                may = "".join(
                    letter
                    for letter, deed in deeds.items()
                    if self.env[name].with_user(getattr(self, role)).has_access(deed)
                )
                inherited = allowed.get("administrator", "") if role == "system" else ""
                with self.subTest(model=name, role=role):
                    self.assertEqual(may, allowed.get(role, inherited))

    def test_a_button_is_no_way_around_the_rights(self):
        """Every button of every protected model, pressed by everybody who may not change what it changes."""
        draft = self._contract(active=False)
        cancelled = self._contract(active=False)
        cancelled.action_cancel()
        records = [*self.family.values(), draft, cancelled, self.family["loan.repayment"].copy()]
        self.family["loan.reminder"].state = "failed"
        before = self._snapshot(records)
        for user in self.stranger | self.desk | self.compliance | self.employee | self.system:
            for record in records:
                if user == self.desk and record._name in BY_THE_DESK:
                    continue
                for button in self._buttons(record):
                    with (
                        self.subTest(user=user.name, record=record._name, button=button),
                        suppress(UserError),  # an AccessError too
                    ):
                        action = getattr(self._as(user, record), button)()
                        # What is left is a window to open, in which rights are asked again.
                        if button not in LOOKS:
                            self.assertEqual(action["type"], "ir.actions.act_window")
                        self.assertNotIn("Wang Fang", str(action))
        self.assertEqual(self._snapshot(records), before)

    def _buttons(self, record):
        """Return the names of our own public verbs on a model."""
        return sorted(
            name
            for parent in type(record).__mro__
            if parent.__module__.startswith("odoo.addons.loan_crm.")
            for name in vars(parent)
            if name.startswith("action_")
        )

    def _snapshot(self, records):
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            {name: value for name, value in record.sudo().read()[0].items() if name != "loan_visible"}
            for record in records
        ]

    # ------------------------------------------------------------ the back doors

    def test_a_list_of_all_shows_only_ones_own(self):
        own = self._due_in(3, self._customer("Feng Jie", manager=self.stranger))
        mine = self.env(user=self.stranger)
        self.env.invalidate_all()
        self.assertEqual(mine["loan.contract"].search([]), own.with_user(self.stranger))
        self.assertEqual(mine["loan.customer"].search([]).ids, own.customer_id.ids)
        self.assertEqual(mine["loan.installment"].search([]).contract_id.ids, own.ids)
        [(total,)] = mine["loan.contract"]._read_group([], [], ["principal:sum"])
        self.assertEqual(total, 12000)
        self.assertFalse(mine["loan.repayment"].search([]))

    def test_a_hidden_record_is_not_found_through_its_contact(self):
        partner = self.customer.partner_id
        for user in self.stranger | self.employee | self.system:
            seen = self._as(user, partner)
            with self.subTest(user=user.name):
                for domain in (
                    [("loan_customer_count", ">", 0)],
                    [("loan_customer_ids", "!=", False)],
                    [("loan_customer_ids.contract_ids.principal", ">", 0)],
                ):
                    found = seen.browse()
                    with suppress(AccessError, ValueError):  # a path that is not there shows nothing either
                        found = seen.search([("id", "=", partner.id), *domain])
                    self.assertFalse(found, domain)
                self.assertEqual(seen.loan_customer_count, 0)

    def test_commands_on_a_list_reach_no_hidden_record(self):
        own_customer = self._customer("Feng Jie", manager=self.stranger)
        own = self._due_in(3, own_customer)
        hidden = self.family
        for record, vals in (
            (own_customer, {"contract_ids": [Command.link(hidden["loan.contract"].id)]}),
            (own_customer, {"contract_ids": [Command.update(hidden["loan.contract"].id, {"term": 6})]}),
            (own_customer, {"contract_ids": [Command.delete(hidden["loan.contract"].id)]}),
            (own, {"repayment_ids": [Command.update(hidden["loan.repayment"].id, {"note": "x"})]}),
            (own, {"repayment_ids": [Command.link(hidden["loan.repayment"].id)]}),
            (own, {"installment_ids": [Command.link(hidden["loan.installment"].id)]}),
            (own, {"installment_ids": [Command.update(own.installment_ids[0].id, {"amount_open": 0})]}),
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._as(self.stranger, record).write(vals)
        self.assertEqual(hidden["loan.contract"].customer_id, self.customer)
        self.assertEqual(self.customer.partner_id.name, "Wang Fang")

    def test_a_loan_cannot_be_drafted_for_a_hidden_customer(self):
        contracts = self.env(user=self.stranger)["loan.contract"]
        vals = {"customer_id": self.customer.id, "product_id": self.product.id, "principal": 1000}
        for extra in (
            {},
            {"manager_user_id": self.stranger.id},
            {"deputy_user_id": self.stranger.id},
            {"team_id": self.other_team.id},
        ):
            with self.subTest("in the values", extra=extra), self.assertRaises(AccessError):
                contracts.create({**vals, **extra})
            defaults = {f"default_{name}": value for name, value in extra.items()}
            with self.subTest("in the context", defaults=defaults), self.assertRaises(AccessError):
                contracts.with_context(**defaults).create(vals)

    def test_a_loan_shows_itself_to_nobody_by_a_name_written_into_it(self):
        for vals in (
            {"manager_user_id": self.stranger.id},
            {"deputy_user_id": self.stranger.id},
            {"team_id": self.other_team.id},
            {"partner_id": self.stranger.partner_id.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._as(self.manager, self.contract).write(vals)
        self.assertEqual(self.contract.manager_user_id, self.manager)

    def test_a_repayment_cannot_be_smuggled_onto_a_hidden_loan(self):
        own_customer = self._customer("Feng Jie", manager=self.stranger)
        repayments = self.env(user=self.stranger)["loan.repayment"]
        vals = {"contract_id": self.contract.id, "amount": 10, "date": TODAY}
        with self.assertRaises(AccessError):
            repayments.create(vals)
        with self.assertRaises(AccessError):
            repayments.create({**vals, "customer_id": own_customer.id})
        with self.assertRaises(AccessError):
            repayments.with_context(default_customer_id=own_customer.id).create(vals)

    def test_a_repayment_cannot_be_moved_onto_a_hidden_loan(self):
        own = self._due_in(3, self._customer("Feng Jie", manager=self.stranger))
        repayment = self.env(user=self.stranger)["loan.repayment"].create(
            {"contract_id": own.id, "amount": 10, "date": TODAY}
        )
        with self.assertRaises(AccessError):
            repayment.write({"contract_id": self.contract.id})

    def test_a_loan_cannot_be_moved_onto_a_hidden_customer(self):
        own = self._due_in(3, self._customer("Feng Jie", manager=self.stranger), active=False)
        with self.assertRaises(AccessError):
            self._as(self.stranger, own).write({"customer_id": self.customer.id})

    def test_an_unsaved_form_tells_nothing_about_a_hidden_customer(self):
        contracts = self.env(user=self.stranger)["loan.contract"]
        spec = {
            "customer_id": {"fields": {"display_name": {}}},
            "partner_id": {"fields": {"display_name": {}}},
        }
        spec |= {"manager_user_id": {"fields": {"display_name": {}}}, "product_id": {}}
        with self.assertRaises(AccessError):
            contracts.onchange({"customer_id": self.customer.id}, ["customer_id"], spec)
        with self.assertRaises(AccessError):
            contracts.with_context(default_customer_id=self.customer.id).onchange({}, [], spec)

    def test_a_list_in_an_unsaved_form_tells_nothing_about_a_hidden_loan(self):
        own = self._customer("Feng Jie", manager=self.stranger)
        loan = self._due_in(3, own)
        loans = {"contract_ids": {"fields": {"name": {}, "principal": {}, "display_name": {}}}}
        paid = {"repayment_ids": {"fields": {"name": {}, "amount": {}, "display_name": {}}}}
        hidden = self.family["loan.contract"], self.family["loan.repayment"]
        for record, values, spec in (
            (own, {"contract_ids": [[Command.LINK, hidden[0].id, 0]]}, loans),
            (own, {"contract_ids": [[Command.SET, 0, [hidden[0].id]]]}, loans),
            (loan, {"repayment_ids": [[Command.LINK, hidden[1].id, 0]]}, paid),
        ):
            with self.subTest(values=values):
                told = {}
                with suppress(AccessError):
                    told = self._as(self.stranger, record).onchange(values, list(values), spec)
                self.assertNotIn(hidden[0].name, str(told))
                self.assertNotIn(hidden[1].name, str(told))
                self.assertNotIn("12000", str(told))

    def test_an_unsaved_repayment_tells_nothing_about_a_hidden_loan(self):
        spec = {
            "contract_id": {"fields": {"display_name": {}}},
            "customer_id": {"fields": {"display_name": {}}},
        }
        repayments = self.env(user=self.stranger)["loan.repayment"]
        with self.assertRaises(AccessError):
            repayments.onchange({"contract_id": self.contract.id}, ["contract_id"], spec)

    def test_the_repayment_form_tells_nothing_about_a_hidden_loan(self):
        forms = self.env(user=self.stranger)["loan.repayment.register"]
        spec = {"contract_id": {}, "amount": {}, "amount_open": {}}
        spec["customer_id"] = {"fields": {"display_name": {}}}
        with self.assertRaises(AccessError):
            forms.create({"contract_id": self.contract.id})
        with self.assertRaises(AccessError):
            forms.with_context(default_contract_id=self.contract.id).create({})
        with self.assertRaises(AccessError):
            forms.onchange({"contract_id": self.contract.id}, ["contract_id"], spec)
        with self.assertRaises(AccessError):
            forms.with_context(default_contract_id=self.contract.id).onchange({}, [], spec)

    def test_a_repayment_form_is_its_writers_own(self):
        form = self.env(user=self.manager)["loan.repayment.register"].create(
            {"contract_id": self.contract.id}
        )
        self.assertFalse(self.env(user=self.lead)["loan.repayment.register"].search([("id", "=", form.id)]))
        with self.assertRaises(AccessError):
            self._as(self.lead, form).read(["amount"])

    def test_a_form_left_open_answers_no_more_once_the_duty_ended(self):
        """A form works its figures out as superuser; its writer has handed the customer over meanwhile."""
        mine = self.env(user=self.manager)
        vals = {"contract_id": self.contract.id}
        what_if = mine["loan.what.if"].create({**vals, "asks_restructuring": True, "remaining": 20})
        lead = self.env(user=self.lead)
        event = self.env["loan.contract.event"].create(
            {"contract_id": self.contract.id, "kind": "drawdown", "date": TODAY, "amount": 600}
        )
        forms = [
            what_if,
            what_if.line_ids[0],
            *(
                mine[name].create(vals)
                for name in (
                    "loan.repayment.register",
                    "loan.repayment.prepay",
                    "loan.contract.restructure",
                    "loan.contract.drawdown",
                )
            ),
            lead["loan.contract.judge"].create(vals),
            lead["loan.contract.event.reverse"].create({"event_id": event.id}),
        ]
        for form in forms:
            self.assertTrue(form.read(), "open as long as the duty lasts")
        self.customer.sudo().manager_user_id = self.stranger
        self.assertFalse(self._as(self.lead, self.contract).has_access("read"))
        for form in forms:
            user = form.env.user
            changes = {"date": TODAY} if "date" in form._fields else {"create_date": False}
            names = [name for name, field in form._fields.items() if field.type not in ("one2many", "binary")]
            doors = {
                "web_read": lambda form: form.web_read({"display_name": {}}),
                "write": lambda form, changes=changes: form.write(changes),
                "web_save": lambda form, changes=changes: form.web_save(changes, {"display_name": {}}),
                "onchange": lambda form: form.onchange({}, [], {"contract_id": {}}),
                "unlink": lambda form: form.unlink(),
                "export": lambda form: form.export_data(["display_name"]),
                **{f"read {name}": lambda form, name=name: form.read([name]) for name in names},
                **{
                    button: lambda form, button=button: getattr(form, button)()
                    for button in self._buttons(form)
                },
            }
            for door, knock in doors.items():
                with self.subTest(form=form._name, door=door), self.assertRaises(AccessError):
                    knock(self._as(user, form))
            self.assertFalse(self._as(user, form).search([("id", "=", form.id)]))

    def test_what_is_told_in_a_chatter_stays_there(self):
        for record in (self.customer, self.contract, self.family["loan.repayment"]):
            message = record.with_user(self.manager).message_post(body="she has debts elsewhere")
            only = [("id", "=", message.id)]
            for user, sees in (
                (self.lead, True),
                (self.desk, True),
                (self.compliance, True),
                (self.colleague, False),
                (self.stranger, False),
                (self.employee, False),
                (self.system, False),
            ):
                with self.subTest(user=user.name, record=record._name):
                    mine = self._as(user, message)
                    self.assertEqual(bool(mine.search(only)), sees)
                    self.assertEqual(bool(mine.search_count([*only, ("body", "ilike", "debts")])), sees)
                    if not sees:
                        with self.assertRaises(AccessError):
                            mine.read(["body"])

    def test_nobody_writes_into_the_chatter_of_a_hidden_loan(self):
        for user in self.colleague | self.employee | self.system:
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(user, self.contract).message_post(body="hello")
            with self.subTest(user=user.name):
                self._as(user, self.contract).message_subscribe(partner_ids=user.partner_id.ids)
                self.assertNotIn(user.partner_id, self.contract.message_partner_ids)

    def test_a_refusal_names_nobody_in_debug_mode_either(self):
        request = SimpleNamespace(session=SimpleNamespace(debug="1"))
        for user in self.colleague | self.employee | self.system:
            for record in self.family.values():
                seen = self._as(user, record)
                with (
                    self.subTest(user=user.name, record=record._name),
                    patch("odoo.addons.base.models.res_users.request", request),
                ):
                    self.assertTrue(user.with_user(user).has_group("base.group_no_one"))
                    error = seen.env["ir.rule"]._make_access_error("read", seen)
                    self.assertRegex(str(error), "^You may not see this, or it does not exist")
                    with self.assertRaises(AccessError) as refused:
                        seen.read(["display_name"])
                    for secret in ("Wang", self.contract.name, record.display_name, f": {record.id}"):
                        self.assertNotIn(secret, str(refused.exception))

    # ------------------------------------------------------------ the round, which names nobody

    def test_an_administrator_finds_the_rounds_with_failures_and_no_reminder_in_them(self):
        rounds = self.env["loan.reminder.round"]
        good, bad = rounds.create(
            [
                {"company_id": self.company.id, "date": TODAY},
                {"company_id": self.company.id, "date": date(2026, 3, 9)},
            ]
        )
        self.family["loan.reminder"].write({"round_id": bad.id, "state": "failed"})
        view = rounds.get_view(view_type="search")
        trouble = etree.fromstring(view["arch"]).find(".//filter[@name='trouble']").get("domain")
        for user in self.administrator | self.compliance | self.lead:
            mine = self._as(user, good).browse()
            with self.subTest(user=user.name):
                self.assertEqual(mine.search(safe_eval(trouble)), bad)
                self.assertEqual(mine.search([("failed_count", "=", 0)]), good)
                self.assertEqual(mine.search([("failed_count", "<=", 1)]), good | bad)
                self.assertEqual(mine.search([("failed_count", "!=", 0)]), bad)
        self.assertFalse(self._as(self.administrator, bad).reminder_ids)

    def test_nobody_writes_a_round_but_its_to_do_is_done_and_noted(self):
        day = self.env["loan.reminder.round"].create({"company_id": self.company.id, "date": TODAY})
        for user in self.administrator | self.compliance | self.lead:
            todo = day.activity_schedule("mail.mail_activity_data_warning", user_id=user.id)
            mine = self._as(user, day)
            with self.subTest(user=user.name):
                for vals in ({"told_count": 7}, {"date": date(2026, 3, 1)}, {"company_id": 1}):
                    with self.assertRaises(AccessError):
                        mine.write(vals)
                mine.message_post(body="The mail server was down.")
                self._as(user, todo).action_feedback(feedback="Sent again.")
                self.assertFalse(day.activity_ids)
                mine.activity_schedule("mail.mail_activity_data_todo", user_id=user.id).action_done()

    def test_trouble_is_given_to_somebody_who_can_open_the_round(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        for user in (self.administrator, self.compliance, self.lead, self.env["res.users"]):
            self.company.loan_reminder_user_id = user
        for company, user in (
            (self.company, self.manager),
            (self.company, self.desk),
            (self.company, self.employee),
            (other, self.lead),
        ):
            with self.subTest(user=user.name), self.assertRefused("cannot open the reminder rounds of"):
                company.loan_reminder_user_id = user
        settings = self.env["res.config.settings"].create({})
        domain = settings.fields_get(["loan_reminder_user_id"])["loan_reminder_user_id"]["domain"]
        offered = self.env["res.users"].search(safe_eval(domain, {"company_id": self.company.id}))
        self.assertLessEqual(self.administrator | self.compliance | self.lead, offered)
        self.assertFalse(offered & (self.manager | self.desk | self.employee))
        self.assertFalse(
            self.env["res.users"].search(safe_eval(domain, {"company_id": other.id}))
            & (self.administrator | self.compliance | self.lead)
        )

    # ------------------------------------------------------------ a duty that moves

    def test_a_reassigned_customer_goes_with_all_their_records(self):
        self.assertSees(self.manager, self.family.values())
        self.assertBlind(self.colleague, self.family.values())
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertBlind(self.manager, self.family.values())
        self.assertSees(self.colleague, self.family.values())
        self.assertCannotChange(self.manager, self.family.values())

    def test_another_team_takes_over_with_its_lead_and_desk(self):
        self.customer.sudo().manager_user_id = self.stranger
        self.assertEqual(self.customer.team_id, self.other_team)
        self.assertSees(self.other_lead, self.family.values())
        for user in self.lead | self.desk | self.manager:
            self.assertBlind(user, self.family.values())

    def test_the_lead_of_a_team_that_changes_hands_is_let_in_and_out_at_once(self):
        self.team.user_id = self.other_lead
        self.assertSees(self.other_lead, self.family.values())
        self.assertBlind(self.lead, self.family.values())

    def test_a_service_desk_that_leaves_the_team_leaves_its_customers(self):
        self.team.crm_team_member_ids.filtered(lambda member: member.user_id == self.desk).active = False
        self.assertBlind(self.desk, self.family.values())

    def test_a_manager_who_loses_the_role_loses_the_customers(self):
        self.manager.group_ids = self.env.ref("base.group_user")
        self.assertBlind(self.manager, self.family.values())

    def test_cover_begins_and_ends_at_midnight_of_the_lenders_day(self):
        self._cover(self.colleague, date(2026, 3, 11), date(2026, 3, 12))
        # Midnight in Shanghai is 16:00 UTC of the day before.
        for moment, open_ in (
            ("2026-03-10 15:59:59", False),
            ("2026-03-10 16:00:00", True),
            ("2026-03-12 15:59:59", True),
            ("2026-03-12 16:00:00", False),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                look = self.assertSees if open_ else self.assertBlind
                look(self.colleague, self.family.values())

    def test_midnight_is_the_lenders_west_of_greenwich_too(self):
        self.company.loan_tz = "America/New_York"
        self._cover(self.colleague, date(2026, 3, 11), date(2026, 3, 12))
        # Daylight saving began on 8 March: midnight is 04:00 UTC of the same day.
        for moment, open_ in (
            ("2026-03-11 03:59:59", False),
            ("2026-03-11 04:00:00", True),
            ("2026-03-13 03:59:59", True),
            ("2026-03-13 04:00:00", False),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                look = self.assertSees if open_ else self.assertBlind
                look(self.colleague, [self.contract, self.customer])

    def test_cover_opens_the_covered_managers_customers_and_no_others(self):
        other = self._family(self._due_in(3, self._customer("Feng Jie", manager=self.stranger)))
        self._cover(self.colleague, TODAY, TODAY)
        self.assertSees(self.colleague, self.family.values())
        self.assertBlind(self.colleague, other.values())
        self.assertSees(self.manager, self.family.values())

    def test_who_covers_also_acts(self):
        self._cover(self.colleague, TODAY, TODAY)
        repayment = (
            self._as(self.colleague, self.contract)
            .env["loan.repayment"]
            .create({"contract_id": self.contract.id, "amount": 50, "date": TODAY})
        )
        repayment.action_post()
        self.assertEqual(repayment.state, "posted")

    def test_a_deputy_sees_the_customer_only_while_the_manager_is_away(self):
        self.customer.deputy_user_id = self.stranger
        self.assertBlind(self.stranger, self.family.values())
        cover = self._cover(None, TODAY, TODAY)
        self.assertSees(self.stranger, self.family.values())
        cover.deputy_user_id = self.colleague
        self.assertBlind(self.stranger, self.family.values())
        cover.unlink()
        self.assertBlind(self.colleague, self.family.values())

    def test_a_deputy_sees_the_customer_of_a_manager_who_has_left(self):
        self.customer.deputy_user_id = self.stranger
        other = self._customer("Feng Jie")
        self.assertBlind(self.stranger, self.family.values())
        self.manager.active = False
        self.assertSees(self.stranger, self.family.values())
        self.assertBlind(self.stranger, other)
        self.assertBlind(self.colleague, self.family.values())
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertBlind(self.stranger, self.family.values())

    def test_cover_without_a_name_opens_nothing_to_those_who_are_no_deputy(self):
        self._cover(None, TODAY, TODAY)
        self.assertBlind(self.colleague, self.family.values())

    def test_cover_serves_only_somebody_who_is_a_relationship_manager(self):
        deputy = self._user("manager", "Xu Ke")
        self._cover(deputy, TODAY, TODAY)
        self.assertSees(deputy, self.family.values())
        for role in ("base.group_user", "loan_crm.loan_crm_group_service_desk"):
            deputy.group_ids = self.env.ref(role)
            self.assertBlind(deputy, self.family.values())

    def test_the_former_manager_follows_no_more(self):
        followed = [self.family[name] for name in ("loan.customer", "loan.contract", "loan.repayment")]
        for record in followed:
            record.message_subscribe(self.manager.partner_id.ids)
        customer = self.customer.with_user(self.lead).with_context(tracking_disable=False)
        customer.manager_user_id = self.colleague
        for record in followed:
            self.assertNotIn(self.manager.partner_id, record.message_partner_ids)
        self.assertIn(self.colleague.partner_id, self.customer.message_partner_ids)

    def test_who_may_not_read_a_loan_any_more_gets_no_mail_about_it(self):
        self.contract.message_subscribe((self.colleague | self.lead).partner_id.ids)
        message = self.contract.with_user(self.manager).message_post(
            body="she has debts elsewhere", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        self.assertIn(self.lead.partner_id, message.notified_partner_ids)
        self.assertNotIn(self.colleague.partner_id, message.notified_partner_ids)

    # ------------------------------------------------------------ companies

    def test_a_company_is_a_fence(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        (self.manager | self.lead | self.compliance).write({"company_ids": [Command.link(other.id)]})
        everywhere = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        product = everywhere["loan.product"].create(
            {"name": "Suzhou Loan", "company_id": other.id, "currency_id": self.cny.id, "yearly_rate": 5}
        )
        customer = everywhere["loan.customer"].create(
            {
                "partner_id": self.customer.partner_id.id,
                "company_id": other.id,
                "manager_user_id": self.manager.id,
            }
        )
        contract = everywhere["loan.contract"].create(
            {
                "customer_id": customer.id,
                "company_id": other.id,
                "product_id": product.id,
                "principal": 1200,
                "start_date": date(2026, 2, 10),
            }
        )
        contract.action_activate()
        there = self._family(contract)
        for user in self.manager | self.compliance:
            self.assertSees(user, there.values(), allowed_company_ids=(self.company | other).ids)
            self.assertBlind(user, there.values(), allowed_company_ids=self.company.ids)
            self.assertBlind(user, self.family.values(), allowed_company_ids=other.ids)

    def test_cover_in_one_company_opens_nothing_in_another(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        (self.manager | self.colleague).write({"company_ids": [Command.link(other.id)]})
        both = (self.company | other).ids
        self._cover(self.colleague, TODAY, TODAY, company_id=other.id)
        self.assertBlind(self.colleague, self.family.values(), allowed_company_ids=both)

    def test_the_steps_of_a_policy_are_its_companys(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        policy = self.env["loan.reminder.policy"].create(
            {
                "name": "Suzhou Ladder",
                "company_id": other.id,
                "step_ids": [Command.create({"days": 9, "moment": "after"})],
            }
        )
        step, shared = policy.step_ids, self.policy.step_ids[0]
        for user in self.manager | self.administrator:
            with self.subTest(user=user.name):
                mine = self._as(user, step).browse()
                self.assertEqual(mine.search([("id", "in", (step | shared).ids)]), shared)
                with self.assertRaises(AccessError):
                    self._as(user, step).read(["days"])
        with self.assertRaises(AccessError):
            self._as(self.administrator, step).write({"days": 8})

    def _cover(self, deputy, date_from, date_to, **values):
        return self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": deputy.id if deputy else False,
                "date_from": date_from,
                "date_to": date_to,
                **values,
            }
        )
