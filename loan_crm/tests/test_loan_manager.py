from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanManager(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk_of_manager = cls.env["loan.manager"].create(
            {"user_id": cls.manager.id, "company_id": cls.company.id}
        )

    def test_a_lead_describes_their_own_people_and_nobody_elses(self):
        form = Form(self.env["loan.manager"].with_user(self.lead))
        form.user_id = self.colleague
        form.load_ceiling = 60
        form.vip_slots = 2
        desk = form.save()
        self.assertEqual((desk.load_note, desk.team_id), ("0 of 60 points, 0 of 2 VIP slots", self.team))
        with self.assertRaises(AccessError):
            self.env["loan.manager"].with_user(self.lead).create({"user_id": self.stranger.id})
        with self.assertRaises(AccessError):
            desk.write({"user_id": self.stranger.id})
        with self.assertRaises(AccessError):
            self.desk_of_manager.with_user(self.other_lead).write({"takes_new": False})

    def test_everybody_reads_who_speaks_what_and_only_leads_and_administrators_write(self):
        for user, writes in [
            (self.manager, False),
            (self.colleague, False),
            (self.desk, False),
            (self.compliance, False),
            (self.lead, True),
            (self.administrator, True),
        ]:
            with self.subTest(user=user.name):
                self.assertTrue(self.desk_of_manager.with_user(user).has_access("read"))
                for operation in ("write", "unlink"):
                    self.assertEqual(self.desk_of_manager.with_user(user).has_access(operation), writes)
        self.assertFalse(self.desk_of_manager.with_user(self.employee).has_access("read"))

    def test_a_colleagues_load_is_not_told_with_their_desk(self):
        self.assertTrue(self.desk_of_manager.with_user(self.manager).load_note)
        self.env.invalidate_all()
        self.assertFalse(self.desk_of_manager.with_user(self.colleague).load_note)

    def test_one_desk_a_person_and_company_and_only_for_who_may_manage(self):
        desks = self.env["loan.manager"].with_user(self.administrator)
        with self.assertRefused("a desk in this company already"):
            desks.create({"user_id": self.manager.id})
        with self.assertRefused("not a relationship manager"):
            desks.create({"user_id": self.desk.id})
        with self.assertRefused("cannot be negative"):
            self.desk_of_manager.load_ceiling = -1
        self.colleague.active = False
        with self.assertRefused("has left"):
            desks.create({"user_id": self.colleague.id})

    def test_a_specialty_has_the_name_of_what_it_is_about(self):
        for field, model, prefix in [
            ("family", "loan.product", "family_"),
            ("kind", "loan.customer", "kind_"),
        ]:
            keys = {key for key, _label in self.env[model]._fields[field].selection}
            ours = {
                name[len(prefix) :] for name in self.env["loan.manager"]._fields if name.startswith(prefix)
            }
            self.assertEqual(ours, keys)
        self.desk_of_manager.write({"family_car": True, "kind_sme": True})
        self.assertEqual(self.desk_of_manager._families(), {"car"})
        self.assertEqual(self.desk_of_manager._kinds(), {"sme"})
