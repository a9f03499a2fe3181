from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import commitments

# What is not entered: it follows from who promised, from the evidence and from the clock.
_DERIVED = frozenset(
    {
        "tz",
        "grace_days",
        "turns_at",
        "trouble",
        "done_at",
        "done_user_id",
        "replaces_id",
        "replacements",
        "put_off_reason",
        "told_message_id",
        "withdrawn_user_id",
        "activity_id",
        "lead_activity_id",
        "promised_user_id",
    }
)
# What may still be entered once it was promised: who does it, what shows that it was done, why it is taken back.
_EVIDENCE = frozenset(
    {
        "evidence_note",
        "evidence_message_id",
        "evidence_interaction_id",
        "evidence_event_id",
        "evidence_file",
        "evidence_filename",
    }
)


class LoanCommitment(models.Model):
    """Something we promised a customer by a day: begins when it is said, ends when it is shown to be done.

    Whether it was kept is nobody's opinion: the ledger judges by the evidence and the clock (`core.commitments`), at
    each event and each night. Its owner has a to-do on the customer or the loan, which goes to others with the duty;
    the team's lead is told of a broken one. Another day is another promise that takes its place, with a reason, and
    the customer is told. Nothing is deleted.
    """

    _name = "loan.commitment"
    _inherit = [
        "loan.commitment.source.mixin",
        "loan.commitment.todo.mixin",
        "loan.commitment.evidence.mixin",
        "loan.commitment.judge.mixin",
        "loan.commitment.postpone.mixin",
        "loan.commitment.page.mixin",
        "loan.pass.mixin",
        "loan.given.mixin",
        "loan.about.mixin",
        "loan.mine.first.mixin",
        "loan.recused.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Commitment"
    _order = "date_due desc, id desc"
    _rec_names_search = ["name", "customer_id.name", "contract_id.name"]
    _check_company_auto = True

    name = fields.Char("What We Promised", required=True, help="In the words the customer may read.")
    kind_id = fields.Many2one(
        "loan.commitment.kind",
        "Kind of Commitment",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_kind(),
        help="It proposes the day, and says what shows that the word was kept.",
    )
    lead_id = fields.Many2one("crm.lead", "Application", index="btree_not_null", ondelete="set null")
    partner_id = fields.Many2one(
        "res.partner",
        "Promised To",
        required=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    promised_user_id = fields.Many2one(
        "res.users",
        "Promised By",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    promised_on = fields.Date(
        "Promised On",
        required=True,
        copy=False,
        default=lambda self: self.env.company._loan_today(),
        help="The day on which the customer heard it.",
    )
    date_due = fields.Date(
        "By When",
        required=True,
        help="What the customer was told, not what you hope for: after it the commitment counts as broken.",
    )
    has_hour = fields.Boolean("By an Hour", help="Otherwise until the day ends.")
    due_hour = fields.Float("Hour", help="On the clock chosen beside it.")
    clock = fields.Selection(
        [("lender", "The lender's clock"), ("customer", "The customer's clock")],
        "Whose Clock",
        required=True,
        default="lender",
        help="Where the customer lives in another time zone: whether the day ends for us or for them.",
    )
    state = fields.Selection(
        [
            ("open", "Still Open"),
            ("due", "Due by Now"),
            ("broken", "Broken"),
            ("kept", "Kept"),
            ("late", "Done Late"),
            ("replaced", "Put Off"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        group_expand=True,
        help="Set by the system alone: by what shows that it was done, and by the clock.",
    )
    kept_share = fields.Float(help="Of those decided, in time.")
    is_undone = fields.Boolean("To Be Done", compute="_compute_is_undone", search="_search_is_undone")

    _hour_of_a_day = models.Constraint(
        "CHECK (NOT has_hour OR (due_hour >= 0 AND due_hour < 24))", "An hour lies between 0:00 and 23:59."
    )
    _days_in_order = models.Constraint(
        "CHECK (date_due >= promised_on)", "The day cannot lie before the day it was promised on."
    )
    _withdrawn_with_reason = models.Constraint(
        "CHECK (state <> 'withdrawn' OR btrim(COALESCE(withdraw_reason, '')) <> '')",
        "Say why the commitment is withdrawn.",
    )
    _one_instead = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL", "This was put off already, to another day."
    )
    _one_todo = models.UniqueIndex(
        "(activity_id) WHERE activity_id IS NOT NULL", "This to-do stands for another promise."
    )
    # What the night looks for.
    _turns_idx = models.Index("(company_id, id, turns_at) WHERE state IN ('open', 'due')")

    # ------------------------------------------------------------ figures and words

    @api.model
    def _default_kind(self):
        return self.env["loan.commitment.kind"].search([], limit=1)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | _DERIVED

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # A word that was taken back has a reason, if only a dash.
        # What shows it was done in a file goes with the record's other files.
        later = {**plan["later"], "name": "—", "withdraw_reason": "—"}
        del later["tz"]  # says where a clock stands, and is what it was judged by
        return {**plan, "later": later}

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for word in self:
            word.partner_id = word.partner_id or word.contract_id.partner_id or word.customer_id.partner_id

    @api.model
    def _first_choices(self):
        return "loan_crm.loan_commitment_action", [("mine", "undone"), ("pressing",), ("undone",)]

    @api.model
    def _undone_domain(self):
        """Return what is still to be done: what is open or due, and what was broken while somebody has the to-do."""
        return Domain("state", "in", commitments.OPEN) | (
            Domain("state", "=", "broken") & Domain("activity_id", "any!", Domain("active", "=", True))
        )

    @api.depends("state", "activity_id.active")
    def _compute_is_undone(self):
        for word in self:
            word.is_undone = word.state in commitments.OPEN or (
                word.state == "broken" and word.activity_id.active
            )

    def _search_is_undone(self, operator, value):
        return self._undone_domain() if operator == "in" else NotImplemented

    @api.depends("name", "date_due", "has_hour", "due_hour", "customer_id.name")
    @api.depends_context("lang", "commitment_with_customer")
    def _compute_display_name(self):
        for word in self:
            if not word.name or not word.date_due:
                word.display_name = self.env._("New Commitment")
                continue
            word.display_name = self.env._("%(what)s by %(when)s", what=word.name, when=word._when_told())
            if self.env.context.get("commitment_with_customer"):
                word.display_name = f"{word.customer_id.name} · {word.display_name}"

    def _when_told(self):
        """Return by when, in words: the day, and the hour where it matters."""
        day = format_date(self.env, self.date_due)
        if not self.has_hour:
            return day
        return self.env._("%(day)s, %(hour)s", day=day, hour=f"{self._at():%H:%M}")

    @api.onchange("kind_id")
    def _onchange_kind_id(self):
        if self.kind_id:
            self.shown = self.kind_id.shown
            if not self.date_due:
                company = self.customer_id.company_id or self.env.company
                self.date_due = company._loan_today() + timedelta(self.kind_id.days)

    @api.constrains("customer_id", "case_id")
    def _check_case(self):
        for word in self:
            case_sudo = word.case_id.sudo()  # as superuser: whose case it is, is the case's to say
            if case_sudo.customer_id and case_sudo.customer_id != word.customer_id:
                raise ValidationError(self.env._("The case is another customer's."))

    @api.constrains("date_due", "promised_on")
    def _check_days(self):
        for word in self:
            today = word.company_id._loan_today()
            if word.promised_on > today:
                raise ValidationError(self.env._("What is not promised yet is noted when it is."))
            if word.date_due > today + timedelta(commitments.FARTHEST_DAYS):
                raise ValidationError(self.env._("Promise a day within a year."))

    # ------------------------------------------------------------ promising

    @api.model_create_multi
    def create(self, vals_list):
        words = super().create(vals_list)
        if not self.env.su:
            words._check_owner()
        # As superuser: what a promise leads to, nobody enters.
        words.sudo()._begin()
        return words

    def _begin(self):
        """Let new promises take effect: the clock they are judged by, the to-do, the line where it was said."""
        for word in self:
            customer_tz = word.partner_id.tz or word.customer_id.tz
            lender_tz = word.company_id.loan_tz or "UTC"
            word.write(
                {
                    "tz": customer_tz if word.clock == "customer" and customer_tz else lender_tz,
                    "grace_days": word.company_id.loan_commitment_grace_days,
                }
            )
        self._judge()
        self._tell("made")
        self._give_todos()

    @api.model
    def _word_failed(self):
        return ("late", "broken")

    def _place(self):
        """Return what its to-do and its lines stand on: the case, the loan, or the customer."""
        self.ensure_one()
        return self.case_id or self.contract_id or self.customer_id

    # ------------------------------------------------------------ by hand

    def write(self, vals):
        if not self.env.su:
            allowed = {
                "user_id",
                "shown",
                "state",
                "withdraw_reason",
            } | _EVIDENCE  # whose state? its mixin asks
            if vals.keys() - allowed:
                raise AccessError(
                    self.env._(
                        "What was promised does not change. Put it off to another day, or withdraw it."
                    )
                )
            if vals.keys() & (_EVIDENCE | {"withdraw_reason"}) and any(
                word.done_at or word.state in ("replaced", "withdrawn") for word in self
            ):
                raise AccessError(self.env._("What became of it stands as it was noted."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "What we promised is kept on record, whatever became of it. Withdraw what was wrong."
                )
            )

    @api.model
    def _allowed_moves(self):
        judged = (*commitments.OPEN, *commitments.DECIDED)
        return (
            super()._allowed_moves()
            | {(start, end) for start in judged for end in judged if start != end}
            | {(start, end) for start in commitments.OPEN for end in ("replaced", "withdrawn")}
        )

    def action_withdraw(self):
        """Take back what was no promise, or is not wanted any more; the reason stands in the form."""
        self.check_access("write")
        if not all((word.withdraw_reason or "").strip() for word in self):
            raise UserError(self.env._("Say under “Withdrawn Because” why it is withdrawn."))
        words_sudo = self.sudo()  # who withdrew it is noted, not entered
        words_sudo._move_to("withdrawn")
        words_sudo._trouble_over()
        words_sudo.withdrawn_user_id = self.env.user
        words_sudo.activity_id.filtered("active").unlink()
        words_sudo._tell("withdrawn")
        return True

    def _tell(self, what):
        """Note where it stands what became of these promises.

        :param str what: `made`, or a status
        """
        texts = {
            "made": self.env._("We promised by %(when)s: %(what)s (to be done by %(who)s)"),
            "kept": self.env._("We kept our word of %(when)s: %(what)s"),
            "late": self.env._("Done, but after the day we had promised, %(when)s: %(what)s"),
            "broken": self.env._("We broke our word of %(when)s: %(what)s"),
            "withdrawn": self.env._("What we promised by %(when)s is withdrawn: %(what)s. %(reason)s"),
        }
        lines = []
        for word in self:
            told = texts[what] % {
                "what": word.name,
                "when": word._when_told(),
                "who": word.user_id.name,
                "reason": word.withdraw_reason or "",
            }
            if what == "made" and word.put_off_reason:
                told = self.env._(
                    "%(line)s. Put off from %(day)s because: %(reason)s",
                    line=told,
                    day=word.replaces_id._when_told(),
                    reason=word.put_off_reason,
                )
            lines.append((word._place(), self.env["res.partner"], told))
        self._note_lines(lines)
