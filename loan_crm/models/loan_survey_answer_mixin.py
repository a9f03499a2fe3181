from datetime import datetime, time, timedelta, timezone
from uuid import uuid4
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..core import cases, scores
from ..core.listing import phrased


class LoanSurveyAnswerMixin(models.AbstractModel):
    """What somebody answers who was asked: one click and perhaps the rest, a wish to be called, or never again."""

    _name = "loan.survey.answer.mixin"
    _description = "Answers to Surveys"

    # ------------------------------------------------------------ by the link

    def _begin_answer(self, value=None):
        """Take the first answer, once; whoever comes again goes on where they were.

        :param value: one of `survey.question._loan_choices`, of the survey's first question; None to answer that on
            the survey's own page
        :return: the address of the survey's page; None where it is answered already
        """
        self.ensure_one()
        self._wait_for_lock()
        self.invalidate_recordset(["state", "user_input_id"])
        if not self.user_input_id:
            if self.state != "sent":
                return None
            self.user_input_id = self._make_answer()
            self._move_to("answered")
            self.write({"answered_at": fields.Datetime.now(), "way": "link"})
            question = self.survey_id._loan_first_question()
            if value is not None and question:
                self.user_input_id._save_lines(question, str(value))
        answer = self.user_input_id
        if answer.state == "done":
            return None
        return f"/survey/{self.survey_id.access_token}/{answer.access_token}"

    def _make_answer(self, **values):
        """Return the survey's own record of this answer, begun."""
        zone = ZoneInfo(self.company_id.loan_tz or "UTC")
        end = datetime.combine(self.expires_on + timedelta(days=1), time(0), tzinfo=zone)
        lang = self.env["res.lang"]._get_data(code=self.partner_id.lang or self.company_id.partner_id.lang)
        answer = self.survey_id._create_answer(
            partner=self.partner_id,
            check_attempts=False,
            deadline=end.astimezone(timezone.utc).replace(tzinfo=None),
            lang_id=lang.id if lang else False,
            **values,
        )
        # Odoo takes a contact who has a login for that user; the link is the person's all the same.
        answer._mark_in_progress()
        return answer

    def _ask_for_call(self, phone, best_time, words):
        """Note that somebody would rather be called, and give a to-do to who acts for them. Twice is once.

        :param str phone: empty for the number that is on file
        :param str best_time: in their words
        :param str words: what it is about
        :return: False where they have answered otherwise
        """
        self.ensure_one()
        self._wait_for_lock()
        self.invalidate_recordset(["state"])
        if self.state != "sent":
            return self.way == "call"
        self._move_to("answered")
        self.write(
            {
                "answered_at": fields.Datetime.now(),
                "way": "call",
                "call_phone": phone,
                "call_time": best_time,
                "call_words": words,
            }
        )
        at = phrased(filter(None, (phone or self.partner_id.phone, best_time)), self.env.lang)
        alone = self._give_todos(
            lambda request: (
                request.env._(
                    "Call %s, who would rather talk than fill in a survey", request.partner_id.name
                ),
                request.env._("Call at: %s", at or request.env._("no number is on file")),
            ),
            lambda request: request._call_by(),
        )
        if alone:
            self._wake_somebody()
        return True

    def _call_by(self):
        """Return the day by which somebody is called who asked for it: the lender's next business day."""
        today = self.company_id._loan_today()
        calendar = self.company_id.loan_calendar_id
        if not calendar:
            return today + timedelta(days=1)
        known = calendar._as_calendar()
        return known.add_business_days(today, 1)

    def _stop_surveys(self):
        """Let this person be asked no more, by no survey; what is due is told so when its day comes."""
        self.ensure_one()
        partner = self.partner_id
        if not partner.loan_no_surveys:
            partner.with_context(loan_said_how=("link",)).loan_no_surveys = True
            self._place()._message_log(
                body=self.with_context(lang=self.company_id.partner_id.lang).env._(
                    "The customer wants no more surveys. They said so on the page of one."
                ),
                author_id=partner.id,
            )
        return True

    # ------------------------------------------------------------ by a colleague

    def _refuses_staff(self):
        """Return why nobody of the lender may enter an answer now, in the user's words; False where somebody may.

        While a customer has a link, the answer is theirs to give: a colleague's would take its place.
        """
        self.ensure_one()
        # As superuser: the link is asked about, which nobody reads.
        answered_sudo = self.sudo().user_input_id
        if answered_sudo or self.state not in ("sent", "expired", "answered"):
            return self.env._("There is nothing to enter: this survey is answered, or was not sent.")
        if self.state == "sent" and self.channel != "phone":
            return self.env._(
                "The customer has a letter with a link, open until %s. Until then the answer is theirs to give.",
                self._long_day(self.expires_on),
            )
        return False

    def action_enter(self):
        """Open the form that takes what a customer says on the telephone."""
        self.ensure_one()
        self.check_access("read")
        if refusal := self._refuses_staff():
            raise UserError(refusal)
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_survey_enter_action")
        action["context"] = {"default_request_id": self.id}
        return action

    def _enter_answer(self, said):
        """Put on record what a customer said on the telephone, marked with who entered it.

        :param dict said: by id of the question, as it was typed: a number of a scale, the place of a choice counted
            from 1, or words; what is empty was not answered
        :raise UserError: when somebody may not, or something is not one of the answers there are
        """
        self.ensure_one()
        self.check_access("read")
        request_sudo = self.sudo()  # as superuser: what follows is written by this verb alone
        request_sudo._wait_for_lock()
        request_sudo.invalidate_recordset(["state", "user_input_id"])
        if refusal := self._refuses_staff():
            raise UserError(refusal)
        questions_sudo = request_sudo.survey_id.question_ids
        values = {question: question._loan_read(said.get(question.id, "")) for question in questions_sudo}
        if all(value is None for value in values.values()):
            raise UserError(self.env._("Enter at least one answer."))
        answer_sudo = request_sudo._make_answer()
        for question, value in values.items():
            if value is not None:
                answer_sudo._save_lines(question, value)
        now = fields.Datetime.now()
        if request_sudo.state != "answered":
            request_sudo._move_to("answered")
        request_sudo.write(
            {
                "user_input_id": answer_sudo.id,
                "answered_at": request_sudo.answered_at or now,
                "way": "staff",
                "entered_user_id": self.env.uid,
                "entered_at": now,
            }
        )
        answer_sudo._mark_done()

    def action_retry(self):
        """Try surveys again that could not be written, after somebody has put it right."""
        self.check_access("read")
        # As superuser: people read surveys, only their own verbs write them.
        failed_sudo = self.sudo().filtered(lambda request: request.reason == "failed")
        failed_sudo._move_to("due")
        failed_sudo.write({"reason": False, "reason_note": False, "look_at": False})
        # As superuser: waking the round shows nothing.
        self.env.ref("loan_crm.ir_cron_survey").sudo()._trigger()
        return True

    def _long_day(self, day):
        """Return a date in words: March 17, 2026."""
        return format_date(self.env, day, date_format="long")

    # ------------------------------------------------------------ into a case

    def _prepare_case_vals(self):
        if self.state != "answered":
            raise UserError(self.env._("There is nothing to make a case of: nobody has answered."))
        if not self.customer_id:
            raise UserError(self.env._("Whoever answered has no customer's page yet. Make one first."))
        calls = self.way == "call"
        at = phrased(filter(None, (self.call_phone or self.partner_id.phone, self.call_time)), self.env.lang)
        said = [self.call_words, at and self.env._("Call at: %s", at)] if calls else [self.words]
        words = "\n\n".join(filter(None, said))
        vals = {
            "subject": cases.headline(self.call_words if calls else self.words)
            or self.env._("Survey: %s", self.survey_title),
            "words": words,
            "customer_id": self.customer_id.id,
            "contract_id": self.contract_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "channel": "survey",
        }
        return vals if calls else {**vals, "kind": "complaint"}

    # ------------------------------------------------------------ what it comes to

    @api.model
    def _take_answers(self, answers):
        """Write the scores of answers that are complete, once for each.

        :param answers: `survey.user_input`, done
        """
        requests = self.search([("user_input_id", "in", answers.ids), ("score_ids", "=", False)])
        if not requests:
            return
        vals_list = []
        for request in requests:
            vals_list += request._prepare_scores_vals()
            # The page's address opens the answers to whoever has it: what is done needs it no more.
            request.user_input_id.access_token = str(uuid4())
        self.env["loan.survey.score"].create(vals_list)
        for request in requests:
            told = request.score_ids.filtered(lambda score: score.dimension != scores.RECOMMEND)
            recommend = request.score_ids - told
            satisfaction = scores.mean(told.mapped("percent"), 1).value
            recommends = int(recommend[:1].value) if recommend else None
            low = request.company_id._loan_is_low(satisfaction, recommends)
            request.write(
                {
                    "satisfaction": satisfaction or 0.0,
                    "recommends": -1 if recommends is None else recommends,
                    "is_low": low,
                }
            )
            if low:
                request._low_score()

    def _prepare_scores_vals(self):
        """Return the values of this answer's scores, the first of each question."""
        self.ensure_one()
        vals_list = []
        for line in self.user_input_id.user_input_line_ids:
            question = line.question_id
            value = question._loan_value(line) if question.loan_dimension else None
            if value is None:
                continue
            raw, percent = value
            vals_list.append(
                {
                    "request_id": self.id,
                    "question_id": question.id,
                    "dimension": question.loan_dimension,
                    "value": raw,
                    "percent": percent,
                    "side": scores.side(raw) if question.loan_dimension == scores.RECOMMEND else 0,
                    "counts": self.way == "link",
                    "answered_at": self.answered_at,
                    "company_id": self.company_id.id,
                    "customer_id": self.customer_id.id,
                    "contract_id": self.contract_id.id,
                    "lead_id": self.lead_id.id,
                    "case_id": self.case_id.id,
                    "product_id": self.product_id.id,
                    "moment": self.moment,
                    "survey_id": self.survey_id.id,
                    "user_id": self.user_id.id,
                }
            )
        return vals_list

    def _low_score(self):
        """Do something about an answer below the lender's threshold; called once for each, as superuser.

        Here whoever acts for the customer gets a to-do to call today. A family that mends things does it better: it
        extends this.
        """
        self.ensure_one()
        alone = self._give_todos(
            lambda request: (
                request.env._("Call %s, who is not content with us", request.partner_id.name),
                request.env._("Read the answer under Surveys first: %s", request.score_note or ""),
            ),
            lambda request: request.company_id._loan_today(),
        )
        if alone:
            self._wake_somebody()
