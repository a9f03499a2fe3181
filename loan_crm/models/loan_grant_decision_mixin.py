from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class LoanGrantDecisionMixin(models.AbstractModel):
    """How grants are approved, refused and withdrawn: by compliance, by two where the level asks, never one's own."""

    _name = "loan.grant.decision.mixin"
    _description = "Grants: How They Are Decided"

    @api.model
    def _check_compliance(self):
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance")):
            raise AccessError(self.env._("Compliance gives grants. Ask for access from the menu."))

    def action_approve(self):
        """Approve, as the first or, where the level asks for two, as the second of compliance."""
        self._check_compliance()
        self.check_access("write")
        self.lock_for_update()  # of two clicks one approves
        for grant in self:
            if not grant.customer_id:
                raise UserError(self.env._("Say which customer it is about."))
            if self.env.user == grant.user_id:
                raise UserError(
                    self.env._("Nobody approves a grant for themselves. Ask a colleague of compliance.")
                )
            if grant.date_to <= fields.Datetime.now():
                raise UserError(self.env._("This grant would be over before it begins. Say until when."))
            if grant.state == "approved_once" and grant.approved_user_id == self.env.user:
                raise UserError(
                    self.env._("Two different people approve a grant for “%s”.", grant.level_id.name)
                )
        # As superuser: a status, and who moved it, are noted by the system alone.
        grants_sudo = self.sudo()
        first_sudo = grants_sudo.filtered(lambda grant: grant.state == "requested")
        waiting_sudo = first_sudo.filtered("level_id.needs_second_approver")
        (grants_sudo - waiting_sudo)._move_to("granted")
        waiting_sudo._move_to("approved_once")
        first_sudo.approved_user_id = self.env.user
        (grants_sudo - first_sudo).second_user_id = self.env.user
        grants_sudo.decided_at = fields.Datetime.now()
        grants_sudo._note_decision()
        grants_sudo._tell_who_asked()
        return True

    def action_refuse(self):
        """Refuse what was asked for; the answer says why."""
        self._check_compliance()
        self.check_access("write")
        if self.filtered(lambda grant: not (grant.answer or "").strip()):
            raise UserError(self.env._("Say why in “Answer”: whoever asked is told."))
        grants_sudo = self.sudo()  # as above
        grants_sudo._move_to("refused")
        grants_sudo.decided_at = fields.Datetime.now()
        grants_sudo._note_decision()
        grants_sudo._tell_who_asked()
        return True

    def action_withdraw(self):
        """End grants at once."""
        self._check_compliance()
        self.check_access("write")
        grants_sudo = self.sudo()  # as above
        grants_sudo._move_to("ended")
        grants_sudo.write({"ended_at": fields.Datetime.now(), "ended_user_id": self.env.uid})
        grants_sudo._note_decision()
        self.env["loan.sight.end"]._note(customers=grants_sudo.customer_id)
        return True

    def _note_decision(self, reason=None):
        """Put on record what has become of each of these grants; as superuser.

        :param str reason: why, where somebody said so
        """
        log = self.env["loan.access.log"]
        for grant in self:
            log._note(
                "grant",
                grant.customer_id or grant,
                grant=grant,
                reason=reason,
                state=grant.state,
                cap=grant.cap,
            )

    def _tell_who_asked(self):
        """Tell who asked what has become of it, without a name: it may be read on a telephone; as superuser."""
        self.filtered(lambda grant: grant.state != "approved_once").activity_ids.action_feedback()
        for grant in self.filtered(lambda grant: grant.wanted and grant.state in ("granted", "refused")):
            told = grant.with_context(lang=grant.requested_user_id.lang)
            grant.requested_user_id.partner_id.message_notify(
                partner_ids=grant.requested_user_id.partner_id.ids,
                subject=told.env._("Your request for access"),
                body=told.env._("It was granted.")
                if grant.state == "granted"
                else told.env._("It was refused: %s", grant.answer),
                model=False,
                res_id=False,
            )

    def _call_compliance(self):
        """Give somebody of compliance a to-do for each request; as superuser."""
        for company, grants in self.grouped("company_id").items():
            officer = self.env["loan.customer"]._compliance_officer(company)
            if officer:
                told = self.with_context(lang=officer.lang)
                grants.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=company._loan_today(),
                    summary=told.env._("Answer a request for access"),
                    user_id=officer.id,
                )
