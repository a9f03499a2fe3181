from email.message import EmailMessage
from email.policy import SMTP

from odoo import fields, models
from odoo.tools import email_normalize, formataddr


def _fits_one_line(reply_to):
    """Tell whether a Reply-To header is not folded: some mail servers read one as empty that begins a line later."""
    header = EmailMessage(policy=SMTP)
    header["Reply-To"] = reply_to
    return len(header.as_string().strip().splitlines()) == 1


class LoanLetterMixin(models.AbstractModel):
    """A record that a letter to the borrower is written from: who signs it, and the mail that carries it.

    It has a `contract_id`, a `partner_id`, a `company_id` and, in `signed_user_id`, the person who answers for it.
    """

    _name = "loan.letter.mixin"
    _description = "Loan Letter"

    signed_user_id = fields.Many2one("res.users", "Signed By", readonly=True, ondelete="set null")

    def _reply_tos(self):
        """Return where answers to these letters go: `{(company id, signing user id): address}`, computed once for each.

        The company's catchall, from where Odoo files them on the loan, under the name of who signed; without one,
        that person's own address, or the company's for a letter nobody signed.
        """
        result = {}
        # As superuser: where mail comes in is set up by administrators.
        for company_sudo, signed_sudo in {(each.company_id, each.signed_user_id) for each in self.sudo()}:
            author_sudo = signed_sudo.partner_id or company_sudo.partner_id
            address = author_sudo.email_formatted
            if catchall := company_sudo.catchall_email:
                address = formataddr((author_sudo.name, catchall))
                if not _fits_one_line(address):
                    address = catchall
            result[company_sudo.id, signed_sudo.id] = address
        return result

    def _reply_to(self, reply_tos, written):
        """Return where the answer to this letter goes.

        :param dict reply_tos: see `_reply_tos`
        :param str written: what the template says. An address of its own stands; the signing person's or the
            company's, which the shipped templates say, is what `_reply_tos` knows better
        """
        own = {self.signed_user_id.email_normalized, email_normalize(self.company_id.email), False}
        written = (written or "").strip()
        if written and email_normalize(written) not in own:
            return written
        return reply_tos[self.company_id.id, self.signed_user_id.id] or written

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
            # Whose bounce address the mail leaves under: the lender's, not that of the company a job runs in. As
            # superuser: it is set up by administrators.
            "record_alias_domain_id": self.company_id.sudo().alias_domain_id.id,
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
        rendered = self.env["loan.letter.press"]._print(
            template, self.ids, ("subject", "body_html", "email_from", "reply_to", "mail_server_id")
        )
        reply_tos, told = self._reply_tos(), {}
        for each in self:
            written = rendered[each.id].get("reply_to")
            key = (each.company_id.id, each.signed_user_id.id, written)
            if key not in told:
                told[key] = each._reply_to(reply_tos, written)
            rendered[each.id]["reply_to"] = told[key]
        vals_list = [each._prepare_mail_vals(rendered[each.id]) for each in self]
        if mails_sudo := self.env["loan.letter.fast"]._file(self, vals_list):
            return mails_sudo
        # As superuser: mails are written by verbs such as this one, nobody else may enter one.
        mails_sudo = self.env["mail.mail"].sudo().create(vals_list)
        mails_sudo.env["mail.notification"].create(
            [
                each._prepare_notification_vals(
                    author_id=mail.author_id.id, mail_message_id=mail.mail_message_id.id, mail_mail_id=mail.id
                )
                for mail, each in zip(mails_sudo, self, strict=True)
            ]
        )
        return mails_sudo

    def _prepare_notification_vals(self, **vals):
        """Return the values of the delivery status that the chatter shows of this letter."""
        return {
            "res_partner_id": self.partner_id.id,
            "notification_type": "email",
            "notification_status": "ready",
            "is_read": True,
            **vals,
        }
