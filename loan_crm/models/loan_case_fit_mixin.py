from odoo import api, fields, models
from odoo.fields import Domain

from ..core import cases


class LoanCaseFitMixin(models.AbstractModel):
    """What is ready for cases of some categories, of a type, in a stage: each may be left open for any."""

    _name = "loan.case.fit.mixin"
    _description = "Fits Some Cases"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    category_ids = fields.Many2many(
        "loan.case.category", string="Categories", help="With the parts of each. Empty: of any category."
    )
    kind = fields.Selection(
        [
            ("inquiry", "Inquiry"),
            ("request", "Request"),
            ("complaint", "Complaint"),
            ("hardship", "Hardship"),
        ],
        "Case Type",
        help="Empty: of any type.",
    )
    stage = fields.Selection(
        [
            ("new", "New"),
            ("open", "In Work"),
            ("waiting", "Waiting for Customer"),
            ("solved", "Solved"),
        ],
        help="Empty: in any stage.",
    )

    @api.model
    def _fitting(self, records):
        """Return `{case: what fits it, the best first}`, read once for all of them.

        :param records: `loan.case`
        """
        anywhere = Domain("company_id", "in", [False, *records.company_id.ids])
        ready = self.search(anywhere)
        wanted = {each: (set(each.category_ids.ids), each.kind, each.stage) for each in ready}
        result = {}
        for case in records:
            # As superuser: where a category stands in the tree is no secret.
            path = [int(id_) for id_ in (case.category_id.sudo().parent_path or "").split("/") if id_]
            found = (path[::-1], case.kind, case.state)
            scored = []
            for place, each in enumerate(ready):
                if each.company_id and each.company_id != case.company_id:
                    continue
                score = cases.fits(wanted[each], found)
                if score is not None:
                    scored.append((-score, place, each.id))
            result[case] = self.browse(id_ for _score, _place, id_ in sorted(scored))
        return result
