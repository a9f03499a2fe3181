from odoo import fields, models
from odoo.exceptions import UserError

from ..core import commitments


class LoanCommitmentPostponeMixin(models.AbstractModel):
    """Another day is another promise, which takes the place of the one before and says why."""

    _name = "loan.commitment.postpone.mixin"
    _description = "Promises Put Off"

    # What took its place.
    replaces_id = fields.Many2one(
        "loan.commitment",
        "Instead Of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    put_off_reason = fields.Char("Put Off Because", readonly=True, copy=False)
    told_message_id = fields.Many2one(
        "mail.message", "The Customer Was Told", readonly=True, copy=False, ondelete="set null"
    )

    def action_put_off(self):
        """Open the form that names another day, says why, and tells the customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_commitment_postpone_action")
        action["context"] = {"default_commitment_id": self.id}
        return action

    def _check_may_put_off(self):
        """Refuse what is done, and a third time in a row unless a team lead agrees."""
        self.ensure_one()
        if self.state not in (*commitments.OPEN, "broken") or self.done_at:
            raise UserError(self.env._("%s is decided: there is nothing to put off.", self.display_name))
        if not self.env.su and self._is_put_off_enough():
            raise UserError(
                self.env._(
                    "%s was put off twice already. A third time is for a team lead to agree to.",
                    self.display_name,
                )
            )

    def _put_off(self, day, reason, at=None, message=None):
        """Promise another day instead; one that is broken already stays broken.

        :param date day: from today on
        :param str reason: why
        :param at: hour of the day, a float, or None: until the day ends
        :param message: `mail.message` by which the customer was told, or None: a colleague has told them
        :return: the promise that takes its place
        :raise UserError: where it is decided, without a reason, or for a day that has passed
        """
        self.check_access("write")
        self._wait_for_lock()
        self._check_may_put_off()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it is put off."))
        if day < self.company_id._loan_today():
            raise UserError(self.env._("This day has passed. Promise one that is to come."))
        before_sudo = self.sudo()  # as superuser: what takes whose place is noted, not entered
        if before_sudo.state in commitments.OPEN:
            before_sudo._move_to("replaced")
            before_sudo._trouble_over()
        before_sudo.activity_id.filtered("active").unlink()
        made_sudo = before_sudo.create(
            {
                "name": self.name,
                "kind_id": self.kind_id.id,
                "customer_id": self.customer_id.id,
                "contract_id": self.contract_id.id,
                "lead_id": self.lead_id.id,
                "case_id": self.case_id.id,
                "partner_id": self.partner_id.id,
                "user_id": self.user_id.id,
                "promised_on": self.company_id._loan_today(),
                "promised_user_id": self.env.uid,
                "date_due": day,
                "has_hour": at is not None,
                "due_hour": at or 0.0,
                "clock": self.clock,
                "shown": self.shown,
                "message_id": message.id if message else False,
                "told_message_id": message.id if message else False,
                "replaces_id": self.id,
                "replacements": self.replacements + 1,
                "put_off_reason": reason.strip(),
            }
        )
        return made_sudo.with_env(self.env)
