from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanHardshipAnswer(models.TransientModel):
    """Answer a request for help: note a call, grant it or decline it, each with what a colleague must know."""

    _name = "loan.hardship.answer"
    _inherit = ["loan.guard.mixin"]
    _description = "Answer a Hardship Request"

    hardship_id = fields.Many2one("loan.hardship", "Request", required=True)
    kind = fields.Selection(
        [("call", "Log Call"), ("granted", "Grant"), ("declined", "Decline")],
        "Answer",
        required=True,
        default="call",
    )
    reached = fields.Boolean(
        "The Borrower Was Reached",
        default=True,
        help="Off: the try is noted, and the request still waits for its first talk.",
    )
    holds_on = fields.Boolean(
        "Keep Reminders Silent", default=True, help="Off: reminders of the loan go on as its policy says."
    )
    hold_until = fields.Date(
        "Until",
        compute="_compute_hold_until",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day without reminders, for example the day before the next payment that was agreed on.",
    )
    note = fields.Text(
        "What Was Said or Decided", help="A colleague must be able to understand it in half a year."
    )

    @api.depends("hardship_id")
    def _compute_hold_until(self):
        for form in self:
            form.hold_until = form.hardship_id.hold_date_to

    def action_answer(self):
        """Put the answer on record."""
        self.ensure_one()
        request, note = self.hardship_id, (self.note or "").strip()
        request.check_access("write")
        if self.kind != "call":
            if self.kind == "granted" and self.holds_on and not self.hold_until:
                raise UserError(self.env._("Until which day are reminders held?"))
            request._decide(
                self.kind,
                note,
                self.hold_until if self.kind == "granted" and self.holds_on else None,
            )
            return {"type": "ir.actions.act_window_close"}
        if not note and self.reached:
            raise UserError(self.env._("Say what was spoken about."))
        if self.reached:
            told = self.env._("Call with the borrower: %s", note)
        else:
            told = " ".join(filter(None, (self.env._("The borrower was called and not reached."), note)))
        request.message_post(body=told)
        if self.reached and request.state == "new":
            request.action_start_talks()
        return {"type": "ir.actions.act_window_close"}
