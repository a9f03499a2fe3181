from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.listing import listed

_BATCH = 100
# What can be put right once it was declared; another person or another contact is another conflict.
_OPEN_TO_CHANGE = frozenset({"reason", "date_to"})


class LoanConflict(models.Model):
    """Somebody must not look after a contact: begins when they or compliance declare it, ends on its last day.

    While it lasts they are neither manager nor deputy nor successor of a customer who is that contact, belongs to
    that firm, or has a loan for which that contact answers. It names a contact and never a customer: whether the
    contact borrows is not told to who declares it. Nobody deletes one.
    """

    _name = "loan.conflict"
    _inherit = ["loan.seen.mixin", "mail.thread"]
    _description = "Conflict of Interest"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"
    _rec_names_search = ["user_id.name", "partner_id.name"]
    _SEEN_COLUMNS = ("user_id",)

    user_id = fields.Many2one(
        "res.users",
        "Who",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
        help="While it lasts this person is neither manager nor deputy of such a customer, nor proposed as "
        "one.",
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
        self.env["loan.sight.end"]._note(users=conflicts.user_id)
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

        Who has declared a conflict of interest, and who is related to the customer themselves.

        :param customers: `loan.customer`
        """
        barred = self._declared(customers)
        for customer_id, user_ids in self._related(customers).items():
            barred.setdefault(customer_id, set()).update(user_ids)
        return barred

    @api.model
    def _declared(self, customers):
        """Return who has a declared conflict of interest with customers today: `{customer id: {user id}}`.

        :param customers: `loan.customer`
        """
        return self._asked_daily(customers, self._pairs)

    @api.model
    def _related(self, customers):
        """Return who is a relative, an owner or a surety of customers today: `{customer id: {user id}}`.

        :param customers: `loan.customer`
        """
        return self._asked_daily(customers, self._related_pairs)

    @api.model
    def _declared_of_contacts(self, contacts, today):
        """Return who has declared a conflict of interest with contacts, customers or not: `{contact: res.users}`.

        :param contacts: `res.partner`
        :param date today: the lender's day
        """
        found = self.search(
            Domain("partner_id", "in", contacts.ids)
            & Domain("date_from", "<=", today)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )
        return {contact: rows.user_id for contact, rows in found.grouped("partner_id").items()}

    @api.model
    def _asked_daily(self, customers, pairs):
        """Return what a query on `customer` answers as of each company's own day, by customer."""
        found = {}
        for company, group in customers.grouped("company_id").items():
            for customer_id, user_id in pairs(
                company._loan_today(), SQL("customer.id = ANY(%s)", list(group.ids))
            ):
                found.setdefault(customer_id, set()).add(user_id)
        return found

    @api.model
    def _related_pairs(self, today, which):
        """Return pairs of a customer and a colleague whose own contact is tied to them, in private or as a surety.

        What somebody is at work (an employer, an accountant) is no family: whoever finds it a conflict declares it.

        :param date today: the lender's day
        :param SQL which: on `customer`
        """
        for name in (
            "loan.customer",
            "loan.customer.relation",
            "loan.customer.relation.type",
            "loan.contract",
            "loan.contract.party",
            "res.users",
        ):
            self.env[name].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT customer.id, person.id
                  FROM res_users person
                  JOIN loan_customer_relation tie ON tie.partner_id = person.partner_id
                  JOIN loan_customer_relation_type kind ON kind.id = tie.type_id AND kind.family <> 'work'
                  JOIN loan_customer customer ON customer.id = tie.customer_id
                 WHERE NOT COALESCE(person.share, FALSE)
                   AND (tie.date_from IS NULL OR tie.date_from <= %(today)s)
                   AND (tie.date_to IS NULL OR tie.date_to >= %(today)s)
                   AND %(which)s
                 UNION
                SELECT customer.id, person.id
                  FROM res_users person
                  JOIN loan_contract_party party ON party.partner_id = person.partner_id
                  JOIN loan_contract contract ON contract.id = party.contract_id
                   AND contract.state IN ('draft', 'active')
                  JOIN loan_customer customer ON customer.id = contract.customer_id
                 WHERE NOT COALESCE(person.share, FALSE)
                   AND %(which)s
                 ORDER BY 1, 2
                """,
                today=today,
                which=which,
            )
        )

    # Whom a conflict is about: the contact as a customer, a customer of whose firm the contact is, a customer for whose
    # running loan the contact answers.
    _ABOUT = """
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
        """

    @api.model
    def _pairs(self, today, which):
        """Return pairs of a customer and somebody in conflict with them.

        :param date today: the lender's day
        :param SQL which: on `customer` and `conflict`
        """
        self._flush_about()
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT customer.id, conflict.user_id
                  FROM loan_conflict conflict
                  JOIN LATERAL (%(about)s) about ON TRUE
                  JOIN loan_customer customer ON customer.id = about.id
                 WHERE conflict.date_from <= %(today)s
                   AND (conflict.date_to IS NULL OR conflict.date_to >= %(today)s)
                   AND %(which)s
                 ORDER BY 1, 2
                """,
                about=SQL(self._ABOUT),
                today=today,
                which=which,
            )
        )

    @api.model
    def _flush_about(self):
        for name in ("loan.conflict", "loan.customer", "loan.contract", "loan.contract.party", "res.partner"):
            self.env[name].flush_model()

    @api.model
    def _kept_from(self, user):
        """Return the numbers of the customers whom somebody must not see today, by each lender's own day.

        :param user: `res.users`
        """
        self._flush_about()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id, conflict.date_from, conflict.date_to, customer.company_id
                  FROM loan_conflict conflict
                  JOIN LATERAL (%s) about ON TRUE
                  JOIN loan_customer customer ON customer.id = about.id
                 WHERE conflict.user_id = %s
                """,
                SQL(self._ABOUT),
                user.id,
            )
        )
        companies_sudo = self.env["res.company"].sudo()  # a conflict counts whichever company is switched on
        today = {id_: companies_sudo.browse(id_)._loan_today() for *_row, id_ in rows}
        return [
            id_
            for id_, date_from, date_to, company_id in rows
            if date_from <= today[company_id] and (not date_to or today[company_id] <= date_to)
        ]

    def _warn(self):
        """Tell leads of customers who are looked after by somebody in conflict with them, as far as it holds today."""
        # As superuser: whoever declares a conflict is not told which customers it is about.
        companies_sudo = self.env["res.company"].sudo().search([("loan_tz", "!=", False)])
        conflicts_sudo = self.sudo()  # as above
        for company in companies_sudo:
            today = company._loan_today()
            which = SQL(
                "conflict.id = ANY(%s) AND %s", list(self.ids), self._untold_sql(company, "conflict.user_id")
            )
            pairs = conflicts_sudo._pairs(today, which)
            conflicts_sudo._tell_leads(conflicts_sudo.env["loan.customer"].browse(_ids(pairs)), today)

    @api.model
    def _night_conflict(self, night):
        """Tell leads of conflicts that have begun, or whose customer nobody has given to somebody else."""
        company, today = night.company_id, night.date
        after = SQL("customer.id > %s", night._stand("conflict", 0))
        pairs = [
            *self._pairs(today, SQL("%s AND %s", after, self._untold_sql(company, "conflict.user_id"))),
            *self._related_pairs(today, SQL("%s AND %s", after, self._untold_sql(company, "person.id"))),
        ]
        waiting = self.env["loan.customer"].browse(_ids(pairs)[:_BATCH])
        if not waiting:
            return 0
        night._note_stand(conflict=waiting[-1].id)
        night._apart("conflict", waiting, lambda customers: self._tell_leads(customers, today))
        return len(waiting)

    @api.model
    def _untold_sql(self, company, person):
        """Return which customers are looked after by somebody in conflict while no to-do of a lead says so.

        :param company: `res.company`
        :param str person: the column of who is in conflict
        """
        self.env["mail.activity"].flush_model()
        return SQL(
            """
            customer.active
            AND customer.company_id = %(company)s
            AND %(person)s IN (customer.manager_user_id, customer.deputy_user_id, customer.incoming_user_id)
            AND NOT EXISTS (
                SELECT FROM mail_activity activity
                 WHERE activity.res_model = 'loan.customer'
                   AND activity.res_id = customer.id
                   AND activity.activity_type_id = %(kind)s
                   AND activity.active)
            """,
            company=company.id,
            person=SQL.identifier(*person.split(".")),
            kind=self.env.ref("loan_crm.mail_activity_type_conflict").id,
        )

    @api.model
    def _tell_leads(self, customers, today):
        """Give the lead of each of these customers a to-do that says who must not look after them.

        :param customers: `loan.customer`, looked after by somebody in conflict
        :param date today: their company's day
        """
        declared, related = self._declared(customers), self._related(customers)
        groups = {}
        for customer, lead in customers._leads_to_tell().items():
            people = {customer.manager_user_id.id, customer.deputy_user_id.id, customer.incoming_user_id.id}
            by_word = frozenset(declared.get(customer.id, set()) & people)
            by_blood = frozenset(related.get(customer.id, set()) & people - by_word)
            if lead and (by_word or by_blood):
                groups.setdefault((lead, by_word, by_blood), []).append(customer.id)
        for (lead, by_word, by_blood), ids in groups.items():
            words = self.env(context={**self.env.context, "lang": lead.lang or self.env.lang})
            told = []
            if by_word:
                told.append(words._("%s has declared a conflict of interest.", self._names(by_word)))
            if by_blood:
                told.append(words._("%s is related to the customer.", self._names(by_blood)))
            told.append(words._("Give the customer to somebody else."))
            # Without the quick update each to-do would send a mail of its own.
            customers.browse(ids).with_context(mail_activity_quick_update=True).activity_schedule(
                "loan_crm.mail_activity_type_conflict",
                date_deadline=today,
                summary=words._("Conflict of interest"),
                note=" ".join(told),
                user_id=lead.id,
            )

    @api.model
    def _names(self, user_ids):
        return listed(self.env["res.users"].browse(sorted(user_ids)).mapped("name"), self.env.lang)


def _ids(pairs):
    """Return the customers of pairs of a customer and a person, each once, in order."""
    return sorted({customer_id for customer_id, _user_id in pairs})
