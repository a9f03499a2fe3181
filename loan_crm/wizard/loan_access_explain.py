from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..core.listing import listed


class LoanAccessExplain(models.TransientModel):
    """Who can see this customer, and why; what can this person see, and why."""

    _name = "loan.access.explain"
    _inherit = ["loan.guard.mixin"]
    _description = "Who Sees What, and Why"

    customer_id = fields.Many2one("loan.customer", "Customer", context={"active_test": False})
    person_id = fields.Many2one(
        "res.users",
        "Person",
        domain="[('share', '=', False)]",
        help="Empty: everybody who sees the customer. Without a customer: what this person sees.",
    )
    level_id = fields.Many2one(related="customer_id.level_id", string="Confidentiality")
    line_ids = fields.One2many(
        "loan.access.explain.line", "form_id", compute="_compute_line_ids", string="Who Sees, and Why"
    )
    told = fields.Char("In Short", compute="_compute_line_ids")

    @api.depends("customer_id", "person_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for form in self:
            form.display_name = self.env._("Who Sees What, and Why")

    @api.model_create_multi
    def create(self, vals_list):
        self._check_compliance()
        return super().create(vals_list)

    def onchange(self, values, field_names, fields_spec):
        self._check_compliance()
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_compliance(self):
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance")):
            raise AccessError(self.env._("Compliance is told who sees what."))

    @api.depends("customer_id", "person_id")
    def _compute_line_ids(self):
        self._check_compliance()
        lines = self.env["loan.access.explain.line"]
        for form in self:
            with self.env.user._loan_duty_kept():
                if form.customer_id:
                    vals_list = form._of_customer()
                else:
                    vals_list = form._of_person() if form.person_id else []
            form.line_ids = lines.concat(*(lines.new(vals) for vals in vals_list))
            form.told = form._in_short(vals_list)

    def _in_short(self, vals_list):
        if self.customer_id:
            count = sum(vals["sees"] for vals in vals_list)
            return self.env._(
                "%(count)s of %(all)s people see this customer.", count=count, all=len(vals_list)
            )
        if self.person_id:
            count = self.env["loan.customer"].with_user(self.person_id).search_count(Domain.TRUE)
            return self.env._("%(user)s sees %(count)s customers.", user=self.person_id.name, count=count)
        return self.env._("Choose a customer, or a person.")

    def _of_customer(self):
        sight = self.env["loan.sight"]
        customer = self.customer_id
        people = sight._people(customer.company_id)
        if self.person_id:
            people &= self.person_id
        vals_list = []
        for user, found in sight._verdicts(customer, people).items():
            grants_sudo = sight._grants_of(user, customer)
            because = sight._why(user, customer) + [
                self.env._(
                    "Grant for “%(purpose)s” until %(until)s",
                    purpose=grant.purpose,
                    until=fields.Datetime.context_timestamp(self, grant.date_to).strftime("%Y-%m-%d %H:%M"),
                )
                for grant in grants_sudo
            ]
            against = list(found["missing"])
            if found["barred"]:
                against = [self.env._("kept out by a conflict of interest or a wall")]
            vals_list.append(
                {
                    "user_id": user.id,
                    "sees": bool(found["way"]),
                    "because": " · ".join(because),
                    "against": listed(against, self.env.lang),
                }
            )
        return sorted(vals_list, key=lambda vals: (not vals["sees"], not vals["because"]))

    def _of_person(self):
        """Return what somebody sees, by level, and what they do not although it is their duty."""
        person = self.person_id
        sight = person._loan_sight()
        customers = self.env["loan.customer"].with_context(active_test=False)
        # As superuser: their sight is asked as a domain, the asker's own is none of it.
        customers_sudo = customers.sudo()
        by = ["level_id", "company_id"]
        seen = {
            (level.id, company): count
            for level, company, count in customers.with_user(person)._read_group([], by, ["__count"])
        }
        duty = {
            (level.id, company): count
            for level, company, count in customers_sudo._read_group(sight.duty, by, ["__count"])
        }
        barred = customers_sudo.search_count(sight.duty & sight.barred)
        vals_list = []
        for level in self.env["loan.confidentiality.level"].search(Domain.TRUE):
            sees = sum(count for (level_id, _company), count in seen.items() if level_id == level.id)
            theirs = sum(count for (level_id, _company), count in duty.items() if level_id == level.id)
            # Of these lenders, not all that is their duty: an agreement with one of them is none with another.
            closed = customers_sudo.env["res.company"].union(
                *(
                    company
                    for (level_id, company), count in duty.items()
                    if level_id == level.id and count > seen.get((level_id, company), 0)
                )
            )
            if sees or theirs:
                vals_list.append(
                    {
                        "sees": bool(sees),
                        "level_id": level.id,
                        "because": self.env._(
                            "%(seen)s seen, %(duty)s are their duty", seen=sees, duty=theirs
                        ),
                        "against": listed(
                            self.env["loan.sight"]._missing(person, level, True, None, closed)
                            if closed
                            else [],
                            self.env.lang,
                        ),
                    }
                )
        if barred:
            vals_list.append(
                {
                    "sees": False,
                    "because": self.env._("%s of their duty", barred),
                    "against": self.env._("kept out by a conflict of interest or a wall"),
                }
            )
        return vals_list
