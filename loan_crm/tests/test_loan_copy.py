from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

_ROLES = ("manager", "desk", "lead", "compliance", "loanadmin")
_OFF = ("0", "false", "False")


class Undone(Exception):
    """What was copied is taken back."""


@tagged("post_install", "-at_install", "loan")
class TestLoanCopy(TransactionCase):
    """No menu offers to duplicate what cannot be duplicated; tried with what the demo has, by each role."""

    def _offers(self, model):
        """Return the views of a model that offer its duplication."""
        views = self.env["ir.ui.view"].sudo().search([("model", "=", model._name)])
        for kind in {"form", "list", "kanban"} & set(views.mapped("type")):
            arch = etree.fromstring(model.get_view(view_type=kind)["arch"])
            if arch.get("create") not in _OFF and arch.get("duplicate") not in _OFF:
                yield kind

    def _refusal(self, record):
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                record.copy()
                self.env.flush_all()
                raise Undone
        except Undone:
            return None
        except AccessError:
            return None  # of this record, by this role; others may
        except Exception as error:
            return str(error).splitlines()[0]
        finally:
            self.env.invalidate_all()

    def test_what_is_offered_works(self):
        if "loan.case" not in self.env or not self.env.ref(
            "loan_crm.res_users_manager", raise_if_not_found=False
        ):
            self.skipTest("needs the demo")
        for name, model in self.env.items():
            if not name.startswith("loan.") or model._abstract or model._transient or not model._auto:
                continue
            for role in _ROLES:
                mine = model.with_user(self.env.ref(f"loan_crm.res_users_{role}"))
                if not mine.has_access("create"):
                    continue
                record = mine.search([], limit=1)
                for kind in self._offers(mine) if record else ():
                    with self.subTest(model=name, role=role, view=kind):
                        self.assertFalse(self._refusal(record))

    def test_a_product_is_copied_without_its_code(self):
        product = self.env["loan.product"].search([("code", "!=", False)], limit=1)
        self.assertTrue(product)
        self.assertFalse(product.copy().code)
