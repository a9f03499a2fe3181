from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain

from ..core.working_time import WorkingTimeError

_BATCH = 500


class LoanResponse(models.Model):
    """How long somebody who wrote to us waited for an answer: begins with their mail, ends with a person's words.

    What a machine wrote begins nothing, and what a machine or nothing of substance answers ends nothing. What somebody
    closes by hand, because they called or no answer is needed, ends the wait and stands apart in the figures. Who is
    accountable in the meantime may change; the wait is one. What nobody answers climbs: to the team's lead, then to the
    head, in working time. How long it took is kept in minutes of working time, for each person, way and hour.
    """

    _name = "loan.response"
    _inherit = ["loan.watch.mixin", "loan.mine.first.mixin", "loan.recused.mixin"]
    _description = "Response"
    _order = "waiting_since, id"
    _rec_name = "record_name"

    res_model = fields.Char("Model", required=True, readonly=True, index=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    record_name = fields.Char("Where", compute="_compute_record_name")
    customer_id = fields.Many2one("loan.customer", "Customer", readonly=True, index=True, ondelete="restrict")
    lead_id = fields.Many2one(
        "crm.lead", "Application", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Who Wrote", readonly=True, index="btree_not_null", ondelete="set null"
    )
    message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    answer_message_id = fields.Many2one(
        "mail.message", "Answer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    channel = fields.Selection(
        [("email", "Email"), ("page", "Borrower's Page"), ("other", "Other")],
        "Came By",
        required=True,
        readonly=True,
        default="email",
    )
    owner_user_id = fields.Many2one(
        "res.users", "Accountable", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", "Answered By", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    waiting_since = fields.Datetime("Waiting Since", required=True, readonly=True)
    answered_at = fields.Datetime(readonly=True)
    minutes = fields.Float(
        "Working Minutes",
        readonly=True,
        aggregator="avg",
        help="From the message to the answer, in working time.",
    )
    hour = fields.Integer(
        "Hour of Day", readonly=True, aggregator=None, help="When it came in, on the lender's clock."
    )
    state = fields.Selection(
        [
            ("waiting", "Unanswered"),
            ("answered", "Answered by a Reply"),
            ("ticked", "Closed Without a Reply"),
            ("dropped", "Needed No Answer"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="waiting",
    )
    climbed = fields.Selection(
        [("0", "No"), ("1", "To the Lead"), ("2", "To the Head")],
        "Climbed",
        required=True,
        readonly=True,
        default="0",
    )
    climb_at = fields.Datetime("Climbs At", readonly=True)
    todo_ids = fields.One2many("mail.activity", "loan_response_id", "To-Dos", groups=NO_ACCESS)

    _one_waiting = models.UniqueIndex(
        "(res_model, res_id) WHERE state = 'waiting'", "This record waits for an answer already."
    )
    _climb_idx = models.Index("(climb_at) WHERE state = 'waiting' AND climb_at IS NOT NULL")
    _waiting_idx = models.Index("(waiting_since) WHERE state = 'waiting'")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | set(self._fields) - {"id", "display_name", "write_uid", "write_date"}

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_record_name(self):
        for model, responses in self.grouped("res_model").items():
            records = self.env[model].browse(responses.mapped("res_id"))
            for response, record in zip(responses, records, strict=True):
                response.record_name = record.display_name

    # ------------------------------------------------------------ who may see it

    @api.depends_context("uid")
    @api.depends("customer_id", "owner_user_id", "case_id.loan_visible")
    def _compute_loan_visible(self):
        known = self.filtered("customer_id")
        result = super(LoanResponse, known)._compute_loan_visible()
        duty = self.env.user._loan_sight().duty
        of_leads = self.filtered("lead_id")
        seen = of_leads.lead_id.sudo(False).with_context(active_test=False)
        seen = seen._filtered_access("read") if seen.has_access("read") else seen.browse()
        for response in of_leads:  # who applies is seen by who may see the application
            response.loan_visible = response.lead_id in seen
        for response in self - known - of_leads:
            mine = response.owner_user_id == self.env.user and not duty.is_false()
            case = response.case_id
            response.loan_visible = case.loan_visible if case else duty.is_true() or mine
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        if seen is NotImplemented or self.env.user._is_superuser():
            return seen
        leads = self.env["crm.lead"].sudo(False).with_context(active_test=False)
        theirs = Domain("lead_id", "!=", False)
        theirs &= (
            Domain("lead_id", "in", leads._search(Domain.TRUE)) if leads.has_access("read") else Domain.FALSE
        )
        return (Domain("lead_id", "=", False) & self._seen_besides_leads(seen, operator, value)) | theirs

    @api.model
    def _seen_besides_leads(self, seen, operator, value):
        duty = self.env.user._loan_sight().duty
        if duty.is_true() or duty.is_false():
            return seen
        # As superuser: what is asked is the rule of the case.
        of_cases = self.env["loan.case"].sudo()._search_loan_visible(operator, value)
        unknown = Domain("customer_id", "=", False) & Domain("lead_id", "=", False)
        mine = Domain("case_id", "=", False) & Domain("owner_user_id", "=", self.env.uid)
        return seen | (unknown & (mine | Domain("case_id", "any!", of_cases)))

    # ------------------------------------------------------------ begin and end

    @api.model
    def _begin(self, record, message, owner):
        """Note that somebody waits for an answer; who waits already goes on waiting.

        :param record: with `loan.answer.mixin`, as superuser
        :param message: `mail.message` that came in
        :param owner: `res.users` who is to answer, or none
        """
        # As superuser: the ledger is written by what happens, by nobody.
        responses_sudo = self.sudo()
        if responses_sudo.search_count(self._of_domain(record)):
            return
        now = fields.Datetime.now()
        company = record._answer_company()
        zone = ZoneInfo(company.loan_tz or "UTC")
        response_sudo = responses_sudo.create(
            {
                "res_model": record._name,
                "res_id": record.id,
                "case_id": record.id if record._name == "loan.case" else False,
                "lead_id": record.id if record._name == "crm.lead" else False,
                "customer_id": record._written_to().id,
                "company_id": company.id,
                "partner_id": message.author_id.id,
                "message_id": message.id,
                "channel": "email" if message.message_type == "email" else "page",
                "owner_user_id": owner.id,
                "waiting_since": now,
                "hour": now.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).hour,
            }
        )
        response_sudo._wind()
        self.env["loan.worklist"]._changed(response_sudo.owner_user_id)

    @api.model
    def _end(self, records, state, message=None, user=None):
        """Note that nobody waits any more.

        :param records: with `loan.answer.mixin`
        :param str state: "answered" by a reply, "ticked" off without one, or "dropped"
        :param message: the `mail.message` that answered, if it was one
        :param user: the `res.users` who answered, or saw that no answer is needed
        """
        # As superuser: as above.
        waiting_sudo = self.sudo().search(self._of_domain(records))
        now, aware = fields.Datetime.now(), self.env["loan.case"]._aware
        for response_sudo, working in waiting_sudo._workings().items():
            try:
                spent = working.spent(aware(response_sudo.waiting_since), aware(now))
            except WorkingTimeError:  # nobody knows what was worked so long ago
                spent = (now - response_sudo.waiting_since).total_seconds()
            response_sudo.write(
                {
                    "state": state,
                    "answered_at": now,
                    "user_id": user.id if user else False,
                    "answer_message_id": message.id if message else False,
                    "minutes": spent / 60,
                    "climb_at": False,
                }
            )
        waiting_sudo._nothing_to_tell()
        self.env["loan.worklist"]._changed(waiting_sudo.owner_user_id)

    @api.model
    def _pass_to(self, records, user):
        """Note who is to answer now where somebody waits; the wait is one and goes on.

        :param records: with `loan.answer.mixin`
        :param user: `res.users`, or none
        """
        # As superuser: as above.
        waiting_sudo = self.sudo().search(self._of_domain(records))
        self.env["loan.worklist"]._changed(waiting_sudo.owner_user_id | user)
        waiting_sudo.owner_user_id = user

    @api.model
    def _of_domain(self, records):
        return (
            Domain("res_model", "=", records._name)
            & Domain("res_id", "in", records.ids)
            & Domain("state", "=", "waiting")
        )

    def _workings(self):
        """Return `{response: core.working_time.WorkingTime}`: that of the case's team, or of the lender."""
        cases = self.env["loan.case"]
        first = cases._aware(min(self.mapped("waiting_since"), default=fields.Datetime.now())) - timedelta(
            days=1
        )
        until = cases._aware(fields.Datetime.now()) + timedelta(days=60)
        made, result = {}, {}
        for response in self:
            company = response.company_id
            # As superuser: when a lender and its teams work is no secret.
            hours_sudo = company.sudo().resource_calendar_id
            if response.res_model == "loan.case":
                hours_sudo = cases.sudo().browse(response.res_id).team_id.calendar_id or hours_sudo
            key = (company, hours_sudo)
            if key not in made:
                made[key] = cases._clock_setting(company, hours_sudo, first, until).working
            result[response] = made[key]
        return result

    # ------------------------------------------------------------ climbing

    def _wind(self):
        """Work out when these waits climb next."""
        aware = self.env["loan.case"]._aware
        for response, working in self._workings().items():
            company = response.company_id
            hours = {"0": company.loan_answer_lead_hours, "1": company.loan_answer_head_hours}.get(
                response.climbed
            )
            at = False
            if response.state == "waiting" and hours:
                try:
                    at = working.after(aware(response.waiting_since), int(hours * 3600))
                    at = at.replace(tzinfo=None)
                except WorkingTimeError:
                    at = False
            response.climb_at = at
        self._trouble_over()

    @api.model
    def _cron_climb(self):
        """Tell leads and heads of what nobody has answered."""
        self._watch("climb_at", type(self)._climb, _BATCH)

    def _climb(self):
        """Tell the next one above of each, who may see it, that nobody has answered."""
        there = self.browse()
        for model, waits in self.grouped("res_model").items():
            left = self.env[model].browse(waits.mapped("res_id")).exists()
            there |= waits.filtered(lambda wait, left=left: wait.res_id in left._ids)
        (self - there).write({"state": "dropped", "climb_at": False})
        for wait in there:
            wait.climbed = "1" if wait.climbed == "0" else "2"
        there._tell_people(
            (wait, user, record, wait.company_id._loan_today(), self._words(user))
            for wait, (user, record) in there._who_above().items()
        )
        there._wind()

    def _words(self, user):
        spoken = self.with_context(lang=user.lang or self.env.lang)
        return spoken.env._("Nobody has answered: see to it that somebody does")

    def _who_above(self):
        """Return `{wait: (whom it climbs to, the record)}`: the first above who may see it and has not been told.

        A wait with nobody above is not among them. It takes a query for each person, not for each wait.
        """
        result = {}
        for model, waits in self.grouped("res_model").items():
            records = self.env[model].browse(waits.mapped("res_id"))
            above, people = {}, self.env["res.users"]
            for wait, record in zip(waits, records, strict=True):
                lead = wait.customer_id.team_id.user_id
                users = wait.company_id.loan_head_user_id
                if wait.climbed == "1":
                    team = record.team_id if "team_id" in record._fields else wait.customer_id.team_id
                    users = team.user_id | lead | users
                above[wait] = [user for user in users if user.active and user != wait.owner_user_id]
                people |= users
            seen = {user: set(records._loan_seen_by(user)._ids) for user in people if user.active}
            for wait, record in zip(waits, records, strict=True):
                if user := next((user for user in above[wait] if record.id in seen[user]), None):
                    result[wait] = (user, record)
        return result

    # ------------------------------------------------------------ screens

    def action_open(self):
        """Open the record where somebody waits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_reply(self):
        """Open the composer of an answer to whoever waits, where they wrote."""
        self.ensure_one()
        self.check_access("read")
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        if record._name == "loan.case":
            return record.action_answer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": record._name,
                "default_res_ids": record.ids,
                "default_composition_mode": "comment",
                "default_subtype_xmlid": "mail.mt_comment",
                "default_partner_ids": (self.partner_id or record.partner_id).ids,
                "default_subject": self.env._("Re: %s", record.display_name),
                # The row's number is that of the wait, and the composer is about the record.
                "active_model": record._name,
                "active_id": record.id,
                "active_ids": record.ids,
            },
        }

    @api.model
    def _first_choices(self):
        return "loan_crm.loan_response_action", [("mine",), ()]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("How long somebody waited stays on record."))

    @api.model
    def _before_customer_merge(self, kept, others):
        result = super()._before_customer_merge(kept, others)
        theirs = Domain("res_model", "=", "loan.customer") & Domain("state", "=", "waiting")
        moved = self.search(theirs & Domain("res_id", "in", others.ids))
        if self.search_count(theirs & Domain("res_id", "=", kept.id)) or len(moved) > 1:
            self._end(others, "dropped")
        moved.filtered(lambda wait: wait.state == "waiting").res_id = kept.id
        return result
