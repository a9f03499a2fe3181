from decimal import Decimal

from odoo import models

from ..core import money

_PICTURE = {"width": 640, "height": 200, "left": 4, "right": 636, "top": 12, "bottom": 188}


class LoanKeyFactsPictureMixin(models.AbstractModel):
    """The two pictures of the key facts: what is paid in all, and what is still owed over time."""

    _name = "loan.key.facts.picture.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Pictures"

    def _key_facts_picture(self):
        """Return what the two pictures are drawn from: shares of what is paid in all, and the balance over time."""
        totals = self._cost_totals()
        fees = min(
            money.from_float(self.fee + sum(self.installment_ids.mapped("fee")), self._cent()), totals.payable
        )
        parts = [
            ("principal", self.env._("Amount lent"), totals.credit, "#1f5f8b"),
            ("interest", self.env._("Interest"), max(Decimal(0), totals.cost - fees), "#d98324"),
            ("fees", self.env._("Fees"), fees, "#8c2f39"),
        ]
        whole = sum(part[2] for part in parts) or Decimal(1)
        bars, left = [], 0.0
        for key, label, amount, color in parts:
            if not amount:
                continue
            width = round(float(_PICTURE["width"] * amount / whole), 1)
            bars.append(
                {
                    "key": key,
                    "label": label,
                    "amount": self._amount(amount),
                    "share": self._percent(amount / whole * 100, 1),
                    "color": color,
                    "x": left,
                    "width": width,
                }
            )
            left = round(left + width, 1)
        rows = self.installment_ids.sorted(lambda row: (row.due_date, row.id))
        points = [(self.start_date, self.principal), *((row.due_date, row.balance) for row in rows)]
        drawn = self._posted("drawdown")
        for event in drawn:  # the balance leaps on the day more money is paid out
            before = [amount for day, amount in points if day <= event.date][-1]
            place = sum(day <= event.date for day, _amount in points)
            points[place:place] = [(event.date, before), (event.date, before + event.amount)]
        most, days = max(amount for _day, amount in points) or 1.0, (points[-1][0] - points[0][0]).days or 1
        told = {
            "amount": self._amount(most),
            "first": self._long_day(points[0][0]),
            "last": self._long_day(points[-1][0]),
        }
        across, down = _PICTURE["right"] - _PICTURE["left"], _PICTURE["bottom"] - _PICTURE["top"]
        line = [
            (
                round(_PICTURE["left"] + across * (day - points[0][0]).days / days, 1),
                round(_PICTURE["bottom"] - down * amount / most, 1),
            )
            for day, amount in points
        ]
        return {
            "bars": bars,
            "line": " ".join(f"{x},{y}" for x, y in line),
            "area": " ".join(
                f"{x},{y}"
                for x, y in [(line[0][0], _PICTURE["bottom"]), *line, (line[-1][0], _PICTURE["bottom"])]
            ),
            "most": self._amount(most),
            "first": self._long_day(points[0][0]),
            "last": self._long_day(points[-1][0]),
            "told": (
                self.env._("At most %(amount)s, and nothing any more on %(last)s.", **told)
                if most > self.principal
                else self.env._("From %(amount)s on %(first)s down to nothing on %(last)s.", **told)
            ),
            **_PICTURE,
        }
