from markupsafe import Markup

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import email_normalize
from odoo.tools.mail import email_split


class LoanDiscretionMixin(models.AbstractModel):
    """What a protected record tells where its rule is not asked: names, exports, mail.

    Odoo reads the name of whatever a record points at as superuser, follows columns in an export, and mails to who
    follows. Here each of them asks who is to read it (`loan.access.mixin.loan_visible`).

    Name it before `mail.thread` in `_inherit`, or that one answers in its place.
    """

    _name = "loan.discretion.mixin"
    _description = "Loan Discretion"

    @api.model
    def _loan_open(self):
        """Tell whether this model has nothing to keep from anybody, see `loan.veil.mixin`."""
        return False

    def _loan_discreet(self):
        """Tell whether this record is kept from somebody, see `loan.veil.mixin`."""
        return True

    def _loan_seen_by(self, user):
        """Return those of these records that somebody may see, whichever company they have switched on.

        :param user: `res.users`
        """
        return (
            self.with_context(allowed_company_ids=[])
            .with_user(user)
            ._filtered_access("read")
            .with_env(self.env)
        )

    # ------------------------------------------------------------ names

    @api.depends_context("uid")
    def _compute_display_name(self):
        # Each model names its records itself. Here it is only told that a name depends on who asks.
        return super()._compute_display_name()

    def _compute_field_value(self, field):
        result = super()._compute_field_value(field)
        # A borrower's own page is made for nobody who has a duty; the code that makes it has asked whose it is.
        if (
            field.name == "display_name"
            and self.env.uid != SUPERUSER_ID
            and not self._loan_open()
            and self.env.user._is_internal()
        ):
            self._mask_names()
        return result

    def _mask_names(self):
        """Put something else in the place of names that the user may not see.

        Odoo reads the name of what a record points at as superuser. `sudo()` keeps the user, so it is asked whose eyes
        these are. Whatever keeps a name for others to read works it out as the superuser, who sees each.
        """
        hidden = self.filtered(
            lambda record: record.id and not record.sudo().loan_visible
        )  # as superuser: see above
        for record in hidden:
            record.display_name = self._loan_masked()

    @api.model
    def _loan_masked(self):
        """Return what stands in the place of a name."""
        return self.env._("(not yours to see)")

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # An export follows a column to another record. One that is hidden would end it for all rows, and its external
        # identifier would be made for whoever asks.
        if _is_toplevel_call:
            self.check_access("read")
        if _is_toplevel_call or self.env.su or self._loan_open():
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        seen = self._filtered_access("read")
        rows = []
        for record in self:
            if record in seen:
                rows += super(LoanDiscretionMixin, record)._export_rows(fields, _is_toplevel_call=False)
            else:
                rows.append([self._loan_masked() if path else "" for path in fields])
        return rows

    @api.private
    def fetch(self, field_names=None):
        # While rows are exported, what is hidden is left out and masked above.
        if "export_properties_cache" in self.env.cr.cache and not self.env.su and not self._loan_open():
            self = self._filtered_access("read")
        return super().fetch(field_names)

    # ------------------------------------------------------------ whom mail tells

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        # A follower keeps following when their duty ends; the mail would tell them what the record does not.
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if self._loan_open():
            return recipients
        left = self._loan_left({recipient["id"] for recipient in recipients if not recipient["uid"]})
        return [
            recipient
            for recipient in recipients
            if recipient["id"] not in left
            and (
                recipient["share"]
                or not recipient["uid"]
                or self._loan_seen_by(self.env["res.users"].browse(recipient["uid"])) == self
            )
        ]

    @api.model
    def _loan_left(self, partner_ids):
        """Return those of these contacts who were colleagues: without a user, Odoo takes them for customers."""
        partner_ids = [id_ for id_ in partner_ids if id_]
        if not partner_ids:
            return set()
        # As superuser: who has left is asked for whoever writes.
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        left = Domain("active", "=", False) & Domain("share", "=", False)
        return set(users_sudo.search(left & Domain("partner_id", "in", partner_ids)).partner_id.ids)

    @api.model
    def _get_thread_with_access(self, thread_id, *, mode="read", **kwargs):
        """Return the record, to whoever may see it by their own rights.

        A token, or the signature of a link in a mail, opens no customer: it would outlive the duty of whoever kept it.
        """
        thread = self.browse(int(thread_id)).exists()
        # As superuser: only whether it is kept from anybody.
        if thread and not thread.sudo()._loan_discreet():
            return super()._get_thread_with_access(thread_id, mode=mode, **kwargs)
        return thread if thread and thread.sudo(False).has_access(mode) else self.browse()

    # ------------------------------------------------------------ mail without content

    def _loan_contentless(self):
        """Return those of these records of which colleagues are told without content, and given a link.

        They are those that not everybody with the duty may see: a mail stays where it arrived, whatever lapses. What
        is written to the borrower stays as it is.
        """
        closed = self.env["loan.confidentiality.level"]._closed_ranks()
        if not closed:
            return self.browse()
        return self.filtered(lambda record: record._loan_rank() in closed)

    def _loan_corresponds(self, email):
        """Tell whether an address is of somebody who has to do with this record; called as superuser.

        They follow it, have written to it or were written to, are its borrower or somebody of theirs, or are a
        colleague who may see it.

        :param str email: normalised
        """
        self.ensure_one()
        customers = self.env["loan.customer"].browse(self._loan_log_customers().values())
        borrowers = customers.partner_id | customers.partner_id.child_ids | customers.partner_id.parent_id
        if "party_ids" in self._fields:
            borrowers |= self.party_ids.partner_id
        messages = self.message_ids
        people = self.message_partner_ids | messages.author_id | messages.partner_ids
        people |= messages.notification_ids.res_partner_id
        outside = (borrowers | people).filtered(
            lambda partner: (
                not any(not user.share for user in partner.with_context(active_test=False).user_ids)
            )
        )
        if email in outside.mapped("email_normalized"):
            return True
        written_to = ",".join(filter(None, messages.mapped("outgoing_email_to")))
        if email in {email_normalize(address) for address in email_split(written_to)}:
            return True
        # A colleague counts by what they may see now, not by what they wrote when they did.
        users = self.env["res.users"].search([("email_normalized", "=", email), ("share", "=", False)])
        anywhere = self.with_context(allowed_company_ids=[])
        return any(anywhere.with_user(user).has_access("read") for user in users if not user._is_superuser())

    def _loan_notice(self):
        """Return subject and words of a mail that tells nothing but that there is something to see."""
        return (
            self.env._("A protected record was updated"),
            self.env._("A protected record was updated. Open it to see what happened."),
        )

    def _notify_thread_by_email(self, message, recipients_data, *, msg_vals=False, **kwargs):
        quiet = [
            recipient
            for recipient in recipients_data
            if recipient["notif"] == "email" and recipient["uid"] and not recipient["share"]
        ]
        if not quiet or not self._loan_contentless():
            return super()._notify_thread_by_email(message, recipients_data, msg_vals=msg_vals, **kwargs)
        for recipient in quiet:
            self._notify_without_content(message, recipient)
        others = [recipient for recipient in recipients_data if recipient not in quiet]
        return super()._notify_thread_by_email(message, others, msg_vals=msg_vals, **kwargs)

    def _notify_without_content(self, message, recipient):
        """Write one colleague a mail of its own: subject and files of the message would go with it otherwise.

        :param message: `mail.message`
        :param dict recipient: of `_notify_get_recipients`
        """
        self.ensure_one()
        told = self.with_context(lang=recipient.get("lang") or self.env.lang)
        subject, words = told._loan_notice()
        body = Markup('<p>%s</p><p><a href="%s">%s</a></p>') % (
            words,
            self._notify_get_action_link("view"),
            told.env._("Open the Record"),
        )
        # As superuser: mails are written by the system, for whoever posts.
        mail_sudo = (
            self.env["mail.mail"]
            .sudo()
            .create(
                {
                    "subject": subject,
                    "body_html": body,
                    "recipient_ids": [(4, recipient["id"])],
                    "email_from": message.email_from,
                    "reply_to": message.reply_to,
                    "auto_delete": True,
                    "message_type": "user_notification",
                    "is_internal": True,
                }
            )
        )
        self.env["mail.notification"].sudo().create(  # as superuser, as above
            {
                **self._notify_by_email_get_base_notification_values(message),
                "mail_mail_id": mail_sudo.id,
                "res_partner_id": recipient["id"],
            }
        )
        mail_sudo.send_after_commit()

    def _notify_by_web_push_prepare_payload(self, message, msg_vals=False, force_record_name=False):
        payload = super()._notify_by_web_push_prepare_payload(message, msg_vals, force_record_name)
        if self._loan_contentless():
            subject, words = self._loan_notice()
            # What it leads to stays, so that it can be opened.
            data = payload["options"]["data"]
            payload = {
                "title": subject,
                "options": {"body": words, "icon": "/web/static/img/odoo-icon-192x192.png", "data": data},
            }
        return payload
