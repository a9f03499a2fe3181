from collections.abc import Sequence, Set

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# Said in the context by `_loan_few` alone: few rows are asked for, by their numbers or by whom they belong to.
_FEW, _FEW_AT_MOST = object(), 1_000


class LoanFewMixin(models.AbstractModel):
    """Ask of few rows by an index what is asked of a table by one pass.

    Who may see a row hangs on its customer and its loan. Of a whole table that is asked fastest by finding the
    customers once and hashing them; of a form's eighty rows, that would be thousands of customers for eighty.
    PostgreSQL knows both ways and would choose by itself, but for what it then believes the whole table to cost.
    """

    _name = "loan.few.mixin"
    _description = "Loan Few Rows"

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        if self._loan_few_asked(domain):
            self = self._loan_few()
        return super()._search(domain, offset, limit, order, **kwargs)

    def _loan_few(self):
        """Return these records, knowing that few rows are asked for."""
        return self.with_context(loan_few=_FEW)

    @api.model
    def _loan_few_asked(self, domain):
        """Tell whether a search is for few rows: by their numbers, or those of a customer or a loan.

        A guess for speed; what is found is the same either way.
        """
        bound = {"id", "contract_id", getattr(self, "_loan_key", None)}
        for condition in Domain(domain).iter_conditions():
            if condition.field_expr in bound and condition.operator in ("in", "="):
                value = condition.value
                return isinstance(value, int) or (
                    isinstance(value, (Sequence, Set)) and len(value) <= _FEW_AT_MOST
                )
        return False

    @api.model
    def _loan_among(self, name, query, column="id", found=True):
        """Return which rows lead to a record that a query finds.

        :param str name: the column that leads there
        :param query: :class:`odoo.tools.Query`
        :param str column: the column it leads to
        :param bool found: False for the rows that lead to none, or nowhere
        """
        if self.env.context.get("loan_few") is not _FEW or query.is_empty():
            among = query if column == "id" else query.subselect(column)
            return Domain(name, "in" if found else "not in", among)

        def to_sql(model, alias, outer):
            key = model._field_to_sql(alias, name, outer)
            if alias.startswith(query.table):  # within the query the row's name would mean the query's own
                asked = SQL("%s IN %s", key, query.subselect(column))
                return asked if found else SQL("(%s) IS NOT TRUE", asked)
            return SQL(
                "%s EXISTS (SELECT FROM %s WHERE %s = %s AND (%s))",
                SQL() if found else SQL("NOT"),
                query.from_clause,
                SQL.identifier(query.table, column),
                key,
                query.where_clause or SQL("TRUE"),
            )

        return Domain.custom(to_sql=to_sql)
