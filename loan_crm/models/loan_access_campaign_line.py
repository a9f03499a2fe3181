from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class LoanAccessCampaignLine(models.Model):
    """One grant under review: as it stood when the review began, who is asked, and what they answered.

    Begins with its campaign. It ends by an answer of the reviewer or of compliance, by the night when nobody has
    answered in time, or because the grant was over before. Nobody answers for access of their own.
    """

    _name = "loan.access.campaign.line"
    _inherit = ["loan.seen.mixin"]
    _description = "Grant under Review"
    _order = "campaign_id desc, id"
    _rec_name = "grant_id"
    _SEEN_COLUMNS = ("company_id", "reviewer_id", "customer_id")

    campaign_id = fields.Many2one(
        "loan.access.campaign", "Review", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    grant_id = fields.Many2one(
        "loan.access.grant", "Access Grant", required=True, readonly=True, index=True, ondelete="restrict"
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    # As it stood when the review began: the grant may have been shortened since.
    user_id = fields.Many2one("res.users", "Person", readonly=True, ondelete="restrict")
    team_id = fields.Many2one("crm.team", "Team", readonly=True, ondelete="restrict")
    group_id = fields.Many2one("res.groups", "Role", readonly=True, ondelete="restrict")
    level_id = fields.Many2one(
        "loan.confidentiality.level", "Highest Level", required=True, readonly=True, ondelete="restrict"
    )
    purpose = fields.Char(required=True, readonly=True)
    granted_from = fields.Datetime("Since", readonly=True)
    granted_to = fields.Datetime("Until", readonly=True)
    reviewer_id = fields.Many2one(
        "res.users",
        "Reviewer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: compliance.",
    )
    decision = fields.Selection(
        [
            ("open", "Not Answered"),
            ("keep", "Still Needed"),
            ("shorten", "Shortened"),
            ("end", "Withdrawn"),
            ("unanswered", "Withdrawn, Nobody Answered"),
            ("gone", "Over Before"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    decided_user_id = fields.Many2one("res.users", "Answered By", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime("Answered On", readonly=True)
    reason = fields.Char("Why", readonly=True)
    new_date_to = fields.Datetime("Now Until", readonly=True)
    due_date = fields.Date(related="campaign_id.due_date", string="Answer By")

    _once = models.UniqueIndex("(campaign_id, grant_id)", "A grant is reviewed once in a campaign.")
    _open_idx = models.Index("(company_id, campaign_id, id) WHERE decision = 'open'")

    @api.depends("user_id", "team_id", "group_id", "customer_id")
    @api.depends_context("uid", "lang")
    def _compute_display_name(self):
        for line in self:
            who = (line.user_id or line.team_id or line.group_id).display_name or ""
            # As superuser: whoever may read the line and not the customer is shown a mask in the place of the name.
            customer_sudo = line.customer_id.sudo()
            line.display_name = f"{who} → {customer_sudo.display_name or ''}"

    @api.model
    def _seen_domain(self):
        """Return what one may read: compliance and auditors all, a reviewer what they are asked about and may see."""
        asked = Domain("reviewer_id", "=", self.env.uid) & Domain("customer_id.loan_visible", "=", True)
        return super()._seen_domain() | self._audited_domain() | asked

    def action_review(self):
        """Open the form that answers these lines, all with one reason."""
        return self.env["loan.access.campaign.answer"]._open(self, self.env.context.get("loan_decision"))

    # ------------------------------------------------------------ answering

    def _decide(self, decision, reason, date_to=None):
        """Answer these lines.

        :param str decision: ``"keep"``, ``"shorten"`` or ``"end"``
        :param str reason: stays on the line and in the log
        :param dict date_to: by company, the new end of the grants, UTC; to shorten
        :raise AccessError: for who is not asked
        :raise UserError: for access of one's own, what is answered already, a review that is over, a missing reason
        """
        if decision not in ("keep", "shorten", "end"):
            raise UserError(self.env._("Keep it, shorten it or end it."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: the reason stays on record."))
        reason = reason.strip()
        self._check_answers()
        # As superuser: a reviewer need not be of compliance, and answers are noted by this verb alone.
        lines_sudo = self.sudo()
        lines_sudo.lock_for_update()
        over_sudo = lines_sudo.filtered(lambda line: not line.grant_id.in_force)
        over_sudo.write({"decision": "gone", "decided_at": fields.Datetime.now()})
        lines_sudo -= over_sudo
        if decision == "shorten":
            for company, some_sudo in lines_sudo.grouped("company_id").items():
                until = date_to[company]
                if some_sudo.filtered(lambda line, until=until: line.grant_id.date_to <= until):
                    raise UserError(self.env._("Some of these grants end before that day anyway."))
                some_sudo.grant_id._shorten(until, reason)
                some_sudo.new_date_to = until
        elif decision == "end":
            lines_sudo.grant_id._end(reason)
        lines_sudo._note_answer(decision, reason)
        (lines_sudo | over_sudo).campaign_id._answered()

    def _check_answers(self):
        """Refuse answers of somebody who is not asked, and answers to what needs none."""
        self.check_access("read")
        user = self.env.user
        lines_sudo = self.sudo()  # as superuser: whom a grant is for is asked, and told to nobody
        if not (self.env.su or self._is_compliance()) and lines_sudo.filtered(
            lambda line: line.reviewer_id != user
        ):
            raise AccessError(self.env._("Who is asked about a grant answers, or compliance."))
        if lines_sudo.filtered(lambda line: line.campaign_id.state != "running"):
            raise UserError(self.env._("This review is over."))
        if lines_sudo.filtered(lambda line: line.decision != "open"):
            raise UserError(self.env._("Some of these were answered already."))
        if lines_sudo.filtered_domain(self.env["loan.access.grant"]._of_user_domain(user)):
            raise UserError(self.env._("Nobody reviews access of their own. Leave it to a colleague."))

    def _end_unanswered(self):
        """End the grants that nobody has confirmed in time; called by the night, as superuser."""
        reason = self.env._("Nobody confirmed it in time.")
        self.grant_id._end(reason)
        self._note_answer("unanswered", reason)

    def _note_answer(self, decision, reason):
        """Write an answer down, on the lines and in the log; as superuser."""
        self.write(
            {
                "decision": decision,
                "decided_user_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "reason": reason,
            }
        )
        for line in self:
            self.env["loan.access.log"]._note(
                "review",
                line.customer_id,
                grant=line.grant_id,
                reason=reason,
                campaign=line.campaign_id.id,
                decision=decision,
            )
