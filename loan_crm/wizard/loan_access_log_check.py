from base64 import b64decode

from odoo import fields, models
from odoo.exceptions import UserError

from ..core import evidence


class LoanAccessLogCheck(models.TransientModel):
    """Check the access log now, and compare it with seals that were kept outside the database."""

    _name = "loan.access.log.check"
    _inherit = ["loan.guard.mixin"]
    _description = "Check the Access Log"

    file = fields.Binary(
        "File with Seals",
        attachment=False,
        help="The seals that were sent by mail and kept elsewhere. With them it also shows if the log was "
        "written anew as a whole. Empty: the chain alone is checked.",
    )
    file_name = fields.Char()
    lines = fields.Text("Or Their Lines", help="As they came by mail; the words around them do no harm.")

    def action_check(self):
        """Check, keep the result and show it."""
        self.ensure_one()
        text = self.lines or ""
        if self.file:
            text += "\n" + b64decode(self.file).decode("ascii", "ignore")
        anchors = evidence.read_anchors(text)
        if text.strip() and not anchors:
            raise UserError(
                self.env._("No seal was found in this. A line has a time, two numbers and 64 digits.")
            )
        proof = self.env["loan.access.proof"]._make(anchors)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.access.proof",
            "res_id": proof.id,
            "views": [(False, "form")],
        }
