from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..core import scores


class LoanSurveyScore(models.Model):
    """What one answer said of one thing: written when the answer is complete, and never changed.

    Of a group of answers the mean is told only where there are enough of them (`res.company.loan_survey_sample`), and
    of those alone that customers gave themselves. So a pivot, a graph and an export say the same, and none of them
    tells a figure of three people.
    """

    _name = "loan.survey.score"
    _inherit = ["loan.access.mixin"]
    _description = "Survey Score"
    _order = "answered_at desc, request_id desc, id"
    _rec_name = "dimension"

    request_id = fields.Many2one(
        "loan.survey.request", "Survey", required=True, readonly=True, index=True, ondelete="restrict"
    )
    question_id = fields.Many2one(
        "survey.question", readonly=True, ondelete="set null", export_string_translation=False
    )
    survey_id = fields.Many2one("survey.survey", "Asked With", readonly=True, ondelete="restrict")
    dimension = fields.Selection(
        selection=lambda self: (
            self.env["survey.question"]._fields["loan_dimension"]._description_selection(self.env)
        ),
        required=True,
        readonly=True,
    )
    value = fields.Float(
        "Answer", readonly=True, aggregator=None, help="As it was given, on the question's scale."
    )
    percent = fields.Float(
        "Satisfaction (%)",
        readonly=True,
        aggregator="avg",
        help="0 the worst, 100 the best. Of a group the mean, where there are enough answers.",
    )
    side = fields.Integer(
        "Net Promoter Score",
        readonly=True,
        aggregator="avg",
        help="Of recommendations: 100 for 9 and 10, -100 for 0 to 6. Of a group the mean, where there are enough.",
    )
    counts = fields.Boolean(
        "Given by the Customer", readonly=True, help="What staff entered for a customer is in no figure."
    )
    answered_at = fields.Datetime("Answered At", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    customer_id = fields.Many2one(
        "loan.customer", "Customer", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    contract_id = fields.Many2one(
        "loan.contract", "Loan", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    lead_id = fields.Many2one(
        "crm.lead", "Application", readonly=True, index="btree_not_null", ondelete="set null"
    )
    case_id = fields.Many2one("loan.case", "Case", readonly=True, index="btree_not_null", ondelete="restrict")
    product_id = fields.Many2one("loan.product", "Product", readonly=True, ondelete="restrict")
    moment = fields.Selection(selection=lambda self: self.env["loan.survey.rule"]._moments(), readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Manager",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who acted for the customer when they were asked.",
    )

    _once = models.UniqueIndex("(request_id, question_id)", "An answer has one score for each question.")
    _by_manager_idx = models.Index("(user_id, answered_at) WHERE counts")

    # ------------------------------------------------------------ who may see it

    @api.depends_context("uid")
    @api.depends("request_id.lead_id", "request_id.customer_id", "request_id.case_id")
    def _compute_loan_visible(self):
        for score in self:
            score.loan_visible = score.request_id.loan_visible

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        if seen is NotImplemented:
            return seen
        return self.env["loan.survey.request"]._with_what_it_is_about(seen)

    # ------------------------------------------------------------ figures

    def _read_group_select(self, aggregate_spec, query):
        counted = {
            "percent:avg": SQL(
                "%s <> %s", self._field_to_sql(self._table, "dimension", query), scores.RECOMMEND
            ),
            "side:avg": SQL("%s = %s", self._field_to_sql(self._table, "dimension", query), scores.RECOMMEND),
        }
        if aggregate_spec not in counted:
            return super()._read_group_select(aggregate_spec, query)
        which = SQL("%s AND %s", counted[aggregate_spec], self._field_to_sql(self._table, "counts", query))
        # Several questions of one answer are one person's opinion: people are counted, not lines.
        return SQL(
            "CASE WHEN count(DISTINCT %(request)s) FILTER (WHERE %(which)s) >= %(sample)s "
            "THEN (avg(%(value)s) FILTER (WHERE %(which)s))::float END",
            request=self._field_to_sql(self._table, "request_id", query),
            value=self._field_to_sql(self._table, aggregate_spec.partition(":")[0], query),
            which=which,
            sample=max(1, self.env.company.loan_survey_sample),
        )

    def _told(self):
        """Return what was answered, in figures for people."""
        self.ensure_one()
        if self.dimension == scores.RECOMMEND:
            return self.env._("%s of 10", int(self.value))
        return f"{self.percent:.0f}%"

    @api.model
    def _figure_told(self, mean, count, company):
        """Return in words what a group of answers says, or that there are too few.

        :param mean: in percent, None for none
        :param int count: of how many answers
        :param company: `res.company` whose least sample counts
        """
        if not count:
            return self.env._("No answers yet")
        if count < company.loan_survey_sample:
            return self.env._("Too few answers for a figure: %s", count)
        return self.env._("%(mean).0f%% · answers: %(count)s", mean=mean, count=count)

    # ------------------------------------------------------------ by hand: nothing

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A score follows from what a customer answered."))
        return super().create(vals_list)

    def write(self, vals):
        # A profile that is made of an application later, and the erasure of a customer, move no figure.
        if not self.env.su or vals.keys() & {"value", "percent", "side", "counts", "dimension", "request_id"}:
            raise AccessError(self.env._("What a customer answered, nobody changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("What a customer answered, nobody changes."))
