from collections import defaultdict
from contextlib import suppress

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, mute_logger

from ..core.listing import listed


class LoanMergeMixin(models.AbstractModel):
    """Two profiles of one person become one, and nothing that was known of either is lost.

    Whatever leads to the profile that is given up leads to the kept one afterwards: loans with their whole ledger,
    and each record of any app that names a customer, found in the registry and moved by set-based statements.
    The given-up profile stays in the archive, empty, and says where everything went; its number still finds the
    customer. What a unique index does not let stand twice stays with it, and the log says how much.
    """

    _name = "loan.merge.mixin"
    _description = "Merging Customers"

    merged_into_id = fields.Many2one(
        "loan.customer",
        "Merged Into",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="Everything that was known of this customer stands there.",
    )
    former_references = fields.Char(
        "Former Customer Nos.",
        readonly=True,
        copy=False,
        index="trigram",
        help="Numbers of profiles that were merged into this one.",
    )

    @api.depends("reference")
    @api.depends_context("with_reference")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        if self.env.context.get("with_reference"):
            for customer in self:
                customer.display_name = customer._merge_label()
        return result

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"merged_into_id", "former_references"}

    def _surviving(self):
        """Return the profiles that these were merged into; one that was not merged is its own."""
        found = self
        while found.merged_into_id:
            found = found.merged_into_id | found.filtered(lambda customer: not customer.merged_into_id)
        return found

    def write(self, vals):
        result = super().write(vals)
        passed_on = {
            name: vals[name]
            for name in ("manager_user_id", "deputy_user_id", "incoming_user_id", "team_id")
            if name in vals
        }
        if passed_on and (given_up_sudo := self._merged_into_these()):
            given_up_sudo.write(passed_on)  # or a former manager would go on reading what they were
        return result

    def _merged_into_these(self):
        """Return the profiles that were given up for these, the first ones first, as superuser."""
        profiles_sudo = self.sudo().with_context(active_test=False)
        found = last = profiles_sudo.browse()
        asked = profiles_sudo
        while asked:
            last = profiles_sudo.search([("merged_into_id", "in", asked.ids)]) - found
            found |= last
            asked = last
        return found

    def _contacts(self):
        """Return the contacts that stand for these customers: their own, and those of profiles given up for them."""
        # As superuser: which contacts stand for a customer is asked to count what is theirs, not to show it.
        contacts_sudo = (self.sudo() | self._merged_into_these()).partner_id
        return contacts_sudo.sudo(self.env.su)

    def _profiles_by_contact(self):
        """Return `{contact: those of these customers it stands for}`, of the contacts that `_contacts` finds."""
        found = {}
        # As superuser: which contacts stand for a customer is asked to count what is theirs, not to show it.
        for profile_sudo in self.sudo() | self._merged_into_these():
            mine = self & (profile_sudo | profile_sudo._surviving()).sudo(self.env.su)
            partner = profile_sudo.partner_id.sudo(self.env.su)
            found[partner] = found.get(partner, self.browse()) | mine
        return found

    @api.model
    def _merge_names(self):
        """Return the names of the fields of which one of several values can be kept."""
        return [
            name
            for name, field in self._fields.items()
            if field.store
            and field.type
            not in ("one2many", "many2many", "json", "binary", "many2one_reference", "reference")
            and name not in models.MAGIC_COLUMNS
            and not field.related
            and not (field.compute and field.readonly)
            and name not in self._loan_derived()
            and name not in self._merge_left_out()
            and self._has_field_access(field, "write")
        ]

    @api.model
    def _merge_left_out(self):
        """Return the names of fields that follow from which profile is kept, or from others."""
        return {
            "active",
            "company_id",
            "message_main_attachment_id",
            "needs_on",
            "partner_id",
            "reference",
        }

    def _merge_refusal(self):
        """Return why these profiles cannot be merged now, in the user's words, or False. An addon may add to it."""
        if len(self) < 2:
            return self.env._("Choose two profiles or more.")
        if len(self.company_id) > 1:
            return self.env._(
                "Profiles of different companies stay apart: each company has its own customer."
            )
        for customer in self:
            if customer.merged_into_id:
                return self.env._("%s has been merged already.", customer._merge_label())
            if customer.incoming_user_id:
                return self.env._(
                    "%s is being handed over. Finish or cancel the handover first.", customer._merge_label()
                )
        return False

    def _merge_label(self):
        """Return how a profile is told from another of the same name."""
        return " ".join(filter(None, (self.reference, self.name)))

    def _merge(self, others, values=None):
        """Merge other profiles into this one, for good.

        :param others: `loan.customer`, given up
        :param dict values: what this profile says afterwards, where it is not what it says now
        :raise AccessError: for who does not lead, or may not change one of them
        :raise UserError: when they cannot be merged
        """
        self.ensure_one()
        others -= self
        everybody = self | others
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise AccessError(self.env._("Profiles are merged by a team lead whose duty covers all of them."))
        everybody.check_access("write")
        everybody.lock_for_update()
        if refusal := everybody._merge_refusal():
            raise UserError(refusal)
        if values:
            self.write(values)
        # As superuser: the duty for all of them was asked; what hangs on them may be more than a lead may write.
        kept_sudo, others_sudo = self.sudo(), others.sudo()
        for name in self.env.registry:
            model = self.env[name]
            if hasattr(model, "_before_customer_merge") and not model._abstract:
                model.sudo()._before_customer_merge(kept_sudo, others_sudo)
        counts, left = kept_sudo._move_everything(others_sudo)
        kept_sudo._close_merged(others_sudo, counts, left)
        return self

    def _move_everything(self, others):
        """Let whatever leads to the others lead here.

        :return: two dicts `{model: number of records}`: moved, and left where a unique index holds one
        """
        self.env.flush_all()
        moved, left, follow = defaultdict(int), defaultdict(int), defaultdict(set)
        unique = self._unique_columns()
        for name in sorted(self.env.registry):
            model = self.env[name]
            if model._abstract or not model._auto or not self.env.registry.is_an_ordinary_table(model):
                continue
            for field in model._fields.values():
                if not field.store or (not field.column_type and field.type != "many2many"):
                    continue
                if field.type == "many2one" and field.comodel_name == self._name:
                    if name == self._name and field.name == "merged_into_id":
                        continue
                    ids, stayed = self._move_column(
                        model, field.name, others, (model._table, field.name) in unique
                    )
                elif field.type == "many2one_reference":
                    ids, stayed = self._move_column(
                        model, field.name, others, (model._table, field.name) in unique, by=field.model_field
                    )
                elif field.type == "reference":
                    ids, stayed = self._move_reference(model, field.name, others), 0
                elif field.type == "many2many" and self._name in (name, field.comodel_name):
                    self._move_many2many(model, field, others)
                    continue
                else:
                    continue
                if ids and not model._transient:
                    moved[name] += len(ids)
                    follow[name, field.name].update(ids)
                left[name] += stayed
        self.env.invalidate_all()
        self._point_no_more_at_oneself()
        self._follow_customer(follow)
        return moved, {name: count for name, count in left.items() if count}

    @api.model
    def _unique_columns(self):
        """Return pairs of a table and a column of it that stands in a unique index, in one query."""
        return set(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT tbl.relname, col.attname
                      FROM pg_index idx
                      JOIN pg_class tbl ON tbl.oid = idx.indrelid
                      JOIN pg_attribute col ON col.attrelid = idx.indrelid AND col.attnum > 0
                     WHERE idx.indisunique
                       AND NOT idx.indisprimary
                       AND tbl.relnamespace = current_schema::regnamespace
                       AND (col.attnum = ANY(idx.indkey) OR 0 = ANY(idx.indkey))
                    """
                )
            )
        )

    def _move_column(self, model, column, others, unique, by=None):
        """Move one column from the others to this profile.

        :param bool unique: it stands in a unique index
        :param str by: the column that names the model, of a column that leads to records of any model
        :return: ids of the rows that moved, and how many had to stay
        """
        where = SQL("%s = ANY(%s)", SQL.identifier(column), others.ids)
        if by:
            where = SQL("%s AND %s = %s", where, SQL.identifier(by), self._name)
        table, column = SQL.identifier(model._table), SQL.identifier(column)
        update = SQL("UPDATE %s SET %s = %s WHERE %s RETURNING id", table, column, self.id, where)
        if not unique:
            return [row[0] for row in self.env.execute_query(update)], 0
        with suppress(UniqueViolation), self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
            return [row[0] for row in self.env.execute_query(update)], 0
        # Some of them are there already. Few tables hold one of a kind a customer, and they hold few rows.
        ids, stayed = [], 0
        rows = self.env.execute_query(SQL("SELECT id FROM %s WHERE %s ORDER BY id", table, where))
        for (row_id,) in rows:
            try:
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    self.env.cr.execute(
                        SQL("UPDATE %s SET %s = %s WHERE id = %s", table, column, self.id, row_id)
                    )
                ids.append(row_id)
            except UniqueViolation:
                stayed += 1
        return ids, stayed

    def _move_reference(self, model, column, others):
        rows = self.env.execute_query(
            SQL(
                "UPDATE %s SET %s = %s WHERE %s = ANY(%s) RETURNING id",
                SQL.identifier(model._table),
                SQL.identifier(column),
                f"{self._name},{self.id}",
                SQL.identifier(column),
                [f"{self._name},{id_}" for id_ in others.ids],
            )
        )
        return [row[0] for row in rows]

    def _move_many2many(self, model, field, others):
        mine, other = field.column1, field.column2
        if model._name != self._name:
            mine, other = other, mine
        relation, mine, other = map(SQL.identifier, (field.relation, mine, other))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(relation)s (%(mine)s, %(other)s)
                SELECT DISTINCT %(kept)s, %(other)s FROM %(relation)s WHERE %(mine)s = ANY(%(others)s)
                    ON CONFLICT DO NOTHING
                """,
                relation=relation,
                mine=mine,
                other=other,
                kept=self.id,
                others=others.ids,
            )
        )
        self.env.cr.execute(SQL("DELETE FROM %s WHERE %s = ANY(%s)", relation, mine, others.ids))

    def _point_no_more_at_oneself(self):
        """Let no profile have come by its own word or belong to itself."""
        for name, field in self._fields.items():
            leads_here = field.type == "many2one" and field.comodel_name == self._name and field.store
            if leads_here and self[name] == self:
                self[name] = False

    def _follow_customer(self, follow):
        """Bring columns that repeat something of the customer up to date, and what depends on those.

        :param follow: `{(model, column that leads to the customer): ids}`
        """
        for (name, column), ids in follow.items():
            records = self.env[name].browse(sorted(ids))
            names = [
                field.name
                for field in records._fields.values()
                if field.store and field.related and field.related.split(".")[0] == column
            ]
            if name == "mail.activity":
                names = ["res_name"]
            for field_name in names:
                self.env.add_to_compute(records._fields[field_name], records)
            records.modified(names)
        self.env.flush_all()
        self.env.invalidate_all()

    def _close_merged(self, others, counts, left):
        """Leave the given-up profiles empty in the archive, with a word where everything went."""
        numbers = []
        for other in others:
            numbers += filter(None, (other.reference, other.former_references))
            other._message_log(body=self.env._("Merged into %s.", self._merge_label()))
        others.write(
            {
                "active": False,
                "merged_into_id": self.id,
                "former_references": False,
                "manager_user_id": self.manager_user_id.id,
                "deputy_user_id": self.deputy_user_id.id,
                "team_id": self.team_id.id,
            }
        )
        self.former_references = ", ".join(filter(None, (self.former_references, *numbers)))
        # As superuser: what was merged into those stands here now.
        self.search([("merged_into_id", "in", others.ids), ("active", "=", False)]).merged_into_id = self
        self.active = True
        told = self.env._(
            "%(others)s merged into this profile: %(counts)s.",
            others=listed((other._merge_label() for other in others), self.env.lang),
            counts=self._counts_told(counts),
        )
        if left:
            told = " ".join(
                (
                    told,
                    self.env._(
                        "There already, and so left with the profile in the archive: %s.",
                        self._counts_told(left),
                    ),
                )
            )
        self._message_log(body=told)

    @api.model
    def _counts_told(self, counts):
        known = {
            name: count
            for name, count in counts.items()
            if count
            and (name.startswith("loan.") or name in ("mail.message", "ir.attachment", "mail.activity"))
        }
        return listed(
            (f"{self.env['ir.model']._get(name).name}: {count}" for name, count in sorted(known.items())),
            self.env.lang,
        ) or self.env._("nothing to move")

    def action_merge(self):
        """Open the form that shows these profiles side by side."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Customers"),
            "res_model": "loan.customer.merge",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_customer_ids": self.ids},
        }

    def action_open_merged_into(self):
        """Open the profile that everything went to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self._surviving().id,
            "views": [(False, "form")],
        }
