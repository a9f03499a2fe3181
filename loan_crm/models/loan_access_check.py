import hashlib
import logging
import re
from collections import Counter

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Reports of ours that count customers and name none.
_FIGURES = {"loan.workload", "loan.reminder.outcome"}


# So many people's rows are asked for by one query.
_AT_ONCE = 25
# What our own jobs and buttons are: one call of a method, which asks for itself.
_ONE_CALL = re.compile(r"(action = )?(model|records?)\.\w+\(\)")


def _naming(names):
    """Return a pattern that finds one of these models named in a text."""
    return re.compile(r"['\"]({})['\"]".format("|".join(map(re.escape, sorted(names)))))


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
        found |= {("automation", name): 1 for name in self._unapproved_automations()}
        # Of a model that shows nothing to anybody, nobody has a follower's or a to-do's right for now.
        guarded = self.env["ir.model"]._loan_guarded()
        shown = guarded - (self.env["ir.rule"]._loan_altered() & protected)
        with self.env.user._loan_duty_kept():
            seen = {}
            found |= self._counted("follower", self._drop_blind_followers(shown, seen))
            found |= self._counted("activity", self._blind_activities(shown, seen))
            self._settle_blind_notifications(shown, seen)
        found |= self._counted("file", self._public_files(protected))
        found |= self._counted(
            "twin", {"res.partner": len(self._twins()), "crm.lead": len(self._twin_leads())}
        )
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

    # ------------------------------------------------------------ what hangs on records

    @api.model
    def _blind_rows(self, table, who, names, *, model="res_model", about=None, users=None, seen=None):
        """Return rows of a table that point at records of models which a colleague may not see.

        One query tells who holds any, and one for some people at a time which of theirs are blind.

        :param table: model that points, by the name of a model and `res_id`
        :param str who: column of the table: `partner_id`, or the one of a user
        :param names: of protected models
        :param str model: column of the table with the name of the model
        :param SQL about: a query of `(res_model, res_id)`, the records to look at; by default all
        :param users: `res.users`, whose rows to look at; by default everybody's
        :param dict seen: what was worked out for another table, see `_blind_to`
        """
        seen = {} if seen is None else seen
        rows_sudo = self.env[table].sudo()  # as superuser: the self-test looks at everybody's
        rows_sudo.flush_model([model, "res_id", who])
        conditions = [SQL("held.%s = ANY(%s)", SQL.identifier(model), sorted(names))]
        if about is not None:
            conditions.append(SQL("(held.%s, held.res_id) IN (%s)", SQL.identifier(model), about))
        if users is not None:
            conditions.append(SQL("person.id = ANY(%s)", list(users.ids)))
        holders = self.env.execute_query(
            SQL(
                """
                SELECT person.id, person.partner_id, person.active, array_agg(DISTINCT held.%(model)s)
                  FROM %(table)s AS held
                  JOIN res_users AS person ON person.%(key)s = held.%(who)s
                 WHERE NOT person.share AND person.id <> %(root)s AND %(conditions)s
                 GROUP BY person.id
                """,
                model=SQL.identifier(model),
                table=SQL.identifier(rows_sudo._table),
                key=SQL.identifier("partner_id" if who == "partner_id" else "id"),
                who=SQL.identifier(who),
                root=self.env.ref("base.user_root").id,
                conditions=SQL(" AND ").join(conditions),
            )
        )
        asked = []
        with self.env.user._loan_duty_kept():
            for user_id, partner_id, active, held in holders:
                blind = Domain.FALSE
                for name in held:
                    blind |= Domain(model, "=", name) & self._blind_to(user_id, name, active, seen)
                if about is not None:
                    touched = SQL(
                        "(SELECT res_id FROM (%s) AS touched WHERE res_model = ANY(%s))", about, held
                    )
                    blind &= Domain("res_id", "in", touched)
                theirs = Domain(who, "=", partner_id if who == "partner_id" else user_id)
                asked.append(theirs & blind)
            found_sudo = [
                rows_sudo.search(Domain.OR(asked[start : start + _AT_ONCE]))
                for start in range(0, len(asked), _AT_ONCE)
            ]
        return rows_sudo.concat(*found_sudo)

    @api.model
    def _blind_to(self, user_id, name, active, seen):
        """Return a domain on `res_id` of the records of a model that somebody may not see.

        :param int user_id: who
        :param str name: of a model that keeps records from somebody
        :param bool active: whether they work here still
        :param dict seen: `{(user, model): domain}`, what was worked out before; is added to
        """
        if (user_id, name) not in seen:
            documents = self.env[name].with_user(user_id)
            documents = documents.with_context(active_test=False, allowed_company_ids=[])
            if name in self.env["ir.model"]._loan_veiled():
                # As superuser: beside what Odoo asks itself, what is asked is the rule.
                blind = Domain("res_id", "in", documents.sudo()._search(~documents._loan_veil_domain()))
            elif active and documents.has_access("read"):
                blind = Domain("res_id", "not in", documents._search(Domain.TRUE))
            else:
                blind = Domain.TRUE
            seen[user_id, name] = blind
        return seen[user_id, name]

    @api.model
    def _threads(self, names):
        """Return those of these models that keep followers and to-dos."""
        return {name for name in names if "message_follower_ids" in self.env[name]._fields}

    @api.model
    def _drop_blind_followers(self, protected, seen=None):
        """Part colleagues from what they may not see any more; return `{model: number}`."""
        rows_sudo = self._blind_rows("mail.followers", "partner_id", self._threads(protected), seen=seen)
        dropped = Counter(rows_sudo.mapped("res_model"))
        rows_sudo.unlink()
        return dropped

    @api.model
    def _blind_activities(self, protected, seen=None):
        """Return `{model: number}` of to-dos that are with somebody who may not see what they are about."""
        names = {name for name in protected if "activity_ids" in self.env[name]._fields}
        return Counter(self._blind_rows("mail.activity", "user_id", names, seen=seen).mapped("res_model"))

    @api.model
    def _settle_blind_notifications(self, protected, seen=None):
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
        seen = {} if seen is None else seen
        with self.env.user._loan_duty_kept():
            for user_id, partner_id, name in waiting:
                about = Domain("model", "=", name) & self._blind_to(user_id, name, True, seen)
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
    def _told(self):
        """Return in words how the last look ended, for the settings."""
        # As superuser: how many there are is no secret of a customer's.
        count = self.env["loan.access.finding"].sudo().search_count([("state", "=", "open")])
        if not count:
            return self.env._("The last look found nothing.")
        return self.env._("%s unresolved findings. Compliance sees them under Compliance → Self-Test.", count)
