from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS

from ..core.listing import listed


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # What gave it, and takes it back; see `loan.watch.mixin`.
    loan_clock_id = fields.Many2one(
        "loan.case.clock", "Clock", index="btree_not_null", ondelete="set null", groups=NO_ACCESS
    )
    loan_response_id = fields.Many2one(
        "loan.response", "Wait", index="btree_not_null", ondelete="set null", groups=NO_ACCESS
    )

    # What could not be done, and where; see `loan.trouble.mixin`.
    loan_trouble = fields.Char(index="btree_not_null", groups=NO_ACCESS, export_string_translation=False)

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._check_assignee_sees()
        self.env["loan.commitment"]._adopt(activities)
        activities._loan_follow_cover()
        return activities

    def write(self, vals):
        if "date_deadline" in vals and not self.env.su:
            self._check_not_promised(fields.Date.to_date(vals["date_deadline"]))
        result = super().write(vals)
        if {"user_id", "res_id", "res_model_id", "res_model", "active"} & vals.keys():
            self._check_assignee_sees()
        return result

    def _check_not_promised(self, day):
        """Refuse another day for what a customer was promised: it is put off with a reason, and they are told."""
        # As superuser: that a to-do stands for a promise is told to whoever may write it.
        promised_sudo = self.env["loan.commitment"].sudo()
        if promised_sudo.search_count(
            [("activity_id", "in", self.ids), ("done_at", "=", False), ("date_due", "!=", day)], limit=1
        ):
            raise UserError(
                self.env._(
                    "This day was promised to the customer. Put it off under “We Promised”: say why, and tell them."
                )
            )

    def _action_done(self, feedback=False, attachment_ids=None):
        messages, following = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        self.env["loan.commitment"]._settle_by_todos(self, messages)
        self.env["loan.recovery.call"]._end_by_todos(self)
        return messages, following

    def _check_assignee_sees(self):
        """Refuse a to-do about a record for somebody who may not see that record; jobs know whom they give it to.

        :raise ValidationError: naming the people, whom the planner chose, and no record
        """
        if self.env.su:
            return
        held = {}
        for id_, name, number in self._loan_documents_of():
            activity = self.browse(id_)
            if activity.active and activity.user_id:
                held.setdefault((activity.user_id, name), set()).add(number)
        blind = self.env["res.users"]
        for (user, name), numbers in held.items():
            documents = self._loan_documents(name).browse(numbers)
            if documents._loan_seen_by(user) != documents:
                blind |= user
        if blind:
            raise ValidationError(
                self.env._(
                    "%s may not see what this is about. Give it to somebody whose duty it is.",
                    # As superuser: the name of a colleague is no secret.
                    listed(blind.sudo().mapped("name"), self.env.lang),
                )
            )

    def _compute_res_name(self):
        # A name that is masked for whoever plans must not be kept for everybody.
        return super(MailActivity, self.with_user(SUPERUSER_ID))._compute_res_name()

    def _loan_follow_cover(self):
        """Let what is planned for somebody who is away go to who acts, at once and not within the hour."""
        about = self.filtered(lambda activity: (activity.res_model or "").startswith("loan."))
        users = about.filtered("active").user_id - self.env.user  # what one plans for oneself stays
        if users:
            # As superuser: who plans a task need not know who is away.
            covers_sudo = self.env["loan.cover"].sudo()
            for cover_sudo in covers_sudo.search(
                [("state", "=", "running"), ("manager_user_id", "in", users.ids)]
            ):
                cover_sudo._pass_tasks()
