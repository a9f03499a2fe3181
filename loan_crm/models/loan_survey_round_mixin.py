import logging
from datetime import timedelta
from functools import partial

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import letters

_logger = logging.getLogger(__name__)

_BATCH = 100
# Who has begun may go on so long; then what was answered counts.
_HOURS_TO_FINISH = 24


class LoanSurveyRoundMixin(models.AbstractModel):
    """The round of surveys, each hour: notes occasions, asks whom the governor lets, reminds once, and closes.

    Each step goes by batches that are committed one by one, and finds its work anew each time: a round that is cut
    off is gone on with by the next one, one that is begun twice finds nothing left. A survey that cannot be written
    stays alone, on record with what went wrong, and wakes somebody.
    """

    _name = "loan.survey.round.mixin"
    _inherit = ["loan.letter.mixin", "loan.lock.mixin"]
    _description = "Round of Surveys"

    @api.model
    def _cron_ask(self):
        for company in self.env["res.company"].search([("loan_tz", "!=", False)], order="id"):
            try:
                finished = self._ask_company(company)
            except Exception:
                # One lender's trouble must not keep the others waiting.
                self.env.cr.rollback()
                _logger.exception("The surveys of company %s failed", company.id)
                continue
            if not finished:
                self.env["ir.cron"]._commit_progress(remaining=1)
                return

    @api.model
    def _ask_company(self, company):
        """Do what is to be done now for a lender.

        :param company: `res.company`
        :return: True when all is done, False when the scheduler's time ran out before
        """
        own = self.with_company(company)
        for step in (
            own._note_batch,
            own._ask_batch,
            own._remind_batch,
            own._finish_batch,
            own._expire_batch,
        ):
            left = True
            while left is not None:
                left = self.env["loan.reminder.round"]._undisturbed(partial(step, company))
                if left is not None and not left:
                    return False
        return True

    @api.model
    def _night_survey(self, night):
        """Note what comes back every year; see `loan.night._family_steps`."""
        if not night.company_id.loan_survey_on:
            return 0
        return self._note_occasions(night.company_id, ("yearly",))

    # ------------------------------------------------------------ the steps, one batch each

    @api.model
    def _note_batch(self, company):
        if not company.loan_survey_on:
            return None
        self._follow_profiles(company)
        found = self._note_occasions(company)
        return self.env["ir.cron"]._commit_progress(found) if found else None

    @api.model
    def _follow_profiles(self, company):
        """Let surveys about applications lead to the profile that was made of them since."""
        requests = self.search(
            [("company_id", "=", company.id), ("customer_id", "=", False), ("lead_id", "!=", False)]
        )
        if not requests:
            return
        # The loan that was made of an application tells whose it is.
        made = self.env["loan.contract"].search_fetch(
            [("lead_id", "in", requests.lead_id.ids), ("state", "!=", "cancelled")],
            ["lead_id", "customer_id"],
        )
        by_lead = {contract.lead_id: contract.customer_id for contract in made}
        for customer, group in requests.grouped(lambda request: by_lead.get(request.lead_id)).items():
            if customer:
                group.write({"customer_id": customer.id})
                group.score_ids.write({"customer_id": customer.id})

    @api.model
    def _ask_batch(self, company):
        due = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "due")
            & Domain("due_on", "<=", company._loan_today())
            & (Domain("look_at", "=", False) | Domain("look_at", "<=", fields.Datetime.now())),
            order="rule_id, due_on, id",
            limit=_BATCH,
        )._lock_quietly()
        if not due:
            return None
        due._ask_whom_the_governor_lets()
        return self.env["ir.cron"]._commit_progress(len(due))

    @api.model
    def _remind_batch(self, company):
        waiting = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "sent")
            & Domain("remind_on", "<=", company._loan_today())
            & Domain("reminded_at", "=", False)
            & (Domain("look_at", "=", False) | Domain("look_at", "<=", fields.Datetime.now())),
            order="remind_on, id",
            limit=_BATCH,
        )._lock_quietly()
        if not waiting:
            return None
        waiting._remind()
        return self.env["ir.cron"]._commit_progress(len(waiting))

    @api.model
    def _finish_batch(self, company):
        """Let what was begun and left count as it is."""
        begun = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "answered")
            & Domain("user_input_id.state", "=", "in_progress")
            & Domain("answered_at", "<=", fields.Datetime.now() - timedelta(hours=_HOURS_TO_FINISH)),
            order="id",
            limit=_BATCH,
        )._lock_quietly()
        if not begun:
            return None
        begun.user_input_id._mark_done()
        return self.env["ir.cron"]._commit_progress(len(begun))

    @api.model
    def _expire_batch(self, company):
        over = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "sent")
            & Domain("expires_on", "<", company._loan_today()),
            order="expires_on, id",
            limit=_BATCH,
        )._lock_quietly()
        if not over:
            return None
        over._move_to("expired")
        return self.env["ir.cron"]._commit_progress(len(over))

    # ------------------------------------------------------------ asking

    def _ask_whom_the_governor_lets(self):
        silent, waiting, asked = {}, {}, self.browse()
        for each in self._judge():
            if each.reason is None:
                each.request.channel = "email" if each.by_mail else "phone"
                asked |= each.request
            elif each.final:
                key = (each.reason, each.day, each.days, False)
                silent[key] = silent.get(key, self.browse()) | each.request
            else:
                key = (each.reason, each.day, each.days, each.again_at)
                waiting[key] = waiting.get(key, self.browse()) | each.request
        for requests in silent.values():
            requests._move_to("silent")
        for (reason, day, days, again_at), requests in (silent | waiting).items():
            requests.write(
                {"reason": reason, "reason_on": day, "reason_days": days or 0, "look_at": again_at}
            )
        asked._ask_apart()

    def _ask_apart(self):
        """Ask these people; if that fails, each half of them, so that a poison record stays alone."""
        if not self:
            return
        overtaken = self.env["loan.reminder"]._overtaken
        try:
            with self.env.cr.savepoint():
                self._ask()
            return
        except overtaken:
            raise
        except Exception as error:
            failed = error
        if len(self) > 1:
            middle = len(self) // 2
            self[:middle]._ask_apart()
            self[middle:]._ask_apart()
            return
        _logger.info("Survey %s cannot be sent: %s", self.id, failed)
        self.invalidate_recordset()
        self._move_to("silent")
        self.write({"reason": "failed", "reason_note": self.env["mail.template"]._loan_trouble_told(failed)})
        self._wake_somebody()

    def _ask(self):
        now = fields.Datetime.now()
        unsigned = self.env["loan.reminder"]._unsigned(self.customer_id.ids)
        for request in self:
            company, rule = request.company_id, request.rule_id
            today = company._loan_today()
            by_mail = request.channel == "email"
            if request.case_id:
                user = request.case_id.user_id  # who settled it
            elif request.customer_id.id in unsigned:
                user = self.env["res.users"]
            else:
                user = request.customer_id.acting_user_id or request.lead_id.user_id
            request.write(
                {
                    "reason": False,
                    "reason_on": False,
                    "reason_days": 0,
                    "look_at": False,
                    "sent_on": today,
                    "sent_at": now,
                    "expires_on": today + timedelta(days=rule.open_days),
                    "remind_on": by_mail and rule.remind_days and today + timedelta(days=rule.remind_days),
                    "email": request.partner_id.email_normalized if by_mail else False,
                    "user_id": user.id,
                    "signed_user_id": user.id,
                }
            )
        self._move_to("sent")
        self.filtered(lambda request: request.channel == "email")._queue_letters()
        self.filtered(lambda request: request.channel == "phone")._plan_calls()

    def _remind(self):
        """Write once more to those who have not answered and may still be written to."""
        reminded = self.browse()
        for each in self._judge(reminding=True):
            if each.reason is None:
                reminded |= each.request
            elif each.final:
                each.request.write({"remind_on": False, "reason": each.reason})
            else:
                each.request.look_at = each.again_at
        reminded._remind_apart()

    def _remind_apart(self):
        if not self:
            return
        overtaken = self.env["loan.reminder"]._overtaken
        try:
            with self.env.cr.savepoint():
                self.write({"reminded_at": fields.Datetime.now(), "look_at": False})
                self.with_context(loan_survey_reminder=True)._queue_letters()
            return
        except overtaken:
            raise
        except Exception as error:
            failed = error
        if len(self) > 1:
            middle = len(self) // 2
            self[:middle]._remind_apart()
            self[middle:]._remind_apart()
            return
        _logger.info("Survey %s cannot be reminded of: %s", self.id, failed)
        self.invalidate_recordset()
        self.write(
            {
                "remind_on": False,
                "reason": "failed",
                "reason_note": self.env["mail.template"]._loan_trouble_told(failed),
            }
        )
        self._wake_somebody()

    def _queue_letters(self):
        for template, requests in self.grouped(lambda request: request.rule_id.template_id).items():
            # A reminder answers to the first letter's thread; the record keeps the first.
            mails = requests._queue_letter_mails(template)
            for mail, request in zip(mails, requests, strict=True):
                request.message_id = request.message_id or mail.mail_message_id
        if self:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _place(self):
        """Return the record in whose chatter the letter stands and on which a to-do is given."""
        self.ensure_one()
        # A case tells of itself: whom it is about need not read in the customer's chatter that there was one.
        return self.case_id or self.contract_id or self.customer_id or self.lead_id

    def _prepare_mail_vals(self, rendered):
        vals = super()._prepare_mail_vals(rendered)
        place = self._place()
        vals.update(
            model=place._name,
            res_id=place.id,
            record_name=place.display_name,
            # Whoever reads the chatter could answer for the customer: what stands there opens nothing.
            body=Markup(letters.dead_links(str(rendered["body_html"]))),  # noqa: S704  # what was rendered stays escaped
        )
        return vals

    def _plan_calls(self):
        """Give a to-do to ask by telephone to whoever acts for these customers."""
        self._give_todos(
            lambda request: (
                request.env._("Ask %s how it was", request.partner_id.name),
                request.env._(
                    "Open “%s” under Surveys and enter what the customer says; it is marked as entered by you.",
                    request.display_name,
                ),
            ),
            lambda request: request.company_id._loan_today(),
        )

    def _give_todos(self, words, day):
        """Give one to-do to call for each of these, on the loan, the customer or the application.

        :param words: `f(request in the language of who gets it) -> (summary, note)`
        :param day: `f(request) -> date` it is due on
        :return: requests that nobody could be asked about
        """
        vals_list, owners, alone = [], [], self.browse()
        kind = self.env.ref("mail.mail_activity_data_call")
        for request in self:
            user = request._who_is_told()
            if not user:
                alone |= request
                continue
            place = request._place()
            summary, note = words(request.with_context(lang=user.lang))
            vals_list.append(
                {
                    "res_model_id": self.env["ir.model"]._get_id(place._name),
                    "res_id": place.id,
                    "activity_type_id": kind.id,
                    "date_deadline": day(request),
                    "summary": summary,
                    "note": Markup("<p>%s</p>") % note,
                    "user_id": user.id,
                }
            )
            owners.append(request)
        # One to-do each, but no mail for each.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)
        return alone

    def _who_is_told(self):
        """Return who acts for the customer today and may open the record, else the team's lead, else nobody."""
        self.ensure_one()
        place = self._place()
        if self.case_id:
            anywhere = place.with_context(allowed_company_ids=[])  # their own companies decide
            return next(
                (
                    user
                    for user in (place.user_id, place.team_id.user_id)
                    if user.active and anywhere.with_user(user).has_access("read")
                ),
                self.env["res.users"],
            )
        return place.user_id.filtered("active") if place == self.lead_id else place._who_answers()

    def _wake_somebody(self):
        """Give the person responsible one to-do on the rule of a survey that could not be written."""
        for rule, requests in self.grouped("rule_id").items():
            company = requests[:1].company_id
            user = company.loan_reminder_user_id or self.env["loan.reminder.round"]._fallback_user(company)
            kind = self.env.ref("mail.mail_activity_data_warning")
            if user and kind not in rule.activity_ids.activity_type_id:
                told = rule.with_context(lang=user.lang)
                told.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=told.env._("Surveys could not be written"),
                    note=told.env._(
                        "Open the surveys that were not sent, read what went wrong, put it right and try them again."
                    ),
                    user_id=user.id,
                )
