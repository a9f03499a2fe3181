from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import calendars
from ..core.calendars import CalendarError
from ..core.listing import phrased

_OPEN = ("new", "talks")
# What the borrower told. Changed while it is open, and only where a colleague wrote it down for them.
_TOLD = frozenset({"cause", "words", "wish", "offered_amount", "offered_date", "phone", "best_time"})
# What stays from the first moment on.
_KEPT = frozenset({"contract_id", "partner_id", "channel"})
# What follows from the verbs.
_DERIVED = frozenset(
    {
        "user_id",
        "asked_on",
        "answer_by",
        "hold_id",
        "message_id",
        "signed_user_id",
        "decision_note",
        "decided_user_id",
        "decided_at",
    }
)


class LoanHardship(models.Model):
    """A borrower says that they cannot pay in time: begins with their words, ends granted, declined or withdrawn.

    It is told on the borrower's page or to a colleague. From that moment reminders of the loan are held, one person
    is accountable for the answer, has a to-do with a day, and the borrower has it in writing. One is open per loan:
    what is told later joins it. What is granted (another date, other terms) is booked on the loan by the forms for
    that.
    """

    _name = "loan.hardship"
    _inherit = [
        "loan.mine.first.mixin",
        "loan.access.mixin",
        "loan.letter.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Hardship Request"
    _order = "answer_by, id"
    _rec_names_search = ["contract_id.name", "customer_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note

    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('state', '=', 'active')]",
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    currency_id = fields.Many2one(related="contract_id.currency_id")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    partner_id = fields.Many2one(
        "res.partner",
        "Told By",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        help="The borrower who asks for help; the confirmation goes to them.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Answers For It",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Who was acting for the customer when the request came in.",
    )
    state = fields.Selection(
        [
            ("new", "To Call"),
            ("talks", "In Talks"),
            ("granted", "Granted"),
            ("declined", "Declined"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        required=True,
        readonly=True,
        copy=False,
        default="new",
        index=True,
        tracking=True,
        group_expand=True,
    )
    channel = fields.Selection(
        [("page", "Borrower's page"), ("phone", "Phone"), ("email", "Email"), ("visit", "Visit")],
        "Told By Way Of",
        required=True,
        default="phone",
        help="How we heard of it.",
    )
    cause = fields.Selection(
        [
            ("income", "Job or income lost"),
            ("illness", "Illness or accident"),
            ("family", "A change in the family"),
            ("disaster", "Fire, flood or another disaster"),
            ("business", "Business is bad"),
            ("other", "Something else"),
        ],
        "Cause of Hardship",
        required=True,
        tracking=True,
        help="In their eyes; it is not judged here. The figures count by it.",
    )
    words = fields.Text("In Their Words", help="As they said it, so that nobody has to ask again.")
    wish = fields.Selection(
        [
            ("talk", "Talk with somebody"),
            ("later", "Pay later"),
            ("smaller", "Smaller installments"),
            ("pause", "A pause"),
        ],
        "What Would Help",
        required=True,
        default="talk",
        tracking=True,
        help="What they ask for; it promises nothing.",
    )
    offered_amount = fields.Monetary(
        "Can Pay", tracking=True, help="What they can pay in spite of it. 0: they did not say."
    )
    offered_date = fields.Date(
        "Can Pay On", tracking=True, help="When they could pay it. Empty: they did not say."
    )
    phone = fields.Char("Call At", tracking=True, help="Empty: the number of the contact.")
    best_time = fields.Char(
        "Best Time to Call", tracking=True, help="In their words, for example after six or on Saturdays."
    )
    asked_on = fields.Date("Requested On", readonly=True, copy=False)
    answer_by = fields.Date(
        "Answer By", readonly=True, copy=False, help="The day the borrower was told they will be called by."
    )
    is_late = fields.Boolean("Answer Overdue", compute="_compute_is_late", search="_search_is_late")
    hold_id = fields.Many2one(
        "loan.reminder.hold",
        "Reminder Hold",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    hold_state = fields.Selection(related="hold_id.state", string="Hold")
    hold_date_to = fields.Date(related="hold_id.date_to", string="Reminders Held Until")
    decision_note = fields.Text(
        "What Was Decided",
        readonly=True,
        copy=False,
        tracking=True,
        help="For colleagues; the borrower is told by a person.",
    )
    decided_user_id = fields.Many2one(
        "res.users", "Decided By", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime("Decided At", readonly=True, copy=False)
    message_id = fields.Many2one(
        "mail.message",
        "Confirmation",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    _one_open = models.UniqueIndex(
        "(contract_id) WHERE state IN ('new', 'talks')",
        "This loan has an open hardship request already. Add to that one.",
    )
    _offer_positive = models.Constraint(
        "CHECK (COALESCE(offered_amount, 0) >= 0 AND COALESCE(offered_amount, 0) <> 'NaN')",
        "What the borrower can pay cannot be negative.",
    )
    _declined_with_reason = models.Constraint(
        "CHECK (state <> 'declined' OR trim(COALESCE(decision_note, '')) <> '')",
        "Say why the request is declined.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | _DERIVED

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # What happened to somebody is told by a word of a list as well.
        # A decision that was declined has a reason, if only a dash.
        return {**plan, "later": {**plan["later"], "cause": "other", "decision_note": "—"}}

    @api.depends("contract_id")
    def _compute_partner_id(self):
        for request in self:
            request.partner_id = request.contract_id.partner_id

    @api.depends("contract_id", "cause")
    @api.depends_context("lang")
    def _compute_display_name(self):
        causes = dict(self._fields["cause"]._description_selection(self.env))
        for request in self:
            parts = (request.contract_id.display_name, causes.get(request.cause))
            request.display_name = " · ".join(part for part in parts if part)

    @api.depends("state", "answer_by")
    def _compute_is_late(self):
        for request in self:
            today = (request.company_id or self.env.company)._loan_today()
            request.is_late = bool(request.state == "new" and request.answer_by and request.answer_by < today)

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = Domain("state", "=", "new")
        late = Domain.OR(
            waiting & Domain("answer_by", "<", today) & Domain("company_id", "in", company_ids)
            for today, company_ids in self.env["loan.contract"]._company_days()
        )
        return late if True in value else ~late

    @api.constrains("contract_id", "partner_id")
    def _check_loan(self):
        for request in self:
            contract_sudo = request.contract_id.sudo()  # who borrows is the loan's to say
            if contract_sudo.state != "active":
                raise ValidationError(
                    self.env._(
                        "%s is not running, so there is nothing to be relieved of.",
                        contract_sudo.display_name,
                    )
                )
            if request.partner_id not in contract_sudo._borrower_partners():
                raise ValidationError(self.env._("Only a borrower of the loan can ask for help with it."))

    @api.constrains("offered_date")
    def _check_offered_date(self):
        for request in self:
            if request.offered_date and request.offered_date < request.company_id._loan_today():
                raise ValidationError(self.env._("The day the borrower can pay on lies in the past."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("channel") == "page" for vals in vals_list):
            raise UserError(self.env._("What was told on the borrower's page comes from there."))
        requests = super().create(vals_list)
        # As superuser: the hold, the to-do and the letter follow from the request; who may make one was asked above.
        requests.sudo()._take_in()
        return requests

    def write(self, vals):
        if not self.env.su:
            if vals.keys() & _KEPT:
                raise UserError(self.env._("Who told us, how, and about which loan stays as it was."))
            if vals.keys() & _TOLD:
                decided = self.filtered(lambda request: request.state not in _OPEN)
                if decided:
                    raise UserError(self.env._("%s is decided and stays as it was.", decided[0].display_name))
                if vals.keys() & {"cause", "words", "wish"} and "page" in self.mapped("channel"):
                    raise UserError(
                        self.env._("What the borrower wrote stays in their words. Add yours as a note below.")
                    )
        return super().write(vals)

    @api.model
    def _first_choices(self):
        return "loan_crm.loan_hardship_action", [("mine", "open"), ("open",)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("A hardship request is decided or withdrawn, never deleted."))

    @api.model
    def _allowed_moves(self):
        ends = ("granted", "declined", "withdrawn")
        return (
            super()._allowed_moves() | {("new", "talks")} | {(state, end) for state in _OPEN for end in ends}
        )

    # ------------------------------------------------------------ taking in

    @api.model
    def _ask(self, contract, partner, vals):
        """Put on record what a borrower told on their page: a request, or more words for the one that is open.

        :param contract: `loan.contract`, running
        :param partner: `res.partner` who tells it
        :param dict vals: of the fields a borrower fills in
        :return: the request
        """
        contract._wait_for_lock()
        request = self._open_of(contract)
        if request:
            request._add_words(partner, vals)
            return request
        return self.create({**vals, "contract_id": contract.id, "partner_id": partner.id, "channel": "page"})

    @api.model
    def _open_of(self, contract):
        """Return the request that is open on a loan, or an empty recordset."""
        return self.search([("contract_id", "=", contract.id), ("state", "in", _OPEN)])

    def _add_words(self, partner, vals):
        """Add to an open request what its borrower told later; told twice, it is kept once."""
        self.ensure_one()
        said = (vals.get("words") or "").strip()
        # Cause and wish stay what they were first: what has changed since is in the words.
        new = {
            name: vals[name]
            for name in ("offered_amount", "offered_date", "phone", "best_time")
            if vals.get(name) and vals[name] != self[name]
        }
        if said and said not in (self.words or ""):
            told_at = self.company_id._loan_now().strftime("%Y-%m-%d %H:%M")
            new["words"] = "\n\n".join(filter(None, [self.words, f"[{told_at}]\n{said}"]))
        if not new:
            return
        self.write(new)
        own = self._in_house()
        own._message_log(
            body=own.env._("The borrower has added something on their page."), author_id=partner.id
        )
        if not own.activity_ids:
            own._ask_to_call(own.env._("The borrower has added something to their hardship request"))

    def _take_in(self):
        """Hold the loan's reminders, give the request to somebody, and tell the borrower what comes next."""
        for request in self:
            company = request.company_id
            today = company._loan_today()
            user = request.contract_id._who_answers(company.loan_reminder_user_id)
            request.write(
                {
                    "user_id": user.id,
                    "signed_user_id": request.customer_id.acting_user_id.id,
                    "asked_on": today,
                    "answer_by": request._answer_day(today),
                }
            )
            own = request._in_house()
            own._hold_until(
                today + timedelta(days=company.loan_hardship_hold_days),
                user if request.channel == "page" else self.env.user,
            )
            own._ask_to_call(own.env._("Call about the hardship request"))
        self._confirm()

    def _answer_day(self, today):
        """Return the day by which the borrower is called, counted in days the lender is open."""
        company = self.company_id
        calendar = company.loan_calendar_id
        known = calendar._as_calendar() if calendar else calendars.BusinessCalendar()
        try:
            return known.add_business_days(today, company.loan_hardship_answer_days)
        except CalendarError:  # a calendar that is never open
            return today + timedelta(days=company.loan_hardship_answer_days)

    def _hold_until(self, day, user):
        """Hold the reminders of the loan until a day, with the hold of this request or a new one."""
        hold = self.hold_id
        if hold and not hold.lifted_at:
            hold.date_to = day
            return
        self.hold_id = self.env["loan.reminder.hold"].create(
            {
                "contract_id": self.contract_id.id,
                "kind": "hardship",
                "reason": self.env._(
                    "Hardship request: %s",
                    dict(self._fields["cause"]._description_selection(self.env))[self.cause],
                ),
                "date_from": self.company_id._loan_today(),
                "date_to": day,
                "placed_user_id": user.id or SUPERUSER_ID,
            }
        )

    def _in_house(self):
        """Return this request in the language of who answers for it: what is noted is for colleagues."""
        return self.with_context(lang=self.user_id.lang or self.company_id.partner_id.lang)

    def _ask_to_call(self, summary):
        """Give somebody a to-do, due on the day the borrower was told."""
        if not self.user_id:
            return
        reached_at = phrased(
            filter(None, (self.phone or self.partner_id.phone, self.best_time)), self.env.lang
        )
        self.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=max(self.answer_by, self.company_id._loan_today()),
            summary=summary,
            # A note is HTML, and these are a borrower's words.
            note=Markup("<p>%s</p>") % self.env._("Call at %s", reached_at) if reached_at else False,
            user_id=self.user_id.id,
        )

    def _confirm(self):
        """Queue the letter that tells a borrower who calls and by when; where none can be written, the loan says so."""
        template = self.env.ref("loan_crm.mail_template_hardship", raise_if_not_found=False)
        # An answer to their own question: somebody who wants no reminders gets it all the same.
        reached = self.filtered(
            lambda request: (
                template
                and template.active
                and request.partner_id.active
                and request.partner_id.email_normalized
            )
        )
        for request in self - reached:
            own = request._in_house()
            own._message_log(
                body=own.env._(
                    "The borrower got no confirmation: there is no valid email address, or no letter."
                )
            )
        if not reached:
            return
        for mail, request in zip(reached._queue_letter_mails(template), reached, strict=True):
            request.message_id = mail.mail_message_id
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # ------------------------------------------------------------ answering

    def action_start_talks(self):
        """Note that the borrower was spoken with; what is left to do is to decide."""
        self.check_access("write")
        self._move_to("talks", start="new")
        # As superuser: a to-do goes to who answers for the request, whoever spoke with the borrower.
        for request_sudo in self.sudo():
            request_sudo.activity_ids.action_feedback()
            if request_sudo.user_id:
                own = request_sudo._in_house()
                own.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=max(
                        own.hold_id.date_to or own.company_id._loan_today(), own.company_id._loan_today()
                    ),
                    summary=own.env._("Decide on the hardship request: reminders go on after this day"),
                    user_id=own.user_id.id,
                )
        return True

    def action_log_call(self):
        """Open the form that notes a call."""
        return self._action_answer("call")

    def action_grant(self):
        """Open the form that grants the request."""
        return self._action_answer("granted")

    def action_decline(self):
        """Open the form that declines the request."""
        return self._action_answer("declined")

    def action_withdraw(self):
        """Note that the borrower has taken the request back; reminders go on."""
        self._decide("withdrawn")
        return True

    def action_restructure(self):
        """Open the form that puts new terms on the loan."""
        self.ensure_one()
        return self.contract_id.action_restructure()

    def action_open_contract(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.contract",
            "res_id": self.contract_id.id,
            "views": [(False, "form")],
        }

    def _action_answer(self, kind):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_hardship_answer_action")
        action["name"] = dict(
            self.env["loan.hardship.answer"]._fields["kind"]._description_selection(self.env)
        )[kind]
        action["context"] = {"default_hardship_id": self.id, "default_kind": kind}
        return action

    def _decide(self, state, note="", hold_until=None):
        """Decide these requests, all or none.

        :param str state: "granted", "declined" or "withdrawn"
        :param str note: what was decided, for colleagues; required for declining
        :param hold_until: the last day reminders stay silent, of a granted request; None: they go on now
        :raise UserError: when one is decided already, the note is missing, or the day lies in the past
        """
        self.check_access("write")
        if state == "declined" and not note.strip():
            raise UserError(self.env._("Say why the request is declined."))
        if hold_until and any(hold_until < request.company_id._loan_today() for request in self):
            raise UserError(self.env._("Reminders cannot be held until a day that has passed."))
        # As superuser: what is decided and by whom is noted, not entered.
        requests_sudo = self.sudo()
        requests_sudo.write(
            {
                "decision_note": note.strip() or False,
                "decided_user_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        self._move_to(state)
        self.flush_recordset(
            ["state"]
        )  # the index that lets one be open per loan must know before the next comes in
        labels = dict(self._fields["state"]._description_selection(self.env))
        for request in requests_sudo:
            if state == "granted" and hold_until:
                request._hold_until(hold_until, self.env.user)
            elif request.hold_id and not request.hold_id.lifted_at:
                request.hold_id._lift(self.env.user)
            request.activity_ids.action_feedback(feedback=note.strip() or None)
            told = self.env._("Hardship request: %s", labels[state])
            if hold_until and state == "granted":
                told = self.env._(
                    "Hardship request: %(state)s. Reminders are held until %(day)s.",
                    state=labels[state],
                    day=format_date(self.env, hold_until),
                )
            request.contract_id._message_log(body=told)
        self.env["loan.case"]._end_with_hardship(self)

    def _pass_on(self, former, user):
        """Make somebody else accountable for the open ones of a manager whose customers they take over.

        :param former: `res.users`
        :param user: `res.users`, or none
        """
        self.filtered(lambda request: request.user_id == former and request.state in _OPEN).write(
            {"user_id": user.id}
        )

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        # Odoo would mail everybody who is made accountable; they have a to-do.
        return []

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]
