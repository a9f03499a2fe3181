import json
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import signing
from ..core.listing import listed

_BATCH = 100


class LoanAgreement(models.Model):
    """The agreement of one loan in one version: prepared, offered to all who sign, and signed by each for themselves.

    The words are made once, of the lender's text and the loan's key facts and schedule, in the language of the
    borrower, and frozen when they are offered: what is read is what is signed. Where the terms of the loan change,
    the offer is withdrawn and a new version is made. It ends signed, declined, withdrawn or expired, and
    whichever it is stays.

    What proves it is with the signers (`loan.agreement.signer`); *Check Evidence* looks at all of it.
    """

    _name = "loan.agreement"
    _inherit = ["loan.kept.mixin", "loan.access.mixin", "mail.thread", "loan.lifecycle.mixin"]
    _description = "Loan Agreement"
    _order = "id desc"
    _rec_names_search = ["contract_id.name", "customer_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note, and the file of a recording
    _OPEN = frozenset({"valid_until", "signatory_id"})

    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, index=True, ondelete="restrict", check_company=True
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    partner_id = fields.Many2one(related="customer_id.partner_id", string="Borrower")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    product_id = fields.Many2one(related="contract_id.product_id")
    version = fields.Integer("Version", readonly=True, copy=False, default=1, aggregator=None)
    state = fields.Selection(
        [
            ("draft", "Being Prepared"),
            ("offered", "Waiting for Signatures"),
            ("signed", "Signed"),
            ("declined", "Declined"),
            ("withdrawn", "Withdrawn"),
            ("expired", "Expired"),
        ],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    text_id = fields.Many2one(
        "loan.agreement.text", "Wording", required=True, ondelete="restrict", readonly=True, copy=False
    )
    signatory_id = fields.Many2one(
        "res.partner",
        "Signs for the Firm",
        copy=False,
        ondelete="restrict",
        help="A firm does not sign itself: who signs in its name.",
    )
    borrower_is_firm = fields.Boolean(compute="_compute_borrower_is_firm", export_string_translation=False)
    valid_until = fields.Date("Open Until", copy=False, help="The last day on which it can be signed.")
    lang = fields.Char("Language of the Agreement", readonly=True, copy=False)
    title = fields.Char("Title of the Agreement", readonly=True, copy=False)
    words = fields.Html("Words", readonly=True, copy=False, sanitize=False)
    shown_words = fields.Html("What Is to Be Signed", compute="_compute_shown_words", sanitize=False)
    # What stands at the top of the page, frozen with the words: [{"label", "value", "text"}].
    key_facts = fields.Json(readonly=True, copy=False, export_string_translation=False)
    words_hash = fields.Char(
        "Fingerprint of the Words (SHA-256)",
        readonly=True,
        copy=False,
        help="Made of the words that are signed: whoever changes one of them later breaks it.",
    )
    terms_hash = fields.Char(readonly=True, copy=False, export_string_translation=False)
    cooling_days = fields.Integer(
        "Cooling-Off Days",
        readonly=True,
        copy=False,
        aggregator=None,
        help="So many days after the last signature the borrower may withdraw without giving a reason. 0: none.",
    )
    signer_ids = fields.One2many("loan.agreement.signer", "agreement_id", "Signers", readonly=True)
    signed_told = fields.Char("Signatures", compute="_compute_signed_told")
    offered_at = fields.Datetime("Offered On", readonly=True, copy=False)
    offered_user_id = fields.Many2one(
        "res.users", "Offered By", readonly=True, copy=False, ondelete="restrict"
    )
    ended_at = fields.Datetime("Ended On", readonly=True, copy=False)
    end_reason = fields.Char("Why It Ended", readonly=True, copy=False)
    reminded_on = fields.Date("Reminded On", readonly=True, copy=False)
    link_serial = fields.Integer("Invitations Revoked", readonly=True, copy=False, default=0, aggregator=None)

    _one_open = models.UniqueIndex(
        "(contract_id) WHERE state IN ('draft', 'offered')",
        "An agreement of this loan is being prepared or waits for signatures already.",
    )
    _version_uniq = models.UniqueIndex("(contract_id, version)", "There is such a version already.")
    _open_idx = models.Index("(company_id, valid_until) WHERE state = 'offered'")

    @api.depends("contract_id", "version")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = self.env._(
                "Agreement %(loan)s, version %(version)s",
                loan=agreement.contract_id.name or "",
                version=agreement.version,
            )

    @api.depends("partner_id")
    def _compute_borrower_is_firm(self):
        for agreement in self:
            agreement.borrower_is_firm = agreement.partner_id.is_company

    @api.depends("words", "state", "text_id")
    def _compute_shown_words(self):
        for agreement in self:
            shown = agreement.words
            if agreement.state == "draft" and agreement.contract_id.installment_ids:
                shown = agreement._words_now()["words"]
            agreement.shown_words = shown

    @api.depends("signer_ids.state")
    @api.depends_context("lang")
    def _compute_signed_told(self):
        for agreement in self:
            signers = agreement.signer_ids
            agreement.signed_told = bool(signers) and self.env._(
                "%(signed)s of %(all)s",
                signed=len(signers.filtered(lambda signer: signer.state == "signed")),
                all=len(signers),
            )

    @api.model
    def _get_erasure_plan(self):
        # The fingerprint tells nobody anything without the words, and the chain of seals goes on adding up.
        words = {**self._loan_words(), "key_facts": None}
        words = {name: value for name, value in words.items() if not name.endswith("_hash")}
        return {
            "delete": False,
            "now": {},
            "later": words,
            "why": self.env._("That it was signed, when, and its fingerprint stay for the books. Words go."),
        }

    @api.model
    def _allowed_moves(self):
        ends = {("offered", end) for end in ("signed", "declined", "withdrawn", "expired")}
        return super()._allowed_moves() | {("draft", "offered"), ("draft", "withdrawn")} | ends

    def _loan_kept(self):
        return self.filtered(lambda agreement: agreement.state != "draft")

    @api.constrains("signatory_id")
    def _check_signatory(self):
        for agreement in self:
            person = agreement.signatory_id
            if person and (
                person.is_company
                or person.commercial_partner_id != agreement.partner_id.commercial_partner_id
            ):
                raise ValidationError(
                    self.env._("Who signs for a firm is a person among the contacts of that firm.")
                )

    def _is_open(self):
        """Tell whether it can be signed now: a job that is late opens nothing for longer."""
        self.ensure_one()
        return self.state == "offered" and self.valid_until >= self.company_id._loan_today()

    # ------------------------------------------------------------ preparing and offering

    @api.model
    def _prepare_for(self, contract):
        """Return the agreement of a loan that is being prepared, or waits; a new one where there is none.

        :param contract: `loan.contract`, a draft
        :raise UserError: when there is nothing to sign or no text is published
        """
        contract.check_access("write")
        if contract.state != "draft" or not contract.installment_ids:
            raise UserError(self.env._("An agreement is made of a loan that has not been paid out yet."))
        contract._wait_for_lock()
        # As superuser: agreements are made by this verb, nobody enters one.
        made_sudo = self.sudo().search([("contract_id", "=", contract.id)])
        there = made_sudo.filtered(lambda agreement: agreement.state in ("draft", "offered"))
        if not there:
            text = self.env["loan.agreement.text"]._for_loan(contract)
            if not text:
                raise UserError(
                    self.env._(
                        "No wording of an agreement is published for this product. Compliance does it under "
                        "Configuration, Agreement Texts."
                    )
                )
            there = made_sudo.create(
                {
                    "contract_id": contract.id,
                    "text_id": text.id,
                    "version": max(made_sudo.mapped("version"), default=0) + 1,
                    "valid_until": contract.company_id._loan_today()
                    + timedelta(days=contract.company_id.loan_agreement_days),
                }
            )
        return self.browse(there.id)

    def _words_now(self):
        """Return what would be signed if it were offered now: `title`, `words`, `key_facts`, `lang`."""
        self.ensure_one()
        return self.contract_id._agreement_words(self.text_id)

    def _who_signs(self):
        """Return who has to sign: a list of (`res.partner`, role), the borrower first."""
        self.ensure_one()
        contract = self.contract_id
        # Each person signs once, whatever else they are.
        roles = {self.signatory_id or contract.partner_id: "borrower"}
        for party in contract._agreement_parties():
            roles.setdefault(party.partner_id, party.role)
        return list(roles.items())

    def action_offer(self):
        """Freeze the words and invite all who sign.

        :raise UserError: when the loan is no draft any more, the day has passed, or nobody can sign for a firm
        """
        for agreement in self:
            agreement.check_access("write")
            agreement._offer()
        return True

    def _offer(self):
        self.ensure_one()
        contract = self.contract_id
        contract._wait_for_lock()
        if contract.state != "draft":
            raise UserError(self.env._("%s has been paid out or cancelled.", contract.display_name))
        if self.text_id.state != "published":
            raise UserError(
                self.env._(
                    "This wording is no longer offered. Withdraw this one and prepare a new agreement."
                )
            )
        if not self.valid_until or self.valid_until < self.company_id._loan_today():
            raise UserError(self.env._("Say until which day it can be signed: today or later."))
        if self.borrower_is_firm and not self.signatory_id:
            raise UserError(self.env._("Choose who signs for the firm."))
        words, offer = self._words_now(), self._by_verb()
        offer._move_to("offered")
        offer.write(
            {
                **words,
                "terms_hash": contract._agreement_terms_hash(),
                "cooling_days": contract.product_id.cooling_off_days,
                "offered_at": fields.Datetime.now(),
                "offered_user_id": self.env.uid,
            }
        )
        # Read back: what is hashed is what the database keeps.
        offer.flush_recordset()
        offer.invalidate_recordset()
        offer.words_hash = offer._words_hash()
        offer.env["loan.agreement.signer"].create(
            [
                {
                    "agreement_id": self.id,
                    "partner_id": partner.id,
                    "person_number": partner.id,
                    "role": role,
                }
                for partner, role in self._who_signs()
            ]
        )
        offer.invalidate_recordset(["signer_ids"])
        offer.signer_ids._invite()
        contract._message_log(
            body=self.env._(
                "%(agreement)s was offered for signature until %(day)s.",
                agreement=self.display_name,
                day=format_date(self.env, self.valid_until),
            )
        )

    def _words_hash(self):
        """Return the fingerprint of what stands here now."""
        self.ensure_one()
        facts = json.dumps(self.key_facts, sort_keys=True, ensure_ascii=True)
        return signing.words_hash(
            {
                "contract": str(self.contract_id.id),
                "title": self.title or "",
                "words": str(self.words or ""),
                "key_facts": facts,
                "lang": self.lang or "",
            }
        )

    # ------------------------------------------------------------ how it ends

    def _settle(self):
        """Let the agreement be signed when the last of all has signed; called as superuser, the agreement locked."""
        self.ensure_one()
        signers = self.signer_ids
        if any(signer.state != "signed" for signer in signers):
            return
        signed = self._by_verb()
        signed._move_to("signed")
        signed.ended_at = fields.Datetime.now()
        self._tell(
            self.env._("%s was signed by all.", self.display_name),
            self.env._("The agreement is signed: pay the loan out"),
            max(self._last_day_to_withdraw() or self.company_id._loan_today(), self.company_id._loan_today()),
        )
        signers._send_signed()

    def _tell(self, told, to_do, day):
        """Note on the loan what happened, and give its manager a to-do.

        :param str told: for the chatter
        :param str to_do: what is to be done
        :param date day: by when
        """
        contract = self.contract_id
        contract._message_log(body=told)
        user = contract.customer_id.acting_user_id or contract.manager_user_id
        if user:
            contract.activity_schedule(
                "mail.mail_activity_data_todo", date_deadline=day, summary=to_do, user_id=user.id
            )

    def _last_day_to_withdraw(self):
        """Return the last day on which the borrower may withdraw from what is signed, None where there is none."""
        self.ensure_one()
        if self.state != "signed":
            return None
        return signing.last_day_to_withdraw(self._local_day(self.ended_at), self.cooling_days)

    def _local_day(self, moment):
        return fields.Datetime.context_timestamp(self.with_context(tz=self.company_id.loan_tz), moment).date()

    def _end(self, state, reason):
        """End an offer, or one that was being prepared, without its being signed.

        :param str state: "withdrawn", "declined" or "expired"
        :param str reason: kept with it
        """
        for agreement in self:
            agreement._wait_for_lock()
            agreement.invalidate_recordset(["state"])
            ended = agreement._by_verb()
            ended._move_to(state)
            ended.write({"ended_at": fields.Datetime.now(), "end_reason": reason})
            ended.flush_recordset()  # one is open at a time, in the database, too
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            ended.contract_id._message_log(
                body=Markup("<p>%s</p>")
                % self.env._(
                    "%(agreement)s: %(state)s. %(reason)s",
                    agreement=agreement.display_name,
                    state=label,
                    reason=reason,
                )
            )

    def _withdraw(self, reason):
        """Take an offer back; nobody can sign it any more, and its invitations open nothing.

        :param str reason: why, kept with it
        :raise UserError: without a reason, or for what is signed already
        """
        self.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the offer is withdrawn."))
        self._end("withdrawn", reason.strip())

    @api.model
    def _night_agreement(self, night):
        """Let offers expire whose last day has passed."""
        over = self.search(
            Domain("company_id", "=", night.company_id.id)
            & Domain("state", "=", "offered")
            & Domain("valid_until", "<", night.date),
            limit=_BATCH,
        )
        for agreement in over:
            own = agreement.with_context(lang=agreement.manager_user_id.lang)
            own._end("expired", own.env._("Nobody missing has signed in time."))
        return len(over)

    # ------------------------------------------------------------ buttons

    def action_remind(self):
        """Invite those who have not signed once more, once a day at most.

        :raise UserError: on the same day, or when nobody is waited for
        """
        for agreement in self:
            agreement.check_access("write")
            agreement._wait_for_lock()
            agreement.invalidate_recordset(["state", "reminded_on"])
            today = agreement.company_id._loan_today()
            if not agreement._is_open():
                raise UserError(self.env._("%s does not wait for signatures.", agreement.display_name))
            if today in (agreement.reminded_on, agreement._local_day(agreement.offered_at)):
                raise UserError(self.env._("They were written to today already. Try again tomorrow."))
            agreement._by_verb().reminded_on = today
            waiting = agreement._by_verb().signer_ids.filtered(lambda signer: signer.state == "waiting")
            waiting._invite()
            agreement.contract_id._message_log(
                body=self.env._(
                    "Reminded to sign: %s.", listed(waiting.partner_id.mapped("name"), self.env.lang)
                )
            )
        return True

    def action_revoke_links(self):
        """End every invitation that was sent; the next reminder carries a new one."""
        self.check_access("write")
        for agreement in self._by_verb():
            agreement.link_serial += 1
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("No invitation that was sent opens it any more."),
            },
        }

    def action_withdraw(self):
        """Open the form that asks why the offer is taken back."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_agreement_withdraw_action")
        action["context"] = {"default_agreement_id": self.id}
        return action

    def action_open_contract(self):
        """Open the loan."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.contract",
            "res_id": self.contract_id.id,
            "views": [(False, "form")],
        }

    def action_check_evidence(self):
        """Compare words and signatures with the fingerprints of their day and tell what was altered, if anything."""
        self.check_access("read")
        # As superuser: what is compared must not hang on which company is switched on.
        offered_sudo = self.filtered(lambda agreement: agreement.state != "draft").sudo()
        if not offered_sudo:
            raise UserError(self.env._("Nothing here has been offered yet."))
        erased = offered_sudo.filtered("customer_id.erased_on")
        told = [
            self.env._(
                "%(agreement)s: altered since it was offered or signed: %(parts)s",
                agreement=agreement.display_name,
                parts=listed(parts, self.env.lang),
            )
            for agreement in offered_sudo - erased
            if (parts := agreement._altered())
        ]
        kind = "danger" if told else "success"
        if not told and offered_sudo - erased:
            since = min((offered_sudo - erased).mapped("offered_at"))
            told.append(
                self.env._(
                    "Unaltered since %s: the words, and each signature.",
                    format_date(self.env, self[:1]._local_day(since), date_format="long"),
                )
            )
        if erased:
            told.append(
                self.env._("The customer was erased, and with them what could be compared: %s.", len(erased))
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": "\n".join(told), "type": kind, "sticky": kind == "danger"},
        }

    def _altered(self):
        """Return in words what is no longer as it was offered or signed; called as superuser."""
        self.ensure_one()
        agreement = self.with_context(bin_size=False)
        found = []
        if agreement._words_hash() != agreement.words_hash:
            found.append(self.env._("the words"))
        signed = agreement.signer_ids.filtered(lambda signer: signer.state == "signed")
        for signer in signed:
            names = signer._altered()
            if names:
                found.append(f"{signer.partner_id.name} ({listed(names, self.env.lang)})")
        chain = [signing.Link(signer.place, signer.seal_before, signer.seal or "") for signer in signed]
        found += [
            self.env._("the chain of signatures at number %s", place) for place in signing.broken(chain)
        ]
        if agreement.state == "signed" and signed != agreement.signer_ids:
            found.append(self.env._("a signature is missing"))
        return found

    # ------------------------------------------------------------ on paper

    def _sheet(self, viewer=None):
        """Return what the document shows, in the language of the agreement.

        :param viewer: `res.partner` for whom it is made: of others' signatures they see the name and the day; None for
            the lender, who sees all
        """
        self.ensure_one()
        agreement = self.with_context(lang=self.lang, bin_size=False)
        until = agreement._last_day_to_withdraw()
        return {
            "id": self.id,
            "lang": self.lang,
            "title": self.title,
            "lender": self.company_id.name,
            "words": self.words,
            "words_hash": signing.groups(self.words_hash or ""),
            "signers": [
                signer._sheet(viewer is None or signer.partner_id == viewer)
                for signer in agreement.signer_ids
            ],
            "cooling": until
            and agreement.env._(
                "It can be withdrawn from without a reason until %s.",
                format_date(agreement.env, until, date_format="long"),
            ),
            "house": viewer is None,
        }

    def _paper(self, viewer=None, form="pdf"):
        """Return the document as a file: a PDF where the server can make one and it is asked for, else a page.

        :param viewer: see :meth:`_sheet`; called as superuser for one
        :param str form: "pdf" or "html"
        :return: (bytes, mimetype, ending of the file's name)
        """
        self.ensure_one()
        reports = self.env["ir.actions.report"]
        printed = form == "pdf" and reports.get_wkhtmltopdf_state() in ("ok", "upgrade")
        render = reports._render_qweb_pdf if printed else reports._render_qweb_html
        data = {"viewer": viewer.id} if viewer else {}
        content, kind = render("loan_crm.report_loan_agreement", self.ids, data=data)
        content = content if isinstance(content, bytes) else content.encode()
        if kind == "pdf":
            return content, "application/pdf", "pdf"
        return content, "text/html; charset=utf-8", "html"

    def _mail_get_partner_fields(self, introspect_fields=False):
        return []
