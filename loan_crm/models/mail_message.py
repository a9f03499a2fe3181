from collections import defaultdict

from odoo import models

from odoo.addons.mail.tools.discuss import Store


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

    def _get_store_partner_name_fields(self):
        # Odoo tells the names of author and recipients as superuser: of a hidden contact who wrote elsewhere, too.
        names = super()._get_store_partner_name_fields()
        if self.env["res.partner"]._loan_open() or not self.env.user._is_internal():
            return names
        masked = Store.Attr(
            "name", lambda partner: partner.name if partner.loan_visible else partner._loan_masked()
        )
        return [masked if name == "name" else name for name in names]

    def _message_notifications_to_store(self, store):
        # What could not be delivered Odoo tells its author as superuser, words and all, when the duty has long ended.
        return super(MailMessage, self - self._loan_hidden())._message_notifications_to_store(store)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # Odoo reads the columns of messages as superuser, since `read` and searches have asked before. An export, by
        # number or along a link from another row, has not.
        if self.env.su:
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        if _is_toplevel_call:
            self.check_access("read")
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        seen = self._filtered_access("read")
        rows = []
        for message in self:
            if message in seen:
                rows += super(MailMessage, message)._export_rows(fields, _is_toplevel_call=False)
            else:
                rows.append([""] * len(fields))
        return rows

    def _message_fetch(self, domain, **kwargs):
        fetched = super()._message_fetch(domain, **kwargs)
        thread = kwargs.get("thread")
        if not thread:
            fetched["messages"]._loan_messages_seen()
        elif fetched["messages"] and hasattr(thread, "_loan_seen"):
            thread._loan_seen("message")
        return fetched

    def _read_format(self, fnames, load="_classic_read"):
        values_list = super()._read_format(fnames, load)
        if set(fnames) & {"body", "subject", "preview", "record_name", "description"}:
            self._loan_messages_seen()
        return values_list

    def _loan_messages_seen(self):
        """Put on record that the user read messages of records whose level asks for it."""
        threads = defaultdict(set)
        # As superuser: only whose messages they are, which the user has just read anyway.
        for message in self.sudo():
            if message.model and message.res_id:
                threads[message.model].add(message.res_id)
        for name, ids in threads.items():
            model = self.env.get(name)
            if model is not None and hasattr(model, "_loan_seen"):
                model.browse(sorted(ids))._loan_seen("message")
