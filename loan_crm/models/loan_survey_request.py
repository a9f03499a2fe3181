from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, format_date
from odoo.tools.misc import hmac

from ..core import links

# How often a day something may be sent from the page of one survey. A person needs two or three.


class LoanSurveyRequest(models.Model):
    """A person is to be asked how it was, about one occasion: begins when that happens, ends answered or not.

    On its day the governor says whether the person is asked at all; a survey that was not sent stays on record with
    its reason. Who is asked gets a letter with a link of their own, which opens by itself nothing but a page: an answer
    takes a click on that page, so a scanner of mails answers nothing. One reminder, then it expires. Who prefers to be
    called says so, and has answered by that.

    Nobody of the lender can answer by it: the link is not in the chatter, not in the record, and signed. What a
    colleague enters for a customer on the telephone is marked with who and when.
    """

    _name = "loan.survey.request"
    _inherit = [
        "loan.access.mixin",
        "loan.recovery.survey.mixin",
        "loan.survey.occasion.mixin",
        "loan.survey.governor.mixin",
        "loan.survey.round.mixin",
        "loan.survey.answer.mixin",
        "loan.case.source.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Survey Sent"
    _order = "due_on desc, id desc"
    _rec_names_search = ["customer_id.name", "partner_id.name", "contract_id.name"]
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    rule_id = fields.Many2one(
        "loan.survey.rule", "Rule", required=True, readonly=True, index=True, ondelete="restrict"
    )
    survey_id = fields.Many2one(
        "survey.survey", "Survey", required=True, readonly=True, index=True, ondelete="restrict"
    )
    survey_title = fields.Char("Asked With", compute="_compute_survey_title", compute_sudo=True)
    moment = fields.Selection(
        selection=lambda self: self.env["loan.survey.rule"]._moments(), required=True, readonly=True
    )
    occasion_ref = fields.Integer(
        readonly=True, required=True, aggregator=None, export_string_translation=False
    )
    occasion_year = fields.Integer(
        readonly=True, required=True, default=0, aggregator=None, export_string_translation=False
    )
    occasion_on = fields.Date("Happened On", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Who Is Asked", required=True, readonly=True, index=True, ondelete="restrict"
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty while somebody has applied who has no profile yet.",
    )
    contract_id = fields.Many2one(
        "loan.contract", "Loan", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    lead_id = fields.Many2one(
        "crm.lead", "Application", readonly=True, index="btree_not_null", ondelete="set null"
    )
    case_id = fields.Many2one("loan.case", "Case", readonly=True, index="btree_not_null", ondelete="restrict")
    product_id = fields.Many2one("loan.product", "Product", readonly=True, ondelete="restrict")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    user_id = fields.Many2one(
        "res.users",
        "Answers For It",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who acted for the customer when they were asked: the figures are theirs.",
    )
    state = fields.Selection(
        [
            ("due", "To Be Asked"),
            ("sent", "Waiting for an Answer"),
            ("answered", "Has Answered"),
            ("expired", "No Answer"),
            ("silent", "Not Asked"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="due",
        index=True,
    )
    due_on = fields.Date("To Ask On", required=True, readonly=True)
    last_day = fields.Date("Not Later Than", required=True, readonly=True)
    look_at = fields.Datetime(readonly=True, export_string_translation=False)
    reason = fields.Selection(
        [
            ("switched_off", "Surveys are switched off"),
            ("rule_gone", "The rule is switched off"),
            ("survey_closed", "The survey is archived or has no question"),
            ("undone", "What it is about was undone"),
            ("gone", "The customer is archived"),
            ("occasion_asked", "Asked about it already"),
            ("trivial", "Too small a matter"),
            ("self_closed", "Settled by the customer themselves"),
            ("opted_out", "Wants no surveys"),
            ("complaint_open", "A complaint is open"),
            ("held", "Not to be bothered now"),
            ("no_address", "No email address"),
            ("bounced", "Mails to the address come back"),
            ("nobody_asks", "Nobody can call"),
            ("too_late", "Too late to ask"),
            ("cap", "Asked often enough within a year"),
            ("too_soon", "Asked not long ago"),
            ("no_letter", "There is no letter"),
            ("closed_day", "Waits for a business day"),
            ("quiet", "Waits for the quiet hours to pass"),
            ("failed", "Could not be written"),
        ],
        "Because",
        readonly=True,
        help="Why nobody was asked, or what a survey that is due still waits for.",
    )
    reason_on = fields.Date("Last Asked Before", readonly=True)
    reason_days = fields.Integer(
        "Interval in Force",
        readonly=True,
        aggregator=None,
        help="So many days were to lie between two surveys when this one was left out or put off for it.",
    )
    reason_note = fields.Char("What Went Wrong", readonly=True)
    told = fields.Char("What Became of It", compute="_compute_told")
    channel = fields.Selection([("email", "Email"), ("phone", "Telephone")], "Asked Through", readonly=True)
    email = fields.Char("Address", readonly=True, help="Where the letter went.")
    sent_on = fields.Date("Asked On", readonly=True)
    sent_at = fields.Datetime("Asked At", readonly=True)
    expires_on = fields.Date("Open Until", readonly=True)
    remind_on = fields.Date("Reminded On or After", readonly=True)
    reminded_at = fields.Datetime("Reminded At", readonly=True)
    answered_at = fields.Datetime("Answered At", readonly=True)
    way = fields.Selection(
        [("link", "By the link"), ("call", "Asked to be called"), ("staff", "Entered by staff")],
        "How They Answered",
        readonly=True,
    )
    entered_user_id = fields.Many2one(
        "res.users", "Entered By", readonly=True, ondelete="restrict", help="Who entered it for the customer."
    )
    entered_at = fields.Datetime("Entered At", readonly=True)
    call_phone = fields.Char("Call At", readonly=True)
    call_time = fields.Char("Best Time to Call", readonly=True)
    call_words = fields.Text("About", readonly=True)
    user_input_id = fields.Many2one(
        "survey.user_input",
        "Answer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups=NO_ACCESS,
    )
    score_ids = fields.One2many("loan.survey.score", "request_id", "Scores", readonly=True)
    satisfaction = fields.Float(
        "Satisfaction (%)",
        readonly=True,
        aggregator="avg",
        help="The mean of what was answered of this survey, recommendation aside.",
    )
    recommends = fields.Integer(
        "Recommends", readonly=True, aggregator=None, help="0 to 10; -1 where it was not asked or answered."
    )
    is_low = fields.Boolean("Unhappy", readonly=True)
    words = fields.Text("In Their Words", compute="_compute_words", compute_sudo=True)
    score_note = fields.Char("Scores in Words", compute="_compute_score_note")
    answered_share = fields.Float(
        "Response Rate", compute="_compute_answered_share", store=True, aggregator="avg"
    )
    message_id = fields.Many2one(
        "mail.message",
        "Letter",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    # The links of the letter. Nobody reads them: whoever could would answer for the customer.
    ask_url = fields.Char(compute="_compute_ask", groups=NO_ACCESS, export_string_translation=False)
    ask_question = fields.Char(compute="_compute_ask", groups=NO_ACCESS, export_string_translation=False)
    ask_choices = fields.Json(compute="_compute_ask", groups=NO_ACCESS, export_string_translation=False)
    ask_ends = fields.Json(compute="_compute_ask", groups=NO_ACCESS, export_string_translation=False)
    is_reminder = fields.Boolean(compute="_compute_is_reminder", export_string_translation=False)
    letter_title = fields.Char(compute="_compute_letter_title", export_string_translation=False)

    _once = models.UniqueIndex("(moment, occasion_ref, occasion_year)", "This occasion is on record already.")
    _due_idx = models.Index("(company_id, due_on, id) WHERE state = 'due'")
    _open_idx = models.Index("(company_id, expires_on, id) WHERE state = 'sent'")
    _asked_idx = models.Index("(partner_id, sent_on) WHERE sent_on IS NOT NULL")
    _mailbox_idx = models.Index("(email, sent_on) WHERE sent_on IS NOT NULL AND email IS NOT NULL")

    # ------------------------------------------------------------ who may see it

    @api.depends_context("uid")
    @api.depends("lead_id", "customer_id", "case_id")
    def _compute_loan_visible(self):
        # What a customer says about a case is for whom the case is: not for a colleague whom it is about.
        of_cases = self.filtered("case_id")
        known = (self - of_cases).filtered("customer_id")
        result = super(LoanSurveyRequest, known)._compute_loan_visible()
        for name, rest in (("case_id", of_cases), ("lead_id", self - of_cases - known)):
            seen = rest[name].sudo(False).with_context(active_test=False)
            seen = seen._filtered_access("read") if seen.has_access("read") else seen.browse()
            for request in rest:
                # Who has no profile yet is seen by who may see their application.
                request.loan_visible = bool(request[name]) and request[name] in seen
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        return seen if seen is NotImplemented else self._with_what_it_is_about(seen)

    @api.model
    def _with_what_it_is_about(self, seen):
        """Return a domain, on records with a customer, an application or a case, of those the user may see.

        :param Domain seen: what may be seen of customers
        """
        found = Domain("case_id", "=", False) & Domain("customer_id", "!=", False) & seen
        for name, others in (("case_id", Domain.TRUE), ("lead_id", Domain("customer_id", "=", False))):
            about = self.env[self._fields[name].comodel_name].sudo(False).with_context(active_test=False)
            if about.has_access("read"):
                if name == "lead_id":
                    others &= Domain("case_id", "=", False)
                found |= others & Domain(name, "in", about._search(Domain.TRUE))
        return found

    # ------------------------------------------------------------ what it says

    @api.depends("survey_id.title")
    @api.depends_context("lang")
    def _compute_survey_title(self):
        for request in self:
            # As superuser (compute_sudo): what somebody was asked is no secret to who may see that they were.
            request.survey_title = request.survey_id.title

    @api.depends("partner_id", "moment", "occasion_on")
    @api.depends_context("lang")
    def _compute_display_name(self):
        moments = dict(self.env["loan.survey.rule"]._moments())
        for request in self:
            request.display_name = " · ".join(
                filter(
                    None,
                    (
                        request.partner_id.name,
                        moments.get(request.moment),
                        request.occasion_on and format_date(self.env, request.occasion_on),
                    ),
                )
            )

    @api.depends("state", "reason", "reason_on", "reason_days", "reason_note", "way", "due_on")
    @api.depends_context("lang")
    def _compute_told(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        ways = dict(self._fields["way"]._description_selection(self.env))
        for request in self:
            told = ""
            if request.state in ("due", "silent") and request.reason:
                told = reasons[request.reason]
                if request.reason_days and request.reason_on:
                    told = self.env._(
                        "%(reason)s: %(day)s, less than %(days)s days before",
                        reason=told,
                        day=format_date(self.env, request.reason_on),
                        days=request.reason_days,
                    )
                elif request.reason_on:
                    told = self.env._(
                        "%(reason)s: %(day)s", reason=told, day=format_date(self.env, request.reason_on)
                    )
                elif request.reason_note:
                    told = self.env._("%(reason)s: %(note)s", reason=told, note=request.reason_note)
            elif request.state == "due":
                told = self.env._("Will be asked on %s", format_date(self.env, request.due_on))
            elif request.state == "answered" and request.way:
                told = ways[request.way]
            request.told = told

    @api.depends("state")
    def _compute_answered_share(self):
        for request in self:
            request.answered_share = float(request.state == "answered")

    def _read_group_select(self, aggregate_spec, query):
        # A survey that waits, or was never sent, was neither answered nor not.
        if aggregate_spec == "answered_share:avg":
            return SQL(
                "AVG(CASE WHEN %(state)s = 'answered' THEN 1 WHEN %(state)s = 'expired' THEN 0 END)::float",
                state=self._field_to_sql(self._table, "state", query),
            )
        if aggregate_spec == "satisfaction:avg":
            return SQL(
                "AVG(CASE WHEN %(way)s = 'link' THEN %(value)s END)::float",
                way=self._field_to_sql(self._table, "way", query),
                value=self._field_to_sql(self._table, "satisfaction", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    @api.depends("user_input_id.user_input_line_ids")
    def _compute_words(self):
        # As superuser (compute_sudo): answers are the survey's to show; who may see whom was asked may read what they
        # said, and nobody may change it.
        for request in self:
            lines = request.user_input_id.user_input_line_ids.filtered(lambda line: not line.skipped)
            said = (line.value_text_box or line.value_char_box for line in lines)
            request.words = "\n\n".join(filter(None, said))

    @api.depends("score_ids")
    @api.depends_context("lang")
    def _compute_score_note(self):
        names = dict(self.env["loan.survey.score"]._fields["dimension"]._description_selection(self.env))
        for request in self:
            request.score_note = " · ".join(
                f"{names[score.dimension]} {score._told()}" for score in request.score_ids
            )

    @api.depends_context("loan_survey_reminder")
    def _compute_is_reminder(self):
        self.is_reminder = bool(self.env.context.get("loan_survey_reminder"))

    @api.depends("survey_title", "is_reminder")
    @api.depends_context("lang", "loan_survey_reminder")
    def _compute_letter_title(self):
        # Words inside a subject's braces are no translator's to find.
        for request in self:
            title = request.survey_title
            request.letter_title = self.env._("Still open: %s", title) if request.is_reminder else title

    # ------------------------------------------------------------ the link

    @api.model
    def _ask_key(self):
        """Return the key that signs links to surveys, bytes."""
        # As superuser: the database's secret is nobody's to read.
        return bytes.fromhex(hmac(self.env(su=True), "loan_crm.survey.link", "key"))

    def _ask_token(self):
        self.ensure_one()
        return links.sign(self._ask_key(), self.id, self.partner_id.id, 0, self.expires_on)

    @api.depends("expires_on", "partner_id", "survey_id")
    @api.depends_context("lang")
    def _compute_ask(self):
        for request in self:
            if not request.expires_on:
                request.ask_url = request.ask_question = request.ask_choices = request.ask_ends = False
                continue
            base = f"{request.company_id.get_base_url()}/loan/ask/{request._ask_token()}"
            question = request.survey_id._loan_first_question()
            choices = question._loan_choices() if question else []
            request.ask_url = base
            request.ask_question = question.title
            request.ask_choices = [
                {"value": value, "label": label, "url": f"{base}?choice={value}"}
                for value, label, _end in choices
            ]
            request.ask_ends = [end for _value, _label, end in choices if end]

    @api.model
    def _from_ask_token(self, token, ended=False):
        """Return the survey that a link opens, in the language of whom it was given to; empty where it opens none.

        :param str token: as it came, whatever it is
        :param bool ended: also a link that opens nothing any more, so that who was given it is told so: the signature
            is theirs for ever, and tells nobody else anything
        """
        link = links.read(self._ask_key(), token)
        nothing = self.browse()
        if not link:
            return nothing
        # As the system: the signature is the right to this one survey, and what is done through it is nobody's deed.
        request = self.with_user(SUPERUSER_ID).browse(link.contract_id).exists()
        company = request.company_id
        if (
            not request
            or request.partner_id.id != link.partner_id
            or not request.sent_at
            or not (company.active and request.partner_id.active)
        ):
            return nothing
        opens = request.state in ("sent", "answered", "expired") and company._loan_today() <= link.last_day
        if not (opens or ended):
            return nothing
        lang = request.partner_id.lang or company.partner_id.lang
        return request.with_context(allowed_company_ids=company.ids, lang=lang)

    def _ask_end(self):
        """Return what the page tells where there is nothing to answer (any more): whether the rest of the questions is
        still open, whether the survey has ended unanswered, whether they asked for a call, and who can be reached.
        """
        self.ensure_one()
        company, user = self.company_id, self.user_id
        acting = self.customer_id.acting_user_id
        open_still = company._loan_today() <= self.expires_on
        if user != acting:
            user = user.browse()  # whom they know is gone or away, or nobody signed to them
        return {
            "goes_on": open_still and self.state == "answered" and self.user_input_id.state == "in_progress",
            "over": self.state != "answered",
            "call": self.way == "call",
            "contact": {
                "name": user.name or company.name,
                "role": self.env._("Your relationship manager")
                if user and user == self.customer_id.manager_user_id
                else "",
                "phone": user.phone or company.phone,
                "email": user.email or company.email,
            },
        }

    def _count_ask_post(self):
        """Count something that is sent from the page of this survey, one after the other.

        :return: False where it is more than a day takes; then nothing is counted
        """
        self.ensure_one()
        self._wait_for_lock()
        return self.env["loan.portal.count"]._take(self.company_id, self.partner_id)

    # ------------------------------------------------------------ by hand: nothing

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Surveys are sent by their rules."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Whom we asked, and what they answered, nobody changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("Whom we asked, and what they answered, stays on record."))

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("due", "sent"),
            ("due", "silent"),
            ("due", "answered"),
            ("sent", "answered"),
            ("sent", "expired"),
            ("sent", "silent"),
            ("expired", "answered"),
            ("silent", "due"),
        }

    @api.model
    def _before_customer_merge(self, kept, others):
        """Let a year that was asked about under another profile count for the one that stays."""
        result = super()._before_customer_merge(kept, others)
        yearly = self.search(
            [("moment", "=", "yearly"), ("occasion_ref", "in", (kept | others).ids)], order="id"
        )
        own = yearly.filtered(lambda request: request.occasion_ref == kept.id)
        years = set(own.mapped("occasion_year"))
        for request in yearly - own:
            if request.occasion_year not in years:
                years.add(request.occasion_year)
                request.occasion_ref = kept.id
        return result

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # Where a letter went tells who it was, and it serves the governor alone.
        return {**plan, "now": {"email": None}}
