from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date, format_time

from ..core import consents
from ..core.labels import as_sentences


class LoanConsent(models.Model):
    """What somebody said about what may be done with what a lender knows of them: begins when they say it, never ends.

    A ledger: nothing in it is changed or taken out. Who says something else makes a new row, and what holds is what
    the last row says. Each row keeps the words it answers to, in the language they were read in. What is not in it was
    never asked. `loan.consent.mixin` writes it, whatever way something was said.
    """

    _name = "loan.consent"
    _inherit = ["loan.kept.mixin", "loan.open.mixin", "loan.access.mixin"]
    _description = "Consent"
    _order = "said_at desc, id desc"
    _rec_names_search = ["purpose_id.name", "customer_id.name"]
    _check_company_auto = True
    # That a later row holds now is all that ever changes of an earlier one.
    _VERBS_WRITE = frozenset({"is_current"})

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    purpose_id = fields.Many2one(
        "loan.consent.purpose", "Purpose", required=True, readonly=True, index=True, ondelete="restrict"
    )
    state = fields.Selection(
        [
            (consents.GIVEN, "Allowed"),
            (consents.REFUSED, "Refused"),
            (consents.TAKEN_BACK, "Taken Back"),
        ],
        "What They Said",
        required=True,
        readonly=True,
    )
    is_current = fields.Boolean("Holds Now", readonly=True, default=True)
    said_at = fields.Datetime("Said At", required=True, readonly=True, default=fields.Datetime.now)
    how = fields.Selection(
        [
            ("portal", "On the Portal"),
            ("link", "By the Link of a Letter"),
            ("phone", "By Telephone"),
            ("visit", "In Person"),
            ("paper", "On Paper"),
            ("profile", "Noted in the Profile"),
            ("import", "Taken Over"),
        ],
        "Said How",
        required=True,
        readonly=True,
    )
    entered_user_id = fields.Many2one(
        "res.users", "Entered By", readonly=True, ondelete="restrict", help="Empty: they said it themselves."
    )
    note = fields.Char("Remark", readonly=True)
    words = fields.Text("Words They Answered To", readonly=True)
    words_hash = fields.Char("Fingerprint of the Words", readonly=True, help="SHA-256 of the words shown.")
    words_lang = fields.Char("Language of the Words", readonly=True)
    version = fields.Integer("Words, Version", readonly=True, aggregator=None)
    paper = fields.Binary("Signed Paper", readonly=True, attachment=True)
    paper_name = fields.Char("Name of the File", readonly=True)

    _one_current = models.UniqueIndex(
        "(customer_id, purpose_id) WHERE is_current", "Somebody has just noted what they said of this."
    )

    @api.depends("purpose_id.name", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        told = dict(self._fields["state"]._description_selection(self.env))
        for consent in self:
            consent.display_name = f"{consent.purpose_id.name or ''} · {told.get(consent.state, '')}"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("What somebody said is put on record by “Record a Consent”."))
        return super().create(vals_list)

    def _loan_kept(self):
        return self

    @api.model
    def _kept_refusal(self, deed):
        return self.env._("What was said stands as it was said. Record what they say now.")

    @api.model
    def _get_erasure_plan(self):
        plan = super()._get_erasure_plan()
        # The words shown are the lender's own.
        later = {"note": None, "paper_name": None}
        return {
            **plan,
            "later": later,
            "why": self.env._("What was allowed, and when, proves what was done. Remarks and papers go."),
        }

    @api.model
    def _before_customer_merge(self, kept, others):
        everything = self.search(
            Domain("customer_id", "in", (kept | others).ids) & Domain("is_current", "=", True)
        )
        newest = self.browse()
        for rows in everything.grouped("purpose_id").values():
            newest |= rows.sorted(lambda row: (row.said_at, row.id))[-1]
        (everything - newest)._by_verb().write({"is_current": False})
        self.flush_model()
        kept._follow_consents({row.purpose_id: row.state == consents.GIVEN for row in newest})

    # ------------------------------------------------------------ telling

    def _told_row(self):
        """Return what a borrower reads of this row: `what`, `said`, `when`, `how`, as texts."""
        said = {
            consents.GIVEN: self.env._("You allowed it"),
            consents.REFUSED: self.env._("You said no"),
            consents.TAKEN_BACK: self.env._("You took it back"),
        }
        ways = dict(as_sentences(self._fields["how"]._description_selection(self.env), self.env.lang))
        ways["profile"] = self.env._("You told a colleague of ours")
        return {
            "what": self.purpose_id.name,
            "said": said[self.state],
            "when": self._told_moment(),
            "how": ways[self.how],
        }

    def _told_moment(self):
        """Return when it was said, in words, by the lender's clock: March 17, 2026, 5:00 PM."""
        zone = self.company_id.loan_tz or "UTC"
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone), self.said_at)
        return self.env._(
            "%(day)s, %(time)s",
            day=format_date(self.env, local.date(), date_format="long"),
            time=format_time(self.env, self.said_at, tz=zone, time_format="short"),
        )
