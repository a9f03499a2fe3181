from odoo import api, models
from odoo.tools import SQL, email_normalize


class LoanLeadAnswerMixin(models.AbstractModel):
    """What an applicant writes to their application, and who answers: its salesperson, else the lead of the team.

    A lead without a loan product is Odoo's own, and so are its mails. Who waits is told nobody but who may open the
    application: the ledger of waits carries no customer for it (`loan.response`).
    """

    _name = "loan.lead.answer.mixin"
    _inherit = ["loan.answer.mixin"]
    _description = "Applications That Wait for an Answer"

    def _written_to(self):
        # Whose profile it may be one day decides nothing here: Odoo's rules say who sees an application.
        return self.env["loan.customer"]

    def _answer_company(self):
        return self._loan_company()

    def _written_outside(self, message):
        # As superuser: asked on behalf of the gateway.
        return super()._written_outside(message) if self.sudo().loan_product_id else None

    def _is_known(self, author):
        record_sudo = self.sudo()  # as superuser: asked on behalf of the gateway
        wrote = email_normalize(author.sudo().email) if author else False
        return super()._is_known(author) or bool(wrote and wrote == email_normalize(record_sudo.email_from))

    @api.model
    def _answers_for(self, lead_sudo):
        """Return who answers for an application, in the order they are asked: salesperson, the team's lead.

        :param lead_sudo: `crm.lead`, as superuser
        """
        return (lead_sudo.user_id, lead_sudo.team_id.user_id)

    def _answering_users(self, *also):
        nobody = self.env["res.users"]
        # As superuser: whoever asks only learns who answers.
        asked = {lead_sudo: (*self._answers_for(lead_sudo), *also) for lead_sudo in self.sudo()}
        anywhere = self.with_context(allowed_company_ids=[])  # their own companies decide
        may_open = {
            user: set(anywhere.with_user(user)._filtered_access("read").ids)
            for user in nobody.union(*(user for users in asked.values() for user in users))
            if user.active and not user._is_superuser()
        }
        return {
            lead.with_env(self.env): next(
                (user for user in users if lead.id in may_open.get(user, ())), nobody
            )
            for lead, users in asked.items()
        }

    def _wait_for_lock(self):
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                list(self.ids),
            )
        )

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self._let_wait_follow()
        return result

    def _let_wait_follow(self):
        """Let the wait and its to-do go to whoever has the application now; since when somebody waits stays."""
        for lead_sudo in self.sudo().filtered(
            "waiting_since"
        ):  # as superuser: they follow, nobody enters them
            user = lead_sudo._who_answers()
            self.env["loan.response"]._pass_to(lead_sudo, user)
            todo = lead_sudo._answer_activity()
            if user and todo.user_id != user:
                todo.with_context(mail_activity_quick_update=True).user_id = user
