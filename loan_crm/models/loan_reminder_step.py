from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import reminders

# What a letter that was written was written by.
# A due date to read a ladder by; without a calendar each reads alike.
_ANY_DAY = date(2000, 1, 1)
_TOLD = ("policy_id", "days", "moment", "tone", "channel")


class LoanReminderStep(models.Model):
    """One rung of a reminder policy: a day around the due date, a tone and the letter to write.

    What was written by a step stays true: once the ledger names it, it is archived and replaced, not changed.
    """

    _name = "loan.reminder.step"
    _description = "Reminder Step"
    _order = "policy_id, offset, id"

    policy_id = fields.Many2one("loan.reminder.policy", required=True, index=True, ondelete="cascade")
    active = fields.Boolean(default=True, help="An archived step writes no letters any more.")
    name = fields.Char("When", compute="_compute_name", compute_sudo=True)
    days = fields.Integer(
        required=True,
        default=3,
        help="How far from the due date the letter is written. 0 with “After Due”: on the day itself.",
    )
    moment = fields.Selection(
        [("before", "Before Due"), ("after", "After Due")],
        "Before or After",
        required=True,
        default="before",
        help="A step before the due date is never sent once the day has come; one after it never to who has paid.",
    )
    offset = fields.Integer(
        "Days from Due Date",
        compute="_compute_offset",
        store=True,
        precompute=True,
        aggregator=None,
        help="Days from the due date; negative before it.",
    )
    tone = fields.Selection(
        [
            ("courtesy", "Courtesy"),
            ("due", "Due Today"),
            ("gentle", "Gentle Overdue"),
            ("firm", "Firm"),
        ],
        required=True,
        default="courtesy",
        help="What kind of letter it is, for figures and for limits. The words themselves stand in the letter.",
    )
    channel = fields.Selection(
        [("email", "Letter by Email"), ("task", "Task to Call")],
        "What Happens",
        required=True,
        default="email",
        help="A task goes to the manager, or to whoever acts in their place.",
    )
    recipients = fields.Selection(
        [
            ("borrower", "Borrower"),
            ("co_borrower", "Borrower and Co-borrowers"),
            ("guarantor", "Borrower, Co-borrowers and Guarantors"),
        ],
        "Who Hears of It",
        required=True,
        default="borrower",
        help="Who else is written to. Guarantors learn of the delay: check that your contracts allow it.",
    )
    required_by_law = fields.Boolean(
        "Required by Law",
        help="A notice that must be given: neither an opt-out nor a hold nor a limit silences it.",
    )
    when_debited = fields.Selection(
        [("write", "Announce the Debit"), ("hold", "Stay Silent"), ("demand", "Ask to Pay")],
        "If Paid by Direct Debit",
        required=True,
        compute="_compute_when_debited",
        store=True,
        readonly=False,
        precompute=True,
        help="Before the due date the letter says that the amount will be debited. After it, an open installment "
        "means that the debit failed.",
    )
    meaning = fields.Char("In Words", compute="_compute_meaning", compute_sudo=True)
    template_id = fields.Many2one(
        "mail.template",
        "Letter",
        ondelete="restrict",
        domain=[("model", "=", "loan.reminder")],
        default=lambda self: self.env.ref("loan_crm.mail_template_reminder_before", raise_if_not_found=False),
        help="The letter itself, in each language. A letter that cannot be written holds its reminders back.",
    )

    letter_problem = fields.Text(related="template_id.loan_letter_problem", string="Letter Cannot Be Written")

    _days_sensible = models.Constraint(
        "CHECK (days BETWEEN 0 AND 365)", "A step lies within a year of the due date."
    )
    _letter_needed = models.Constraint(
        "CHECK (channel <> 'email' OR template_id IS NOT NULL)", "Choose the letter that this step writes."
    )
    _policy_offset_uniq = models.UniqueIndex(
        '(policy_id, "offset") WHERE active', "Two steps of one policy cannot fall on the same day."
    )

    @api.depends("days", "moment")
    def _compute_offset(self):
        for step in self:
            step.offset = -step.days if step.moment == "before" else step.days

    @api.depends("offset")
    @api.depends_context("lang")
    def _compute_name(self):
        for step in self:
            days = abs(step.offset)
            if step.offset < -1:
                step.name = self.env._("%s days before", days)
            elif step.offset == -1:
                step.name = self.env._("The day before")
            elif step.offset == 0:
                step.name = self.env._("On the due date")
            elif step.offset == 1:
                step.name = self.env._("The day after")
            else:
                step.name = self.env._("%s days late", days)

    @api.depends("offset")
    def _compute_when_debited(self):
        for step in self:
            step.when_debited = "write" if step.offset < 0 else "hold" if not step.offset else "demand"

    @api.depends(
        "offset", "channel", "recipients", "required_by_law", "policy_id.catch_up_days", "policy_id.step_ids"
    )
    @api.depends_context("lang")
    def _compute_meaning(self):
        """Say what a step does, and until when it may still do it."""
        who = dict(self._fields["recipients"]._description_selection(self.env))
        for step in self:
            days = step._days_open()
            what = step._what_happens(who.get(step.recipients, ""))
            until = (
                self.env._("on that day only")
                if not days
                else self.env._("at the latest one day after")
                if days == 1
                else self.env._("at the latest %s days after", days)
            )
            law = self.env._("required by law, so nothing but payment holds it back")
            said = self.env._("%(day)s: %(what)s", day=step.name, what=what)
            # A language has its own comma.
            step.meaning = self.env._(", ").join([said, until, *([law] if step.required_by_law else [])])

    def _what_happens(self, who):
        """Say what this step does; an addon says it for its own channel.

        :param str who: who hears of it, in words
        """
        if self.channel == "task":
            return self.env._("The manager is asked to call")
        return self.env._("A letter to: %s", who)

    def _days_open(self):
        """Return how many days after its own this step may still speak, every day being a business day."""
        self.ensure_one()
        offsets = {self.offset, *self.policy_id._active_steps().mapped("offset")}
        ladder = [reminders.Step(offset, offset) for offset in offsets]
        opened = reminders.windows(_ANY_DAY, ladder, max(0, self.policy_id.catch_up_days))
        window = next(window for window in opened if window.step.key == self.offset)
        return (window.last - window.first).days

    @api.constrains("template_id", "active", "channel")
    def _check_letter(self):
        """Refuse to write with a letter that cannot be written."""
        self.filtered("active").template_id._refuse_broken_letters()

    def action_preview(self):
        """Show the letter of this step as a borrower would get it."""
        self.ensure_one()
        return self.env["loan.reminder.preview"]._open(
            {"step_id": self.id, "template_id": self.template_id.id}
        )

    def write(self, vals):
        told = vals.keys() & set(_TOLD)
        changed = self.filtered(lambda step: any(step._as_written(name) != vals[name] for name in told))
        if used := changed._used():
            raise UserError(
                self.env._(
                    "Letters were written by the step “%s” already. Archive it and add another step, so that what "
                    "was written stays true.",
                    used[0].display_name,
                )
            )
        return super().write(vals)

    def _as_written(self, name):
        return self._fields[name].convert_to_write(self[name], self)

    def _used(self):
        """Return those of these steps that the ledger names."""
        # As superuser: a reminder that is hidden from whoever edits the policy is a reminder.
        groups = self.env["loan.reminder"].sudo()._read_group([("step_id", "in", self.ids)], ["step_id"])
        return self.browse(step.id for (step,) in groups)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self._used():
            raise UserError(
                self.env._(
                    "Letters were written by the step “%s” already, so it is kept. Archive it instead of deleting it.",
                    used[0].display_name,
                )
            )
