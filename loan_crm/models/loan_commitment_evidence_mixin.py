from datetime import time
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..core import commitments


class LoanCommitmentEvidenceMixin(models.AbstractModel):
    """What shows that something was done: a message, a talk, a change of the loan, a file, or a few words.

    Some of it is seen by the ledger itself, the rest stands in the form when somebody says that it is done.
    """

    _name = "loan.commitment.evidence.mixin"
    _description = "Evidence of What Was Promised"

    # What shows that it was done.
    evidence_message_id = fields.Many2one(
        "mail.message",
        "Shown by the Message",
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        help="The message by which it was done, for example the mail with the paper.",
    )
    evidence_interaction_id = fields.Many2one(
        "loan.interaction",
        "Shown by the Talk",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        domain="[('customer_id', '=', customer_id)]",
        help="The call or visit in which it was done.",
    )
    evidence_event_id = fields.Many2one(
        "loan.contract.event",
        "Shown by the Change of the Loan",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        domain="[('customer_id', '=', customer_id), ('state', '=', 'posted')]",
        help="The change of the loan that was promised, once it is posted.",
    )
    evidence_file = fields.Binary(
        "Shown by the File",
        attachment=True,
        copy=False,
        help="Where nothing in the system shows it: a scan, a photo, a letter.",
    )
    evidence_filename = fields.Char(copy=False)
    evidence_note = fields.Char("Shown By", copy=False, help="For example: handed over at the counter.")
    evidence_told = fields.Char("How It Was Done", compute="_compute_evidence_told")
    done_at = fields.Datetime("Done At", readonly=True, copy=False)
    done_user_id = fields.Many2one(
        "res.users", "Noted as Done By", readonly=True, copy=False, ondelete="restrict"
    )

    @api.depends(
        "done_at",
        "evidence_message_id",
        "evidence_interaction_id",
        "evidence_event_id",
        "evidence_filename",
        "evidence_note",
    )
    @api.depends_context("lang", "tz", "uid")
    def _compute_evidence_told(self):
        for word in self:
            if not word.done_at:
                word.evidence_told = False
                continue
            message_sudo = word.evidence_message_id.sudo()  # who wrote it is told to who may see the promise
            parts = (
                format_datetime(self.env, word.done_at, dt_format="short"),
                word.done_user_id.sudo().name,  # as superuser: the name of a colleague is no secret
                message_sudo
                and self.env._(
                    "message of %(who)s", who=message_sudo.author_id.name or message_sudo.email_from or ""
                ),
                word.evidence_interaction_id.display_name,
                word.evidence_event_id.display_name,
                word.evidence_filename,
                word.evidence_note,
            )
            word.evidence_told = " · ".join(part for part in parts if part)

    # ------------------------------------------------------------ seen by the ledger

    def _settle(self, moment, user=None, **evidence):
        """Note that these were done, and judge them by it; what is settled already stays as it is.

        Called as superuser.

        :param datetime moment: when, naive and in UTC
        :param user: `res.users` who noted it
        :param evidence: values of the fields that show it
        """
        # What was done is done, however long ago it was broken; what was put off or taken back is nobody's any more.
        words = self.filtered(lambda word: not word.done_at and word.state in (*commitments.OPEN, "broken"))
        words = words - self.search([("replaces_id", "in", words.ids)]).replaces_id
        if not words:
            return
        words.write({"done_at": moment, "done_user_id": (user or self.env.user).id, **evidence})
        words._judge()
        for word in words:
            if word.activity_id.active:
                word.activity_id.action_feedback(feedback=word.evidence_told or False)

    @api.model
    def _settle_by_talks(self, talks):
        """Note calls that were promised as done: somebody of ours reached them.

        :param talks: `loan.interaction` that have just been noted
        """
        reached = talks.filtered(lambda talk: talk.reached and talk.direction == "out")
        if not reached:
            return
        # As superuser: that a call was made is seen, whoever promised it.
        words_sudo = self.sudo().search(
            Domain("customer_id", "in", reached.customer_id.ids)
            & Domain("kind_id.settled_by", "=", "talk")
            & Domain("done_at", "=", False)
            & Domain("state", "in", (*commitments.OPEN, "broken")),
        )
        for word_sudo in words_sudo:
            talk = reached.filtered(
                lambda talk, word=word_sudo: (
                    talk.customer_id == word.customer_id
                    and talk.contract_id in (word.contract_id, talk.contract_id.browse())
                    and talk.date >= word._begun_at()
                    and talk != word.interaction_id
                )
            ).sorted("date")[:1]
            if talk:
                word_sudo._settle(talk.date, talk.user_id, evidence_interaction_id=talk.id)

    @api.model
    def _settle_by_events(self, events):
        """Note discounts that were promised as given: the loan has a lower rate.

        :param events: `loan.contract.event` that have just been posted
        """
        lower = events.filtered(
            lambda event: (
                event.kind in ("rate", "restructure")
                and (event.kind == "rate" or event.changes_rate)
                and not event.reference_value_id  # a floating rate moves by itself
                and event.yearly_rate < self._rate_before(event)
            )
        )
        if not lower:
            return
        # As superuser: that the rate is lower is seen, whoever promised it.
        words_sudo = self.sudo().search(
            Domain("contract_id", "in", lower.contract_id.ids)
            & Domain("kind_id.settled_by", "=", "rate")
            & Domain("done_at", "=", False)
            & Domain("state", "in", (*commitments.OPEN, "broken")),
        )
        for word_sudo in words_sudo:
            event = lower.filtered(lambda event, word=word_sudo: event.contract_id == word.contract_id)[:1]
            word_sudo._settle(fields.Datetime.now(), evidence_event_id=event.id)

    @api.model
    def _rate_before(self, event):
        """Return the yearly rate that held until a change, in percent."""
        if event.kind == "rate":
            return event.rate_before
        contract_sudo = event.contract_id.sudo()  # as superuser: the rates are the loan's own
        before = [rate for since, rate in contract_sudo._rates() if since < event.date]
        return before[-1] if before else contract_sudo.yearly_rate

    @api.model
    def _unsettle_by_events(self, events):
        """Judge anew what was shown by changes of a loan that have been taken back.

        :param events: `loan.contract.event`
        """
        # As superuser: what follows from it, nobody enters.
        words_sudo = self.sudo().search([("evidence_event_id", "in", events.ids)])
        words_sudo.write({"done_at": False, "done_user_id": False, "evidence_event_id": False})
        words_sudo._judge()
        words_sudo._give_todos()

    # ------------------------------------------------------------ by hand

    def action_show_done(self):
        """Open the small form in which stands what shows that it was done."""
        self.ensure_one()
        self.check_access("write")
        view = self.env.ref("loan_crm.loan_commitment_view_form_done")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_keep(self):
        """Note that these were done, by the evidence that stands in the form; it is judged by the evidence's moment."""
        self.check_access("write")
        for word in self:
            if word.done_at:
                raise UserError(self.env._("%s is done already.", word.display_name))
            moment = word._shown_at()
            # As superuser: when it was done is what the evidence says, nobody enters it.
            word.sudo()._settle(moment, self.env.user)
        return True

    def _shown_at(self):
        """Return when the evidence in the form says that it was done, naive and in UTC.

        :raise UserError: without any, or where it was before it was promised or is about somebody else
        """
        self.ensure_one()
        # As superuser: where it stands; who may read it was asked when it was chosen.
        message_sudo = self.evidence_message_id.sudo()
        moments = []
        if message_sudo:
            moments.append(message_sudo.date)
            self._check_message(message_sudo)
        if talk := self.evidence_interaction_id:
            moments.append(talk.date)
            if talk.customer_id != self.customer_id:
                raise UserError(self.env._("The talk was with somebody else."))
        if event := self.evidence_event_id:
            moments.append(fields.Datetime.now())
            if event.customer_id != self.customer_id or event.state != "posted":
                raise UserError(self.env._("This change is not in force on a loan of this customer."))
        if self.evidence_file or (self.evidence_note or "").strip():
            moments.append(fields.Datetime.now())
        if not moments:
            raise UserError(
                self.env._(
                    "Say what shows that it was done: a message, a talk, a file, or in a few words how."
                )
            )
        if min(moments) < self._begun_at():
            raise UserError(self.env._("What shows it was before it was promised."))
        return min(moments)

    def _begun_at(self):
        """Return when the day begins on which it was promised, naive and in UTC."""
        return commitments.moment(self.promised_on, time(), ZoneInfo(self.tz or "UTC")).replace(tzinfo=None)

    def _check_message(self, message_sudo):
        """Refuse a message that does not stand with this customer."""
        place = (
            self.env[message_sudo.model].sudo().browse(message_sudo.res_id) if message_sudo.model else None
        )
        where = self._where_told(place) if place is not None and place.exists() else {}
        if where.get("customer_id") != self.customer_id.id:
            raise UserError(self.env._("This message is about somebody else than the customer."))
