from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..core import consents

# What somebody was shown and answered to; who changes one of them asks something else.
_WORDS = ("name", "words", "reason", "consequence")
# What decides whether something may be done that nobody was asked about.
_DECIDING = frozenset({"ground", "may_refuse", "active", "governs"})


class LoanConsentPurpose(models.Model):
    """Something a lender does with what it knows of a person, in plain words, and what gives it the right to.

    A person decides about what rests on their consent and about what they may refuse; a contract and the law leave no
    choice, and then the reason is told instead. Changed words are a new version: what was answered before was answered
    to the old ones, and each row of the ledger (`loan.consent`) keeps the words it answered to.
    """

    _name = "loan.consent.purpose"
    _inherit = ["loan.administered.mixin"]
    _description = "Purpose of Personal Data"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="As a borrower reads it: two to five plain words.")
    code = fields.Char(
        required=True,
        copy=False,
        help="For imports and interfaces; never changes. Empty: made from the name.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    words = fields.Text(
        "In Plain Words", required=True, translate=True, help="What is done, in the words a borrower reads."
    )
    reason = fields.Text(
        "What For", required=True, translate=True, help="Why; where there is no choice, why there is none."
    )
    consequence = fields.Text(
        "If They Say No",
        translate=True,
        help="What a borrower has to expect then; empty where there is no choice.",
    )
    ground = fields.Selection(
        [
            (consents.CONSENT, "Consent"),
            (consents.CONTRACT, "The contract"),
            (consents.DUTY, "A legal duty"),
            (consents.INTEREST, "Legitimate interest"),
        ],
        "Rests On",
        required=True,
        default=consents.CONSENT,
        help="What rests on consent is not done before it is given. What rests on a legal duty nobody can refuse.",
    )
    may_refuse = fields.Boolean(
        "May Be Refused",
        default=True,
        help="Of what rests on the contract or on an interest of the lender's. Consent can always be taken back.",
    )
    is_switch = fields.Boolean("They Decide", compute="_compute_is_switch")
    governs = fields.Selection(
        [
            ("reminders", "Reminders by email"),
            ("texts", "Text messages"),
            ("offers", "Offers of a next loan"),
            ("greetings", "Birthday greetings"),
            ("surveys", "Invitations to surveys"),
        ],
        help="What the system itself does or leaves. Empty: people look it up before they do it.",
    )
    version = fields.Integer("Version of the Words", default=1, readonly=True, copy=False, aggregator=None)

    _code_uniq = models.UniqueIndex("(code)", "There is a purpose of this code already.")
    _one_governs = models.UniqueIndex(
        "(governs) WHERE governs IS NOT NULL AND active", "Another purpose governs this already."
    )

    @api.depends("ground", "may_refuse")
    def _compute_is_switch(self):
        for purpose in self:
            purpose.is_switch = consents.is_switch(purpose.ground, purpose.may_refuse)

    def write(self, vals):
        if "code" in vals and any(purpose.code != vals["code"] for purpose in self):
            raise UserError(self.env._("A code stays as it is: what was answered is found by it."))
        reworded = self.browse()
        if vals.keys() & set(_WORDS):
            reworded = self.filtered(
                lambda purpose: any(name in vals and purpose[name] != vals[name] for name in _WORDS)
            )
        result = super().write(vals)
        for purpose in reworded:
            super(LoanConsentPurpose, purpose).write({"version": purpose.version + 1})
        if vals.keys() & _DECIDING:
            self._align()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if not all(vals.get("code") for vals in vals_list):
            # As superuser: codes are taken by what is archived as well.
            known_sudo = self.sudo().with_context(active_test=False).search(Domain.TRUE)
            taken = {*known_sudo.mapped("code"), *(vals["code"] for vals in vals_list if vals.get("code"))}
            vals_list = [dict(vals) for vals in vals_list]
            for vals in vals_list:
                if not vals.get("code"):
                    vals["code"] = consents.code_of(vals.get("name"), taken)
                    taken.add(vals["code"])
        purposes = super().create(vals_list)
        self.env.registry.clear_cache("stable")
        # What a switch says already somebody has said, though it stands in no ledger yet: an upgrade takes it over.
        purposes.filtered(lambda purpose: purpose.ground == consents.CONSENT)._align()
        return purposes

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache("stable")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        # As superuser: that somebody answered counts, whoever may see them.
        if self.env["loan.consent"].sudo().search_count([("purpose_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("Somebody has answered to it. Archive it instead."))

    def _align(self):
        """Let the switches on profiles say what holds for whoever was never asked, after the ground has changed."""
        self.env.registry.clear_cache("stable")
        for purpose in self.filtered("active"):
            # As superuser: what rests on what is decided for everybody.
            self.env["loan.customer"].sudo()._align_consent_switch(purpose)

    def _shown_words(self):
        """Return the words somebody is shown, in the language of the context, as one text."""
        return "\n\n".join(filter(None, (self.name, self.words, self.reason, self.consequence)))

    @api.model
    def _governing(self, governs):
        """Return the purpose that governs something, as superuser; empty where none does."""
        # As superuser: what a lender may do is asked by whatever does it.
        return self.sudo().browse(self._governing_ids().get(governs))

    @api.model
    def _ever_governing(self, governs):
        """Return what governs something, as superuser; where nothing does today, what did: who says no meanwhile is
        not written to once it is back.
        """
        # As superuser: as above.
        ever_sudo = self.sudo().with_context(active_test=False)
        return self._governing(governs) or ever_sudo.search(Domain("governs", "=", governs))

    @api.model
    @ormcache(cache="stable")
    def _governing_ids(self):
        """Return `{what is governed: number of the purpose}`."""
        # As superuser, as above; what is kept is the same for all, whoever asks among what is archived.
        found = self.sudo().search(Domain("governs", "!=", False) & Domain("active", "=", True))
        return {purpose.governs: purpose.id for purpose in found}

    @api.model
    def _stopped_sql(self, governs, customer):
        """Return the SQL of whether something may not be done to a customer, by the ledger.

        :param str governs: of the selection
        :param SQL customer: the column of the customer's number, may be NULL
        """
        purpose_sudo = self._governing(governs)
        if not purpose_sudo.is_switch:  # or there is none
            return SQL("FALSE")
        self.env["loan.consent"].flush_model()
        asked_first = purpose_sudo.ground == consents.CONSENT
        return SQL(
            "%(lacks)s (SELECT FROM loan_consent consent WHERE consent.customer_id = %(customer)s"
            " AND consent.purpose_id = %(purpose)s AND consent.is_current AND consent.state %(same)s 'given')",
            lacks=SQL("NOT EXISTS") if asked_first else SQL("EXISTS"),
            same=SQL("=") if asked_first else SQL("<>"),
            customer=customer,
            purpose=purpose_sudo.id,
        )
