from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# So many people's rows are asked for by one query.
_AT_ONCE = 25


class LoanCheckHolderMixin(models.AbstractModel):
    """What colleagues hold of records they may not see: what they follow, have to do, or are notified of."""

    _name = "loan.check.holder.mixin"
    _description = "Self-Test: Who Holds What"

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
