from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import clean_context, is_html_empty


class LoanNdaText(models.Model):
    """One version of a lender's confidentiality agreement: drafted, published to be signed, retired.

    A published text never changes, not a comma and not a translation: what people signed must be what stands there.
    A new version takes its place. Whether those who signed the old one have to sign again, and from which day,
    is for the new version to say (`resign_from`); without such a day their agreements hold until they expire.
    """

    _name = "loan.nda.text"
    _inherit = ["loan.kept.mixin", "loan.audience.mixin", "loan.lifecycle.mixin"]
    _description = "Confidentiality Agreement (Text)"
    _order = "company_id, version desc, id desc"
    _OPEN = frozenset({"name", "body", "valid_months", "resign_from", "group_ids", "team_ids"})

    name = fields.Char("Title", required=True, translate=True)
    version = fields.Integer(required=True, readonly=True, copy=False, default=0)
    body = fields.Html(
        "Text",
        translate=True,
        help="What people sign. Once published it changes no more; a new version takes its place.",
    )
    valid_months = fields.Integer(
        "Valid for (Months)", default=24, help="Counted from the signature. 0: until it is withdrawn."
    )
    resign_from = fields.Date(
        "To Be Signed Again From",
        copy=False,
        help="From this day earlier versions no longer count. Empty: they count until they expire.",
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
    accepted_until = fields.Datetime(
        "Agreements Count Until",
        readonly=True,
        copy=False,
        help="From this moment agreements of this version no longer count, because a new version is to be signed.",
    )
    nda_ids = fields.One2many("loan.nda", "text_id", "Agreements")
    signed_count = fields.Integer("Signed", compute="_compute_counts")
    waiting_count = fields.Integer("Not Signed Yet", compute="_compute_counts")

    _version_uniq = models.UniqueIndex("(company_id, version)", "There is such a version already.")
    _one_published = models.UniqueIndex(
        "(company_id) WHERE state = 'published'", "One text is published at a time."
    )
    _months_in_range = models.Constraint(
        "CHECK (valid_months BETWEEN 0 AND 600)", "An agreement is valid for 0 to 600 months."
    )

    @api.depends("name", "version")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for text in self:
            text.display_name = self.env._(
                "%(name)s, version %(version)s", name=text.name or "", version=text.version or "–"
            )

    @api.depends("nda_ids.state")
    @api.depends_context("uid")
    def _compute_counts(self):
        # With the reader's own rights: whoever may not see others' agreements counts their own.
        counts = {
            (text.id, state): count
            for text, state, count in self.env["loan.nda"]._read_group(
                [("text_id", "in", self.ids)], ["text_id", "state"], ["__count"]
            )
        }
        for text in self:
            text.signed_count = counts.get((text._origin.id, "signed"), 0)
            text.waiting_count = counts.get((text._origin.id, "to_sign"), 0)

    # ------------------------------------------------------------ what is published stays

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "published"), ("published", "retired")}

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
        return super(LoanNdaText, self.with_context(clean_context(self.env.context))).create(numbered)

    def _loan_kept(self):
        return self.filtered(lambda text: text.state != "draft")

    @api.model
    def _kept_refusal(self, deed):
        if deed == "unlink":
            return self.env._("A text that was published is kept, whether somebody signed it or not.")
        return self.env._("A published text stays as it is. Copy it, change the copy, and publish that one.")

    # ------------------------------------------------------------ verbs

    def action_publish(self):
        """Publish the text: it takes the place of the one before, and everybody it is for is asked to sign.

        :raise UserError: for an empty text, or when the day to sign again has passed already
        """
        self.ensure_one()
        self.check_access("write")
        if is_html_empty(self.body):
            raise UserError(self.env._("There is no text to sign yet."))
        if self.resign_from and self.resign_from < self.company_id._loan_today():
            raise ValidationError(
                self.env._("The day from which people have to sign again cannot lie in the past.")
            )
        text = self._by_verb()
        earlier = text.search([("company_id", "=", self.company_id.id), ("state", "!=", "draft")])
        earlier.filtered(lambda other: other.state == "published")._retire()
        if self.resign_from:
            midnight = datetime.combine(self.resign_from, time.min, ZoneInfo(self.company_id.loan_tz))
            ends = midnight.astimezone(timezone.utc).replace(tzinfo=None)
            counting = earlier.filtered(lambda other: not other.accepted_until or other.accepted_until > ends)
            counting.write({"accepted_until": ends})
        self.env.flush_all()  # one is published at a time, in the database, too
        text._move_to("published")
        text.write({"published_at": fields.Datetime.now(), "published_user_id": self.env.uid})
        self.env["loan.nda"]._request(self, self._audience())
        return True

    def action_retire(self):
        """Let nobody sign this text any more; agreements that were signed hold until they expire."""
        self.check_access("write")
        self._retire()
        return True

    def _retire(self):
        self._by_verb()._move_to("retired")
        # As superuser: what was asked for is taken back from everybody's list.
        waiting_sudo = self.env["loan.nda"].sudo()
        waiting_sudo = waiting_sudo.search([("text_id", "in", self.ids), ("state", "=", "to_sign")])
        waiting_sudo._asked()
        waiting_sudo.unlink()

    def action_open_agreements(self):
        """Open the agreements of this text."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_nda_action")
        return {**action, "domain": [("text_id", "=", self.id)], "context": {}}
