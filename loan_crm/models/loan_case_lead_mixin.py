from odoo import fields, models


class LoanCaseLeadMixin(models.AbstractModel):
    """A case of somebody who applies for a loan: it is about their application, with or without a profile of theirs.

    Without one it is whoever has the application who answers; a complaint goes to those who take complaints.
    """

    _name = "loan.case.lead.mixin"
    _description = "Case about an Application"

    lead_id = fields.Many2one(
        "crm.lead",
        "Application",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Asked about on the portal.",
    )

    def _choose_owner(self):
        if self.lead_id and not self.customer_id and self.kind != "complaint":
            # Who has the application may open it, and sees the case as theirs.
            user = self.lead_id._who_answers()
            if user and user != self.about_user_id:
                return user
        return super()._choose_owner()
