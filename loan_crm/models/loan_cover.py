from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanCover(models.Model):
    """A manager is away and somebody acts for them: from the first day to the last, and not an hour longer.

    Nothing is copied and no job runs: `res.users._loan_duty_domain` reads the dates with each query, so the
    access begins and ends by itself.
    """

    _name = "loan.cover"
    _inherit = ["mail.thread"]
    _description = "Cover"
    _order = "date_from desc, id desc"
    _check_company_auto = True

    manager_user_id = fields.Many2one(
        "res.users",
        "Manager Away",
        required=True,
        index=True,
        ondelete="cascade",
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    deputy_user_id = fields.Many2one(
        "res.users",
        "Covered By",
        index="btree_not_null",
        ondelete="cascade",
        tracking=True,
        domain=lambda self: (
            f"{self.env['loan.customer']._manager_domain()}"
            " + [('company_ids', 'in', company_id), ('id', '!=', manager_user_id)]"
        ),
        help="Leave empty to let each customer's own deputy act.",
    )
    date_from = fields.Date("From", required=True, tracking=True, default=fields.Date.context_today)
    date_to = fields.Date("To", required=True, tracking=True, help="The last day of the absence.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    reason = fields.Char(help="Seen by the team, so keep private matters out of it.")

    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "The last day of a cover cannot lie before its first day."
    )
    _not_oneself = models.Constraint(
        "CHECK (deputy_user_id <> manager_user_id)", "Nobody can cover their own absence."
    )

    @api.depends("manager_user_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for cover in self:
            cover.display_name = self.env._(
                "%(manager)s away %(start)s – %(end)s",
                manager=cover.manager_user_id.name or "",
                start=fields.Date.to_string(cover.date_from) or "",
                end=fields.Date.to_string(cover.date_to) or "",
            )

    @api.constrains("manager_user_id", "date_from", "date_to", "company_id")
    def _check_overlap(self):
        for cover in self:
            other = self.search(
                [
                    ("id", "!=", cover.id),
                    ("manager_user_id", "=", cover.manager_user_id.id),
                    ("company_id", "=", cover.company_id.id),
                    ("date_from", "<=", cover.date_to),
                    ("date_to", ">=", cover.date_from),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "%(manager)s is already covered in part of that time: %(cover)s.",
                        manager=cover.manager_user_id.name,
                        cover=other.display_name,
                    )
                )

    @api.constrains("deputy_user_id", "company_id")
    def _check_deputy(self):
        for cover in self:
            self.env["loan.customer"]._check_may_manage(cover.deputy_user_id, cover.company_id)

    def write(self, vals):
        result = super().write(vals)
        if {"manager_user_id", "company_id"} & vals.keys():
            # Odoo asks the rules before a write only: one's own absence could be turned into a colleague's.
            self.check_access("write")
        return result

    @api.model
    def _covers_today(self, users):
        """Return the covers of these managers that run today, each by its own company's day.

        :param users: `res.users`, the managers that may be away
        :return: `loan.cover`, as superuser: whoever asks only learns who answers in the manager's place
        """
        utc_day = fields.Date.today()
        covers_sudo = self.sudo().search(
            [
                ("manager_user_id", "in", users.ids),
                # A day each way: which of these run today is for each company's own calendar day to say.
                ("date_from", "<=", utc_day + timedelta(days=1)),
                ("date_to", ">=", utc_day - timedelta(days=1)),
            ]
        )
        return covers_sudo.filtered(
            lambda cover: cover.date_from <= cover.company_id._loan_today() <= cover.date_to
        )
