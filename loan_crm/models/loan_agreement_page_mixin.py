import json
from base64 import b64decode, b64encode

from odoo import api, models
from odoo.tools import format_date, format_datetime

from ..core import signing
from ..core.labels import as_sentences


class LoanAgreementPageMixin(models.AbstractModel):
    """What others are told of a signature, as texts: the signer on their page, all of them on the document.

    Who else signs and when is told to each signer; from where somebody signed and their picture to nobody but
    themselves and the lender.
    """

    _name = "loan.agreement.page.mixin"
    _description = "Agreements: The Signer's Page"

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
