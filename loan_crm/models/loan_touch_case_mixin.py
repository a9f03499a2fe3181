from odoo import api, models
from odoo.tools import SQL


class LoanTouchCaseMixin(models.AbstractModel):
    """What a customer wanted answered, and that it was."""

    _name = "loan.touch.case.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Cases"
    _depends = {
        "loan.case": [
            "about_user_id",
            "company_id",
            "contract_id",
            "customer_id",
            "opened_at",
            "partner_id",
            "solution",
            "solved_at",
            "solved_user_id",
            "state",
            "subject",
            "words",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "case": self._case_branch(),
            "case_solved": self._case_solved_branch(),
        }

    @api.model
    def _case_branch(self):
        return {
            "number": 25,
            "kinds": ("case",),
            "model": "loan.case",
            "told": self._tell_case,
            "from": SQL("loan_case AS lcase"),
            # A complaint about a colleague is not for that colleague's eyes, nor one that is a secret for all.
            "where": SQL(
                "lcase.customer_id IS NOT NULL AND lcase.state <> 'void' AND COALESCE(lcase.loan_level, 0) <= 1"
                " AND lcase.about_user_id IS NULL"
            ),
            "source_id": SQL("lcase.id"),
            "date": SQL("lcase.opened_at"),
            "direction": SQL("'in'"),
            "customer": SQL("lcase.customer_id"),
            "contract": SQL("lcase.contract_id"),
            "company": SQL("lcase.company_id"),
            "author": SQL("lcase.partner_id"),
            "words": SQL("concat_ws(' ', lcase.name, lcase.subject, lcase.words)"),
        }

    @api.model
    def _tell_case(self, case):
        return [self._label(case, "kind"), case.subject, case.name]

    @api.model
    def _case_solved_branch(self):
        branch = self._case_branch()
        return {
            **branch,
            "number": 26,
            "told": self._tell_case_solved,
            "where": SQL("%s AND lcase.solved_at IS NOT NULL", branch["where"]),
            "date": SQL("lcase.solved_at"),
            "direction": None,
            "author": self._partner_sql(SQL("lcase.solved_user_id")),
            "words": SQL("concat_ws(' ', lcase.name, lcase.subject, lcase.solution)"),
        }

    @api.model
    def _tell_case_solved(self, case):
        return [self.env._("Solved"), case.subject, case.solution]
