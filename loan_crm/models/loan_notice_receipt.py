from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class LoanNoticeReceipt(models.Model):
    """That a colleague is to read a notice, has opened it, and has said that they understood it. Nobody writes it."""

    _name = "loan.notice.receipt"
    _inherit = ["loan.person.todo.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Proof of Reading"
    _order = "id desc"
    _rec_names_search = ["user_id.name", "notice_id.name"]
    _TODO = "loan_crm.mail_activity_type_notice"
    _TODO_STATES = ("open", "read")
    _mail_post_access = "read"

    notice_id = fields.Many2one("loan.notice", required=True, index=True, readonly=True, ondelete="restrict")
    read_at = fields.Datetime("Opened On", readonly=True)
    confirmed_at = fields.Datetime("Confirmed On", readonly=True)
    state = fields.Selection(
        [("open", "Not Opened"), ("read", "Opened"), ("confirmed", "Read and Understood")],
        "Status",
        compute="_compute_state",
        store=True,
        precompute=True,
    )
    date_due = fields.Date(related="notice_id.date_due", string="To Be Read By", store=True)
    overdue = fields.Boolean("Not in Time", compute="_compute_overdue", search="_search_overdue")
    notice_body = fields.Html(related="notice_id.body", string="What Changes", related_sudo=False)
    notice_file_ids = fields.Many2many(related="notice_id.attachment_ids", string="Files", related_sudo=False)
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)

    _once = models.UniqueIndex("(notice_id, user_id)", "Everybody has one receipt of a notice.")

    @api.depends("notice_id", "user_id")
    def _compute_display_name(self):
        for receipt in self:
            receipt.display_name = f"{receipt.notice_id.name or ''} · {receipt.user_id.name or ''}"

    @api.depends("read_at", "confirmed_at")
    def _compute_state(self):
        for receipt in self:
            receipt.state = "confirmed" if receipt.confirmed_at else "read" if receipt.read_at else "open"

    @api.depends("state", "date_due")
    def _compute_overdue(self):
        for receipt in self:
            today = (receipt.company_id or self.env.company)._loan_today()
            receipt.overdue = bool(
                receipt.state != "confirmed" and receipt.date_due and receipt.date_due < today
            )

    def _search_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._loan_today()
        return Domain("state", "!=", "confirmed") & Domain("date_due", "<", today)

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for receipt in self:
            receipt.is_mine = receipt.user_id == self.env.user

    def _todo_deadline(self):
        return self.date_due

    def _todo_summary(self):
        return self.env._("Read a notice: %s", self.notice_id.name)

    # ------------------------------------------------------------ verbs

    def action_open_notice(self):
        """Open the notice to read it; that the person has opened it is noted."""
        self.ensure_one()
        self.check_access("read")
        if self.user_id == self.env.user and not self.read_at:
            self.sudo().read_at = fields.Datetime.now()  # as superuser: nobody writes a receipt
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.notice",
            "res_id": self.notice_id.id,
            "views": [(self.env.ref("loan_crm.loan_notice_view_form_read").id, "form")],
            "target": "current",
        }

    def action_confirm(self):
        """Say that one has read the notice and understood it."""
        self.ensure_one()
        self.check_access("read")
        self._confirm()
        return True

    def _confirm(self):
        self.ensure_one()
        if self.user_id != self.env.user:
            raise AccessError(self.env._("Everybody confirms for themselves."))
        if self.notice_id.state != "published":
            raise UserError(self.env._("This notice was withdrawn. There is nothing to confirm any more."))
        if not self.confirmed_at:
            self._note_confirmed()

    def _note_confirmed(self):
        """Note that these people have read and understood; the caller has made sure that it is them who say so."""
        for receipt in self:
            now = fields.Datetime.now()
            receipt_sudo = receipt.sudo()  # as superuser: nobody writes a receipt
            receipt_sudo.write({"read_at": receipt.read_at or now, "confirmed_at": now})
            receipt_sudo._asked()
