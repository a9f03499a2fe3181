from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..core import agreements

# What the person enters themselves, until somebody has confirmed it.
_ENTERED = frozenset({"date_done", "note", "evidence", "evidence_name"})
# What compliance may put right meanwhile.
_PLANNED = _ENTERED | {"due_date"}


class LoanTrainingRecord(models.Model):
    """That a colleague is to attend a training, has attended it, and that somebody else has seen it to be so.

    Nobody confirms their own. A confirmed record stays; where it was wrong, compliance revokes it, and the night asks
    the person to attend again.
    """

    _name = "loan.training.record"
    _inherit = ["loan.person.todo.mixin", "loan.lifecycle.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Training Record"
    _order = "due_date desc, id desc"
    _rec_names_search = ["user_id.name", "training_id.name"]
    _TODO = "loan_crm.mail_activity_type_training"
    _TODO_STATES = ("due",)
    _mail_post_access = "read"

    training_id = fields.Many2one(
        "loan.training",
        required=True,
        index=True,
        ondelete="restrict",
        help="What has to be learned; it says how long it is valid.",
    )
    state = fields.Selection(
        [
            ("due", "To Attend"),
            ("done", "To Be Confirmed"),
            ("confirmed", "Confirmed"),
            ("failed", "Not Passed"),
            ("revoked", "Revoked"),
        ],
        "Status",
        required=True,
        default="due",
        readonly=True,
    )
    standing = fields.Selection(
        [
            ("due", "To Attend"),
            ("overdue", "Not in Time"),
            ("done", "To Be Confirmed"),
            ("valid", "Valid"),
            ("expired", "Expired"),
            ("failed", "Not Passed"),
            ("revoked", "Revoked"),
        ],
        "Stands",
        compute="_compute_standing",
        search="_search_standing",
    )
    due_date = fields.Date("Attend By", required=True, help="After it the person counts as overdue.")
    date_done = fields.Date(
        "Attended On", help="The training is valid from this day, once somebody else has confirmed it."
    )
    valid_until = fields.Date("Valid Until", readonly=True, help="The last day. Empty: without end.")
    evidence = fields.Binary(attachment=True, help="A certificate, a list of participants.")
    evidence_name = fields.Char("File Name")
    note = fields.Text()
    confirmed_user_id = fields.Many2one("res.users", "Confirmed By", readonly=True)
    confirmed_at = fields.Datetime("Confirmed On", readonly=True)
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)

    _open_once = models.UniqueIndex(
        "(user_id, training_id) WHERE state IN ('due', 'done')", "This person is to attend it already."
    )
    # What `loan.training._closed_ranks` walks along.
    _valid_idx = models.Index("(user_id, training_id, valid_until) WHERE state = 'confirmed'")

    @api.depends("user_id", "training_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.user_id.name or ''} · {record.training_id.name or ''}"

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for record in self:
            record.is_mine = record.user_id == self.env.user

    # ------------------------------------------------------------ how it stands

    @api.depends("state", "due_date", "valid_until", "company_id")
    def _compute_standing(self):
        for record in self:
            today = (record.company_id or self.env.company)._loan_today()
            standing = record.state
            if standing == "due" and record.due_date and record.due_date < today:
                standing = "overdue"
            elif standing == "confirmed":
                ended = record.valid_until and record.valid_until < today
                standing = "expired" if ended else "valid"
            record.standing = standing

    def _search_standing(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._loan_today()
        state = {
            name: Domain("state", "=", name) for name in ("due", "done", "confirmed", "failed", "revoked")
        }
        late = Domain("due_date", "<", today)
        ended = Domain("valid_until", "<", today)
        found = {
            **state,
            "due": state["due"] & ~late,
            "overdue": state["due"] & late,
            "valid": state["confirmed"] & ~ended,
            "expired": state["confirmed"] & ended,
        }
        return Domain.OR(found[standing] for standing in value if standing in found)

    @api.constrains("date_done")
    def _check_date_done(self):
        for record in self:
            if record.date_done and record.date_done > record.company_id._loan_today():
                raise ValidationError(self.env._("Nobody has attended a training that is still to come."))

    # ------------------------------------------------------------ who writes what

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("due", "done"),
            ("done", "confirmed"),
            ("done", "failed"),
            ("done", "due"),
            ("confirmed", "revoked"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            if not self._is_compliance():
                raise AccessError(self.env._("Compliance says who is to attend a training."))
            kept = _PLANNED | {"user_id", "training_id"}
            trainings = self.env["loan.training"]
            vals_list = [
                {
                    **{name: vals[name] for name in vals.keys() & kept},
                    "company_id": trainings.browse(vals.get("training_id")).company_id.id,
                }
                for vals in vals_list
            ]
        records = super().create(vals_list)
        if not self.env.su:
            records._ask()
        return records

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        open_to_change = _PLANNED if self._is_compliance() else _ENTERED
        entered = {name for name in vals if name in self._fields and self._fields[name].store}
        entered -= {"activity_ids", "message_ids", "message_follower_ids"}
        if entered - open_to_change or (entered and any(r.state not in ("due", "done") for r in self)):
            raise AccessError(
                self.env._(
                    "A training record changes by its buttons. When and by what it was attended is entered until "
                    "somebody confirms it."
                )
            )

    def _todo_deadline(self):
        return self.due_date

    def _todo_summary(self):
        return self.env._("Attend a training: %s", self.training_id.name)

    # ------------------------------------------------------------ verbs

    def action_attended(self):
        """Say that one has attended; somebody else confirms it."""
        self.ensure_one()
        self.check_access("write")
        if not (self.user_id == self.env.user or self._is_compliance()):
            raise AccessError(self.env._("You report trainings of your own."))
        # As superuser: the status changes by this verb alone.
        record_sudo = self.sudo()
        if not record_sudo.date_done:
            record_sudo.date_done = record_sudo.company_id._loan_today()
        record_sudo._move_to("done", "due")
        record_sudo._asked()
        return True

    def action_confirm(self):
        """Confirm that these people attended and passed; the validity runs from the day they did.

        :raise AccessError: for one's own, or without being a compliance officer
        """
        self._check_may_judge()
        self._confirm(self.env.user)
        return True

    def _confirm(self, user):
        """Let these records be valid from the day of attendance.

        :param user: `res.users` who has confirmed them; the caller has made sure that they may
        """
        now = fields.Datetime.now()
        for record_sudo in self.sudo():  # as superuser: validity follows from the verb
            if not record_sudo.date_done:
                raise UserError(self.env._("Say when it was attended."))
            months = record_sudo.training_id.validity_months
            ends = agreements.months_later(record_sudo.date_done, months) if months else False
            record_sudo._move_to("confirmed")
            record_sudo.write({"valid_until": ends, "confirmed_user_id": user.id, "confirmed_at": now})
        self._note_judged("confirmed")

    def action_fail(self):
        """Note that these people attended and did not pass; the night asks them to attend again."""
        self._check_may_judge()
        records_sudo = self.sudo()  # as superuser: the status changes by this verb alone
        records_sudo._move_to("failed")
        records_sudo.write({"confirmed_user_id": self.env.uid, "confirmed_at": fields.Datetime.now()})
        self._note_judged("failed")
        return True

    def action_send_back(self):
        """Send a report back to whoever made it: something is missing."""
        self._check_may_judge()
        records_sudo = self.sudo()  # as superuser: the status changes by this verb alone
        records_sudo._move_to("due", "done")
        records_sudo._ask()
        return True

    def action_revoke(self):
        """Take a confirmation back; what hung on it is gone at once."""
        self._check_may_judge()
        self.sudo()._move_to("revoked")  # as superuser: the status changes by this verb alone
        self._note_judged("revoked")
        self.env["loan.sight.end"]._note(users=self.user_id)
        return True

    def _note_judged(self, step):
        """Put on record what was decided about these records: sight of protected customers hangs on them.

        :param str step: the status they have now
        """
        self.env["loan.access.log"]._note("training", self, step=step)

    def _check_may_judge(self):
        self.check_access("write")
        if not self._is_compliance():
            raise AccessError(self.env._("Compliance confirms trainings."))
        if self.env.user in self.user_id:
            raise AccessError(self.env._("Nobody confirms a training of their own. Ask a colleague."))
