from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import learning, scores


class LoanRepeat(models.TransientModel):
    """Do the content borrow again? How satisfied people said they were, beside whether they took another loan.

    Of each customer the first answer counts that lies far enough back: whoever answered so lately that their months
    are not over is left out and told as such. Counted is what the reader may see. It shows that two things go
    together, or do not, and never that one makes the other.
    """

    _name = "loan.repeat"
    _inherit = ["loan.learning.mixin", "loan.guard.mixin"]
    _description = "Who Borrows Again"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    months = fields.Integer(
        "Months to Come Back",
        required=True,
        default=lambda self: self.env.company.loan_repeat_months,
        help="Months after an answer to a survey within which a new loan counts as coming back.",
    )
    measure = fields.Selection(
        [("satisfaction", "Satisfaction"), ("recommend", "Would Recommend Us")],
        "Compared By",
        required=True,
        default="satisfaction",
        help="Which of their answers is set beside whether they borrowed again.",
    )
    product_id = fields.Many2one("loan.product", "Product of the Answer", help="Empty: all of them.")
    since = fields.Date("Answers Since", help="Empty: all of them.")
    figures = fields.Json(compute="_compute_figures", export_string_translation=False)
    summary = fields.Text("In Words", compute="_compute_figures")

    _months_in_bounds = models.Constraint(
        "CHECK (months BETWEEN 1 AND 60)", "Whoever comes back does so within 1 to 60 months."
    )

    @api.depends("months")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for repeat in self:
            repeat.display_name = self.env._("Who Borrows Again")

    @api.model
    def action_open_repeat(self):
        """Open the screen."""
        self.check_access("create")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_repeat_action")
        action["res_id"] = self.create({}).id
        return action

    @api.depends("months", "measure", "product_id", "since", "company_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_figures(self):
        for repeat in self:
            if not 1 <= repeat.months <= 60:
                repeat.figures, repeat.summary = {"bands": []}, False
                continue
            found = learning.repeat(
                repeat._answers(),
                repeat.months,
                repeat.company_id._loan_today(),
                band_least=max(1, repeat.company_id.loan_survey_sample),
            )
            repeat.figures = repeat._figures_of(found)
            repeat.summary = repeat._summary_of(found)

    def _answers(self):
        """Return one answer for each customer the reader may see: `(percent, day, days of loans since)`.

        The first one counts: of somebody who came back and was asked again, the later one would already know.
        """
        given = Domain("company_id", "=", self.company_id.id) & Domain("counts", "=", True)
        given &= Domain("customer_id", "!=", False)
        recommend = Domain("dimension", "=", scores.RECOMMEND)
        given &= recommend if self.measure == "recommend" else ~recommend
        if self.product_id:
            given &= Domain("product_id", "=", self.product_id.id)
        if self.since:
            start, _end = self._learning_bounds(self.company_id, self.since, self.since)
            given &= Domain("answered_at", ">=", start)
        answers = self.env["loan.survey.score"]
        query = answers._search(given)
        if query.is_empty():
            return []
        answers.flush_model(["request_id", "customer_id", "percent", "value", "answered_at"])
        self.env["loan.contract"].flush_model(["customer_id", "start_date", "state", "company_id"])
        given_rows = query.select(
            *(
                SQL.identifier(query.table, name)
                for name in ("request_id", "customer_id", "percent", "value", "answered_at")
            )
        )
        # Whose loans these are has been asked with the customer; that there is one is told of nobody by itself. A loan
        # with a level of its own that the reader may not see is left out: they would learn of it.
        loans = self.env["loan.contract"]._search(
            Domain("company_id", "=", self.company_id.id) & Domain("state", "in", ("active", "closed"))
        )
        loans_sql = loans.select(
            SQL.identifier(loans.table, "customer_id"), SQL.identifier(loans.table, "start_date")
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH given AS (%(given)s), each AS (
                    SELECT customer_id, request_id, avg(percent) AS percent, avg(value) AS value,
                           (min(answered_at) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day
                      FROM given GROUP BY customer_id, request_id
                ), first AS (
                    SELECT DISTINCT ON (customer_id) customer_id, percent, value, day
                      FROM each ORDER BY customer_id, day, request_id
                )
                SELECT first.percent, first.value, first.day, array_remove(array_agg(loan.start_date), NULL)
                  FROM first
                  LEFT JOIN (%(loans)s) loan ON loan.customer_id = first.customer_id AND loan.start_date > first.day
                 GROUP BY first.customer_id, first.percent, first.value, first.day
                """,
                given=given_rows,
                loans=loans_sql,
                zone=self.company_id.loan_tz or "UTC",
            )
        )
        scale = self.measure == "recommend"
        return [
            (float(value) * 10 if scale else float(percent), day, days) for percent, value, day, days in rows
        ]

    def _figures_of(self, found):
        """Return what the screen shows, as JSON.

        :param found: `core.learning.Repeat`
        """
        names = self._band_names()
        return {
            "bands": [
                {
                    "name": names[band.name],
                    "count": band.count,
                    "again": band.again,
                    "share": band.share,
                    "low": band.low,
                    "high": band.high,
                }
                for band in found.bands
            ],
            "count": found.count,
            "waiting": found.waiting,
        }

    def _band_names(self):
        if self.measure == "recommend":
            return {
                "low": self.env._("0 to 5 of 10"),
                "middle": self.env._("6 and 7 of 10"),
                "high": self.env._("8 to 10 of 10"),
            }
        return {
            "low": self.env._("Below 60%"),
            "middle": self.env._("60% to 79%"),
            "high": self.env._("80% and more"),
        }

    def _summary_of(self, found):
        """Return in words what was found, and what cannot be said.

        :param found: `core.learning.Repeat`
        """
        lines = [
            self.env._(
                "%(count)s customers whose %(months)s months are over are counted; %(waiting)s answered too lately "
                "and are left out.",
                count=found.count,
                months=self.months,
                waiting=found.waiting,
            )
        ]
        if found.spearman is None:
            if found.count < learning.LEAST_PEOPLE:
                words = self.env._(
                    "Too few to tell whether the two go together: at least %s customers are needed.",
                    learning.LEAST_PEOPLE,
                )
            else:
                words = self.env._("All of them answered alike or did alike: there is nothing to compare.")
            return "\n".join([*lines, words])
        lines.append(
            {
                "together": self.env._("The more content they were, the more often they borrowed again."),
                "against": self.env._("The more content they were, the less often they borrowed again."),
                "none": self.env._("No relation between the two can be seen."),
            }[found.verdict]
        )
        lines.append(
            self.env._(
                "Rank correlation %(rho)s (%(low)s to %(high)s), point-biserial %(linear)s, of %(count)s customers.",
                rho=self._number_told(found.spearman),
                low=self._number_told(found.low),
                high=self._number_told(found.high),
                linear=self._number_told(found.pearson),
                count=found.count,
            )
        )
        return "\n".join(lines)
