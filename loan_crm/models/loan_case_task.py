from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class LoanCaseTask(models.Model):
    """What another department does for a case, with a day of its own; the case stays its owner's.

    Whoever is asked must be able to see the case: to ask somebody opens no customer.
    """

    _name = "loan.case.task"
    _inherit = ["loan.case.part.mixin", "loan.lifecycle.mixin"]
    _description = "Joint Work on a Case"
    _order = "deadline, id"

    name = fields.Char("What Is Asked", required=True)
    user_id = fields.Many2one(
        "res.users",
        "Asked Of",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Somebody who may see the case: asking opens it to nobody. They get a to-do.",
    )
    asked_user_id = fields.Many2one(
        "res.users", "Given By", readonly=True, ondelete="restrict", default=lambda self: self.env.user
    )
    deadline = fields.Datetime(
        "Until",
        required=True,
        help="By then you need the result; leave yourself time to answer the customer.",
    )
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("withdrawn", "Withdrawn")],
        "Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    answer = fields.Text(
        "Result", help="What came of it, for the owner of the case; the customer does not see it."
    )
    done_at = fields.Datetime("Done At", readonly=True, copy=False)
    is_late = fields.Boolean("Too Late", compute="_compute_is_late")

    _open_idx = models.Index("(user_id, deadline) WHERE state = 'open'")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"asked_user_id", "done_at"}

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("open", "done"), ("open", "withdrawn"), ("done", "open")}

    @api.depends("deadline", "state", "done_at")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for task in self:
            task.is_late = bool(task.deadline) and task.deadline < (task.done_at or now)

    @api.constrains("user_id")
    def _check_person(self):
        for task in self:
            # As superuser: about whom a complaint is, the case alone knows.
            if task.user_id == task.case_id.sudo().about_user_id:
                raise ValidationError(self.env._("Nobody works on a complaint about themselves."))
            if not task.case_id._loan_seen_by(task.user_id):
                raise ValidationError(
                    self.env._(
                        "%s may not see the customer of this case. Choose somebody who may, or ask compliance for a "
                        "grant first.",
                        task.user_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        for task in tasks:
            task.case_id.sudo().activity_schedule(  # as superuser: a to-do for whoever was asked
                "mail.mail_activity_data_todo",
                date_deadline=fields.Datetime.context_timestamp(
                    task.with_context(tz=task.company_id.loan_tz), task.deadline
                ).date(),
                summary=task.name,
                user_id=task.user_id.id,
            )
        return tasks

    def action_done(self):
        """Note that it is done."""
        self.check_access("write")
        # As superuser: when is noted, not entered.
        self.sudo().done_at = fields.Datetime.now()
        self._move_to("done")
        return True

    def action_withdraw(self):
        """Take back what was asked."""
        self.check_access("write")
        self._move_to("withdrawn")
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("What was asked is withdrawn, not deleted."))
