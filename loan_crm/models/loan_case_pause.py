from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanCasePause(models.Model):
    """Why a case stood still, from when to when and by whom: nobody can stop a clock without leaving this behind."""

    _name = "loan.case.pause"
    _inherit = ["loan.case.part.mixin"]
    _description = "Pause of a Case"
    _order = "date_from desc, id desc"

    reason = fields.Char(required=True, readonly=True)
    date_from = fields.Datetime("From", required=True, readonly=True)
    date_to = fields.Datetime("To", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Paused By", required=True, readonly=True, index=True, ondelete="restrict"
    )
    ended_user_id = fields.Many2one("res.users", "Ended By", readonly=True, ondelete="restrict")
    hours = fields.Float(
        "Working Hours", compute="_compute_hours", help="How much of the team's working time it took."
    )

    _one_open = models.UniqueIndex("(case_id) WHERE date_to IS NULL", "This case waits already.")
    _in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A pause ends after it began."
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "reason",
            "date_from",
            "date_to",
            "user_id",
            "ended_user_id",
            "case_id",
        }

    @api.depends("date_from", "date_to")
    def _compute_hours(self):
        now = fields.Datetime.now()
        settings = self.case_id._clock_settings(min(self.mapped("date_from"), default=now))
        for pause in self:
            working = settings[pause.case_id].working
            start, end = (
                self.env["loan.case"]._aware(each) for each in (pause.date_from, pause.date_to or now)
            )
            pause.hours = working.spent(max(start, working.known_from), max(start, end)) / 3600

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("A pause stays on record."))
