from odoo import api, fields, models


class LoanHardshipMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about requests for help.

    It stands beside `loan.reminder.hold.mixin`, which knows by which field records lead here.
    """

    _name = "loan.hardship.mixin"
    _description = "Hardship Requests"

    hardship_count = fields.Integer("Number of Hardship Requests", compute="_compute_hardship_count")
    hardship_open = fields.Boolean("Hardship Request Open", compute="_compute_hardship_count")

    @api.depends_context("uid")
    def _compute_hardship_count(self):
        key, counts = self._hold_key(), {}
        if self.env["loan.hardship"].has_access("read"):
            for record, state, count in self.env["loan.hardship"]._read_group(
                [(key, "in", self.ids)], [key, "state"], ["__count"]
            ):
                counts.setdefault(record.id, {})[state] = count
        for record in self:
            found = counts.get(record.id, {})
            record.hardship_count = sum(found.values())
            record.hardship_open = bool(found.keys() & {"new", "talks"})

    def action_open_hardships(self):
        return self._action_open("loan_crm.loan_hardship_action")
