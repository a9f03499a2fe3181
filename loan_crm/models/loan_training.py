from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

_BATCH = 100


class LoanTraining(models.Model):
    """Something that people of a lender have to have learned: for whom, how long it is valid, and what hangs on it.

    Each person it is for gets a record of their own (`loan.training.record`): when the training is planned, when they
    join its audience, and again before theirs ends. A mandatory one is asked for by confidentiality levels that need
    training: who lacks it does not see such customers, from the second it ends (`_closed_ranks`). It may be
    needed for some of these levels only, so that what is secret asks for another than what is confidential.
    """

    _name = "loan.training"
    _inherit = ["loan.audience.mixin", "mail.thread"]
    _description = "Training"
    _order = "name, id"

    name = fields.Char("Topic", required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    description = fields.Html(
        "What Is Taught", translate=True, help="What one knows afterwards, and where it is taught."
    )
    validity_months = fields.Integer(
        "Valid for (Months)", default=12, tracking=True, help="0: once is enough."
    )
    remind_days = fields.Integer(
        "Ask Again Before (Days)",
        default=30,
        help="So many days before a record ends the person is asked to attend again.",
    )
    days_to_attend = fields.Integer(
        "Days to Attend", default=30, help="How long somebody has who never attended."
    )
    mandatory = fields.Boolean(
        "Needed to See Protected Customers",
        tracking=True,
        help="Who lacks it does not see customers of confidentiality levels that need training.",
    )
    mandatory_from = fields.Date(
        "Needed From", tracking=True, help="Gives people time to attend a new training. Empty: at once."
    )
    level_ids = fields.Many2many(
        "loan.confidentiality.level",
        string="Needed For",
        domain=[("needs_training", "=", True)],
        help="Levels whose customers stay closed without it. Empty: all levels that need training.",
    )
    record_ids = fields.One2many("loan.training.record", "training_id", "Records")
    valid_count = fields.Integer("Valid", compute="_compute_counts")
    open_count = fields.Integer("To Attend", compute="_compute_counts")

    _numbers_in_range = models.Constraint(
        """CHECK (validity_months BETWEEN 0 AND 600 AND remind_days BETWEEN 0 AND 3650
                  AND days_to_attend BETWEEN 0 AND 3650)""",
        "Validity is 0 to 600 months, the time to attend 0 to 3650 days.",
    )

    @api.depends("record_ids.state", "record_ids.valid_until")
    @api.depends_context("uid")
    def _compute_counts(self):
        records = self.env["loan.training.record"]
        of_these = [("training_id", "in", self.ids)]
        valid = dict(
            records._read_group(
                [*of_these, ("standing", "=", "valid")], ["training_id"], ["user_id:count_distinct"]
            )
        )
        waiting = dict(
            records._read_group([*of_these, ("state", "in", ("due", "done"))], ["training_id"], ["__count"])
        )
        for training in self:
            training.valid_count = valid.get(training._origin, 0)
            training.open_count = waiting.get(training._origin, 0)

    @api.constrains("remind_days", "validity_months")
    def _check_remind_days(self):
        for training in self:
            if training.validity_months and training.remind_days > training.validity_months * 28:
                raise ValidationError(
                    self.env._("People would be asked again before they have attended. Ask later.")
                )

    @api.model
    def _closed_ranks(self, user, company_ids):
        """Return what is closed to somebody for want of a training: it was not done, or is valid no more.

        One query, at this moment; nothing of it is kept.

        :param user: `res.users`
        :param company_ids: numbers of the lenders whose trainings count
        :return: `{company id: ranks}` of the lenders of whom something is; None for all that need training
        """
        self.flush_model(["active", "mandatory", "mandatory_from", "company_id", "level_ids"])
        self.env["loan.training.record"].flush_model(["training_id", "user_id", "state", "valid_until"])
        # As superuser: the lender's day is no secret.
        companies_sudo = self.env["res.company"].sudo().browse(company_ids)
        levels = self._fields["level_ids"]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT loan_training.company_id,
                       ARRAY(SELECT level.rank
                               FROM %(chosen)s chosen
                               JOIN loan_confidentiality_level level ON level.id = chosen.%(level)s
                              WHERE chosen.%(training)s = loan_training.id)
                  FROM loan_training
                  JOIN unnest(%(companies)s::int[], %(days)s::date[]) AS lender (id, today)
                    ON lender.id = loan_training.company_id
                 WHERE loan_training.active
                   AND loan_training.mandatory
                   AND (loan_training.mandatory_from IS NULL OR loan_training.mandatory_from <= lender.today)
                   AND %(audience)s
                   AND NOT EXISTS (
                       SELECT FROM loan_training_record record
                        WHERE record.training_id = loan_training.id
                          AND record.user_id = %(user)s
                          AND record.state = 'confirmed'
                          AND (record.valid_until IS NULL OR record.valid_until >= lender.today))
                """,
                chosen=SQL.identifier(levels.relation),
                level=SQL.identifier(levels.column2),
                training=SQL.identifier(levels.column1),
                companies=list(companies_sudo.ids),
                days=[company._loan_today() for company in companies_sudo],
                audience=self._audience_sql(user),
                user=user.id,
            )
        )
        closed = {}
        for company_id, ranks in rows:
            known = closed.setdefault(company_id, set())
            # Without levels of its own a training is needed for all that need one.
            closed[company_id] = known | set(ranks) if ranks and known is not None else None
        return closed

    # ------------------------------------------------------------ asking people to attend

    def action_plan(self):
        """Ask the people it is for, those who have no valid record and have not been asked."""
        self.check_access("write")
        for training in self:
            training._request(training._missing())
        return True

    def _missing(self):
        """Return the people who have to be asked to attend: no record is open, and none is valid for long."""
        self.ensure_one()
        soon = self.company_id._loan_today() + timedelta(days=self.remind_days)
        people = self._audience()
        # As superuser: whoever plans need not see all records.
        records_sudo = self.env["loan.training.record"].sudo()
        known_sudo = records_sudo.search(
            [
                ("training_id", "=", self.id),
                ("user_id", "in", people.ids),
                "|",
                ("state", "in", ("due", "done")),
                "&",
                ("state", "=", "confirmed"),
                "|",
                ("valid_until", "=", False),
                ("valid_until", ">", soon),
            ]
        )
        known = set(known_sudo.user_id.ids)
        return people.filtered(lambda user: user.id not in known)

    def _request(self, users):
        """Give people a record to attend and a to-do for it.

        :param users: `res.users`
        :return: the new `loan.training.record`
        """
        self.ensure_one()
        today = self.company_id._loan_today()
        # As superuser: nobody enters who is to attend by hand.
        records_sudo = self.env["loan.training.record"].sudo()
        ends = dict(
            records_sudo._read_group(
                [
                    ("training_id", "=", self.id),
                    ("user_id", "in", users.ids),
                    ("state", "=", "confirmed"),
                    ("valid_until", ">=", today),
                ],
                ["user_id"],
                ["valid_until:max"],
            )
        )
        first = today + timedelta(days=self.days_to_attend)
        asked_sudo = records_sudo.create(
            [
                {
                    "training_id": self.id,
                    "user_id": user.id,
                    "company_id": self.company_id.id,
                    "due_date": ends.get(user, first),
                }
                for user in users
            ]
        )
        asked_sudo._ask()
        return asked_sudo.sudo(False)

    @api.model
    def _night_training(self, night):
        """Ask who is new and whose record ends soon, and once more who struck the to-do off."""
        company, left = night.company_id, _BATCH
        if gone := self.env["loan.training.record"]._let_go(company, _BATCH):
            return gone
        for training in self.search([("company_id", "=", company.id)]):
            left -= len(training._request(training._missing()[:left]))
            if not left:
                return _BATCH
        if left == _BATCH:
            records = self.env["loan.training.record"]
            unasked = records.search(records._unasked_domain(company), limit=_BATCH)
            unasked._ask()
            left -= len(unasked)
        return _BATCH - left

    def action_open_records(self):
        """Open the records of this training."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_training_record_action")
        return {
            **action,
            "domain": [("training_id", "=", self.id)],
            "context": {"default_training_id": self.id},
        }
