from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from ..core import tiers
from ..core.listing import listed


class LoanCustomerTierCriterion(models.Model):
    """One thing a tier is earned by: what is measured, the figure to come in, and the one to stay.

    What the night measures and how stands in `loan.customer._tier_figures`.
    """

    _name = "loan.customer.tier.criterion"
    _description = "Tier Criterion"
    _order = "tier_id, sequence, id"
    _rec_name = "told"

    tier_id = fields.Many2one("loan.customer.tier", "Tier", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    measure = fields.Selection(
        [
            ("outstanding", "Outstanding principal"),
            ("borrowed", "Borrowed in all"),
            ("tenure", "Months since the first loan"),
            ("on_time", "Paid on time in 24 months (%)"),
            ("referrals", "Customers referred"),
            ("repaid", "Loans repaid"),
            ("late", "Most days late in 12 months"),
            ("segment", "Segment"),
        ],
        required=True,
        help="Amounts are added up in the company's currency at the day's rate. On time is what was paid in full by "
        "its due date and the loan's days of grace; what has no known day of payment is not counted.",
    )
    figure_enter = fields.Float(
        "To Come In",
        digits=(16, 2),
        help="The least one must have to come in; of days late the most one may have.",
    )
    figure_stay = fields.Float(
        "To Stay",
        digits=(16, 2),
        compute="_compute_figure_stay",
        store=True,
        readonly=False,
        precompute=True,
        help="The figure to stay. Set it a little lower than the one to come in (of days late: higher), so that "
        "nobody moves to and fro.",
    )
    segment_ids = fields.Many2many(
        "loan.customer.segment", string="Segments", help="The customer has to be of one of these segments."
    )
    is_segment = fields.Boolean(compute="_compute_is_segment")
    told = fields.Char("In Words", compute="_compute_told")

    _once = models.UniqueIndex("(tier_id, measure)", "A tier asks for each measure once.")
    _figures_possible = models.Constraint(
        "CHECK (figure_enter >= 0 AND figure_stay >= 0 AND figure_enter <> 'NaN' AND figure_stay <> 'NaN')",
        "A figure cannot be negative.",
    )

    @api.depends("measure")
    def _compute_is_segment(self):
        for criterion in self:
            criterion.is_segment = criterion.measure in tiers.ONE_OF

    @api.depends("figure_enter", "measure")
    def _compute_figure_stay(self):
        for criterion in self:
            if not criterion.figure_stay or criterion._is_stricter():
                criterion.figure_stay = criterion.figure_enter

    def _is_stricter(self):
        """Tell whether it takes more to stay than to come in."""
        if self.measure in tiers.AT_MOST:
            return self.figure_stay < self.figure_enter
        return self.figure_stay > self.figure_enter

    @api.constrains("figure_enter", "figure_stay", "measure", "segment_ids")
    def _check_figures(self):
        for criterion in self:
            if criterion.measure in tiers.ONE_OF:
                if not criterion.segment_ids:
                    raise ValidationError(self.env._("Name the segments that belong to the tier."))
            elif criterion._is_stricter():
                raise ValidationError(
                    self.env._(
                        "%(measure)s: it cannot take more to stay than to come in, or customers would move to and fro.",
                        measure=criterion._measures()[criterion.measure],
                    )
                )
            if criterion.measure == "on_time" and criterion.figure_enter > 100:
                raise ValidationError(self.env._("A share is 100 % at most."))

    @api.depends("measure", "figure_enter", "figure_stay", "segment_ids.name")
    @api.depends_context("lang")
    def _compute_told(self):
        for criterion in self:
            if not criterion.measure:
                criterion.told = False
            elif criterion.measure in tiers.ONE_OF:
                criterion.told = self.env._(
                    "%(measure)s: %(names)s",
                    measure=criterion._measures()[criterion.measure],
                    names=listed(criterion.segment_ids.mapped("name"), self.env.lang),
                )
            else:
                same = criterion.figure_stay == criterion.figure_enter
                if criterion.measure in tiers.AT_MOST:
                    shape = (
                        self.env._("%(measure)s: at most %(enter)s")
                        if same
                        else self.env._("%(measure)s: at most %(enter)s, to stay %(stay)s")
                    )
                else:
                    shape = (
                        self.env._("%(measure)s: at least %(enter)s")
                        if same
                        else self.env._("%(measure)s: at least %(enter)s, to stay %(stay)s")
                    )
                criterion.told = shape % {
                    "measure": criterion._measures()[criterion.measure],
                    "enter": self._number(criterion.measure, criterion.figure_enter),
                    "stay": self._number(criterion.measure, criterion.figure_stay),
                }

    @api.model
    def _measures(self):
        """Return `{measure: words}` in the reader's language."""
        return dict(self._fields["measure"]._description_selection(self.env))

    @api.model
    def _number(self, measure, figure):
        digits = 1 if measure == "on_time" and figure % 1 else 0
        return formatLang(self.env, float(figure), digits=digits)

    @api.model
    def _told_fact(self, fact, names):
        """Say a reason of the night in the reader's language.

        :param dict fact: as `loan.customer.tier._facts_of` has kept it
        :param dict names: `{segment id: name}`
        """
        measure, figure = fact["measure"], fact["figure"]
        facts = {"measure": self._measures().get(measure, measure)}
        if measure in tiers.ONE_OF:
            facts["figure"] = names.get(figure) or self.env._("none")
            facts["needed"] = listed((names[key] for key in fact["needed"] if key in names), self.env.lang)
            return self.env._("%(measure)s: %(figure)s (one of: %(needed)s)", **facts)
        facts["needed"] = self._number(measure, Decimal(fact["needed"]))
        if figure is None:
            facts["figure"] = self.env._("nothing yet") if measure not in tiers.AT_MOST else "0"
        else:
            facts["figure"] = self._number(measure, Decimal(figure))
        if measure in tiers.AT_MOST:
            return self.env._("%(measure)s: %(figure)s (at most %(needed)s)", **facts)
        return self.env._("%(measure)s: %(figure)s (at least %(needed)s)", **facts)

    def _as_criterion(self):
        """Read the criterion into a core value."""
        self.ensure_one()
        return tiers.Criterion(
            self.measure,
            Decimal(f"{self.figure_enter:.2f}"),
            Decimal(f"{self.figure_stay:.2f}"),
            frozenset(self.segment_ids.ids),
        )
