from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context, is_html_empty


class LoanAgreementText(models.Model):
    """The wording of a lender's loan agreements, one version of it: drafted, published, retired.

    It holds what is the same for each loan: rights, duties, what happens when. The parties, the key facts and the
    schedule are put before and after it by the loan itself. A published text never changes, in no language: an
    offer names it. A new version takes its place for the offers to come, and agreements that were signed keep theirs.
    """

    _name = "loan.agreement.text"
    _inherit = ["loan.kept.mixin", "loan.lifecycle.mixin"]
    _description = "Loan Agreement (Text)"
    _order = "company_id, version desc, id desc"
    _check_company_auto = True
    _OPEN = frozenset({"name", "body", "product_id"})

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", default=lambda self: self.env.company
    )
    product_id = fields.Many2one(
        "loan.product",
        "For Product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Empty: for every product that has no text of its own.",
    )
    name = fields.Char("Title", required=True, translate=True)
    version = fields.Integer(required=True, readonly=True, copy=False, default=0)
    body = fields.Html(
        "Wording",
        translate=True,
        help="What is the same for each loan: rights, duties, what happens when. Parties, key facts and "
        "the schedule are added by the loan itself. Once published it changes no more.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    published_at = fields.Datetime("Published On", readonly=True, copy=False)
    published_user_id = fields.Many2one("res.users", "Published By", readonly=True, copy=False)

    _version_uniq = models.UniqueIndex("(company_id, version)", "There is such a version already.")
    _one_published = models.UniqueIndex(
        "(company_id, COALESCE(product_id, 0)) WHERE state = 'published'",
        "One text is published for a product at a time.",
    )

    @api.depends("name", "version")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for text in self:
            text.display_name = self.env._(
                "%(name)s, version %(version)s", name=text.name or "", version=text.version or "–"
            )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "published"), ("published", "retired")}

    def _loan_kept(self):
        return self.filtered(lambda text: text.state != "draft")

    @api.model
    def _kept_refusal(self, deed):
        if deed == "unlink":
            return self.env._("A text that was published is kept, whether somebody signed it or not.")
        return self.env._("A published text stays as it is. Copy it, change the copy, and publish that one.")

    @api.model_create_multi
    def create(self, vals_list):
        # As superuser: versions are counted through, whoever may see them.
        last = {
            company.id: version
            for company, version in self.sudo()._read_group([], ["company_id"], ["version:max"])
        }
        numbered = []
        for vals in vals_list:
            company_id = vals.get("company_id") or self.env.company.id
            last[company_id] = last.get(company_id, 0) + 1
            kept = {name: vals[name] for name in vals.keys() & (self._OPEN | {"state"})}
            numbered.append({**kept, "company_id": company_id, "version": last[company_id]})
        # Nor is a client's context to say what becomes of it.
        return super(LoanAgreementText, self.with_context(clean_context(self.env.context))).create(numbered)

    @api.model
    def _for_loan(self, contract):
        """Return the text that is published for a loan: that of its product, or else that of its lender.

        :param contract: `loan.contract`
        """
        found = self.search(
            Domain("company_id", "=", contract.company_id.id)
            & Domain("state", "=", "published")
            & Domain("product_id", "in", [contract.product_id.id, False])
        )
        return found.sorted(lambda text: not text.product_id)[:1]

    def action_publish(self):
        """Publish the text in the place of the one before; agreements that are offered keep theirs.

        :raise UserError: for an empty text
        """
        self.ensure_one()
        self.check_access("write")
        if is_html_empty(self.body):
            raise UserError(self.env._("There is nothing written yet that could be signed."))
        text = self._by_verb()
        before = text.search(
            [
                ("company_id", "=", self.company_id.id),
                ("product_id", "=", self.product_id.id),
                ("state", "=", "published"),
            ]
        )
        before._by_verb()._move_to("retired")
        self.env.flush_all()  # one is published at a time, in the database, too
        text._move_to("published")
        text.write({"published_at": fields.Datetime.now(), "published_user_id": self.env.uid})
        return True

    def action_retire(self):
        """Offer no more agreements with this text; those that were offered or signed stay."""
        self.check_access("write")
        self._by_verb()._move_to("retired")
        return True
