from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, ormcache


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        """Tell no name of a record whose sight is a duty: in debug mode, anybody's, Odoo tells that of each.

        Records one may reach by switching the company are told as ever, with the company to switch to.
        """
        guarded = records._name in self.env["ir.model"]._loan_guarded()
        if not guarded and records._loan_nameless():
            # What hangs on such a record bears its name, or words about it: a to-do, a file, what was answered.
            records.invalidate_recordset()
            return self._loan_refusal()
        everywhere = {"allowed_company_ids": self.env.user.company_ids.ids}
        if not guarded or records.with_context(**everywhere).has_access(operation):
            return super()._make_access_error(operation, records)
        self.env["loan.access.log"]._note_refusal(operation, records)
        records.invalidate_recordset()  # as Odoo does: asking the rules has left values in the cache
        return self._loan_refusal()

    @api.model
    def _loan_refusal(self):
        """Return the error of every refusal: it tells neither a name nor whether the record exists."""
        told = self.env._(
            "You may not see this, or it does not exist. If you need it for your work, ask the customer's "
            "relationship manager or their team lead."
        )
        if self.env.user.has_group("loan_crm.loan_crm_group_emergency"):
            told += " " + self.env._("In an emergency that cannot wait for them: Team → Emergency Access.")
        return AccessError(told)

    # ------------------------------------------------------------ rules that were altered

    @api.model
    def _loan_expected(self):
        """Return `{model: text}` of the global rules that must be there: one a protected model, the same for all."""
        return dict.fromkeys(self.env["ir.model"]._loan_asked(), "[('loan_visible', '=', True)]")

    @api.model
    @ormcache()
    def _loan_altered(self):
        """Return the names of the protected models whose rule is missing, switched off, narrowed or reworded.

        Kept until any rule is written; what is changed behind Odoo's back, in the database, is found by the night and
        by the next start (`loan.access.check`).
        """
        return self._loan_altered_now()

    @api.model
    def _loan_altered_now(self):
        """Return what `_loan_altered` keeps, as the database says it now."""
        expected = self._loan_expected()
        if not expected:
            return frozenset()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT model.model, rule.domain_force
                  FROM ir_rule AS rule
                  JOIN ir_model AS model ON model.id = rule.model_id
                 WHERE model.model = ANY(%s)
                   AND rule.active AND rule.perm_read AND rule.perm_write AND rule.perm_create AND rule.perm_unlink
                   AND NOT EXISTS (SELECT FROM rule_group_rel WHERE rule_group_id = rule.id)
                """,
                list(expected),
            )
        )
        return frozenset(expected) - {name for name, text in rows if (text or "").strip() == expected[name]}

    # Who may see what hangs on these, so what an administrator does to them is on record, and looked at.

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env["loan.access.log"]._note_administration("create", rules, vals_list)
        rules._loan_look_again()
        return rules

    def write(self, vals):
        before = self.model_id
        result = super().write(vals)
        self.env["loan.access.log"]._note_administration("write", self, [vals])
        self._loan_look_again(before)
        return result

    def unlink(self):
        self.env["loan.access.log"]._note_administration("unlink", self)
        models_before = self.model_id
        result = super().unlink()
        self.browse()._loan_look_again(models_before)
        return result

    def _loan_look_again(self, more=()):
        """Let the self-test run soon after a rule of a protected model was touched."""
        # As superuser: which models rules are about is no secret.
        touched = {model.model for model in (*self.sudo().model_id, *more)}
        if self.env.registry.ready and touched & self.env["ir.model"]._loan_asked():
            # Another thread that asks before this is committed keeps what held before.
            self.env.cr.postcommit.add(self.env.registry.clear_cache)
            self.env["loan.access.check"]._soon()
