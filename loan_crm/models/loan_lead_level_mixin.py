from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# Given by the context while Odoo's machine gives leads away: an object, which no client can send.
_UNCLOSED = object()


class LoanLeadLevelMixin(models.AbstractModel):
    """How confidential an application is: its own level, or that of the customer who asks, the higher of the two.

    Odoo's own rules say whose a lead is, and that is its duty. What asks for a grant is opened by a grant for the
    borrower's profile. What a lead was once confidential for it keeps: given to another contact, copied or merged it
    stays as closed as it was, for its words are still those of a confidential customer.
    """

    _name = "loan.lead.level.mixin"
    _inherit = ["loan.classified.mixin", "loan.derived.mixin", "loan.veil.mixin"]
    _description = "Application's Level"

    @api.model
    def _loan_derived(self):
        # Odoo itself writes some of a lead's computed columns.
        return {"level_id", "loan_level"}

    @api.model
    def _loan_asked_columns(self):
        return ("company_id", "loan_level", "partner_id")

    @api.model
    def _loan_lifted_domain(self):
        levels, contacts = self.env["loan.confidentiality.level"], self.env["res.partner"]
        grants, user = self.env["loan.access.grant"], self.env.user
        sight = user._loan_sight()
        plain = levels._ranks() - levels._closed_ranks()
        by_lender = self.env["loan.customer"]._loan_by_lender
        opened = ((None, plain),) if sight.duty.is_false() else sight.cleared.by_duty
        own = Domain.TRUE
        if opened is not None:
            own = by_lender(opened, lambda ranks: Domain("loan_level", "in", sorted(plain | ranks)))
        for cap in sight.caps:

            def granted(contact, alias, cap=cap):
                customers, lender = grants._customers_granted(user, cap), SQL.identifier(alias, "company_id")
                return SQL(
                    "behind.id IN %s AND (%s IS NULL OR %s = behind.company_id)", customers, lender, lender
                )

            ranks_domain = by_lender(
                sight.cleared.up_to(cap), lambda ranks: Domain("loan_level", "in", sorted(ranks))
            )
            own |= ranks_domain & contacts._loan_behind_domain("partner_id", granted)
        seen = own & contacts._loan_not_hidden_domain("partner_id", of_lender=True)
        if not sight.barred.is_false():
            # As superuser: what is asked is the rule.
            customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
            barred = SQL("behind.id IN %s", customers_sudo._search(sight.barred).subselect())
            seen &= contacts._loan_behind_domain("partner_id", lambda contact, alias: barred, found=False)
        return seen

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if self.env.context.get("loan_unclosed") is _UNCLOSED and not self._loan_open():
            domain = Domain(domain) & ~self._loan_closed_domain()
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    @api.model
    def _loan_unclosed(self):
        """Return what the context holds while confidential leads are left out, see `_search` and `crm.team`."""
        return _UNCLOSED

    def _pls_prepare_update_frequency_table(self, rebuild=False, target_state=False):
        # Whoever sells reads how often what was won or lost: of what is closed nothing is counted, nor taken back.
        unclosed = super(LoanLeadLevelMixin, self.with_context(loan_unclosed=_UNCLOSED))
        return unclosed._pls_prepare_update_frequency_table(rebuild=rebuild, target_state=target_state)

    @api.model
    def _loan_closed_domain(self):
        """Return which leads are kept from anybody who might have the duty."""
        return self._loan_ranks_domain(self.env["loan.confidentiality.level"]._closed_ranks())

    @api.model
    def _loan_ranks_domain(self, ranks):
        """Return which leads are of these ranks, or their contact is.

        :param ranks: set of ranks
        """
        behind = self.env["res.partner"]._loan_of_ranks_domain("partner_id", ranks)
        return Domain("loan_level", "in", sorted(ranks)) | behind

    def _loan_borrowers_seen(self):
        """Return the profiles, as far as the user sees them, of whoever applies, `loan.customer`."""
        self.ensure_one()
        behind = self.partner_id._loan_profiles_behind().get(self.partner_id) if self.partner_id else None
        found = behind.sudo(False)._filtered_access("read") if behind else self.env["loan.customer"]
        return found.filtered(lambda customer: customer.company_id == self._loan_company())

    def _loan_ranks(self):
        """Return how confidential applications are, `{lead: rank}`: the highest of its own and its contact's."""
        leads_sudo = self.sudo()  # as superuser: only how confidential they are, is asked
        behind = leads_sudo.partner_id._loan_ranks()
        return {
            lead: max(lead_sudo.loan_level, behind.get(lead_sudo.partner_id, 0))
            for lead, lead_sudo in zip(self, leads_sudo, strict=True)
        }

    @api.model
    def _loan_logged_domain(self):
        ranks = self.env["loan.confidentiality.level"]._logged_ranks()
        logged = self.env["res.partner"]._loan_logged_through("partner_id")
        return (Domain("loan_level", "in", sorted(ranks)) if ranks else Domain.FALSE) | logged

    def _loan_log_customers(self):
        # As superuser: the log is told whom it was about.
        leads_sudo = self.sudo()
        behind = leads_sudo.partner_id._loan_log_customers()
        return {
            lead_sudo.id: behind[lead_sudo.partner_id.id]
            for lead_sudo in leads_sudo
            if lead_sudo.partner_id.id in behind
        }

    def _classified_customers(self):
        behind = self.partner_id._loan_profiles_behind()
        return self.env["loan.customer"].union(*behind.values())

    @api.depends("level_id", "partner_id")
    def _compute_effective_level_id(self):
        levels = self.env["loan.confidentiality.level"]
        closed = levels.search([("rank", "in", sorted(levels._closed_ranks()))]).grouped("rank")
        for lead, rank in self._loan_ranks().items():
            # Of what is not kept from anybody nothing is said: that is a lead as any other.
            lead.effective_level_id = closed.get(rank) or lead.level_id

    # ------------------------------------------------------------ never lowered by a relation

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        # What a person enters they know. To close it before their eyes would tell whose address it is, and a machine
        # could try one address after the other: such leads are found by the self-test.
        if self.env.su and not self._loan_open():
            leads._recognize_confidential()
        return leads

    def write(self, vals):
        kept = {}
        if "partner_id" in vals and not self._loan_open():
            kept = self._loan_ranks()
        result = super().write(vals)
        self._loan_keep_ranks(kept)
        return result

    def copy(self, default=None):
        copies = super().copy(default)
        if not self._loan_open():
            ranks = self._loan_ranks()
            copies._loan_keep_ranks({copied: ranks[lead] for lead, copied in zip(self, copies, strict=True)})
        return copies

    def _merge_dependences(self, opportunities):
        if not self._loan_open():
            self._loan_keep_ranks({self: max((opportunities | self)._loan_ranks().values())})
        return super()._merge_dependences(opportunities)

    @api.model
    def _loan_keep_ranks(self, ranks):
        """Let leads be as confidential as they were, by a level of their own where nothing else says so.

        :param dict ranks: what each was, `{lead: rank}`
        """
        levels = self.env["loan.confidentiality.level"]
        closed = {lead: rank for lead, rank in ranks.items() if rank in levels._closed_ranks()}
        if not closed:  # as of nearly every write
            return
        now = self.browse().union(*closed)._loan_ranks()
        fallen = {}
        for lead, rank in closed.items():
            if rank > now[lead]:
                fallen.setdefault(rank, []).append(lead.id)
        for rank, ids in fallen.items():
            leads_sudo = self.sudo().browse(ids)  # as superuser: nobody enters a level
            leads_sudo.level_id = levels.sudo().search([("rank", "=", rank)], limit=1)
        if fallen:
            self.env["res.users"]._loan_sight_changed()

    def _recognize_confidential(self):
        """Close what a confidential customer sent from an address that led to no contact, or to another one.

        Mail becomes a lead before anybody has looked at it; without this its words would be everybody's.
        """
        # As superuser: whoever enters the lead need not know of whom there are profiles.
        leads_sudo = self.sudo()
        addresses = {lead_sudo.email_normalized for lead_sudo in leads_sudo} - {False}
        if not addresses:
            return
        closed = sorted(self.env["loan.confidentiality.level"]._closed_ranks())
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        ranks = {}
        for customer_sudo in customers_sudo.search(
            Domain("loan_level", "in", closed)
            & Domain("partner_id.email_normalized", "in", sorted(addresses))
        ):
            address = customer_sudo.partner_id.email_normalized
            ranks[address] = max(ranks.get(address, 0), customer_sudo.loan_level)
        found_sudo = leads_sudo.filtered(lambda lead: lead.email_normalized in ranks)
        self._loan_keep_ranks({lead_sudo: ranks[lead_sudo.email_normalized] for lead_sudo in found_sudo})

    @api.depends_context("uid")
    def _compute_potential_lead_duplicates(self):
        # Odoo counts, and names by their numbers, everybody's leads.
        super()._compute_potential_lead_duplicates()
        if self._loan_open():
            return
        for lead in self:
            # As the user: what Odoo found, it found as superuser.
            seen = (lead.duplicate_lead_ids - lead).sudo(False)._filtered_access("read").sudo()
            lead.duplicate_lead_ids = seen | lead
            lead.duplicate_lead_count = len(seen)
