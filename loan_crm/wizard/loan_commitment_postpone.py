from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, is_html_empty


class LoanCommitmentPostpone(models.TransientModel):
    """Put a commitment off to another day: why, and how the customer is told of it."""

    _name = "loan.commitment.postpone"
    _inherit = ["loan.guard.mixin"]
    _description = "Put a Commitment Off"

    commitment_id = fields.Many2one("loan.commitment", "Commitment", required=True)
    date_due = fields.Date(
        "New Day",
        required=True,
        help="The day before stays on record: it is counted how often a word was put off.",
    )
    has_hour = fields.Boolean("By an Hour", help="Off: the whole day counts. On: it is late after the hour.")
    due_hour = fields.Float("Hour", help="In the time zone of whose clock it is.")
    reason = fields.Char("Why", required=True, help="For colleagues.")
    told = fields.Selection(
        [("letter", "We write to them now"), ("spoken", "They have been told already")],
        "The Customer Was Told",
        required=True,
        default="letter",
        help="Nothing is put off behind a customer's back: either the letter below goes now, or you have "
        "told them.",
    )
    letter = fields.Html(
        compute="_compute_letter",
        store=True,
        readonly=False,
        precompute=True,
        sanitize_style=True,
        help="Sent to the customer as it stands here; change what you would say otherwise.",
    )
    told_note = fields.Char("How They Were Told", help="For example: by telephone, today.")

    @api.depends("commitment_id", "date_due")
    def _compute_letter(self):
        for form in self:
            word = form.commitment_id
            lang = word.partner_id.lang or self.env.lang
            speaking = word.with_context(lang=lang)
            facts = {
                "name": word.partner_id.name,
                "what": word.name,
                "before": speaking._when_told() if word.date_due else "",
                "day": format_date(speaking.env, form.date_due) if form.date_due else "…",
            }
            form.letter = Markup("<p>%s</p><p>%s</p><p>%s</p>") % (
                speaking.env._("Dear %s,", facts["name"]),
                speaking.env._(
                    "We promised you this by %(before)s: %(what)s. We are not able to keep that day, and we are sorry.",
                    **facts,
                ),
                speaking.env._("You will have it by %(day)s.", **facts),
            )

    def action_put_off(self):
        """Put it off and tell the customer."""
        self.ensure_one()
        word = self.commitment_id
        word.check_access("write")
        word._check_may_put_off()
        message = self.env["mail.message"]
        if self.told == "letter":
            if not word.partner_id.email_normalized:
                raise UserError(self.env._("%s has no email address: call them.", word.partner_id.name))
            if is_html_empty(self.letter):
                raise UserError(self.env._("The letter says nothing."))
            message = word._place().message_post(
                body=self.letter,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=word.partner_id.ids,
            )
        elif not (self.told_note or "").strip():
            raise UserError(self.env._("Say how the customer was told."))
        reason = self.reason if message else f"{self.reason} ({self.told_note.strip()})"
        made = word._put_off(self.date_due, reason, self.due_hour if self.has_hour else None, message)
        return made._action_open_record(made)
