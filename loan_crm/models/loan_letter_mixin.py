from odoo import fields, models


class LoanLetterMixin(models.AbstractModel):
    """A record that a letter to the borrower is written from: who signs it, and the mail that carries it.

    It has a `contract_id`, a `partner_id`, a `company_id` and, in `signed_user_id`, the person who answers for it.
    """

    _name = "loan.letter.mixin"
    _description = "Loan Letter"

    signed_user_id = fields.Many2one("res.users", "Signed By", readonly=True, ondelete="set null")

    def _prepare_mail_vals(self, rendered):
        """Return the values of the mail that carries this letter, filed in the loan's chatter.

        :param dict rendered: what the template made of this record
        """
        author = self.signed_user_id.partner_id or self.company_id.partner_id
        return {
            "model": "loan.contract",
            "res_id": self.contract_id.id,
            "record_name": self.contract_id.display_name,
            "record_company_id": self.company_id.id,
            "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "author_id": author.id,
            "subject": rendered["subject"],
            "body": rendered["body_html"],
            "body_html": rendered["body_html"],
            "email_from": rendered.get("email_from") or author.email_formatted,
            "reply_to": rendered.get("reply_to") or author.email_formatted,
            "mail_server_id": rendered.get("mail_server_id"),
            "recipient_ids": [fields.Command.link(self.partner_id.id)],
            # A notification: deleting the sent mail keeps the message in the chatter.
            "is_notification": True,
            "auto_delete": True,
        }

    def _queue_letter_mails(self, template):
        """Render letters and queue them as Odoo mails on their loans, one create for all.

        :param template: the `mail.template`, written in the language of each borrower
        :return: `mail.mail` records in the order of these
        """
        rendered = template._generate_template(
            self.ids, ("subject", "body_html", "email_from", "reply_to", "mail_server_id")
        )
        # As superuser: mails are written by verbs such as this one, nobody else may enter one.
        mails_sudo = (
            self.env["mail.mail"].sudo().create([each._prepare_mail_vals(rendered[each.id]) for each in self])
        )
        mails_sudo.env["mail.notification"].create(
            [
                {
                    "mail_message_id": mail.mail_message_id.id,
                    "mail_mail_id": mail.id,
                    "author_id": mail.author_id.id,
                    "res_partner_id": each.partner_id.id,
                    "notification_type": "email",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for mail, each in zip(mails_sudo, self, strict=True)
            ]
        )
        return mails_sudo
