from odoo import api, fields, models
from odoo.tools import SQL

# The text that is shipped for each tone.
_SHIPPED = {
    "courtesy": "sms_template_reminder_before",
    "due": "sms_template_reminder_due",
    "gentle": "sms_template_reminder_late",
    "firm": "sms_template_reminder_late",
}


class LoanReminderStep(models.Model):
    _inherit = "loan.reminder.step"

    channel = fields.Selection(
        selection_add=[("sms", "Text Message")],
        ondelete={"sms": lambda steps: steps._loan_sms_leave_to_a_person()},
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        "Text Message",
        ondelete="restrict",
        index="btree_not_null",
        domain=[("model", "=", "loan.reminder")],
        compute="_compute_sms_template_id",
        store=True,
        readonly=False,
        precompute=True,
        help="What a text message says. A step by email speaks by it to borrowers who prefer text messages; without a "
        "text they get the letter like all others.",
    )

    text_problem = fields.Text(related="sms_template_id.loan_text_problem", string="Text Cannot Be Written")

    _text_needed = models.Constraint(
        "CHECK (channel <> 'sms' OR sms_template_id IS NOT NULL)",
        "Choose the text message that this step writes.",
    )

    @api.depends("tone", "channel")
    def _compute_sms_template_id(self):
        """Give a step the text of its tone. In a form, what somebody chose or cleared stays; see `write`."""
        shipped = {tone: self._shipped_text(tone) for tone in _SHIPPED}
        for step in self:
            saved, text = step._origin, step.sms_template_id
            in_form = step != saved and (text or saved)
            if in_form and text != saved._own_shipped_text() and text not in shipped.values():
                step.sms_template_id = text
            else:
                step.sms_template_id = step.channel != "task" and shipped.get(step.tone)

    def write(self, vals):
        """Change steps; a text that somebody chose or cleared stays when the tone or the channel changes."""
        if "sms_template_id" in vals or not vals.keys() & {"tone", "channel"}:
            return super().write(vals)
        own = self.filtered(lambda step: step.sms_template_id != step._own_shipped_text())
        with self.env.protecting([self._fields["sms_template_id"]], own):
            return super().write(vals)

    @api.constrains("sms_template_id", "active", "channel")
    def _check_text(self):
        """Refuse to speak by a text that cannot be written."""
        self.filtered("active").sms_template_id._refuse_broken_texts()

    @api.model
    def _shipped_text(self, tone):
        text = self.env.ref(f"loan_crm_sms.{_SHIPPED[tone]}", raise_if_not_found=False)
        return text or self.env["sms.template"]

    def _own_shipped_text(self):
        """Return the text that is shipped for this step, none where it has none, such as a task."""
        if not self.tone or self.channel == "task":
            return self.env["sms.template"]
        return self._shipped_text(self.tone)

    @api.model
    def _loan_sms_start_with_shipped_texts(self):
        """Give a text to the steps that were there before this addon; which customers hear it is theirs to say."""
        steps = self.with_context(active_test=False).search(
            [("channel", "!=", "task"), ("sms_template_id", "=", False)]
        )
        steps._compute_sms_template_id()

    def _what_happens(self, who):
        if self.channel == "sms":
            return self.env._("A text message to: %s", who)
        return super()._what_happens(who)

    def _loan_sms_leave_to_a_person(self):
        """Let steps by text message ask for a call, as the addon leaves: nothing goes unsaid or out in wrong words."""
        if not self:
            return
        # Past `write`, which keeps what letters were written by: the ledger's own entries tell their channel.
        self.env.cr.execute(
            SQL("UPDATE loan_reminder_step SET channel = 'task' WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset(["channel"])
