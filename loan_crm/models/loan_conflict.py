from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

# What can be put right once it was declared; another person or another contact is another conflict.
_OPEN_TO_CHANGE = frozenset({"reason", "date_to"})


class LoanConflict(models.Model):
    """Somebody must not look after a contact: begins when they or compliance declare it, ends on its last day.

    While it lasts they are neither manager nor deputy nor successor of a customer who is that contact, belongs to
    that firm, or has a loan for which that contact answers. It names a contact and never a customer: whether the
    contact borrows is not told to who declares it. Nobody deletes one.
    """

    _name = "loan.conflict"
    _inherit = ["loan.access.mixin", "mail.thread"]
    _description = "Conflict of Interest"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"
    _rec_names_search = ["user_id.name", "partner_id.name"]
    _DUTY_COLUMNS = ("user_id",)  # it follows a person, not a customer, see `_seen_domain`

    user_id = fields.Many2one(
        "res.users",
        "Who",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "With Whom",
        required=True,
        index=True,
        ondelete="restrict",
        help="The person or the firm, whether they borrow or not.",
    )
    reason = fields.Char(
        required=True,
        tracking=True,
        help="Read by who it is about, who declared it, their team lead and compliance.",
    )
    date_from = fields.Date("From", required=True, default=lambda self: self.env.company._loan_today())
    date_to = fields.Date("To", tracking=True, help="The last day it holds. Empty: until further notice.")
    in_force = fields.Boolean("In Force", compute="_compute_in_force", search="_search_in_force")

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A conflict cannot end before it begins."
    )
    _once = models.UniqueIndex(
        "(user_id, partner_id) WHERE date_to IS NULL", "This conflict of interest is on record already."
    )

    # ------------------------------------------------------------ who may see it

    @api.depends_context("uid")
    @api.depends("user_id")
    def _compute_loan_visible(self):
        allowed = self.filtered_domain(self._seen_domain())
        for conflict in self:
            conflict.loan_visible = conflict in allowed

    def _search_loan_visible(self, operator, value):
        return self._seen_domain() if operator == "in" else NotImplemented

    @api.model
    def _seen_domain(self):
        """Return the conflicts the user may read: of themselves, declared by them, of their teams' people.

        Compliance reads those of everybody who works for a lender they work for.
        """
        user = self.env.user
        if user._is_superuser():
            return Domain.TRUE
        seen = Domain("user_id", "=", user.id) | Domain("create_uid", "=", user.id)
        if user.has_group("loan_crm.loan_crm_group_compliance"):
            seen |= Domain("user_id.company_ids", "in", user.company_ids.ids)
        if user.has_group("loan_crm.loan_crm_group_team_lead"):
            seen |= Domain("user_id", "in", self._led_users().ids)
        return seen

    @api.model
    def _led_users(self):
        """Return the members of the teams that the user leads."""
        # As superuser: who is in one's own team is no secret, whichever company is switched on.
        members_sudo = self.env["crm.team.member"].sudo()
        return members_sudo.search([("crm_team_id.user_id", "=", self.env.uid)]).user_id.sudo(False)

    # ------------------------------------------------------------ when it holds

    @api.depends("date_from", "date_to")
    def _compute_in_force(self):
        today = self.env.company._loan_today()
        for conflict in self:
            conflict.in_force = bool(
                conflict.date_from
                and conflict.date_from <= today
                and (not conflict.date_to or conflict.date_to >= today)
            )

    def _search_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._loan_today()
        return Domain("date_from", "<=", today) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        )

    # ------------------------------------------------------------ declaring

    @api.model_create_multi
    def create(self, vals_list):
        conflicts = super().create(vals_list)
        conflicts._check_may_declare()
        conflicts._warn()
        return conflicts

    def write(self, vals):
        self._check_may_declare()
        if not self.env.su and vals.keys() - _OPEN_TO_CHANGE:
            raise AccessError(
                self.env._(
                    "A conflict of interest stays as it was declared. End this one and declare another."
                )
            )
        return super().write(vals)

    def _check_may_declare(self):
        """Refuse who declares a conflict for somebody else, unless they are a compliance officer."""
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            return
        if self.user_id - self.env.user:
            raise AccessError(
                self.env._("You declare your own conflicts of interest. For somebody else, tell compliance.")
            )
        # A contact one cannot read would tell its name.
        self.partner_id.check_access("read")

    # ------------------------------------------------------------ what follows from it

    @api.model
    def _barred(self, customers):
        """Return who must not look after customers on their company's day: `{customer id: {user id}}`.

        :param customers: `loan.customer`
        """
        barred = {}
        for company, group in customers.grouped("company_id").items():
            for customer_id, user_id in self._pairs(
                company._loan_today(), SQL("customer.id = ANY(%s)", list(group.ids))
            ):
                barred.setdefault(customer_id, set()).add(user_id)
        return barred

    @api.model
    def _pairs(self, today, which):
        """Return pairs of a customer and somebody in conflict with them.

        :param date today: the lender's day
        :param SQL which: on `customer` and `conflict`
        """
        for name in ("loan.conflict", "loan.customer", "loan.contract", "loan.contract.party", "res.partner"):
            self.env[name].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT customer.id, conflict.user_id
                  FROM loan_conflict conflict
                  JOIN LATERAL (
                       SELECT id FROM loan_customer WHERE partner_id = conflict.partner_id
                        UNION
                       SELECT firm.id FROM res_partner contact
                         JOIN loan_customer firm ON firm.partner_id = contact.id
                        WHERE contact.commercial_partner_id = conflict.partner_id
                        UNION
                       SELECT given_up.merged_into_id FROM loan_customer given_up
                        WHERE given_up.partner_id = conflict.partner_id
                        UNION
                       SELECT contract.customer_id FROM loan_contract_party party
                         JOIN loan_contract contract ON contract.id = party.contract_id
                        WHERE party.partner_id = conflict.partner_id
                          AND contract.state IN ('draft', 'active')
                       ) about ON TRUE
                  JOIN loan_customer customer ON customer.id = about.id
                 WHERE conflict.date_from <= %(today)s
                   AND (conflict.date_to IS NULL OR conflict.date_to >= %(today)s)
                   AND %(which)s
                 ORDER BY 1, 2
                """,
                today=today,
                which=which,
            )
        )

    def _warn(self):
        """Tell leads of customers who are looked after by somebody in conflict with them, as far as it holds today."""
        # As superuser: whoever declares a conflict is not told which customers it is about.
        companies_sudo = self.env["res.company"].sudo().search([("loan_tz", "!=", False)])
        for company in companies_sudo:
            self.sudo()._warn_leads(
                company,
                company._loan_today(),
                SQL("conflict.id = ANY(%s)", list(self.ids)),
            )

    @api.model
    def _night_conflict(self, night):
        """Tell leads of conflicts that have begun, or whose customer nobody has given to somebody else."""
        return self._warn_leads(night.company_id, night.date, SQL("TRUE"))

    @api.model
    def _warn_leads(self, company, today, which):
        """Give the lead of each customer in question a to-do, one a customer, as long as that one is open.

        :param company: `res.company`
        :param date today: its day
        :param SQL which: on `conflict`
        :return: how many customers it is about
        """
        kind = self.env.ref("loan_crm.mail_activity_type_conflict")
        self.env["mail.activity"].flush_model()
        pairs = self._pairs(
            today,
            SQL(
                """
                %(which)s
                AND customer.active
                AND customer.company_id = %(company)s
                AND conflict.user_id IN
                    (customer.manager_user_id, customer.deputy_user_id, customer.incoming_user_id)
                AND NOT EXISTS (
                    SELECT FROM mail_activity activity
                     WHERE activity.res_model = 'loan.customer'
                       AND activity.res_id = customer.id
                       AND activity.activity_type_id = %(kind)s
                       AND activity.active)
                """,
                which=which,
                company=company.id,
                kind=kind.id,
            ),
        )
        people = {}
        for customer_id, user_id in pairs:
            people.setdefault(customer_id, set()).add(user_id)
        groups = {}
        for customer in self.env["loan.customer"].browse(people):
            lead = customer._lead_to_tell()
            if lead:
                groups.setdefault((lead, frozenset(people[customer.id])), []).append(customer.id)
        for (lead, user_ids), ids in groups.items():
            words = self.env(context={**self.env.context, "lang": lead.lang or self.env.lang})
            names = ", ".join(self.env["res.users"].browse(sorted(user_ids)).mapped("name"))
            for batch in split_every(100, ids, list):
                # Without the quick update each to-do would send a mail of its own.
                self.env["loan.customer"].browse(batch).with_context(
                    mail_activity_quick_update=True
                ).activity_schedule(
                    "loan_crm.mail_activity_type_conflict",
                    date_deadline=today,
                    summary=words._("Conflict of interest"),
                    note=words._(
                        "%s has declared a conflict of interest. Give the customer to somebody else.", names
                    ),
                    user_id=lead.id,
                )
        return sum(map(len, groups.values()))
