from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_loan_access_orm import AttackCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessCheck(AttackCommon):
    """The self-test finds what was altered, and says so to compliance; on an untouched database it finds nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Of the demo, whose cover runs on another day than the one of these tests.
        others = cls.env["loan.customer"].search([("company_id", "!=", cls.company.id)])
        cls.env["mail.activity"].search(
            [("res_model", "=", "loan.customer"), ("res_id", "in", others.ids)]
        ).unlink()
        cls.env["loan.access.check"]._run()

    def _look(self):
        self.env.flush_all()
        self.env["loan.access.check"]._run()
        return {
            (finding.kind, finding.subject): finding
            for finding in self.env["loan.access.finding"].search([("state", "=", "open")])
        }

    def test_nothing_is_found_where_nothing_was_altered(self):
        self.assertFalse(self._look())
        self.assertEqual(self.env["loan.access.check"]._told(), "The last look found nothing.")

    def test_an_altered_rule_is_found_and_gone_when_it_is_put_right(self):
        rule = self.env.ref("loan_crm.loan_contract_rule_visible")
        rule.active = False
        found = self._look()[("rule", "loan.contract")]
        officer = self._first_officer()
        self.assertEqual(found.activity_ids.user_id, officer)
        told = self.env["mail.message"].search([("model", "=", found._name), ("res_id", "=", found.id)])
        self.assertIn(officer.partner_id, told.notified_partner_ids, "an altered rule is told at once")
        self.assertNotIn("Wang", found.told)
        self.assertIn("1 unresolved findings", self.env["loan.access.check"]._told())
        first = found.first_at
        self.assertEqual(self._look()[("rule", "loan.contract")], found, "told once")
        self.assertEqual(len(found.activity_ids), 1)
        rule.active = True
        self.assertFalse(self._look())
        self.assertEqual(found.state, "gone")
        self.assertFalse(found.activity_ids)
        self.assertEqual(found.first_at, first)

    def test_nobody_is_parted_from_a_model_that_is_closed_by_its_rule(self):
        self.contract.message_subscribe(self.lead.partner_id.ids)
        self.env.ref("loan_crm.loan_contract_rule_visible").active = False
        self._look()
        self.assertIn(self.lead.partner_id, self.contract.message_partner_ids)

    def test_what_is_changed_in_the_database_itself_is_found_too(self):
        self.assertSees(self.manager, [self.contract])
        self.env.cr.execute(
            "UPDATE ir_rule SET domain_force = '[(1, ''='', 1)]' WHERE id = %s",
            (self.env.ref("loan_crm.loan_contract_rule_visible").id,),
        )
        self.env.invalidate_all()
        self.assertIn(("rule", "loan.contract"), self._look())
        self.assertBlind(self.manager, [self.contract])

    def test_a_start_notices_an_altered_rule(self):
        check = self.env["loan.access.check"]
        check._register_hook()
        self.env.ref("loan_crm.loan_contract_rule_visible").active = False
        with self.assertLogs("odoo.addons.loan_crm.models.loan_access_check", "ERROR") as log:
            check._register_hook()
        self.assertIn("loan.contract", str(log.output))

    def test_a_changed_rule_lets_the_self_test_run_soon(self):
        cron = self.env.ref("loan_crm.ir_cron_access_check")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.env.ref("loan_crm.loan_contract_rule_visible").name = "Another name"
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_a_missing_rule_of_companies_is_found(self):
        self.env.ref("loan_crm.loan_contract_rule_company").active = False
        self.assertIn(("company", "loan.contract"), self._look())

    def test_a_view_that_reads_customers_is_found(self):
        self.env.cr.execute("CREATE VIEW x_all_loans AS SELECT id, customer_id FROM loan_contract")
        self.assertIn(("view", "x_all_loans"), self._look())
        self.env.cr.execute("DROP VIEW x_all_loans")
        self.assertFalse(self._look())

    def test_a_model_that_leads_to_customers_is_found(self):
        self.env["ir.model.fields"].create(
            {
                "name": "x_loan_customer_id",
                "model_id": self.env["ir.model"]._get_id("res.partner.category"),
                "ttype": "many2one",
                "relation": "loan.customer",
                "field_description": "Borrower",
            }
        )
        self.addCleanup(self.registry.reset_changes)
        self.assertIn(("model", "res.partner.category"), self._look())

    def test_b24_what_runs_with_all_rights_and_reads_customers_is_for_compliance_to_accept(self):
        partners = self.env["ir.model"]._get_id("res.partner")
        harmless = {
            "name": "Greet",
            "model_id": partners,
            "state": "code",
            "code": "records.action_archive()",
        }
        job = self.env["ir.actions.server"].create(harmless)
        self.assertFalse(self._look())
        job.code = "for one in env['loan.customer'].search([]): log(one.display_name)"
        (((kind, subject), finding),) = self._look().items()
        self.assertEqual(kind, "automation")
        self.assertIn(f"ir.actions.server {job.id} ", subject)
        self.assertNotIn("display_name", subject)
        with self.assertRaises(AccessError):
            finding.with_user(self.administrator).action_accept()
        finding.with_user(self.compliance).action_accept()
        self.assertEqual((finding.state, finding.accepted_user_id), ("accepted", self.compliance))
        self.assertFalse(finding.activity_ids)
        self.assertFalse(self._look(), "as it is")
        job.code += " # and more"
        self.assertEqual([kind for kind, _subject in self._look()], ["automation"], "altered since")
        job.unlink()
        self.assertFalse(self._look())

    def test_b24_code_that_a_person_wrote_is_found_whatever_its_text_says(self):
        vals = {"name": "Count", "model_id": self.env["ir.model"]._get_id("res.partner"), "state": "code"}
        pieces = "log(str(env['loan' + '.' + 'customer'].search_count([])))"
        for person in (self.env.user, self.system):  # by a person, by the system without an app's name for it
            action = self.env["ir.actions.server"].with_user(person).sudo().create({**vals, "code": pieces})
            self.assertEqual([kind for kind, _subject in self._look()], ["automation"])
            action.code = "# nothing yet"
            self.assertFalse(self._look())
            action.write({"state": "object_write", "update_path": "comment", "evaluation_type": "equation"})
            action.value = pieces
            self.assertTrue(self._look(), "an equation is code, too")
            action.unlink()
        brought = self.env["ir.actions.server"].search([("state", "=", "code")])
        brought = brought.filtered(
            lambda action: (
                action.get_external_id()[action.id].startswith("survey.") and "record" in action.code
            )
        )[:1]
        self.assertTrue(brought, "an app brings code of its own")
        self.assertFalse(self._look())
        brought.with_user(self.system).sudo().code += "\nlog('more')"
        self.env.flush_all()
        self.assertTrue(self._look(), "an app's, and altered by a person")

    def test_b24_a_job_and_a_rule_on_customers_are_found_and_ours_are_not(self):
        customers = self.env["ir.model"]._get_id("loan.customer")
        job = self.env["ir.cron"].create(
            {"name": "Copy", "model_id": customers, "state": "code", "code": "model.search([])"}
        )
        found = [subject for kind, subject in self._look() if kind == "automation"]
        self.assertEqual(len(found), 1)
        self.assertIn(f"ir.actions.server {job.ir_actions_server_id.id} ", found[0])
        job.unlink()
        ours = self.env.ref("loan_crm.loan_customer_action_classify")
        ours.code = "env['loan.customer'].search([]).write({'active': False})"
        self.assertTrue(self._look(), "ours, and altered")

    def test_b24_what_is_put_right_is_not_accepted(self):
        self.env.ref("loan_crm.loan_contract_rule_company").active = False
        finding = self._look()[("company", "loan.contract")]
        with self.assertRefused("put right, not accepted"):
            finding.with_user(self.compliance).action_accept()

    def test_followers_without_the_duty_are_parted_and_told(self):
        self.env.cr.execute(
            "INSERT INTO mail_followers (res_model, res_id, partner_id) VALUES ('loan.contract', %s, %s)",
            (self.contract.id, self.stranger.partner_id.id),
        )
        self.contract.message_subscribe(self.lead.partner_id.ids)
        self.env.invalidate_all()
        found = self._look()
        self.assertEqual(found[("follower", "loan.contract")].count, 1)
        self.assertNotIn(self.stranger.partner_id, self.contract.message_partner_ids)
        self.assertIn(self.lead.partner_id, self.contract.message_partner_ids)
        self.assertNotIn(("follower", "loan.contract"), self._look())

    def test_what_waits_in_the_inbox_is_counted_no_more_when_the_duty_has_ended(self):
        (self.lead | self.stranger).notification_type = "inbox"
        cover = self._cover_that_ended()
        people = (self.lead | self.stranger).partner_id
        message = self.contract.with_user(self.manager).message_post(body="x", partner_ids=people.ids).sudo()
        self.assertEqual(message.notification_ids.res_partner_id, people)
        self._look()
        self.assertFalse(any(message.notification_ids.mapped("is_read")))
        cover.back_at = cover.create_date
        self._look()
        self.assertEqual(
            message.notification_ids.filtered("is_read").res_partner_id, self.stranger.partner_id
        )

    def test_who_has_left_follows_no_more(self):
        self.contract.message_subscribe(self.lead.partner_id.ids)
        self.lead.active = False
        self._look()
        self.assertNotIn(self.lead.partner_id, self.contract.message_partner_ids)

    def test_the_borrower_stays_a_follower(self):
        self.contract.message_subscribe(self.customer.partner_id.ids)
        self._look()
        self.assertIn(self.customer.partner_id, self.contract.message_partner_ids)

    def test_a_to_do_without_the_duty_is_found(self):
        self.customer.activity_schedule("mail.mail_activity_data_todo", user_id=self.stranger.id)
        found = self._look()[("activity", "loan.customer")]
        self.assertEqual(found.count, 1)
        self.assertTrue(found.activity_ids)
        told = self.env["mail.message"].search([("model", "=", found._name), ("res_id", "=", found.id)])
        self.assertFalse(told.notified_partner_ids, "what a working day leaves behind is no mail")

    def test_a_public_file_of_a_customer_is_found(self):
        file = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "loan.customer", "res_id": self.customer.id}
        )
        self.env.cr.execute("UPDATE ir_attachment SET public = TRUE WHERE id = %s", (file.id,))
        self.env.invalidate_all()
        self.assertEqual(self._look()[("file", "loan.customer")].count, 1)

    def test_the_night_looks_once(self):
        night = self.env["loan.night"].create(
            {"company_id": self.company.id, "date": "2026-03-10", "started_at": "2026-03-10 02:00:00"}
        )
        check = self.env["loan.access.check"]
        self.assertEqual(check._night_access(night), 1)
        self.assertEqual(check._night_access(night), 0)

    def test_compliance_reads_the_findings_and_nobody_writes_them(self):
        self.env.ref("loan_crm.loan_contract_rule_visible").active = False
        found = self._look()[("rule", "loan.contract")]
        for user in self.compliance | self.administrator:
            self.assertTrue(self._as(user, found).read(["told"]))
            for knock in (
                lambda user=user: self._as(user, found).write({"state": "gone"}),
                lambda user=user: self._as(user, found).unlink(),
                lambda user=user: self._as(user, found).copy(),
            ):
                with self.assertRaises(AccessError):
                    knock()
            self._as(user, found).message_post(body="Put right.")
        for user in self.manager | self.stranger | self.employee:
            with self.assertRaises(AccessError):
                self._as(user, found).read(["subject"])

    def _first_officer(self):
        group = self.env.ref("loan_crm.loan_crm_group_compliance")
        return group.all_user_ids.filtered("active").sorted("id")[:1]
