from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class LoanAccessRequest(models.TransientModel):
    """Ask compliance for access, in one's own words: whether there is such a customer is not told."""

    _name = "loan.access.request"
    _inherit = ["loan.guard.mixin"]
    _description = "Ask for Access"

    wanted = fields.Text(
        "Whom or What", help="A name, a number, a firm: compliance finds out what it is about."
    )
    purpose = fields.Char(
        "What For", help="What you need it for, without names: whoever reviews the grant later reads it."
    )
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Highest Level",
        default=lambda self: self.env["loan.access.grant"]._default_level(),
        required=True,
        help="What is more confidential stays closed.",
    )
    days = fields.Integer(
        "For Days", default=30, required=True, help="So many days from today on; then it is over by itself."
    )
    template_id = fields.Many2one(
        "loan.access.template",
        "For a Deal Team",
        help="Not for you alone: who is usually on such a deal is asked for as well.",
    )

    def action_ask(self):
        """Put the request before compliance."""
        self.ensure_one()
        if not (self.wanted or "").strip() or not (self.purpose or "").strip():
            raise UserError(self.env._("Say whom it is about, and what for."))
        if not 1 <= self.days <= 366:
            raise UserError(self.env._("Ask for one day at least and one year at most."))
        if self.template_id:
            self._ask_for_team()
        else:
            self._ask_for_me()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Compliance has your request. You are told when it is answered."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _ask_for_team(self):
        # As superuser: as below.
        deal_sudo = (
            self.env["loan.access.deal"]
            .sudo()
            .create(
                {
                    "name": self.template_id.name,
                    "template_id": self.template_id.id,
                    "company_id": self.template_id.company_id.id,
                    "user_id": self.env.uid,
                    "wanted": self.wanted.strip(),
                    "purpose": self.purpose.strip(),
                }
            )
        )
        deal_sudo._call_compliance()
        self.env["loan.access.log"]._note("request", deal_sudo, deal=deal_sudo.id)

    def _ask_for_me(self):
        now = fields.Datetime.now()
        # As superuser: whoever asks enters a request and nothing else of it.
        grants_sudo = self.env["loan.access.grant"].sudo()
        request_sudo = grants_sudo.create(
            {
                "user_id": self.env.uid,
                "requested_user_id": self.env.uid,
                "company_id": self.env.company.id,
                "wanted": self.wanted.strip(),
                "purpose": self.purpose.strip(),
                "level_id": self.level_id.id,
                "date_from": now,
                "date_to": now + timedelta(days=self.days),
            }
        )
        request_sudo._call_compliance()
        self.env["loan.access.log"]._note("request", request_sudo, grant=request_sudo)
