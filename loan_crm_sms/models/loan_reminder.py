from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, plaintext2html

from ..core.text_parts import parts

# What a silence is called when it is a text message that cannot be sent.
_IN_OTHER_WORDS = {
    "no_address": "no_phone",
    "invalid_address": "invalid_phone",
    "opted_out": "phone_opted_out",
    "bounced": "phone_bounced",
    "no_template": "no_text",
}


class LoanReminder(models.Model):
    """Reminders by text message: judged like letters, carried by Odoo's `sms.sms`."""

    _inherit = "loan.reminder"

    channel = fields.Selection(
        selection_add=[("sms", "Text Message"), ("other",)],
        ondelete={"sms": lambda reminders: reminders._loan_sms_leave()},
    )
    hold_reason = fields.Selection(
        selection_add=[
            ("phone_opted_out", "Opted out of text messages"),
            ("call_first",),
            ("no_phone", "No phone number"),
            ("invalid_phone", "Phone number not valid"),
            ("phone_bounced", "Text messages do not arrive"),
            ("no_access",),
            ("no_text", "No text for this step"),
            ("too_late",),
        ],
        ondelete={
            "phone_opted_out": "set opted_out",
            "no_phone": "set no_address",
            "invalid_phone": "set invalid_address",
            "phone_bounced": "set bounced",
            "no_text": "set no_template",
        },
    )
    sms_id = fields.Many2one(
        "sms.sms", "Text Message", readonly=True, ondelete="set null", index="btree_not_null"
    )
    sms_url = fields.Char(
        compute="_compute_sms_url",
        help="The link to the loan; empty where it would cost another text message.",
    )

    sms_what = fields.Char(compute="_compute_sms_what", help="What is due, in a few words.")

    # One of the channels, and never both: a customer may change what they prefer while a step still speaks.
    _once_on_one_channel = models.UniqueIndex(
        "(installment_id, step_id, partner_id, version) WHERE channel <> 'task'",
        "An installment is reminded of once per step, by letter or by text message.",
    )

    @api.depends("loan_url")
    @api.depends_context("loan_sms_without_link")
    def _compute_sms_url(self):
        without = self.env.context.get("loan_sms_without_link")
        for reminder in self:
            reminder.sms_url = "" if without else reminder.loan_url or ""

    @api.depends("amount_letter", "is_several", "all_debited", "role", "due_date")
    @api.depends_context("lang")
    def _compute_sms_what(self):
        for reminder in self:
            env = reminder.env
            facts = {
                "amount": reminder.currency_id.format(reminder.amount_letter),
                "day": format_date(env, reminder.due_date),
            }
            if reminder.is_several:
                what = env._("%(amount)s is open on your loans", **facts)
            elif reminder.days_late:
                what = env._("%(amount)s was due on %(day)s and is open", **facts)
            elif reminder.all_debited and reminder.days_ahead:
                what = env._("%(amount)s will be debited on %(day)s", **facts)
            elif reminder.all_debited:
                what = env._("%(amount)s will be debited today", **facts)
            elif reminder.days_ahead:
                what = env._("%(amount)s is due on %(day)s", **facts)
            else:
                what = env._("%(amount)s is due today", **facts)
            if reminder.role != "borrower":
                what = env._(
                    "For the loan of %(name)s: %(what)s",
                    name=reminder.customer_id.partner_id.name,
                    what=what,
                )
            reminder.sms_what = what

    # ------------------------------------------------------------ claiming and judging

    @api.model
    def _channel_sql(self):
        """Speak by text message instead of a letter to a borrower who prefers that, if the step has a text.

        A notice that the law requires stays the letter it is.
        """
        return SQL(
            """
            CASE WHEN step.channel = 'email' AND step.sms_template_id IS NOT NULL
                  AND NOT COALESCE(step.required_by_law, FALSE) AND hearer.role = 'borrower'
                  AND due.preferred_channel = 'sms'
                 THEN 'sms' ELSE %s END
            """,
            super()._channel_sql(),
        )

    def _read_facts(self, today):
        rows = super()._read_facts(today)
        texts = {row["id"]: row for row in rows if row["channel"] == "sms"}
        if not texts:
            return rows
        for name in ("sms.template", "phone.blacklist"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT reminder.id, partner.phone_sanitized, %(can_text)s AS can_text,
                       EXISTS (SELECT FROM phone_blacklist blacklist
                                WHERE blacklist.number = partner.phone_sanitized AND blacklist.active)
                           AS phone_blacklisted, %(stopped)s AS stopped,
                       EXISTS (SELECT FROM loan_reminder returned
                                WHERE returned.partner_id = reminder.partner_id
                                  AND returned.channel = 'sms'
                                  AND returned.bounced_at IS NOT NULL
                                  AND returned.email_to = partner.phone_sanitized
                                  AND NOT returned.id = ANY(%(own)s)) AS phone_bounced
                  FROM loan_reminder reminder
                  JOIN res_partner partner ON partner.id = reminder.partner_id
                  JOIN loan_reminder_step step ON step.id = reminder.step_id
                 WHERE reminder.id = ANY(%(ids)s)
                """,
                can_text=self.env["sms.template"]._can_text_sql(),
                stopped=self.env["loan.consent.purpose"]._stopped_sql("texts", SQL("reminder.customer_id")),
                ids=list(texts),
                own=self.ids,
            ),
            log_exceptions=False,
        )
        for facts in self.env.cr.dictfetchall():
            texts[facts["id"]].update(facts)
        return rows

    @api.model
    def _channel_facts(self, row):
        if row["channel"] != "sms":
            return super()._channel_facts(row)
        return {
            "has_template": row["can_text"],
            "has_address": bool((row["phone"] or "").strip()),
            "address_valid": bool(row["phone_sanitized"]),
            "bounced": row["phone_bounced"],
            "opted_out": row["phone_blacklisted"] or (row["stopped"] and row["role"] == "borrower"),
        }

    def _judge_row(self, company, row, clock, context, delivering):
        verdict = super()._judge_row(company, row, clock, context, delivering)
        if row["channel"] != "sms":
            return verdict
        return verdict._replace(reason=_IN_OTHER_WORDS.get(verdict.reason, verdict.reason))

    # ------------------------------------------------------------ writing

    def _letter_address(self):
        if self.channel == "sms":
            return self.partner_id.phone_sanitized
        return super()._letter_address()

    def _texts(self):
        """Return what each of these reminders says, `{id: text}`; the link is left out where it costs a message more.

        :raises UserError: when a template says nothing
        """
        texts = {}
        for template, group in self.grouped(lambda reminder: reminder.step_id.sms_template_id).items():
            texts |= group._texts_of(template)
        return texts

    def _texts_of(self, template):
        """Return what each of these reminders says by one `sms.template`, see `_texts`."""
        texts = self._render_texts(template)
        short = self.with_context(loan_sms_without_link=True)._render_texts(template)
        texts |= {id_: text for id_, text in short.items() if parts(text) < parts(texts[id_])}
        if empty := [reminder for reminder in self if not texts[reminder.id]]:
            raise UserError(
                self.env._(
                    "The text “%(template)s” says nothing for %(reminder)s.",
                    template=template.name,
                    reminder=empty[0].display_name,
                )
            )
        return texts

    def _render_texts(self, template):
        rendered = template.with_context(**self.env.context)._render_field(
            "body", self.ids, compute_lang=True
        )
        # No-break spaces, as amounts have them, would halve the room of a text.
        return {id_: " ".join((text or "").split()) for id_, text in rendered.items()}

    def _queue_sms(self):
        """Queue these letters as text messages, each filed on its loan: one create for all."""
        texts = self._texts()
        # As superuser: messages are written by verbs such as this one, nobody else may enter one.
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .create([each._prepare_text_message_vals(texts[each.id]) for each in self])
        )
        env_sudo = messages_sudo.env
        notices_sudo = env_sudo["mail.notification"].create(
            [
                {
                    "mail_message_id": message.id,
                    "author_id": message.author_id.id,
                    "res_partner_id": each.partner_id.id,
                    "sms_number": each.email_to,
                    "notification_type": "sms",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for message, each in zip(messages_sudo, self, strict=True)
            ]
        )
        carriers_sudo = env_sudo["sms.sms"].create(
            [
                {
                    "mail_message_id": message.id,
                    "partner_id": each.partner_id.id,
                    "number": each.email_to,
                    "body": texts[each.id],
                }
                for message, each in zip(messages_sudo, self, strict=True)
            ]
        )
        env_sudo["sms.tracker"].create(
            [
                {"sms_uuid": carrier.uuid, "mail_notification_id": notice.id}
                for carrier, notice in zip(carriers_sudo, notices_sudo, strict=True)
            ]
        )
        for carrier, notice in zip(carriers_sudo, notices_sudo, strict=True):
            notice.sms_id_int = carrier.id
        self._write_apiece(
            [
                {
                    "state": "queued",
                    "sms_id": carrier.id,
                    "message_id": message.id,
                    "attempts": reminder.attempts + 1,
                }
                for carrier, message, reminder in zip(carriers_sudo, messages_sudo, self, strict=True)
            ]
        )

    def _prepare_text_message_vals(self, text):
        """Return the values of the message that files a text on its loan.

        :param str text: what is sent
        """
        author = self.signed_user_id.partner_id or self.company_id.partner_id
        return {
            "model": "loan.contract",
            "res_id": self.contract_id.id,
            "record_name": self.contract_id.display_name,
            "record_company_id": self.company_id.id,
            "message_type": "sms",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "author_id": author.id,
            "email_from": author.email_formatted,
            "body": plaintext2html(text),
        }

    def _withdraw_letters(self):
        # First, as the mails are: a message takes nothing along that could still leave.
        self.sms_id.sudo().unlink()
        return super()._withdraw_letters()

    # ------------------------------------------------------------ delivering

    @api.model
    def _without_carrier(self):
        return super()._without_carrier() | Domain("channel", "=", "sms") & (
            Domain("sms_id", "=", False) | Domain("sms_id.state", "!=", "outgoing")
        )

    def _cancel_carriers(self):
        self.sms_id.sudo().action_set_canceled()
        return super()._cancel_carriers()

    def _note_reported(self):
        """Note what a provider reported on text messages before it answered that it took them."""
        for reminder in self:
            notice = reminder.message_id.notification_ids
            for report in notice.filtered(lambda each: each.notification_status in ("bounce", "exception")):
                reminder._note_returned(
                    report.failure_type, report.failure_reason, report.notification_status == "bounce"
                )

    def _note_returned(self, failure_type, failure_reason, bounced):
        """Note that a text message which the provider took did not arrive.

        :param str failure_type: as `mail.notification` names it
        :param str failure_reason: what the provider says, may be empty
        :param bool bounced: whether it will not arrive the next time either, so that this number gets none any more
        """
        failure = self._did_not_arrive(failure_type, failure_reason)
        vals = {"state": "failed", "failure": failure, "unreachable": False}
        if bounced:
            vals["bounced_at"] = fields.Datetime.now()
        self.write(vals)

    @api.model
    def _did_not_arrive(self, failure_type, failure_reason):
        labels = dict(self.env["mail.notification"]._fields["failure_type"]._description_selection(self.env))
        return self.env._(
            "The text message did not arrive: %s",
            failure_reason or labels.get(failure_type) or failure_type,
        )

    # ------------------------------------------------------------ leaving

    def _loan_sms_leave(self):
        """Keep the ledger true as the addon leaves.

        What was sent by text message was, by then, sent by other means. What was not yet is taken back, and said by
        what its step does from now on: a letter, or a task to call.
        """
        said = self.filtered(lambda reminder: (reminder.merged_into_id or reminder).state == "sent")
        unsaid = self - said
        waiting = unsaid.filtered(lambda reminder: (reminder.merged_into_id or reminder).state == "queued")
        waiting._withdraw_letters()
        waiting.write({"state": "claimed", "merged_into_id": False, "written_on": False})
        said.write({"channel": "other"})
        # A step by text message becomes a task, whether it has or not by now: which field goes first is not said.
        for step, group in unsaid.grouped("step_id").items():
            group.write({"channel": "task" if step.channel == "sms" else step.channel})
