import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Reports of ours that count customers and name none.
_FIGURES = {"loan.workload", "loan.reminder.outcome"}


class LoanAccessCheck(models.AbstractModel):
    """The self-test of who may see what: at each start, each night and after each change of a rule.

    Rules are data, and data can be changed. A protected model whose rule is not what it must be shows nothing to
    anybody from that moment (`ir.rule._loan_altered`); here it is told to compliance, with what no rule can keep out:
    a model or a view of another addon that carries customers, a public file, a to-do of somebody without the duty.
    Followers without the duty are removed and counted.
    """

    _name = "loan.access.check"
    _description = "Access Self-Test"

    def _register_hook(self):
        super()._register_hook()
        altered = self.env["ir.rule"]._loan_altered()
        if altered:
            _logger.error(
                "The rules of %s are missing or were altered: they show nothing to anybody", sorted(altered)
            )
            self._soon()

    @api.model
    def _soon(self):
        """Let the self-test run as soon as what was begun is committed."""
        # As superuser: whoever changes a rule need not be able to run jobs.
        cron_sudo = self.env.ref("loan_crm.ir_cron_access_check", raise_if_not_found=False)
        if cron_sudo:
            cron_sudo.sudo()._trigger()

    @api.model
    def _cron_run(self):
        """Look, and tell compliance what was found."""
        self._run()

    @api.model
    def _night_access(self, night):
        """Look once a night, see `loan.night._family_steps`."""
        if night._stand("looked"):
            return 0
        night._note_stand(looked=True)
        self._run()
        return 1

    @api.model
    def _run(self):
        """Look everywhere and bring the findings up to date.

        :return: `loan.access.finding`, those that are open
        """
        rules = self.env["ir.rule"]
        if rules._loan_altered() != rules._loan_altered_now():
            # Changed in the database itself, which left the caches as they were, that of the rules' texts, too.
            self.env.registry.clear_cache()
        return self.env["loan.access.finding"]._bring_up_to_date(self._look())

    @api.model
    def _look(self):
        """Return `{(kind, subject): count}`, the kinds of `loan.access.finding`."""
        protected = self.env["ir.model"]._loan_protected()
        found = {("rule", name): 1 for name in self.env["ir.rule"]._loan_altered()}
        found |= {("company", name): 1 for name in self._without_company(protected)}
        found |= {("model", name): 1 for name in self._unguarded_models(protected)}
        found |= {("view", name): 1 for name in self._unguarded_views(protected)}
        # Of a model that shows nothing to anybody, nobody has a follower's or a to-do's right for now.
        guarded = self.env["ir.model"]._loan_guarded()
        shown = guarded - (self.env["ir.rule"]._loan_altered() & protected)
        found |= self._counted("follower", self._drop_blind_followers(shown))
        found |= self._counted("activity", self._blind_activities(shown))
        self._settle_blind_notifications(shown)
        found |= self._counted("file", self._public_files(protected))
        found |= self._counted("twin", {"res.partner": len(self._twins())})
        return found

    @api.model
    def _counted(self, kind, counts):
        return {(kind, name): count for name, count in counts.items() if count}

    # ------------------------------------------------------------ rules

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
                field.type in ("many2one", "many2many") and field.store and field.comodel_name in ours
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

    # ------------------------------------------------------------ what hangs on records

    @api.model
    def _blind_rows(self, table, name, who):
        """Yield rows of a table that point at records of a model which a colleague may not see.

        :param table: model that points, by `res_model` and `res_id`
        :param str name: of the protected model
        :param str who: column of the table: `partner_id` or `user_id`
        """
        rows_sudo = self.env[table].sudo()  # as superuser: the self-test looks at everybody's
        rows_sudo.flush_model(["res_model", "res_id", who])
        people = self.env.execute_query(
            SQL(
                """
                SELECT person.id, person.partner_id, person.active
                  FROM res_users AS person
                 WHERE NOT person.share AND person.id <> %(root)s
                   AND EXISTS (SELECT FROM %(table)s AS held
                                WHERE held.res_model = %(name)s
                                  AND held.%(who)s = person.%(key)s)
                """,
                root=self.env.ref("base.user_root").id,
                table=SQL.identifier(rows_sudo._table),
                name=name,
                who=SQL.identifier(who),
                key=SQL.identifier("partner_id" if who == "partner_id" else "id"),
            )
        )
        for user_id, partner_id, active in people:
            domain = Domain("res_model", "=", name)
            domain &= Domain(who, "=", partner_id if who == "partner_id" else user_id)
            yield rows_sudo.search(domain & self._blind_domain(name, "res_id", user_id, active))

    @api.model
    def _blind_domain(self, name, number, user_id, active=True):
        """Return a domain of the rows whose document somebody may not see.

        :param str name: of the document's model
        :param str number: column of the rows
        :param bool active: whether they work here still
        """
        documents = self.env[name].with_user(user_id).with_context(active_test=False, allowed_company_ids=[])
        if name in self.env["ir.model"]._loan_veiled():
            # As superuser: beside what Odoo asks itself, what is asked is the rule.
            return Domain(number, "in", documents.sudo()._search(~documents._loan_veil_domain()))
        if active and documents.has_access("read"):
            return Domain(number, "not in", documents._search(Domain.TRUE))
        return Domain.TRUE

    @api.model
    def _drop_blind_followers(self, protected):
        """Part colleagues from what they may not see any more; return `{model: number}`."""
        dropped = {}
        for name in protected:
            if "message_follower_ids" in self.env[name]._fields:
                for rows in self._blind_rows("mail.followers", name, "partner_id"):
                    dropped[name] = dropped.get(name, 0) + len(rows)
                    rows.unlink()
        return dropped

    @api.model
    def _blind_activities(self, protected):
        """Return `{model: number}` of to-dos that are with somebody who may not see what they are about."""
        counts = {}
        for name in protected:
            if "activity_ids" in self.env[name]._fields:
                for rows in self._blind_rows("mail.activity", name, "user_id"):
                    counts[name] = counts.get(name, 0) + len(rows)
        return counts

    @api.model
    def _settle_blind_notifications(self, protected):
        """Take as read what waits in the inbox of colleagues who may not see it: it would be counted for ever."""
        rows_sudo = self.env["mail.notification"].sudo()  # as superuser: the self-test looks at everybody's
        rows_sudo.flush_model()
        waiting = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT person.id, told.res_partner_id, message.model
                  FROM mail_notification AS told
                  JOIN mail_message AS message ON message.id = told.mail_message_id
                  JOIN res_users AS person ON person.partner_id = told.res_partner_id
                 WHERE told.is_read IS NOT TRUE AND told.notification_type = 'inbox'
                   AND person.active AND NOT person.share
                   AND message.model = ANY(%s)
                """,
                sorted(protected),
            )
        )
        for user_id, partner_id, name in waiting:
            about = Domain("model", "=", name) & self._blind_domain(name, "res_id", user_id)
            rows_sudo.search(
                Domain("res_partner_id", "=", partner_id)
                & Domain("is_read", "=", False)
                & Domain("mail_message_id", "any!", about)
            ).is_read = True

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
    def _told(self):
        """Return in words how the last look ended, for the settings."""
        # As superuser: how many there are is no secret of a customer's.
        count = self.env["loan.access.finding"].sudo().search_count([("state", "=", "open")])
        if not count:
            return self.env._("The last look found nothing.")
        return self.env._("%s unresolved findings. Compliance sees them under Compliance → Self-Test.", count)
