from datetime import timedelta

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# What is decided once for all; from the start on it stays as it is.
_SCOPE = frozenset(
    {
        "company_id",
        "level_ids",
        "older_than_days",
        "team_id",
        "group_id",
        "reviewer",
        "begin_date",
        "started_at",
        "closed_at",
        "warned_at",
        "reminded_on",
        "escalated_at",
        "previous_id",
    }
)


class LoanAccessCampaign(models.Model):
    """A re-certification: somebody says again of each grant in force whether it is needed still.

    Begins by hand or on its day, with one line for each grant of its scope (`loan.access.campaign.line`); reviewers
    keep, shorten or end, nobody their own. What nobody has answered by the due date is ended by the night, asked for
    again or given to compliance, as the campaign says. It closes by itself with the last answer, and one that comes
    back every so many months plans the next one when it begins.
    """

    _name = "loan.access.campaign"
    _inherit = [
        "loan.campaign.scope.mixin",
        "loan.campaign.night.mixin",
        "loan.lifecycle.mixin",
        "loan.seen.mixin",
        "loan.audit.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Access Review"
    _order = "due_date desc, id desc"
    _SEEN_COLUMNS = ("company_id", "line_ids.reviewer_id")

    name = fields.Char(required=True, tracking=True)
    state = fields.Selection(
        [
            ("draft", "Planned"),
            ("running", "Under Review"),
            ("closed", "Completed"),
            ("cancelled", "Called Off"),
        ],
        "Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    level_ids = fields.Many2many(
        "loan.confidentiality.level", string="Grants Up To", help="Empty: grants for any level."
    )
    older_than_days = fields.Integer(
        "Older Than", help="Days since a grant began. Zero: all that are in force."
    )
    team_id = fields.Many2one(
        "crm.team", "Of a Team", ondelete="restrict", help="Grants to the team and to who belongs to it."
    )
    group_id = fields.Many2one(
        "res.groups",
        "Of a Role",
        ondelete="restrict",
        domain=lambda self: [
            ("privilege_id.category_id", "=", self.env["loan.access.grant"]._loan_category().id)
        ],
        help="Grants to the role and to who has it.",
    )
    reviewer = fields.Selection(
        [
            ("compliance", "Compliance"),
            ("lead", "The lead of the customer's team"),
            ("manager", "The customer's relationship manager"),
        ],
        "Reviewed By",
        required=True,
        default="compliance",
        help="Where there is none, or the grant is their own, or they may not see the customer: compliance.",
    )
    begin_date = fields.Date("Begins On", help="The night begins it on that day. Empty: by hand.")
    due_date = fields.Date(
        "Answer By",
        required=True,
        tracking=True,
        default=lambda self: self.env.company._loan_today() + timedelta(days=30),
        help="Reviewers answer until this day; after it, what nobody answered is treated as said here.",
    )
    warn_days = fields.Integer(
        "Warn Before", default=7, required=True, help="Days before the due date on which reviewers are told."
    )
    unanswered = fields.Selection(
        [
            ("end", "End the grant"),
            ("remind", "Keep it and remind every week"),
            ("escalate", "Keep it and give it to compliance"),
        ],
        "Not Answered in Time",
        required=True,
        default="end",
        tracking=True,
        help="What becomes of a grant that nobody has answered for when the day is over. Nothing is lost: "
        "it can be asked for anew.",
    )
    every_months = fields.Integer("Again After", help="Months from one to the next. Zero: once.")
    previous_id = fields.Many2one(
        "loan.access.campaign",
        "Follows",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    line_ids = fields.One2many("loan.access.campaign.line", "campaign_id", "Grants to Review", readonly=True)
    started_at = fields.Datetime("Begun On", readonly=True, copy=False)
    closed_at = fields.Datetime("Completed On", readonly=True, copy=False)
    warned_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    reminded_on = fields.Date(readonly=True, copy=False, export_string_translation=False)
    escalated_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    line_count = fields.Integer("Grants", compute="_compute_counts", compute_sudo=True)
    open_count = fields.Integer("Not Answered", compute="_compute_counts", compute_sudo=True)
    kept_count = fields.Integer("Still Needed", compute="_compute_counts", compute_sudo=True)
    shortened_count = fields.Integer("Shortened", compute="_compute_counts", compute_sudo=True)
    ended_count = fields.Integer("Withdrawn", compute="_compute_counts", compute_sudo=True)
    lapsed_count = fields.Integer("Over Before", compute="_compute_counts", compute_sudo=True)
    progress = fields.Float(
        "Answered So Far",
        compute="_compute_counts",
        compute_sudo=True,
        help="How much of it reviewers have answered; it can be completed before its day once all is "
        "answered.",
    )
    my_open_count = fields.Integer("For Me to Answer", compute="_compute_my_open_count", compute_sudo=True)

    _days_in_range = models.Constraint(
        "CHECK (older_than_days >= 0 AND warn_days BETWEEN 0 AND 90 AND every_months BETWEEN 0 AND 60)",
        "Days and months are not negative; reviewers are warned up to 90 days before, and it comes back within five "
        "years.",
    )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("draft", "running"),
            ("draft", "cancelled"),
            ("running", "closed"),
            ("running", "cancelled"),
        }

    @api.model
    def _seen_domain(self):
        """Return what the user may read: compliance and auditors all, a reviewer what they are asked about."""
        return (
            super()._seen_domain()
            | self._audited_domain()
            | Domain("line_ids.reviewer_id", "=", self.env.uid)
        )

    @api.depends("line_ids.decision")
    def _compute_counts(self):
        counts = {}
        for campaign, decision, count in self.env["loan.access.campaign.line"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "decision"], ["__count"]
        ):
            counts.setdefault(campaign.id, {})[decision] = count
        for campaign in self:
            found = counts.get(campaign._origin.id, {})
            campaign.line_count = total = sum(found.values())
            campaign.open_count = found.get("open", 0)
            campaign.kept_count = found.get("keep", 0)
            campaign.shortened_count = found.get("shorten", 0)
            campaign.ended_count = found.get("end", 0) + found.get("unanswered", 0)
            campaign.lapsed_count = found.get("gone", 0)
            campaign.progress = 100 * (total - campaign.open_count) / total if total else 0

    @api.depends("line_ids.decision", "line_ids.reviewer_id")
    @api.depends_context("uid")
    def _compute_my_open_count(self):
        counts = dict(
            self.env["loan.access.campaign.line"]._read_group(
                Domain("campaign_id", "in", self.ids) & self._mine_domain() & Domain("decision", "=", "open"),
                ["campaign_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.my_open_count = counts.get(campaign._origin, 0)

    @api.model
    def _mine_domain(self):
        """Return the lines that are the user's to answer; of compliance also what nobody else is asked about."""
        mine = Domain("reviewer_id", "=", self.env.uid)
        return mine | Domain("reviewer_id", "=", False) if self._is_compliance() else mine

    # ------------------------------------------------------------ who enters what

    @api.model_create_multi
    def create(self, vals_list):
        self._check_compliance()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_compliance()
            if _SCOPE & vals.keys() and self.filtered(lambda campaign: campaign.state != "draft"):
                raise UserError(
                    self.env._("What is reviewed, and by whom, stays as it was when the review began.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if self.filtered(lambda campaign: campaign.state != "draft"):
            raise UserError(self.env._("A review that has begun stays on record."))

    @api.model
    def _check_compliance(self):
        if not (self.env.su or self._is_compliance()):
            raise AccessError(self.env._("Compliance plans and runs access reviews."))

    # ------------------------------------------------------------ beginning

    def action_start(self):
        """Begin: make one line for each grant of the scope and ask the reviewers."""
        self._check_compliance()
        self.check_access("write")
        for campaign in self:
            if campaign.due_date < campaign.company_id._loan_today():
                raise UserError(self.env._("The day to answer by has passed. Choose another one."))
            if not campaign._start():
                raise UserError(self.env._("No grant in force falls under this review."))
        return True

    def _start(self):
        """Begin one campaign, and plan the one that follows it.

        :return: how many grants it is about
        """
        self.ensure_one()
        # As superuser: what a review is about is worked out, entered by nobody.
        campaign_sudo = self.sudo()
        campaign_sudo.lock_for_update()
        campaign_sudo._move_to("running")
        campaign_sudo.started_at = fields.Datetime.now()
        count = campaign_sudo._gather()
        self.env["loan.access.log"]._note("review", self, campaign=self.id, state="running", lines=count)
        if campaign_sudo.every_months:
            campaign_sudo._plan_next()
        campaign_sudo._call_reviewers(
            lambda told: told.env._("Say which access is needed still"), self.due_date
        )
        return count

    def _plan_next(self):
        """Plan the campaign that follows, so many months after this one began, with as much time; as superuser."""
        begun = self.begin_date or self.company_id._loan_today()
        later = begun + relativedelta(months=self.every_months)
        return self.copy(
            {
                "name": self.name,
                "begin_date": later,
                "due_date": later + (self.due_date - begun),
                "previous_id": self.id,
            }
        )

    def action_cancel(self):
        """Call the review off: what was decided stays, what was not stays in force."""
        self._check_compliance()
        self.check_access("write")
        campaigns_sudo = self.sudo()  # as superuser: a status is noted by the verbs alone
        campaigns_sudo._move_to("cancelled")
        campaigns_sudo.activity_ids.unlink()
        for campaign in self:
            self.env["loan.access.log"]._note("review", campaign, campaign=campaign.id, state="cancelled")
        return True

    # ------------------------------------------------------------ asking

    def _open_reviewers(self):
        """Return who has lines to answer, `res.users`; compliance's officer for what nobody else is asked about."""
        waiting = self.line_ids.filtered(lambda line: line.decision == "open")
        reviewers = waiting.reviewer_id.filtered("active")
        if waiting.filtered(lambda line: not line.reviewer_id.active):  # nobody, or somebody who has left
            reviewers |= self.env["loan.customer"]._compliance_officer(self.company_id)
        return reviewers

    def _call_reviewers(self, words, deadline, kind="mail.mail_activity_data_todo"):
        """Give each reviewer with something to answer a to-do in the place of the one they have; as superuser.

        :param words: called with the campaign in the reviewer's language, returns the summary
        :param date deadline: by when
        :param str kind: of the to-do
        """
        self.ensure_one()
        self.activity_ids.unlink()
        for reviewer in self._open_reviewers():
            told = self.with_context(lang=reviewer.lang, mail_activity_quick_update=True)
            told.activity_schedule(kind, date_deadline=deadline, summary=words(told), user_id=reviewer.id)

    def _answered(self):
        """Take away the to-dos of who has answered all, and complete what has no line left; as superuser."""
        for campaign in self.filtered(lambda campaign: campaign.state == "running"):
            campaign.invalidate_recordset()
            left = campaign._open_reviewers()
            campaign.activity_ids.filtered(lambda todo, left=left: todo.user_id not in left).action_feedback()
            if not campaign.open_count:
                campaign._complete()

    def _complete(self):
        """Close a campaign and leave its result on record; as superuser."""
        self._move_to("closed")
        self.closed_at = fields.Datetime.now()
        self.activity_ids.action_feedback()
        told = self.env._(
            "Completed: %(all)s grants, %(kept)s kept, %(shortened)s shortened, %(ended)s ended, of which "
            "%(unanswered)s because nobody answered; %(gone)s were over before.",
            all=self.line_count,
            kept=self.kept_count,
            shortened=self.shortened_count,
            ended=self.ended_count,
            unanswered=len(self.line_ids.filtered(lambda line: line.decision == "unanswered")),
            gone=self.lapsed_count,
        )
        self._message_log(body=Markup("<p>%s</p>") % told)
        self.env["loan.access.log"]._note(
            "review",
            self,
            campaign=self.id,
            state="closed",
            kept=self.kept_count,
            shortened=self.shortened_count,
            ended=self.ended_count,
        )

    def action_open_lines(self):
        """Open the grants of this review."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_access_campaign_line_action")
        return {
            **action,
            "domain": [("campaign_id", "=", self.id)],
            "context": {"search_default_open": int(self.state == "running")},
        }
