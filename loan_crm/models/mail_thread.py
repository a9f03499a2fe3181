import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..core import incoming

_logger = logging.getLogger(__name__)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _search_message_partner_ids(self, operator, operand):
        # Odoo looks among all followers as superuser: whoever sees a record could try out, word by word, what is said
        # of a hidden contact who follows it.
        found = super()._search_message_partner_ids(operator, operand)
        if found is NotImplemented or self.env.su or self.env["res.partner"]._loan_open():
            return found
        seen = self.env["mail.followers"]._loan_person_domain("partner_id")
        asked = Domain("res_model", "=", self._name) & Domain("partner_id", operator, operand) & seen
        # As superuser: as Odoo does, of the followers one may see.
        followers_sudo = self.env["mail.followers"].sudo()
        return [("id", "in", followers_sudo._search(asked).subselect("res_id"))]

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Handle a letter that came back; what the other server said goes to the loan with it.

        Odoo takes each report of a mail server for a bounce, also "we keep trying" and "it was read".
        """
        letter = message_dict["bounced_message"]
        if letter.model == "loan.contract":
            report = incoming.report(email_message)
            if not report.kind:
                _logger.info("Report %s is no bounce", message_dict["message_id"])
                return None
            self = self.with_context(loan_bounce=(letter.id, *report))
        return super()._routing_handle_bounce(email_message, message_dict)

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Let nobody unknown write into a confidential record by naming one of its mails as what they answer.

        What comes from somebody who has nothing to do with it is taken as if it answered nothing: it becomes something
        new at the alias it was sent to, or goes back. Elsewhere it is filed and told as from an unknown sender.
        """
        given = dict(message_dict)
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        forged = self._loan_forged(routes, message_dict["email_from"])
        if not forged:
            return routes
        _logger.info("Mail %s answers nothing of its sender's", message_dict["message_id"])
        # As superuser: the gateway acts for nobody, and who tried is not known for sure.
        for record_sudo in forged:
            self.env["loan.access.log"]._note(
                "refusal", record_sudo, outcome="denied", operation="incoming mail"
            )
        message_dict.pop("parent_id", None)
        alone = {**given, "references": "", "in_reply_to": "", "parent_id": False}
        return super().message_route(message, alone, model, thread_id, custom_values)

    @api.model
    def _loan_forged(self, routes, email_from):
        """Return the confidential records that a mail would be filed on and that are none of its sender's.

        They come as superuser.

        :param routes: see `message_route`
        :param str email_from: as the mail says, which anybody may write
        """
        guarded = self.env["ir.model"]._loan_guarded()
        forged = []
        for name, number, *_more in routes or ():
            if number and name in guarded:
                # As superuser: the gateway asks who may write, whoever runs it.
                record_sudo = self.env[name].sudo().browse(number).exists()
                if not hasattr(record_sudo, "_loan_contentless") or not record_sudo._loan_contentless():
                    continue
                sender = email_normalize(email_from)
                if not sender or not record_sudo._loan_corresponds(sender):
                    forged.append(record_sudo)
        return forged

    def _message_parse_post_process(self, message, message_dict, routes):
        # As superuser: the gateway acts for the sender.
        threads_sudo = [
            self.env[model].sudo().browse(thread_id)
            for model, thread_id, *_more in routes or ()
            if thread_id and hasattr(self.env[model], "_written_to")
        ]
        sender = email_normalize(message_dict["email_from"])
        # Of several contacts with one address it was the borrower who wrote.
        wrote = [
            thread_sudo.partner_id
            for thread_sudo in threads_sudo
            if sender and thread_sudo.partner_id.email_normalized == sender
        ]
        message_dict["author_id"] = wrote[0].id if wrote else message_dict.get("author_id")
        values = super()._message_parse_post_process(message, message_dict, routes)
        if threads_sudo:
            # Whoever is named in To or Cc would become a reader of the message, and so would its author: an employee
            # who may not see the record, or somebody who writes in an employee's name.
            values["partner_ids"] = []
            author = self.env["res.partner"].browse(values["author_id"] or [])
            if not author.partner_share and not all(thread._colleagues(author) for thread in threads_sudo):
                values["author_id"] = False
        return values

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        written_by = "machine" if incoming.is_automatic(message) else "person"
        return super(MailThread, self.with_context(loan_incoming=written_by))._message_route_process(
            message, message_dict, routes
        )
