from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_FAMILIES = ("consumer", "car", "mortgage", "business", "project")
_KINDS = ("person", "sole_trader", "sme", "corporate", "project", "institution")


class LoanManager(models.Model):
    """What a relationship manager can take on: begins when a lead or administrator describes it, ends with the person.

    Whoever has no desk here is proposed as well: with the lender's usual ceiling, the language they work in and no
    specialty. It holds nothing about customers, so colleagues may read it: it tells who speaks what.
    """

    _name = "loan.manager"
    _inherit = ["loan.satisfaction.mixin", "mail.thread"]
    _description = "Manager's Desk"
    _order = "team_id, user_id, id"
    _rec_name = "user_id"
    _rec_names_search = ["user_id.name"]
    _check_company_auto = True

    user_id = fields.Many2one(
        "res.users",
        "Manager",
        required=True,
        index=True,
        ondelete="cascade",
        tracking=True,
        domain=lambda self: (
            f"{self.env['loan.customer']._manager_domain()} + [('company_ids', 'in', company_id)]"
        ),
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    team_id = fields.Many2one(related="user_id.sale_team_id", store=True, string="Team")

    lang_ids = fields.Many2many(
        "res.lang",
        string="Languages",
        context={"active_test": False},
        help="What they speak well enough for a talk about money. Empty: the language they work in.",
    )
    dialect_ids = fields.Many2many(
        "loan.dialect",
        string="Dialects",
        help="Customers who speak one of these are proposed to this manager first.",
    )
    state_ids = fields.Many2many(
        "res.country.state", string="Regions", help="Empty: customers of any region are theirs."
    )
    segment_ids = fields.Many2many(
        "loan.customer.segment", string="Segments", check_company=True, help="Empty: any segment."
    )
    product_ids = fields.Many2many(
        "loan.product", string="Products", check_company=True, help="Products they know particularly well."
    )
    # Names end in the keys of `loan.product.family` and `loan.customer.kind`.
    family_consumer = fields.Boolean(
        "Consumer Loans",
        help="A specialty: borrowers of such loans are proposed to this manager first. None ticked: any loan.",
    )
    family_car = fields.Boolean(
        "Car Loans",
        help="A specialty: borrowers of such loans are proposed to this manager first. None ticked: any loan.",
    )
    family_mortgage = fields.Boolean(
        "Mortgages",
        help="A specialty: borrowers of such loans are proposed to this manager first. None ticked: any loan.",
    )
    family_business = fields.Boolean(
        "Business Loans",
        help="A specialty: borrowers of such loans are proposed to this manager first. None ticked: any loan.",
    )
    family_project = fields.Boolean(
        "Project Finance",
        help="A specialty: borrowers of such loans are proposed to this manager first. None ticked: any loan.",
    )
    kind_person = fields.Boolean(
        "Persons",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )
    kind_sole_trader = fields.Boolean(
        "Sole Traders",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )
    kind_sme = fields.Boolean(
        "SMEs",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )
    kind_corporate = fields.Boolean(
        "Corporates",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )
    kind_project = fields.Boolean(
        "Project Companies",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )
    kind_institution = fields.Boolean(
        "Institutions",
        help="The customers this manager serves: only of the kinds that are ticked. None ticked: all kinds.",
    )

    takes_new = fields.Boolean(
        "Takes New Customers",
        default=True,
        tracking=True,
        help="Switched off, they are proposed for nobody. By hand they can still be chosen, with a warning.",
    )
    load_ceiling = fields.Float(
        "Ceiling",
        digits=(16, 1),
        required=True,
        tracking=True,
        default=lambda self: self.env.company.loan_load_ceiling,
        help="So many load points they can carry.",
    )
    vip_slots = fields.Integer(
        "VIP Slots",
        required=True,
        tracking=True,
        default=lambda self: self.env.company.loan_vip_slots,
        help="So many VIP customers they can look after.",
    )
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Time",
        compute="_compute_resource_calendar_id",
        compute_sudo=True,
        help="Those of the person in Odoo, or of the company.",
    )
    away_until = fields.Date("Away Until", compute="_compute_away_until", compute_sudo=True)
    load_note = fields.Char(
        "Load Today",
        compute="_compute_load_note",
        help="Customers and open work, weighed as the settings say, beside the ceiling.",
    )
    note = fields.Text("Good to Know")

    _user_company_uniq = models.UniqueIndex(
        "(user_id, company_id)", "This manager has a desk in this company already."
    )
    _limits_sensible = models.Constraint(
        "CHECK (load_ceiling >= 0 AND load_ceiling <= 100000 AND vip_slots >= 0 AND vip_slots <= 10000)",
        "The ceiling and the number of VIP slots cannot be negative.",
    )

    @api.depends("user_id", "company_id")
    def _compute_resource_calendar_id(self):
        for desk in self:
            desk.resource_calendar_id = (
                desk.user_id.with_company(desk.company_id).resource_calendar_id
                or desk.company_id.resource_calendar_id
            )

    @api.depends("user_id", "company_id")
    def _compute_away_until(self):
        covers = {
            (cover.company_id, cover.manager_user_id): cover.date_to
            for cover in self.env["loan.cover"]._covers_today(self.user_id)
        }
        for desk in self:
            desk.away_until = covers.get((desk.company_id, desk.user_id), False)

    @api.depends_context("lang", "uid")
    @api.depends("user_id", "company_id", "load_ceiling", "vip_slots")
    def _compute_load_note(self):
        loads = self.env["loan.workload"]
        if loads.has_access("read"):
            loads = loads.search([("user_id", "in", self.user_id.ids)])
        rows = {(row.company_id, row.user_id): row for row in loads}
        for desk in self:
            row = rows.get((desk.company_id, desk.user_id))
            desk.load_note = row and row._told()

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for desk in self:
            if not desk.user_id.active:
                raise ValidationError(self.env._("%s has left.", desk.user_id.name))
            self.env["loan.customer"]._check_may_manage(desk.user_id, desk.company_id)

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "company_id"} & vals.keys():
            # Odoo asks the rules before a write only: a desk of one's own team could be made a stranger's.
            self.check_access("write")
        return result

    def _families(self):
        """Return the families of products they specialize in, a frozenset of keys."""
        self.ensure_one()
        return frozenset(key for key in _FAMILIES if self[f"family_{key}"])

    def _kinds(self):
        """Return the kinds of customers they serve, a frozenset of keys; empty stands for all."""
        self.ensure_one()
        return frozenset(key for key in _KINDS if self[f"kind_{key}"])

    def action_open_customers(self):
        """Open the customers of this manager, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
        action["domain"] = list(
            Domain("manager_user_id", "=", self.user_id.id) & Domain("company_id", "=", self.company_id.id)
        )
        action["context"] = {}
        return action
