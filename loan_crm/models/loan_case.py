from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core import disclosure
from ..core.listing import listed

_OPEN = ("new", "open", "waiting")
_ENDED = ("solved", "closed", "void")
# What stays from the first moment on, for whoever is no job of ours.
_KEPT = frozenset({"channel", "company_id", "email_from"})
# What follows from the verbs and the clocks.
_DERIVED = frozenset(
    {
        "name",
        "opened_at",
        "responded_at",
        "responded_user_id",
        "solved_at",
        "closed_at",
        "solved_user_id",
        "reassign_count",
        "handler_count",
        "duplicate_id",
        "self_closed",
        "reopen_count",
        "hold_id",
        "message_id",
    }
)


class LoanCase(models.Model):
    """What a customer wants answered: begins when it comes in, and is somebody's from then until it is closed.

    It comes by mail, from the borrower's page, by telephone or in person. One person is accountable; passing it on is
    counted. Nobody handles or reads a complaint about themselves. Clocks run in working time and stand still while the
    customer is waited for (`loan.case.clock.mixin`); what comes in twice is joined (`loan.case.intake.mixin`).
    """

    _name = "loan.case"
    _inherit = [
        "loan.case.call.mixin",
        "loan.case.lead.mixin",
        "loan.case.history.mixin",
        "loan.case.stage.mixin",
        "loan.case.way.mixin",
        "loan.case.intake.mixin",
        "loan.case.dispatch.mixin",
        "loan.case.clock.mixin",
        "loan.case.guide.mixin",
        "loan.case.hardship.mixin",
        "loan.case.oversight.mixin",
        "loan.case.word.mixin",
        "loan.pass.mixin",
        "loan.portal.case.mixin",
        "loan.answer.mixin",
        "loan.classified.mixin",
        "loan.access.mixin",
        "loan.letter.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Case"
    _order = "priority desc, id desc"
    _rec_name = "subject"
    _rec_names_search = ["name", "subject", "customer_id.name", "contract_id.name", "email_from"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note
    _primary_email = "email_from"

    name = fields.Char("Case Number", required=True, readonly=True, copy=False, default="/", index="trigram")
    subject = fields.Char(required=True, tracking=True)
    words = fields.Text("In Their Words", help="What the customer said or wrote, as they put it.")
    kind = fields.Selection(
        [
            ("inquiry", "Inquiry"),
            ("request", "Request"),
            ("complaint", "Complaint"),
            ("hardship", "Hardship"),
        ],
        "Case Type",
        required=True,
        default="inquiry",
        tracking=True,
        help="It chooses the clocks that run, the team and the script. A complaint is nobody's own matter: "
        "the person it is about neither sees nor handles it.",
    )
    severity = fields.Selection(
        [("general", "General"), ("major", "Major")],
        compute="_compute_severity",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Of a complaint: major where many are concerned, much money, the law or the press.",
    )
    priority = fields.Selection(
        [("0", "Normal"), ("1", "Higher"), ("2", "High"), ("3", "Urgent")],
        default="0",
        required=True,
        tracking=True,
        help="How soon, whatever the severity.",
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("open", "In Work"),
            ("waiting", "Waiting for Customer"),
            ("solved", "Solved"),
            ("closed", "Closed"),
            ("void", "Void"),
        ],
        "Status",
        required=True,
        readonly=True,
        copy=False,
        default="new",
        index=True,
        tracking=True,
        group_expand="_expand_open",
    )
    category_id = fields.Many2one(
        "loan.case.category",
        "Category",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="It chooses scripts and ready answers, and weak spots are counted by it. Empty: to be sorted.",
    )
    cause_id = fields.Many2one(
        "loan.case.cause",
        "Root Cause",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Why it came to this, in the end.",
    )
    channel = fields.Selection(
        [
            ("email", "Email"),
            ("page", "Borrower's Page"),
            ("phone", "Telephone"),
            ("message", "Message App"),
            ("visit", "Visit"),
            ("branch", "At the Branch"),
            ("post", "Letter"),
            ("survey", "Survey"),
            ("public", "Public Network"),
            ("other", "Other"),
        ],
        "Came By",
        required=True,
        default="phone",
        help="Answer by the same way where you can; the figures count by it.",
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        index=True,
        ondelete="restrict",
        check_company=True,
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Empty: nobody knows yet who wrote.",
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('customer_id', '=?', customer_id)]",
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        index="btree_not_null",
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Who wrote or spoke; answers go to them.",
    )
    email_from = fields.Char("Wrote From", readonly=True, copy=False)
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(), "Language", help="In which they are answered."
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    tier_id = fields.Many2one(related="customer_id.tier_id", string="Tier")
    about_user_id = fields.Many2one(
        "res.users",
        "About a Colleague",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Who is complained about. They neither handle nor see this case.",
    )
    reputation = fields.Boolean(
        "Reputation at Stake", tracking=True, help="The press or a public network is named."
    )
    legal = fields.Boolean("Legal", tracking=True, help="A lawyer, a court or a regulator is named.")
    opened_at = fields.Datetime("Came In", readonly=True, copy=False, default=fields.Datetime.now, index=True)
    responded_at = fields.Datetime("First Response", readonly=True, copy=False)
    responded_user_id = fields.Many2one(
        "res.users", "First Response By", readonly=True, copy=False, ondelete="restrict"
    )
    solved_at = fields.Datetime(readonly=True, copy=False)
    solved_user_id = fields.Many2one("res.users", "Solved By", readonly=True, copy=False, ondelete="restrict")
    closed_at = fields.Datetime(readonly=True, copy=False)
    solution = fields.Text(
        tracking=True, help="What was done, for colleagues. The customer is told by a person."
    )
    self_closed = fields.Boolean(
        "Settled by the Customer", readonly=True, copy=False, help="They wrote that it has been settled."
    )
    trivial = fields.Boolean(related="category_id.trivial", string="Asks for Nothing")
    duplicate_id = fields.Many2one(
        "loan.case", "Joined To", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    reopen_count = fields.Integer("Reopened", readonly=True, copy=False)
    first_contact_resolution = fields.Boolean(
        "Solved at First Contact",
        compute="_compute_first_contact_resolution",
        store=True,
        help="Solved without being passed on, without a second question and never opened again.",
    )
    task_ids = fields.One2many(
        "loan.case.task",
        "case_id",
        "Joint Work",
        help="What other departments do for it, each with a day of its own. The case stays with its owner, "
        "and so does the answer to the customer.",
    )
    extension_ids = fields.One2many("loan.case.extension", "case_id", "Extensions")
    source_ids = fields.One2many("loan.case.source", "case_id", "Made Of")

    _name_uniq = models.UniqueIndex("(name, company_id) WHERE name <> '/'", "This number is taken.")
    _about_someone_else = models.Constraint(
        "CHECK (about_user_id IS NULL OR user_id IS NULL OR about_user_id <> user_id)",
        "Nobody handles a complaint about themselves.",
    )
    _severity_of_complaint = models.Constraint(
        "CHECK (kind = 'complaint' OR severity IS NULL)", "Only a complaint has a severity."
    )
    _board_idx = models.Index("(company_id, user_id, state) WHERE state IN ('new', 'open', 'waiting')")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | _DERIVED

    @api.model
    def _open_domain(self):
        """Return the domain of the cases that somebody still has to do with."""
        return Domain("state", "in", _OPEN)

    def _expand_open(self, states, domain):
        # A board of open cases has no empty columns for those that are over.
        order = list(dict(self._fields["state"].selection))
        return sorted({*_OPEN, *states}, key=order.index)

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        return {**plan, "later": {**plan["later"], "subject": "—", "email_from": None}}

    # ------------------------------------------------------------ who may see it

    @api.depends_context("uid")
    @api.depends("customer_id", "about_user_id", "user_id", "team_id")
    def _compute_loan_visible(self):
        known = self.filtered("customer_id")
        result = super(LoanCase, known)._compute_loan_visible()
        user = self.env.user
        sight = user._loan_sight()
        # As superuser: which teams one belongs to is no secret.
        teams_sudo = (
            self.env["loan.case.team"].sudo().search(self.env["loan.case.team"]._of_person_domain(user))
        )
        for case in self - known:
            theirs = case.user_id == user or case.team_id in teams_sudo
            case.loan_visible = disclosure.may_see(
                case.loan_level,
                0,
                duty=sight.duty.is_true() or (theirs and not sight.duty.is_false()),
                cap=None,
                barred=False,
                cleared=sight.cleared.of(case.company_id.id),
            )
        if not user._is_superuser():
            self.filtered(lambda case: case.about_user_id == user).loan_visible = False
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        user = self.env.user
        if seen is NotImplemented or user._is_superuser():
            return seen
        sight = user._loan_sight()
        if not sight.duty.is_true() and not sight.duty.is_false():
            # As superuser: as above.
            teams_sudo = self.env["loan.case.team"].sudo()
            teams = teams_sudo._search(teams_sudo._of_person_domain(user))
            theirs = Domain("user_id", "=", user.id) | Domain("team_id", "in", teams)
            seen |= (
                Domain("customer_id", "=", False) & theirs & self._loan_ranks_domain(sight.cleared.by_duty)
            )
        return seen & Domain("about_user_id", "!=", user.id)

    # ------------------------------------------------------------ what follows

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for case in self:
            number = case.name if case.name != "/" else False
            case.display_name = " · ".join(filter(None, (number, case.subject)))

    @api.depends("contract_id")
    def _compute_customer_id(self):
        for case in self:
            case.customer_id = case.contract_id.customer_id or case.customer_id

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for case in self:
            case.partner_id = case.partner_id or case.customer_id.partner_id

    @api.depends("kind", "category_id")
    def _compute_severity(self):
        for case in self:
            if case.kind != "complaint":
                case.severity = False
            else:
                case.severity = case.severity or case.category_id.severity or "general"

    @api.depends("state", "reassign_count", "reopen_count", "handler_count")
    def _compute_first_contact_resolution(self):
        for case in self:
            case.first_contact_resolution = (
                case.state in ("solved", "closed")
                and not case.reassign_count
                and not case.reopen_count
                and case.handler_count <= 1
            )

    @api.onchange("category_id")
    def _onchange_category_id(self):
        if self.category_id.kind and self.state == "new":
            self.kind = self.category_id.kind

    @api.constrains("contract_id", "customer_id")
    def _check_loan(self):
        for case_sudo in self.sudo():  # as superuser: whose the loan is, is the loan's to say
            if case_sudo.contract_id and case_sudo.contract_id.customer_id != case_sudo.customer_id:
                raise ValidationError(self.env._("The loan is another customer's."))

    @api.constrains("about_user_id", "kind")
    def _check_about(self):
        for case in self:
            if case.about_user_id and case.kind != "complaint":
                raise ValidationError(self.env._("Only a complaint is about a colleague."))

    # ------------------------------------------------------------ begin and end

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_about_user_id")
        if not self.env.su and any(vals.get("about_user_id", default) == self.env.uid for vals in vals_list):
            raise UserError(self.env._("A complaint about yourself is for somebody else to write down."))
        cases = super().create(vals_list)
        # As superuser: team, owner, clocks and the letter follow from the case; who may make one was asked above.
        cases.sudo()._take_in()
        cases.filtered("about_user_id")._tell_overseers()
        return cases

    def write(self, vals):
        if not self.env.su and vals.keys() & _KEPT:
            raise UserError(self.env._("How and to which company a case came in stays as it was."))
        if "about_user_id" in vals:
            self._check_about_stays(vals["about_user_id"])
        about = vals.get("about_user_id")
        named = self.filtered(lambda case: about and case.about_user_id.id != about)
        before = {case: case.user_id for case in self} if "user_id" in vals else {}
        moves = vals.keys() & {"state", "user_id"}
        hands = self.user_id if moves else self.env["res.users"]
        moved = {} if self.env.su or not vals.keys() & {"customer_id", "contract_id"} else self._whose()
        result = super().write(vals)
        if moved:
            self._check_moved(moved)
        if vals.keys() & {"about_user_id", "level_id"}:
            self._hush_holds()
        named._tell_overseers()
        if before:
            self._note_passed_on(before)
        if vals.keys() & {"kind", "severity", "priority", "category_id", "customer_id", "team_id"}:
            self.filtered(lambda case: case.state in _OPEN)._set_clocks()
        if moves:
            self.env["loan.worklist"]._changed(hands | self.user_id)
        return result

    def copy(self, default=None):
        # A copy would have no level of its own, and tell the words to whom they are not told.
        if not self.env.su:
            raise UserError(self.env._("A case comes in; it is not copied."))
        return super().copy(default)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("A case is solved or voided, never deleted."))

    def _check_about_stays(self, about):
        """Refuse to let whom a complaint is about see it: that, a team lead takes back, who is not the one.

        :param about: number of the colleague to be written, falsy for none
        """
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        if any(case.about_user_id and case.about_user_id.id != (about or False) for case in self):
            raise UserError(
                self.env._("A team lead says that a complaint is not about this colleague after all.")
            )

    def _whose(self):
        """Return `{case: (whether its customer is known, how confidential it is)}`."""
        return {case: (bool(case.customer_id), case._loan_rank()) for case in self}

    def _check_moved(self, before):
        """Refuse to pull cases out of sight of whose customer it is, or down to more eyes than they were for.

        :param dict before: see `_whose`, until now
        """
        lead = self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
        for case, (known, rank) in before.items():
            case = case.sudo()  # as superuser: it may be out of the user's sight by now
            if known and not case.customer_id and not lead:
                raise UserError(
                    self.env._("A team lead says that a case is not this customer's, and nobody knows whose.")
                )
            if case._loan_rank() < rank:
                raise UserError(
                    self.env._("A case stays as confidential as it was: it is no other customer's.")
                )

    @api.model
    def _allowed_moves(self):
        moves = {("new", "open"), ("new", "waiting"), ("open", "waiting"), ("waiting", "open")}
        moves |= {(state, end) for state in _OPEN for end in ("solved", "void")}
        return (
            super()._allowed_moves() | moves | {("solved", "closed"), ("solved", "open"), ("closed", "open")}
        )

    def action_take(self):
        """Make oneself accountable, and begin."""
        self.check_access("write")
        for case in self:
            if case.user_id != self.env.user:
                case.user_id = self.env.user
        self.filtered(lambda case: case.state == "new")._move_to("open")
        return True

    def action_wait(self):
        """Wait for the customer: clocks that may stand still do."""
        return self._action_close("waiting")

    def action_go_on(self):
        """Go on with what waited for the customer."""
        self.check_access("write")
        self._go_on()
        return True

    def action_solve(self):
        """Open the form that ends the case with what was done."""
        return self._action_close("solved")

    def action_void(self):
        """Open the form that puts aside what is no case: spam, a test, one that was entered twice."""
        return self._action_close("void")

    def action_close(self):
        """Close what is solved before its days are over."""
        self.check_access("write")
        self._close()
        return True

    def action_reopen(self):
        """Open again what was solved or closed."""
        self.check_access("write")
        self._reopen()
        return True

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }

    def _action_close(self, state):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_end_action")
        action["name"] = {
            "solved": self.env._("Solve"),
            "void": self.env._("Put Aside"),
            "waiting": self.env._("Wait for the Customer"),
        }[state]
        action["context"] = {"default_case_id": self.id, "default_state": False, "default_ending": state}
        return action

    def _wait(self, reason):
        """Wait for the customer.

        :param str reason: what for, in the user's words
        """
        self._move_to("waiting")
        self._pause(reason)

    def _go_on(self):
        """Go on with cases that waited for their customer."""
        waiting = self.filtered(lambda case: case.state == "waiting")
        waiting._move_to("open")
        waiting._resume()

    def _solve(self, solution, cause=None, by_customer=False):
        """End cases with what was done. What paused them ends with it, so no time is lost.

        :param str solution: for colleagues
        :param cause: `loan.case.cause`, or None
        :param bool by_customer: they wrote that it has been settled
        :raise UserError: when a part of the joint work is still to be done
        """
        unfinished = self.task_ids.filtered(lambda task: task.state == "open")
        if unfinished:
            raise UserError(
                self.env._(
                    "Others are still at work for this case: %s. Wait for them, or take it back from them first.",
                    listed(unfinished.mapped("name"), self.env.lang),
                )
            )
        # As superuser: when and by whom is noted, not entered.
        cases_sudo = self.sudo()
        vals = {
            "solution": solution,
            "solved_at": fields.Datetime.now(),
            "solved_user_id": self.env.uid,
            "self_closed": by_customer,
        }
        if cause:
            vals["cause_id"] = cause.id
        cases_sudo._resume()
        cases_sudo.write(vals)
        self._move_to("solved")
        cases_sudo._stop_clocks("resolution")
        cases_sudo._end_waiting()
        cases_sudo._tell_loan_of_end()

    def _close(self):
        """Close what is solved."""
        self._move_to("closed", start="solved")
        # As superuser: when is noted, not entered.
        self.sudo().closed_at = fields.Datetime.now()
        self._on_closed()

    @api.model
    def _close_solved(self, batch):
        """Close what was solved so many days ago and nobody has come back to.

        :param int batch: cases at once
        """
        progress = self.env["ir.cron"]._commit_progress
        for company in self.env["res.company"].search([("loan_tz", "!=", False)]):
            before = fields.Datetime.subtract(fields.Datetime.now(), days=company.loan_case_close_days)
            over = (
                Domain("state", "=", "solved")
                & Domain("company_id", "=", company.id)
                & Domain("solved_at", "<=", before)
            )
            while found := self.search(over, order="id", limit=batch):
                found._close()
                self.env.flush_all()
                if not progress(len(found)):
                    return
                self.env.invalidate_all()

    def _on_closed(self):
        """A door for what follows the end of a case: surveys are asked then."""

    def _reopen(self):
        """Open again what was solved or closed; its clocks run on from where they stood."""
        # As superuser: as above.
        for case_sudo in self.sudo():
            case_sudo.write(
                {"reopen_count": case_sudo.reopen_count + 1, "closed_at": False, "solved_at": False}
            )
        self._move_to("open")
        self.sudo()._restart_clocks()

    def _customer_has_said(self):
        """Tell whether a customer has said anything since their case came in: a mail of theirs, or a talk on record."""
        self.ensure_one()
        # As superuser: that something was said, is asked. What the gateway files is nobody's who works here, whatever
        # a message that a person posts says of its author.
        mails_sudo = self.sudo().message_ids.filtered(
            lambda message: (
                message.message_type == "email"
                and message.create_uid.id == SUPERUSER_ID
                and (not message.author_id or message.author_id.partner_share)
            )
        )
        if len(mails_sudo) > (self.channel == "email"):
            return True
        talks_sudo = self.env["loan.interaction"].sudo()  # as above
        return bool(self.customer_id) and bool(
            talks_sudo.search_count(
                Domain("customer_id", "=", self.customer_id.id)
                & Domain("date", ">=", self.opened_at)
                & (Domain("direction", "=", "in") | Domain("reached", "=", True)),
                limit=1,
            )
        )

    def _check_may_put_aside(self):
        """Refuse to let a complaint of a customer go as none, but by a team lead: else whoever has it would."""
        lead = self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
        if not lead and any(case.kind == "complaint" and case.customer_id for case in self):
            raise UserError(self.env._("A customer's complaint is put aside by a team lead. Pass it up."))

    def _put_aside(self, reason, kept=None):
        """Void cases that are none.

        :param str reason: in the user's words
        :param kept: the `loan.case` they are joined to, if any
        """
        # As superuser: as above.
        cases_sudo = self.sudo()
        cases_sudo._resume()
        cases_sudo.write({"solution": reason, "duplicate_id": kept.id if kept else False})
        self._move_to("void")
        cases_sudo._drop_clocks()
        cases_sudo._end_waiting()

    def _end_waiting(self):
        """End what asks for an answer: the to-dos are done with the case."""
        self._answer_activity().unlink()
        self._stop_waiting("dropped", user=self.env.user)

    def _tell_loan_of_end(self):
        """Lift what the case held."""
        holds = self.hold_id.filtered(lambda hold: not hold.lifted_at)
        if holds:
            holds._lift(self.env.user)

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        # Odoo would mail everybody who is made accountable; they have a to-do.
        return []

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]
