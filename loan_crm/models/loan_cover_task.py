from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanCoverTask(models.Model):
    """A task that went from a manager who is away to who acts: whose it was, who had it, what became of it.

    Written by the cover's own verbs alone, once for a cover and a task. It tells a customer's name, so it is seen by
    who may see the customer: whoever stood in sees it no more when the cover is over.
    """

    _name = "loan.cover.task"
    _inherit = ["loan.access.mixin"]
    _description = "Task Passed On"
    _order = "given_at desc, id desc"
    _rec_name = "summary"

    cover_id = fields.Many2one("loan.cover", "Cover", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    activity_id = fields.Many2one(
        "mail.activity", "Task", readonly=True, index="btree_not_null", ondelete="set null"
    )
    activity_type_id = fields.Many2one("mail.activity.type", "Kind", readonly=True, ondelete="set null")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    summary = fields.Char("What", readonly=True)
    date_deadline = fields.Date("Due", readonly=True)
    from_user_id = fields.Many2one(
        "res.users", "Taken From", required=True, readonly=True, index=True, ondelete="cascade"
    )
    to_user_id = fields.Many2one("res.users", "Given To", readonly=True, ondelete="set null")
    state = fields.Selection(
        [
            ("given", "Passed On"),
            ("done", "Done"),
            ("returned", "Given Back"),
            ("passed", "With Somebody Else"),
        ],
        "Status",
        required=True,
        readonly=True,
    )
    given_at = fields.Datetime("Passed On At", readonly=True)
    returned_at = fields.Datetime("Came Back At", readonly=True)
    done_at = fields.Datetime("Seen Done At", readonly=True)
    done_user_id = fields.Many2one("res.users", "Done By", readonly=True, ondelete="set null")

    _once = models.UniqueIndex("(cover_id, activity_id)", "This task has gone over already.")
    _open_idx = models.Index("(customer_id) WHERE state = 'given'")

    # ------------------------------------------------------------ who may see it

    @api.model
    def _loan_narrow(self):
        """Return the names of the models that a customer's manager may not see all records of."""
        return {
            name
            for name in self.env["ir.model"]._loan_protected()
            if {"about_user_id", "activity_ids"} <= self.env[name]._fields.keys()
        }

    @api.depends_context("uid")
    @api.depends("res_model", "res_id")
    def _compute_loan_visible(self):
        # It bears the to-do's words: whoever may not see what that is about reads none of them.
        result = super()._compute_loan_visible()
        narrow = self._loan_narrow()
        for name, tasks in self.grouped("res_model").items():
            if name in narrow:
                documents = self.sudo(False)._loan_documents(name)
                seen = documents.browse(tasks.mapped("res_id")) if documents.has_access("read") else documents
                seen = set(seen._filtered_access("read").ids)
                tasks.filtered(lambda task, seen=seen: task.res_id not in seen).loan_visible = False
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        if seen is NotImplemented or self.env.user._is_superuser():
            return seen
        return seen & Domain(
            self.sudo(False)._loan_documents_domain("res_model", "res_id", self._loan_narrow())
        )

    @api.depends("summary", "activity_type_id")
    def _compute_display_name(self):
        for task in self:
            task.display_name = task.summary or task.activity_type_id.name or self.env._("Task")

    def action_open_record(self):
        """Open what the task is about."""
        self.ensure_one()
        if not (self.res_model in self.env and self.env[self.res_model].browse(self.res_id).exists()):
            raise UserError(self.env._("What this was about is there no more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
