from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core import scores
from ..core.listing import listed

_WORDS_AT_MOST = 4000
# Columns without which an answer says nothing, or leads elsewhere.
_KEPT = frozenset({"survey_id", "question_type", "is_page"})


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    loan_dimension = fields.Selection(
        [
            ("overall", "Overall"),
            ("attitude", "Attitude"),
            ("speed", "Speed"),
            ("solution", "Solution"),
            ("clarity", "Clarity of Terms"),
            ("transparency", "Transparency"),
            ("nps", "Recommendation"),
        ],
        "Tells About",
        help="What an answer says of us. It goes into the figures of satisfaction under this name; “Recommendation” "
        "asks for a scale from 0 to 10.",
    )

    @api.constrains("loan_dimension", "question_type", "scale_min", "scale_max")
    def _check_loan_dimension(self):
        for question in self.filtered("loan_dimension"):
            if question.loan_dimension == scores.RECOMMEND:
                fits = (
                    question.question_type == "scale" and question.scale_min == 0 and question.scale_max == 10
                )
                if not fits:
                    raise ValidationError(
                        self.env._(
                            "“%s” asks for a recommendation, so its scale goes from 0 to 10.", question.title
                        )
                    )
            elif question.question_type not in ("scale", "simple_choice"):
                raise ValidationError(
                    self.env._(
                        "“%s” can tell about nothing in figures: it takes a scale, or one choice of several with "
                        "scores.",
                        question.title,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        questions = super().create(vals_list)
        questions.survey_id._check_loan_keeper()
        return questions

    def write(self, vals):
        self.survey_id._check_loan_keeper()
        moved = self.filtered(
            lambda question: any(
                question._fields[name].convert_to_write(question[name], question) != vals[name]
                for name in vals.keys() & _KEPT
            )
        )
        result = super().write(vals)
        if moved:
            moved._check_loan_unanswered()
        if "survey_id" in vals:
            self.survey_id._check_loan_keeper()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        self.survey_id._check_loan_keeper()
        self._check_loan_unanswered()

    def _check_loan_unanswered(self):
        """Refuse what would take along, or turn, what customers said: Odoo deletes it with its question."""
        # As superuser: whether there are any, is asked.
        lines_sudo = self.env["survey.user_input.line"].sudo()
        if lines_sudo.search_count(
            [("question_id", "in", self.ids), ("survey_id.survey_type", "=", "loan")], limit=1
        ):
            raise UserError(
                self.env._(
                    "Customers have answered this question, and their answers go with it. Make a new survey."
                )
            )

    # ------------------------------------------------------------ what is taken as an answer

    @api.private
    def validate_question(self, answer, comment=None):
        # Odoo asks whether there is an answer, not whether it is one of those there are.
        if self.survey_id.survey_type == "loan" and not self._loan_takes(answer, comment):
            return {
                self.id: self.env._(
                    "This is none of the answers, or longer than %s characters.", _WORDS_AT_MOST
                )
            }
        return super().validate_question(answer, comment)

    def _loan_takes(self, answer, comment=None):
        """Tell whether what a page sent can be an answer to this question, or none.

        :param answer: whatever was sent: of a person's browser a text, a list of texts, of a matrix a dict of lists
        :param comment: whatever was sent as one
        """
        self.ensure_one()
        if not all(self._loan_words(each) for each in (comment,) if each):
            return False
        if not answer:
            return True
        choices = self.suggested_answer_ids.ids
        if self.question_type == "matrix":
            rows = {str(row) for row in self.matrix_row_ids.ids}
            return isinstance(answer, dict) and all(
                str(row) in rows and isinstance(chosen, list) and self._loan_chosen(chosen, choices)
                for row, chosen in answer.items()
            )
        if self.question_type == "multiple_choice":
            return self._loan_chosen(answer if isinstance(answer, list) else [answer], choices)
        if self.question_type in ("simple_choice", "scale"):
            return self._loan_chosen([answer], [value for value, _label, _end in self._loan_choices()])
        return self._loan_words(answer)

    def _loan_chosen(self, chosen, choices):
        known = {str(value) for value in choices}
        return all(type(value) in (str, int) and str(value) in known for value in chosen)

    def _loan_words(self, said):
        return isinstance(said, str) and len(said) <= _WORDS_AT_MOST and "\x00" not in said

    # ------------------------------------------------------------ what it says

    def _loan_choices(self):
        """Return what can be answered: `[(value, label, what stands at its end of the scale or "")]`.

        Of a scale the values are its numbers, of a choice the ids of its answers.
        """
        self.ensure_one()
        if self.question_type == "scale":
            ends = {self.scale_min: self.scale_min_label or "", self.scale_max: self.scale_max_label or ""}
            return [
                (value, str(value), ends.get(value, ""))
                for value in range(self.scale_min, self.scale_max + 1)
            ]
        if self.question_type == "simple_choice":
            return [(answer.id, answer.value, "") for answer in self.suggested_answer_ids]
        return []

    def _loan_read(self, said):
        """Return what a colleague typed as an answer that the survey keeps, a text; None where nothing was said.

        :param str said: see `loan.survey.request._enter_answer`
        :raise UserError: where it is not one of the answers there are
        """
        self.ensure_one()
        if not said:
            return None
        choices = self._loan_choices()
        if not choices:
            return said
        known = (
            {str(value): value for value, _label, _end in choices}
            if self.question_type == "scale"
            else {str(place): value for place, (value, _label, _end) in enumerate(choices, 1)}
        )
        if said not in known:
            raise UserError(
                self.env._(
                    "“%(said)s” is none of the answers to “%(question)s”: %(choices)s.",
                    said=said,
                    question=self.title,
                    choices=listed(known, self.env.lang),
                )
            )
        return str(known[said])

    def _loan_value(self, line):
        """Return what a line of answers says: `(raw value, percent)`, None where it says nothing in figures.

        :param line: `survey.user_input.line` of this question
        """
        self.ensure_one()
        if line.skipped:
            return None
        if self.question_type == "scale":
            return line.value_scale, scores.percent(line.value_scale, self.scale_min, self.scale_max)
        if self.question_type == "simple_choice" and line.suggested_answer_id:
            marks = self.suggested_answer_ids.mapped("answer_score")
            if min(marks) < max(marks):
                mark = line.suggested_answer_id.answer_score
                return mark, scores.percent(mark, min(marks), max(marks))
        return None
