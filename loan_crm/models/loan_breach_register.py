from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanBreachRegister(models.Model):
    """The register of breaches without the people: what kind, how grave, how found, what followed, and when.

    For auditors, who judge whether breaches are dealt with, in time and alike. Who it was, the facts in words, the
    grounds and who reported it are in the breach itself, which they do not read (`loan.breach`).
    """

    _name = "loan.breach.register"
    _inherit = ["loan.seen.mixin"]
    _description = "Register of Breaches"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "reference"
    _depends = {
        "loan.breach": [
            "reference",
            "company_id",
            "kind_id",
            "severity",
            "found_how",
            "date",
            "state",
            "measure",
            "decided_at",
            "appealed_at",
        ]
    }

    reference = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind_id = fields.Many2one("loan.breach.kind", "Kind of Breach", readonly=True)
    severity = fields.Selection(lambda self: self._of_breaches("severity"), readonly=True)
    found_how = fields.Selection(lambda self: self._of_breaches("found_how"), "Found By", readonly=True)
    date = fields.Date("Happened On", readonly=True)
    state = fields.Selection(lambda self: self._of_breaches("state"), "Status", readonly=True)
    measure = fields.Selection(lambda self: self._of_breaches("measure"), "Measure Taken", readonly=True)
    reported_on = fields.Date("Reported On", readonly=True)
    decided_at = fields.Datetime("Decided On", readonly=True)
    appealed = fields.Boolean("Appealed", readonly=True)

    @api.model
    def _of_breaches(self, name):
        """Return what a column can say, in the words of the breaches it shows.

        :param str name: the column, here and there
        """
        return self.env["loan.breach"]._fields[name]._description_selection(self.env)

    @api.model
    def _seen_domain(self):
        """Return what the user may read: auditors all of their lenders'; compliance has the breaches themselves."""
        if self.env.user._is_superuser():
            return Domain.TRUE
        return self._audited_domain()

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT id, reference, company_id, kind_id, severity, found_how, date, state,
                   CASE WHEN state IN ('decided', 'closed') THEN measure END AS measure,
                   create_date::date AS reported_on,
                   CASE WHEN state IN ('decided', 'closed') THEN decided_at END AS decided_at,
                   appealed_at IS NOT NULL AS appealed
              FROM loan_breach
            """
        )
