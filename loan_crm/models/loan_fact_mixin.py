from odoo import api, fields, models


class LoanFactMixin(models.AbstractModel):
    """What a customer's page tells of their means: the newest figure of each kind, with its day and its age."""

    _name = "loan.fact.mixin"
    _description = "Financial Facts"

    fact_ids = fields.One2many("loan.customer.fact", "customer_id", "Financial Facts")
    fact_latest_ids = fields.Many2many(
        "loan.customer.fact",
        string="Newest Figures",
        compute="_compute_fact_latest_ids",
        help="Of each kind the newest; older ones stand behind the button.",
    )
    fact_count = fields.Integer("Number of Figures", compute="_compute_fact_latest_ids")
    facts_stale = fields.Boolean("Figures Out of Date", compute="_compute_fact_latest_ids")

    @api.depends("fact_ids.as_of", "fact_ids.type_id")
    def _compute_fact_latest_ids(self):
        fact = self.env["loan.customer.fact"]
        latest = fact.browse(fact._latest_ids(self)).sorted(
            lambda fact: (fact.type_id.sequence, fact.type_id.id)
        )
        by_customer = latest.grouped("customer_id")
        counts = dict(fact._read_group([("customer_id", "in", self.ids)], ["customer_id"], ["__count"]))
        for customer in self:
            facts = by_customer.get(customer._origin, fact)
            customer.fact_latest_ids = facts
            customer.fact_count = counts.get(customer._origin, 0)
            customer.facts_stale = any(facts.mapped("is_stale"))

    def action_note_fact(self):
        """Open a small form that notes one more figure."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Financial Fact"),
            "res_model": "loan.customer.fact",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_customer_id": self.id, "from_customer": True},
        }

    def action_open_facts(self):
        return self._action_open("loan_crm.loan_customer_fact_action", default_customer_id=self.id)
