from odoo import fields, models


class LoanSurveyEnterLine(models.TransientModel):
    """One question of a survey, and what the customer says to it."""

    _name = "loan.survey.enter.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Question and Answer"
    _order = "id"

    enter_id = fields.Many2one("loan.survey.enter", required=True, ondelete="cascade")
    question_id = fields.Many2one("survey.question", required=True, readonly=False, ondelete="cascade")
    title = fields.Char("Title", readonly=True)
    hint = fields.Char("How to Answer", readonly=True)
    said = fields.Char(
        "Answer", help="A number where one is asked for, else their words. Empty: they did not say."
    )
