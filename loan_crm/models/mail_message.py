from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    _loan_on_threads = True

    # What a customer's timeline walks along, through the messages of all their loans: with what it asks of each, so
    # that ten thousand need not be fetched to show the first thirty. See `loan.touch.correspondence.mixin`.
    _loan_timeline_idx = models.Index(
        "(res_id, model, date DESC, id DESC) INCLUDE (author_id, subtype_id, message_type, is_internal) "
        "WHERE model IN ('loan.customer', 'loan.contract', 'loan.hardship') "
        "AND message_type IN ('email', 'email_outgoing', 'comment', 'auto_comment', 'sms')"
    )

    def _get_forbidden_access(self, operation):
        # Odoo asks this alone, without the rules, for guests; author, recipient and notified are no reason to read on.
        forbidden = super()._get_forbidden_access(operation)
        return forbidden | (self - forbidden)._loan_hidden()
