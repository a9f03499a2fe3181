from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import learning, scores


class LoanVoiceMixin(models.AbstractModel):
    """What a report counts within a span of days: numbers and ids, no names, and none of them small.

    It counts for the whole lender, whoever asks, so it runs as superuser, and each figure that could point at one case
    stands together with others before it leaves this file.
    """

    _name = "loan.voice.mixin"
    _inherit = ["loan.learning.mixin"]
    _description = "Figures of a Report"

    @api.model
    def _measure(self, company, first, last):
        """Return the figures of a span, as JSON; called as superuser.

        :param company: `res.company`
        :param date first:
        :param date last: included
        """
        company = company.with_company(company)
        own = self.with_company(company)
        return {
            "loan_days": sum(own._learning_bases(company, [(first, last)])[0].values()),
            "days": (last - first).days + 1,
            "cases": own._measure_cases(company, first, last),
            "clocks": own._measure_clocks(company, first, last),
            "speed": own._measure_speed(company, first, last),
            "answers": own._measure_answers(company, first, last),
            "recovery": own._measure_recovery(company, first, last),
            "words": own._measure_words(company, first, last),
        }

    @api.model
    def _merged(self, counts, company):
        """Return counts as JSON keeps them, the small ones together: list of `[key, number]`."""
        found = learning.merged(counts, company.loan_learning_least)
        if sum(found.values()) < company.loan_learning_least:
            return []
        return [[key, count] for key, count in found.items()]

    @api.model
    def _told_or_none(self, count, company):
        """Return a number, or None where it is too small to be told. None at all is no secret."""
        return count if not count or count >= company.loan_learning_least else None

    @api.model
    def _measure_cases(self, company, first, last):
        domain = self._learning_cases(company, first, last)
        complaints = domain & Domain("kind", "=", "complaint")

        def by(name, which):
            return self._merged(
                {key: count for (key,), count in self._learning_counts(which, [name]).items()}, company
            )

        all_of_them = self.env["loan.case"].search_count(domain)
        number = self.env["loan.case"].search_count(complaints)
        total = self._told_or_none(all_of_them, company)
        kinds = by("kind", domain)
        if number and 0 < all_of_them - number < company.loan_learning_least:
            # Both numbers told, the few that are no complaints would be what is left.
            total, kinds = None, []
        return {
            "total": total,
            "complaints": self._told_or_none(number, company),
            "kind": kinds,
            "severity": by("severity", complaints),
            "category": by("category_id", complaints),
            "cause": by("cause_id", complaints),
            "journey": by("journey", complaints),
        }

    @api.model
    def _measure_clocks(self, company, first, last):
        """Return how many clocks ended in time: list of `[measure, of a regulator, met, ended]`, few ones `None`."""
        start, end = self._learning_bounds(company, first, last)
        ended = (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", ("met", "missed"))
            & Domain("stopped_at", ">=", start)
            & Domain("stopped_at", "<", end)
        )
        counts = {}
        for measure, regulator, state, count in self.env["loan.case.clock"]._read_group(
            ended, ["measure", "is_regulator", "state"], ["__count"]
        ):
            counts.setdefault((measure, bool(regulator)), {})[state] = count
        result = []
        for (measure, regulator), found in sorted(counts.items()):
            total = sum(found.values())
            enough = total >= company.loan_learning_least
            result.append(
                [measure, regulator, found.get("met", 0) if enough else None, total if enough else None]
            )
        return result

    @api.model
    def _measure_speed(self, company, first, last):
        """Return the median hours to the first response and to the solution of complaints, with how many they are."""
        start, end = self._learning_bounds(company, first, last)
        self.env["loan.case"].flush_model(
            ["company_id", "kind", "state", "opened_at", "responded_at", "solved_at"]
        )
        ((response, responses, solution, solutions),) = self.env.execute_query(
            SQL(
                """
                SELECT percentile_cont(0.5) WITHIN GROUP (
                           ORDER BY EXTRACT(epoch FROM responded_at - opened_at) / 3600),
                       count(responded_at),
                       percentile_cont(0.5) WITHIN GROUP (
                           ORDER BY EXTRACT(epoch FROM solved_at - opened_at) / 3600),
                       count(solved_at)
                  FROM loan_case
                 WHERE company_id = %s AND state <> 'void' AND kind = 'complaint'
                   AND opened_at >= %s AND opened_at < %s
                """,
                company.id,
                start,
                end,
            )
        )
        least = company.loan_learning_least
        return {
            "response": [float(response), responses] if responses >= least else None,
            "solution": [float(solution), solutions] if solutions >= least else None,
        }

    @api.model
    def _measure_answers(self, company, first, last):
        """Return how content customers said they were, by dimension, and how many of those asked have answered."""
        start, end = self._learning_bounds(company, first, last)
        given = (
            Domain("company_id", "=", company.id)
            & Domain("counts", "=", True)
            & Domain("answered_at", ">=", start)
            & Domain("answered_at", "<", end)
        )
        dimensions = []
        for dimension, percent, side, people in self.env["loan.survey.score"]._read_group(
            given, ["dimension"], ["percent:avg", "side:avg", "request_id:count_distinct"]
        ):
            value = side if dimension == scores.RECOMMEND else percent
            dimensions.append([dimension, value, self._told_or_none(people, company)])
        asked = (
            Domain("company_id", "=", company.id)
            & Domain("sent_at", ">=", start)
            & Domain("sent_at", "<", end)
            & Domain("state", "in", ("answered", "expired"))
        )
        counts = dict(self.env["loan.survey.request"]._read_group(asked, ["state"], ["__count"]))
        over = sum(counts.values())
        enough = over >= company.loan_learning_least
        return {
            "dimensions": dimensions,
            "asked": over if enough else self._told_or_none(over, company),
            "answered": counts.get("answered", 0) if enough else None,
        }

    @api.model
    def _measure_recovery(self, company, first, last):
        closed = (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "closed")
            & Domain("closed_on", ">=", first)
            & Domain("closed_on", "<=", last)
        )
        plans = self.env["loan.recovery.plan"]
        outcomes = dict(plans._read_group(closed, ["outcome"], ["__count"]))
        costs = [
            [currency.id, cost]
            for currency, cost, count in plans._read_group(closed, ["currency_id"], ["cost:sum", "__count"])
            if currency and cost and count >= company.loan_learning_least
        ]
        return {
            "closed": self._told_or_none(sum(outcomes.values()), company),
            "outcomes": self._merged(outcomes, company),
            "costs": costs,
        }

    @api.model
    def _measure_words(self, company, first, last):
        """Return how many promises that fell due were kept: `[kept in time, fell due]`, None where there are few."""
        due = (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", ("kept", "late", "broken"))
            & Domain("date_due", ">=", first)
            & Domain("date_due", "<=", last)
        )
        counts = dict(self.env["loan.commitment"]._read_group(due, ["state"], ["__count"]))
        total = sum(counts.values())
        return [counts.get("kept", 0), total] if total >= company.loan_learning_least else None
