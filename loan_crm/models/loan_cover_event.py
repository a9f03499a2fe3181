from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_COVERS_APART = 2**18


class LoanCoverEvent(models.Model):
    """What happened to a manager's customers while the manager was away: a view over the records themselves.

    Nothing is kept twice, and nothing is told to who may not see the customer: whoever stood in finds nothing here
    any more when the cover is over.
    """

    _name = "loan.cover.event"
    _inherit = ["loan.access.mixin"]
    _description = "While You Were Away"
    _order = "moment desc, id desc"
    _rec_name = "kind"
    _auto = False

    cover_id = fields.Many2one("loan.cover", "Cover", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    customer_id = fields.Many2one("loan.customer", "Customer", readonly=True, ondelete="restrict")
    contract_id = fields.Many2one("loan.contract", "Loan", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [
            ("received", "Mail Received"),
            ("sent", "Answer Sent"),
            ("reminder", "Reminder Sent"),
            ("task", "Task Done"),
            ("promised", "Promise Made"),
            ("kept", "Promise Kept"),
            ("partly", "Promise Kept in Part"),
            ("broken", "Promise Broken"),
            ("repayment", "Repayment"),
            ("loan", "New Loan"),
            ("paid_out", "Loan Paid Out"),
            ("hardship", "Hardship Request"),
        ],
        "What Happened",
        readonly=True,
    )
    moment = fields.Datetime("When", readonly=True)
    user_id = fields.Many2one("res.users", "By", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)

    _depends = {
        "loan.cover": ["manager_user_id", "company_id", "date_from", "date_to", "window_from", "window_to"],
        "loan.customer": ["manager_user_id", "company_id"],
        "loan.reminder": ["sent_at", "state", "customer_id"],
        "loan.promise": ["state", "decided_on", "heard_user_id", "customer_id"],
        "loan.repayment": ["state", "date", "customer_id"],
        "loan.contract": ["state", "start_date", "customer_id"],
        "loan.hardship": ["customer_id"],
        "mail.message": ["model", "res_id", "date", "message_type", "subtype_id", "author_id"],
    }

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(self._sources())

    def _sources(self):
        """Return a SELECT for each kind of event; an addon adds its own.

        Ids are the record's own with the numbers of the source and of the cover behind them, so they stay the same,
        and one event that two covers of a day tell has one in each.
        """
        within = SQL("cover.window_from <= %s", SQL("event.create_date"))
        until = SQL("event.create_date < COALESCE(cover.window_to, 'infinity'::timestamp)")
        created = SQL("%s AND %s", within, until)
        sent = SQL(
            "event.sent_at >= cover.window_from "
            "AND event.sent_at < COALESCE(cover.window_to, 'infinity'::timestamp)"
        )
        decided = SQL(
            "event.decided_on BETWEEN cover.date_from AND cover.date_to AND event.state IN ('kept', 'partly', 'broken')"
        )
        contract = SQL("event.contract_id")
        creator = SQL("event.create_uid")
        moment = SQL("event.create_date")
        day = SQL("event.decided_on::timestamp")
        yield from self._message_sources()
        yield self._source(
            0, "loan.reminder", SQL("'reminder'"), SQL("event.sent_at"), SQL("NULL::int"), contract, sent
        )
        yield self._source(
            1, "loan.promise", SQL("'promised'"), moment, SQL("event.heard_user_id"), contract, created
        )
        yield self._source(2, "loan.promise", SQL("event.state"), day, SQL("NULL::int"), contract, decided)
        yield self._source(
            3,
            "loan.repayment",
            SQL("'repayment'"),
            SQL("event.date::timestamp"),
            creator,
            contract,
            SQL("event.date BETWEEN cover.date_from AND cover.date_to AND event.state = 'posted'"),
        )
        # Not a book that is brought in from elsewhere meanwhile.
        fresh = SQL("%s AND event.start_date >= cover.date_from", created)
        yield self._source(4, "loan.contract", SQL("'loan'"), moment, creator, SQL("event.id"), fresh)
        yield self._source(
            5,
            "loan.contract",
            SQL("'paid_out'"),
            SQL("event.start_date::timestamp"),
            SQL("NULL::int"),
            SQL("event.id"),
            SQL(
                "event.start_date BETWEEN cover.date_from AND cover.date_to AND event.state IN ('active', 'closed')"
            ),
        )
        yield self._source(6, "loan.hardship", SQL("'hardship'"), moment, creator, contract, created)

    @api.model
    def _id_sql(self, record_id, number):
        """Return the id of an event, below 2 to the power of 53: more a browser cannot count.

        :param SQL record_id: of the record behind it
        :param int number: 0 to 15, of the source
        """
        # Covers that tell the same event are of one manager and one day: their ids are nearer than this.
        return SQL(
            "(%s * 16::bigint + %s) * %s + cover.id %% %s", record_id, number, _COVERS_APART, _COVERS_APART
        )

    def _source(self, number, model, kind, moment, user, contract, where):
        """Return the SELECT of one kind of event on a model with a customer.

        :param int number: 0 to 15, of its own
        :param str model: whose table is `event`, with a column `customer_id`
        :param SQL where: within the cover's time
        """
        return SQL(
            """
            SELECT %(id)s AS id, cover.id AS cover_id, customer.company_id,
                   customer.id AS customer_id, %(contract)s AS contract_id, %(kind)s::varchar AS kind,
                   %(moment)s AS moment, NULLIF(%(user)s, 1) AS user_id, %(model)s::varchar AS res_model,
                   event.id AS res_id
              FROM loan_cover AS cover
              JOIN loan_customer AS customer
                ON customer.manager_user_id = cover.manager_user_id AND customer.company_id = cover.company_id
              JOIN %(table)s AS event ON event.customer_id = customer.id
             WHERE cover.window_from IS NOT NULL AND %(where)s
            """,
            id=self._id_sql(SQL("event.id"), number),
            contract=contract,
            kind=kind,
            moment=moment,
            user=user,
            model=model,
            table=SQL.identifier(self.env[model]._table),
            where=where,
        )

    def _message_sources(self):
        """Return the SELECTs of what stands in the chatter: mails, answers and tasks that were done."""
        comment = self.env.ref("mail.mt_comment").id
        for name, key in self.env["loan.cover"]._task_models().items():
            on_contract = SQL("record.id") if name == "loan.contract" else SQL("NULL::int")
            if name == "loan.hardship":
                on_contract = SQL("record.contract_id")
            yield SQL(
                """
                SELECT %(id)s AS id, cover.id AS cover_id, customer.company_id,
                       customer.id AS customer_id, %(contract)s AS contract_id,
                       CASE WHEN message.mail_activity_type_id IS NOT NULL THEN 'task'
                            WHEN COALESCE(author.partner_share, TRUE) THEN 'received'
                            ELSE 'sent' END::varchar AS kind,
                       message.date AS moment, NULLIF(message.create_uid, 1) AS user_id,
                       message.model AS res_model, message.res_id
                  FROM loan_cover AS cover
                  JOIN loan_customer AS customer
                    ON customer.manager_user_id = cover.manager_user_id AND customer.company_id = cover.company_id
                  JOIN %(table)s AS record ON record.%(key)s = customer.id
                  JOIN mail_message AS message ON message.model = %(name)s AND message.res_id = record.id
             LEFT JOIN res_partner AS author ON author.id = message.author_id
                 WHERE cover.window_from IS NOT NULL
                   AND message.date >= cover.window_from
                   AND message.date < COALESCE(cover.window_to, 'infinity'::timestamp)
                   AND (message.mail_activity_type_id IS NOT NULL
                        OR message.message_type = 'email'
                        OR message.message_type = 'comment' AND message.subtype_id = %(comment)s
                           AND NOT COALESCE(message.is_internal, FALSE))
                """,
                id=self._id_sql(SQL("message.id"), 15),
                contract=on_contract,
                table=SQL.identifier(self.env[name]._table),
                key=SQL.identifier(key),
                name=name,
                comment=comment,
            )

    def action_open_record(self):
        """Open what happened."""
        self.ensure_one()
        if not self.env[self.res_model].browse(self.res_id).exists():
            raise UserError(self.env._("What this was about is there no more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
