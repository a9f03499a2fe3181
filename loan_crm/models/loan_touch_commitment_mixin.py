from odoo import api, models
from odoo.tools import SQL

_UNKEPT = (
    "NOT EXISTS (SELECT FROM loan_case kept WHERE kept.id = %s.case_id "
    "AND (kept.about_user_id IS NOT NULL OR kept.loan_level > 0))"
)


class LoanTouchCommitmentMixin(models.AbstractModel):
    """What we gave our word for, and what became of it."""

    _name = "loan.touch.commitment.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: What We Promised"
    _depends = {
        "loan.case": ["about_user_id", "loan_level"],
        "loan.commitment": [
            "case_id",
            "activity_id",
            "company_id",
            "contract_id",
            "customer_id",
            "done_at",
            "done_user_id",
            "evidence_note",
            "name",
            "promised_on",
            "promised_user_id",
            "state",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "commitment_made": self._commitment_made_branch(),
            "commitment_done": self._commitment_done_branch(),
        }

    @api.model
    def _commitment_seen_sql(self):
        # What came of a case about a colleague, or of one that is kept to few, stands with the case alone.
        return SQL(_UNKEPT, SQL.identifier("given"))

    @api.model
    def _commitment_made_branch(self):
        return {
            "number": 28,
            "kinds": ("promise",),
            "model": "loan.commitment",
            "told": self._tell_commitment_made,
            "from": SQL("loan_commitment given"),
            "where": self._commitment_seen_sql(),
            "source_id": SQL("given.id"),
            "date": self._moment_sql("given", SQL("given.promised_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("given", SQL("given.promised_on"))),
            "direction": SQL("'out'"),
            "customer": SQL("given.customer_id"),
            "contract": SQL("given.contract_id"),
            "company": SQL("given.company_id"),
            "author": self._partner_sql(SQL("given.promised_user_id")),
            "words": SQL("given.name"),
        }

    @api.model
    def _tell_commitment_made(self, given):
        return [
            self.env._("We promised: %s", given.display_name),
            given.kind_id.name,
            given.put_off_reason and self.env._("put off: %s", given.put_off_reason),
            given.state not in ("kept", "late") and self._label(given, "state"),
        ]

    @api.model
    def _commitment_done_branch(self):
        return {
            **self._commitment_made_branch(),
            "number": 29,
            "told": self._tell_commitment_done,
            "where": SQL(
                "given.state IN ('kept', 'late') AND given.done_at IS NOT NULL AND %s",
                self._commitment_seen_sql(),
            ),
            "date": SQL("given.done_at"),
            "all_day": None,
            "author": self._partner_sql(SQL("given.done_user_id")),
            "words": SQL("concat_ws(' ', given.name, given.evidence_note)"),
        }

    @api.model
    def _tell_commitment_done(self, given):
        told = self.env._("We kept our word") if given.state == "kept" else self.env._("Done, but late")
        return [told, given.display_name, given.evidence_note]
