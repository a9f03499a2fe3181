from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

# The number of a row is its source's number times this, plus its branch's: rows keep their numbers for ever.
_BRANCHES = 64


class LoanTouch(models.Model):
    """What touched a customer, newest first: mails, talks, letters, promises, money, requests, tasks, surveys.

    Nothing is stored. Each source is a branch of one query, and of a page of rows each source is asked once what it
    has to say (`summary`). The branches have files of their own, by what they tell; another family adds its own the
    same way (`loan.touch.branch.mixin._touch_branches`). Who may see a customer sees their rows; of what not everybody
    may read at its source, only that it was is told. What a search says of customers, loans and kinds is told to each
    branch, so that one customer's page costs what one customer's records cost.
    """

    _name = "loan.touch"
    _inherit = [
        "loan.touch.correspondence.mixin",
        "loan.touch.reminder.mixin",
        "loan.touch.loan.mixin",
        "loan.touch.relationship.mixin",
        "loan.touch.commitment.mixin",
        "loan.touch.recovery.mixin",
        "loan.touch.application.mixin",
        "loan.touch.case.mixin",
        "loan.touch.agreement.mixin",
        "loan.touch.consent.mixin",
        "loan.access.mixin",
    ]
    _description = "Touch"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "summary"
    _rec_names_search = ["words"]

    date = fields.Datetime("When", required=True, readonly=True)
    all_day = fields.Boolean(
        "Only the Day Is Known", readonly=True, help="It stands at noon of that day, by the lender's clock."
    )
    kind = fields.Selection(
        [
            ("mail", "Email"),
            ("sms", "Text Message"),
            ("note", "Note"),
            ("talk", "Call or Visit"),
            ("reminder", "Reminder"),
            ("promise", "Promise"),
            ("repayment", "Repayment"),
            ("hardship", "Hardship"),
            ("hold", "Reminder Hold"),
            ("loan", "Loan"),
            ("task", "To-Do Done"),
            ("survey", "Survey"),
            ("assignment", "Who Looks After Them"),
            ("tier", "Tier"),
            ("application", "Application"),
            ("case", "Case"),
            ("recovery", "Recovery"),
            ("agreement", "Loan Agreement"),
            ("consent", "Their Consent"),
            ("copy", "Copy of Their Data"),
        ],
        string="Kind of Touch",
        required=True,
        readonly=True,
    )
    direction = fields.Selection(
        [("in", "From the Customer"), ("out", "To the Customer")],
        readonly=True,
        help="Empty: it stayed inside the house.",
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, ondelete="restrict"
    )
    contract_id = fields.Many2one("loan.contract", "Loan", readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    author_id = fields.Many2one("res.partner", "By", readonly=True, ondelete="restrict")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True, aggregator=None)
    words = fields.Text(readonly=True, prefetch=False, export_string_translation=False)
    summary = fields.Char("What", compute="_compute_summary", search="_search_summary")
    can_open = fields.Boolean(compute="_compute_can_open", export_string_translation=False)

    # ------------------------------------------------------------ what it says

    @api.depends("res_model", "res_id")
    @api.depends_context("lang", "tz", "uid")
    def _compute_summary(self):
        branches = {branch["number"]: branch for branch in self._touch_branches().values()}
        for number, touches in self.grouped(lambda touch: touch.id % _BRANCHES).items():
            branch = branches[number]
            # As superuser: who sees the row may see its source, and of a survey its title is all that is told.
            sources_sudo = self.env[branch["model"]].sudo()
            sources_sudo = sources_sudo.browse(
                touch.id // _BRANCHES // branch.get("profiles", 1) for touch in touches
            )
            if reads := branch.get("reads"):
                sources_sudo.fetch(reads)
            told = branch["told"]
            for touch, source_sudo in zip(touches, sources_sudo, strict=True):
                parts = [part for part in told(source_sudo) if part]
                touch.summary = self._short(" · ".join(parts))

    @api.model
    def _search_summary(self, operator, value):
        return Domain("words", operator, value)

    @api.depends("res_model")
    @api.depends_context("uid")
    def _compute_can_open(self):
        # Where a click leads nowhere, nothing is to be clicked: not everybody may read answers to surveys.
        for model, touches in self.grouped("res_model").items():
            touches.can_open = self.env[model].has_access("read")

    def action_open(self):
        """Open what a row tells of; of a mail or a to-do, the record it stands on."""
        self.ensure_one()
        source = self.env[self.res_model].browse(self.res_id)
        if self.res_model == "mail.message":
            source = self.env[source.model].browse(source.res_id)
        elif self.res_model == "mail.activity":
            source = self.env[source.res_model].browse(source.res_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": source._name,
            "res_id": source.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------ the query

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        # The database works out all branches before it looks at what is asked and at what the rules ask of a
        # customer. So each branch is told as well, of columns where it looks first.
        domain = Domain(domain).optimize(self)
        said = {"visible": not (self.env.su or bypass_access)}
        for condition in domain.children if getattr(domain, "OPERATOR", "") == "&" else (domain,):
            name = getattr(condition, "field_expr", "")
            if name in ("id", "kind", "customer_id", "contract_id") and condition.operator == "in":
                # What may also be empty, or is a query of its own, is asked of the rows alone.
                if not isinstance(condition.value, (Query, SQL)) and all(condition.value):
                    said[name] = tuple(condition.value)
            elif name in ("summary", "words") and condition.operator == "ilike":
                # Marks are taken out of a text before it is looked into; what has not each word needs none of that.
                words = str(condition.value).split()
                said["words"] = tuple(word for word in words if not set(word) & set("&<>%_\\"))
        if limit and order in (None, self._order) and self._may_cut(domain, said):
            # Nothing is left to be asked of the rows of a branch, so of each the first ones are enough.
            said["first"] = (offset or 0) + limit
            said["where"] = domain
        self = self.with_context(loan_touch_said=tuple(said.items()))
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    @api.model
    @api.private
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        # Whose rows these are is asked for the log: with the same query, for a second one works all of them out again.
        if field_names is not None:
            field_names = list(dict.fromkeys((*field_names, "customer_id", "contract_id")))
        return super().search_fetch(domain, field_names, offset, limit, order)

    @api.model
    def _may_cut(self, domain, said):
        """Tell whether a branch can answer a search alone: it asks of its own columns, of customers one may see."""
        names = {condition.field_expr for condition in domain.iter_conditions()}
        if not names <= {"id", "date", "kind", "direction", "customer_id", "contract_id", "summary", "words"}:
            return False
        if not said["visible"]:
            return True
        for name, model in (("customer_id", "loan.customer"), ("contract_id", "loan.contract")):
            if ids := said.get(name):
                records = self.env[model].with_context(active_test=False)
                return records.search_count([("id", "in", ids)]) == len(ids)
        return False

    @property
    def _table_query(self):
        said = dict(self.env.context.get("loan_touch_said") or ())
        # Of customers that were asked for, each of whom the reader sees, only loans may be closed to them.
        seen = said.get("visible") and (
            "customer_id" not in said or not self.env.user._loan_sight().cleared.all_by_duty
        )
        parts = [
            part
            for branch in self._touch_branches().values()
            if (part := self._branch_query(branch, said, seen))
        ]
        if "first" in said:
            where = (
                said["where"]
                .optimize_full(self)
                ._to_sql(self, self._table, Query(self.env, self._table, self._empty_query()))
            )
            parts = [
                SQL(
                    "(SELECT * FROM (%s) AS loan_touch WHERE %s ORDER BY date DESC, id DESC LIMIT %s)",
                    part,
                    where,
                    said["first"],
                )
                for part in parts
            ]
        return SQL(" UNION ALL ").join(parts) if parts else self._empty_query()

    def _empty_query(self):
        """Return a query of the same columns without a row: what is asked for can be in no branch."""
        columns = SQL(", ").join(
            SQL("NULL::%s AS %s", SQL(field.column_type[1]), SQL.identifier(name))
            for name, field in sorted(self._fields.items())
            if field.store and field.column_type
        )
        return SQL("SELECT %s WHERE FALSE", columns)

    @api.model
    def _branch_query(self, branch, said, seen):
        """Return the SQL of one branch, as narrow as what is asked allows; None where it has nothing to say.

        :param dict branch: see `loan.touch.branch.mixin._touch_branches`
        :param dict said: values of `id`, `kind`, `customer_id` and `contract_id` that are asked for
        :param bool seen: only what the reader may see
        """
        kinds = branch["kinds"]
        if "kind" in said and not set(kinds) & set(said["kind"]):
            return None
        where = [branch["where"]]
        profiles = branch.get("profiles", 1)
        if "id" in said:
            rows = [row for row in said["id"] if isinstance(row, int) and row % _BRANCHES == branch["number"]]
            if not rows:
                return None
            sources = list({row // _BRANCHES // profiles for row in rows})
            where.append(SQL("%s = ANY(%s)", branch["source_id"], sources))
        contract = branch.get("contract")
        if "contract_id" in said:
            if not contract:
                return None
            where.append(SQL("%s = ANY(%s)", contract, list(said["contract_id"])))
        if "customer_id" in said:
            where.append(SQL("%s = ANY(%s)", branch["customer"], list(said["customer_id"])))
        if seen and (allowed := self._loan_seen_sql(branch["customer"], contract or SQL("NULL::int"))):
            where.append(allowed)
        if "raw" in branch:
            unaccent = self.env.registry.unaccent
            where += [
                SQL("%s ILIKE %s", unaccent(branch["raw"]), unaccent(SQL("%s", f"%{word}%")))
                for word in said.get("words", ())
            ]
        number = SQL("%s::bigint", branch["source_id"])
        if profiles > 1:
            number = SQL("(%s * %s + %s %% %s)", number, profiles, branch["company"], profiles)
        # Each column of one and the same type in all branches: else the database works out, for all rows, columns that
        # nobody asks for.
        return SQL(
            """
            SELECT (%(number)s * %(branches)s + %(branch)s)::bigint AS id,
                   date_trunc('second', %(date)s)::timestamp AS date, (%(all_day)s)::bool AS all_day,
                   (%(kind)s)::text AS kind, (%(direction)s)::text AS direction, (%(customer)s)::int AS customer_id,
                   (%(contract)s)::int AS contract_id, (%(company)s)::int AS company_id,
                   (%(author)s)::int AS author_id, (%(model)s)::text AS res_model, (%(source)s)::int AS res_id,
                   (%(words)s)::text AS words
              FROM %(from)s
             WHERE %(where)s
            """,
            number=number,
            branches=_BRANCHES,
            branch=branch["number"],
            date=branch["date"],
            all_day=branch.get("all_day") or SQL("FALSE"),
            kind=branch.get("kind") or SQL("%s", kinds[0]),
            direction=branch.get("direction") or SQL("NULL"),
            customer=branch["customer"],
            contract=contract or SQL("NULL"),
            company=branch["company"],
            author=branch.get("author") or SQL("NULL"),
            model=SQL("%s", branch["model"]),
            source=branch["source_id"],
            words=branch.get("words") or SQL("NULL"),
            **{"from": branch["from"], "where": SQL(" AND ").join(where)},
        )
