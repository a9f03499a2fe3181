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
    user_id = fields.Many2one(
        "res.users",
        "New Manager",
        domain="[('id', 'in', candidate_ids)]",
        help="The best fit, each proposal counted in the load of the next. Choose somebody else where you "
        "know better.",
    )
    proposed_user_id = fields.Many2one("res.users", "Proposed Manager", readonly=True)
    deputy_user_id = fields.Many2one(
        "res.users",
        "Deputy",
        domain="[('id', 'in', candidate_ids)]",
        help="Acts for the manager when they are away. Empty: nobody does.",
    )
    load = fields.Float("Points", digits=(16, 1), readonly=True, help="What the customer weighs.")
    reasons = fields.Text("Because", readonly=True)
    note = fields.Text(readonly=True)
    # What speaks against whom, worked out with the proposal and again when it is applied:
    # {user id: [words, refused, words as deputy, refused as deputy]}.
    objections = fields.Json(readonly=True, export_string_translation=False)
    warning = fields.Text(compute="_compute_warning")
    refused = fields.Boolean("Cannot Be Chosen", compute="_compute_warning")
    deputy_refused = fields.Boolean(compute="_compute_warning")
    overtaken = fields.Boolean("Given Away Meanwhile", readonly=True)

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

    @api.depends("user_id", "deputy_user_id", "objections", "note", "overtaken")
    def _compute_warning(self):
        for line in self:
            known = line.objections or {}
            told, refused = known.get(str(line.user_id.id), ("", False))[:2]
            deputy = line.deputy_user_id - line.user_id
            told_deputy, unfit = known.get(str(deputy.id), ("", False, "", False))[2:]
            # Without a manager nothing happens, to the deputy neither.
            line.refused, line.deputy_refused = refused, bool(line.user_id and unfit)
            words = [told if line.user_id else line.note]
            if line.overtaken:
                words.insert(0, self.env._("Meanwhile given to somebody"))
            if line.user_id and told_deputy and deputy:
                words.append(self.env._("Deputy %(user)s: %(reason)s", user=deputy.name, reason=told_deputy))
            line.warning = " · ".join(filter(None, words)) or False
