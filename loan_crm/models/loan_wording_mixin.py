from odoo import api, models
from odoo.tools import format_date


class LoanWordingMixin(models.AbstractModel):
    """How a loan is put into sentences: amounts, days and options as the reader writes them, and what holds when.

    The sections of the key facts lean on this; what they tell is theirs.
    """

    _name = "loan.wording.mixin"
    _inherit = ["loan.disclosure.mixin"]
    _description = "Loan in Words"

    @api.model
    def _fact(self, key, label, value, text="", how=()):
        """Return one key fact.

        :param str key: what tests and templates call it
        :param str label: what it is about
        :param str value: the figure
        :param str text: a sentence beside it
        :param how: sentences on how it is worked out; empty ones are left out
        """
        return {
            "key": key,
            "label": label,
            "value": value,
            "text": text,
            "how": [told for told in how if told],
        }

    @api.model
    def _sentences(self, *told):
        """Return sentences as one text; Chinese puts no space between them."""
        return " ".join(sentence for sentence in told if sentence).replace("。 ", "。")

    def _amount(self, value):
        """Return an amount as the reader writes it, with its currency."""
        return self.currency_id.format(float(value))

    def _long_day(self, day):
        """Return a date in words: March 17, 2026."""
        return format_date(self.env, day, date_format="long")

    def _option_value(self, name):
        """Return the chosen value of an option as the form calls it."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

    # ------------------------------------------------------------ what holds

    def _own_rows(self):
        """Return the installments, those that ask for nothing included; prepayments are none."""
        return self.installment_ids.filtered(lambda row: row.kind == "installment").sorted(
            lambda row: (row.due_date, row.number)
        )

    def _rate_on(self, day):
        """Return the nominal yearly rate that interest runs at from a day on, in percent."""
        return [rate for since, rate in self._rates() if since <= day][-1]

    def _coming_rates(self):
        """Return the rates that are fixed already and hold from a later day on, `[(since, percent), ...]`."""
        if self.state == "closed":
            return []
        today = self.company_id._loan_today()
        return [(since, rate) for since, rate in self._rates() if since > today]
