from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date


class LoanServiceOccasion(models.Model):
    """An occasion of a customer whose activities have been given: once, whatever becomes of them.

    Begins with the night that gives them (`loan.service.mixin`). What is done about them stands in the activities.
    """

    _name = "loan.service.occasion"
    _inherit = ["loan.access.mixin"]
    _description = "Service Occasion"
    _order = "date_due desc, id desc"
    _rec_name = "step_id"
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    step_id = fields.Many2one(
        "loan.service.plan.step", "Occasion", required=True, readonly=True, index=True, ondelete="restrict"
    )
    plan_id = fields.Many2one(related="step_id.plan_id", string="Service Plan")
    date_due = fields.Date("Day", required=True, readonly=True)
    date_given = fields.Date("Given On", required=True, readonly=True, help="When its activities were given.")
    user_id = fields.Many2one("res.users", "Given To", readonly=True, ondelete="restrict")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")

    _once = models.UniqueIndex(
        "(customer_id, step_id, date_due)", "The activities of this occasion have been given already."
    )
    _when_idx = models.Index("(company_id, date_due)")

    @api.depends("step_id.name", "date_due")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for occasion in self:
            occasion.display_name = self.env._(
                "%(what)s, %(day)s",
                what=occasion.step_id.name or "",
                day=format_date(self.env, occasion.date_due),
            )

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }

    def _give_activities(self, today):
        """Give the activities of these occasions, all at once and without a mail for each.

        Where a plan asks at its launch, or names somebody who may not open the customer, whoever acts for them gets it.

        :param date today: the lender's day; nothing is due before it
        """
        vals_list, others = [], {}
        for occasion in self:
            for template in occasion.step_id.activity_plan_id.template_ids:
                if template.responsible_type == "other":
                    others.setdefault(template.responsible_id, set()).add(occasion.customer_id.id)
        # A to-do tells a customer's name to whoever gets it.
        may_read = {
            user: set(
                self.customer_id.browse(ids)
                .with_context(allowed_company_ids=[])  # their own companies, not the writer's
                .with_user(user)
                ._filtered_access("read")
                .ids
            )
            for user, ids in others.items()
            if user.active
        }
        for occasion in self:
            for template in occasion.step_id.activity_plan_id.template_ids:
                user = occasion.user_id
                if template.responsible_type == "other":
                    chosen = template.responsible_id
                    if occasion.customer_id.id in may_read.get(chosen, ()):
                        user = chosen
                vals_list.append(occasion._prepare_activity_vals(template, user, today))
        self.env["loan.customer"]._give_quietly(vals_list)

    def _prepare_activity_vals(self, template, user, today):
        """Return the values of an activity of a plan's template, in the language of whoever gets it."""
        localized, kind = self.with_context(lang=user.lang), template.activity_type_id
        # Odoo fills in the words of the activity's type; those of the occasion say more.
        own = template.summary if template.summary != kind.summary else False
        return {
            "res_id": self.customer_id.id,
            "activity_type_id": kind.id,
            "date_deadline": max(today, template._get_date_deadline(self.date_due)),
            "summary": own or localized.step_id.name,
            "note": Markup("<p>%s</p>%s") % (localized.display_name, template.note or ""),
            "user_id": user.id,
        }
