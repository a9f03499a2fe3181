from odoo import api, fields, models


class LoanAssignmentBulkLine(models.TransientModel):
    """One customer of many who are given away: to whom, why, and what speaks against it."""

    _name = "loan.assignment.bulk.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Customer to Assign"
    _order = "user_id, load desc, id"
    _rec_name = "customer_id"

    bulk_id = fields.Many2one("loan.assignment.bulk", required=True, ondelete="cascade", index=True)
    customer_id = fields.Many2one("loan.customer", "Customer", required=True, readonly=True)
    from_user_id = fields.Many2one("res.users", "Manager Today", readonly=True)
    candidate_ids = fields.Many2many("res.users", compute="_compute_candidate_ids")
    user_id = fields.Many2one("res.users", "New Manager", domain="[('id', 'in', candidate_ids)]")
    proposed_user_id = fields.Many2one("res.users", "Proposed", readonly=True)
    deputy_user_id = fields.Many2one("res.users", "Deputy", domain="[('id', 'in', candidate_ids)]")
    load = fields.Float("Points", digits=(16, 1), readonly=True, help="What the customer weighs.")
    reasons = fields.Text("Because", readonly=True)
    note = fields.Text(readonly=True)
    # What speaks against whom, worked out with the proposal: {user id: [words, refused]}.
    objections = fields.Json(readonly=True, export_string_translation=False)
    warning = fields.Text(compute="_compute_warning")
    refused = fields.Boolean(compute="_compute_warning")

    @api.depends("bulk_id", "customer_id")
    def _compute_candidate_ids(self):
        advice = self.env["loan.assignment.advice"]
        members = {team: advice._members(team) for team in self.customer_id.team_id}
        for line in self:
            line.candidate_ids = (
                line.bulk_id.to_user_ids
                or (members.get(line.customer_id.team_id, self.env["res.users"]) | line.bulk_id.led_user_ids)
            ) - line.from_user_id

    @api.onchange("user_id")
    def _onchange_user_id(self):
        # Manager and deputy are two people: who was to be manager stands in.
        if self.user_id and self.user_id == self.deputy_user_id:
            self.deputy_user_id = self.proposed_user_id - self.user_id

    @api.depends("user_id", "objections", "note")
    def _compute_warning(self):
        for line in self:
            told, refused = (line.objections or {}).get(str(line.user_id.id), ("", False))
            line.warning = told if line.user_id else line.note
            line.refused = refused
