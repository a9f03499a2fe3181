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

    _text_needed = models.Constraint(
        "CHECK (channel <> 'sms' OR sms_template_id IS NOT NULL)",
        "Choose the text message that this step writes.",
    )

    @api.depends("tone", "channel")
    def _compute_sms_template_id(self):
        for step in self:
            shipped = step.channel != "task" and self.env.ref(
                f"loan_crm_sms.{_SHIPPED[step.tone]}", raise_if_not_found=False
            )
            step.sms_template_id = shipped or False

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
