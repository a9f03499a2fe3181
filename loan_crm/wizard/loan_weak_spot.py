from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import learning

_COLUMNS = {
    "category": ["category_id"],
    "cause": ["cause_id"],
    "product": ["product_id"],
    "journey": ["journey"],
    "category_journey": ["category_id", "journey"],
    "category_product": ["category_id", "product_id"],
    "category_journey_product": ["category_id", "journey", "product_id"],
}
_TREND_MONTHS = 12


class LoanWeakSpot(models.TransientModel):
    """Where most of what customers bring comes from: a pareto of categories, causes, products and stages of a loan.

    Everything is counted with the reader's own rights: what they may not see is in no figure here. Each row is
    compared with an equally long time before, over the loans that ran, and says so where there are too few to tell.
    """

    _name = "loan.weak.spot"
    _inherit = ["loan.learning.mixin", "loan.guard.mixin"]
    _description = "Weak Spots"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    period = fields.Selection(
        [
            ("30", "Last 30 Days"),
            ("90", "Last 90 Days"),
            ("180", "Last 180 Days"),
            ("365", "Last 365 Days"),
            ("own", "From … to …"),
        ],
        required=True,
        default="90",
        help="It is compared with an equally long time before it.",
    )
    date_from = fields.Date("From", compute="_compute_dates", store=True, readonly=False, precompute=True)
    date_to = fields.Date(
        "To",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day that is counted.",
    )
    sort_by = fields.Selection(
        [
            ("category", "Category"),
            ("cause", "Root Cause"),
            ("product", "Product"),
            ("journey", "Stage of the Loan"),
            ("category_journey", "Category and Stage"),
            ("category_product", "Category and Product"),
            ("category_journey_product", "Category, Stage and Product"),
        ],
        "Sorted By",
        required=True,
        default="category",
        help="What the cases are counted by; the worst stands first.",
    )
    kind = fields.Selection(
        lambda self: self.env["loan.case"]._fields["kind"]._description_selection(self.env),
        default="complaint",
        help="Empty: all of them.",
    )
    severity = fields.Selection(
        lambda self: self.env["loan.case"]._fields["severity"]._description_selection(self.env),
        help="Empty: all of them.",
    )
    team_id = fields.Many2one("loan.case.team", "Team", help="Empty: all of them.")
    product_id = fields.Many2one("loan.product", "Product", help="Empty: all of them.")
    figures = fields.Json(compute="_compute_figures", export_string_translation=False)
    summary = fields.Char("In Words", compute="_compute_figures")

    @api.depends("sort_by", "period")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for spot in self:
            spot.display_name = self.env._("Weak Spots")

    @api.depends("period", "company_id")
    def _compute_dates(self):
        for spot in self:
            today = spot.company_id._loan_today()
            if spot.period != "own":
                spot.date_to = today
                spot.date_from = today - timedelta(int(spot.period or 90) - 1)
            else:
                spot.date_to = spot.date_to or today
                spot.date_from = spot.date_from or today - timedelta(89)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for spot in self:
            if spot.date_from and spot.date_to and not 0 <= (spot.date_to - spot.date_from).days <= 3660:
                raise ValidationError(self.env._("The time ends after it begins, and within ten years."))

    # ------------------------------------------------------------ figures

    @api.depends("date_from", "date_to", "sort_by", "kind", "severity", "team_id", "product_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_figures(self):
        for spot in self:
            if not spot.date_from or not spot.date_to or spot.date_from > spot.date_to:
                spot.figures, spot.summary = {"rows": [], "trend": []}, False
                continue
            spot.figures = spot._figures()
            spot.summary = spot.figures["told"]

    def _own_domain(self):
        """Return the domain of the filters."""
        domain = Domain.TRUE
        for name in ("kind", "severity", "team_id", "product_id"):
            if value := self[name]:
                domain &= Domain(name, "=", value.id if name.endswith("_id") else value)
        return domain

    def _figures(self):
        """Return what the screen shows, as JSON: the rows of the pareto and the months of the trend."""
        days = (self.date_to - self.date_from).days + 1
        before = (self.date_from - timedelta(days), self.date_from - timedelta(1))
        now = (self.date_from, self.date_to)
        months = self._months()
        loans = Domain("product_id", "=", self.product_id.id) if self.product_id else Domain.TRUE
        bases = self._learning_bases(self.company_id, [before, now, *months], loans)
        columns = _COLUMNS[self.sort_by]
        counts, earlier = (
            self._learning_counts(self._learning_cases(self.company_id, *span, self._own_domain()), columns)
            for span in (now, before)
        )
        names = self._names(columns, [*counts])
        rows = learning.pareto(counts)
        total = sum(row.count for row in rows)
        running = sum(bases[1].values())
        return {
            "by": self._fields["sort_by"]._description_selection(self.env)[[*_COLUMNS].index(self.sort_by)][
                1
            ],
            "total": total,
            "told": self.env._(
                "%(cases)s cases that you may see came in from %(first)s to %(last)s, while %(loans)s loans ran.",
                cases=total,
                first=format_date(self.env, self.date_from),
                last=format_date(self.env, self.date_to),
                loans=round(running / days),
            ),
            "rows": [
                {
                    "key": [value or 0 for value in row.key],
                    "name": " · ".join(
                        names[name, value] for name, value in zip(columns, row.key, strict=True)
                    ),
                    "count": row.count,
                    "share": row.share,
                    "cumulative": row.cumulative,
                    "vital": row.vital,
                    "before": earlier.get(row.key, 0),
                    **self._compared(row, columns, earlier, bases, days),
                }
                for row in rows
            ],
            "trend": self._trend(months, bases[2:]),
            "improves": self.env["loan.improvement"].has_access("create"),
        }

    def _compared(self, row, columns, earlier, bases, days):
        """Return how a row compares with the time before: over the loans of its product, where it has one."""
        if "product_id" in columns:
            product = row.key[columns.index("product_id")]
            # What is about no loan is not measured by loans.
            past, now = (base.get(product, 0) if product else 0 for base in bases[:2])
        else:
            past, now = (sum(base.values()) for base in bases[:2])
        change = learning.change((earlier.get(row.key, 0), past), (row.count, now))
        return {
            "rate": change.after.value and change.after.value * days * 1000,
            "verdict": change.verdict,
            "verdict_told": self._verdict_told(change),
        }

    def _months(self):
        """Return the calendar months that end with the one of `date_to`: list of `(first, last day)`."""
        first = self.date_to.replace(day=1)
        starts = [first - relativedelta(months=number) for number in range(_TREND_MONTHS, 0, -1)] + [first]
        spans = [(start, start + relativedelta(months=1, days=-1)) for start in starts]
        spans[-1] = (first, self.date_to)
        return spans

    def _trend(self, months, bases):
        """Return month by month how many of 1,000 running loans brought a case."""
        cases = self._learning_cases(self.company_id, months[0][0], months[-1][1], self._own_domain())
        zone = self.company_id.loan_tz or "UTC"
        counted = (
            self.env["loan.case"].with_context(tz=zone)._read_group(cases, ["opened_at:month"], ["__count"])
        )
        counts = {(month.year, month.month): count for month, count in counted}
        series = [
            (counts.get((first.year, first.month), 0), sum(base.values()))
            for (first, _last), base in zip(months, bases, strict=True)
        ]
        result = []
        for (first, last), (rate, change) in zip(months, learning.trend(series), strict=True):
            scale = ((last - first).days + 1) * 1000
            result.append(
                {
                    "name": format_date(self.env, first, date_format=self.env._("MMM yyyy")),
                    "count": rate.count,
                    "rate": rate.value and rate.value * scale,
                    "low": rate.low and rate.low * scale,
                    "high": rate.high and rate.high * scale,
                    "verdict": change.verdict if change else False,
                    "verdict_told": change and self._verdict_told(change),
                }
            )
        # Before anything was written down here there is nothing to compare.
        while result and not result[0]["count"]:
            result.pop(0)
        if result:
            result[0].update(verdict=False, verdict_told=False)
        return result

    def _names(self, columns, keys):
        """Return the names of what is counted: `{(column, id, value or False): words}`."""
        empty = {
            "category_id": self.env._("No category yet"),
            "cause_id": self.env._("Cause not found yet"),
            "product_id": self.env._("No loan named"),
            "journey": self.env._("Not known"),
        }
        result = {}
        cases = self.env["loan.case"]
        for index, column in enumerate(columns):
            field = cases._fields[column]
            values = {key[index] for key in keys}
            if field.type == "selection":
                labels = dict(field._description_selection(self.env))
            else:
                # As superuser: the name of a category, a cause or a product of cases that were counted.
                found_sudo = self.env[field.comodel_name].sudo().browse(filter(None, values))
                labels = {record.id: record.display_name for record in found_sudo}
            result.update({(column, value): labels.get(value) or empty[column] for value in values})
        return result

    # ------------------------------------------------------------ what a row leads to

    @api.model
    def action_open_spots(self):
        """Open the screen: a form of one's own, so that what is chosen stays when one comes back from a case."""
        self.check_access("create")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_weak_spot_action")
        action["res_id"] = self.create({}).id
        return action

    def _cell(self, key):
        """Return what a row stands for: `{column: id, value or False}`.

        :param key: as the screen got it, from a browser
        """
        self.ensure_one()
        columns = _COLUMNS[self.sort_by]
        stages = dict(self.env["loan.case"]._fields["journey"]._description_selection(self.env))
        if not isinstance(key, list) or len(key) != len(columns):
            raise UserError(self.env._("The figures have changed. Load the page anew."))
        cell = {}
        for column, value in zip(columns, key, strict=True):
            known = value in stages if column == "journey" else type(value) is int and value > 0
            if value and not known:
                raise UserError(self.env._("The figures have changed. Load the page anew."))
            cell[column] = value or False
        return cell

    def action_open_cases(self, key):
        """Show the cases behind a row.

        :param list key: what the row stands for
        """
        self.check_access("read")
        cell = self._cell(key)
        domain = self._learning_cases(self.company_id, self.date_from, self.date_to, self._own_domain())
        for column, value in cell.items():
            domain &= Domain(column, "=", value)
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_action_all")
        name = " · ".join(self._names([*cell], [tuple(cell.values())])[item] for item in cell.items())
        action.update(domain=list(domain), context={}, name=name, path=False)
        action["display_name"] = name
        action.pop("path", None)
        return action

    def action_improve(self, key):
        """Open a new improvement for the problem of a row.

        :param list key: what the row stands for
        """
        self.check_access("read")
        cell = self._cell(key)
        if not any(cell.values()):
            raise UserError(self.env._("Sort these cases first: what has no name cannot be mended."))
        defaults = {f"default_{column}": value for column, value in cell.items() if value}
        for name in ("kind", "severity", "product_id"):
            value = self[name]
            defaults.setdefault(f"default_{name}", value.id if name.endswith("_id") else value)
        names = self._names([*cell], [tuple(cell.values())])
        told = " · ".join(names[item].split(" / ")[-1] for item in cell.items())
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.improvement",
            "views": [(False, "form")],
            "name": self.env._("New Improvement"),
            "context": {
                **defaults,
                "default_name": self.env._("Fewer cases: %s", told),
                "loan_evidence_from": fields.Date.to_string(self.date_from),
                "loan_evidence_to": fields.Date.to_string(self.date_to),
            },
        }
