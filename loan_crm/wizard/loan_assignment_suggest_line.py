from odoo import fields, models
from odoo.exceptions import UserError


class LoanAssignmentSuggestLine(models.TransientModel):
    """One person who could look after a customer: how well, how loaded they would be, and what speaks against it."""

    _name = "loan.assignment.suggest.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Candidate for a Customer"
    _order = "sequence, id"
    _rec_name = "user_id"

    suggest_id = fields.Many2one("loan.assignment.suggest", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer("Rank")
    user_id = fields.Many2one("res.users", "Candidate", required=True)
    score = fields.Integer(
        "Points", help="For fit and room. Who is ruled out comes last whatever their points."
    )
    reasons = fields.Text("Fit")
    against = fields.Text("Against")
    against_deputy = fields.Text()
    refused = fields.Boolean("Cannot Be Chosen")
    eligible = fields.Boolean()
    share = fields.Float("Load Then", help="The part of their ceiling they would carry with this customer.")
    load = fields.Float("Points Carried", digits=(16, 1))

    def action_choose(self):
        """Choose this person as manager; who was chosen before becomes the deputy."""
        self._check_choice()
        form = self.suggest_id
        vals = {"manager_user_id": self.user_id.id}
        if form.deputy_user_id == self.user_id:
            vals["deputy_user_id"] = form.manager_user_id.id
        form.write(vals)
        return form._reopen()

    def action_choose_deputy(self):
        """Choose this person as deputy."""
        self._check_choice()
        form = self.suggest_id
        if form.manager_user_id == self.user_id:
            raise UserError(
                self.env._("%s is chosen as manager. Choose another manager first.", self.user_id.name)
            )
        form.deputy_user_id = self.user_id
        return form._reopen()

    def _check_choice(self):
        self.ensure_one()
        self.check_access("read")
        if self.refused:
            raise UserError(
                self.env._(
                    "%(user)s cannot be chosen: %(reason)s", user=self.user_id.name, reason=self.against
                )
            )
