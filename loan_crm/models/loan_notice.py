from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import is_html_empty

_BATCH = 100
_DAYS_TO_READ = 7


class LoanNotice(models.Model):
    """A change of the rules, told to those it concerns, with proof that each of them has read and understood it.

    Compliance writes and publishes it. From its day on, everybody it is for has a receipt (`loan.notice.receipt`) and a
    to-do; who joins the audience later gets them the next morning. What was published stays word for word, so that a
    receipt proves what was read; a mistake is withdrawn and told anew.
    """

    _name = "loan.notice"
    _inherit = ["loan.kept.mixin", "loan.seen.mixin", "loan.audience.mixin", "loan.lifecycle.mixin"]
    _description = "Notice"
    _order = "date_from desc, id desc"
    _OPEN = frozenset(
        {"name", "body", "date_from", "date_due", "attachment_ids", "company_id", "group_ids", "team_ids"}
    )

    name = fields.Char("Title", required=True, translate=True)
    body = fields.Html(
        "What Changes",
        translate=True,
        help="What is different from now on, in the words of those who have to do it.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("withdrawn", "Withdrawn")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    date_from = fields.Date(
        "From",
        required=True,
        copy=False,
        default=lambda self: self.env.company._loan_today(),
        help="From this day people see it and are asked to read it.",
    )
    date_due = fields.Date(
        "To Be Read By",
        required=True,
        copy=False,
        default=lambda self: self.env.company._loan_today() + timedelta(days=_DAYS_TO_READ),
        help="Whoever has not confirmed by then stands first among those who are missing.",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files", copy=False)
    published_user_id = fields.Many2one("res.users", "Published By", readonly=True, copy=False)
    receipt_ids = fields.One2many("loan.notice.receipt", "notice_id", "Receipts", readonly=True)
    confirmed_count = fields.Integer("Have Confirmed", compute="_compute_counts")
    waiting_count = fields.Integer("Have Not", compute="_compute_counts")
    waits_for_me = fields.Boolean(compute="_compute_waits_for_me", export_string_translation=False)

    _days_in_order = models.Constraint(
        "CHECK (date_due >= date_from)", "A notice cannot be due before it is published."
    )

    @api.depends("receipt_ids.confirmed_at")
    @api.depends_context("uid")
    def _compute_counts(self):
        # With the reader's own rights: whoever may not see others' receipts counts their own.
        counts = {
            (notice.id, state): count
            for notice, state, count in self.env["loan.notice.receipt"]._read_group(
                [("notice_id", "in", self.ids)], ["notice_id", "state"], ["__count"]
            )
        }
        for notice in self:
            id_ = notice._origin.id
            notice.confirmed_count = counts.get((id_, "confirmed"), 0)
            notice.waiting_count = counts.get((id_, "open"), 0) + counts.get((id_, "read"), 0)

    @api.depends("receipt_ids.state")
    @api.depends_context("uid")
    def _compute_waits_for_me(self):
        mine = self.env["loan.notice.receipt"].search(
            [("notice_id", "in", self.ids), ("user_id", "=", self.env.uid), ("state", "in", ("open", "read"))]
        )
        for notice in self:
            notice.waits_for_me = notice._origin in mine.notice_id

    @api.depends_context("uid")
    @api.depends("company_id", "state")
    def _compute_loan_visible(self):
        # By a search: to walk along `receipt_ids` as superuser would leave everybody's in the cache for the reader.
        seen = self.sudo().search(Domain("id", "in", self.ids) & self._seen_domain())
        for notice in self:
            # A draft that is not saved yet is its writer's.
            notice.loan_visible = notice._origin in seen or (not notice._origin and self._is_compliance())

    @api.model
    def _seen_domain(self):
        # Whoever has got a receipt reads it; a draft is compliance's.
        mine = Domain("receipt_ids.user_id", "=", self.env.uid) & Domain("state", "!=", "draft")
        return super()._seen_domain() | mine

    # ------------------------------------------------------------ what is published stays

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "published"), ("published", "withdrawn")}

    def _loan_kept(self):
        return self.filtered(lambda notice: notice.state != "draft")

    @api.model
    def _kept_refusal(self, deed):
        if deed == "unlink":
            return self.env._("A notice that was published is kept, with who has read it.")
        return self.env._("A published notice stays as people read it. Withdraw it and publish another.")

    # ------------------------------------------------------------ verbs

    def action_publish(self):
        """Publish the notice; where its day has come, those it is for are asked at once, otherwise by the night.

        :raise UserError: when there is nothing to read
        """
        self.check_access("write")
        for notice in self:
            if is_html_empty(notice.body) and not notice.attachment_ids:
                raise UserError(self.env._("There is nothing to read yet."))
            if any(
                file.res_id and (file.res_model, file.res_id) != (notice._name, notice.id)
                for file in notice.attachment_ids
            ):
                raise UserError(self.env._("A file belongs to another record. Upload it to this notice."))
            # As superuser: files that were uploaded to a draft are read by all who may read the notice.
            files_sudo = notice.attachment_ids.sudo()
            files_sudo.write({"res_model": notice._name, "res_id": notice.id})
            published = notice._by_verb()
            published._move_to("published")
            published.published_user_id = self.env.user
            if notice.date_from <= notice.company_id._loan_today():
                notice._request(notice._missing())
        return True

    def action_withdraw(self):
        """Ask nobody any more; who has read it keeps the proof."""
        self.check_access("write")
        self._by_verb()._move_to("withdrawn")
        # As superuser: it comes off everybody's list.
        self.sudo().receipt_ids._asked()
        return True

    def action_confirm(self):
        """Say that one has read the notice and understood it."""
        self.ensure_one()
        self.check_access("read")
        receipt = self.env["loan.notice.receipt"].search(
            [("notice_id", "=", self.id), ("user_id", "=", self.env.uid)]
        )
        if not receipt:
            raise UserError(self.env._("This notice does not wait for you."))
        receipt._confirm()
        return True

    def action_open_receipts(self):
        """Open who has read it and who has not."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_notice_receipt_action")
        return {**action, "domain": [("notice_id", "=", self.id)], "context": {}}

    # ------------------------------------------------------------ asking to read

    def _missing(self):
        """Return those of the audience who have no receipt yet."""
        self.ensure_one()
        # As superuser: whoever publishes need not see all receipts.
        return self._audience() - self.sudo().receipt_ids.user_id.sudo(False)

    def _request(self, users):
        """Give people a receipt to confirm and a to-do for it.

        :param users: `res.users`
        :return: the new `loan.notice.receipt`
        """
        self.ensure_one()
        # As superuser: nobody enters a receipt by hand.
        asked_sudo = (
            self.env["loan.notice.receipt"]
            .sudo()
            .create(
                [
                    {"notice_id": self.id, "user_id": user.id, "company_id": self.company_id.id}
                    for user in users
                ]
            )
        )
        asked_sudo._ask()
        return asked_sudo.sudo(False)

    @api.model
    def _night_notice(self, night):
        """Ask for notices whose day has come, who has joined their audience, and who struck the to-do off."""
        company, left = night.company_id, _BATCH
        if gone := self.env["loan.notice.receipt"]._let_go(company, _BATCH):
            return gone
        current = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "published"),
                ("date_from", "<=", night.date),
            ]
        )
        for notice in current:
            left -= len(notice._request(notice._missing()[:left]))
            if not left:
                return _BATCH
        if left == _BATCH:
            receipts = self.env["loan.notice.receipt"]
            of_current = Domain("notice_id.state", "=", "published")
            unasked = receipts.search(receipts._unasked_domain(company) & of_current, limit=_BATCH)
            unasked._ask()
            left -= len(unasked)
        return _BATCH - left
