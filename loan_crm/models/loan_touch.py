import textwrap

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query, format_date
from odoo.tools.mail import html_to_inner_content

# The number of a row is its source's number times this, plus its branch's: rows keep their numbers for ever.
_BRANCHES = 32
# A contact may have a profile in each company; what is known of the contact alone is a row of each of them.
_PROFILES = 1024
# Longer words are read where they stand.
_WORDS = 200


class LoanTouch(models.Model):
    """What touched a customer, newest first: mails, talks, letters, promises, money, requests, tasks, surveys.

    Nothing is stored. Each source is a branch of one query (`_touch_branches`, which another family extends), and of
    a page of rows each source is asked once what it has to say (`summary`). Who may see a customer sees their rows;
    of what not everybody may read at its source, only that it was is told. What a search says of customers, loans
    and kinds is told to each branch, so that one customer's page costs what one customer's records cost.
    """

    _name = "loan.touch"
    _inherit = ["loan.access.mixin"]
    _description = "Touch"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "summary"
    _rec_names_search = ["words"]
    _depends = {
        "crm.lead": [
            "company_id",
            "date_closed",
            "loan_kind",
            "loan_product_id",
            "loan_purpose",
            "lost_reason_id",
            "name",
            "partner_id",
            "won_status",
        ],
        "crm.stage": ["is_won"],
        "loan.assignment": [
            "assigned_user_id",
            "company_id",
            "customer_id",
            "date_from",
            "kind",
            "manager_user_id",
            "reason",
        ],
        "loan.contract": ["company_id", "customer_id", "name", "start_date", "state"],
        "loan.contract.event": ["contract_id", "customer_id", "date", "note", "state"],
        "loan.customer": ["company_id", "merged_into_id", "partner_id"],
        "loan.customer.tier.change": [
            "company_id",
            "customer_id",
            "date",
            "decided_user_id",
            "kind",
            "note",
            "tier_to_id",
        ],
        "loan.hardship": [
            "asked_on",
            "contract_id",
            "customer_id",
            "decided_at",
            "partner_id",
            "state",
            "words",
        ],
        "loan.interaction": [
            "activity_id",
            "contract_id",
            "customer_id",
            "date",
            "direction",
            "note",
            "user_id",
        ],
        "loan.promise": [
            "contract_id",
            "customer_id",
            "decided_on",
            "made_on",
            "note",
            "partner_id",
            "state",
        ],
        "loan.reminder": [
            "contract_id",
            "customer_id",
            "date_planned",
            "failure",
            "hold_reason",
            "message_id",
            "sending_at",
            "sent_at",
            "state",
            "task_given_at",
            "written_on",
        ],
        "loan.reminder.hold": [
            "contract_id",
            "customer_id",
            "date_from",
            "lifted_at",
            "lifted_user_id",
            "placed_user_id",
            "reason",
        ],
        "loan.repayment": [
            "contract_id",
            "customer_id",
            "date",
            "name",
            "note",
            "reference",
            "reversed_at",
            "state",
        ],
        "mail.activity": ["active", "date_done", "feedback", "res_id", "res_model", "summary", "user_id"],
        "mail.message": [
            "author_id",
            "body",
            "date",
            "is_internal",
            "message_type",
            "model",
            "res_id",
            "subject",
            "subtype_id",
        ],
        "mail.tracking.value": ["field_id", "mail_message_id", "new_value_integer"],
        "mail.notification": ["mail_message_id", "notification_type", "res_partner_id"],
        "res.company": ["loan_tz"],
        "res.partner": ["commercial_partner_id", "partner_share"],
        "res.users": ["partner_id"],
        "survey.survey": ["restrict_user_ids", "title"],
        "survey.user_input": ["end_datetime", "partner_id", "state", "survey_id", "test_entry"],
    }

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
                touch.summary = textwrap.shorten(" · ".join(parts), _WORDS, placeholder="…")

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
        only = None
        if said.get("visible") and "customer_id" not in said:
            duty = self.env.user._loan_duty()
            if not duty.is_true():
                only = self._loan_duty_customers(duty).subselect()
        parts = [
            part
            for branch in self._touch_branches().values()
            if (part := self._branch_query(branch, said, only))
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
    def _branch_query(self, branch, said, only):
        """Return the SQL of one branch, as narrow as what is asked allows; None where it has nothing to say.

        :param dict branch: see `_touch_branches`
        :param dict said: values of `id`, `kind`, `customer_id` and `contract_id` that are asked for
        :param SQL only: a query of customers, or None for all
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
        elif only is not None:
            where.append(SQL("%s IN %s", branch["customer"], only))
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

    # ------------------------------------------------------------ the branches

    @api.model
    def _touch_branches(self):
        """Return what touches a customer, `{name: branch}`; another family adds a branch of its own.

        A branch is a dict of its `number` (0 to 31, never given to another one), its `kinds`, the `model` of its
        source, a function `told` that returns what a source record says as a list of texts, and of SQL: `from`,
        `where`, `source_id`, `date` (naive, in UTC), `customer`, `company`, and where it has them `contract`,
        `kind`, `direction`, `author` (a partner), `all_day` and `words` (what a search looks in; `raw` where these are
        made of a longer text). `reads` names the fields that `told` asks for, where the source has many more. Numbers
        from 25 on are for other families.

        Of a customer it must show nothing that who sees the customer may not read.
        """
        return {
            "message": self._message_branch(),
            "activity": self._activity_branch(),
            "talk": self._talk_branch(),
            "reminder": self._reminder_branch(),
            "promise_made": self._promise_made_branch(),
            "promise_decided": self._promise_decided_branch(),
            "repayment": self._repayment_branch(),
            "repayment_reversed": self._repayment_reversed_branch(),
            "hardship": self._hardship_branch(),
            "hardship_decided": self._hardship_decided_branch(),
            "hold": self._hold_branch(),
            "hold_lifted": self._hold_lifted_branch(),
            "loan_started": self._loan_started_branch(),
            "loan_closed": self._loan_closed_branch(),
            "loan_changed": self._loan_changed_branch(),
            "survey": self._survey_branch(),
            "assignment": self._assignment_branch(),
            "tier": self._tier_branch(),
            **self._application_branches(),
        }

    @api.model
    def _documents(self):
        """Return on which models messages and to-dos about a customer stand, with the SQL of their loan."""
        return {
            "loan.customer": SQL("NULL::int"),
            "loan.contract": SQL("document.id"),
            "loan.hardship": SQL("document.contract_id"),
        }

    @api.model
    def _places_sql(self):
        """Return the SQL of the records that messages and to-dos about a customer stand on."""
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s::varchar AS model, document.id AS res_id, %s AS customer_id, %s AS contract_id, "
                "document.company_id FROM %s document",
                model,
                SQL("document.id") if model == "loan.customer" else SQL("document.customer_id"),
                contract,
                SQL.identifier(self.env[model]._table),
            )
            for model, contract in self._documents().items()
        )

    @api.model
    def _partner_sql(self, user):
        """Return the SQL of a user's contact.

        :param SQL user: the user's number
        """
        return SQL("(SELECT users.partner_id FROM res_users users WHERE users.id = %s)", user)

    @api.model
    def _noon_sql(self, day, company):
        """Return the SQL of a day's noon by the lender's clock, naive and in UTC.

        :param SQL day: a date
        :param SQL company: the company's number
        """
        return SQL("(%s + time '12:00') AT TIME ZONE %s AT TIME ZONE 'UTC'", day, self._zone_sql(company))

    @api.model
    def _zone_sql(self, company):
        """Return the SQL of a lender's time zone.

        :param SQL company: the company's number
        """
        # As superuser: a clock is no secret. Written out: asked of a table, each column would be planned for twice.
        companies_sudo = self.env["res.company"].sudo()
        lenders_sudo = companies_sudo.search(Domain.TRUE) if self.env.su else self.env.companies.sudo()
        zones = {lender_sudo.id: lender_sudo.loan_tz or "UTC" for lender_sudo in lenders_sudo}
        if len(set(zones.values())) == 1:
            return SQL("%s::text", next(iter(zones.values())))
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", id_, zone) for id_, zone in sorted(zones.items()))
        return SQL("CASE %s %s ELSE 'UTC' END", company, cases)

    @api.model
    def _entered_that_day_sql(self, alias, day):
        """Return the SQL of whether a record was entered on the day it speaks of: then its moment is known, too."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date = %s",
            SQL.identifier(alias, "create_date"),
            self._zone_sql(SQL.identifier(alias, "company_id")),
            day,
        )

    @api.model
    def _moment_sql(self, alias, day):
        """Return the SQL of when a record that knows a day was: its moment if it was entered that day, or noon.

        :param str alias: of a table with `create_date` and `company_id`
        :param SQL day: a date
        """
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END",
            self._entered_that_day_sql(alias, day),
            SQL.identifier(alias, "create_date"),
            self._noon_sql(day, SQL.identifier(alias, "company_id")),
        )

    @api.model
    def _plain_sql(self, html):
        """Return the SQL of the words of a text with marks."""
        return SQL(r"regexp_replace(%s, '(<[^>]*>|&nbsp;|\s)+', ' ', 'g')", html)

    @api.model
    def _label(self, record, name):
        """Return what a selection says, in the reader's language; an empty text without a value."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    @api.model
    def _day(self, day):
        return format_date(self.env, day) if day else ""

    # ---- mails and notes

    @api.model
    def _message_branch(self):
        # Asked of a table each by itself, so that it is asked of the rows of a page and not of all.
        inside = SQL(
            """
            (message.is_internal
             OR (SELECT subtype.internal FROM mail_message_subtype subtype WHERE subtype.id = message.subtype_id))
            """
        )
        outside = SQL(
            "COALESCE((SELECT author.partner_share FROM res_partner author WHERE author.id = message.author_id), FALSE)"
        )
        written = SQL(
            """
            EXISTS (SELECT FROM mail_notification notification
                      JOIN res_partner hearer ON hearer.id = notification.res_partner_id
                     WHERE notification.mail_message_id = message.id
                       AND notification.notification_type = 'email'
                       AND hearer.partner_share)
            """
        )
        is_note = SQL(
            "message.message_type = 'comment' AND (%s OR NOT %s AND NOT %s)", inside, outside, written
        )
        return {
            "number": 1,
            "kinds": ("mail", "note", "sms"),
            "model": "mail.message",
            "told": self._tell_message,
            "from": SQL(
                """
                (%s) AS place
                JOIN mail_message message ON message.model = place.model AND message.res_id = place.res_id
                """,
                self._places_sql(),
            ),
            # What a reminder wrote stands there as a reminder.
            "where": SQL(
                """
                message.model IN %s AND message.message_type IN %s
                AND NOT (message.message_type IN ('email_outgoing', 'sms')
                         AND EXISTS (SELECT FROM loan_reminder told WHERE told.message_id = message.id))
                """,
                tuple(self._documents()),
                ("email", "email_outgoing", "comment", "auto_comment", "sms"),
            ),
            "source_id": SQL("message.id"),
            "date": SQL("message.date"),
            "kind": SQL(
                "CASE WHEN message.message_type = 'sms' THEN 'sms' WHEN %s THEN 'note' ELSE 'mail' END",
                is_note,
            ),
            "direction": SQL(
                """
                CASE WHEN %s THEN NULL
                     WHEN message.message_type = 'email' AND message.author_id IS NULL OR %s THEN 'in'
                     ELSE 'out' END
                """,
                is_note,
                outside,
            ),
            "customer": SQL("place.customer_id"),
            "contract": SQL("place.contract_id"),
            "company": SQL("place.company_id"),
            "author": SQL("message.author_id"),
            "words": SQL("concat_ws(' ', message.subject, %s)", self._plain_sql(SQL("message.body"))),
            "raw": SQL("concat_ws(' ', message.subject, message.body)"),
        }

    @api.model
    def _tell_message(self, message):
        return [
            message.subject,
            textwrap.shorten(html_to_inner_content(message.body), _WORDS, placeholder="…"),
        ]

    # ---- talks and to-dos

    @api.model
    def _talk_branch(self):
        return {
            "number": 7,
            "kinds": ("talk",),
            "model": "loan.interaction",
            "told": self._tell_talk,
            "from": SQL("loan_interaction talk"),
            "where": SQL("TRUE"),
            "source_id": SQL("talk.id"),
            "date": SQL("talk.date"),
            "direction": SQL("talk.direction"),
            "customer": SQL("talk.customer_id"),
            "contract": SQL("talk.contract_id"),
            "company": SQL("talk.company_id"),
            "author": self._partner_sql(SQL("talk.user_id")),
            "words": self._plain_sql(SQL("talk.note")),
        }

    @api.model
    def _tell_talk(self, talk):
        return [
            talk.type_id.name,
            not talk.reached and self.env._("nobody reached"),
            talk.partner_id != talk.customer_id.partner_id and talk.partner_id.name,
            talk.minutes and self.env._("%s min", talk.minutes),
            html_to_inner_content(talk.note),
            talk.next_step and self.env._("Next: %s", talk.next_step),
        ]

    @api.model
    def _activity_branch(self):
        # Odoo keeps the day it was done; the last change of that day is its moment.
        same_day = SQL("abs(activity.write_date::date - activity.date_done) <= 1")
        return {
            "number": 2,
            "kinds": ("task",),
            "model": "mail.activity",
            "told": self._tell_activity,
            "from": SQL(
                """
                (%s) AS place
                JOIN mail_activity activity ON activity.res_model = place.model AND activity.res_id = place.res_id
                """,
                self._places_sql(),
            ),
            # What a talk settled stands there as a talk.
            "where": SQL(
                """
                NOT activity.active AND activity.date_done IS NOT NULL
                AND NOT EXISTS (SELECT FROM loan_interaction settled WHERE settled.activity_id = activity.id)
                """
            ),
            "source_id": SQL("activity.id"),
            "date": SQL(
                "CASE WHEN %s THEN activity.write_date ELSE %s END",
                same_day,
                self._noon_sql(SQL("activity.date_done"), SQL("place.company_id")),
            ),
            "all_day": SQL("NOT %s", same_day),
            "customer": SQL("place.customer_id"),
            "contract": SQL("place.contract_id"),
            "company": SQL("place.company_id"),
            "author": self._partner_sql(SQL("activity.user_id")),
            "words": SQL("concat_ws(' ', activity.summary, activity.feedback)"),
        }

    @api.model
    def _tell_activity(self, activity):
        summary = activity.summary if activity.summary != activity.activity_type_id.name else False
        return [activity.activity_type_id.name, summary, activity.feedback]

    # ---- reminders, holds, promises

    @api.model
    def _reminder_branch(self):
        when = SQL(
            """
            CASE reminder.state WHEN 'sent' THEN reminder.sent_at WHEN 'handed' THEN reminder.task_given_at
                                WHEN 'held' THEN NULL ELSE reminder.sending_at END
            """
        )
        return {
            "number": 8,
            "kinds": ("reminder",),
            "model": "loan.reminder",
            "told": self._tell_reminder,
            "from": SQL("loan_reminder reminder"),
            # Of what was paid or is owed no more nothing was silent; what joined another letter is told there.
            "where": SQL(
                """
                (reminder.state IN ('sent', 'handed', 'failed', 'interrupted')
                 OR reminder.state = 'held'
                    AND reminder.hold_reason NOT IN ('paid', 'inactive', 'replaced'))
                """
            ),
            "source_id": SQL("reminder.id"),
            "date": SQL(
                "COALESCE(%s, %s)",
                when,
                self._noon_sql(
                    SQL("COALESCE(reminder.written_on, reminder.date_planned)"), SQL("reminder.company_id")
                ),
            ),
            "all_day": SQL("(%s) IS NULL", when),
            "direction": SQL("CASE WHEN reminder.state = 'sent' THEN 'out' END"),
            "customer": SQL("reminder.customer_id"),
            "contract": SQL("reminder.contract_id"),
            "company": SQL("reminder.company_id"),
            "words": SQL("reminder.failure"),
        }

    @api.model
    def _tell_reminder(self, reminder):
        held = reminder.state in ("held", "handed") and self._label(reminder, "hold_reason")
        return [
            reminder.step_id.name,
            self._label(reminder, "state"),
            held,
            reminder.bounced_at and self.env._("came back"),
            self.env._(
                "%(amount)s due on %(date)s",
                amount=reminder.currency_id.format(reminder.amount),
                date=self._day(reminder.due_date),
            ),
        ]

    @api.model
    def _hold_branch(self):
        return {
            "number": 9,
            "kinds": ("hold",),
            "model": "loan.reminder.hold",
            "told": self._tell_hold,
            "from": SQL("loan_reminder_hold hold"),
            "where": SQL("TRUE"),
            "source_id": SQL("hold.id"),
            # Entered in advance or afterwards: it is told when both were.
            "date": SQL("LEAST(hold.create_date, %s)", self._moment_sql("hold", SQL("hold.date_from"))),
            "all_day": SQL(
                "hold.create_date > %s AND NOT %s",
                self._noon_sql(SQL("hold.date_from"), SQL("hold.company_id")),
                self._entered_that_day_sql("hold", SQL("hold.date_from")),
            ),
            "customer": SQL("hold.customer_id"),
            "contract": SQL("hold.contract_id"),
            "company": SQL("hold.company_id"),
            "author": self._partner_sql(SQL("hold.placed_user_id")),
            "words": SQL("hold.reason"),
        }

    @api.model
    def _tell_hold(self, hold):
        return [
            self.env._("Reminders held"),
            self._label(hold, "kind"),
            hold.date_to and self.env._("until %s", self._day(hold.date_to)),
            hold.reason,
        ]

    @api.model
    def _hold_lifted_branch(self):
        return {
            **self._hold_branch(),
            "number": 10,
            "told": self._tell_hold_lifted,
            "where": SQL("hold.lifted_at IS NOT NULL"),
            "date": SQL("hold.lifted_at"),
            "all_day": None,
            "author": self._partner_sql(SQL("hold.lifted_user_id")),
        }

    @api.model
    def _tell_hold_lifted(self, hold):
        return [self.env._("Hold lifted"), self._label(hold, "kind"), hold.reason]

    @api.model
    def _promise_made_branch(self):
        return {
            "number": 11,
            "kinds": ("promise",),
            "model": "loan.promise",
            "told": self._tell_promise_made,
            "from": SQL("loan_promise promise"),
            "where": SQL("TRUE"),
            "source_id": SQL("promise.id"),
            "date": self._moment_sql("promise", SQL("promise.made_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("promise", SQL("promise.made_on"))),
            "direction": SQL("'in'"),
            "customer": SQL("promise.customer_id"),
            "contract": SQL("promise.contract_id"),
            "company": SQL("promise.company_id"),
            "author": SQL("promise.partner_id"),
            "words": SQL("promise.note"),
        }

    @api.model
    def _tell_promise_made(self, promise):
        return [
            self.env._("Promised: %s", promise.display_name),
            self._label(promise, "heard_via"),
            promise.note,
        ]

    @api.model
    def _promise_decided_branch(self):
        return {
            **self._promise_made_branch(),
            "number": 12,
            "told": self._tell_promise_decided,
            "where": SQL("promise.state IN ('kept', 'partly', 'broken') AND promise.decided_on IS NOT NULL"),
            "date": self._noon_sql(SQL("promise.decided_on"), SQL("promise.company_id")),
            "all_day": SQL("TRUE"),
            "direction": None,
            "author": None,
        }

    @api.model
    def _tell_promise_decided(self, promise):
        return [
            self._label(promise, "state"),
            promise.display_name,
            promise.amount_paid and self.env._("%s came in", promise.currency_id.format(promise.amount_paid)),
        ]

    # ---- money and loans

    @api.model
    def _repayment_branch(self):
        return {
            "number": 13,
            "kinds": ("repayment",),
            "model": "loan.repayment",
            "told": self._tell_repayment,
            "from": SQL("loan_repayment repayment"),
            "where": SQL("repayment.state IN ('posted', 'reversed')"),
            "source_id": SQL("repayment.id"),
            "date": self._moment_sql("repayment", SQL("repayment.date")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("repayment", SQL("repayment.date"))),
            "direction": SQL("'in'"),
            "customer": SQL("repayment.customer_id"),
            "contract": SQL("repayment.contract_id"),
            "company": SQL("repayment.company_id"),
            "words": SQL("concat_ws(' ', repayment.name, repayment.reference, repayment.note)"),
        }

    @api.model
    def _tell_repayment(self, repayment):
        return [
            self.env._("%s received", repayment.currency_id.format(repayment.amount)),
            self._label(repayment, "method"),
            repayment.kind == "prepayment" and self._label(repayment, "kind"),
            repayment.state == "reversed" and self.env._("reversed later"),
            repayment.name,
        ]

    @api.model
    def _repayment_reversed_branch(self):
        return {
            **self._repayment_branch(),
            "number": 14,
            "told": self._tell_repayment_reversed,
            "where": SQL("repayment.state = 'reversed'"),
            # Of those reversed before the moment was kept, the last change is known.
            "date": SQL("COALESCE(repayment.reversed_at, repayment.write_date)"),
            "all_day": None,
            "direction": None,
        }

    @api.model
    def _tell_repayment_reversed(self, repayment):
        return [
            self.env._("Reversed: %s", repayment.currency_id.format(repayment.amount)),
            self.env._("received on %s", self._day(repayment.date)),
            repayment.name,
        ]

    @api.model
    def _loan_started_branch(self):
        return {
            "number": 15,
            "kinds": ("loan",),
            "model": "loan.contract",
            "told": self._tell_loan_started,
            # Of a loan's many fields a page of rows needs these.
            "reads": ("name", "principal", "currency_id", "product_id"),
            "from": SQL("loan_contract contract"),
            "where": SQL("contract.state IN ('active', 'closed')"),
            "source_id": SQL("contract.id"),
            "date": self._moment_sql("contract", SQL("contract.start_date")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("contract", SQL("contract.start_date"))),
            "direction": SQL("'out'"),
            "customer": SQL("contract.customer_id"),
            "contract": SQL("contract.id"),
            "company": SQL("contract.company_id"),
            "words": SQL("contract.name"),
        }

    @api.model
    def _tell_loan_started(self, contract):
        return [
            self.env._("Paid out: %s", contract.currency_id.format(contract.principal)),
            contract.product_id.name,
        ]

    @api.model
    def _loan_closed_branch(self):
        # A loan is closed by the repayment that leaves nothing open; one that came closed tells its maturity.
        last = SQL(
            """
            COALESCE((SELECT max(repayment.date) FROM loan_repayment repayment
                       WHERE repayment.contract_id = contract.id AND repayment.state = 'posted'),
                     contract.last_due_date, contract.start_date)
            """
        )
        return {
            **self._loan_started_branch(),
            "number": 16,
            "told": self._tell_loan_closed,
            "where": SQL("contract.state = 'closed'"),
            "date": self._noon_sql(last, SQL("contract.company_id")),
            "all_day": SQL("TRUE"),
            "direction": None,
        }

    @api.model
    def _tell_loan_closed(self, contract):
        return [self.env._("Repaid in full"), contract.product_id.name]

    @api.model
    def _loan_changed_branch(self):
        moment = self._moment_sql("event", SQL("event.date"))
        return {
            "number": 17,
            "kinds": ("loan",),
            "model": "loan.contract.event",
            "told": self._tell_loan_changed,
            "from": SQL("loan_contract_event event"),
            "where": SQL("event.state IN ('posted', 'reversed')"),
            "source_id": SQL("event.id"),
            # A rate is fixed before its day comes, a prepayment may be entered after it.
            "date": SQL("LEAST(event.create_date, %s)", moment),
            "all_day": SQL(
                "event.create_date > %s AND NOT %s",
                self._noon_sql(SQL("event.date"), SQL("event.company_id")),
                self._entered_that_day_sql("event", SQL("event.date")),
            ),
            "customer": SQL("event.customer_id"),
            "contract": SQL("event.contract_id"),
            "company": SQL("event.company_id"),
            "words": SQL("concat_ws(' ', event.note, event.consent_reference, event.reversal_reason)"),
        }

    @api.model
    def _tell_loan_changed(self, event):
        return [
            event.display_name,
            event.kind != "rate" and event.amount and event.currency_id.format(event.amount),
            event.state == "reversed" and self._label(event, "state"),
            event.note,
        ]

    @api.model
    def _hardship_branch(self):
        return {
            "number": 18,
            "kinds": ("hardship",),
            "model": "loan.hardship",
            "told": self._tell_hardship,
            "from": SQL("loan_hardship hardship"),
            "where": SQL("TRUE"),
            "source_id": SQL("hardship.id"),
            "date": self._moment_sql("hardship", SQL("hardship.asked_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("hardship", SQL("hardship.asked_on"))),
            "direction": SQL("'in'"),
            "customer": SQL("hardship.customer_id"),
            "contract": SQL("hardship.contract_id"),
            "company": SQL("hardship.company_id"),
            "author": SQL("hardship.partner_id"),
            "words": SQL("hardship.words"),
        }

    @api.model
    def _tell_hardship(self, hardship):
        return [
            self.env._("Asked for help"),
            self._label(hardship, "cause"),
            self._label(hardship, "wish"),
            hardship.words,
        ]

    @api.model
    def _hardship_decided_branch(self):
        return {
            **self._hardship_branch(),
            "number": 19,
            "told": self._tell_hardship_decided,
            "where": SQL("hardship.decided_at IS NOT NULL"),
            "date": SQL("hardship.decided_at"),
            "all_day": None,
            "direction": None,
            "author": self._partner_sql(SQL("hardship.decided_user_id")),
            "words": SQL("hardship.decision_note"),
        }

    @api.model
    def _tell_hardship_decided(self, hardship):
        return [self.env._("Request for help"), self._label(hardship, "state"), hardship.decision_note]

    # ---- surveys, and who looks after them

    @api.model
    def _survey_branch(self):
        return {
            "number": 0,
            "kinds": ("survey",),
            "model": "survey.user_input",
            "told": self._tell_survey,
            "profiles": _PROFILES,
            "from": SQL(
                """
                %s customer
                JOIN survey_user_input answer ON answer.partner_id = customer.partner_id
                """,
                self._contacts_sql(),
            ),
            # A survey that is kept to some people is not even named to others.
            "where": SQL(
                """
                answer.state = 'done' AND answer.test_entry IS NOT TRUE
                AND (NOT EXISTS (SELECT FROM res_users_survey_survey_rel kept
                                  WHERE kept.survey_survey_id = answer.survey_id)
                     OR EXISTS (SELECT FROM res_users_survey_survey_rel kept
                                 WHERE kept.survey_survey_id = answer.survey_id AND kept.res_users_id = %s))
                """,
                self.env.uid,
            ),
            "source_id": SQL("answer.id"),
            "date": SQL("COALESCE(answer.end_datetime, answer.create_date)"),
            "direction": SQL("'in'"),
            "customer": SQL("customer.id"),
            "company": SQL("customer.company_id"),
            "author": SQL("answer.partner_id"),
            "words": SQL(
                "(SELECT told.title::text FROM survey_survey told WHERE told.id = answer.survey_id)"
            ),
        }

    @api.model
    def _tell_survey(self, answer):
        return [answer.survey_id.title, self.env._("answered")]

    @api.model
    def _contacts_sql(self):
        """Return the SQL of customers with each contact that stands for them: those of given-up profiles, too."""
        return SQL(
            """
            (SELECT id, partner_id, company_id FROM loan_customer WHERE merged_into_id IS NULL
              UNION ALL
             SELECT merged_into_id, partner_id, company_id FROM loan_customer WHERE merged_into_id IS NOT NULL)
            """
        )

    # ---- applications, for whoever may see them

    @api.model
    def _application_branches(self):
        applications, seen = (
            self._applications_sql(),
            self._applications_seen_sql(),
        )  # worked out once for all
        opened = {
            "number": 22,
            "kinds": ("application",),
            "model": "crm.lead",
            "told": self._tell_application_opened,
            "profiles": _PROFILES,
            "from": applications,
            "where": seen,
            "source_id": SQL("lead.id"),
            "date": SQL("lead.create_date"),
            # What the night opens nobody has asked for.
            "direction": SQL("CASE WHEN lead.create_uid <> %s THEN 'in' END", SUPERUSER_ID),
            "customer": SQL("customer.id"),
            "company": SQL("customer.company_id"),
            "author": self._partner_sql(SQL("lead.create_uid")),
            "words": SQL("concat_ws(' ', lead.name, lead.loan_purpose)"),
        }
        # Who writes from stage to stage is told by the mail of the change; the last stage is told as the end.
        moved = {
            **opened,
            "number": 23,
            "model": "mail.message",
            "told": self._tell_application_moved,
            "from": SQL(
                """
                %s
                JOIN mail_message message ON message.model = 'crm.lead' AND message.res_id = lead.id
                JOIN mail_tracking_value moved ON moved.mail_message_id = message.id
                """,
                applications,
            ),
            "where": SQL(
                """
                %s AND moved.field_id = %s
                AND NOT EXISTS (SELECT FROM crm_stage stage WHERE stage.id = moved.new_value_integer AND stage.is_won)
                """,
                seen,
                self.env["ir.model.fields"]._get_ids("crm.lead")["stage_id"],
            ),
            "source_id": SQL("message.id"),
            "date": SQL("message.date"),
            "direction": None,
            "author": SQL("message.author_id"),
            "words": SQL("lead.name"),
        }
        closed = {
            **opened,
            "number": 24,
            "told": self._tell_application_closed,
            "where": SQL(
                "%s AND lead.date_closed IS NOT NULL AND lead.won_status IN ('won', 'lost')",
                seen,
            ),
            "date": SQL("lead.date_closed"),
            "direction": None,
            "author": None,
        }
        return {"application_opened": opened, "application_moved": moved, "application_closed": closed}

    @api.model
    def _tell_application_opened(self, lead):
        return [self.env._("Applied for"), lead.loan_product_id.name, lead.name, lead.loan_purpose]

    @api.model
    def _tell_application_moved(self, message):
        moved = message.tracking_value_ids.filtered(lambda value: value.field_id.name == "stage_id")[:1]
        stage = self.env["crm.stage"].browse(moved.new_value_integer).exists()
        # As superuser: of a stage its name is told, to who may see the application.
        return [
            self.env._("Application now at"),
            stage.sudo().name or moved.new_value_char,
            message.record_name,
        ]

    @api.model
    def _tell_application_closed(self, lead):
        won = lead.won_status == "won"
        return [
            self.env._("Application won") if won else self.env._("Application lost"),
            lead.loan_product_id.name,
            lead.name,
            not won and lead.lost_reason_id.name,
        ]

    @api.model
    def _applications_sql(self):
        """Return the SQL of customers with the applications that are theirs, whoever speaks for them."""
        return SQL(
            """
            %s customer
            JOIN res_partner borrower ON borrower.id = customer.partner_id
            JOIN res_partner contact ON contact.commercial_partner_id = borrower.commercial_partner_id
            JOIN crm_lead lead ON lead.partner_id = contact.id AND lead.loan_product_id IS NOT NULL
             AND customer.partner_id = CASE WHEN COALESCE(lead.loan_kind, 'person') IN ('person', 'sole_trader')
                                            THEN contact.id ELSE contact.commercial_partner_id END
             AND COALESCE(lead.company_id,
                          (SELECT product.company_id FROM loan_product product WHERE product.id = lead.loan_product_id),
                          customer.company_id) = customer.company_id
            """,
            self._contacts_sql(),
        )

    @api.model
    def _applications_seen_sql(self):
        """Return the SQL of which applications the user may see: Odoo's own rules say so, superuser or not."""
        leads = self.env["crm.lead"].sudo(False).with_context(active_test=False)
        if leads.env.su:
            return SQL("TRUE")
        if not leads.has_access("read"):
            return SQL("FALSE")
        seen = leads._search([("loan_product_id", "!=", False)])
        return SQL("lead.id IN %s", seen.subselect())

    @api.model
    def _assignment_branch(self):
        return {
            "number": 20,
            "kinds": ("assignment",),
            "model": "loan.assignment",
            "told": self._tell_assignment,
            "from": SQL("loan_assignment given"),
            "where": SQL("TRUE"),
            "source_id": SQL("given.id"),
            "date": SQL("given.date_from"),
            "customer": SQL("given.customer_id"),
            "company": SQL("given.company_id"),
            "author": self._partner_sql(SQL("given.assigned_user_id")),
            "words": SQL("given.reason"),
        }

    @api.model
    def _tell_assignment(self, given):
        return [
            given.manager_user_id.name or self.env._("Nobody"),
            given.deputy_user_id and self.env._("deputy %s", given.deputy_user_id.name),
            self._label(given, "kind"),
            given.reason,
        ]

    @api.model
    def _tier_branch(self):
        return {
            "number": 21,
            "kinds": ("tier",),
            "model": "loan.customer.tier.change",
            "told": self._tell_tier,
            "from": SQL("loan_customer_tier_change moved"),
            "where": SQL("moved.kind <> 'lapsed'"),
            "source_id": SQL("moved.id"),
            "date": self._noon_sql(SQL("moved.date"), SQL("moved.company_id")),
            "all_day": SQL("TRUE"),
            "customer": SQL("moved.customer_id"),
            "company": SQL("moved.company_id"),
            "author": self._partner_sql(SQL("moved.decided_user_id")),
            "words": SQL("moved.note"),
        }

    @api.model
    def _tell_tier(self, moved):
        return [
            self._label(moved, "kind"),
            moved.tier_to_id.name or self.env._("no tier"),
            moved.note or moved.reasons,
        ]
