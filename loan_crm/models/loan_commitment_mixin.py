from odoo import api, fields, models

from ..core import commitments


class LoanCommitmentMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about what we promised, and how often we kept our word.

    It stands beside `loan.promise.mixin`, which knows by which field records lead here.
    """

    _name = "loan.commitment.mixin"
    _description = "Commitments"

    commitment_count = fields.Integer("Number of Commitments", compute="_compute_commitment_counts")
    commitment_late = fields.Boolean("Our Word Overdue", compute="_compute_commitment_counts")
    commitment_kept_note = fields.Char(
        "We Kept Our Word",
        compute="_compute_commitment_counts",
        help="In time, of those that are decided. One that was done late was not kept.",
    )

    @api.depends_context("lang", "uid")
    def _compute_commitment_counts(self):
        key, counts = self._promise_key(), {}
        if self.env["loan.commitment"].has_access("read"):
            for record, state, count in self.env["loan.commitment"]._read_group(
                [(key, "in", self.ids)], [key, "state"], ["__count"]
            ):
                counts.setdefault(record.id, {})[state] = count
        late = self._our_promises().filtered(lambda word: word.days_left < 0)[key]
        for record in self:
            found = counts.get(record._origin.id, {})
            kept = commitments.record(found)
            record.commitment_count = sum(found.values())
            record.commitment_late = record._origin in late
            record.commitment_kept_note = (
                self.env._("%(kept)s of %(decided)s", kept=kept.kept, decided=kept.decided)
                if kept.decided
                else False
            )

    def _our_promises(self):
        """Return what we have promised here and not done yet, what is due first, first."""
        ledger = self.env["loan.commitment"]
        if not ledger.has_access("read"):
            return ledger
        return ledger.search(
            ledger._undone_domain() & fields.Domain(self._promise_key(), "in", self.ids), order="date_due, id"
        )

    def action_promise_ours(self):
        """Open the form that puts on record what we promise here."""
        self.ensure_one()
        ledger = self.env["loan.commitment"]
        return ledger._action_new(ledger._where_told(self))

    def action_open_commitments(self):
        return self._action_open("loan_crm.loan_commitment_action")
