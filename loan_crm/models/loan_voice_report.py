import logging
from datetime import timedelta
from functools import partial

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import learning

_logger = logging.getLogger(__name__)

_TREND_MONTHS = 12
# Kept of each kind, for not everybody may read each; the page shows the first few that its reader may.
_QUOTES = 40
# As long as a sentence or two; a story would tell who it is from.
_QUOTE_LENGTH = (15, 220)
_FROZEN = frozenset({"message_follower_ids", "activity_ids", "message_main_attachment_id", "trouble"})
# A job that stood still for longer makes up for so many months.
_MONTHS_LATE = 3


class LoanVoiceReport(models.Model):
    """What customers told a lender in a month or a quarter, on one page: begins as a draft, is issued, then stays.

    It is for the head of service and for compliance, who are to know the whole: it counts all cases of the lender, also
    those the reader may not open, and tells no number so small that a case could be found in it. Issued, its figures
    are data that nobody changes, with those of the time before. Its quotations ask for themselves who may read them.
    """

    _name = "loan.voice.report"
    _inherit = [
        "loan.voice.sheet.mixin",
        "loan.voice.mixin",
        "loan.seen.mixin",
        "loan.audit.mixin",
        "loan.trouble.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Voice of the Customer"
    _order = "date_from desc, id desc"
    _mail_post_access = "read"

    _SEEN_COLUMNS = ("company_id", "state")

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    period = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter")],
        required=True,
        default="month",
        help="How long the time is that the report tells of, from its first day on.",
    )
    date_from = fields.Date(
        "From", required=True, compute="_compute_dates", store=True, readonly=False, precompute=True
    )
    date_to = fields.Date("To", compute="_compute_date_to", store=True, precompute=True)
    state = fields.Selection(
        [("draft", "Draft"), ("issued", "Issued")],
        "Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    issued_at = fields.Datetime("Issued At", readonly=True, copy=False)
    issued_user_id = fields.Many2one(
        "res.users", "Report Issued By", readonly=True, copy=False, ondelete="restrict"
    )
    figures = fields.Json(readonly=True, copy=False, export_string_translation=False)
    quote_ids = fields.One2many(
        "loan.voice.quote",
        "report_id",
        "In Their Words",
        readonly=True,
        groups="loan_crm.loan_crm_group_compliance,loan_crm.loan_crm_group_team_lead",
    )

    _once = models.UniqueIndex("(company_id, period, date_from)", "There is a report of this time already.")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"issued_at", "issued_user_id", "figures", "quote_ids", "trouble"}

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "issued")}

    # ------------------------------------------------------------ who may see it

    @api.model
    def _seen_domain(self):
        """Compliance sees all, the head of service those of the lender they are head of, auditors what is issued."""
        # As superuser: who is head of service is no secret.
        led = self.env["res.company"].sudo().search([("loan_head_user_id", "=", self.env.uid)])
        issued = Domain("state", "=", "issued") & self._audited_domain()
        return super()._seen_domain() | Domain("company_id", "in", led.ids) | issued

    # ------------------------------------------------------------ what follows

    @api.depends("period", "date_from", "company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for report in self:
            report.display_name = self.env._(
                "Voice of the Customer · %s", report._period_told() if report.date_from else ""
            )

    @api.depends("period", "company_id")
    def _compute_dates(self):
        for report in self:
            today = report.company_id._loan_today()
            start = today.replace(day=1) - relativedelta(months=1)
            if report.period == "quarter":
                this = today.replace(day=1) - relativedelta(months=(today.month - 1) % 3)
                start = this - relativedelta(months=3)
            report.date_from = start

    @api.depends("date_from", "period")
    def _compute_date_to(self):
        for report in self:
            months = 3 if report.period == "quarter" else 1
            report.date_to = report.date_from and report.date_from + relativedelta(months=months, days=-1)

    @api.constrains("date_from", "period")
    def _check_period(self):
        for report in self:
            first = report.date_from
            if first.day != 1 or (report.period == "quarter" and first.month % 3 != 1):
                raise ValidationError(
                    self.env._(
                        "A report begins on the first day of a month, one of a quarter on that of a quarter."
                    )
                )
            if first > report.company_id._loan_today():
                raise ValidationError(self.env._("This time has not begun yet."))

    # ------------------------------------------------------------ begin, count, issue

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        reports._count()
        return reports

    def write(self, vals):
        if vals.keys() - _FROZEN and any(report.state == "issued" for report in self):
            raise AccessError(self.env._("What is issued stays as it is."))
        result = super().write(vals)
        if vals.keys() & {"period", "date_from", "company_id"}:
            self._count()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        if any(report.state == "issued" for report in self):
            raise AccessError(self.env._("What is issued stays as it is."))

    def action_count(self):
        """Count a draft anew."""
        self.check_access("write")
        if any(report.state == "issued" for report in self):
            raise UserError(self.env._("What is issued stays as it is."))
        self._count()
        return True

    def action_issue(self):
        """Count once more, and freeze it."""
        self.check_access("write")
        for report in self:
            if report.date_to >= report.company_id._loan_today():
                raise UserError(self.env._("This time is not over yet. A report is issued when it is."))
        self._issue()
        return True

    def _issue(self):
        self._count()
        for report_sudo in self.sudo():  # as superuser: when and by whom is noted, not entered
            report_sudo.write({"issued_at": fields.Datetime.now(), "issued_user_id": self.env.uid})
            report_sudo._move_to("issued")
        self._trouble_over()

    def _count(self):
        """Count what these reports tell, and choose what they quote."""
        # As superuser: head and compliance are told figures of the whole lender, none of them small, see above.
        for report_sudo in self.sudo():
            months = 3 if report_sudo.period == "quarter" else 1
            before = (
                report_sudo.date_from - relativedelta(months=months),
                report_sudo.date_from - timedelta(1),
            )
            company = report_sudo.company_id
            now = report_sudo._measure(company, report_sudo.date_from, report_sudo.date_to)
            report_sudo.figures = {
                "least": company.loan_learning_least,
                "before_from": fields.Date.to_string(before[0]),
                "now": now,
                "before": report_sudo._measure(company, *before),
                "trend": report_sudo._count_trend(),
                "improvements": report_sudo._count_improvements(),
                "names": report_sudo._count_names(now),
            }
            report_sudo.quote_ids.unlink()
            report_sudo._quote()
            # What was found as superuser must not stay behind for whoever asks next.
            report_sudo.invalidate_recordset(["quote_ids", "sheet_html"])

    def _count_trend(self):
        """Return month by month the complaints and the loan days: list of `[first day, number or None, loan days]`."""
        last = self.date_to.replace(day=1)
        starts = [last - relativedelta(months=number) for number in range(_TREND_MONTHS - 1, -1, -1)]
        spans = [(start, start + relativedelta(months=1, days=-1)) for start in starts]
        bases = self._learning_bases(self.company_id, spans)
        complaints = self._learning_cases(
            self.company_id, spans[0][0], spans[-1][1], Domain("kind", "=", "complaint")
        )
        cases = self.env["loan.case"].with_context(tz=self.company_id.loan_tz or "UTC")
        counts = {
            (month.year, month.month): count
            for month, count in cases._read_group(complaints, ["opened_at:month"], ["__count"])
        }
        return [
            [
                fields.Date.to_string(first),
                self._told_or_none(counts.get((first.year, first.month), 0), self.company_id),
                sum(base.values()),
            ]
            for (first, _last), base in zip(spans, bases, strict=True)
        ]

    def _count_improvements(self):
        """Return what was changed or judged within the time: name, days, verdict and how much."""
        within = lambda name: Domain(name, ">=", self.date_from) & Domain(name, "<=", self.date_to)  # noqa: E731
        found = self.env["loan.improvement"].search(
            Domain("company_id", "=", self.company_id.id) & (within("done_on") | within("judged_on")),
            order="id",
        )
        return [
            {
                "name": each.name,
                "done_on": fields.Date.to_string(each.done_on),
                # What was judged later is not of this time.
                "verdict": each.verdict if each.judged_on and each.judged_on <= self.date_to else False,
                "ratio": [each.ratio, each.ratio_low, each.ratio_high] if each.ratio_high else False,
            }
            for each in found
        ]

    def _count_names(self, now):
        """Return what is counted is called now, in all languages that are installed."""
        names = {}
        for column in ("category", "cause"):
            ids = [key for key, _count in now["cases"][column] if isinstance(key, int) and key]
            names[column] = self._names_of(self.env[f"loan.case.{column}"].browse(ids))
        return names

    @api.model
    def _names_of(self, records):
        """Return `{id as text: {language: name}}`."""
        names = {}
        for code, _name in self.env["res.lang"].get_installed():
            for record in records.with_context(lang=code):
                names.setdefault(str(record.id), {})[code] = record.display_name
        return names

    def _quote(self):
        """Choose what customers said in this time: what is worst first, then what is latest; called as superuser."""
        found = []
        complaints = self._learning_cases(
            self.company_id, self.date_from, self.date_to, Domain("kind", "=", "complaint")
        )
        cases = self.env["loan.case"].search(
            complaints & Domain("words", "!=", False) & Domain("customer_id", "!=", False),
            order="severity desc, opened_at desc, id desc",
            limit=_QUOTES * 3,
        )
        found += [("case", case, case.customer_id, case.words) for case in cases]
        start, end = self._learning_bounds(self.company_id, self.date_from, self.date_to)
        requests = self.env["loan.survey.request"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "answered")
            & Domain("answered_at", ">=", start)
            & Domain("answered_at", "<", end)
            & Domain("customer_id", "!=", False)
            & Domain("lead_id", "=", False),
            order="answered_at desc, id desc",
            limit=_QUOTES * 3,
        )
        found += [("survey", each.case_id, each.customer_id, each.words) for each in requests]
        colleagues = self.env["res.users"].search(
            [("share", "=", False), ("company_ids", "in", self.company_id.ids)]
        )
        names = colleagues.mapped("name")
        chosen, each_kind = [], {"case": 0, "survey": 0}
        for kind, case, customer, words in found:
            text = learning.without_names(
                " ".join((words or "").split()), [*names, customer.name, customer.partner_id.name]
            )
            if not _QUOTE_LENGTH[0] <= len(text) <= _QUOTE_LENGTH[1] * 4:
                continue
            if each_kind[kind] >= _QUOTES:
                continue
            if len(text) > _QUOTE_LENGTH[1]:
                text = text[: _QUOTE_LENGTH[1]] + "…"
            each_kind[kind] += 1
            chosen.append((kind, case, customer, text))
        self.env["loan.voice.quote"].create(
            [
                {
                    "report_id": self.id,
                    "sequence": number,
                    "kind": kind,
                    "case_id": case.id,
                    "customer_id": customer.id,
                    "text": text,
                    "about_names": self._names_of(case.category_id),
                }
                for number, (kind, case, customer, text) in enumerate(chosen)
            ]
        )

    # ------------------------------------------------------------ the job

    @api.model
    def _cron_issue(self):
        """Issue the report of the last month of each lender that has none yet, and tell its head of service.

        Months that nobody issued while the job stood still come before it. One that cannot be issued stays a draft
        with what went wrong, wakes somebody, and is tried again a day later.
        """
        undisturbed = self.env["loan.reminder.round"]._undisturbed
        failed = False
        for company in self.env["res.company"].search([("loan_tz", "!=", False)], order="id"):
            try:
                for first in self._months_to_issue(company):
                    told, left = undisturbed(partial(self._issue_month, company, first))
                    failed |= told
                    if not left:
                        self.env["ir.cron"]._commit_progress(remaining=1)
                        return
                self._take_back_todo(company)
            except Exception:
                # One lender's trouble must not keep the others waiting.
                self.env.cr.rollback()
                _logger.exception("The report of company %s could not be issued", company.id)
                self._wake_at(company)
                self.env["ir.cron"]._commit_progress()
                failed = True
        if failed:
            tomorrow = fields.Datetime.now() + timedelta(days=1)
            self.env.ref("loan_crm.ir_cron_voice")._trigger(tomorrow)

    @api.model
    def _months_to_issue(self, company):
        """Return the first days of the months that are over and not issued, the last month and those before it that
        came after the last one issued; a list, oldest first.
        """
        last = company._loan_today().replace(day=1) - relativedelta(months=1)
        monthly = Domain("company_id", "=", company.id) & Domain("period", "=", "month")
        issued = self.search(monthly & Domain("state", "=", "issued"), order="date_from desc", limit=1)
        first = issued.date_from + relativedelta(months=1) if issued else last
        first = max(first, last - relativedelta(months=_MONTHS_LATE - 1))
        months = []
        while first <= last:
            months.append(first)
            first += relativedelta(months=1)
        return months

    @api.model
    def _issue_month(self, company, first):
        """Issue one report unless another worker does, and commit.

        :return: whether it could not be issued, and what the scheduler has left
        """
        report = self._draft_of(company, first)._lock_quietly()
        failed = report.filtered(lambda each: each.state == "draft")._treat_apart(
            type(report)._issue_and_tell
        )
        return bool(failed), self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _draft_of(self, company, first):
        """Return the monthly report of a lender, made once however many ask for it; a new one is not counted yet.

        What goes wrong with counting must find a record to stand on.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_voice_report (
                    company_id, period, date_from, date_to, state, create_uid, write_uid, create_date, write_date)
                VALUES (%(company)s, 'month', %(first)s, %(last)s, 'draft', %(uid)s, %(uid)s,
                        now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING
                """,
                company=company.id,
                first=first,
                last=first + relativedelta(months=1, days=-1),
                uid=self.env.uid,
            ),
            log_exceptions=False,  # that somebody else makes it, too, is no error
        )
        return self.search(
            [("company_id", "=", company.id), ("period", "=", "month"), ("date_from", "=", first)]
        )

    def _issue_and_tell(self):
        self._issue()
        for report in self:
            report._tell_head()

    @api.model
    def _trouble_words(self):
        return (
            self.env._("A report on the voice of the customer could not be issued"),
            self.env._(
                "Open “Voice of the Customer” by the filter “Could Not Be Issued”, read what went wrong, and put it "
                "right. It is tried again each day; you may issue it yourself as well."
            ),
        )

    def _tell_head(self):
        head = self.company_id.loan_head_user_id
        if not head or not head.active or not self._loan_seen_by(head):
            return
        own = self.with_context(lang=head.lang or self.env.lang, mail_activity_quick_update=True)
        own.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company_id._loan_today(),
            summary=own.env._("Read: %s", own.display_name),
            user_id=head.id,
        )
