from odoo import api, models


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    _loan_on_threads = True

    def _insert_followers(self, res_model, res_ids, partner_ids, subtypes=None, **kwargs):
        """Add followers, but no colleague who may not see the record: they would get its mail.

        Each way to follow ends here: subscribing, being assigned, following the parent, being given a to-do. A contact
        who is no user, as a borrower, is whom somebody chose to write to, and stays.
        """
        guarded = self.env["ir.model"]._loan_guarded()
        if res_model not in guarded or not partner_ids or not res_ids:
            return super()._insert_followers(res_model, res_ids, partner_ids, subtypes=subtypes, **kwargs)
        result = None
        for seen_ids, readers in self._loan_readers(res_model, res_ids, partner_ids):
            result = super()._insert_followers(res_model, seen_ids, readers, subtypes=subtypes, **kwargs)
        return result

    @api.model
    def _loan_readers(self, res_model, res_ids, partner_ids):
        """Return `[([record ids], [partner ids])]`: who of these may follow which records."""
        # As superuser: whose user a contact is, is asked for whoever subscribes them.
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        users_sudo = users_sudo.search([("partner_id", "in", list(partner_ids))])
        colleagues = users_sudo.filtered(lambda user: not user.share)
        documents = self.env[res_model].with_context(active_test=False).browse(res_ids)
        seen = {}
        for user in colleagues:  # who has left sees nothing any more
            ids = documents._loan_seen_by(user).ids if user.active else ()
            seen.setdefault(user.partner_id.id, set()).update(ids)
        groups = {}
        for id_ in res_ids:
            readers = tuple(pid for pid in partner_ids if pid not in seen or id_ in seen[pid])
            if readers:
                groups.setdefault(readers, []).append(id_)
        return [(ids, list(readers)) for readers, ids in groups.items()]
