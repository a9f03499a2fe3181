from odoo import api, fields, models


class LoanCaseSourceMixin(models.AbstractModel):
    """A record of which a case can be made by one click: a talk that was noted, an answer to a survey."""

    _name = "loan.case.source.mixin"
    _description = "Makes a Case"

    made_case_id = fields.Many2one(
        "loan.case", "Case Made of It", compute="_compute_made_case_id", help="The case that was made of it."
    )

    @api.depends_context("uid")
    def _compute_made_case_id(self):
        sources = self.env["loan.case.source"]
        found = {}
        if self.ids and sources.has_access("read"):
            found = {source.res_id: source.case_id for source in sources.search(sources._of_domain(self))}
        for record in self:
            record.made_case_id = found.get(record.id, False)

    def action_make_case(self):
        """Make a case of it and open that; where one was made before, open that one."""
        self.ensure_one()
        self.check_access("read")
        cases = self.env["loan.case"]
        return cases._make_of(self, self._prepare_case_vals())._action_form()

    def action_open_case(self):
        """Open the case that was made of it."""
        self.ensure_one()
        self.check_access("read")
        return self.made_case_id._action_form()

    def _prepare_case_vals(self):
        """Return the values of a case made of this record: whose, about what, in whose words, by which way."""
        raise NotImplementedError
