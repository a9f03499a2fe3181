from odoo import api, fields, models


class LoanCaseMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about cases.

    It stands beside `loan.reminder.hold.mixin`, which knows by which field records lead here.
    """

    _name = "loan.case.mixin"
    _description = "Cases of a Customer or a Loan"

    case_count = fields.Integer("Number of Cases", compute="_compute_case_count")
    case_open_count = fields.Integer("Open Cases", compute="_compute_case_count")
    complaint_open = fields.Boolean("Complaint Open", compute="_compute_case_count")

    @api.depends_context("uid")
    def _compute_case_count(self):
        key, counts = self._hold_key(), {}
        cases = self.env["loan.case"]
        if cases.has_access("read"):
            for record, state, kind, count in cases._read_group(
                [(key, "in", self.ids), ("state", "!=", "void")], [key, "state", "kind"], ["__count"]
            ):
                counts.setdefault(record.id, []).append((state, kind, count))
        for record in self:
            found = counts.get(record.id, [])
            pending = [each for each in found if each[0] in ("new", "open", "waiting")]
            record.case_count = sum(count for *_what, count in found)
            record.case_open_count = sum(count for *_what, count in pending)
            record.complaint_open = any(kind == "complaint" for _state, kind, _count in pending)

    def action_open_cases(self):
        return self._action_open("loan_crm.loan_case_action_all")
