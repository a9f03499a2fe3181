from odoo import api, fields, models


class WebTourTour(models.Model):
    _inherit = "web_tour.tour"

    loan_group_id = fields.Many2one(
        "res.groups",
        "For the Role",
        ondelete="cascade",
        index="btree_not_null",
        help="Only who has this role is offered the tour. Empty: as Odoo offers it.",
    )

    @api.model
    def consume(self, tourName):  # noqa: N803 as Odoo calls it
        following = super().consume(tourName)
        if self.search_count([("name", "=", tourName), ("loan_group_id", "!=", False)]):
            # Whoever was shown their own work is not led on through other apps: for this walk alone Odoo switched its
            # tours on.
            if not self.env.user._is_admin():
                self.env["res.users"].switch_tour_enabled(False)
            return False
        return following
