from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanCaseExtension(models.Model):
    """More time for one clock: asked for with a reason, and, where its service level says so, approved by another."""

    _name = "loan.case.extension"
    _inherit = ["loan.case.part.mixin", "loan.lifecycle.mixin"]
    _description = "Extension of a Case"
    _order = "id desc"

    clock_id = fields.Many2one(
        "loan.case.clock", required=True, readonly=True, index=True, ondelete="restrict"
    )
    step_id = fields.Many2one("loan.sla.extension", "Step", required=True, readonly=True, ondelete="restrict")
    amount = fields.Integer("Longer By", readonly=True)
    reason = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("asked", "Asked For"), ("granted", "Granted"), ("declined", "Declined")],
        "Status",
        required=True,
        readonly=True,
        default="asked",
        copy=False,
    )
    asked_user_id = fields.Many2one(
        "res.users",
        "Asked By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    decided_user_id = fields.Many2one(
        "res.users", "Decided By", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime("Decided At", readonly=True, copy=False)

    _once = models.UniqueIndex(
        "(clock_id, step_id) WHERE state <> 'declined'", "This extension was asked for already."
    )
    _four_eyes = models.Constraint(
        "CHECK (state <> 'granted' OR decided_user_id IS NULL OR decided_user_id <> asked_user_id)",
        "Nobody approves an extension of their own.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "case_id",
            "reason",
            "clock_id",
            "step_id",
            "amount",
            "asked_user_id",
            "decided_user_id",
            "decided_at",
        }

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("asked", "granted"), ("asked", "declined")}

    def action_grant(self):
        """Grant more time."""
        self._decide("granted")
        return True

    def action_decline(self):
        """Decline more time."""
        self._decide("declined")
        return True

    def _decide(self, state):
        self.check_access("write")
        if self.env.user in self.asked_user_id:
            raise UserError(self.env._("Nobody decides on an extension of their own."))
        if not (
            self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
            or self.env.user.has_group("loan_crm.loan_crm_group_compliance")
        ):
            raise UserError(self.env._("A team lead or compliance decides on extensions."))
        # As superuser: who decided and when is noted, not entered.
        extensions_sudo = self.sudo()
        extensions_sudo.write({"decided_user_id": self.env.uid, "decided_at": fields.Datetime.now()})
        extensions_sudo._move_to(state)
        if state == "granted":
            extensions_sudo._apply()

    def _ask_to_decide(self):
        """Give a to-do to whoever may decide: the team's leader, the lead of the customer's team, or compliance."""
        for extension in self:
            case, company = extension.case_id, extension.company_id
            people = case.team_id.user_id | case.customer_id.team_id.user_id
            people |= self.env["loan.customer"]._compliance_officer(company) or people
            user = case._loan_may_take(people - extension.asked_user_id)[:1]
            if user:
                told = case.with_context(lang=user.lang or self.env.lang, mail_activity_quick_update=True)
                told.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=company._loan_today(),
                    summary=told.env._("Decide on more time for %s", case.name),
                    user_id=user.id,
                )

    def _apply(self):
        """Let the clocks run longer."""
        for extension in self:
            clock = extension.clock_id
            clock.extended += extension.amount
            clock._wind()
            extension.case_id._message_log(
                body=self.env._(
                    "“%(policy)s” was extended: %(reason)s",
                    policy=clock.policy_id.name,
                    reason=extension.reason,
                )
            )
