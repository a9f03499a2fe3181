import hashlib

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.http import request
from odoo.service.server import thread_local


class LoanEvidenceMixin(models.AbstractModel):
    """Tell the access log who saw a record: after Odoo has answered, of what it has answered, where the level asks.

    Nothing of the context is asked: over RPC everybody chooses their own. Where no record of the model has such a
    level, nothing is asked of the database either.
    """

    _name = "loan.evidence.mixin"
    _inherit = ["loan.few.mixin"]
    _description = "Loan Evidence"

    @api.model
    def _loan_logged_domain(self):
        """Return which records of this model are put on record when somebody sees them.

        Those of a level that asks for it, and what belongs to a customer or a loan of such a level. While an
        emergency opens a customer to the user, all of that customer's.
        """
        ranks = self.env["loan.confidentiality.level"]._logged_ranks()
        urgent = self.env["loan.access.grant"]._emergency_customers()
        if not (ranks or urgent):
            return Domain.FALSE
        level = Domain("loan_level", "in", sorted(ranks))
        logged = level if "loan_level" in self._fields else Domain.FALSE
        if urgent and (key := self._loan_urgent_key()):
            logged |= Domain(key, "in", urgent)
        for name, model in (
            (getattr(self, "_loan_key", None), "loan.customer"),
            ("contract_id", "loan.contract"),
        ):
            field = self._fields.get(name)
            if field and field.store and field.comodel_name == model:
                # As superuser: the level alone is asked for.
                records_sudo = self.env[model].sudo().with_context(active_test=False)
                logged |= self._loan_among(name, records_sudo._search(level))
        return logged

    @api.model
    def _loan_urgent_key(self):
        """Return the name of the column that leads to the customer, where there is one."""
        key = getattr(self, "_loan_key", None)
        field = self._fields.get(key)
        if key == "id" and self._name == "loan.customer":
            return key
        return key if field and field.store and field.comodel_name == "loan.customer" else None

    def _loan_logged(self):
        """Return those of these records that are put on record when somebody sees them."""
        domain = self._loan_few()._loan_logged_domain()
        if not self.ids or domain.is_false():
            return self.browse()
        if not self._auto:
            # A view has just told whose row each is, and would work all of them out once more.
            ranks = self.env["loan.confidentiality.level"]._logged_ranks()
            urgent, key = self.env["loan.access.grant"]._emergency_customers(), self._loan_urgent_key()
            return self.filtered(
                lambda record: record._loan_rank() in ranks or (urgent and key and record[key].id in urgent)
            )
        # As superuser: the user has seen them, or was refused; the level alone is asked for.
        found = self.sudo().with_context(active_test=False)._search(Domain("id", "in", self.ids) & domain)
        logged = set(found)
        return self.browse(id_ for id_ in self.ids if id_ in logged)

    def _loan_log_customers(self):
        """Return `{id: number of the customer}` of these records, where they have one."""
        key = getattr(self, "_loan_key", None)
        if key == "id":
            return {id_: id_ for id_ in self.ids}
        if key not in self._fields:
            return {}
        return {record.id: record[key].id for record in self}

    @api.model
    def _loan_looks(self):
        """Tell whether a person is looking, and not the program on its own.

        Who has become superuser is a person as well.
        """
        if not self.env.su:
            return True
        return bool(request) and self.env.uid == SUPERUSER_ID == request.session.uid

    def _loan_seen(self, event, names=(), **facts):
        """Put on record that the user saw these records, see `loan.access.log._note_seen`."""
        if self and self._loan_looks():
            logged = self._loan_logged()
            if logged:
                self.env["loan.access.log"]._note_seen(event, logged, names, **facts)

    def _loan_counted(self, domain, names):
        # What a total tells of a record is told of all that it was made of, so the domain is put on record, too.
        if not self._loan_looks():
            return
        logged = self._loan_logged_domain()
        if logged.is_false():
            return
        domain = Domain(domain or Domain.TRUE)
        found = self.with_context(active_test=False).search(domain & logged, limit=1)
        if found:
            digest = hashlib.sha256(repr(list(domain)).encode()).hexdigest()[:16]
            self.env["loan.access.log"]._note_seen("aggregate", found, names, domain=digest)

    def _read_format(self, fnames, load="_classic_read"):
        values_list = super()._read_format(fnames, load)
        if set(fnames) - {"id"}:
            ids = [values["id"] for values in values_list if isinstance(values["id"], int)]
            self.browse(ids)._loan_seen("view", fnames)
        return values_list

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        rows = super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        self._loan_seen("export", ["/".join(map(str, path)) for path in fields])
        return rows

    @api.model
    @api.readonly
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        found = super().name_search(name, domain, operator, limit)
        self.browse(id_ for id_, _name in found)._loan_seen("lookup", ["display_name"])
        return found

    @api.model
    @api.readonly
    def search_count(self, domain, limit=None):
        count = super().search_count(domain, limit=limit)
        # A count that was asked for, and not the one a page or another piece of the program needs.
        asked = getattr(thread_local, "rpc_model_method", "") if request else ""
        if count and asked == f"{self._name}.search_count":
            self._loan_counted(domain, ())
        return count

    @api.model
    @api.readonly
    def formatted_read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        groups = super().formatted_read_group(domain, groupby, aggregates, *args, **kwargs)
        self._loan_counted(domain, {*groupby, *aggregates})
        return groups

    @api.model
    @api.readonly
    def formatted_read_grouping_sets(self, domain, grouping_sets, aggregates=(), **kwargs):
        groups = super().formatted_read_grouping_sets(domain, grouping_sets, aggregates, **kwargs)
        self._loan_counted(domain, {*(name for groupby in grouping_sets for name in groupby), *aggregates})
        return groups

    def action_open_access_log(self):
        """Show who saw the customers of these records and what was decided about them, to whoever may read the log."""
        self.env["loan.access.log"].check_access("read")
        self.check_access("read")
        domain = Domain("customer_ids", "in", sorted(set(self._loan_log_customers().values())))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Saw This"),
            "res_model": "loan.access.log",
            "domain": list(domain),
            "views": [(False, "list"), (False, "form"), (False, "pivot"), (False, "graph")],
        }
