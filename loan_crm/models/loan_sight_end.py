import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

_BATCH = 100
# So much earlier than the last look: what was being written then may have been committed since.
_MARGIN = timedelta(minutes=10)


class LoanSightEnd(models.Model):
    """That somebody may have lost sight of a customer: noted with the change, and looked into right after it.

    The rule closes a record with the next query. What people already hold of it stays with them: they follow it, have
    to-dos and messages to be sent about it, and addresses with a key in them. A row says whose customers or whose
    holdings to look through; a job that the row wakes does it, and takes the row away. What ends by the clock, a
    grant above all, the job finds itself, each five minutes. Neither relation: it names numbers, and no right hangs on
    it.
    """

    _name = "loan.sight.end"
    _description = "End of Sight"
    _order = "id"

    customer_ref = fields.Integer("Customer Number", export_string_translation=False, aggregator=None)
    uid = fields.Integer("User Number", export_string_translation=False, aggregator=None)

    @api.model
    def _note(self, customers=None, users=None):
        """Let what is held of customers, or by people, be looked through as soon as this is committed.

        :param customers: `loan.customer` whom somebody may have lost sight of
        :param users: `res.users` who may have lost sight of somebody
        """
        vals_list = [{"customer_ref": id_} for id_ in (customers.ids if customers else ())]
        vals_list += [{"uid": id_} for id_ in (users.ids if users else ())]
        if not vals_list:
            return
        # As superuser: whoever takes a right away need not be able to run jobs.
        self.sudo().create(vals_list)
        cron_sudo = self.env.ref("loan_crm.ir_cron_sight_end", raise_if_not_found=False)
        if cron_sudo:
            cron_sudo.sudo()._trigger()

    @api.model
    def _cron_run(self):
        """Look through what was noted, and what has ended by the clock since the last time."""
        last = self.env.context.get("lastcall") or fields.Datetime.now() - timedelta(days=1)
        self._note_lapsed(fields.Datetime.to_datetime(last) - _MARGIN)
        # As superuser: nobody else reads or writes them.
        waiting_sudo = self.sudo().search(Domain.TRUE, limit=_BATCH)
        while waiting_sudo:
            customers = self.env["loan.customer"].browse(
                sorted({row.customer_ref for row in waiting_sudo} - {0})
            )
            users = self.env["res.users"].browse(sorted({row.uid for row in waiting_sudo} - {0}))
            if not self._try(customers.exists(), users.exists()):
                for one in customers.exists():
                    self._try(one, users.browse())
                for one in users.exists():
                    self._try(customers.browse(), one)
            done = len(waiting_sudo)
            waiting_sudo.unlink()
            waiting_sudo = self.sudo().search(Domain.TRUE, limit=_BATCH)
            if not self.env["ir.cron"]._commit_progress(done, remaining=len(waiting_sudo)):
                break

    @api.model
    def _try(self, customers, users):
        """Look through what is held, and tell whether it could be done; see `_part`.

        One that cannot be looked through keeps no other waiting, and the night looks at everybody's once more.

        :raise OperationalError: where somebody else writes the same: the job is repeated then
        """
        try:
            with self.env.cr.savepoint():
                self._part(customers, users)
        except OperationalError:
            raise
        except Exception:
            _logger.exception("What people hold of %s and %s could not be looked through", customers, users)
            return False
        return True

    @api.model
    def _note_lapsed(self, since):
        """Note what has ended by the clock: grants and agreements."""
        ended = Domain("date_to", ">", since) & Domain("date_to", "<=", fields.Datetime.now())
        # As superuser: the job looks at everybody's.
        grants_sudo = self.env["loan.access.grant"].sudo()
        customers = grants_sudo.search(Domain("state", "=", "granted") & ended).customer_id
        ended = Domain("expires_at", ">", since) & Domain("expires_at", "<=", fields.Datetime.now())
        users = self.env["loan.nda"].sudo().search(Domain("state", "=", "signed") & ended).user_id
        self._note(customers, users)

    # ------------------------------------------------------------ parting people from what they hold

    @api.model
    def _part(self, customers, users):
        """Part everybody from what they hold of customers they may not see, and people from all that they hold so.

        :param customers: `loan.customer`
        :param users: `res.users`
        """
        check = self.env["loan.access.check"]
        models_ = self.env["ir.model"]
        # Contacts and leads ask their question themselves, whatever their rule says.
        shown = models_._loan_guarded() - (self.env["ir.rule"]._loan_altered() & models_._loan_protected())
        with self.env.user._loan_duty_kept():
            lost = self.env["loan.customer"]
            for user in users:
                lost |= self._lost(user)
        if users:
            self._let_go(check._threads(shown), users=users)
        if customers:
            self._let_go(check._threads(shown), about=self._documents(shown, customers))
        if customers | lost:
            self._rotate(self._documents(shown, customers | lost))

    @api.model
    def _lost(self, user):
        """Return the customers who are somebody's duty or are granted to them, and whom they do not see."""
        sight = user._loan_sight()
        theirs = sight.duty
        grants = self.env["loan.access.grant"]
        for cap in sight.caps:
            theirs |= Domain("id", "in", grants._customers_granted(user, cap))
        # As superuser: theirs is asked of all, whichever company is switched on.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        seen = self.env["loan.customer"].with_user(user)
        seen = seen.with_context(active_test=False, allowed_company_ids=[])
        if seen.has_access("read"):
            theirs &= Domain("id", "not in", seen._search(Domain.TRUE))
        return customers_sudo.search(theirs).with_env(self.env)

    @api.model
    def _documents(self, names, customers):
        """Return the query of all records of customers, as `(res_model, res_id)`.

        :param names: of protected models
        :param customers: `loan.customer`
        """
        branches = []
        for name in sorted(names):
            model = self.env[name]
            if name in self.env["ir.model"]._loan_veiled():
                found = self._veiled(name, customers)
                branches.append(
                    SQL("SELECT %s AS res_model, id AS res_id FROM unnest(%s::int[]) AS id", name, found.ids)
                )
                continue
            key = getattr(model, "_loan_key", None)
            field = model._fields.get(key)
            if not (model._auto and field and field.store):
                continue
            model.flush_model([key])
            branches.append(
                SQL(
                    "SELECT %s AS res_model, id AS res_id FROM %s WHERE %s = ANY(%s)",
                    name,
                    SQL.identifier(model._table),
                    SQL.identifier(key),
                    list(customers.ids),
                )
            )
        return SQL(" UNION ALL ").join(branches)

    @api.model
    def _veiled(self, name, customers):
        """Return the contacts or the leads that close with customers.

        :param str name: `res.partner` or `crm.lead`
        :param customers: `loan.customer`
        """
        # As superuser: whose they are is asked for whoever has lost sight of them.
        contacts_sudo = customers.sudo().partner_id.with_context(active_test=False)
        below = Domain("commercial_partner_id", "in", contacts_sudo.ids)
        below |= Domain("parent_id", "in", contacts_sudo.ids)
        contacts_sudo |= contacts_sudo.search(below)
        if name == contacts_sudo._name:
            return contacts_sudo
        leads_sudo = self.env[name].sudo().with_context(active_test=False)
        return leads_sudo.search(Domain("partner_id", "in", contacts_sudo.ids))

    @api.model
    def _let_go(self, names, **scope):
        """Take from people what they hold of records they may not see.

        :param names: of protected models with followers
        :param scope: see `loan.access.check._blind_rows`
        """
        check = self.env["loan.access.check"]
        scope["seen"] = {}
        check._blind_rows("mail.followers", "partner_id", names, **scope).unlink()
        check._blind_rows("mail.scheduled.message", "create_uid", names, model="model", **scope).unlink()
        planned = {name for name in names if "activity_ids" in self.env[name]._fields}
        self._pass_on(check._blind_rows("mail.activity", "user_id", planned, **scope))

    @api.model
    def _pass_on(self, activities_sudo):
        """Give to-dos to the manager of their customer, or to compliance where that one may not see it either.

        :param activities_sudo: `mail.activity`, as superuser
        """
        groups = {}
        for name, held_sudo in activities_sudo.grouped("res_model").items():
            # As superuser: whose customer it is, is asked for whoever has lost sight of it.
            records_sudo = (
                self.env[name].sudo().with_context(active_test=False).browse(held_sudo.mapped("res_id"))
            )
            customer_of = records_sudo._loan_log_customers()
            customers_sudo = self.env["loan.customer"].sudo().browse(set(customer_of.values()))
            managers = {customer.id: customer.manager_user_id for customer in customers_sudo}
            seen = {
                manager: set(
                    records_sudo.with_env(self.env)
                    .with_user(manager)
                    .with_context(active_test=False, allowed_company_ids=[])
                    ._filtered_access("read")
                    .ids
                )
                for manager in set(managers.values())
                if manager.active
            }
            officers = {
                company: self.env["loan.customer"]._compliance_officer(company)
                for company in customers_sudo.company_id
            }
            for activity_sudo in held_sudo:
                customer_id = customer_of.get(activity_sudo.res_id)
                manager = managers.get(customer_id)
                if manager and activity_sudo.res_id in seen.get(manager, ()):
                    heir = manager
                else:
                    heir = officers.get(customers_sudo.browse(customer_id).company_id)
                if heir and heir != activity_sudo.user_id:
                    groups.setdefault(heir, []).append(activity_sudo.id)
        for heir, ids in groups.items():
            # Without the quick update each would send a mail of its own.
            held_sudo = activities_sudo.browse(ids).with_context(mail_activity_quick_update=True)
            held_sudo.user_id = heir

    @api.model
    def _rotate(self, about):
        """Give new keys to the addresses of meetings and ratings about records, so that old ones open nothing.

        :param SQL about: see `_documents`
        """
        for name, parent in (
            ("calendar.event", None),
            ("calendar.attendee", "event_id"),
            ("rating.rating", None),
        ):
            if name not in self.env or "access_token" not in self.env[name]._fields:
                continue
            model = self.env[name]
            model.flush_model()
            told = self.env[model._fields[parent].comodel_name] if parent else model
            told.flush_model(["res_model", "res_id"])
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %(table)s
                       SET access_token = replace(gen_random_uuid()::text, '-', '')
                     WHERE access_token IS NOT NULL
                       AND %(link)s IN (SELECT told.id FROM %(told)s AS told
                                         WHERE (told.res_model, told.res_id) IN (%(about)s))
                    """,
                    table=SQL.identifier(model._table),
                    link=SQL.identifier(parent or "id"),
                    told=SQL.identifier(told._table),
                    about=about,
                )
            )
            model.invalidate_model(["access_token"], flush=False)
