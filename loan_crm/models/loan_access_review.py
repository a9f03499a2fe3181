from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import calendars
from ..core.calendars import CalendarError

_BATCH = 100
_TAKEN = ("export", "report", "download")
# What is kept from auditors: words in which a customer may be named, and whose breach it became.
_COMPLIANCE = "loan_crm.loan_crm_group_compliance"
_LOOKED = ("view", "lookup", "aggregate", "message")


class LoanAccessReview(models.Model):
    """Somebody of compliance looks at what a colleague did in an emergency: begins with it, ends with a verdict.

    It shows the words the access was asked with, for how long it was open and what was looked at meanwhile, from the
    access log. It is closed in words, by a compliance officer who is not the person it is about; that one does not
    see it. Nobody enters, reopens or deletes one. Auditors read how it went, and not what was said of anybody.
    """

    _name = "loan.access.review"
    _inherit = [
        "loan.lifecycle.mixin",
        "loan.seen.mixin",
        "loan.audit.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Review of an Emergency Access"
    _order = "id desc"
    _rec_name = "user_id"
    _SEEN_COLUMNS = ("company_id", "user_id")
    _mail_post_access = "read"

    grant_id = fields.Many2one(
        "loan.access.grant", "Emergency", required=True, readonly=True, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", "Who", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    state = fields.Selection(
        [("waiting", "To Review"), ("justified", "Justified"), ("unjustified", "Not Justified")],
        "Status",
        required=True,
        readonly=True,
        default="waiting",
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    customer_name = fields.Char("Customer", compute="_compute_customer_name")
    reason = fields.Char(related="grant_id.purpose", related_sudo=False, string="Reason", groups=_COMPLIANCE)
    level_id = fields.Many2one(related="grant_id.level_id", related_sudo=False)
    date_from = fields.Datetime(related="grant_id.date_from", related_sudo=False, string="Opened On")
    until = fields.Datetime("Open Until", compute="_compute_until", compute_sudo=True)
    is_open = fields.Boolean("Not Yet Ended", compute="_compute_until", compute_sudo=True)
    due_date = fields.Date("Review By", required=True, readonly=True)
    overdue = fields.Boolean("Review Overdue", compute="_compute_overdue", search="_search_overdue")
    escalated_at = fields.Datetime("Escalated On", readonly=True, copy=False)
    view_count = fields.Integer(
        "Looks",
        compute="_compute_counts",
        compute_sudo=True,
        help="How often the person looked at something of the customer while it was open.",
    )
    taken_count = fields.Integer(
        "Taken Away", compute="_compute_counts", compute_sudo=True, help="Exported, printed or downloaded."
    )
    note = fields.Text(
        "What You Found",
        help="Stays on record with the verdict. No names of customers.",
        copy=False,
        groups=_COMPLIANCE,
    )
    closed_user_id = fields.Many2one("res.users", "Reviewed By", readonly=True, copy=False)
    closed_at = fields.Datetime("Reviewed On", readonly=True, copy=False)
    breach_id = fields.Many2one(
        "loan.breach", "Breach", readonly=True, copy=False, ondelete="restrict", groups=_COMPLIANCE
    )

    next_step = fields.Char("What to Do Next", compute="_compute_next_step", groups=_COMPLIANCE)

    _once = models.UniqueIndex("(grant_id)", "This emergency has its review already.")
    _by_somebody_else = models.Constraint(
        "CHECK (closed_user_id <> user_id)", "Somebody else reviews an emergency access."
    )

    @api.depends("grant_id.customer_id.name")
    @api.depends_context("uid")
    def _compute_customer_name(self):
        for review in self:
            # As superuser: whoever may read the review and not the customer is shown a mask in the place of the name.
            customer_sudo = review.grant_id.customer_id.sudo()
            review.customer_name = customer_sudo.display_name

    @api.depends("grant_id.date_to", "grant_id.ended_at")
    def _compute_until(self):
        now = fields.Datetime.now()
        for review in self:
            grant = review.grant_id
            review.until = min(filter(None, (grant.date_to, grant.ended_at)), default=False)
            review.is_open = bool(review.until) and review.until > now

    @api.depends("state", "due_date")
    def _compute_overdue(self):
        for review in self:
            today = review.company_id._loan_today() if review.company_id else fields.Date.today()
            review.overdue = review.state == "waiting" and bool(review.due_date) and review.due_date < today

    def _search_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "waiting") & Domain("due_date", "<", self.env.company._loan_today())

    @api.depends("state", "is_open", "note", "breach_id")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for review in self:
            if review.state == "waiting" and review.is_open:
                step = self.env._(
                    "See what they do meanwhile. Where there is no need of it, withdraw the access."
                )
            elif review.state == "waiting" and not (review.note or "").strip():
                step = self.env._("See what they did, and write below what you found.")
            elif review.state == "waiting":
                step = self.env._("Say whether there was need of it: that closes the review.")
            elif review.state == "unjustified" and not review.breach_id:
                step = self.env._("Report a breach, unless what you found is the end of it.")
            else:
                step = False
            review.next_step = step

    def _compute_counts(self):
        # As superuser (compute_sudo): how many entries there are; what stands in them is for who may read the log.
        counts = {}
        if self.ids:
            self.flush_recordset(["grant_id", "user_id"])
            self.env["loan.access.grant"].flush_model(["customer_id", "date_from", "date_to", "ended_at"])
            counts = {
                id_: (looks, taken)
                for id_, looks, taken in self.env.execute_query(
                    SQL(
                        """
                        SELECT review.id,
                               count(log.id) FILTER (WHERE log.event = ANY(%(looked)s)),
                               count(log.id) FILTER (WHERE log.event = ANY(%(taken)s))
                          FROM loan_access_review review
                          JOIN loan_access_grant opened ON opened.id = review.grant_id
                          JOIN loan_access_log log
                            ON log.uid = review.user_id
                           AND log.outcome = 'allowed'
                           AND log.logged_at >= opened.date_from
                           -- What is kept of the end is its second, and what was seen within it was seen before.
                           AND log.logged_at < LEAST(opened.date_to, opened.ended_at) + interval '1 second'
                           AND log.customer_refs @> to_jsonb(opened.customer_id)
                         WHERE review.id = ANY(%(ids)s)
                      GROUP BY review.id
                        """,
                        ids=list(self.ids),
                        looked=list(_LOOKED),
                        taken=list(_TAKEN),
                    )
                )
            }
        for review in self:
            review.view_count, review.taken_count = counts.get(review.id, (0, 0))

    # ------------------------------------------------------------ who may see it

    @api.model
    def _seen_domain(self):
        if self.env.user._is_superuser():
            return Domain.TRUE
        return (super()._seen_domain() | self._audited_domain()) & Domain("user_id", "!=", self.env.uid)

    # ------------------------------------------------------------ beginning

    @api.model
    def _officers(self, company, user):
        """Return who of a company's compliance may review what somebody did, `res.users`.

        :param company: `res.company`
        :param user: `res.users` whom it is about
        """
        group = self.env.ref("loan_crm.loan_crm_group_compliance")
        # As superuser: who keeps the rules is no secret, whichever company is switched on.
        return (
            self.env["res.users"]
            .sudo()
            .search(
                Domain("all_group_ids", "in", group.ids)
                & Domain("company_ids", "in", company.ids)
                & Domain("share", "=", False)
                & Domain("id", "!=", user.id),
                order="id",
            )
        )

    @api.model
    def _open_for(self, grants):
        """Let what was opened in an emergency be reviewed, and tell compliance at once; as superuser.

        :param grants: `loan.access.grant`
        :return: the reviews
        """
        reviews = self.with_context(mail_create_nosubscribe=True).create(
            [
                {
                    "grant_id": grant.id,
                    "user_id": grant.user_id.id,
                    "company_id": grant.company_id.id,
                    "due_date": self._due_day(grant.company_id),
                }
                for grant in grants
            ]
        )
        for review in reviews:
            officers = self._officers(review.company_id, review.user_id)
            review._give_to(officers[:1])
            review._mail(officers)
        return reviews

    @api.model
    def _due_day(self, company):
        """Return the day by which an emergency of today is reviewed, counted in days the lender is open."""
        days, today = company.loan_emergency_review_days, company._loan_today()
        calendar = company.loan_calendar_id
        known = calendar._as_calendar() if calendar else calendars.BusinessCalendar()
        try:
            return known.add_business_days(today, days)
        except CalendarError:  # a calendar that is never open
            return today + timedelta(days=days)

    def _give_to(self, officers):
        """Put it on the list of officers; as superuser."""
        for officer in officers:
            told = self.with_context(lang=officer.lang, mail_activity_quick_update=True)
            told.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.due_date,
                summary=told.env._("Review an emergency access"),
                user_id=officer.id,
            )

    def _mail(self, officers):
        """Write to officers, without a name: the mail may be read anywhere; as superuser."""
        url = f"{self.get_base_url()}/odoo/loan-emergencies/{self.id}"
        for officer in officers:
            told = self.with_context(lang=officer.lang)
            words = (
                told.env._("An emergency access waits for its review, and is overdue.")
                if self.escalated_at
                else told.env._("Somebody has opened a customer in an emergency. It has to be reviewed.")
            )
            officer.partner_id.message_notify(
                partner_ids=officer.partner_id.ids,
                subject=told.env._("Emergency access"),
                body=Markup("<p>%s</p><p><a href='%s'>%s</a></p>")
                % (words, url, told.env._("Open the review")),
                model=False,
                res_id=False,
            )

    @api.model
    def _night_emergency(self, night):
        """Let everybody of compliance know of what nobody has reviewed in time, see `loan.night._family_steps`."""
        # As superuser: the night acts for nobody.
        late_sudo = self.sudo().search(
            Domain("company_id", "=", night.company_id.id)
            & Domain("state", "=", "waiting")
            & Domain("due_date", "<", night.date)
            & Domain("escalated_at", "=", False),
            limit=_BATCH,
        )
        late_sudo.escalated_at = fields.Datetime.now()
        for review_sudo in late_sudo:
            officers = self._officers(review_sudo.company_id, review_sudo.user_id)
            review_sudo._give_to(officers - review_sudo.activity_ids.user_id)
            review_sudo._mail(officers)
        return len(late_sudo)

    # ------------------------------------------------------------ reviewing

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("waiting", "justified"), ("waiting", "unjustified")}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A review begins with an emergency access, and no other way."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            entered = {name for name in vals if name in self._fields and self._fields[name].store}
            if entered - {"note", "activity_ids", "message_ids", "message_follower_ids"}:
                raise AccessError(self.env._("Of a review only what you found is written."))
            self._check_may_review()
            if "note" in vals and self.filtered(lambda review: review.state != "waiting"):
                raise UserError(self.env._("This is reviewed already. Add what is new to its chatter."))
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(self.env._("Reviews stay on record."))

    def _check_may_review(self):
        self.check_access("read")
        if not self._is_compliance() or self.env.user in self.user_id:
            raise AccessError(
                self.env._("Compliance reviews an emergency access, and nobody what they did themselves.")
            )

    def action_justify(self):
        """Close it: there was need of it, and nothing else was done."""
        return self._close(self.env.user, "justified")

    def action_not_justify(self):
        """Close it: there was no need of it, or more was done than needed."""
        return self._close(self.env.user, "unjustified")

    def _close(self, user, verdict):
        """Close reviews with the words that were entered.

        :param user: `res.users` who reviews; of compliance, and not whom it is about
        :param str verdict: `justified` or `unjustified`
        :raise AccessError: for anybody else
        :raise UserError: without words, or while the customer is still open
        """
        reviews = self.with_user(user)
        reviews._check_may_review()
        if any(not (review.note or "").strip() for review in self):
            raise UserError(self.env._("Write what you found: it stays on record with the verdict."))
        if self.filtered("is_open"):
            raise UserError(
                self.env._("It is still open, and what is done in it may change. Wait, or withdraw it first.")
            )
        # As superuser: the status, and who moved it, are written by this verb alone.
        reviews_sudo = self.sudo()
        reviews_sudo._move_to(verdict)
        reviews_sudo.write({"closed_user_id": user.id, "closed_at": fields.Datetime.now()})
        reviews_sudo.activity_ids.action_feedback()
        for review_sudo in reviews_sudo:
            self.env["loan.access.log"].with_user(user)._note(
                "review",
                review_sudo,
                reason=review_sudo.note,
                grant=review_sudo.grant_id,
                verdict=verdict,
                looks=review_sudo.view_count,
                taken=review_sudo.taken_count,
            )
        return True

    def action_withdraw(self):
        """End the access at once, see `loan.access.grant.action_withdraw`."""
        self._check_may_review()
        return self.grant_id.action_withdraw()

    def action_report_breach(self):
        """Report the person for it: a breach with what is known, for its reporter to complete."""
        self.ensure_one()
        self._check_may_review()
        if self.state != "unjustified":
            raise UserError(self.env._("First say that it was not justified."))
        if not self.breach_id:
            self.lock_for_update()  # of two clicks one reports
            opened = fields.Datetime.context_timestamp(self, self.date_from)
            breach = self.env["loan.breach"].create(
                {
                    "user_id": self.user_id.id,
                    "company_id": self.company_id.id,
                    "kind_id": self.env.ref("loan_crm.loan_breach_kind_curiosity").id,
                    "found_how": "log",
                    "date": opened.date(),
                    "facts": Markup("<p>%s</p><p>%s</p>")
                    % (
                        self.env._(
                            "Emergency access no. %(number)s of %(moment)s, with %(looks)s looks and %(taken)s times "
                            "something taken away, was found not to be justified.",
                            number=self.grant_id.id,
                            moment=opened.strftime("%Y-%m-%d %H:%M"),
                            looks=self.view_count,
                            taken=self.taken_count,
                        ),
                        self.note,
                    ),
                }
            )
            self.sudo().breach_id = breach  # as superuser: linked by this verb alone
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.breach",
            "res_id": self.breach_id.id,
            "views": [(False, "form")],
        }

    def action_open_customer(self):
        """Show whom it was about, to who may see them."""
        self.ensure_one()
        self.check_access("read")
        self.grant_id.customer_id.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.grant_id.customer_id.id,
            "views": [(False, "form")],
        }

    def action_open_log(self):
        """Show what the person did with this customer while it was open."""
        self.ensure_one()
        self.check_access("read")
        grant = self.grant_id
        domain = Domain("uid", "=", self.user_id.id)
        domain &= Domain("logged_at", ">=", fields.Datetime.to_string(grant.date_from - timedelta(minutes=1)))
        domain &= Domain("logged_at", "<", fields.Datetime.to_string(self.until + timedelta(seconds=1)))
        if self._audits():
            # An auditor asks about no customer: the entries are looked up here, some hours of one person's at most.
            entries = self.env["loan.access.log"].search(domain)
            about = entries.filtered(lambda entry: grant.customer_id.id in (entry.customer_refs or ()))
            domain = Domain("id", "in", about.ids)
        else:
            domain &= Domain("customer_ids", "in", grant.customer_id.ids)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What They Did"),
            "res_model": "loan.access.log",
            "domain": list(domain),
            "views": [(False, "list"), (False, "form")],
        }
