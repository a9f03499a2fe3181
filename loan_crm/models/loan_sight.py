from odoo import api, models
from odoo.fields import Domain

from ..core import disclosure
from ..core.listing import listed


class LoanSight(models.AbstractModel):
    """Who sees a customer and why, what somebody sees and why, and what a change of levels would make of it.

    It answers by the very things the rule asks (`loan.access.mixin`), so what is explained is what is enforced. It is
    for compliance: of a colleague's grants, cover and conflicts nobody else is told.
    """

    _name = "loan.sight"
    _description = "Sight, Explained"

    @api.model
    def _people(self, company):
        """Return everybody of a company who has a role that opens customers, `res.users`."""
        groups = [
            self.env.ref(f"loan_crm.loan_crm_group_{role}").id
            for role in ("manager", "service_desk", "compliance")
        ]
        # As superuser: who works here is no secret, whichever company is switched on.
        return (
            self.env["res.users"]
            .sudo()
            .search(
                Domain("all_group_ids", "in", groups)
                & Domain("company_ids", "in", company.ids)
                & Domain("share", "=", False)
            )
        )

    @api.model
    def _verdicts(self, customer, people, own=0, rank=None, given=None):
        """Return what people see of a customer: `{user: {"way", "duty", "cap", "barred", "missing"}}`.

        :param customer: `loan.customer`
        :param people: `res.users`
        :param int own: the rank of what belongs to the customer and is asked about; 0 for the customer themselves
        :param int rank: a rank the customer might be given; None for the one they have
        :param dict given: caps of grants that people might be given, `{user: rank}`
        """
        # As superuser: compliance is told of everybody.
        customer_sudo = customer.sudo()
        levels = {
            level.rank: level for level in self.env["loan.confidentiality.level"].sudo().search(Domain.TRUE)
        }
        rank = customer_sudo.loan_level if rank is None else rank
        asked = [self._as_level(levels[key]) for key in sorted({0, own, rank} & levels.keys())]
        grants = self.env["loan.access.grant"]
        found = {}
        for user in people:
            sight = user._loan_sight()
            duty = bool(customer_sudo.filtered_domain(sight.duty))
            barred = bool(customer_sudo.filtered_domain(sight.barred))
            cap = grants._cap_of(user, customer_sudo).get(customer_sudo.id) if sight.caps else None
            if given and user in given:
                cap = max(given[user], -1 if cap is None else cap)
            cleared = user._loan_cleared(asked).of(customer_sudo.company_id.id)
            way = disclosure.may_see(own, rank, duty=duty, cap=cap, barred=barred, cleared=cleared)
            found[user] = {
                "way": way,
                "duty": duty,
                "cap": cap,
                "barred": barred,
                "missing": []
                if way
                else self._missing(user, levels[max(own, rank)], duty, cap, customer_sudo.company_id),
            }
        return found

    @api.model
    def _as_level(self, level):
        return disclosure.Level(level.rank, level.needs_grant, level.needs_agreement, level.needs_training)

    @api.model
    def _missing(self, user, level, duty, cap, companies):
        """Return in words what somebody lacks to see a level.

        :param user: `res.users`
        :param level: `loan.confidentiality.level`
        :param bool duty: whether it is their duty
        :param cap: the highest of their grants' for it, None without any
        :param companies: `res.company`, the lenders whose customers are asked about
        """
        exempt = user.has_group("loan_crm.loan_crm_group_compliance")
        lacking = []
        if not duty and cap is None:
            lacking.append(self.env._("neither duty nor grant"))
        elif (level.needs_grant and not exempt and (cap is None or cap < level.rank)) or (
            not duty and cap < level.rank
        ):
            lacking.append(self.env._("a grant up to “%s”", level.name))
        # Whoever works for several lenders is told of which one.
        several = len(user._loan_lenders()) > 1
        companies_sudo = companies.sudo()  # as superuser: what a lender is called is no secret
        if level.needs_agreement:
            agreed = user._loan_agreed_with()
            if unsigned := companies_sudo.filtered(lambda company: company.id not in agreed):
                lacking.append(
                    self.env._(
                        "a valid confidentiality agreement with %s",
                        listed(unsigned.mapped("name"), self.env.lang),
                    )
                    if several
                    else self.env._("a valid confidentiality agreement")
                )
        if level.needs_training:
            untrained = companies_sudo.filtered(
                lambda company: not user._loan_training_valid(company, level.rank)
            )
            if untrained:
                lacking.append(
                    self.env._("valid training of %s", listed(untrained.mapped("name"), self.env.lang))
                    if several
                    else self.env._("valid training")
                )
        return lacking

    @api.model
    def _why(self, user, customer):
        """Return in words why a customer is somebody's duty, a list; empty if they are not.

        :param user: `res.users`
        :param customer: `loan.customer`
        """
        customer_sudo = customer.sudo()  # as superuser: as above
        why = []
        if user.has_group("loan_crm.loan_crm_group_compliance"):
            why.append(self.env._("Compliance"))
        if user.has_group("loan_crm.loan_crm_group_manager") and customer_sudo.manager_user_id == user:
            why.append(self.env._("Relationship manager"))
        if customer_sudo.incoming_user_id == user:
            why.append(self.env._("Takes over from %s", customer_sudo.manager_user_id.name))
        if why and why != [self.env._("Compliance")]:
            return why
        if user.has_group("loan_crm.loan_crm_group_team_lead") and customer_sudo.team_id.user_id == user:
            why.append(self.env._("Leads the team %s", customer_sudo.team_id.name))
        elif (
            user.has_group("loan_crm.loan_crm_group_service_desk")
            and user in customer_sudo.team_id.crm_team_member_ids.user_id
        ):
            why.append(self.env._("Service desk of the team %s", customer_sudo.team_id.name))
        if not why and customer_sudo.filtered_domain(user._loan_sight().duty):
            why.append(
                self.env._(
                    "Acts for %s",
                    (customer_sudo.incoming_user_id or customer_sudo.manager_user_id).name,
                )
            )
        return why

    @api.model
    def _grants_of(self, user, customer):
        """Return the grants in force that somebody has for a customer, as superuser."""
        grants_sudo = self.env["loan.access.grant"].sudo()  # as above
        return grants_sudo.search(
            grants_sudo._in_force_domain()
            & grants_sudo._of_user_domain(user)
            & Domain("customer_id", "=", customer.id)
        )
