import logging
from datetime import time, timedelta, timezone
from zoneinfo import ZoneInfo

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime, html2plaintext

from ..core import commitments

_logger = logging.getLogger(__name__)

# Travels in the context while the ledger gives a to-do, so that the to-do is not taken for another promise. An
# object's identity cannot be sent over RPC.
_GIVING = object()
_TODO = "loan_crm.mail_activity_type_promised"
# How often in a row we may put something off before a team lead has to agree.
_PUT_OFF = 2
# What is done stays on the borrower's page for so many days.
_PAGE_DAYS = 30
# So many are judged in one go at night.
_BATCH = 100
# What is not entered: it follows from who promised, from the evidence and from the clock.
_DERIVED = frozenset(
    {
        "tz",
        "grace_days",
        "turns_at",
        "done_at",
        "done_user_id",
        "replaces_id",
        "replacements",
        "put_off_reason",
        "told_message_id",
        "withdrawn_user_id",
        "activity_id",
        "lead_activity_id",
        "promised_user_id",
    }
)
# What may still be entered once it was promised: who does it, what shows that it was done, why it is taken back.
_EVIDENCE = frozenset(
    {
        "evidence_note",
        "evidence_message_id",
        "evidence_interaction_id",
        "evidence_event_id",
        "evidence_file",
        "evidence_filename",
    }
)


class LoanCommitment(models.Model):
    """Something we promised a customer by a day: begins when it is said, ends when it is shown to be done.

    Whether it was kept is nobody's opinion: the ledger judges by the evidence and the clock (`core.commitments`), at
    each event and each night. Its owner has a to-do on the customer or the loan, which goes to others with the duty;
    the team's lead is told of a broken one. Another day is another promise that takes its place, with a reason, and
    the customer is told. Nothing is deleted.
    """

    _name = "loan.commitment"
    _inherit = ["loan.recused.mixin", "loan.lifecycle.mixin"]
    _description = "Commitment"
    _order = "date_due desc, id desc"
    _rec_names_search = ["name", "customer_id.name", "contract_id.name"]
    _check_company_auto = True

    name = fields.Char("What We Promised", required=True, help="In the words the customer may read.")
    kind_id = fields.Many2one(
        "loan.commitment.kind",
        "Kind of Commitment",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_kind(),
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('customer_id', '=?', customer_id)]",
        help="Leave empty where it is about no loan in particular.",
    )
    lead_id = fields.Many2one("crm.lead", "Application", index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one(related="customer_id.company_id", store=True, index=True, precompute=True)
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    partner_id = fields.Many2one(
        "res.partner",
        "Promised To",
        required=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "To Be Done By",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('share', '=', False)]",
        compute="_compute_user_id",
        inverse="_inverse_user_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Has the to-do. It goes to others with the duty: by a handover, or while somebody is away.",
    )
    promised_user_id = fields.Many2one(
        "res.users",
        "Promised By",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    promised_on = fields.Date(
        "Promised On", required=True, copy=False, default=lambda self: self.env.company._loan_today()
    )
    date_due = fields.Date("By When", required=True)
    has_hour = fields.Boolean("By an Hour", help="Otherwise until the day ends.")
    due_hour = fields.Float("Hour", help="On the clock chosen beside it.")
    clock = fields.Selection(
        [("lender", "The lender's clock"), ("customer", "The customer's clock")],
        "Whose Clock",
        required=True,
        default="lender",
    )
    tz = fields.Char("Time Zone", readonly=True, copy=False)
    grace_days = fields.Integer("Tolerance (Days)", readonly=True, copy=False, aggregator=None)
    shown = fields.Boolean(
        "On the Borrower's Page",
        default=True,
        help="Whom we promised it reads it there, and what became of it.",
    )
    state = fields.Selection(
        [
            ("open", "Still Open"),
            ("due", "Due by Now"),
            ("kept", "Kept"),
            ("late", "Done Late"),
            ("broken", "Broken"),
            ("replaced", "Put Off"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        group_expand=True,
        help="Set by the system alone: by what shows that it was done, and by the clock.",
    )
    is_undone = fields.Boolean("To Be Done", compute="_compute_is_undone", search="_search_is_undone")
    turns_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    days_left = fields.Integer("Days Left", compute="_compute_days_left")
    kept_share = fields.Float(
        "Share Kept",
        compute="_compute_kept_share",
        store=True,
        aggregator="avg",
        help="Of those decided, in time.",
    )
    # Where it was said.
    message_id = fields.Many2one(
        "mail.message", "Said in the Message", index="btree_not_null", copy=False, ondelete="set null"
    )
    interaction_id = fields.Many2one(
        "loan.interaction",
        "Said in the Talk",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
    )
    # What shows that it was done.
    evidence_message_id = fields.Many2one(
        "mail.message", "Shown by the Message", index="btree_not_null", copy=False, ondelete="set null"
    )
    evidence_interaction_id = fields.Many2one(
        "loan.interaction",
        "Shown by the Talk",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        domain="[('customer_id', '=', customer_id)]",
    )
    evidence_event_id = fields.Many2one(
        "loan.contract.event",
        "Shown by the Change of the Loan",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        domain="[('customer_id', '=', customer_id), ('state', '=', 'posted')]",
    )
    evidence_file = fields.Binary("Shown by the File", attachment=True, copy=False)
    evidence_filename = fields.Char(copy=False)
    evidence_note = fields.Char("Shown By", copy=False, help="For example: handed over at the counter.")
    evidence_told = fields.Char("How It Was Done", compute="_compute_evidence_told")
    done_at = fields.Datetime("Done At", readonly=True, copy=False)
    done_user_id = fields.Many2one(
        "res.users", "Noted as Done By", readonly=True, copy=False, ondelete="restrict"
    )
    # What took its place.
    replaces_id = fields.Many2one(
        "loan.commitment",
        "Instead Of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    replacements = fields.Integer(
        "Times Put Off",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Promises in a row that this one replaces.",
    )
    put_off_reason = fields.Char("Put Off Because", readonly=True, copy=False)
    told_message_id = fields.Many2one(
        "mail.message", "The Customer Was Told", readonly=True, copy=False, ondelete="set null"
    )
    withdraw_reason = fields.Char("Withdrawn Because", copy=False)
    withdrawn_user_id = fields.Many2one(
        "res.users", "Withdrawn By", readonly=True, copy=False, ondelete="restrict"
    )
    # The to-dos it led to.
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )
    lead_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _hour_of_a_day = models.Constraint(
        "CHECK (NOT has_hour OR (due_hour >= 0 AND due_hour < 24))", "An hour lies between 0:00 and 23:59."
    )
    _days_in_order = models.Constraint(
        "CHECK (date_due >= promised_on)", "The day cannot lie before the day it was promised on."
    )
    _withdrawn_with_reason = models.Constraint(
        "CHECK (state <> 'withdrawn' OR btrim(COALESCE(withdraw_reason, '')) <> '')",
        "Say why the commitment is withdrawn.",
    )
    _one_instead = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL", "This was put off already, to another day."
    )
    _one_todo = models.UniqueIndex(
        "(activity_id) WHERE activity_id IS NOT NULL", "This to-do stands for another promise."
    )
    # What the night looks for.
    _turns_idx = models.Index("(company_id, id, turns_at) WHERE state IN ('open', 'due')")

    # ------------------------------------------------------------ figures and words

    @api.model
    def _default_kind(self):
        return self.env["loan.commitment.kind"].search([], limit=1)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | _DERIVED

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # A word that was taken back has a reason, if only a dash.
        later = {**plan["later"], "name": "—", "evidence_file": None, "withdraw_reason": "—"}
        del later["tz"]  # says where a clock stands, and is what it was judged by
        return {**plan, "later": later}

    @api.depends("contract_id")
    def _compute_customer_id(self):
        for word in self:
            word.customer_id = word.contract_id.customer_id or word.customer_id

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for word in self:
            word.partner_id = word.partner_id or word.contract_id.partner_id or word.customer_id.partner_id

    @api.depends("activity_id.user_id")
    def _compute_user_id(self):
        for word in self:
            word.user_id = word.activity_id.user_id or word.user_id or word._default_owner()

    def _default_owner(self):
        """Return who does it unless somebody is named: who promises it, or of what a job notes, who acts."""
        user = self.env.user
        return self.customer_id.acting_user_id or user if user._is_superuser() else user

    def _inverse_user_id(self):
        for word in self:
            todo = word.activity_id
            if todo.active and todo.user_id != word.user_id:
                word._check_owner()
                # As superuser: who may write the promise gives its to-do.
                todo.sudo().with_context(mail_activity_quick_update=True).user_id = word.user_id

    @api.depends("state")
    def _compute_kept_share(self):
        for word in self:
            word.kept_share = float(word.state == "kept")

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "kept_share:avg":
            # What is open, was put off or taken back was neither kept nor not.
            return SQL(
                "AVG(CASE WHEN %(state)s = 'kept' THEN 1 WHEN %(state)s IN ('late', 'broken') THEN 0 END)::float",
                state=self._field_to_sql(self._table, "state", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    @api.model
    def _undone_domain(self):
        """Return what is still to be done: what is open or due, and what was broken while somebody has the to-do."""
        return Domain("state", "in", commitments.OPEN) | (
            Domain("state", "=", "broken") & Domain("activity_id.active", "=", True)
        )

    @api.depends("state", "activity_id.active")
    def _compute_is_undone(self):
        for word in self:
            word.is_undone = word.state in commitments.OPEN or (
                word.state == "broken" and word.activity_id.active
            )

    def _search_is_undone(self, operator, value):
        return self._undone_domain() if operator == "in" else NotImplemented

    @api.depends("date_due", "company_id")
    def _compute_days_left(self):
        for word in self:
            today = (word.company_id or self.env.company)._loan_today()
            word.days_left = (word.date_due - today).days if word.date_due else 0

    @api.depends("name", "date_due", "has_hour", "due_hour", "customer_id.name")
    @api.depends_context("lang", "commitment_with_customer")
    def _compute_display_name(self):
        for word in self:
            if not word.name or not word.date_due:
                word.display_name = self.env._("New Commitment")
                continue
            word.display_name = self.env._("%(what)s by %(when)s", what=word.name, when=word._when_told())
            if self.env.context.get("commitment_with_customer"):
                word.display_name = f"{word.customer_id.name} · {word.display_name}"

    def _when_told(self):
        """Return by when, in words: the day, and the hour where it matters."""
        day = format_date(self.env, self.date_due)
        return f"{day}, {self._at():%H:%M}" if self.has_hour else day

    @api.depends(
        "done_at",
        "evidence_message_id",
        "evidence_interaction_id",
        "evidence_event_id",
        "evidence_filename",
        "evidence_note",
    )
    @api.depends_context("lang", "tz", "uid")
    def _compute_evidence_told(self):
        for word in self:
            if not word.done_at:
                word.evidence_told = False
                continue
            message_sudo = word.evidence_message_id.sudo()  # who wrote it is told to who may see the promise
            parts = (
                format_datetime(self.env, word.done_at, dt_format="short"),
                word.done_user_id.sudo().name,  # as superuser: the name of a colleague is no secret
                message_sudo
                and self.env._(
                    "message of %(who)s", who=message_sudo.author_id.name or message_sudo.email_from or ""
                ),
                word.evidence_interaction_id.display_name,
                word.evidence_event_id.display_name,
                word.evidence_filename,
                word.evidence_note,
            )
            word.evidence_told = " · ".join(part for part in parts if part)

    @api.onchange("kind_id")
    def _onchange_kind_id(self):
        if self.kind_id:
            self.shown = self.kind_id.shown
            if not self.date_due:
                company = self.customer_id.company_id or self.env.company
                self.date_due = company._loan_today() + timedelta(self.kind_id.days)

    @api.constrains("customer_id", "contract_id", "case_id")
    def _check_belongs_together(self):
        for word in self:
            case_sudo = word.case_id.sudo()  # as superuser: whose case it is, is the case's to say
            if case_sudo.customer_id and case_sudo.customer_id != word.customer_id:
                raise ValidationError(self.env._("The case is another customer's."))
            if word.contract_id and word.contract_id.customer_id != word.customer_id:
                raise ValidationError(
                    self.env._("The customer and the loan of a commitment must belong together.")
                )

    @api.constrains("date_due", "promised_on")
    def _check_days(self):
        for word in self:
            today = word.company_id._loan_today()
            if word.promised_on > today:
                raise ValidationError(self.env._("What is not promised yet is noted when it is."))
            if word.date_due > today + timedelta(commitments.FARTHEST_DAYS):
                raise ValidationError(self.env._("Promise a day within a year."))

    # ------------------------------------------------------------ promising

    @api.model_create_multi
    def create(self, vals_list):
        words = super().create(vals_list)
        if not self.env.su:
            words._check_owner()
        # As superuser: what a promise leads to, nobody enters.
        words.sudo()._begin()
        return words

    def _check_owner(self):
        """Refuse an owner who may not see what is promised: a to-do tells a name to whoever gets it."""
        for word in self:
            user = word.user_id
            if not (user.active and word._place()._loan_seen_by(user)):
                raise UserError(
                    self.env._(
                        "%s does not see this customer. Choose somebody who looks after them.",
                        user.sudo().name,  # as superuser: the name of a colleague is no secret
                    )
                )

    def _begin(self):
        """Let new promises take effect: the clock they are judged by, the to-do, the line where it was said."""
        for word in self:
            customer_tz = word.partner_id.tz or word.customer_id.tz
            lender_tz = word.company_id.loan_tz or "UTC"
            word.write(
                {
                    "tz": customer_tz if word.clock == "customer" and customer_tz else lender_tz,
                    "grace_days": word.company_id.loan_commitment_grace_days,
                }
            )
        self._judge()
        self._tell("made")
        self._give_todos()

    def _place(self):
        """Return what its to-do and its lines stand on: the case, the loan, or the customer."""
        self.ensure_one()
        return self.case_id or self.contract_id or self.customer_id

    @api.model
    def _is_giving(self):
        """Tell whether a to-do that is being made stands for a promise that is in the ledger already."""
        return self.env.context.get("loan_giving") is _GIVING

    def _give_todos(self):
        """Give each promise that nobody has as a to-do to its owner, or to who acts where that one sees it no more."""
        kind = self.env.ref(_TODO, raise_if_not_found=False)
        without = self.filtered(
            lambda word: (
                word.state in (*commitments.OPEN, "broken") and not (word.done_at or word.activity_id.active)
            )
        )
        if not kind or not without:
            return
        giving = self.env["mail.activity"].with_context(loan_giving=_GIVING, mail_activity_quick_update=True)
        for word in without:
            place = word._place()
            line = (word.user_id, word.customer_id.acting_user_id, word.customer_id.team_id.user_id)
            user = next(
                (user for user in line if user.active and place._loan_seen_by(user)),
                None,
            )
            word.activity_id = giving.create(
                {
                    "res_model_id": self.env["ir.model"]._get_id(place._name),
                    "res_id": place.id,
                    "activity_type_id": kind.id,
                    "summary": word.name,
                    "date_deadline": word.date_due,
                    "user_id": user.id if user else False,
                }
            )

    @api.model
    def _adopt(self, activities):
        """Put on record what was promised by planning a to-do of the kind “Promised to the Customer”.

        :param activities: `mail.activity` that have just been made
        """
        if self._is_giving():
            return
        kind = self.env.ref(_TODO, raise_if_not_found=False)
        promised = activities.filtered(
            lambda todo: (
                kind
                and todo.activity_type_id == kind
                and todo.active
                and todo.res_model in ("loan.customer", "loan.contract")
            )
        )
        if not promised or not (kind_id := self._default_kind_id()):
            return
        # As superuser: whoever may plan the to-do has promised it; an import of to-dos may name nobody.
        words_sudo = self.sudo()
        vals_list = []
        for todo in promised.sudo():
            place = self.env[todo.res_model].sudo().browse(todo.res_id)  # as above
            company = place.company_id
            vals_list.append(
                {
                    "name": todo.summary or kind.name,
                    "customer_id": (place if place._name == "loan.customer" else place.customer_id).id,
                    "contract_id": place.id if place._name == "loan.contract" else False,
                    "promised_on": min(company._loan_today(), todo.date_deadline),
                    "date_due": todo.date_deadline,
                    "user_id": (todo.user_id or self.env.user).id,
                    "activity_id": todo.id,
                    "kind_id": kind_id,
                    "shown": False,  # planned among colleagues: nobody has said that the borrower may read the words
                }
            )
        words_sudo.create(vals_list)

    @api.model
    def _default_kind_id(self):
        known = self.env.ref("loan_crm.loan_commitment_kind_other", raise_if_not_found=False)
        return (known or self._default_kind()).id

    # ------------------------------------------------------------ from a message or a talk

    @api.model
    def action_from_message(self, message_id):
        """Return the form that puts on record what a message promises, filled in from its words.

        :param int message_id: of a `mail.message` on a customer, a loan, an application or a request
        :raise UserError: where it is about no customer
        """
        self.check_access("create")
        message = self.env["mail.message"].browse(message_id)
        message.check_access("read")
        record = self.env[message.model].browse(message.res_id) if message.model in self.env else None
        where = self._where_told(record) if record is not None else {}
        if not where:
            raise UserError(self.env._("This message is about no customer. Open the customer's page."))
        words = " ".join(html2plaintext(message.body or "").split())
        return self._action_new({**where, **self._read_words(words, where), "message_id": message.id})

    @api.model
    def _where_told(self, record):
        """Return the defaults of a promise that was made on a record: whose it is and which loan it is about.

        :param record: of any model
        :return: a dict, empty where no customer is behind it
        """
        record.check_access("read")
        if record._name == "loan.customer":
            return {"customer_id": record.id}
        if record._name == "loan.contract":
            return {"customer_id": record.customer_id.id, "contract_id": record.id}
        if record._name == "crm.lead":
            customer = record._loan_borrowers_seen()[:1]
            return {"customer_id": customer.id, "lead_id": record.id} if customer else {}
        if "customer_id" in record._fields and record._fields["customer_id"].comodel_name == "loan.customer":
            where = {"customer_id": record.customer_id.id, "contract_id": False}
            if "contract_id" in record._fields:
                where["contract_id"] = record.contract_id.id
            if record._name == "loan.case":
                where["case_id"] = record.id
            return where if record.customer_id else {}
        return {}

    @api.model
    def _read_words(self, words, where):
        """Return the defaults that follow from what was said: in short what, and by when.

        :param str words: plain text
        :param dict where: see `_where_told`
        """
        customer = self.env["loan.customer"].browse(where["customer_id"])
        today = customer.company_id._loan_today()
        found = commitments.guess(words, today)
        vals = {"name": words[:117] + "…" if len(words) > 118 else words}
        if found.day:
            vals["date_due"] = found.day
        if found.at:
            vals.update(has_hour=True, due_hour=found.at.hour + found.at.minute / 60)
        return vals

    @api.model
    def _action_new(self, vals):
        """Return the action that opens the form of a new promise.

        :param dict vals: its defaults
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_commitment_action")
        action.update(
            name=self.env._("We Promise"),
            views=[(self.env.ref("loan_crm.loan_commitment_view_form").id, "form")],
            target="new",
            context={f"default_{name}": value for name, value in vals.items() if value},
        )
        return action

    # ------------------------------------------------------------ judging

    def _at(self):
        minutes = min(round(self.due_hour * 60), 24 * 60 - 1)
        return time(minutes // 60, minutes % 60)

    def _as_word(self):
        """Read the promise into a core value."""
        self.ensure_one()
        return commitments.Word(
            self.date_due, ZoneInfo(self.tz or "UTC"), self._at() if self.has_hour else None, self.grace_days
        )

    def _judge(self):
        """Decide by evidence and clock what has become of these promises, whatever was decided before.

        Called as superuser.

        :return: those whose status changed
        """
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        wanted = {}
        for word in self:
            if word.state in ("replaced", "withdrawn"):
                continue
            done = word.done_at and word.done_at.replace(tzinfo=timezone.utc)
            verdict = commitments.judge(word._as_word(), done or None, now)
            turns = verdict.turns and verdict.turns.replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)
            if word.turns_at != (turns or False):
                word.turns_at = turns
            if verdict.state != word.state:
                wanted[word] = verdict.state
        changed = self.browse(word.id for word in wanted)
        for state, words in changed.grouped(wanted.get).items():
            words._move_to(state)
            if state in commitments.DECIDED:
                words._tell(state)
        broken = changed.filtered(lambda word: word.state == "broken")
        broken._tell_lead()
        self.env["loan.recovery.plan"]._open_for_words(broken)
        changed.filtered(lambda word: word.state in ("kept", "late")).lead_activity_id.filtered(
            "active"
        ).unlink()
        return changed

    def _tell_lead(self):
        """Ask the team's lead to look at what was broken; told once."""
        waiting = self.filtered(lambda word: not word.lead_activity_id)
        for word in waiting:
            place = word._place()
            user = word.customer_id.team_id.user_id
            if not (user.active and place._loan_seen_by(user)):
                continue
            told = word.with_context(lang=user.lang or self.env.lang)
            word.lead_activity_id = place.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=word.company_id._loan_today(),
                summary=told.env._("We broke our word: %s", told.display_name),
                note=Markup("<p>%s</p>")
                % told.env._("%s was to do it. Make good what can be made good.", word.user_id.name),
                user_id=user.id,
            )

    def _settle(self, moment, user=None, **evidence):
        """Note that these were done, and judge them by it; what is settled already stays as it is.

        Called as superuser.

        :param datetime moment: when, naive and in UTC
        :param user: `res.users` who noted it
        :param evidence: values of the fields that show it
        """
        # What was done is done, however long ago it was broken; what was put off or taken back is nobody's any more.
        words = self.filtered(lambda word: not word.done_at and word.state in (*commitments.OPEN, "broken"))
        words = words - self.search([("replaces_id", "in", words.ids)]).replaces_id
        if not words:
            return
        words.write({"done_at": moment, "done_user_id": (user or self.env.user).id, **evidence})
        words._judge()
        for word in words:
            if word.activity_id.active:
                word.activity_id.action_feedback(feedback=word.evidence_told or False)

    @api.model
    def _settle_by_todos(self, activities, messages):
        """Note what was promised as done whose to-do was marked as done; the message of it is what shows it.

        :param activities: `mail.activity`, in the order their messages were posted in
        :param messages: `mail.message`
        """
        # As superuser: who may do the to-do has kept the word.
        words_sudo = self.sudo().search([("activity_id", "in", activities.ids), ("done_at", "=", False)])
        if not words_sudo:
            return
        left = list(messages.sudo())
        for word_sudo in words_sudo.sorted(lambda word: activities.ids.index(word.activity_id.id)):
            todo = word_sudo.activity_id
            found = next(
                (
                    message
                    for message in left
                    if (message.model, message.res_id) == (todo.res_model, todo.res_id)
                    and message.mail_activity_type_id == todo.activity_type_id
                ),
                self.env["mail.message"],
            )
            if found:
                left.remove(found)
            word_sudo._settle(fields.Datetime.now(), evidence_message_id=found.id)

    @api.model
    def _settle_by_talks(self, talks):
        """Note calls that were promised as done: somebody of ours reached them.

        :param talks: `loan.interaction` that have just been noted
        """
        reached = talks.filtered(lambda talk: talk.reached and talk.direction == "out")
        if not reached:
            return
        # As superuser: that a call was made is seen, whoever promised it.
        words_sudo = self.sudo().search(
            Domain("customer_id", "in", reached.customer_id.ids)
            & Domain("kind_id.settled_by", "=", "talk")
            & Domain("done_at", "=", False)
            & Domain("state", "in", (*commitments.OPEN, "broken")),
        )
        for word_sudo in words_sudo:
            talk = reached.filtered(
                lambda talk, word=word_sudo: (
                    talk.customer_id == word.customer_id
                    and talk.contract_id in (word.contract_id, talk.contract_id.browse())
                    and talk.date >= word._begun_at()
                    and talk != word.interaction_id
                )
            ).sorted("date")[:1]
            if talk:
                word_sudo._settle(talk.date, talk.user_id, evidence_interaction_id=talk.id)

    @api.model
    def _settle_by_events(self, events):
        """Note discounts that were promised as given: the loan has a lower rate.

        :param events: `loan.contract.event` that have just been posted
        """
        lower = events.filtered(
            lambda event: (
                event.kind in ("rate", "restructure")
                and (event.kind == "rate" or event.changes_rate)
                and not event.reference_value_id  # a floating rate moves by itself
                and event.yearly_rate < self._rate_before(event)
            )
        )
        if not lower:
            return
        # As superuser: that the rate is lower is seen, whoever promised it.
        words_sudo = self.sudo().search(
            Domain("contract_id", "in", lower.contract_id.ids)
            & Domain("kind_id.settled_by", "=", "rate")
            & Domain("done_at", "=", False)
            & Domain("state", "in", (*commitments.OPEN, "broken")),
        )
        for word_sudo in words_sudo:
            event = lower.filtered(lambda event, word=word_sudo: event.contract_id == word.contract_id)[:1]
            word_sudo._settle(fields.Datetime.now(), evidence_event_id=event.id)

    @api.model
    def _rate_before(self, event):
        """Return the yearly rate that held until a change, in percent."""
        if event.kind == "rate":
            return event.rate_before
        contract_sudo = event.contract_id.sudo()  # as superuser: the rates are the loan's own
        before = [rate for since, rate in contract_sudo._rates() if since < event.date]
        return before[-1] if before else contract_sudo.yearly_rate

    @api.model
    def _unsettle_by_events(self, events):
        """Judge anew what was shown by changes of a loan that have been taken back.

        :param events: `loan.contract.event`
        """
        # As superuser: what follows from it, nobody enters.
        words_sudo = self.sudo().search([("evidence_event_id", "in", events.ids)])
        words_sudo.write({"done_at": False, "done_user_id": False, "evidence_event_id": False})
        words_sudo._judge()
        words_sudo._give_todos()

    # ------------------------------------------------------------ the night

    @api.model
    def _night_commitment(self, night):
        """Judge what the clock has turned: due today, or broken.

        :param night: `loan.night`
        :return: how many were looked at, 0 when nothing is left
        """
        waiting = self.search(
            self._turned_domain(night.company_id) & Domain("id", ">", night._stand("commitments", 0)),
            order="id",
            limit=_BATCH,
        )
        if waiting:
            night._apart("commitment", waiting, lambda words: words._turn_over())
            night._note_stand(commitments=waiting[-1].id)
        return len(waiting)

    @api.model
    def _turn(self, company):
        """Judge, within the hour, what was promised by an hour; the rest turns with the night.

        :param company: `res.company`
        """
        waiting = self.search(
            self._turned_domain(company) & Domain("has_hour", "=", True), order="turns_at, id", limit=_BATCH
        )
        for word in waiting:
            try:
                with self.env.cr.savepoint():
                    word._turn_over()
            except Exception:
                # The night tells of it, and leaves it aside; here it must not keep the others waiting.
                _logger.exception("Commitment %s could not be judged", word.id)
        if waiting:
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _turned_domain(self, company):
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", commitments.OPEN)
            & Domain("turns_at", "<=", fields.Datetime.now())
        )

    def _turn_over(self):
        """Judge these, and give those that nobody has any more to somebody."""
        self._judge()
        self._give_todos()
        return self

    # ------------------------------------------------------------ by hand

    def write(self, vals):
        if not self.env.su:
            allowed = {
                "user_id",
                "shown",
                "state",
                "withdraw_reason",
            } | _EVIDENCE  # whose state? its mixin asks
            if vals.keys() - allowed:
                raise AccessError(
                    self.env._(
                        "What was promised does not change. Put it off to another day, or withdraw it."
                    )
                )
            if vals.keys() & (_EVIDENCE | {"withdraw_reason"}) and any(
                word.done_at or word.state in ("replaced", "withdrawn") for word in self
            ):
                raise AccessError(self.env._("What became of it stands as it was noted."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "What we promised is kept on record, whatever became of it. Withdraw what was wrong."
                )
            )

    @api.model
    def _allowed_moves(self):
        judged = (*commitments.OPEN, *commitments.DECIDED)
        return (
            super()._allowed_moves()
            | {(start, end) for start in judged for end in judged if start != end}
            | {(start, end) for start in commitments.OPEN for end in ("replaced", "withdrawn")}
        )

    def action_keep(self):
        """Note that these were done, by the evidence that stands in the form; it is judged by the evidence's moment."""
        self.check_access("write")
        for word in self:
            if word.done_at:
                raise UserError(self.env._("%s is done already.", word.display_name))
            moment = word._shown_at()
            # As superuser: when it was done is what the evidence says, nobody enters it.
            word.sudo()._settle(moment, self.env.user)
        return True

    def _shown_at(self):
        """Return when the evidence in the form says that it was done, naive and in UTC.

        :raise UserError: without any, or where it was before it was promised or is about somebody else
        """
        self.ensure_one()
        # As superuser: where it stands; who may read it was asked when it was chosen.
        message_sudo = self.evidence_message_id.sudo()
        moments = []
        if message_sudo:
            moments.append(message_sudo.date)
            self._check_message(message_sudo)
        if talk := self.evidence_interaction_id:
            moments.append(talk.date)
            if talk.customer_id != self.customer_id:
                raise UserError(self.env._("The talk was with somebody else."))
        if event := self.evidence_event_id:
            moments.append(fields.Datetime.now())
            if event.customer_id != self.customer_id or event.state != "posted":
                raise UserError(self.env._("This change is not in force on a loan of this customer."))
        if self.evidence_file or (self.evidence_note or "").strip():
            moments.append(fields.Datetime.now())
        if not moments:
            raise UserError(
                self.env._(
                    "Say what shows that it was done: a message, a talk, a file, or in a few words how."
                )
            )
        if min(moments) < self._begun_at():
            raise UserError(self.env._("What shows it was before it was promised."))
        return min(moments)

    def _begun_at(self):
        """Return when the day begins on which it was promised, naive and in UTC."""
        return commitments.moment(self.promised_on, time(), ZoneInfo(self.tz or "UTC")).replace(tzinfo=None)

    def _check_message(self, message_sudo):
        """Refuse a message that does not stand with this customer."""
        place = (
            self.env[message_sudo.model].sudo().browse(message_sudo.res_id) if message_sudo.model else None
        )
        where = self._where_told(place) if place is not None and place.exists() else {}
        if where.get("customer_id") != self.customer_id.id:
            raise UserError(self.env._("This message is about somebody else than the customer."))

    def action_withdraw(self):
        """Take back what was no promise, or is not wanted any more; the reason stands in the form."""
        self.check_access("write")
        if not all((word.withdraw_reason or "").strip() for word in self):
            raise UserError(self.env._("Say under “Withdrawn Because” why it is withdrawn."))
        words_sudo = self.sudo()  # who withdrew it is noted, not entered
        words_sudo._move_to("withdrawn")
        words_sudo.withdrawn_user_id = self.env.user
        words_sudo.activity_id.filtered("active").unlink()
        words_sudo._tell("withdrawn")
        return True

    def action_put_off(self):
        """Open the form that names another day, says why, and tells the customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_commitment_postpone_action")
        action["context"] = {"default_commitment_id": self.id}
        return action

    def _check_may_put_off(self):
        """Refuse what is done, and a third time in a row unless a team lead agrees."""
        self.ensure_one()
        if self.state not in (*commitments.OPEN, "broken") or self.done_at:
            raise UserError(self.env._("%s is decided: there is nothing to put off.", self.display_name))
        if self.replacements >= _PUT_OFF and not (
            self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
        ):
            raise UserError(
                self.env._(
                    "%s was put off twice already. A third time is for a team lead to agree to.",
                    self.display_name,
                )
            )

    def _put_off(self, day, reason, at=None, message=None):
        """Promise another day instead; one that is broken already stays broken.

        :param date day: from today on
        :param str reason: why
        :param at: hour of the day, a float, or None: until the day ends
        :param message: `mail.message` by which the customer was told, or None: a colleague has told them
        :return: the promise that takes its place
        :raise UserError: where it is decided, without a reason, or for a day that has passed
        """
        self.check_access("write")
        self._wait_for_lock()
        self._check_may_put_off()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it is put off."))
        if day < self.company_id._loan_today():
            raise UserError(self.env._("This day has passed. Promise one that is to come."))
        before_sudo = self.sudo()  # as superuser: what takes whose place is noted, not entered
        if before_sudo.state in commitments.OPEN:
            before_sudo._move_to("replaced")
        before_sudo.activity_id.filtered("active").unlink()
        made_sudo = before_sudo.create(
            {
                "name": self.name,
                "kind_id": self.kind_id.id,
                "customer_id": self.customer_id.id,
                "contract_id": self.contract_id.id,
                "lead_id": self.lead_id.id,
                "case_id": self.case_id.id,
                "partner_id": self.partner_id.id,
                "user_id": self.user_id.id,
                "promised_on": self.company_id._loan_today(),
                "promised_user_id": self.env.uid,
                "date_due": day,
                "has_hour": at is not None,
                "due_hour": at or 0.0,
                "clock": self.clock,
                "shown": self.shown,
                "message_id": message.id if message else False,
                "told_message_id": message.id if message else False,
                "replaces_id": self.id,
                "replacements": self.replacements + 1,
                "put_off_reason": reason.strip(),
            }
        )
        return made_sudo.with_env(self.env)

    def _tell(self, what):
        """Note where it stands what became of these promises.

        :param str what: `made`, or a status
        """
        texts = {
            "made": self.env._("We promised by %(when)s: %(what)s (to be done by %(who)s)"),
            "kept": self.env._("We kept our word of %(when)s: %(what)s"),
            "late": self.env._("Done, but after the day we had promised, %(when)s: %(what)s"),
            "broken": self.env._("We broke our word of %(when)s: %(what)s"),
            "withdrawn": self.env._("What we promised by %(when)s is withdrawn: %(what)s. %(reason)s"),
        }
        lines = {}
        for word in self:
            told = texts[what] % {
                "what": word.name,
                "when": word._when_told(),
                "who": word.user_id.name,
                "reason": word.withdraw_reason or "",
            }
            if what == "made" and word.put_off_reason:
                told = self.env._(
                    "%(line)s. Put off from %(day)s because: %(reason)s",
                    line=told,
                    day=word.replaces_id._when_told(),
                    reason=word.put_off_reason,
                )
            lines.setdefault(word._place(), []).append(told)
        for name in ("loan.customer", "loan.contract", "loan.case"):
            bodies = {
                place.id: Markup("<br/>").join(told) for place, told in lines.items() if place._name == name
            }
            if bodies:
                self.env[name].browse(bodies)._message_log_batch(bodies=bodies)

    # ------------------------------------------------------------ screens

    def action_open_customer(self):
        return self._action_open_record(self.customer_id)

    def action_open_contract(self):
        return self._action_open_record(self.contract_id)

    def action_open_source(self):
        """Open where it was said."""
        self.ensure_one()
        message_sudo = self.message_id.sudo()  # only where it stands; who may open that is asked there
        if self.interaction_id:
            return self._action_open_record(self.interaction_id)
        return self._action_open_record(self.env[message_sudo.model].browse(message_sudo.res_id))

    @api.model
    def _action_open_record(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------ the borrower's page

    @api.model
    def _promised_to(self, contract, partner):
        """Return what somebody reads on the page of a loan of what we promised them, in the context's language.

        :param contract: `loan.contract`
        :param partner: `res.partner` who looks
        :return: a list of dicts with `what`, `note`, and whether it is `late` or `done`
        """
        since = fields.Datetime.now() - timedelta(_PAGE_DAYS)
        words = self.search(
            Domain("partner_id", "=", partner.id)
            & Domain("customer_id", "=", contract.customer_id.id)
            & Domain("contract_id", "in", (contract.id, False))
            & Domain("shown", "=", True)
            & (
                self._undone_domain()
                | Domain("state", "in", ("kept", "late")) & Domain("done_at", ">=", since)
            ),
            order="date_due, id",
        )
        return [word._page_row() for word in words]

    def _page_row(self):
        day = self.contract_id._long_day(self.date_due)
        if self.has_hour:
            day = self.env._("%(day)s, %(hour)s", day=day, hour=f"{self._at():%H:%M}")
        done = self.done_at and self.contract_id._long_day(
            self.done_at.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.tz or "UTC")).date()
        )
        notes = {
            "open": self.env._("by %s", day),
            "due": self.env._("by %s", day),
            "broken": self.env._("We had promised it by %s. We are sorry that it is late.", day),
            "kept": self.env._("done on %s", done),
            "late": self.env._("done on %(done)s, later than we had promised (%(day)s)", done=done, day=day),
        }
        return {
            "what": self.name,
            "note": notes[self.state],
            "late": self.state == "broken",
            "done": self.state in ("kept", "late"),
        }
