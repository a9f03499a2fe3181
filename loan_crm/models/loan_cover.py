from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import covers


class LoanCover(models.Model):
    """A manager is away and somebody acts for them: from the first day to the last, and not an hour longer.

    Access is never copied and hangs on no job: `res.users._loan_duty_domain` reads the dates with each query, so it
    begins and ends by itself. What is to be done once, when a cover begins and when it ends, is in
    `loan.cover.turn.mixin`: tasks go over and come back (`loan.cover.lead.mixin`: applications), who acts is told, who
    was away reads what happened.
    """

    _name = "loan.cover"
    _inherit = [
        "loan.cover.turn.mixin",
        "loan.cover.lead.mixin",
        "loan.cover.gap.mixin",
        "loan.cover.note.mixin",
        "mail.thread",
    ]
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
        help="Their customers and to-dos are looked after by others from the first day to the last, and "
        "come back by themselves.",
    )
    team_id = fields.Many2one(
        "crm.team", "Team", related="manager_user_id.sale_team_id", store=True, index="btree_not_null"
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
            if cover.back_at:
                continue
            other = self.search(
                [
                    ("id", "!=", cover.id),
                    ("manager_user_id", "=", cover.manager_user_id.id),
                    ("company_id", "=", cover.company_id.id),
                    ("date_from", "<=", cover.date_to),
                    ("date_to", ">=", cover.date_from),
                    ("back_at", "=", False),
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
            if not cover.deputy_user_id:
                continue
            # As superuser: a conflict counts whoever plans, and the customers need not be theirs to see.
            customers_sudo = self.env["loan.customer"].sudo()
            customers_sudo = customers_sudo.search(
                [
                    ("manager_user_id", "=", cover.manager_user_id.id),
                    ("company_id", "=", cover.company_id.id),
                ]
            )
            barred = self.env["loan.conflict"].sudo()._barred(customers_sudo)  # as above
            if any(cover.deputy_user_id.id in users for users in barred.values()):
                raise ValidationError(
                    self.env._(
                        "%s has a conflict of interest with one of these customers. Leave the field empty to let each "
                        "customer's own deputy act, or choose somebody else.",
                        cover.deputy_user_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # What the jobs keep is nobody's to enter, nor to bring along as a default of the context.
            kept = self._kept_by_jobs()
            vals_list = [{name: vals[name] for name in vals.keys() - kept} for vals in vals_list]
            if defaults := {f"default_{name}" for name in kept} & self.env.context.keys():
                clean = {name: self.env.context[name] for name in self.env.context.keys() - defaults}
                self = self.with_context(clean)  # pylint: disable=context-overridden
        created = super().create(vals_list)
        created._look()
        return created

    def write(self, vals):
        if not self.env.su and self._kept_by_jobs() & vals.keys():
            raise AccessError(self.env._("A cover begins and ends by its dates, not by hand."))
        moved = {"manager_user_id", "company_id", "deputy_user_id", "date_from", "date_to"} & vals.keys()
        known = {cover: cover.state for cover in self} if moved else {}
        result = super().write(vals)
        if {"manager_user_id", "company_id"} & vals.keys():
            # Odoo asks the rules before a write only: one's own absence could be turned into a colleague's.
            self.check_access("write")
        if moved and not self.env.su:
            self._check_may_change(moved, known)
        if moved or "back_at" in vals:
            self._look()
        return result

    def _check_may_change(self, moved, known):
        """Refuse to rewrite what has happened.

        :param set moved: names of fields that were written
        :param dict known: `{cover: its state before}`
        """
        if "over" in known.values():
            raise UserError(self.env._("This absence is over. Plan a new one."))
        if {"manager_user_id", "company_id"} & moved and "running" in known.values():
            raise UserError(
                self.env._("This absence has begun. End it, and plan another one for somebody else.")
            )

    def unlink(self):
        # As superuser: what was given to others goes back, whoever deletes the cover.
        covers_sudo = self.sudo()
        covers_sudo._return_tasks("returned")
        covers_sudo._return_applications()
        return super().unlink()

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
                ("back_at", "=", False),
            ]
        )
        return covers_sudo.filtered(
            lambda cover: cover.date_from <= cover.company_id._loan_today() <= cover.date_to
        )

    @api.model
    def _lines_today(self, customers):
        """Tell who is asked to act for customers today, one after the other, and who of them is away.

        The manager; in their absence the person named in the cover, the customer's own deputy, and the lead of the
        team, who sees the team's customers anyway.

        :param customers: `loan.customer`
        :return: `{customer: [user]}`, whoever is accountable last where the manager is away, and
            `{company: users away}`
        """
        found = {
            (cover.company_id, cover.manager_user_id): cover
            for cover in self._covers_today(customers.manager_user_id)
        }
        lines, asked, leads = {}, self.env["res.users"], {}
        for customer in customers:
            manager, deputy = customer.manager_user_id, customer.deputy_user_id
            cover = found.get((customer.company_id, manager))
            if cover:
                lead = customer.team_id.user_id
                if lead not in leads:
                    leads[lead] = bool(lead) and lead.has_group("loan_crm.loan_crm_group_team_lead")
                line = [cover.deputy_user_id, deputy, lead if leads[lead] else lead.browse(), manager]
                asked |= cover.deputy_user_id | deputy | lead
            else:
                line = [manager, deputy] if manager else []
            lines[customer] = [user for user in line if user]
        away = {}
        for company, user in found:
            away.setdefault(company, set()).add(user)
        for cover in self._covers_today(asked) if asked else ():
            away.setdefault(cover.company_id, set()).add(cover.manager_user_id)
        return lines, away

    def _as_span(self):
        return covers.Span(self.date_from, self.date_to)

    def action_back(self):
        """End the absence now: whoever was away is there again."""
        self.check_access("write")
        # As superuser: nobody writes by hand when a cover ended.
        for cover_sudo in self.sudo().filtered(lambda cover: cover.state == "running"):
            today = cover_sudo.company_id._loan_today()
            cover_sudo.write({"back_at": fields.Datetime.now(), "date_to": min(cover_sudo.date_to, today)})
        return True
