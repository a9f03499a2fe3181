from lxml import etree

from odoo.tests import tagged

from .common import LoanCommon

# Odoo's models whose forms have fields of ours.
_BORROWED = ("crm.lead", "crm.stage", "crm.team", "calendar.event", "res.partner", "survey.survey")
# What says it all by its label, wherever it stands. Keep it short.
SELF_EVIDENT = {
    # What it is called, in which order and colour it stands, and whether it is still offered.
    "active",
    "color",
    "name",
    "sequence",
    "subject",
    # Whom and what it is about: the label names it, and a click opens it.
    "company_id",
    "contract_id",
    "currency_id",
    "customer_id",
    "customer_ids",
    "partner_id",
    "product_id",
    "user_id",
    # What each form has that people fill.
    "attachment_ids",
    "date",
    "date_from",
    "email",
    "note",
    "phone",
    "reason",
}
# The same, of one model alone.
SELF_EVIDENT_HERE = {
    "loan.customer.birthday",
    "survey.survey.survey_type",  # Odoo's own, to which we add a kind
}


@tagged("post_install", "-at_install", "loan")
class TestLoanHelp(LoanCommon):
    """Whoever points at a field they do not know is told what follows from it, in a sentence."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ours = [
            name
            for name, model in cls.env.registry.items()
            if name.startswith("loan.") and not model._abstract
        ]
        cls.ours = {*ours, *_BORROWED}
        views = cls.env["ir.ui.view"].search(
            [("model", "in", list(cls.ours)), ("type", "in", ("form", "list")), ("mode", "=", "primary")]
        )
        cls.arches = [
            (view.model, etree.fromstring(cls.env[view.model].get_view(view.id, view.type)["arch"]))
            for view in views
        ]

    def _is_entered(self, arch):
        """Tell whether anything is entered in a view: some only show, and in a list one writes if it says so."""
        if arch.get("edit") in ("0", "false") and arch.get("create") in ("0", "false"):
            return False
        return arch.tag != "list" or bool(arch.get("editable"))

    def _entered(self, model, arch):
        """Yield the fields that are entered in a view, with what is told of them there."""
        for node in arch.iter("field"):
            above = list(node.iterancestors())
            if any(parent.tag == "field" for parent in above[: self._depth(arch, node)]):
                continue  # a line of another model
            shown = (item.get(key) for item in (node, *above) for key in ("invisible", "column_invisible"))
            if any(value in ("1", "True") for value in shown):
                continue
            field = model._fields[node.get("name")]
            if field.readonly or node.get("readonly") in ("1", "True"):
                continue
            if field._module != "loan_crm" or (field.type == "many2one" and field.ondelete == "cascade"):
                continue  # another app's own, or what a line belongs to
            told = node.get("help") or next(
                (item.get("help") for item in above if item.tag == "setting"), None
            )
            yield field, told

    def _depth(self, arch, node):
        """Return how many ancestors a node has within a part of a view."""
        return next(number for number, parent in enumerate(node.iterancestors()) if parent is arch)

    def _lines(self, model, arch):
        """Yield the models of lines that are entered in a form, and their part of it."""
        for node in arch.iter("field"):
            field = model._fields.get(node.get("name"))
            if (
                field is None
                or not field.relational
                or field.readonly
                or node.get("readonly") in ("1", "True")
            ):
                continue
            for part in node:
                if part.tag in ("list", "form") and field.comodel_name in self.ours:
                    yield field.comodel_name, part

    def _parts(self):
        """Yield each part of a view in which something is entered: `(model, arch)`."""
        for name, arch in self.arches:
            if self._is_entered(arch):
                yield name, arch
                for comodel, part in self._lines(self.env[name], arch):
                    if part.tag == "form" or self._is_entered(part):
                        yield comodel, part

    def _missing(self, name, arch):
        return {
            f"{name}.{field.name}"
            for field, told in self._entered(self.env[name], arch)
            if not (told or field.help)
            and field.name not in SELF_EVIDENT
            and f"{name}.{field.name}" not in SELF_EVIDENT_HERE
        }

    def test_what_is_entered_is_explained(self):
        parts = list(self._parts())
        self.assertGreater(len({name for name, _arch in parts}), 90, "the forms are found")
        missing = set().union(*(self._missing(name, arch) for name, arch in parts))
        self.assertEqual(sorted(missing), [])

    def test_each_setting_is_explained(self):
        arch = etree.fromstring(self.env["res.config.settings"].get_view(view_type="form")["arch"])
        (app,) = arch.xpath("//app[@name='loan_crm']")
        self.assertTrue(app.xpath(".//setting"))
        self.assertEqual(sorted(self._missing("res.config.settings", app)), [])

    def test_a_help_is_more_than_the_label_again(self):
        for name in sorted(self.ours):
            for field in self.env[name]._fields.values():
                if field.help and field._module == "loan_crm":
                    with self.subTest(field=str(field)):
                        words = field.help.strip(" .").lower()
                        self.assertNotEqual(words, (field.string or "").lower())

    def test_the_list_of_what_needs_no_help_is_no_longer_than_needed(self):
        entered = {
            field for name, arch in self._parts() for field, _told in self._entered(self.env[name], arch)
        }
        self.assertEqual(SELF_EVIDENT_HERE - {str(field) for field in entered}, set())
        self.assertEqual(SELF_EVIDENT - {field.name for field in entered if not field.help}, set())
