from functools import lru_cache

from odoo import api, fields, models
from odoo.tools.misc import formatLang
from odoo.tools.translate import LazyTranslate

from ..core import annual_rates, money
from ..core.annual_rates import Flow, RateError

_lt = LazyTranslate(__name__)

# Keyed by the core's reason. A rate that cannot be stated is told in words; nought would be a lie.
_NO_RATE = {
    "no_flows": _lt("Nothing is lent in the end, or nothing is paid back, so there is no rate."),
    "no_sign_change": _lt("Nothing is lent in the end, or no time passes, so there is no rate."),
    "borrower_never_owes": _lt("All is paid before it is lent, so there is no rate."),
    "no_rate_found": _lt("No yearly rate fits these payments."),
    "rate_ambiguous": _lt("More than one rate fits these payments, so none can be stated without doubt."),
    "principal_mismatch": _lt(
        "Interest is added to the loan on the way, so there is no principal in use that a simple rate could be put on."
    ),
    "flow_before_start": _lt("Money moves before the loan is paid out, so this rate is not defined."),
    "unit_period_unknown": _lt("The payments follow no period that this rate knows."),
}
_NO_RATE["principal_overpaid"] = _NO_RATE["principal_mismatch"]

# In which order a person reads them.
_RATES = ("cn_irr", "cn_simple", "eu_aprc", "us_apr", "effective")


@lru_cache(maxsize=128)  # one solve takes some 20 ms; the flows are the key, so a changed schedule asks anew
def _solved(key, time_axis, advances, payments):
    """Return (percentage as it is disclosed, None), or (None, the reason why there is none)."""
    rule = annual_rates.DISCLOSED[key]
    options = {"time_axis": time_axis} if key == "eu_aprc" else {}
    try:
        return annual_rates.disclosed(rule.rate(advances, payments, **options), rule.decimals), None
    except RateError as refusal:
        return None, refusal.reason


class LoanDisclosureMixin(models.AbstractModel):
    """What a loan costs in all and a year, each rate under its own name and never one for another.

    Worked out of the schedule that holds, so a draft, a running and a repaid loan are told alike. Nothing is stored and
    nothing is shown in a list: solving for a rate takes some 20 milliseconds, and only a form asks.
    """

    _name = "loan.disclosure.mixin"
    _inherit = ["loan.arrears.mixin"]
    _description = "Loan Disclosure"

    cost_total = fields.Monetary(
        "Total Cost of Credit", compute="_compute_costs", help="All interest and all fees."
    )
    payable_total = fields.Monetary(
        "Total Amount Payable",
        compute="_compute_costs",
        help="All that is paid for the loan: what was lent, interest and fees.",
    )
    disclosed_rate_told = fields.Char(
        "Disclosed Annual Rate",
        compute="_compute_disclosed_rate_told",
        help="The yearly cost under the name the loan discloses it by. Where it cannot be stated, the reason.",
    )

    @api.depends("installment_ids.amount", "event_ids.state", "fee", "principal", "start_date")
    def _compute_costs(self):
        for contract in self:
            totals = contract._cost_totals()
            contract.cost_total = float(totals.cost)
            contract.payable_total = float(totals.payable)

    @api.depends(
        "installment_ids.amount",
        "installment_ids.due_date",
        "event_ids.state",
        "fee",
        "principal",
        "start_date",
        "disclosed_rate",
        "apr_time_axis",
    )
    @api.depends_context("lang")
    def _compute_disclosed_rate_told(self):
        names = dict(self._fields["disclosed_rate"]._description_selection(self.env))
        for contract in self:
            if not contract.installment_ids:
                contract.disclosed_rate_told = False
                continue
            rate = contract._annual_rate(contract.disclosed_rate)
            contract.disclosed_rate_told = self.env._(
                "%(name)s: %(rate)s", name=names[contract.disclosed_rate], rate=rate["told"]
            )

    def _cash_flows(self):
        """Return (advances, payments) of the schedule that holds, tuples of :class:`core.annual_rates.Flow`.

        The upfront fee is a payment on the day of the payout; what each row repays is told with it, less the interest
        it adds to the loan.
        """
        self.ensure_one()
        cent = self._cent()
        advances = [(self.start_date, money.from_float(self.principal, cent))]
        advances += [(event.date, money.from_float(event.amount, cent)) for event in self._posted("drawdown")]
        payments = []
        if self.fee:
            payments.append(
                Flow(self.start_date, money.from_float(self.fee, cent), money.from_float(0.0, cent))
            )
        payments += [
            Flow(
                row.due_date,
                money.from_float(row.amount, cent),
                money.from_float(row.principal, cent) - money.from_float(row.capitalised, cent),
            )
            for row in self.installment_ids
            if row.amount or row.capitalised
        ]
        return tuple(Flow(day, amount) for day, amount in advances if amount), tuple(payments)

    def _cost_totals(self):
        """Return amount lent, total amount payable and total cost of credit, :class:`core.annual_rates.Totals`."""
        return annual_rates.totals(*self._cash_flows())

    def _annual_rate(self, key):
        """Return one annual rate of this loan.

        :param str key: of :data:`core.annual_rates.DISCLOSED`
        :return: a dict with `key`, `name`, `value` (Decimal percentage, None where there is none), `told` (the
            percentage, or why there is none) and `how`
        """
        self.ensure_one()
        advances, payments = self._cash_flows()
        axis = self.apr_time_axis
        if axis == "equal_months" and self.frequency in ("weekly", "biweekly"):
            axis = "equal_weeks"
        if key != "cn_simple":
            advances, payments = self._net_of_fee(advances, payments)
        # IRR and effective rate are one equation; who asked for the one has the other.
        solved_key = "effective" if key == "cn_irr" else key
        value, reason = _solved(solved_key, axis, advances, payments)
        name = dict(self._fields["disclosed_rate"]._description_selection(self.env))[key]
        if value is None:
            unknown = self.env._("These payments have no such rate.")
            told = self.env._(
                "cannot be stated. %s", self.env._(_NO_RATE[reason]) if reason in _NO_RATE else unknown
            )
        else:
            told = self._percent(value, annual_rates.DISCLOSED[key].decimals)
        return {"key": key, "name": name, "value": value, "told": told, "how": self._rate_how(key)}

    def _annual_rates(self):
        """Return every annual rate under its own name, see :meth:`_annual_rate`."""
        return [self._annual_rate(key) for key in _RATES]

    def _net_of_fee(self, advances, payments):
        """Take the upfront fee off what is paid out.

        The same on one day, but the US unit-period is that of the installments then, and not of the fee.
        """
        if not self.fee or payments[0].amount >= advances[0].amount:
            return advances, payments
        first = advances[0]._replace(amount=advances[0].amount - payments[0].amount)
        return (first, *advances[1:]), payments[1:]

    def _rate_how(self, key):
        """Return in a sentence how an annual rate is defined."""
        if key == "cn_irr":
            return self.env._(
                "The yearly rate at which all payments, fees included and each on its own day, are worth exactly what "
                "was paid out. Interest on interest is counted (internal rate of return, People's Bank of China "
                "Announcement [2021] No. 3)."
            )
        if key == "cn_simple":
            return self.env._(
                "All interest and fees of a year for each 100 of the loan still in use, without interest on interest "
                "(simple rate, People's Bank of China Announcement [2021] No. 3)."
            )
        if key == "eu_aprc":
            return self.env._(
                "The yearly rate at which all payments, fees included, are worth exactly what was paid out, with time "
                "measured as European law has it (Directive 2008/48/EC, Annex I)."
            )
        if key == "us_apr":
            return self.env._(
                "The rate of one payment period, fees included, times the periods of a year (actuarial method, "
                "Regulation Z, Appendix J)."
            )
        return self.env._(
            "The internal rate of return of all dated payments, fees included, over years of 365 days."
        )

    @api.model
    def _percent(self, value, decimals=None):
        """Return a percentage as the reader writes it: 4.35%.

        :param value: Decimal or float, 4.35 for 4.35 percent
        :param int decimals: None: as many as it has, at most six
        """
        if decimals is None:
            shown = f"{value:.6f}".rstrip("0")
            decimals = len(shown.partition(".")[2])
        return f"{formatLang(self.env, float(value), digits=decimals)}%"
