from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

# What compliance enters before it is decided, and what is entered with the decision.
_CASE = frozenset({"kind_id", "severity", "found_how", "date", "facts"})
_MEASURE = frozenset({"measure", "fine_amount", "suspended_until", "decision_note"})


class LoanBreach(models.Model):
    """A colleague's misconduct, from the report to the measure: what happened, how it was found, what became of it.

    Compliance of the lender reads it, except who it is about; the person concerned reads it once it is decided, and may
    answer with an appeal. Neither they nor who reported it decide it. Nobody deletes one, and after the decision
    nobody rewrites it: an appeal that convinces takes it back under review, and both decisions stay in its log.
    """

    _name = "loan.breach"
    _inherit = ["loan.person.mixin", "loan.lifecycle.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Breach"
    _order = "date desc, id desc"
    _rec_name = "reference"
    _SEEN_COLUMNS = ("company_id", "user_id", "state")

    reference = fields.Char(readonly=True, required=True, copy=False, default="/")
    state = fields.Selection(
        [
            ("reported", "Reported"),
            ("review", "Under Review"),
            ("decided", "Decision Made"),
            ("closed", "Closed"),
        ],
        "Status",
        required=True,
        default="reported",
        readonly=True,
        copy=False,
        tracking=True,
    )
    kind_id = fields.Many2one(
        "loan.breach.kind",
        "Kind of Breach",
        required=True,
        ondelete="restrict",
        tracking=True,
        help="Compliance keeps the list; the register for the supervisor counts by it.",
    )
    severity = fields.Selection(
        [("minor", "Minor"), ("serious", "Serious"), ("grave", "Grave")],
        required=True,
        compute="_compute_severity",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The register for the supervisor counts by it.",
    )
    found_how = fields.Selection(
        [
            ("audit", "Audit"),
            ("log", "Access Log"),
            ("colleague", "A Colleague"),
            ("customer", "A Customer"),
            ("own", "The Person Themselves"),
            ("other", "Otherwise"),
        ],
        "Found By",
        required=True,
        default="audit",
        help="What brought it to light; the register counts by it.",
    )
    date = fields.Date(
        "Happened On", required=True, default=lambda self: self.env.company._loan_today(), tracking=True
    )
    # Who told of it is not told to the person concerned.
    reporter_id = fields.Many2one(
        "res.users",
        "Reported By",
        readonly=True,
        required=True,
        copy=False,
        groups="loan_crm.loan_crm_group_compliance",
    )
    facts = fields.Html(required=True, help="What happened, without names of customers.")
    measure = fields.Selection(
        [
            ("none", "None: Not Confirmed"),
            ("training", "Training"),
            ("warning", "Formal Warning"),
            ("fine", "Fine"),
            ("suspension", "Suspension"),
            ("dismissal", "Dismissal"),
        ],
        "Measure Taken",
        tracking=True,
        help="It counts once the breach is decided. The person concerned is told, and may appeal.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    fine_amount = fields.Monetary("Fine", tracking=True, help="Asked for when the measure is a fine.")
    suspended_until = fields.Date(
        "Suspended Until",
        tracking=True,
        help="The last day of the suspension. It is noted here; take the login's rights away in the "
        "settings.",
    )
    decision_note = fields.Text(
        "Grounds", tracking=True, help="Why it was decided so. The person concerned reads it."
    )
    decided_user_id = fields.Many2one("res.users", "Decision By", readonly=True, copy=False, tracking=True)
    decided_at = fields.Datetime("Decided On", readonly=True, copy=False)
    appeal = fields.Text(readonly=True, copy=False, help="What the person concerned says to the decision.")
    appealed_at = fields.Datetime("Appealed On", readonly=True, copy=False)
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)

    _fine_in_range = models.Constraint("CHECK (fine_amount >= 0)", "A fine is not negative.")

    @api.depends("kind_id")
    def _compute_severity(self):
        for breach in self:
            breach.severity = breach.kind_id.severity or "minor"

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for breach in self:
            breach.is_mine = breach.user_id == self.env.user

    # ------------------------------------------------------------ who may see it

    @api.model
    def _seen_domain(self):
        if self.env.user._is_superuser():
            return Domain.TRUE
        # An officer whom it is about reads it when everybody concerned does, and not before.
        others = Domain("user_id", "!=", self.env.uid)
        return (super()._seen_domain() & others) | self._own_domain()

    @api.model
    def _own_domain(self):
        return super()._own_domain() & Domain("state", "in", ("decided", "closed"))

    def _may_be_told(self, partner_ids):
        # Only officers, and not the one whom it is about: the person concerned reads the decision, not the talk.
        told = self.env["res.partner"].browse(super()._may_be_told(partner_ids))
        # As superuser: who has a login is not for everybody to see, and nothing of it is shown.
        users_sudo = told.sudo().user_ids
        return [
            user.partner_id.id
            for user in users_sudo - self.user_id
            if user.has_group("loan_crm.loan_crm_group_compliance")
        ]

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # What officers note to each other before a decision is not part of it: the person concerned reads none of it.
        return dict.fromkeys(self, "write")

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        # A file of the talk is read with its message; on the breach the person concerned would read it.
        # As superuser: whoever posted it may write it, and where it belongs is not theirs to say.
        message.sudo().attachment_ids.write({"res_model": "mail.message", "res_id": message.id})
        return result

    # ------------------------------------------------------------ who writes what

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("reported", "review"),
            ("review", "decided"),
            ("decided", "review"),
            ("decided", "closed"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        kept = _CASE | {"user_id", "company_id"}
        values = []
        for vals in vals_list:
            if not self.env.su and vals.get("user_id") == self.env.uid:
                raise AccessError(
                    self.env._("A breach of your own is entered by another compliance officer. Tell one.")
                )
            clean = vals if self.env.su else {name: vals[name] for name in vals.keys() & kept}
            # As superuser: nobody but the jobs counts on.
            sequence_sudo = self.env["ir.sequence"].sudo()
            values.append(
                {
                    "reporter_id": self.env.uid,
                    **clean,
                    "reference": sequence_sudo.next_by_code("loan.breach") or "/",
                }
            )
        breaches = super().create(values)
        breaches._check_person()
        return breaches

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        entered = {name for name in vals if name in self._fields and self._fields[name].store}
        entered -= {"activity_ids", "message_ids", "message_follower_ids"}
        for breach in self:
            allowed = {"reported": _CASE, "review": _CASE | _MEASURE}.get(breach.state, set())
            if entered - allowed or (entered and breach.user_id == self.env.user):
                raise AccessError(
                    self.env._(
                        "A breach is entered until it is decided, and its measure while it is under review."
                    )
                )

    @api.constrains("user_id", "company_id")
    def _check_person(self):
        for breach in self:
            # As superuser: for whom somebody works is checked, not shown.
            person_sudo = breach.user_id.sudo()
            if person_sudo.share or breach.company_id not in person_sudo.company_ids:
                raise ValidationError(self.env._("A breach is of somebody who works for this lender."))

    @api.constrains("date")
    def _check_date(self):
        for breach in self:
            if breach.date > breach.company_id._loan_today():
                raise ValidationError(self.env._("A breach cannot lie in the future."))

    # ------------------------------------------------------------ verbs

    def action_review(self):
        """Take it under review."""
        self._check_may_handle()
        self.sudo()._move_to("review", "reported")  # as superuser: the status changes by this verb alone
        return True

    def action_decide(self):
        """Decide, with the measure and the grounds that stand on the form; the person concerned reads it from now on.

        :raise AccessError: for the person concerned and for who reported it
        :raise UserError: without a measure, its amount or its grounds
        """
        self.ensure_one()
        self._check_may_handle()
        if self.sudo().reporter_id == self.env.user:  # as superuser: the field is not for everybody
            raise AccessError(self.env._("Who reported a breach does not decide it. Ask a colleague."))
        self._decide(self.env.user)
        return True

    def _decide(self, user):
        """Let the measure that stands on the form be the decision.

        :param user: `res.users` who decides; the caller has made sure that they may
        """
        self.ensure_one()
        if not self.measure or not (self.decision_note or "").strip():
            raise UserError(self.env._("A decision needs a measure and its grounds."))
        if self.measure == "fine" and not self.fine_amount:
            raise UserError(self.env._("Say how much the fine is."))
        if self.measure == "suspension" and not self.suspended_until:
            raise UserError(self.env._("Say until when the suspension lasts."))
        breach_sudo = self.sudo()  # as superuser: who decides is written by this verb alone
        breach_sudo._move_to("decided", "review")
        breach_sudo.write(
            {
                "decided_user_id": user.id,
                "decided_at": fields.Datetime.now(),
                # A measure that was considered before leaves no amount behind.
                "fine_amount": self.fine_amount if self.measure == "fine" else 0,
                "suspended_until": self.suspended_until if self.measure == "suspension" else False,
            }
        )
        # Which one and what was decided; whom it is about is for those to read who may read the breach.
        self.env["loan.access.log"]._note("breach", breach_sudo, step="decided", measure=self.measure)
        breach_sudo._tell_person()

    def _tell_person(self):
        """Put it on the list of the person concerned: until now they did not know of it."""
        person = self.user_id
        breach = self.with_context(lang=person.lang or self.env.lang, mail_activity_quick_update=True)
        breach.activity_schedule(
            "loan_crm.mail_activity_type_breach",
            date_deadline=self.company_id._loan_today(),
            summary=breach.env._("A decision concerns you"),
            user_id=person.id,
        )

    def _appeal(self, text):
        """Answer a decision about oneself.

        :param str text: what the person concerned says to it
        :raise AccessError: for anybody but the person concerned
        """
        self.ensure_one()
        self.check_access("read")
        if self.user_id != self.env.user:
            raise AccessError(self.env._("Only the person concerned appeals."))
        if not (text or "").strip():
            raise UserError(self.env._("Write what you say to the decision."))
        if self.state != "decided" or self.appealed_at:
            raise UserError(self.env._("This decision has been appealed already, or is closed."))
        # As superuser: the person reads the decision and writes nothing of it but this.
        breach_sudo = self.sudo().with_context(mail_activity_quick_update=True)
        breach_sudo.write({"appeal": text.strip(), "appealed_at": fields.Datetime.now()})
        breach_sudo.activity_unlink(["loan_crm.mail_activity_type_breach"])
        decider = breach_sudo.decided_user_id
        breach_sudo.activity_schedule(
            "loan_crm.mail_activity_type_breach",
            date_deadline=self.company_id._loan_today(),
            summary=breach_sudo.with_context(lang=decider.lang).env._("Appeal against a decision"),
            user_id=decider.id,
        )

    def action_review_again(self):
        """Take a decision back under review, because an appeal or something new speaks against it."""
        self._check_may_handle()
        breaches_sudo = self.sudo()  # as superuser: the status changes by this verb alone
        # The person concerned reads it no more until it is decided again, and is not asked to.
        breaches_sudo.activity_unlink(["loan_crm.mail_activity_type_breach"])
        breaches_sudo._move_to("review", "decided")
        breaches_sudo.write({"appealed_at": False})
        self.env["loan.access.log"]._note("breach", breaches_sudo, step="review")
        return True

    def action_close(self):
        """Close it: the measure was carried out."""
        self._check_may_handle()
        breaches_sudo = self.sudo()  # as superuser: the status changes by this verb alone
        breaches_sudo._move_to("closed")
        breaches_sudo.activity_unlink(["loan_crm.mail_activity_type_breach"])
        return True

    def _check_may_handle(self):
        self.check_access("write")
        if not self._is_compliance() or self.env.user in self.user_id:
            raise AccessError(self.env._("Compliance handles breaches, and nobody their own."))
