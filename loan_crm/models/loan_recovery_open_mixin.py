from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanRecoveryOpenMixin(models.AbstractModel):
    """What opens a plan by itself, once each: a broken word of ours, a low score in Odoo's surveys or in our own."""

    _name = "loan.recovery.open.mixin"
    _description = "What Opens a Recovery Plan"

    cause = fields.Selection(
        [
            ("hand", "Somebody noticed"),
            ("commitment", "We broke our word"),
            ("score", "A low score"),
            ("case", "A case"),
        ],
        "Opened By",
        required=True,
        readonly=True,
        default="hand",
    )
    commitment_id = fields.Many2one(
        "loan.commitment", "Broken Word", readonly=True, copy=False, ondelete="restrict"
    )
    user_input_id = fields.Many2one(
        "survey.user_input", "Answer", readonly=True, copy=False, ondelete="set null"
    )
    score = fields.Float(
        "Score (%)", readonly=True, copy=False, aggregator="avg", help="Of the answer that opened it."
    )
    answer_note = fields.Char("In the Survey", compute="_compute_answer_note", compute_sudo=True)

    @api.depends("user_input_id")
    def _compute_answer_note(self):
        # As superuser (compute_sudo): what was answered is told to who makes it good, with the words it was given in.
        told = self.env["loan.survey.request"].search([("user_input_id", "in", self.user_input_id.ids)])
        by_answer = told.grouped("user_input_id")
        for plan in self:
            request = by_answer.get(plan.user_input_id) if plan.user_input_id else None
            plan.answer_note = request and " — ".join(filter(None, (request.score_note, request.words)))

    @api.model
    def _open_for_words(self, words):
        """Open a plan for each broken word of ours of a kind that asks for it, once.

        :param words: `loan.commitment`
        """
        wanted = words.filtered("kind_id.opens_recovery")
        # As superuser: a plan follows from what happened.
        plans_sudo = self.sudo()
        known = plans_sudo.search([("commitment_id", "in", wanted.ids)]).commitment_id
        return plans_sudo.create(
            [
                {
                    "customer_id": word.customer_id.id,
                    "contract_id": word.contract_id.id,
                    "partner_id": word.partner_id.id,
                    "cause": "commitment",
                    "commitment_id": word.id,
                    "what_happened": self.env._("We had promised: %s", word.display_name),
                    "opened_on": word.company_id._loan_today(),
                }
                for word in wanted - known
            ]
        )

    @api.model
    def _open_for_answers(self, answers):
        """Open a plan for each answer with a low score, once.

        :param answers: `survey.user_input`
        """
        # As superuser: a plan follows from what was answered; nobody may be kept from it by not seeing the answer.
        plans_sudo, answers_sudo = self.sudo(), answers.sudo()
        told = answers_sudo.filtered(
            lambda answer: (
                answer.state == "done"
                and not answer.test_entry
                and answer.partner_id
                and answer.survey_id.loan_tells_satisfaction
                and answer.survey_id.scoring_type != "no_scoring"
            )
        )
        known = plans_sudo.search([("user_input_id", "in", told.ids)]).user_input_id
        customers_sudo = self.env["loan.customer"].sudo()  # as above
        customers_sudo = customers_sudo.search([("partner_id", "in", told.partner_id.ids)], order="id")
        customers = customers_sudo._surviving().grouped("partner_id") if customers_sudo else {}
        vals_list = []
        for answer in told - known:
            customer = customers.get(answer.partner_id, customers_sudo.browse())[:1]
            if not customer or not customer.company_id._loan_is_low(answer.scoring_percentage):
                continue
            vals_list.append(
                {
                    "customer_id": customer.id,
                    "partner_id": answer.partner_id.id,
                    "cause": "score",
                    "user_input_id": answer.id,
                    "score": answer.scoring_percentage,
                    "what_happened": self.env._(
                        "%(survey)s: a score of %(score)s %%.",
                        survey=answer.survey_id.title,
                        score=round(answer.scoring_percentage),
                    ),
                    "opened_on": customer.company_id._loan_today(),
                }
            )
        return plans_sudo.create(vals_list)

    def _open_for_request(self, request):
        """Open a plan for a survey of ours whose answer is low, once; nobody's where nobody's customer answered.

        A complaint that is made good already needs no second plan: whoever may not see the complaint would see that.

        :param request: `loan.survey.request`, as superuser
        """
        plans_sudo, answer = self.sudo(), request.user_input_id  # as superuser: as above
        twice = [("user_input_id", "=", answer.id)]
        if request.case_id:
            twice = ["|", *twice, ("case_id", "=", request.case_id.id)]
        if not request.customer_id or not answer or plans_sudo.search_count(twice):
            return plans_sudo
        return plans_sudo.create(
            {
                "customer_id": request.customer_id.id,
                "partner_id": request.partner_id.id,
                "contract_id": request.contract_id.id,
                "case_id": request.case_id.id,
                "cause": "score",
                "user_input_id": answer.id,
                "score": request.satisfaction,
                "what_happened": self.env._(
                    "%(survey)s: a score of %(score)s %%.",
                    survey=request.survey_id.title,
                    score=round(request.satisfaction),
                ),
                "opened_on": request.company_id._loan_today(),
            }
        )

    def action_open_cause(self):
        """Open what opened the plan: the case, or the word that was broken."""
        self.ensure_one()
        return self._action_open_record(self.case_id or self.commitment_id)

    def action_open_answer(self):
        """Open the survey whose answer opened the plan."""
        self.ensure_one()
        answer_sudo = self.sudo().user_input_id  # whether the survey may be read is asked there
        request_sudo = self.env["loan.survey.request"].sudo().search([("user_input_id", "=", answer_sudo.id)])
        if not answer_sudo or not request_sudo:
            raise UserError(self.env._("This answer was given in another survey. Open it in the survey app."))
        return self._action_open_record(request_sudo.sudo(False))
