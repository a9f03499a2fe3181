import io
from base64 import b64encode
from datetime import timedelta

from PIL import Image

from odoo import fields, models
from odoo.exceptions import UserError

from ..core import agreements, signing

# A drawn signature has some ten thousand bytes.
_LARGEST = 1_000_000
_PIXELS = 4_000_000
_NAME = 100  # characters


class LoanAgreementSignMixin(models.AbstractModel):
    """Somebody signs an agreement or declines it: what they confirm, what is refused, what is kept of it.

    The agreement is locked meanwhile, so that of two at once each signs after the other. Whatever is wrong is said in
    words for who signs, and then nothing was signed.
    """

    _name = "loan.agreement.sign.mixin"
    _description = "Agreements: Signing and Declining"

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
