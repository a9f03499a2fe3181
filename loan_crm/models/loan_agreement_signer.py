import io
import json
from base64 import b64decode, b64encode
from datetime import timedelta

from PIL import Image

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime
from odoo.tools.misc import hmac

from ..core import agreements, links, signing
from ..core.labels import as_sentences
from ..core.listing import phrased

# A drawn signature has some ten thousand bytes.
_LARGEST = 1_000_000
_PIXELS = 4_000_000
_NAME = 100  # characters


class LoanAgreementSigner(models.Model):
    """One person's signature under an agreement: waited for, given with their own hand, or declined.

    Each signs for themselves. What is kept of it (who, the name they wrote, the moment, the picture, from which address
    and browser) is digested part by part and sealed (`core.agreements`), and the seal covers the words and the seal of
    whoever signed before (`core.signing`). Nobody writes or deletes a signature. Where the person was identified in a
    video meeting, that stands beside it with a seal of its own.

    The words, and who else signs and when, are told to each signer; from where somebody signed and their picture to
    nobody but themselves and the lender.
    """

    _name = "loan.agreement.signer"
    _inherit = ["loan.kept.mixin", "loan.access.mixin", "loan.lifecycle.mixin"]
    _description = "Signer of a Loan Agreement"
    _order = "agreement_id desc, id"
    _rec_names_search = ["partner_id.name"]

    agreement_id = fields.Many2one(
        "loan.agreement", "Agreement", required=True, index=True, ondelete="restrict", readonly=True
    )
    contract_id = fields.Many2one(
        related="agreement_id.contract_id", store=True, index=True, precompute=True, string="Loan"
    )
    customer_id = fields.Many2one(
        related="agreement_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    partner_id = fields.Many2one(
        "res.partner", "Person", required=True, index=True, ondelete="restrict", readonly=True
    )
    role = fields.Selection(
        [("borrower", "Borrower"), ("co_borrower", "Co-borrower"), ("guarantor", "Guarantor")],
        "Signs As",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("waiting", "Not Yet"), ("signed", "Signed"), ("declined", "Declined")],
        "Status",
        required=True,
        default="waiting",
        readonly=True,
        copy=False,
    )
    place = fields.Integer("Signed as Number", readonly=True, copy=False, aggregator=None)
    signer_name = fields.Char("Name as Signed", readonly=True, copy=False)
    # In the table and not in a file: one row holds all that the seal is about.
    signature = fields.Binary("Signature", attachment=False, readonly=True, copy=False)
    signed_at = fields.Datetime("Signed On", readonly=True, copy=False)
    way = fields.Selection(
        [("login", "With their login"), ("link", "By the link of their invitation")],
        "Signed How",
        readonly=True,
        copy=False,
    )
    login = fields.Char("Login", readonly=True, copy=False)
    address = fields.Char("Network Address", readonly=True, copy=False)
    browser = fields.Char("Browser, as It Said", readonly=True, copy=False)
    lang = fields.Char("Language of the Page", readonly=True, copy=False)
    read_told = fields.Char("Confirmed to Have Read", readonly=True, copy=False)
    words_hash = fields.Char("Fingerprint of the Words (SHA-256)", readonly=True, copy=False)
    seal_before = fields.Char("Seal of Who Signed Before", readonly=True, copy=False)
    evidence = fields.Json(readonly=True, copy=False, export_string_translation=False)
    seal = fields.Char("Seal (SHA-256)", readonly=True, copy=False)
    meeting_id = fields.Many2one(
        "calendar.event",
        "Video Meeting",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    meeting_told = fields.Char("Identified In", readonly=True, copy=False)
    paper_type_id = fields.Many2one(
        "loan.document.type", "Identified By", readonly=True, copy=False, ondelete="restrict"
    )
    identified_user_id = fields.Many2one(
        "res.users", "Identified By Whom", readonly=True, copy=False, ondelete="restrict"
    )
    identified_at = fields.Datetime("Identified On", readonly=True, copy=False)
    identified_evidence = fields.Json(readonly=True, copy=False, export_string_translation=False)
    identified_seal = fields.Char("Seal of the Identification", readonly=True, copy=False)

    _once = models.UniqueIndex("(agreement_id, partner_id)", "This person signs this agreement already.")
    _place_uniq = models.UniqueIndex(
        "(agreement_id, place) WHERE state = 'signed'", "Two signatures cannot have the same place."
    )

    @api.depends("partner_id", "role")
    @api.depends_context("lang")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for signer in self:
            signer.display_name = f"{signer.partner_id.name or ''} · {roles.get(signer.role, '')}"

    @api.model
    def _get_erasure_plan(self):
        kept = {"words_hash", "seal", "seal_before", "identified_seal"}
        words = {name: value for name, value in self._loan_words().items() if name not in kept}
        return {
            "delete": False,
            "now": {},
            # The digests of a name or an address are found out by trying: they go with what they are of.
            "later": {
                **words,
                "signature": None,
                "evidence": None,
                "identified_evidence": None,
                "meeting_id": None,
            },
            "why": self.env._("That somebody signed, when, and the seals stay for the books. The rest goes."),
        }

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("waiting", "signed"), ("waiting", "declined")}

    def _loan_kept(self):
        return self.filtered("agreement_id")

    # ------------------------------------------------------------ invitations

    @api.model
    def _link_key(self):
        """Return the key that signs invitations, bytes: another one than that of letters about a loan."""
        # As superuser: the database's secret is nobody's to read.
        return bytes.fromhex(hmac(self.env(su=True), "loan_crm.agreement.link", "key"))

    def _link_url(self):
        """Return the address that opens this signer's page without a login, until the offer ends."""
        self.ensure_one()
        agreement = self.agreement_id
        token = links.sign(
            self._link_key(), self.id, self.partner_id.id, agreement.link_serial, agreement.valid_until
        )
        return f"{self.company_id.get_base_url()}/agreement/{token}"

    @api.model
    def _from_link(self, token):
        """Return the signer whom an invitation was sent to, empty where it opens nothing, for whatever reason.

        :param str token: as it came, whatever it is
        """
        link = links.read(self._link_key(), token)
        if not link:
            return self.browse()
        # As the system: the signature of the link is the right to this one page, and what is done is nobody's deed.
        signer = self.with_user(SUPERUSER_ID).browse(link.contract_id).exists()
        if (
            not signer
            or signer.partner_id.id != link.partner_id
            or signer.agreement_id.link_serial % links.SERIALS != link.serial
            or signer.company_id._loan_today() > link.last_day
            or not signer._opens()
        ):
            return self.browse()
        return signer._as_read(signer.partner_id.lang or signer.agreement_id.lang)

    def _opens(self):
        """Tell whether this person may see the agreement now, by whatever way."""
        self.ensure_one()
        return bool(
            self.agreement_id.state != "draft"
            and self.partner_id.active
            and self.customer_id.active
            and not self.customer_id.erased_on
            and self.company_id.active
        )

    def _as_read(self, lang):
        """Return this signer in the lender's company and in a language.

        :param str lang: code
        """
        return self.with_context(allowed_company_ids=self.company_id.ids, lang=lang)

    @api.model
    def _of_person(self, partner, companies):
        """Return where somebody signs or has signed, what waits for them first.

        :param partner: `res.partner`, as the system
        :param companies: `res.company`, the lenders that their login is for
        """
        found = self.search(Domain("partner_id", "=", partner.id) & Domain("company_id", "in", companies.ids))
        return found.filtered(lambda signer: signer._opens()).sorted(
            lambda signer: (not signer._waits(), -signer.id)
        )

    def _waits(self):
        """Tell whether the agreement waits for this person's signature."""
        self.ensure_one()
        return self.state == "waiting" and self.agreement_id._is_open()

    def _invite(self):
        """Write to these signers that the agreement waits for them."""
        self._write_letters("loan_crm.mail_template_agreement")

    def _send_signed(self):
        """Send the signed document to each signer; the file of each stands with the agreement."""
        papers = {}
        for signer in self:
            content, kind, ending = signer.agreement_id._paper(signer.partner_id)
            papers[signer] = self.env["ir.attachment"].create(
                {
                    "name": f"{signer._file_name()}.{ending}",
                    "raw": content,
                    "mimetype": kind.split(";")[0],
                    "res_model": "loan.agreement",
                    "res_id": signer.agreement_id.id,
                }
            )
        self._write_letters("loan_crm.mail_template_agreement_signed", papers)

    def _file_name(self):
        self.ensure_one()
        own = self.with_context(lang=self.agreement_id.lang)
        name = own.env._("Agreement %(loan)s %(name)s", loan=self.contract_id.name, name=self.partner_id.name)
        return name.replace("/", "-")

    def _write_letters(self, xmlid, papers=None):
        """Queue letters that stand in no chatter: the link in one is the person's own, and a colleague never reads it.

        :param str xmlid: of the template
        :param dict papers: `{signer: ir.attachment}` that go along
        """
        template = self.env.ref(xmlid, raise_if_not_found=False)
        reached = self.filtered(
            lambda signer: (
                template
                and template.active
                and signer.partner_id.active
                and signer.partner_id.email_normalized
            )
        )
        for signer in self - reached:
            signer.contract_id._message_log(
                body=self.env._(
                    "%s got no letter about the agreement: there is no valid email address, or no letter.",
                    signer.partner_id.name,
                )
            )
        if not reached:
            return
        # As the system: whoever queues a letter could read it.
        system = reached.with_user(SUPERUSER_ID)
        names = ("subject", "body_html", "email_from", "reply_to", "mail_server_id")
        told = system.env["loan.letter.press"]._print(template.with_env(system.env), system.ids, names)
        system.env["mail.mail"].create(
            [
                {
                    "message_type": "email_outgoing",
                    "author_id": signer.company_id.partner_id.id,
                    "subject": told[signer.id]["subject"],
                    "body": told[signer.id]["body_html"],
                    "body_html": told[signer.id]["body_html"],
                    "email_from": told[signer.id].get("email_from") or signer.company_id.email_formatted,
                    "reply_to": told[signer.id].get("reply_to") or signer.company_id.email_formatted,
                    "record_alias_domain_id": signer.company_id.alias_domain_id.id,
                    "mail_server_id": told[signer.id].get("mail_server_id"),
                    "recipient_ids": [fields.Command.link(signer.partner_id.id)],
                    "attachment_ids": [
                        fields.Command.link(paper.id)
                        for key, paper in (papers or {}).items()
                        if key == signer
                    ],
                    "auto_delete": True,
                }
                for signer in system
            ]
        )
        system.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _letter_contact(self):
        """Return who answers for the loan, for the letter: `name`, `phone`, `email`."""
        return self.contract_id._borrower_contact()

    # ------------------------------------------------------------ signing

    def _takes_post(self):
        """Count something that is sent from this signer's page; see `loan.portal.count`."""
        self.ensure_one()
        return self.env["loan.portal.count"]._take(self.company_id, self.partner_id)

    def _statements(self):
        """Return what this person has to confirm to have read, as pairs of a field's name and the sentence."""
        self.ensure_one()
        told = [
            (
                "read_facts",
                self.env._(
                    "I have read the key facts: what I pay, what it costs, what happens if I am late."
                ),
            ),
            ("read_words", self.env._("I have read the whole agreement and agree to it.")),
        ]
        if self.role == "guarantor":
            told.append(
                (
                    "read_answer",
                    self.env._("I know that I have to pay if the borrower does not."),
                )
            )
        elif self.role == "co_borrower":
            told.append(("read_answer", self.env._("I know that I owe the whole loan beside the borrower.")))
        return told

    def _check_open(self):
        """Refuse, in words for the page, where the agreement no longer waits for this person."""
        agreement = self.agreement_id
        if agreement.state == "withdrawn":
            raise UserError(
                self.env._("This offer was withdrawn and cannot be signed any more. Nothing was signed.")
            )
        if self.state == "declined" or agreement.state == "declined":
            raise UserError(
                self.env._("This offer was declined and cannot be signed any more. Nothing was signed.")
            )
        if not agreement._is_open():
            raise UserError(
                self.env._(
                    "The time to sign this offer is over. Nothing was signed. Please ask us for a new one."
                )
            )

    def _sign(self, typed_name, typed_picture, words_hash, way, login="", address="", browser=""):
        """Let this person sign, now, what they have read; the caller has made sure that it is them.

        Signing twice signs once: what comes second changes nothing.

        :param str typed_name: the name they wrote
        :param typed_picture: their signature in base64, as the page drew it: text, or ASCII bytes
        :param str words_hash: the fingerprint of the words that the page had shown
        :param str way: "login" or "link"
        :param str login: of who was logged in
        :param str address: the network address that the request came from
        :param str browser: what the browser calls itself
        :return: whether it was signed by this, and not before
        :raise UserError: in words for who signs; nothing is signed then
        """
        self.ensure_one()
        agreement = self.agreement_id
        agreement._take_turn()  # of two at once each would sign as the first, and nobody as the last
        agreement.invalidate_recordset()
        self.invalidate_recordset()
        if self.state == "signed":
            return False
        self._check_open()
        if words_hash != agreement.words_hash or agreement._words_hash() != words_hash:
            raise UserError(
                self.env._(
                    "This is not what the page showed you. Nothing was signed. Please read it once more."
                )
            )
        if agreement.terms_hash != agreement.contract_id._agreement_terms_hash():
            raise UserError(
                self.env._(
                    "The terms of the loan have changed since. Nothing was signed. Please ask us for a new offer."
                )
            )
        name = signing.name(typed_name)
        if not any(char.isalpha() for char in name) or len(name) > _NAME:
            raise UserError(self.env._("Please write your full name."))
        picture = self._read_picture(typed_picture)
        before = agreement.signer_ids.filtered(lambda signer: signer.state == "signed").sorted("place")[-1:]
        signed = self._by_verb()
        signed._move_to("signed")
        signed.write(
            {
                "place": before.place + 1,
                "seal_before": before.seal,
                "signer_name": name,
                "signature": b64encode(picture),
                "signed_at": fields.Datetime.now(),
                "way": way,
                "login": login or False,
                "address": address or False,
                "browser": browser[:300] or False,
                "lang": self.env.lang,
                "read_told": " ".join(sentence for _name, sentence in self._statements()),
                "words_hash": words_hash,
            }
        )
        # Read back: what is sealed is what the database keeps.
        signed.flush_recordset()
        signed.invalidate_recordset()
        evidence = agreements.digests(signed._as_parts())
        signed.write({"evidence": evidence, "seal": agreements.seal(evidence)})
        # The seal in the log, too: who owns the database and alters part and seal of a signature is found out by it.
        self.env["loan.access.log"]._note("agreement", signed, seal=signed.seal)
        house = self._in_house()
        house.contract_id._message_log(
            body=house.env._(
                "%(who)s has signed %(agreement)s.",
                who=house.display_name,
                agreement=house.agreement_id.display_name,
            )
        )
        house.agreement_id._settle()
        return True

    def _in_house(self):
        """Return this signer in the language of who answers for the loan: what is noted is for colleagues."""
        user = self.customer_id.acting_user_id or self.contract_id.manager_user_id
        return self.with_context(lang=user.lang or self.company_id.partner_id.lang)

    def _read_picture(self, typed):
        """Return the bytes of a signature that is a picture and not empty.

        :param str typed: in base64
        :raise UserError: in words for who signs
        """
        typed = typed.decode() if isinstance(typed, bytes) else typed
        if not typed.strip():
            raise UserError(
                self.env._("Please sign in the field: draw, let your name be written, or load a picture.")
            )
        raw = signing.picture(typed, _LARGEST)
        try:
            image = Image.open(io.BytesIO(raw or b""), formats=("PNG", "JPEG"))
            fits = image.width * image.height <= _PIXELS
            # Nothing but one color is no signature; what is transparent is looked at for what is drawn on it.
            drawn = fits and any(least != most for least, most in image.convert("RGBA").getextrema())
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            fits = drawn = False
        if not fits:
            raise UserError(
                self.env._(
                    "The signature has to be a picture (PNG or JPEG) of less than 1 MB. Please sign once more."
                )
            )
        if not drawn:
            raise UserError(self.env._("The field for the signature is empty. Please sign in it."))
        return raw

    def _decline(self, reason):
        """Note that this person does not sign; the offer ends for all.

        :param str reason: in their words
        :raise UserError: in words for them, where there is nothing to decline any more
        """
        self.ensure_one()
        agreement = self.agreement_id
        agreement._take_turn()
        agreement.invalidate_recordset()
        self.invalidate_recordset()
        if self.state == "declined":
            return
        if self.state == "signed":
            raise UserError(
                self.env._("You have signed already. If you want to withdraw from it, please speak with us.")
            )
        self._check_open()
        self._by_verb()._move_to("declined")
        house = self._in_house()
        house.agreement_id._end(
            "declined",
            house.env._("%(who)s declined: %(reason)s", who=house.display_name, reason=reason),
        )
        house.agreement_id._tell(
            house.env._("%s does not sign. The offer has ended for all.", house.display_name),
            house.env._("The agreement was declined: speak with the customer"),
            house.company_id._loan_today() + timedelta(days=1),
        )

    # ------------------------------------------------------------ evidence

    def _as_parts(self):
        """Return what the seal is about, `{name: text, bytes or None}`; the names are those of fields."""
        self.ensure_one()
        signer = self.with_context(bin_size=False)
        parts = {
            name: signer[name] or None
            for name in (
                "role",
                "signer_name",
                "way",
                "login",
                "address",
                "browser",
                "lang",
                "read_told",
                "words_hash",
                "seal_before",
            )
        }
        return {
            **parts,
            "agreement_id": str(signer.agreement_id.id),
            "partner_id": str(signer.partner_id.id),
            "place": str(signer.place),
            "signed_at": fields.Datetime.to_string(signer.signed_at) or None,
            "signature": b64decode(signer.signature) if signer.signature else None,
        }

    def _identified_parts(self):
        """Return what the seal of the identification is about, as :meth:`_as_parts`."""
        self.ensure_one()
        return {
            "partner_id": str(self.partner_id.id),
            "meeting_told": self.meeting_told or None,
            "paper_type_id": str(self.paper_type_id.id),
            "identified_user_id": str(self.identified_user_id.id),
            "identified_at": fields.Datetime.to_string(self.identified_at) or None,
        }

    def _altered(self):
        """Return the labels of the parts that are no longer as they were signed; called as superuser."""
        self.ensure_one()
        names = agreements.altered(self._as_parts(), self.evidence, self.seal)
        if self.words_hash != self.agreement_id.words_hash:
            names.append("words_hash")
        if self.identified_seal:
            names += agreements.altered(
                self._identified_parts(), self.identified_evidence, self.identified_seal
            )
        return [
            self._fields[name]._description_string(self.env)
            if name in self._fields
            else self.env._("the evidence itself")
            for name in dict.fromkeys(names)
        ]

    def _identify(self, meeting, paper_type, user, moment):
        """Note that somebody identified this person in a video meeting by a paper; once, and it stays.

        :param meeting: `calendar.event`
        :param paper_type: `loan.document.type`
        :param user: `res.users` who looked at the paper
        :param datetime moment: in UTC
        :raise UserError: when it stands there already, or the moment is still to come
        """
        self.ensure_one()
        self.agreement_id.check_access("write")
        meeting.check_access("read")
        if self.identified_seal:
            raise UserError(self.env._("That this person was identified stands on record already."))
        if moment > fields.Datetime.now():
            raise UserError(self.env._("Nobody is identified in a meeting that is still to come."))
        told = phrased(
            (meeting.display_name, format_datetime(self.env, meeting.start, tz=self.company_id.loan_tz)),
            self.env.lang,
        )
        known = self._by_verb()
        known.write(
            {
                "meeting_id": meeting.id,
                "meeting_told": told,
                "paper_type_id": paper_type.id,
                "identified_user_id": user.id,
                "identified_at": moment,
            }
        )
        known.flush_recordset()
        known.invalidate_recordset()
        evidence = agreements.digests(known._identified_parts())
        known.write({"identified_evidence": evidence, "identified_seal": agreements.seal(evidence)})

    def action_identify(self):
        """Open the form that notes a video meeting in which this person was identified."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_agreement_identify_action")
        action["context"] = {"default_signer_id": self.id}
        return action

    # ------------------------------------------------------------ told to others

    def _moment(self):
        """Return when this person signed, in words, on the lender's clock; and in UTC beside it."""
        zone = self.company_id.loan_tz or "UTC"
        return self.env._(
            "%(local)s (%(zone)s), %(utc)s UTC",
            local=format_datetime(self.env, self.signed_at, tz=zone, dt_format="medium"),
            zone=zone,
            utc=self.signed_at.strftime("%Y-%m-%d %H:%M:%S"),
        )

    def _sheet(self, whole):
        """Return what the document tells of this signature.

        :param bool whole: the picture as well, which is told to themselves and to the lender
        """
        self.ensure_one()
        signed = self.state == "signed"
        states = dict(as_sentences(self._fields["state"]._description_selection(self.env), self.env.lang))
        return {
            "name": self.signer_name or self.partner_id.name,
            "role": dict(self._fields["role"]._description_selection(self.env))[self.role],
            "signed": signed,
            "state": states[self.state],
            "moment": self._moment() if signed else "",
            "seal": signing.groups(self.seal or ""),
            "picture": self._picture_uri() if signed and whole else "",
        }

    def _picture_uri(self):
        raw = b64decode(self.with_context(bin_size=False).signature or b"")
        kind = "jpeg" if raw[:2] == b"\xff\xd8" else "png"
        return f"data:image/{kind};base64,{b64encode(raw).decode()}" if raw else ""

    def _portal_row(self):
        """Return what the list of somebody's agreements tells of one."""
        agreement = self.agreement_id
        waits = self._waits()
        return {
            "id": agreement.id,
            "title": agreement.title,
            "loan": self.contract_id.name,
            "product": self.contract_id.product_id.name,
            "lender": self.company_id.name,
            "waits": waits,
            "done": self.state == "signed",
            "until": waits
            and self.env._(
                "Please sign by %s.", format_date(self.env, agreement.valid_until, date_format="long")
            ),
            "told": self._portal_told(),
        }

    def _portal_told(self):
        """Return in a sentence how the agreement stands for this person."""
        agreement = self.agreement_id
        if self._waits():
            return self.env._("It waits for your signature.")
        if agreement.state == "withdrawn":
            return self.env._("We have withdrawn this offer. There is nothing for you to sign.")
        if self.state == "declined":
            return self.env._("You have declined this offer.")
        if agreement.state == "declined":
            return self.env._("This offer has ended: not everybody signs.")
        if self.state == "signed":
            signed = self.env._(
                "Signed on %s.",
                format_date(self.env, agreement._local_day(self.signed_at), date_format="long"),
            )
            missing = len(agreement.signer_ids.filtered(lambda signer: signer.state == "waiting"))
            if not missing:
                return signed
            waits = (
                self.env._("Others are still to sign.")
                if agreement._is_open()
                else self.env._("Not everybody has signed in time.")
            )
            return f"{signed} {waits}"
        return self.env._("The time to sign is over. Please ask us for a new offer.")

    def _portal_facts(self):
        """Return what the page of an agreement tells this person; no record among it."""
        self.ensure_one()
        agreement = self.agreement_id
        signed, waits = self.state == "signed", self._waits()
        # What was never agreed on is not kept before people's eyes; what they have signed is theirs.
        shown = waits or (signed and agreement.state in ("offered", "signed"))
        until = agreement._last_day_to_withdraw()
        cooling = ""
        if agreement.cooling_days and waits:
            cooling = self.env._(
                "You may withdraw without giving a reason for %s days after the last signature.",
                agreement.cooling_days,
            )
        elif until:
            last = format_date(self.env, until, date_format="long")
            cooling = self.env._(
                "You may withdraw without giving a reason until %s. Call us or write to us.", last
            )
        return {
            **self._portal_row(),
            "shown": shown,
            "facts": agreement.key_facts if shown else [],
            "words": agreement.words if shown else "",
            "words_lang": (agreement.lang or "").replace("_", "-"),
            "words_hash": agreement.words_hash if waits else "",
            "fingerprint": signing.groups(agreement.words_hash or "") if shown else "",
            "statements": self._statements(),
            "name": self.partner_id.name,
            "role": dict(self._fields["role"]._description_selection(self.env))[self.role],
            "cooling": cooling,
            "own": self._sheet(True) if signed else {},
            "signers": [
                {**signer._sheet(False), "me": signer == self, "seal": ""} for signer in agreement.signer_ids
            ]
            if shown
            else [],
            "contact": self.contract_id._borrower_contact(),
        }

    @api.model
    def _sign_props(self, name, picture):
        """Return what the field of the signature starts with, as text for its component."""
        return json.dumps({"name": name, "picture": picture})
