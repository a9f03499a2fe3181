from odoo import fields, models


class LoanAgreementIdentify(models.TransientModel):
    """Note that a signer was identified in a video meeting: which meeting, by which paper, and when."""

    _name = "loan.agreement.identify"
    _inherit = ["loan.guard.mixin"]
    _description = "Identify a Signer in a Video Meeting"

    signer_id = fields.Many2one("loan.agreement.signer", "Signer", required=True)
    meeting_id = fields.Many2one(
        "calendar.event",
        "Video Meeting",
        required=True,
        ondelete="cascade",
        domain="[('start', '<=', moment)]",
        help="The conversation in which their face and their paper were compared.",
    )
    paper_type_id = fields.Many2one(
        "loan.document.type",
        "Paper Shown",
        required=True,
        help="What they held up to the camera, for example an identity card.",
    )
    moment = fields.Datetime(
        "Identified At",
        required=True,
        default=fields.Datetime.now,
        help="When it was seen to; it is kept with the signature, and cannot lie ahead.",
    )

    def action_identify(self):
        """Put it on record; it stays."""
        self.ensure_one()
        self.signer_id._identify(self.meeting_id, self.paper_type_id, self.env.user, self.moment)
        return {"type": "ir.actions.act_window_close"}
