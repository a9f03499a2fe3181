from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime, html2plaintext

from ..core import cases

_ANSWER = "loan_crm.mail_activity_type_answer"


class LoanAnswerMixin(models.AbstractModel):
    """What a borrower writes to a loan or to their customer's page, and who answers it.

    A mail that comes in is filed in the chatter by Odoo, which knows the letter it answers. Here the person who acts
    for the borrower today gets a copy and a to-do, and the record waits until a person has written back or the
    to-do is done. Nobody outside gets a copy, and nobody inside without sight of the record. What a machine
    wrote is filed and does nothing else.

    Name it before `loan.access.mixin` in `_inherit`.
    """

    _name = "loan.answer.mixin"
    _description = "Mails That Wait for an Answer"

    waiting_since = fields.Datetime(
        "Waiting for an Answer Since",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the first mail came in that nobody has answered yet.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"waiting_since"}

    def _written_to(self):
        """Return the customer who writes here: whoever acts for them today answers."""
        return self.customer_id

    def _answer_company(self):
        """Return the lender who is written to here."""
        return self.company_id or self.env.company

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        # Who is given a task by a job hears of answers by their duty, and stays no follower after it.
        if self.env.context.get("loan_unfollowed"):
            return True
        return super().message_subscribe(partner_ids, subtype_ids)

    # ------------------------------------------------------------ mails that come in

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        written_by = self._written_outside(message)
        if not written_by:
            recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
            self._note_answer(message, any(recipient["share"] for recipient in recipients))
            return recipients
        answers = self._who_answers() if written_by == "person" else self.env["res.users"]
        # As superuser, for the gateway. Not who wrote before: a guarantor's mail and the borrower's are each their own.
        message.sudo().partner_ids = answers.partner_id
        msg_vals = {**(msg_vals or {}), "partner_ids": answers.partner_id.ids}
        thread = self.with_context(loan_outside=written_by)
        recipients = super(LoanAnswerMixin, thread)._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if written_by == "person":
            self._wait_for_answer(message, answers)
        return recipients

    def _written_outside(self, message):
        """Return who wrote a mail that came in, "person" or "machine"; None for what was written here."""
        written_by = self.env.context.get("loan_incoming")
        message_sudo = message.sudo()  # asked on behalf of the gateway
        if not written_by or message_sudo.message_type != "email":
            return None
        if written_by == "person" and self._colleagues(message_sudo.author_id):
            return None  # a colleague who answers from their own mail program; Odoo passes it on
        return written_by

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        outside = self.env.context.get("loan_outside")
        if not outside or ((msg_vals or {}).get("message_type") or message.message_type) != "email":
            return recipients
        if outside == "machine":
            return []
        # Nobody outside: not the borrower, who wrote it, nor a guarantor or an adviser who follows the record.
        return [recipient for recipient in recipients if recipient["uid"] and not recipient["share"]]

    def _notify_thread_with_out_of_office(self, message, recipients_data, msg_vals=False, **kwargs):
        # A machine is not answered by a machine, or both would go on.
        if self.env.context.get("loan_outside") == "machine":
            return self.env["mail.message"]
        return super()._notify_thread_with_out_of_office(
            message, recipients_data, msg_vals=msg_vals, **kwargs
        )

    def _colleagues(self, partner):
        """Return the users of a contact who work for the lender and may see this record."""
        self.ensure_one()
        # As superuser: the gateway asks who wrote, whoever runs it. Their own companies decide, not the gateway's.
        users_sudo = partner.sudo().user_ids.filtered(lambda user: user.active and not user.share)
        anywhere = self.with_context(allowed_company_ids=[])
        return users_sudo.filtered(
            lambda user: not user._is_superuser() and anywhere.with_user(user).has_access("read")
        )

    def _who_answers(self, *also):
        """Return who acts for the borrower today; without such a person the lead of the team; or nobody.

        :param also: users to ask after them
        """
        self.ensure_one()
        return self._answering_users(*also)[self]

    def _answering_users(self, *also):
        """Return `{record: who acts for its borrower today}`, else the team's lead, else one of others, else nobody.

        A to-do or a copy tells a name to whoever gets it, so only who may open the record counts, whoever a job or
        the gateway runs as. It takes a query for each such person, not for each record.

        :param also: users to ask after them
        """
        nobody = self.env["res.users"]
        # As superuser: whoever asks only learns who answers.
        asked = {}
        for record in self.sudo():
            customer = record._written_to()
            asked[record] = (customer.acting_user_id, customer.team_id.user_id, *also)
        anywhere = self.with_context(allowed_company_ids=[])  # their own companies decide
        may_open = {
            user: set(anywhere.with_user(user)._filtered_access("read").ids)
            for user in nobody.union(*(user for users in asked.values() for user in users))
            if user.active and not user._is_superuser()
        }
        return {
            record.with_env(self.env): next(
                (user for user in users if record.id in may_open.get(user, ())), nobody
            )
            for record, users in asked.items()
        }

    def _is_known(self, author):
        """Tell whether a sender is known here: the borrower, somebody of their firm, or who follows the record."""
        # As superuser: asked about a contact, on behalf of the gateway.
        record_sudo, author_sudo = self.sudo(), author.sudo()
        return bool(author_sudo) and (
            author_sudo.commercial_partner_id == record_sudo.partner_id.commercial_partner_id
            or author_sudo in record_sudo.message_partner_ids
        )

    def _wait_for_answer(self, message, user):
        """Note that a person waits, and give the one to-do of this record to whoever answers.

        :param message: the `mail.message` that came in
        :param user: who answers, or an empty recordset: then only the record tells
        """
        self.ensure_one()
        self._wait_for_lock()  # two mails at once must not make two to-dos
        record_sudo = self.sudo()  # nobody writes it by hand
        if not record_sudo.waiting_since:
            record_sudo.waiting_since = fields.Datetime.now()
            self.env["loan.response"]._begin(record_sudo, message.sudo(), user)
        activity = record_sudo._answer_activity()
        if not (activity or user):
            return
        reader = user or activity.user_id
        told = self.with_context(lang=reader.lang or self.env.lang)
        author = message.author_id
        known = self._is_known(author)
        # Only who and when: a to-do is read by whoever gets it, the words stay here.
        values = {
            "sender": author.name if known else message.email_from,
            "moment": format_datetime(
                told.env, fields.Datetime.now(), tz=reader.tz or None, dt_format="short"
            ),
        }
        if known:
            line = told.env._("%(sender)s wrote on %(moment)s.", **values)
            summary = told.env._("Answer %s", author.name)
        else:
            line = told.env._(
                "Unknown sender: %(sender)s wrote on %(moment)s. This address is not on file for the loan; make "
                "sure who it is before you tell anything.",
                **values,
            )
            summary = told.env._("Answer an unknown sender")
        note = Markup("<p>%s</p>") % line
        # The copy of the mail tells them already; a second mail about the to-do would only be noise.
        if not activity:
            record_sudo.with_context(mail_activity_quick_update=True).activity_schedule(
                _ANSWER,
                date_deadline=record_sudo._answer_company()._loan_today(),
                summary=summary,
                note=note,
                user_id=user.id,
            )
            return
        vals = {"note": (activity.note or Markup()) + note}
        holder = activity.user_id
        if (
            user
            and holder != user
            and (
                holder == record_sudo._written_to().manager_user_id or not self._colleagues(holder.partner_id)
            )
        ):
            vals["user_id"] = user.id  # who had it is away, or looks after the borrower no more
        activity.with_context(mail_activity_quick_update=True).write(vals)

    def _answer_activity(self):
        """Return the open to-dos to answer a mail on these records."""
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(_ANSWER, raise_if_not_found=False)
        return self.env["mail.activity"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("activity_type_id", "=", type_id)]
        )

    # ------------------------------------------------------------ what ends the waiting

    def _note_answer(self, message, went_out):
        """End the waiting where a person has written to somebody outside, or has done the to-do.

        :param message: a `mail.message` on this record
        :param bool went_out: somebody outside gets it
        """
        record_sudo = self.sudo()  # nobody writes it by hand
        if not record_sudo.waiting_since:
            return
        message_sudo = message.sudo()  # as below
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(_ANSWER, raise_if_not_found=False)
        if type_id and message_sudo.mail_activity_type_id.id == type_id:
            self._stop_waiting("ticked", message_sudo, self.env.user)
        elif colleague := self._answered_by(message, went_out):
            self._stop_waiting("answered", message_sudo, colleague)
            record_sudo._answer_activity().unlink()  # what was written stands in the chatter

    def _answered_by(self, message, went_out):
        """Return the colleague whose message answers somebody outside, or nobody: it says something of substance.

        :param message: a `mail.message` on this record
        :param bool went_out: somebody outside gets it
        """
        message_sudo = message.sudo()  # as superuser: what kind of message it is, whoever may read it
        if not went_out or message_sudo.message_type not in ("comment", "email"):
            return self.env["res.users"]
        if not message_sudo.attachment_ids and not cases.substantive(html2plaintext(message_sudo.body or "")):
            return self.env["res.users"]
        return self._colleagues(message_sudo.author_id)[:1]

    def _stop_waiting(self, state, message=None, user=None):
        """Note that nobody waits here any more; see `loan.response._end`."""
        # As superuser: nobody writes it by hand.
        self.env["loan.response"]._end(self, state, message, user)
        self.sudo().waiting_since = False

    def action_mark_answered(self):
        """End the waiting by hand: it was answered by telephone, or asks for no answer."""
        self.check_access("write")
        # As superuser: who may write the record may end its to-do, whoever had it. The doer stays the user.
        waiting_sudo = self.sudo().filtered("waiting_since")
        waiting_sudo._answer_activity().action_feedback()
        waiting_sudo._stop_waiting("ticked", user=self.env.user)
        return True
