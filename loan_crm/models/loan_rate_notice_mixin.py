from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import email_normalize, formatLang

from ..core import reminders

# So many installments to come are told with their old and their new amount.
_TOLD = 3
# How long after its date a new rate's letter is watched for coming back; the rate is fixed some days before it.
_WATCHED = timedelta(days=60)


class LoanRateNoticeMixin(models.AbstractModel):
    """The letter that tells a borrower of a new rate, written with the new rate and in the same transaction.

    Never without it, never twice: a change is posted once. Where no letter can be written (no address, opted out)
    the loan says so and its manager gets a to-do. A rate that stays the same is told, too: the borrower knows then
    that it was looked at.
    """

    _name = "loan.rate.notice.mixin"
    _inherit = ["loan.letter.mixin"]
    _description = "Notice of a New Rate"

    rate_before = fields.Float(
        "Rate Before (%)", digits=(16, 6), readonly=True, copy=False, help="The rate that held until then."
    )
    notice_message_id = fields.Many2one(
        "mail.message", "Notice", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    notice_email_to = fields.Char("Notice Sent To", readonly=True, copy=False)
    notice_hold_reason = fields.Selection(
        lambda self: [
            *self.env["loan.reminder"]._fields["hold_reason"]._description_selection(self.env),
            ("undelivered", self.env._("The letter could not be delivered")),
        ],
        "Not Told Because",
        readonly=True,
        copy=False,
    )
    notice_facts = fields.Json(compute="_compute_notice_facts", export_string_translation=False)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "rate_before",
            "notice_message_id",
            "notice_email_to",
            "notice_hold_reason",
            "signed_user_id",
        }

    def _new_rates(self):
        return self.filtered(lambda event: event.kind == "rate" and event.changes_rate)

    def _note_rate_before(self):
        """Keep the rate that holds until each of these new ones; called before they count."""
        # As superuser: the figure is the loan's own, nobody enters it.
        for event_sudo in self._new_rates().sudo():
            rates = event_sudo.contract_id._rates()
            event_sudo.rate_before = [rate for since, rate in rates if since <= event_sudo.date][-1]

    # ------------------------------------------------------------ telling

    def _tell_borrowers(self):
        """Queue a letter about each new rate; where none can be written, say so and ask the manager to call."""
        # As superuser: letters are written by the verb that posts the rate, and addresses are the customer's own.
        events_sudo = self._new_rates().sudo()
        template_sudo = self.env.ref("loan_crm.mail_template_rate_notice", raise_if_not_found=False)
        template_sudo = template_sudo and template_sudo.sudo()  # as above
        speaking_sudo = events_sudo.browse()
        for event in events_sudo:
            reason = reminders.verdict(event._as_notice_facts(template_sudo))
            if reason:
                event._hold_notice(reason)
                continue
            event.write(
                {
                    "signed_user_id": event.customer_id.acting_user_id.id,
                    "notice_email_to": event.partner_id.email,
                }
            )
            speaking_sudo |= event
        if not speaking_sudo:
            return
        speaking_sudo.invalidate_recordset(["notice_facts"])
        for mail, event in zip(speaking_sudo._queue_letter_mails(template_sudo), speaking_sudo, strict=True):
            event.notice_message_id = mail.mail_message_id

    def _as_notice_facts(self, template):
        """Read what decides between speaking and silence into a core value."""
        self.ensure_one()
        partner = self.partner_id
        return reminders.Facts(
            amount_open=Decimal(str(self.contract_id.amount_open)),
            contract_active=self.contract_id.state == "active",
            customer_archived=not (self.customer_id.active and partner.active),
            has_address=bool((partner.email or "").strip()),
            address_valid=bool(email_normalize(partner.email)),
            opted_out=partner.is_blacklisted,
            has_template=bool(template and template.active),
        )

    def _hold_notice(self, reason):
        """Note on the loan that its borrower was not written to, and ask somebody to tell them."""
        self.ensure_one()
        self.notice_hold_reason = reason
        told = dict(self._fields["notice_hold_reason"]._description_selection(self.env))[reason]
        self.contract_id._message_log(
            body=self.env._(
                "The borrower was not told of the new rate from %(date)s: %(reason)s.",
                date=self.contract_id._format_day(self.date),
                reason=told,
            )
        )
        self._ask_to_call(
            self.env._("Tell the borrower of the rate from %s", self.contract_id._format_day(self.date)),
            self.env._("No letter has reached the borrower: %s. Please tell them yourself.", told),
        )

    @api.model
    def _settle_undelivered(self, company):
        """Ask somebody to tell the borrowers whose letters the mail server did not take or sent back.

        :param company: `res.company`
        """
        # As superuser: what became of a mail is the system's to read.
        events_sudo = (
            self.env["loan.contract.event"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "posted"),
                    ("date", ">=", company._loan_today() - _WATCHED),
                    ("notice_message_id.notification_ids.notification_status", "in", ("exception", "bounce")),
                    ("notice_hold_reason", "=", False),
                ]
            )
        )
        for event_sudo in events_sudo:
            event_sudo._hold_notice("undelivered")

    def _ask_to_call(self, summary, note):
        """Ask somebody who may open the loan to speak with its borrower; where nobody may, tell it on the night."""
        user = self.contract_id._who_answers(self.company_id.loan_reminder_user_id, self.env.user)
        if user:
            self.contract_id.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=self.company_id._loan_today(),  # the lender's day, not the server's
                summary=summary,
                note=note,
                user_id=user.id,
            )
            return
        # A to-do opens the loan's name and notes to whoever gets it, so it is never given to somebody without duty.
        night = self.env["loan.night"].search(
            [("company_id", "=", self.company_id.id), ("date", "=", self.company_id._loan_today())]
        )
        if night:
            night._note_failure("notice", self.contract_id, f"{summary}. {note}")

    def _take_back_notices(self):
        """Let letters about rates that were taken back not leave; where one has left, ask the manager to call."""
        # As superuser: the mail queue is the system's.
        for event_sudo in self._new_rates().sudo():
            mails_sudo = event_sudo.notice_message_id.mail_ids
            waiting_sudo = mails_sudo.filtered(lambda mail: mail.state == "outgoing")
            if waiting_sudo:
                waiting_sudo.cancel()
                event_sudo.notice_message_id.notification_ids.write({"notification_status": "canceled"})
            elif event_sudo.notice_message_id:
                event_sudo._ask_to_call(
                    self.env._(
                        "The rate from %s was taken back", event_sudo.contract_id._format_day(event_sudo.date)
                    ),
                    self.env._("The borrower has been written to about it. Please tell them what holds now."),
                )

    # ------------------------------------------------------------ what the letter says

    @api.depends("contract_id", "yearly_rate", "rate_before", "reference_value_id", "state")
    @api.depends_context("lang")
    def _compute_notice_facts(self):
        versions = {
            version.event_id: version
            for version in self.env["loan.schedule.version"].search([("event_id", "in", self._origin.ids)])
        }
        installments = self.env["loan.installment"]
        rows = installments.search(
            [("contract_id", "in", self.contract_id.ids), ("kind", "=", "installment")], order="due_date, id"
        ).grouped("contract_id")
        for event in self:
            event.notice_facts = (
                event._prepare_notice_facts(
                    versions.get(event._origin), rows.get(event.contract_id._origin, installments)
                )
                if event.date
                else False
            )

    def _prepare_notice_facts(self, version, rows):
        """Return what the letter tells in figures: rates as texts, dates as ISO texts, amounts as numbers.

        :param version: the `loan.schedule.version` that the rate made; none where it changed nothing
        :param rows: the installments of the loan, those of all versions
        """
        self.ensure_one()
        contract, value = self.contract_id, self.reference_value_id
        number = version.number if version else contract.version_number + 1
        before = rows.filtered(
            lambda row: row.version_from < number and (not row.version_to or row.version_to >= number)
        )
        now = rows.filtered(
            lambda row: row.version_from <= number and (not row.version_to or row.version_to > number)
        )
        old = {row.number: row for row in before}
        coming = now.filtered(lambda row: row.due_date > self.date)
        balance = coming[:1].balance + coming[:1].principal - coming[:1].capitalised
        spread = Decimal(str(contract.spread or 0.0))
        # Below zero no rate goes, so the sum of the letter would not come out.
        floored = bool(value) and value._as_fraction() * 100 + spread < 0
        return {
            "same": self.rate_before == self.yearly_rate,
            "rate": self._percent(self.yearly_rate),
            "rate_before": self._percent(self.rate_before),
            "reference": value.rate_id.name if value else False,
            "value": self._percent(value.value) if value else False,
            "value_date": str(value.date) if value else False,
            "spread": self._percent(abs(contract.spread or 0.0)) if contract.spread else False,
            "minus": contract.spread < 0,
            "floored": floored,
            "balance": balance,
            "left": len(coming),
            "maturity": str(now[-1:].due_date or ""),
            "maturity_before": str(before[-1:].due_date or ""),
            "rows": [
                {
                    "number": row.number,
                    "due": str(row.due_date),
                    "before": old[row.number].amount if row.number in old else 0.0,
                    "now": row.amount,
                }
                for row in coming[:_TOLD]
            ],
        }

    @api.model
    def _percent(self, value):
        """Return a percentage as one reads it: two decimals, more only where it has them."""
        digits = max(2, -Decimal(f"{value:.6f}").normalize().as_tuple().exponent)
        return formatLang(self.env, value, digits=digits)
