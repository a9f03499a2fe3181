from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class LoanSurveyEnter(models.TransientModel):
    """Enter what a customer says on the telephone to a survey: on record with who entered it, and in no figure."""

    _name = "loan.survey.enter"
    _inherit = ["loan.guard.mixin"]
    _description = "Enter an Answer"

    request_id = fields.Many2one("loan.survey.request", "Survey", required=True)
    line_ids = fields.One2many(
        "loan.survey.enter.line",
        "enter_id",
        "Questions",
        default=lambda self: self._default_line_ids(),
        help="As the customer says it. Leave what they do not want to answer.",
    )

    @api.model
    def _default_line_ids(self):
        request = self.env["loan.survey.request"].browse(self.env.context.get("default_request_id") or ())
        if not request:
            return []
        request.check_access("read")
        # As superuser: what is asked is no secret to who asks it.
        questions_sudo = request.survey_id.sudo().question_ids
        return [Command.create(self._prepare_line_vals(question_sudo)) for question_sudo in questions_sudo]

    @api.model
    def _prepare_line_vals(self, question):
        choices = question._loan_choices()
        if question.question_type == "scale":
            hint = self.env._(
                "%(least)s to %(most)s: %(ends)s",
                least=question.scale_min,
                most=question.scale_max,
                ends=" → ".join(end for _value, _label, end in choices if end),
            )
        else:
            hint = " · ".join(f"{place} {label}" for place, (_value, label, _end) in enumerate(choices, 1))
        return {"question_id": question.id, "title": question.title, "hint": hint}

    def action_enter(self):
        """Put the answer on record."""
        self.ensure_one()
        self.request_id.check_access("read")
        said = {line.question_id.id: (line.said or "").strip() for line in self.line_ids}
        self.request_id._enter_answer(said)
        return {"type": "ir.actions.act_window_close"}

    @api.constrains("request_id")
    def _check_request(self):
        for form in self:
            if refusal := form.request_id._refuses_staff():
                raise UserError(refusal)
