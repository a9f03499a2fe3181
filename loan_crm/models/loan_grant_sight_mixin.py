from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanGrantSightMixin(models.AbstractModel):
    """What grants open this very moment, and to whom: asked by the rule, and before another one is given."""

    _name = "loan.grant.sight.mixin"
    _description = "Grants: What They Open"

    in_force = fields.Boolean("In Force", compute="_compute_in_force", search="_search_in_force")

    @api.depends("state", "date_from", "date_to")
    def _compute_in_force(self):
        now = fields.Datetime.now()
        for grant in self:
            grant.in_force = grant.state == "granted" and grant.date_from <= now < grant.date_to

    def _search_in_force(self, operator, value):
        return self._in_force_domain() if operator == "in" else NotImplemented

    @api.model
    def _in_force_domain(self):
        """Return the domain of the grants that hold this very moment."""
        now = fields.Datetime.now()
        return Domain("state", "=", "granted") & Domain("date_from", "<=", now) & Domain("date_to", ">", now)

    @api.model
    def _of_user_domain(self, user):
        """Return the domain of the grants that are for somebody: themselves, a team of theirs now, a role of theirs.

        :param user: `res.users`
        """
        # As superuser: which teams one belongs to is no secret, whichever company is switched on.
        members = self.env["crm.team.member"].sudo()._search([("user_id", "=", user.id)])
        return (
            Domain("user_id", "=", user.id)
            | Domain("team_id", "in", members.subselect("crm_team_id"))
            | Domain("group_id", "in", user.all_group_ids.ids)
        )

    @api.model
    def _not_held(self, wanted, deal):
        """Return those of the grants wanted that give somebody more, or longer, than they have in force.

        What somebody has by another deal does not count: it ends with that one.

        :param list wanted: values of grants
        :param deal: `loan.access.deal` they are for
        """
        held = self.search(
            Domain("customer_id", "in", [vals["customer_id"] for vals in wanted])
            & Domain("deal_id", "in", [False, deal.id])
            & (self._in_force_domain() | Domain("state", "in", ("requested", "approved_once")))
        )
        # A request of theirs that nobody has answered is nothing they have, unless this very deal has made it.
        held = held.filtered(lambda grant: grant.in_force or grant.deal_id == deal)
        # As superuser: which teams one belongs to is no secret, whichever company is switched on.
        people_sudo = self.env["res.users"].sudo().browse({v["user_id"] for v in wanted if v.get("user_id")})
        members = self.env["crm.team.member"].sudo().search([("user_id", "in", people_sudo.ids)])  # as above
        teams = {
            user.id: members.filtered(lambda m, u=user: m.user_id == u).crm_team_id for user in people_sudo
        }
        groups = {user.id: user.all_group_ids for user in people_sudo}
        ranks = {level.id: level.rank for level in self.env["loan.confidentiality.level"].search(Domain.TRUE)}

        def reaches(grant, vals):
            if vals.get("user_id"):
                user_id = vals["user_id"]
                theirs = (
                    grant.user_id.id == user_id
                    or grant.team_id.id in teams[user_id].ids
                    or grant.group_id.id in groups[user_id].ids
                )
            else:
                theirs = all(grant[name].id == (vals.get(name) or False) for name in ("team_id", "group_id"))
                theirs = theirs and not grant.user_id
            return (
                theirs
                and grant.customer_id.id == vals["customer_id"]
                and grant.cap >= ranks[vals["level_id"]]
                and grant.date_to >= vals["date_to"]
            )

        return [vals for vals in wanted if not any(reaches(grant, vals) for grant in held)]

    @api.model
    def _caps_sql(self, user):
        """Return the SQL of the caps for which somebody has a grant in force, one row each."""
        # As superuser: the rule asks, the reader need not be able to read grants.
        query = self.sudo()._search(self._in_force_domain() & self._of_user_domain(user))
        return query.select(SQL("DISTINCT loan_access_grant.cap AS cap"))

    @api.model
    def _granted_query(self, user, cap):
        """Return the query of somebody's grants in force with a cap.

        :param user: `res.users`
        :param int cap: exactly this one
        """
        # As superuser: as above.
        grants_sudo = self.sudo().with_context(active_test=False)
        return grants_sudo._search(
            self._in_force_domain() & self._of_user_domain(user) & Domain("cap", "=", cap)
        )

    @api.model
    def _customers_granted(self, user, cap):
        """Return the customers for whom somebody has a grant in force with a cap, as SQL in brackets.

        :param user: `res.users`
        :param int cap: exactly this one
        """
        return self._granted_query(user, cap).subselect("customer_id")

    @api.model
    def _cap_of(self, user, customers):
        """Return the highest cap of somebody's grants in force for customers: `{customer id: rank}`."""
        # As superuser: as above.
        return {
            customer.id: cap
            for customer, cap in self.sudo()._read_group(
                self._in_force_domain()
                & self._of_user_domain(user)
                & Domain("customer_id", "in", customers.ids),
                ["customer_id"],
                ["cap:max"],
            )
        }
