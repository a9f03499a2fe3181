from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class LoanAccessCampaignAnswer(models.TransientModel):
    """Answer many lines of an access review at once: keep, shorten or end, with one reason."""

    _name = "loan.access.campaign.answer"
    _inherit = ["loan.guard.mixin"]
    _description = "Answer an Access Review"

    line_ids = fields.Many2many("loan.access.campaign.line", string="Grants")
    line_count = fields.Integer("How Many", compute="_compute_line_count")
    decision = fields.Selection(
        [("keep", "Needed still: keep"), ("shorten", "Let it end earlier"), ("end", "Not needed: end now")],
        "Answer",
        required=True,
        default="keep",
        help="It is the answer for all the lines chosen. What ends, ends at once.",
    )
    date_until = fields.Date(
        "Last Day", help="After this day the grants are over. They can only become shorter here."
    )
    reason = fields.Char("Why", help="It stays on record. No names of customers.")

    @api.model
    def _open(self, lines, decision=None):
        """Open the form.

        :param lines: `loan.access.campaign.line`
        :param str decision: what is chosen to begin with
        """
        lines.check_access("read")
        known = dict(self._fields["decision"].selection)
        form = self.create(
            {
                "line_ids": [Command.set(lines.ids)],
                "decision": decision if decision in known else "keep",
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Is It Needed Still?"),
            "res_model": self._name,
            "res_id": form.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.depends("line_ids")
    def _compute_line_count(self):
        for form in self:
            form.line_count = len(form.line_ids)

    def action_answer(self):
        """Note the answer of all these lines, or of none."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Choose what you answer."))
        until = None
        if self.decision == "shorten":
            end_of = self.env["loan.access.end"]._end_of
            until = {company: end_of(self.date_until, company) for company in self.line_ids.company_id}
        self.line_ids._decide(self.decision, self.reason, until)
        return {"type": "ir.actions.act_window_close"}
