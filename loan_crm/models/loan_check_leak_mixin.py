import json

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import saved_words


class LoanCheckLeakMixin(models.AbstractModel):
    """What of confidential customers lies where no rule is asked: public files, contacts entered again, saved words."""

    _name = "loan.check.leak.mixin"
    _description = "Self-Test: Leaks"

    @api.model
    def _public_files(self, protected):
        """Return `{model: number}` of files of customers that are marked as public."""
        files_sudo = self.env["ir.attachment"].sudo()  # as superuser: the self-test looks at everybody's
        files_sudo.flush_model(["public", "res_model", "res_id"])
        counts = dict(
            self.env.execute_query(
                SQL(
                    "SELECT res_model, count(*) FROM ir_attachment"
                    " WHERE public AND res_id > 0 AND res_model = ANY(%s) GROUP BY res_model",
                    sorted(protected),
                )
            )
        )
        models_ = self.env["ir.model"]
        for name in models_._loan_veiled() & models_._loan_guarded():
            public = Domain("public", "=", True) & Domain("res_model", "=", name) & Domain("res_id", ">", 0)
            counts[name] = len(files_sudo.search(public).filtered(lambda file: file._on_protected()))
        return counts

    @api.model
    def _twins(self):
        """Return the contacts that everybody sees and that have the address or the number of a confidential one.

        Whoever enters somebody again whom they cannot see makes such a twin without knowing.
        """
        partners_sudo = self.env["res.partner"].sudo()  # as superuser: the self-test looks at everybody's
        if partners_sudo._loan_open():
            return partners_sudo
        ranks = self.env["loan.confidentiality.level"]._closed_ranks()
        closed = partners_sudo._loan_of_ranks_domain("id", ranks)
        contacts = partners_sudo.with_context(active_test=False)._search(closed).subselect()
        partners_sudo.flush_model(["email_normalized", "vat"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH closed AS MATERIALIZED (
                     SELECT id, email_normalized, vat FROM res_partner WHERE id IN %(contacts)s)
                SELECT twin.id FROM res_partner AS twin
                  JOIN closed ON closed.email_normalized = twin.email_normalized
                 WHERE twin.id NOT IN (SELECT id FROM closed) AND twin.partner_share IS NOT FALSE
                 UNION
                SELECT twin.id FROM res_partner AS twin
                  JOIN closed ON closed.vat = twin.vat
                 WHERE length(twin.vat) > 1
                   AND twin.id NOT IN (SELECT id FROM closed) AND twin.partner_share IS NOT FALSE
                """,
                contacts=contacts,
            )
        )
        return partners_sudo.browse(id_ for (id_,) in rows)

    @api.model
    def _twin_leads(self):
        """Return the leads that everybody may see and that came from the address of a confidential contact."""
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)  # as superuser: as above
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        if leads_sudo._loan_open():
            return leads_sudo
        ranks = self.env["loan.confidentiality.level"]._closed_ranks()
        closed = partners_sudo.search(partners_sudo._loan_of_ranks_domain("id", ranks))
        addresses = sorted(set(closed.mapped("email_normalized")) - {False})
        return leads_sudo.search(
            Domain("email_normalized", "in", addresses) & ~leads_sudo._loan_ranks_domain(ranks)
        )

    @api.model
    def _saved_names(self):
        """Return which saved words that colleagues share tell a confidential customer's name or address.

        :return: names such as "ir.filters,12", sorted
        """
        # As superuser: as above.
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        if partners_sudo._loan_open():
            return []
        ranks = self.env["loan.confidentiality.level"]._closed_ranks()
        closed = partners_sudo.search(partners_sudo._loan_of_ranks_domain("id", ranks))
        told = {word for contact in closed for word in (contact.name, contact.email_normalized, contact.vat)}
        return sorted(saved_words.telling(self._saved_words(), told))

    @api.model
    def _saved_words(self):
        """Return `{"model,number": words}` of what one colleague saves and others find: filters, defaults, exports,
        canned answers."""
        env = self.sudo().with_context(active_test=False).env  # as superuser: as above
        words = {
            record: f"{record.name} {record.domain} {record.context}"
            for record in env["ir.filters"].search([("user_ids", "=", False)])
        }
        words |= {
            record: json.dumps(json.loads(record.json_value), ensure_ascii=False)
            for record in env["ir.default"].search([("user_id", "=", False)])
        }
        words |= {record: record.name or "" for record in env["ir.exports"].search(Domain.TRUE)}
        words |= {
            record: f"{record.source} {record.substitution}"
            for record in env["mail.canned.response"].search([("group_ids", "!=", False)])
        }
        return {f"{record._name},{record.id}": text for record, text in words.items()}
