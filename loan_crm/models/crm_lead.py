from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

_OURS = "loan_crm.loan_crm_group_manager"
# What belongs to an application as a whole: leads that are merged keep it from one of them, never half of each.
_APPLICATION = (
    "loan_product_id",
    "loan_kind",
    "loan_segment_id",
    "loan_amount",
    "loan_term",
    "loan_purpose",
    "loan_payout_date",
    "loan_first_due_date",
)


class CrmLead(models.Model):
    """An application for a loan is a lead that names a loan product; a lead without one is Odoo's own.

    It begins with the product, which brings the list of papers that are needed, and ends in a customer's profile and
    a draft loan (`loan.lead.win.mixin`), or lost. Who sees it is said by Odoo's own rules. It leads to no profile and
    no loan but by buttons that ask for the user's own rights: the link is kept on the loan (`loan.application.mixin`).
    """

    _name = "crm.lead"
    _inherit = [
        "loan.lead.answer.mixin",
        "loan.lead.level.mixin",
        "crm.lead",
        "loan.lead.paper.mixin",
        "loan.lead.clock.mixin",
        "loan.lead.hand.mixin",
        "loan.lead.win.mixin",
        "loan.portal.lead.mixin",
    ]

    loan_product_id = fields.Many2one(
        "loan.product",
        "Loan Product",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="company_id and [('company_id', 'in', [False, company_id])] or []",
        help="What they apply for. With it the lead is an application for a loan.",
    )
    loan_currency_id = fields.Many2one(related="loan_product_id.currency_id", string="Loan Currency")
    loan_kind = fields.Selection(
        selection="_loan_kinds",
        string="Borrower Is",
        compute="_compute_loan_kind",
        store=True,
        readonly=False,
        help="Which papers are needed depends on it, and the profile is made as that.",
    )
    loan_segment_id = fields.Many2one(
        "loan.customer.segment",
        "Segment",
        ondelete="restrict",
        help="What kind of borrower they are; their profile takes it over. It helps to find a manager who "
        "serves such people.",
    )
    loan_amount = fields.Monetary(
        "Amount Wanted",
        currency_field="loan_currency_id",
        tracking=True,
        help="What they ask for. The draft of the loan begins with it.",
    )
    loan_term = fields.Integer("Term", aggregator=None, tracking=True, help="Number of installments.")
    loan_purpose = fields.Char("Purpose", help="What the money is for, in the borrower's words.")
    loan_payout_date = fields.Date(
        "Money Wanted On",
        help="The loan begins on this day. Empty, or past by then: on the day the application is won.",
    )
    loan_first_due_date = fields.Date(
        "First Due Date Wanted", help="The day of the first installment. Empty: as the product says."
    )
    referrer_partner_id = fields.Many2one(
        "res.partner",
        "Recommended By",
        index="btree_not_null",
        ondelete="set null",
        help="The contact who told them about us. The customer's profile keeps it.",
    )

    loan_document_ids = fields.One2many(
        "loan.lead.document",
        "lead_id",
        "Documents",
        groups=_OURS,
        copy=False,
        help="What the product asks for; one letter asks the borrower for all that is still missing.",
    )
    loan_document_told = fields.Char(
        "Documents Complete",
        compute="_compute_loan_documents",
        groups=_OURS,
        help="How many of the papers that are needed are there.",
    )
    loan_document_missing = fields.Integer(
        "Documents Missing", compute="_compute_loan_documents", groups=_OURS
    )
    loan_customer_count = fields.Integer("Loan Customers", compute="_compute_loan_counts", groups=_OURS)
    loan_contract_count = fields.Integer("Loans Made", compute="_compute_loan_counts", groups=_OURS)

    loan_stage_purpose = fields.Text(related="stage_id.loan_purpose", string="What Happens Now")
    loan_stage_holder = fields.Char(related="stage_id.loan_holder", string="Who Has It Now")

    # While who has it is away, see `loan.cover.lead.mixin`.
    loan_cover_id = fields.Many2one(
        "loan.cover",
        "Passed On in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=_OURS,
    )
    loan_cover_from_id = fields.Many2one(
        "res.users", "In Place Of", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    loan_cover_to_id = fields.Many2one(
        "res.users",
        "Acts Meanwhile",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Has the application while its salesperson is away, and gives it back by itself.",
    )
    loan_cover_follower = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    loan_cover_told = fields.Char("Cover", compute="_compute_loan_cover_told", groups=_OURS)

    _loan_amount_sensible = models.Constraint(
        "CHECK (loan_amount >= 0 AND loan_amount <> 'NaN')", "The amount wanted cannot be negative."
    )
    _loan_term_sensible = models.Constraint(
        "CHECK (loan_term BETWEEN 0 AND 2600)", "The term must lie between 1 and 2600 installments."
    )
    # The few that are closed to somebody, as on the customer.
    _loan_closed_idx = models.Index("(loan_level) WHERE loan_level > 1")
    _loan_stage_idx = models.Index("(stage_id, date_last_stage_update) WHERE loan_product_id IS NOT NULL")

    @api.model
    def _loan_kinds(self):
        return self.env["loan.customer"]._fields["kind"]._description_selection(self.env)

    def _loan_company(self):
        """Return the lender this is an application to."""
        lead_sudo = self.sudo()  # a salesperson without a right to loans may open the lead all the same
        return lead_sudo.company_id or lead_sudo.loan_product_id.company_id or self.env.company

    @api.depends("loan_product_id", "partner_id", "partner_name")
    def _compute_loan_kind(self):
        for lead in self:
            # Chosen once it stays: who fills in the form knows better than the contact.
            kind = lead.loan_kind
            if lead.loan_product_id and not kind:
                firm = lead.partner_id.is_company if lead.partner_id else lead.partner_name
                kind = "sme" if firm else "person"
            lead.loan_kind = kind

    @api.depends("partner_id", "loan_kind", "company_id", "loan_product_id")
    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_loan_counts(self):
        contracts = dict(
            self.env["loan.contract"]._read_group(
                [("lead_id", "in", self.ids), ("state", "!=", "cancelled")], ["lead_id"], ["__count"]
            )
        )
        borrowers = {lead: lead._loan_borrower() for lead in self}
        profiles = {
            (contact, company): count
            for contact, company, count in self.env["loan.customer"]
            .with_context(active_test=False)
            ._read_group(
                [("partner_id", "in", [contact.id for contact in borrowers.values()])],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }
        for lead in self:
            lead.loan_customer_count = profiles.get((borrowers[lead], lead._loan_company()), 0)
            lead.loan_contract_count = contracts.get(lead._origin, 0)

    @api.depends("loan_cover_to_id", "loan_cover_from_id", "loan_cover_id")
    @api.depends_context("lang")
    def _compute_loan_cover_told(self):
        for lead in self:
            cover_sudo = lead.loan_cover_id.sudo()  # that a colleague is away is known to who acts for them
            lead.loan_cover_told = bool(lead.loan_cover_to_id) and self.env._(
                "%(manager)s is away until %(day)s and has it again then. A customer who comes of it is %(manager)s's.",
                manager=lead.loan_cover_from_id.name,
                day=format_date(self.env, cover_sudo.date_to),
            )

    # ------------------------------------------------------------ the columns of applications

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        found = super()._read_group_stage_ids(stages, domain)
        if not self.env.context.get("loan_application"):
            return found
        # Applications have columns of their own, where somebody has said what a stage means to a borrower.
        ours = found.filtered(lambda stage: stage.loan_purpose or stage.loan_days or stage.loan_holder)
        return found.filtered(lambda stage: stage in ours | stages) if ours else found

    # ------------------------------------------------------------ entering

    @api.constrains("partner_id", "referrer_partner_id")
    def _check_referrer(self):
        for lead in self:
            if lead.referrer_partner_id and lead.referrer_partner_id == lead.partner_id:
                raise ValidationError(self.env._("Nobody recommends themselves."))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_no_cover(vals_list)
        leads = super().create(vals_list)
        leads.filtered("loan_product_id")._sync_loan_documents()
        self.env["loan.cover"]._follow_leads(leads)
        return leads

    def write(self, vals):
        self._check_no_cover([vals])
        if "user_id" in vals:
            # Whoever gives it to somebody else while its salesperson is away gives it for good.
            lent_sudo = self.sudo().filtered("loan_cover_to_id")  # as superuser: as in `_check_no_cover`
            lent_sudo = lent_sudo.filtered(lambda lead: lead.loan_cover_to_id.id != vals["user_id"])
            if lent_sudo:
                self.env["loan.cover"]._forget_follower(lent_sudo)
                lent_sudo.loan_cover_to_id = False
        moves = {"stage_id", "user_id"} & vals.keys()
        hands = self.filtered("loan_product_id").user_id if moves else self.env["res.users"]
        result = super().write(vals)
        if moves:
            self.env["loan.worklist"]._changed(hands | self.filtered("loan_product_id").user_id)
        if {"loan_product_id", "loan_kind"} & vals.keys():
            self._sync_loan_documents()
        if {"stage_id", "probability", "partner_id"} & vals.keys() and self.env.user.has_group(_OURS):
            won = self.filtered(lambda lead: lead.loan_product_id and lead.won_status == "won")
            won.loan_document_ids._keep_in_profile()
        if {"loan_product_id", "user_id"} & vals.keys():
            self.env["loan.cover"]._follow_leads(self)
        return result

    @api.model
    def _check_no_cover(self, vals_list):
        """Refuse to enter whose an application is while they are away: the cover keeps it."""
        if self.env.su:
            return
        kept = {"loan_cover_id", "loan_cover_from_id", "loan_cover_to_id", "loan_cover_follower"}
        entered = {name for vals in vals_list for name in vals}
        entered |= {name.removeprefix("default_") for name in self.env.context if name.startswith("default_")}
        if kept & entered:
            raise AccessError(
                self.env._("Who has an application while somebody is away follows from the cover.")
            )

    # ------------------------------------------------------------ who borrows

    def _loan_borrower(self):
        """Return the contact who borrows: the person, or the firm that the contact speaks for."""
        contact = self.partner_id
        return (
            contact if self.loan_kind in ("person", "sole_trader", False) else contact.commercial_partner_id
        )

    @api.model
    def _loan_borrower_domain(self, partners):
        """Return which leads are applications of these contacts, whoever speaks for them.

        :param partners: `res.partner`
        """
        own = Domain("loan_kind", "in", [False, "person", "sole_trader"])
        return Domain("loan_product_id", "!=", False) & (
            (own & Domain("partner_id", "in", partners.ids))
            | (~own & Domain("partner_id.commercial_partner_id", "in", partners.ids))
        )

    # ------------------------------------------------------------ forgetting

    @api.model
    def _get_erasure_plan(self):
        """Tell what becomes of an application when its customer is erased (`loan.erasure.application.mixin`).

        :return: a dict as of `loan.access.mixin._get_erasure_plan`; the name is given by the customer who is erased
        """
        kept = {"name", "email_state", "phone_state"}
        words = {
            name: None
            for name, field in self._fields.items()
            if field.store
            and field.column_type
            and not field.required
            and not field.translate
            and name not in kept
            and (
                field.type in ("char", "text", "html", "properties")
                or (
                    field.type == "many2one"
                    and field.comodel_name
                    in ("res.partner", "res.country", "res.country.state", "res.lang", "ir.attachment")
                )
            )
        }
        return {
            "delete": False,
            "now": {},
            "later": words,
            "why": self.env._(
                "Names, addresses, words, messages and files go: of those that came to nothing at once, of the others "
                "with the records of the loan. Product, amount and days stay."
            ),
        }

    # ------------------------------------------------------------ merging

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "referrer_partner_id"]

    def _merge_get_fields_specific(self):
        def of_one_application(name, leads):
            value = leads.filtered("loan_product_id")[:1][name]
            return value.id if isinstance(value, models.BaseModel) else value

        return super()._merge_get_fields_specific() | dict.fromkeys(_APPLICATION, of_one_application)

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # As superuser: papers and loans stay with the application, whoever merges two leads of one person.
        head_sudo, tail_sudo = self.sudo(), opportunities.sudo()
        for document_sudo in tail_sudo.loan_document_ids:
            twin_sudo = head_sudo.loan_document_ids.filtered(
                lambda mine, type_=document_sudo.type_id: type_ and mine.type_id == type_
            )
            if twin_sudo and not twin_sudo._is_untouched():
                continue
            twin_sudo.unlink()
            document_sudo.lead_id = head_sudo
        contracts_sudo = self.env["loan.contract"].sudo()
        contracts_sudo.search([("renewal_lead_id", "in", opportunities.ids)]).renewal_lead_id = self
        contracts_sudo._follow_merged_leads(self, opportunities)
        return result
