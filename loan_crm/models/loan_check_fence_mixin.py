import hashlib
import re

from odoo import SUPERUSER_ID, api, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

# Reports of ours that count customers and name none.
_FIGURES = {"loan.workload", "loan.reminder.outcome"}
# What our own jobs and buttons are: one call of a method, which asks for itself.
_ONE_CALL = re.compile(r"(action = )?(model|records?)\.\w+\(\)")


def _naming(names):
    """Return a pattern that finds one of these models named in a text."""
    return re.compile(r"['\"]({})['\"]".format("|".join(map(re.escape, sorted(names)))))


class LoanCheckFenceMixin(models.AbstractModel):
    """What of the house itself lets customers out: models, views and automations that ask nobody who may see them."""

    _name = "loan.check.fence.mixin"
    _description = "Self-Test: Fences"

    @api.model
    def _without_company(self, protected):
        """Return the names of our protected models that have a company and no global rule that asks for it."""
        fenced = {
            rule.model_id.model
            for rule in self.env["ir.rule"].search([("domain_force", "like", "company_ids")])
            if not rule.groups
            and rule.perm_read
            and rule.perm_write
            and rule.perm_create
            and rule.perm_unlink
        }
        return {
            name
            for name in protected
            if name.startswith("loan.")
            and (field := self.env[name]._fields.get("company_id"))
            and field.store
            and name not in fenced
        }

    @api.model
    def _unguarded_models(self, protected):
        """Return the names of models that lead to a record of ours and do not ask who may see it."""
        ours = {name for name in protected if name.startswith("loan.")}
        return {
            name
            for name, model in self.env.registry.items()
            if not model._abstract
            and not model._transient
            and name not in protected
            and any(
                field.type in ("many2one", "many2many")
                and field.store
                and field.comodel_name in ours
                and field.groups != NO_ACCESS  # what nobody may read leads nobody anywhere
                for field in model._fields.values()
            )
        }

    @api.model
    def _unguarded_views(self, protected):
        """Return the names of SQL views and reports that read our tables and do not ask who may see their rows."""
        ours = {self.env[name]._table for name in protected if name.startswith("loan.")}
        guarded = {self.env[name]._table for name in protected}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT shown.relname
                  FROM pg_depend AS depends
                  JOIN pg_rewrite AS rewrite ON rewrite.oid = depends.objid
                  JOIN pg_class AS shown ON shown.oid = rewrite.ev_class
                  JOIN pg_class AS kept ON kept.oid = depends.refobjid
                 WHERE depends.classid = 'pg_rewrite'::regclass
                   AND shown.oid <> kept.oid
                   AND kept.relname = ANY(%s)
                """,
                sorted(ours),
            )
        )
        found = {name for (name,) in rows} - guarded
        for name, model in self.env.registry.items():
            if model._auto or model._abstract or name in protected | _FIGURES:
                continue
            query = self.env[name]._table_query
            text = query.code if isinstance(query, SQL) else query or ""
            if any(f" {table} " in f" {text} ".replace("\n", " ") for table in ours):
                found.add(name)
        return found

    @api.model
    def _unapproved_automations(self):
        """Return what is run as superuser and reads our models: automation rules, server actions, scheduled jobs.

        Ours call one method each. Whatever else does may copy a customer to where no rule is asked, so compliance has
        to accept it, word for word: the digest in its name is another when it is altered. So may any code at all that
        a person has written: the name of a model put together from pieces is found in no text. What an app brought
        and nobody has touched is the app's.
        """
        names = {name for name in self.env["ir.model"]._loan_protected() if name.startswith("loan.")}
        ours = _naming(names)
        found = {}
        apps = set(self.env["ir.module.module"]._installed())
        # As superuser: the self-test looks at everybody's. Automations and jobs keep what they do in server actions.
        for table, texts in (
            ("ir.actions.server", ("code", "update_path", "value", "webhook_url")),
            ("base.automation", ("filter_domain", "filter_pre_domain", "record_getter")),
        ):
            if table not in self.env:
                continue
            rows_sudo = self.env[table].sudo().with_context(active_test=False).search(Domain.TRUE)
            xmlids = rows_sudo._get_external_ids()
            for row in rows_sudo:
                told = [str(row[name] or "") for name in texts if name in row._fields]
                models = {row.model_id.model}
                if "crud_model_id" in row._fields:
                    models.add(row.crud_model_id.model)
                touches = bool(models & names) or any(ours.search(text) for text in told)
                brought_by = {xmlid.partition(".")[0] for xmlid in xmlids[row.id]} & apps
                shipped = any(name.startswith("loan_crm") for name in brought_by)
                one_call = _ONE_CALL.fullmatch(told[0].strip())
                touched = not brought_by or row.write_uid.id != SUPERUSER_ID
                if (touches and not (shipped and one_call)) or (touched and self._is_code(row)):
                    text = "\n".join((*told, *sorted(filter(None, models))))
                    found[f"{table} {row.id} ({hashlib.sha256(text.encode()).hexdigest()[:8]})"] = row
        accepted = self.env["loan.access.finding"]._accepted("automation")
        return sorted(found.keys() - accepted)

    @api.model
    def _is_code(self, row):
        """Tell whether Odoo runs words of an automation as Python, more of it than one call of a method.

        :param row: `ir.actions.server` or `base.automation`
        """
        if row._name == "base.automation":
            return row.trigger == "on_webhook"
        if row.state == "code":
            lines = [line.strip() for line in (row.code or "").splitlines()]
            text = "\n".join(line for line in lines if line and not line.startswith("#"))
            return bool(text) and not _ONE_CALL.fullmatch(text)
        return row.state in ("object_create", "object_write") and row.evaluation_type == "equation"
