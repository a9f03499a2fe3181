from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class LoanCaseCategory(models.Model):
    """What customers write about: a tree, from loans and rates down to one question.

    It proposes: what kind of case, which team, how severe. Whoever takes the case in decides.
    """

    _name = "loan.case.category"
    _description = "Case Category"
    _parent_store = True
    _order = "parent_path, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char("Category", compute="_compute_complete_name", recursive=True)
    parent_id = fields.Many2one(
        "loan.case.category",
        "Part Of",
        index=True,
        ondelete="restrict",
        domain="[('id', '!=', id)]",
        help="The broader category it is part of. Figures add up to it, and service levels reach down from it.",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("loan.case.category", "parent_id", "Parts")
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("inquiry", "Inquiry"),
            ("request", "Request"),
            ("complaint", "Complaint"),
            ("hardship", "Hardship"),
        ],
        "Usually",
        help="What a case of this category is, unless somebody says otherwise.",
    )
    severity = fields.Selection(
        [("general", "General"), ("major", "Major")], help="How severe a complaint about this usually is."
    )
    team_id = fields.Many2one(
        "loan.case.team", "Team", ondelete="set null", help="Who takes such cases, whoever takes others."
    )
    trivial = fields.Boolean(
        "Asks for Nothing", help="Thank-yous and the like: nobody is asked afterwards how satisfied they are."
    )
    case_count = fields.Integer("Open Cases", compute="_compute_case_count")

    _name_uniq = models.UniqueIndex(
        "(COALESCE(parent_id, 0), name)", "There is a category of this name in the same place already."
    )

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for category in self:
            above = category.parent_id.complete_name
            category.complete_name = f"{above} / {category.name}" if above else category.name

    @api.depends("complete_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for category in self:
            category.display_name = category.complete_name

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A category cannot be part of itself."))

    def _compute_case_count(self):
        cases = self.env["loan.case"]
        if not cases.has_access("read"):  # who sets categories up sees no case
            self.case_count = 0
            return
        counts = dict(
            cases._read_group(
                cases._open_domain() & Domain("category_id", "child_of", self.ids),
                ["category_id"],
                ["__count"],
            )
        )
        for category in self:
            category.case_count = sum(
                count for each, count in counts.items() if f"/{category.id}/" in f"/{each.parent_path}"
            )

    def action_open_cases(self):
        """Show the cases of this category and its parts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_action_all")
        action["domain"] = [("category_id", "child_of", self.id)]
        action["context"] = {"search_default_open": 1}
        return action
