from lxml import etree

from odoo.tests import tagged

from .common import LoanCommon

# Where people enter what has consequences. A model that is added here is looked at whole.
HELPED = (
    "loan.product",
    "loan.reminder.policy",
    "loan.reminder.step",
    "loan.sla.policy",
    "loan.sla.extension",
    "loan.customer.tier",
    "loan.customer.tier.criterion",
    "loan.confidentiality.level",
    "loan.survey.rule",
    "loan.service.plan",
    "loan.service.plan.step",
    "loan.calendar",
    "loan.calendar.day",
    "loan.reference.rate",
    "loan.reference.rate.value",
    "loan.document.type",
    "loan.case.team",
    "loan.case.category",
    "loan.commitment.kind",
    "loan.recovery.limit",
    "loan.manager",
    "loan.customer",
    "loan.contract",
    "loan.sample.add",
)
# What says it all by its label, wherever it stands. Keep it short.
SELF_EVIDENT = {
    "active",
    "color",
    "company_id",
    "currency_id",
    "date",
    "email",
    "lang",
    "name",
    "note",
    "parent_path",
    "partner_id",
    "phone",
    "sequence",
}
# The same, of one model alone.
SELF_EVIDENT_HERE = {
    "loan.contract.customer_id",
    "loan.customer.birthday",
}


@tagged("post_install", "-at_install", "loan")
class TestLoanHelp(LoanCommon):
    """Whoever points at a field they do not know is told what follows from it, in a sentence."""

    maxDiff = None

    def _entered(self, model, arch):
        """Yield the names of fields that are entered in a form, with what is told of them there."""
        for node in arch.iter("field"):
            above = list(node.iterancestors())
            if any(parent.tag == "field" for parent in above):
                continue  # a line of another model
            if any(item.get("invisible") in ("1", "True") for item in (node, *above)):
                continue
            field = model._fields[node.get("name")]
            if field.readonly or node.get("readonly") in ("1", "True") or field.type == "one2many":
                continue  # a table is explained by its columns
            if field._module != "loan_crm" or (field.type == "many2one" and field.ondelete == "cascade"):
                continue  # another app's own, or what a line belongs to
            told = node.get("help") or next(
                (item.get("help") for item in above if item.tag == "setting"), None
            )
            yield field, told

    def _lines(self, model, arch):
        """Yield the models of lines that are entered in a form, and their part of it."""
        for node in arch.iter("field"):
            field = model._fields.get(node.get("name"))
            for part in node:
                if field is not None and field.relational and part.tag in ("list", "form", "kanban"):
                    yield field.comodel_name, part

    def _missing(self, name, arch):
        model = self.env[name]
        return {
            f"{name}.{field.name}"
            for field, told in self._entered(model, arch)
            if not (told or field.help)
            and field.name not in SELF_EVIDENT
            and f"{name}.{field.name}" not in SELF_EVIDENT_HERE
        }

    def test_what_is_entered_is_explained(self):
        missing = set()
        for name in HELPED:
            arch = etree.fromstring(self.env[name].get_view(view_type="form")["arch"])
            missing |= self._missing(name, arch)
            for comodel, part in self._lines(self.env[name], arch):
                if comodel in HELPED:
                    missing |= self._missing(comodel, part)
        self.assertEqual(sorted(missing), [])

    def test_each_setting_is_explained(self):
        arch = etree.fromstring(self.env["res.config.settings"].get_view(view_type="form")["arch"])
        (app,) = arch.xpath("//app[@name='loan_crm']")
        self.assertTrue(app.xpath(".//setting"))
        self.assertEqual(sorted(self._missing("res.config.settings", app)), [])

    def test_a_help_is_more_than_the_label_again(self):
        for name in HELPED:
            for field in self.env[name]._fields.values():
                if field.help and field._module == "loan_crm":
                    with self.subTest(field=str(field)):
                        words = field.help.strip(" .").lower()
                        self.assertNotEqual(words, (field.string or "").lower())

    def test_the_list_of_what_needs_no_help_is_no_longer_than_needed(self):
        entered = set()
        for name in HELPED:
            arch = etree.fromstring(self.env[name].get_view(view_type="form")["arch"])
            entered |= {f"{name}.{field.name}" for field, _told in self._entered(self.env[name], arch)}
        self.assertEqual(SELF_EVIDENT_HERE - entered, set())
