from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanVeilMixin(models.AbstractModel):
    """A record of Odoo's own that tells of a confidential customer: their contact, their application.

    Odoo's own rules say who sees it. Beside them has it the same global rule as a customer, ``[('loan_visible', '=',
    True)]``, which closes it to whoever may not see the confidential customer behind it. Customers of whom no level
    asks anything close nothing, and where none has ever been given that does, the rule is true and nothing is asked.

    Should the rule be missing or reworded, these models do not show nothing, as those of ours: nobody could log in
    without contacts. They ask its question themselves.
    """

    _name = "loan.veil.mixin"
    _inherit = ["loan.discretion.mixin", "loan.evidence.mixin"]
    _description = "Closed With Its Customer"

    loan_visible = fields.Boolean(
        "Visible to Me",
        compute="_compute_loan_visible",
        search="_search_loan_visible",
        compute_sudo=True,
        export_string_translation=False,
    )

    @api.depends_context("uid")
    @api.depends(lambda self: self._loan_asked_columns())
    def _compute_loan_visible(self):
        # By the search itself, so that both say the same of a contact with three profiles at two lenders.
        known = self._origin
        domain = self._loan_veil_domain()
        if domain.is_true() or not known:
            self.loan_visible = True
            return
        # As superuser: what is asked is the rule.
        rows_sudo = self.sudo().with_context(active_test=False)
        seen = set(rows_sudo._search(Domain("id", "in", known.ids) & domain))
        for record in self:
            record.loan_visible = not record._origin or record._origin.id in seen

    @api.model
    def _loan_asked_columns(self):
        """Return the names of the columns that lead to the customer."""
        return ()

    def _search_loan_visible(self, operator, value):
        return self._loan_veil_domain() if operator == "in" else NotImplemented

    @api.model
    def _loan_veil_domain(self):
        """Return which records of this model the user may see, as far as confidential customers go."""
        if self._loan_open() or self.env.user._is_superuser():
            return Domain.TRUE
        return self._loan_lifted_domain()

    @api.model
    def _loan_lifted_domain(self):
        """Return the same where something is confidential, for somebody who is not the system.

        :rtype: odoo.fields.Domain
        """
        raise NotImplementedError

    @api.model
    def _loan_held_domain(self, name):
        """Return which rows of another model hang on no record of this one that the user may not see.

        :param str name: the column of the record's number there
        """

        def to_sql(model, alias, query):
            # As superuser: what is asked is the rule.
            rows_sudo = self.sudo().with_context(active_test=False)
            hidden = rows_sudo._search(~self._loan_veil_domain())
            hidden.add_where(SQL("%s.id = %s", SQL.identifier(self._table), SQL.identifier(alias, name)))
            return SQL("NOT EXISTS %s", hidden.subselect())

        return Domain.TRUE if self._loan_open() else Domain.custom(to_sql=to_sql)

    @api.model
    def _loan_open(self):
        """Tell whether nothing has ever been confidential: then nothing of this is asked."""
        return not self.env["loan.confidentiality.level"]._closed_ranks()

    # ------------------------------------------------------------ a rule that was altered

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access) and self._loan_rule_gone():
            domain = Domain(domain) & self._loan_veil_domain()
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self.ids or not self._loan_rule_gone():
            return result
        rest = self - result[0] if result else self
        # As superuser: what is asked is the rule.
        hidden = rest - rest.sudo().filtered("loan_visible").sudo(False)
        if not hidden:
            return result
        if result:
            return result[0] + hidden, result[1]
        return hidden, self.env["ir.rule"]._loan_refusal

    @api.model
    def _loan_rule_gone(self):
        return not self._loan_open() and self._name in self.env["ir.rule"]._loan_altered()

    # ------------------------------------------------------------ discretion

    def _loan_seen_by(self, user):
        # Whom else Odoo tells of its own records is its own affair. As superuser: what is asked is the rule.
        return self.with_user(user).sudo().filtered("loan_visible").with_env(self.env)

    def _loan_ranks(self):
        """Return how confidential these records are, `{record: rank}`."""
        raise NotImplementedError

    def _loan_rank(self):
        return self._loan_ranks()[self]

    def _loan_discreet(self):
        return self._loan_rank() in self.env["loan.confidentiality.level"]._closed_ranks()
