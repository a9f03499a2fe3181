from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime, html2plaintext, is_html_empty

from ..core import cases

# So long whoever noted a talk may still mend it; then it stands, and what a lead corrects is told on it.
_OWN_FOR = timedelta(days=1)
# Clocks differ: so much ahead of ours a talk may have been.
_AHEAD = timedelta(minutes=5)
# Where a to-do that a talk settles may stand.
_PLACES = ("loan.customer", "loan.contract", "loan.hardship")


class LoanInteraction(models.Model):
    """A talk with a customer that a person notes: a call, a visit, a chat. Begins when it is saved, and stays.

    It says when, how, who began, whether they were reached, and what was said; a next step becomes an activity in
    the same go, and a to-do that it settles is done with it. Its writer may mend it for a day. An outgoing one
    counts for how often the person may be contacted, as a call activity that is done does; one that settles such an
    activity counts once.
    """

    _name = "loan.interaction"
    _inherit = ["loan.about.mixin", "loan.case.source.mixin", "loan.access.mixin", "mail.thread"]
    _description = "Call or Visit"
    _order = "date desc, id desc"
    _rec_names_search = ["customer_id.name", "contract_id.name", "partner_id.name", "note"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note

    contract_id = fields.Many2one(help="Leave empty where the talk was about no loan in particular.")
    type_id = fields.Many2one(
        "loan.interaction.type",
        "How",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self._default_type(),
        help="A call, a visit, a chat: the figures count by it.",
    )
    channel = fields.Selection(related="type_id.channel", store=True, string="Channel")
    date = fields.Datetime("When", required=True, default=fields.Datetime.now, tracking=True)
    minutes = fields.Integer(
        "Minutes", aggregator="sum", tracking=True, help="How long it took. 0: not noted."
    )
    direction = fields.Selection(
        [("out", "We contacted them"), ("in", "They contacted us")],
        "Who Began",
        required=True,
        compute="_compute_direction",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="What is outgoing counts for how often a customer may be contacted.",
    )
    reached = fields.Boolean(
        default=True, tracking=True, help="No: it rang and nobody answered, or nobody was at home."
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Spoke With",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    note = fields.Html("What Was Said")
    user_id = fields.Many2one(
        "res.users",
        "Noted By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        copy=False,
        default=lambda self: self.env.user,
    )
    noted_at = fields.Datetime(
        "Noted At", required=True, readonly=True, copy=False, default=fields.Datetime.now
    )
    next_step = fields.Char("Next Step", copy=False, help="Becomes an activity on the day you name.")
    next_date = fields.Date("On", copy=False, help="The next step becomes a to-do on this day.")
    next_user_id = fields.Many2one(
        "res.users",
        "By",
        copy=False,
        ondelete="set null",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
        help="Who gets the to-do. Empty: you.",
    )
    next_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )
    # The to-do that was settled by it, and the message Odoo left of that: the two are one contact.
    activity_id = fields.Many2one(
        "mail.activity",
        "Settles",
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The to-do that is done with this talk; it is ticked off when you save.",
    )
    message_id = fields.Many2one(
        "mail.message",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _minutes_sensible = models.Constraint(
        "CHECK (minutes BETWEEN 0 AND 1440)", "A talk lasts between no minute and a day."
    )
    _step_has_day = models.Constraint(
        "CHECK ((next_date IS NULL) = (COALESCE(btrim(next_step), '') = ''))",
        "A next step needs a day, and a day needs a next step.",
    )
    # What a timeline walks along, and what counts the contacts of the last days.
    _customer_date_idx = models.Index("(customer_id, date DESC, id DESC)")
    _partner_date_idx = models.Index("(partner_id, date) WHERE direction = 'out'")

    # What was told. Nobody but its writer, and a lead, touches it.
    _TOLD = frozenset({"type_id", "date", "minutes", "direction", "reached", "partner_id", "note"})
    # What stays as it was saved.
    _KEPT = frozenset(
        {
            "customer_id",
            "contract_id",
            "user_id",
            "noted_at",
            "activity_id",
            "message_id",
            "next_step",
            "next_date",
            "next_user_id",
            "next_activity_id",
        }
    )

    @api.model
    def _default_type(self):
        return self.env["loan.interaction.type"].search([], limit=1)

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for talk in self:
            talk.partner_id = talk.partner_id or talk.customer_id.partner_id

    @api.depends("type_id")
    def _compute_direction(self):
        for talk in self:
            talk.direction = talk.type_id.direction or "out"

    @api.depends("type_id", "date")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        for talk in self:
            talk.display_name = (
                f"{talk.type_id.name} · {format_datetime(self.env, talk.date, dt_format='short')}"
                if talk.type_id and talk.date
                else self.env._("New Call or Visit")
            )

    @api.constrains("date")
    def _check_date(self):
        for talk in self:
            if talk.date > fields.Datetime.now() + _AHEAD:
                raise ValidationError(
                    self.env._("This talk has not been yet. Plan it as an activity, and note it afterwards.")
                )

    # ------------------------------------------------------------ noting one

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"noted_at", "message_id", "next_activity_id"}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                vals["user_id"] = self.env.uid  # whose word it is, nobody enters
        # Nobody follows a note: who looks after the customer finds it, and who once did gets no mail of it.
        talks = super(LoanInteraction, self.with_context(mail_create_nosubscribe=True)).create(vals_list)
        talks = talks.with_env(self.env)
        for talk in talks:
            talk._settle()
            talk._plan_next_step()
        talks._note_first_contacts()
        self.env["loan.commitment"]._settle_by_talks(talks)
        self.env["loan.recovery.call"]._end_by_talks(talks)
        self.env["loan.case"]._end_calls_by_talks(talks)
        return talks

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        return {**plan, "later": {**plan["later"], "next_date": None}}  # a day without a step is none

    def _settle(self):
        """Mark the to-do as done that this talk settles."""
        if not self.activity_id:
            return
        if not self._is_place_of_ours(self.activity_id):
            raise UserError(
                self.env._("This to-do is about something else than the customer you spoke with.")
            )
        if not self.activity_id.active:
            raise UserError(self.env._("This to-do was done before."))
        said = html2plaintext(self.note or "").strip() or self.display_name
        message_id = self.activity_id.action_feedback(feedback=said)
        talk_sudo = self.sudo()  # what Odoo left of it, nobody enters
        talk_sudo.message_id = message_id

    def _is_place_of_ours(self, activity):
        """Tell whether an activity stands on this customer, on a loan of theirs or on a hardship request."""
        activity_sudo = activity.sudo()  # where it stands, whoever may open it
        if activity_sudo.res_model not in _PLACES:
            return False
        place = self.env[activity_sudo.res_model].browse(activity_sudo.res_id)
        if not place.has_access("read"):
            return False
        return self.customer_id == (place if place._name == "loan.customer" else place.customer_id)

    def _plan_next_step(self):
        """Make an activity of what was agreed on."""
        if not self.next_date:
            return
        user = self.next_user_id or self.env.user
        place = self.contract_id or self.customer_id
        # A to-do tells a name to whoever gets it.
        if not (
            user.active and place.with_user(user).with_context(allowed_company_ids=[]).has_access("read")
        ):
            raise UserError(
                self.env._("%s does not see this customer. Choose somebody who looks after them.", user.name)
            )
        talk_sudo = self.sudo()  # what follows from it, nobody enters; the desk may not write loans
        place_sudo = place.sudo().with_context(mail_activity_quick_update=user == self.env.user)
        talk_sudo.next_activity_id = place_sudo.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.next_date,
            summary=self.next_step.strip(),
            user_id=user.id,
        )

    def _note_first_contacts(self):
        for talk in self.filtered("reached"):
            talk.customer_id._note_first_contact(talk.date, talk.type_id.channel, talk.user_id)

    def _prepare_case_vals(self):
        said = html2plaintext(self.note or "", include_references=False).strip()
        ways = ("phone", "visit", "message", "branch")
        return {
            "subject": cases.headline(said) or self.display_name,
            "words": said,
            "customer_id": self.customer_id.id,
            "contract_id": self.contract_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "channel": self.channel if self.channel in ways else "other",
        }

    # ------------------------------------------------------------ mending one

    def _is_mine_still(self):
        """Tell whether the user noted this talk, and not longer ago than a day."""
        self.ensure_one()
        return self.user_id == self.env.user and fields.Datetime.now() <= self.noted_at + _OWN_FOR

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if vals.keys() & self._KEPT:
            raise AccessError(
                self.env._(
                    "Whom a talk was with, who noted it and what follows from it stay as they were saved."
                )
            )
        if vals.keys() & self._TOLD:
            self._check_may_mend()
        said = {talk: talk.note for talk in self} if "note" in vals else {}
        result = super().write(vals)
        for talk, before in said.items():
            if before != talk.note and not is_html_empty(before):
                talk._message_log(
                    body=Markup("<p>%s</p><blockquote>%s</blockquote>")
                    % (self.env._("What was said has been corrected. Before, it read:"), before)
                )
        return result

    def _check_may_mend(self):
        if self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        if others := self.filtered(lambda talk: not talk._is_mine_still()):
            raise AccessError(
                self.env._(
                    "%s stands as it was noted: its writer could mend it for a day. Leave a note on it, or ask "
                    "your team lead to correct it.",
                    others[0].display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("What was said stays on record."))

    @api.model
    def _open_activities(self, record):
        """Return the user's own open calls on a customer or a loan, the one that waits longest first."""
        return self.env["mail.activity"].search(
            Domain("res_model", "=", record._name)
            & Domain("res_id", "=", record.id)
            & Domain("user_id", "=", self.env.uid)
            & Domain("activity_type_id.category", "=", "phonecall"),
            order="date_deadline, id",
        )

    def action_promise_ours(self):
        """Open the form that puts on record what we promised in this talk."""
        self.ensure_one()
        words = " ".join(html2plaintext(self.note or "").split())
        where = {"customer_id": self.customer_id.id, "contract_id": self.contract_id.id}
        ledger = self.env["loan.commitment"]
        return ledger._action_new(
            {
                **where,
                **ledger._read_words(words, where),
                "interaction_id": self.id,
                "partner_id": self.partner_id.id,
            }
        )

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }
