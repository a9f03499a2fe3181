from collections import defaultdict
from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class LoanReferenceRateValue(models.Model):
    """What a reference rate was from a day on, until its next value. Each change is told in the rate's log."""

    _name = "loan.reference.rate.value"
    _inherit = ["loan.guard.mixin"]
    _description = "Reference Rate Value"
    _order = "date desc, id desc"
    _rec_name = "date"

    rate_id = fields.Many2one(
        "loan.reference.rate",
        "Reference Rate",
        required=True,
        index=True,
        ondelete="cascade",
        help="Loans that follow it take the value over on their own rate days.",
    )
    date = fields.Date("In Force From", required=True)
    value = fields.Float(
        "Value (%)",
        digits=(16, 6),
        required=True,
        aggregator="avg",
        help="In percent a year, as it is published: 3.45 stands for 3.45 %.",
    )

    _rate_date_uniq = models.UniqueIndex(
        "(rate_id, date)", "This rate has a value for that day already; change it instead."
    )
    _value_sensible = models.Constraint(
        "CHECK (value BETWEEN -10 AND 100)",
        "A reference rate lies between -10 and 100 percent.",
    )

    def _as_fraction(self):
        """Return the value as a Decimal fraction of one."""
        self.ensure_one()
        return Decimal(f"{self.value:.6f}") / 100

    @api.model_create_multi
    def create(self, vals_list):
        values = super().create(vals_list)
        values._log(defaultdict(tuple), values._as_told())
        return values

    def write(self, vals):
        before = self._as_told()
        result = super().write(vals)
        after = self._as_told()
        self.filtered(lambda value: before[value] != after[value])._check_fixed_no_rate(before)
        self._log(before, after)
        return result

    def _check_fixed_no_rate(self, before):
        """Refuse to change what rates in force were made of: a letter told the borrower how.

        :param dict before: :meth:`_as_told` of before the change
        """
        # As superuser: that loans follow this value is asked, not which.
        events_sudo = self.env["loan.contract.event"].sudo()
        event_sudo = events_sudo.search(
            [("reference_value_id", "in", self.ids), ("state", "=", "posted")], limit=1
        )
        if event_sudo:
            rate, day, value = before[self.browse(event_sudo.reference_value_id.id)]
            raise UserError(
                self.env._(
                    "%(rate)s: loans have got their rate from the %(value)s%% of %(date)s, and their borrowers were "
                    "told so. Publish a new value from its own day on. If this one was typed wrong, have the rates "
                    "made of it reversed first.",
                    rate=rate.name,
                    value=value,
                    date=format_date(self.env, day),
                )
            )

    def unlink(self):
        self._log(self._as_told(), defaultdict(tuple))
        return super().unlink()

    def _as_told(self):
        """Return {value: (rate, date, percent)} of what the log speaks of."""
        return {value: (value.rate_id, value.date, value._in_digits()) for value in self}

    def _in_digits(self):
        return f"{self.value:.6f}".rstrip("0").rstrip(".")

    def _log(self, before, after):
        """Tell on the rates what became of these values; what the app itself brings is no news."""
        if self.env.context.get("install_mode") or self.env.context.get("tracking_disable"):
            return
        told = defaultdict(list)
        for value in self.sorted("date"):
            old, new = before[value], after[value]
            if old == new:
                continue
            if old and new and old[0] == new[0]:
                told[new[0]].append(
                    self.env._(
                        "Changed: %(old_value)s%% from %(old_date)s on, now %(value)s%% from %(date)s on",
                        old_value=old[2],
                        old_date=format_date(self.env, old[1]),
                        value=new[2],
                        date=format_date(self.env, new[1]),
                    )
                )
                continue
            if old:
                told[old[0]].append(
                    self.env._(
                        "Removed: %(value)s%% from %(date)s on",
                        value=old[2],
                        date=format_date(self.env, old[1]),
                    )
                )
            if new:
                told[new[0]].append(
                    self.env._(
                        "Added: %(value)s%% from %(date)s on",
                        value=new[2],
                        date=format_date(self.env, new[1]),
                    )
                )
        for rate, lines in told.items():
            rate._message_log(body=Markup("<br/>").join(lines))
