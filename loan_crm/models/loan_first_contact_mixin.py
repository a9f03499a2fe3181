from datetime import timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain


class LoanFirstContactMixin(models.AbstractModel):
    """How it began with a customer: the first talk, mail or inquiry, whoever it reached.

    It is noted by itself with the first of them, and may be set right by hand: what came before this system is
    known to people.
    """

    _name = "loan.first.contact.mixin"
    _description = "First Contact"

    first_contact_date = fields.Date(
        "First Contact",
        copy=False,
        tracking=True,
        help="When we first spoke. Found among letters, calls and visits; correct it if it was earlier.",
    )
    first_contact_via = fields.Selection(
        [
            ("phone", "Telephone"),
            ("visit", "Visit"),
            ("video", "Video"),
            ("message", "Message App"),
            ("branch", "Branch"),
            ("email", "Email"),
            ("lead", "Sales Lead"),
            ("other", "Other"),
        ],
        "First Contact By",
        copy=False,
        tracking=True,
        help="How it began; it tells which ways bring customers.",
    )
    first_contact_user_id = fields.Many2one(
        "res.users",
        "First Contact With",
        copy=False,
        tracking=True,
        ondelete="set null",
        domain="[('share', '=', False)]",
        help="Which colleague it was, whoever looks after the customer now.",
    )

    def _note_first_contact(self, moment, via, user=None):
        """Note a contact as the first one, unless an earlier one is known.

        :param datetime moment: when, naive and in UTC
        :param str via: one of `first_contact_via`
        :param user: the `res.users` who was contacted or wrote, if anybody
        """
        # As superuser: the desk, who may not write profiles, notes talks, too.
        for customer_sudo in self.sudo():
            zone = ZoneInfo(customer_sudo.company_id.loan_tz or "UTC")
            day = moment.replace(tzinfo=timezone.utc).astimezone(zone).date()
            if not customer_sudo.first_contact_date or day < customer_sudo.first_contact_date:
                customer_sudo.write(
                    {
                        "first_contact_date": day,
                        "first_contact_via": via,
                        "first_contact_user_id": user.id if user else False,
                    }
                )

    @api.model_create_multi
    def create(self, vals_list):
        customers = super().create(vals_list)
        fresh = customers.filtered(lambda customer: not customer.first_contact_date)
        if fresh:
            fresh._note_first_inquiries()
        return customers

    def _note_first_inquiries(self):
        """Note the oldest inquiry of each contact that the user may see in Odoo's own pipeline.

        An inquiry for a firm is the firm's, whoever of its people asked.
        """
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return
        contacts = self.partner_id
        found = leads.search(
            (Domain("partner_id", "in", contacts.ids) | leads._loan_borrower_domain(contacts))
            & (Domain("company_id", "=", False) | Domain("company_id", "in", self.company_id.ids)),
            order="create_date, id",
        )
        first = {}
        for lead in found:
            # As superuser: whom somebody speaks for is a question of whose inquiry it is.
            borrower = lead.sudo()._loan_borrower().sudo(self.env.su)
            first.setdefault((borrower, lead.company_id), lead)
        for customer in self:
            mine = [
                lead
                for company in (customer.company_id, self.env["res.company"])
                if (lead := first.get((customer.partner_id, company)))
            ]
            if mine:
                lead = min(mine, key=lambda lead: (lead.create_date, lead.id))
                customer._note_first_contact(lead.create_date, "lead", lead.user_id)
