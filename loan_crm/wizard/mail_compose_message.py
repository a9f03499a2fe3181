from odoo import SUPERUSER_ID, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        return super()._action_send_mail_mass_mail(self._loan_sendable(res_ids), auto_commit=auto_commit)

    def _loan_sendable(self, res_ids):
        """Leave out the records that whoever a mass mail is sent for may not see.

        A queue of mailings sends as superuser what a person prepared, to whatever their filter finds then: of that
        person it was asked only what their preview counted.

        :param res_ids: numbers of records of the composer's model
        """
        self.ensure_one()
        if self.env.uid != SUPERUSER_ID or self.model not in self.env["ir.model"]._loan_guarded():
            return res_ids
        users = self.author_id.user_ids.filtered(lambda user: not user.share and not user._is_superuser())
        if not users and "mass_mailing_id" in self._fields:
            users = self.mass_mailing_id.user_id or self.mass_mailing_id.write_uid
            users = users.filtered(lambda user: not user._is_superuser())
        if not users:
            return res_ids
        documents = self.env["base"]._loan_documents(self.model).browse(res_ids)
        seen = set(documents._loan_seen_by(users[:1]).ids)
        return [id_ for id_ in res_ids if id_ in seen]
