from odoo import api, fields, models


class LoanAccessTemplate(models.Model):
    """Who is usually on a deal of a kind, up to which level and for how long: compliance writes it once.

    It gives nobody anything. Applied to customers it makes a deal (`loan.access.deal`) with ordinary grants, and what
    was given stays as it was given when the template changes.
    """

    _name = "loan.access.template"
    _description = "Template for a Deal Team"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    purpose = fields.Char(
        required=True,
        translate=True,
        help="What each grant says it is for. No names of customers: whoever reviews the grant reads it.",
    )
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Highest Level",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env["loan.access.grant"]._default_level(),
        help="What is more confidential stays closed. A line may say less or more.",
    )
    days = fields.Integer("For Days", required=True, default=90, help="So long the grants hold.")
    line_ids = fields.One2many(
        "loan.access.template.line",
        "template_id",
        "Who",
        copy=True,
        groups="loan_crm.loan_crm_group_compliance,loan_crm.loan_crm_group_auditor",
        help="It gives nobody anything by itself: it is a proposal for each new deal.",
    )
    deal_count = fields.Integer("Deals", compute="_compute_deal_count")

    _days_in_range = models.Constraint(
        "CHECK (days BETWEEN 1 AND 366)", "Grants of a deal hold for one day at least and one year at most."
    )

    def _compute_deal_count(self):
        counts = dict(
            self.env["loan.access.deal"]._read_group(
                [("template_id", "in", self.ids)], ["template_id"], ["__count"]
            )
        )
        for template in self:
            template.deal_count = counts.get(template, 0)

    @api.model
    def _line_vals(self, template):
        """Return the lines of a template as values of the form that applies it.

        :param template: `loan.access.template`, may be empty
        """
        return [
            {
                **line._beneficiary(),
                "level_id": (line.level_id or template.level_id).id,
                "days": line.days or template.days,
            }
            for line in template.line_ids
        ]

    def action_apply(self):
        """Open the form that makes a deal of this template."""
        self.ensure_one()
        return self.env["loan.access.deal.start"]._open(template=self)

    def action_open_deals(self):
        """Open the deals that were made of this template."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_access_deal_action")
        return {**action, "domain": [("template_id", "=", self.id)], "context": {"create": False}}
