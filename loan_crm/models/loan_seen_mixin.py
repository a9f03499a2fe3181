from odoo import api, models
from odoo.fields import Domain
from odoo.tools import clean_context


class LoanSeenMixin(models.AbstractModel):
    """Who may see a record that is about the house itself, its people or its rules, and about no customer.

    The rule is the same as for customers, ``[('loan_visible', '=', True)]``, asked with each query and never cached;
    here the model says in `_seen_domain` what it means. See `loan.person.mixin` for records about a colleague.
    """

    _name = "loan.seen.mixin"
    _inherit = ["loan.access.mixin"]
    _description = "Who May See It"

    # The stored columns that `_seen_domain` asks.
    _SEEN_COLUMNS = ("company_id",)

    @api.model
    def _loan_asked_columns(self):
        return self._SEEN_COLUMNS

    @api.depends_context("uid")
    def _compute_loan_visible(self):
        allowed = self.filtered_domain(self._seen_domain())
        for record in self:
            record.loan_visible = record in allowed

    def _search_loan_visible(self, operator, value):
        return self._seen_domain() if operator == "in" else NotImplemented

    @api.model
    def _seen_domain(self):
        """Return the records the user may read: compliance those of the lenders they work for.

        :return: :class:`odoo.fields.Domain` on own columns; an extension adds who else may, by `|`
        """
        user = self.env.user
        if user._is_superuser():
            return Domain.TRUE
        if user.has_group("loan_crm.loan_crm_group_compliance"):
            return Domain("company_id", "in", user.company_ids.ids)
        return Domain.FALSE

    @api.model
    def _audited_domain(self):
        """Return what an auditor reads of a model that is evidence: all of the lenders they work for, others nothing.

        A model that is evidence joins it to its `_seen_domain`; the rest stays closed to auditors.
        """
        user = self.env.user
        if user.has_group("loan_crm.loan_crm_group_auditor"):
            return Domain("company_id", "in", user.company_ids.ids)
        return Domain.FALSE

    @api.model_create_multi
    def create(self, vals_list):
        # The verbs make such records as superuser: what a client's context would fill in beside is not to be believed.
        cleaned = self.with_context(clean_context(self.env.context))
        return super(LoanSeenMixin, cleaned).create(vals_list)

    @api.model
    def _is_compliance(self):
        """Tell whether the user is a compliance officer; a job or another program's superuser is none."""
        return self.env.user.has_group("loan_crm.loan_crm_group_compliance")
