from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanCampaignScopeMixin(models.AbstractModel):
    """Which grants an access review is about and who answers for each: worked out when it begins, entered by nobody."""

    _name = "loan.campaign.scope.mixin"
    _description = "Access Reviews: What They Are About"

    def _gather(self):
        """Make the lines, in one statement and each grant once; as superuser.

        :return: how many there are
        """
        for name in ("loan.access.grant", "loan.customer", "crm.team", "crm.team.member", "res.users"):
            self.env[name].flush_model()
        self.flush_recordset()
        now = fields.Datetime.now()
        reviewer = {"lead": SQL("team.user_id"), "manager": SQL("customer.manager_user_id")}
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_access_campaign_line (
                       campaign_id, company_id, grant_id, customer_id, user_id, team_id, group_id, level_id, purpose,
                       granted_from, granted_to, reviewer_id, decision,
                       create_uid, write_uid, create_date, write_date)
                SELECT %(campaign)s, access.company_id, access.id, access.customer_id, access.user_id, access.team_id,
                       access.group_id, access.level_id, access.purpose, access.date_from, access.date_to,
                       reviewer.id, 'open', %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM loan_access_grant access
                  JOIN loan_customer customer ON customer.id = access.customer_id
             LEFT JOIN crm_team team ON team.id = customer.team_id
             LEFT JOIN res_users reviewer
                    ON reviewer.id = %(reviewer)s AND reviewer.active
                   AND reviewer.id IS DISTINCT FROM access.user_id
                 WHERE access.id IN %(scope)s
              ORDER BY access.id
                    ON CONFLICT (campaign_id, grant_id) DO NOTHING
                """,
                campaign=self.id,
                uid=self.env.uid,
                now=now,
                reviewer=reviewer.get(self.reviewer, SQL("NULL::integer")),
                scope=self.env["loan.access.grant"]._search(self._scope_domain(now)).subselect(),
            )
        )
        self.env["loan.access.campaign.line"].invalidate_model()
        self.invalidate_recordset()
        self._leave_to_compliance()
        return len(self.line_ids)

    def _scope_domain(self, now):
        """Return the grants that this campaign is about.

        :param datetime now: UTC
        """
        scope = self.env["loan.access.grant"]._in_force_domain() & Domain(
            "company_id", "=", self.company_id.id
        )
        if self.level_ids:
            scope &= Domain("level_id", "in", self.level_ids.ids)
        if self.older_than_days:
            scope &= Domain("date_from", "<=", now - timedelta(days=self.older_than_days))
        if self.team_id:
            people = self.team_id.crm_team_member_ids.user_id
            scope &= Domain("team_id", "=", self.team_id.id) | Domain("user_id", "in", people.ids)
        if self.group_id:
            scope &= Domain("group_id", "=", self.group_id.id) | Domain(
                "user_id.all_group_ids", "in", self.group_id.ids
            )
        return scope

    def _leave_to_compliance(self):
        """Take lines from reviewers who have that access themselves, or may not see the customer; as superuser."""
        grants, lines = self.env["loan.access.grant"], self.env["loan.access.campaign.line"]
        ours = Domain("campaign_id", "=", self.id)
        left = lines
        for reviewer, theirs in self.line_ids.grouped("reviewer_id").items():
            if reviewer:
                # As the reviewer: what they may see is asked of the rule itself.
                shown = theirs.browse()
                asked = lines.with_user(reviewer)
                if asked.has_access("read"):
                    shown = asked.with_context(allowed_company_ids=self.company_id.ids).search(
                        ours & Domain("reviewer_id", "=", reviewer.id)
                    )
                left |= (theirs - shown.with_env(self.env)) | theirs.filtered_domain(
                    grants._of_user_domain(reviewer)
                )
        left.reviewer_id = False
