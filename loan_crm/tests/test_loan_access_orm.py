"""The rows 1.A of the matrix of ways around a rule (docs/security-model.md), each under its number."""

from contextlib import suppress

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TODAY
from .test_loan_contract_access import AccessCommon


class AttackCommon(AccessCommon):
    """People who may not see Lin Mei's customer any more, or never might: each tries each way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env,
            "borrower.portal",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.own = cls._customer("Feng Jie", manager=cls.stranger)
        cls.own_contract = cls._due_in(3, cls.own)
        cls.attackers = cls.stranger | cls.employee | cls.system | cls._user("service_desk", "Xu Ke")
        # Else the door of export is closed to them anyway.
        (cls.attackers | cls.portal).write(
            {"group_ids": [Command.link(cls.env.ref("base.group_allow_export").id)]}
        )
        cls.env.flush_all()

    def _hand_over(self):
        """Let Lin Mei become the former manager."""
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.env.flush_all()
        self.env.invalidate_all()

    def _cover_that_ended(self):
        """Let Zhao Yun have covered Lin Mei until now; return what they could see meanwhile."""
        cover = self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.stranger.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        self.assertTrue(self._as(self.stranger, self.contract).has_access("read"))
        return cover

    def assertTellsNothing(self, knock, *secrets):
        """Check that a door is closed, or opens on nothing: neither error nor answer holds a name."""
        told = ""
        try:
            with self.env.cr.savepoint():
                told = str(knock())
                self.env.flush_all()
        except (UserError, ValueError) as error:
            told = str(error)
        for secret in secrets or ("Wang Fang", "Wang", self.contract.name):
            self.assertNotIn(secret, told)
        return told


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessOrm(AttackCommon):
    def test_a01_reading(self):
        for user in self.attackers | self.portal:
            self.assertBlind(user, [self.customer, self.contract], every=True)

    def test_a01_reading_by_a_former_manager(self):
        self._hand_over()
        self.assertBlind(self.manager, self.family.values(), every=True)

    def test_a01_reading_by_a_deputy_after_cover(self):
        cover = self._cover_that_ended()
        cover.back_at = cover.create_date
        self.assertBlind(self.stranger, self.family.values(), every=True)

    def test_a02_searching_for_what_is_not_there(self):
        customers = self._as(self.stranger, self.customer).browse()
        for domain in (
            [("partner_id.name", "not ilike", "nobody at all")],
            ["!", ("id", "=", 0)],
            [("active", "in", (True, False))],
        ):
            with self.subTest(domain=domain):
                self.assertNotIn(
                    self.customer.id, customers.with_context(active_test=False).search(domain).ids
                )

    def test_a03_the_label_of_a_hidden_record(self):
        # What web_read, read and a list's many2one do: the name is read as superuser, for the eyes of the user.
        for record in (
            self.customer,
            self.contract,
            self.family["loan.repayment"],
            self.family["loan.promise"],
        ):
            for user in self.attackers:
                with self.subTest(record=record._name, user=user.name):
                    self.assertEqual(
                        self._as(user, record).sudo().display_name, record.browse()._loan_masked()
                    )
            name = self._as(self.manager, record).sudo().display_name
            self.assertNotEqual(name, record.browse()._loan_masked())
            self.assertEqual(self._as(self.env.ref("base.user_root"), record).display_name, name)

    def test_a03_a_label_that_was_seen_is_masked_when_the_duty_ends(self):
        self.assertIn("Wang Fang", self._as(self.manager, self.customer).sudo().display_name)
        self._hand_over()
        self.assertNotIn("Wang", self._as(self.manager, self.customer).sudo().display_name)

    def test_a04_a_pointer_to_a_hidden_record_on_any_model(self):
        field = self._custom_pointer()
        for user in (self.stranger, self.system):
            tags = self.env(user=user)["res.partner.category"]
            mine = tags.sudo().create({"name": "Mine"}).sudo(False)
            for knock in (
                lambda tags=tags: tags.create({"name": "Probe", field: self.customer.id}),
                lambda tags=tags: tags.with_context(**{f"default_{field}": self.customer.id}).create(
                    {"name": "Probe"}
                ),
                lambda mine=mine: mine.write({field: self.customer.id}),
                lambda mine=mine: mine.web_save(
                    {field: self.customer.id}, {field: {"fields": {"display_name": {}}}}
                ),
                lambda tags=tags: tags.onchange(
                    {field: self.customer.id}, [field], {field: {"fields": {"display_name": {}}}}
                ),
            ):
                self.assertTellsNothing(knock)
            self.env.invalidate_all()
            self.assertFalse(mine.sudo()[field])
            self.assertFalse(tags.sudo().search([("name", "=", "Probe")]))

    def test_a19b_a_pointer_in_an_import(self):
        field = self._custom_pointer()
        tags = self.env(user=self.stranger)["res.partner.category"]
        told = tags.load(["name", f"{field}/.id"], [["Probe", str(self.customer.id)]])
        self.assertFalse(told["ids"])
        self.assertNotIn("Wang", str(told["messages"]))

    def test_a04_a_pointer_to_what_hangs_on_a_hidden_record(self):
        message = self.contract.message_post(body="x", subject="About Wang Fang")
        file = self.env["ir.attachment"].create(
            {"name": "Wang Fang.pdf", "raw": b"x", "res_model": "loan.customer", "res_id": self.customer.id}
        )
        meeting = self.env["calendar.event"].create(
            {
                "name": "With Wang Fang",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
            }
        )
        model = self.env["ir.model"]._get_id("loan.customer")
        todo = {"res_model_id": model, "res_id": self.own.id, "user_id": self.stranger.id}
        mine = self.env(user=self.stranger)
        for knock in (
            lambda: (
                mine["mail.message"]
                .create(
                    {"body": "x", "model": "loan.customer", "res_id": self.own.id, "parent_id": message.id}
                )
                .read(["parent_id"])
            ),
            lambda: (
                self.own.with_user(self.stranger)
                .message_post(body="x", parent_id=message.id)
                .read(["parent_id"])
            ),
            lambda: mine["mail.activity"].create({**todo, "calendar_event_id": meeting.id}).read(),
            lambda: mine["mail.activity"].onchange(
                {**todo, "calendar_event_id": meeting.id},
                ["calendar_event_id"],
                {"calendar_event_id": {"fields": {"display_name": {}}}},
            ),
            lambda: (
                self.own_contract.with_user(self.stranger).write({"message_main_attachment_id": file.id})
                and self.own_contract.with_user(self.stranger).read(["message_main_attachment_id"])
            ),
        ):
            self.assertTellsNothing(knock)

    def test_a05_onchange_with_a_hidden_number(self):
        spec = {"res_name": {}, "res_id": {}}
        model_id = self.env["ir.model"]._get_id("loan.customer")
        for user in self.attackers:
            activities = self.env(user=user)["mail.activity"]
            for values, context in (
                ({"res_model_id": model_id, "res_id": self.customer.id}, {}),
                ({"res_model": "loan.customer", "res_id": self.customer.id}, {}),
                ({}, {"default_res_model_id": model_id, "default_res_id": self.customer.id}),
            ):
                with self.subTest(user=user.name, values=values):
                    self.assertTellsNothing(
                        lambda a=activities, v=values, c=context: a.with_context(**c).onchange(
                            v, list(v), spec
                        )
                    )

    def test_a06_a07_no_field_elsewhere_follows_a_path_over_a_protected_record(self):
        protected = self.env["ir.model"]._loan_protected()
        followed = []
        for name, model in self.registry.items():
            if model._abstract or model._transient or name in protected:
                continue  # forms are their writer's own, and ask again (test_a_form_closes_when_the_duty_ends)
            for field in model._fields.values():
                over, path = model, (field.related or "").split(".")[:-1]
                for step in path:
                    over = self.registry[over._fields[step].comodel_name]
                    if over._name in protected:
                        followed.append(str(field))
        self.assertFalse(followed)

    def test_a09_a_search_without_rules_is_not_for_clients(self):
        customers = self.env(user=self.stranger)["loan.customer"]
        for domain in (
            [("contract_ids", "any!", [("name", "=", self.contract.name)])],
            [("partner_id", "any!", [("name", "ilike", "Wang")])],
        ):
            with suppress(ValueError):  # Odoo's own refusal
                self.assertFalse(customers.search_read(domain))

    def test_a11_a_hidden_number_is_found_by_no_way_of_asking(self):
        contracts = self.env(user=self.stranger)["loan.contract"]
        for operator in ("=", "in", "any"):
            value = self.customer.id
            if operator in ("in", "any"):
                value = [value] if operator == "in" else [("id", "=", value)]
            domain = [("customer_id", operator, value)]
            with self.subTest(operator=operator):
                self.assertFalse(contracts.with_context(active_test=False).search(domain))

    def test_a14_sums_bars_and_panels_are_of_what_one_sees(self):
        theirs = self.env(user=self.stranger)["loan.contract"]
        mine = theirs.search([])
        self.assertTrue(mine)
        self.assertNotIn(self.contract.id, mine.ids)
        [total] = theirs.formatted_read_group([], [], ["principal:sum", "__count"])
        self.assertEqual(total["__count"], len(mine))
        self.assertEqual(total["principal:sum"], sum(mine.mapped("principal")))
        bar = theirs.read_progress_bar([], "customer_id", {"field": "state", "colors": {"active": "success"}})
        self.assertLessEqual(set(bar), {str(id_) for id_ in mine.customer_id.ids})
        self.assertNotIn("Wang", str(theirs.search_panel_select_range("customer_id", enable_counters=True)))

    def test_a13_groups_by_a_hidden_record(self):
        field = self._custom_pointer()
        self.env["res.partner.category"].create({"name": "Pointing", field: self.customer.id})
        tags = self.env(user=self.stranger)["res.partner.category"]
        self.assertTellsNothing(
            lambda: tags.formatted_read_group([(field, "!=", False)], [field], ["__count"])
        )
        self.assertTellsNothing(lambda: tags.web_read_group([(field, "!=", False)], [field], ["__count"]))

    def test_a16_a_reference_that_leads_to_a_hidden_record(self):
        activity = self.contract.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        for user in self.attackers:
            self.assertTellsNothing(
                lambda user=user: self._as(user, activity).web_read(
                    {"res_id": {"fields": {"display_name": {}}}}
                )
            )

    def test_a18_an_export_masks_what_is_hidden_and_goes_on(self):
        field = self._custom_pointer()
        tags = self.env["res.partner.category"].create(
            [
                {"name": "Hidden", field: self.customer.id},
                {"name": "Own", field: self.own.id},
                {"name": "None"},
            ]
        )
        before = self._xmlids()
        rows = self._as_all(self.stranger, tags).export_data(["name", field, f"{field}/id", f"{field}/.id"])[
            "datas"
        ]
        self.assertEqual([row[0] for row in rows], ["Hidden", "Own", "None"])
        self.assertNotIn("Wang", str(rows))
        self.assertNotIn(str(self.customer.id), [str(cell) for cell in rows[0]])
        self.assertIn("Feng Jie", rows[1][1])
        self.assertEqual(rows[2][1], "")
        self.assertEqual(self._xmlids(), before, "no external identifier is made for a hidden record")

    def test_a19_import_by_number(self):
        for user in (self.stranger, self.system):
            result = (
                self._as(user, self.contract)
                .browse()
                .load(
                    ["customer_id/.id", "product_id/.id", "principal"],
                    [[str(self.customer.id), str(self.product.id), "1000"]],
                )
            )
            self.assertFalse(result["ids"])
            self.assertNotIn("Wang", str(result["messages"]))

    def test_a20_a22_hidden_and_absent_are_refused_in_the_same_words(self):
        activities = self.env(user=self.stranger)["mail.activity"]
        model_id = self.env["ir.model"]._get_id("loan.customer")
        told = {
            self.assertTellsNothing(
                lambda id_=id_: activities.onchange(
                    {"res_model_id": model_id, "res_id": id_}, [], {"res_name": {}}
                )
            )
            for id_ in (self.customer.id, self.customer.id + 100000)
        }
        self.assertEqual(len(told), 1)
        self.assertRegex(told.pop(), "^You may not see this, or it does not exist")

    def test_a26_writing_by_a_deputy_after_cover(self):
        cover = self._cover_that_ended()
        cover.back_at = cover.create_date
        self.assertCannotChange(self.stranger, [self.customer, self.contract])

    def test_a36_an_altered_rule_closes_the_model(self):
        rule = self.env.ref("loan_crm.loan_contract_rule_visible")
        group = self.env.ref("base.group_user")
        for vals, back in (
            ({"active": False}, {"active": True}),
            ({"domain_force": "[(1, '=', 1)]"}, {"domain_force": "[('loan_visible', '=', True)]"}),
            ({"perm_read": False}, {"perm_read": True}),
            ({"groups": [Command.link(group.id)]}, {"groups": [Command.clear()]}),
        ):
            with self.subTest(vals=vals):
                rule.write(vals)
                for user in self.stranger | self.manager | self.compliance | self.system:
                    self.assertBlind(user, [self.contract])
                with suppress(AccessError):
                    self._as(self.manager, self.contract).write({"term": 11})
                    self.fail("written while the model was closed")
                self.assertSees(self.manager, [self.customer])
                rule.write(back)
                self.assertSees(self.manager, [self.contract])
        rule.unlink()
        self.assertBlind(self.manager, [self.contract])

    def test_a36_a_group_rule_opens_nothing(self):
        self.env["ir.rule"].create(
            {
                "name": "All for everybody",
                "model_id": self.env["ir.model"]._get_id("loan.customer"),
                "domain_force": "[(1, '=', 1)]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        self.assertBlind(self.stranger, [self.customer])
        self.assertSees(self.manager, [self.customer])

    def test_a37_what_is_known_about_a_hidden_record(self):
        for user in self.attackers:
            hidden = self._as(user, self.customer)
            for knock in (
                hidden.get_metadata,
                hidden.copy_data,
                lambda hidden=hidden: hidden.get_field_translations("reference"),
                lambda hidden=hidden: hidden.get_formview_action(),
                lambda hidden=hidden: hidden.browse().default_get(["partner_id"]),
                lambda user=user: (
                    self.env(user=user)["loan.contract"]
                    .with_context(default_customer_id=self.customer.id)
                    .default_get(["customer_id", "partner_id"])
                ),
            ):
                with self.subTest(user=user.name), suppress(AttributeError):
                    self.assertTellsNothing(knock)

    def test_a38_a_file_that_a_colleague_imports(self):
        if "base_import.import" not in self.env:
            self.skipTest("the app is not installed")
        files = self.env(user=self.manager)["base_import.import"]
        file = files.create(
            {"res_model": "loan.contract", "file": b"Wang Fang;12000", "file_name": "loans.csv"}
        )
        for user in self.attackers | self.lead:
            with self.subTest(user=user.name):
                self.assertFalse(self._as(user, file).search([("id", "=", file.id)]))
                with self.assertRaises(AccessError):
                    self._as(user, file).read(["file"])
        self.assertTrue(self._as(self.manager, file).read(["file_name"]))

    def test_a38_a_form_of_a_colleague(self):
        mine = self.env(user=self.manager)
        forms = [
            mine["mail.activity.schedule"].create(
                {"res_model": "loan.customer", "res_ids": str(self.customer.ids), "summary": "she divorces"}
            ),
            mine["mail.followers.edit"].create(
                {"res_model": "loan.customer", "res_ids": str(self.customer.ids)}
            ),
        ]
        for form in forms:
            for user in self.attackers | self.lead:
                with self.subTest(form=form._name, user=user.name):
                    self.assertFalse(self._as(user, form).search([("id", "=", form.id)]))
                    with self.assertRaises(AccessError):
                        self._as(user, form).read()
            self.assertTrue(self._as(self.manager, form).read())

    def test_a40_external_numbers_are_not_for_colleagues(self):
        for user in self.stranger | self.employee:
            with self.assertRaises(AccessError):
                self.env(user=user)["ir.model.data"].search_read([("model", "=", "loan.customer")])

    def test_a43_hidden_and_absent_open_the_same_way(self):
        for user in self.attackers:
            for id_ in (self.customer.id, self.customer.id + 100000):
                with self.subTest(user=user.name), self.assertRaises(UserError):
                    self.env(user=user)["loan.customer"].browse(id_).read(["display_name"])

    # ------------------------------------------------------------ helpers

    def _as_all(self, user, records):
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_user(user)

    def _xmlids(self):
        domain = [("model", "=", "loan.customer"), ("res_id", "=", self.customer.id)]
        return self.env["ir.model.data"].search_count(domain)

    def _custom_pointer(self):
        """Give a model that has nothing to do with us a field that leads to customers, as an administrator may."""
        name = "x_loan_customer_id"
        self.env["ir.model.fields"].create(
            {
                "name": name,
                "model_id": self.env["ir.model"]._get_id("res.partner.category"),
                "ttype": "many2one",
                "relation": "loan.customer",
                "field_description": "Borrower",
            }
        )
        self.addCleanup(self.registry.reset_changes)
        category = self.env["ir.model"]._get_id("res.partner.category")
        self.env["ir.model.access"].create(
            {
                "name": "tags",
                "model_id": category,
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
                "perm_unlink": True,
            }
        )
        return name
