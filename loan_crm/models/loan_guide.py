from odoo import api, models

# Whoever has several roles is shown the first of them.
_GUIDES = ("team_lead", "manager", "service_desk", "compliance", "auditor")


class LoanGuide(models.AbstractModel):
    """The first walk through the app, one for each role, by Odoo's own tours (`web_tour.tour`).

    Odoo remembers who has walked through a tour, and so it is what is asked here. The steps are in
    `static/src/loan_guide`.
    """

    _name = "loan.guide"
    _description = "First Walk"

    @api.model
    def _mine(self):
        """Return the walk of the user's role, an empty `web_tour.tour` for who has none."""
        tours = self.env["web_tour.tour"]
        for role in _GUIDES:
            if self.env.user.has_group(f"loan_crm.loan_crm_group_{role}"):
                return self.env.ref(f"loan_crm.web_tour_tour_{role}", raise_if_not_found=False) or tours
        return tours

    @api.model
    def _session(self):
        """Return what the page is told when it is opened: the name of the walk, and whether to offer it by itself.

        As Odoo does with its own, nothing is offered by itself in a database with demo data: there one looks around.

        :return: a dict with `name`, `message` (told in the end) and `offered`, or None for who has no walk
        """
        tour = self._mine()
        if not tour:
            return None
        # As superuser: who else has walked through it is not told.
        seen = self.env.user in tour.sudo().user_consumed_ids
        return {
            "name": tour.name,
            "message": tour.rainbow_man_message,
            "offered": not seen and not self._has_demo(),
        }

    @api.model
    def _has_demo(self):
        # As superuser: as above; Odoo asks it the same way.
        return bool(self.env["ir.module.module"].sudo().search_count([("demo", "=", True)], limit=1))

    @api.model
    def action_not_now(self):
        """Offer the user their walk no more by itself; the menu below their name still does."""
        tour = self._mine()
        if tour:
            self.env["web_tour.tour"].consume(tour.name)
