import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime
from odoo.tools.mimetypes import guess_mimetype

from ..core import agreements
from ..core.listing import listed

_BATCH = 100
# So many days before an agreement ends the next one is asked for, and so many days are left to sign.
_SOON = 30
_TIME_TO_SIGN = 7
# A drawn signature has some ten thousand bytes.
_LARGEST = 1_000_000


class LoanNda(models.Model):
    """A colleague's confidentiality agreement: asked for, signed in their own hand, ended by its day or withdrawn.

    Whether somebody holds one that counts is asked at each query (`_valid_companies`): it looks at the clock, so what
    lapses opens nothing any more in the same second, with no job and no cache in between.

    What was signed is copied word for word and sealed (`core.agreements`): whoever alters it later, in the database
    too, is found out by *Verify*. Nobody writes or deletes a signed one, compliance neither; the verbs alone end it.
    """

    _name = "loan.nda"
    _inherit = [
        "loan.kept.mixin",
        "loan.person.todo.mixin",
        "loan.lifecycle.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Confidentiality Agreement"
    _order = "id desc"
    _rec_names_search = ["user_id.name", "text_id.name"]
    _TODO = "loan_crm.mail_activity_type_nda"
    _TODO_STATES = ("to_sign",)
    _mail_post_access = "read"
    _OPEN = frozenset({"signature", "signer_name"})

    text_id = fields.Many2one(
        "loan.nda.text",
        "Agreement",
        required=True,
        index=True,
        ondelete="restrict",
        help="The published version that is to be signed. A newer one is asked for by itself.",
    )
    state = fields.Selection(
        [("to_sign", "To Be Signed"), ("signed", "Signed"), ("withdrawn", "Withdrawn")],
        "Status",
        required=True,
        default="to_sign",
        readonly=True,
        copy=False,
    )
    standing = fields.Selection(
        [
            ("to_sign", "To Be Signed"),
            ("in_force", "In Force"),
            ("superseded", "Sign Again"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
        ],
        "Stands",
        compute="_compute_standing",
        compute_sudo=True,
        search="_search_standing",
    )
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)
    may_ask_again = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)
    shown_body = fields.Html("What Is Signed", compute="_compute_shown_body", sanitize=False)
    # What was signed, as it stood there, in the language of the signer.
    title = fields.Char("Title", readonly=True, copy=False)
    body = fields.Html("Signed Text", readonly=True, copy=False, sanitize=False)
    version = fields.Integer("Version", related="text_id.version")
    lang = fields.Char("Language", readonly=True, copy=False)
    signer_name = fields.Char(
        "Full Name", copy=False, help="Your name as it stands in your passport or identity card."
    )
    signer_login = fields.Char("Login", readonly=True, copy=False)
    # In the table and not in a file: one row holds all that the seal is about.
    signature = fields.Binary(
        "Signature",
        attachment=False,
        copy=False,
        help="In your own hand. It is sealed with the text you saw, and can be checked later.",
    )
    signed_at = fields.Datetime("Signed On", readonly=True, copy=False)
    expires_at = fields.Datetime("Valid Until", readonly=True, copy=False)
    evidence = fields.Json(readonly=True, copy=False, export_string_translation=False)
    evidence_hash = fields.Char(
        "Evidence Hash (SHA-256)",
        readonly=True,
        copy=False,
        help="Made of the text, the name, the picture and the moment: it shows later that none was changed.",
    )
    withdrawn_at = fields.Datetime("Withdrawn On", readonly=True, copy=False)
    withdrawn_user_id = fields.Many2one("res.users", "Withdrawn By", readonly=True, copy=False)
    withdrawal_reason = fields.Char("Why Withdrawn", readonly=True, copy=False)

    _asked_once = models.UniqueIndex(
        "(user_id, text_id) WHERE state = 'to_sign'", "This agreement is asked for already."
    )
    # What `_valid_companies` walks along: with each query of whoever sees protected customers.
    _valid_idx = models.Index("(user_id, company_id) WHERE state = 'signed'")

    @api.depends("user_id", "text_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for nda in self:
            nda.display_name = f"{nda.user_id.name or ''} · {nda.title or nda.text_id.display_name or ''}"

    @api.depends("user_id", "state", "withdrawn_user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        compliance = self._is_compliance()
        for nda in self:
            nda.is_mine = nda.user_id == self.env.user
            nda.may_ask_again = nda.state == "withdrawn" and (
                compliance or (nda.is_mine and nda.withdrawn_user_id == self.env.user)
            )

    @api.depends("state", "text_id.body", "user_id.lang")
    def _compute_shown_body(self):
        for nda in self:
            nda.shown_body = nda.body if nda.state != "to_sign" else nda._text_to_sign().body

    def _text_to_sign(self):
        # As superuser: which language the person reads is theirs, and the text is for them. It is the one they were
        # asked to sign, whatever a form that is not saved says.
        text_sudo = self._origin.sudo().text_id
        return text_sudo.with_context(lang=self.user_id.lang or self.env.lang)

    # ------------------------------------------------------------ whether it counts

    @api.depends("state", "expires_at", "text_id.accepted_until")
    def _compute_standing(self):
        now = fields.Datetime.now()
        for nda in self:
            standing = nda.state
            if standing == "signed":
                until = nda.text_id.accepted_until
                standing = "superseded" if until and until <= now else "in_force"
                if nda.expires_at and nda.expires_at <= now:
                    standing = "expired"
            nda.standing = standing

    def _search_standing(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        signed = Domain("state", "=", "signed")
        expired = Domain("expires_at", "<=", now)
        replaced = Domain("text_id.accepted_until", "<=", now)
        found = {
            "to_sign": Domain("state", "=", "to_sign"),
            "withdrawn": Domain("state", "=", "withdrawn"),
            "expired": signed & expired,
            "superseded": signed & ~expired & replaced,
            "in_force": signed & ~expired & ~replaced,
        }
        return Domain.OR(found[standing] for standing in value if standing in found)

    @api.model
    def _valid_companies(self, user):
        """Return the lenders with whom somebody holds an agreement that counts, at this moment.

        :param user: `res.users`
        :return: a list of ids of `res.company`
        """
        self.flush_model(["user_id", "company_id", "text_id", "state", "expires_at"])
        self.env["loan.nda.text"].flush_model(["accepted_until"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT nda.company_id
                  FROM loan_nda nda
                  JOIN loan_nda_text text ON text.id = nda.text_id
                 WHERE nda.user_id = %(user)s
                   AND nda.state = 'signed'
                   AND (nda.expires_at IS NULL OR nda.expires_at > %(now)s)
                   AND (text.accepted_until IS NULL OR text.accepted_until > %(now)s)
                """,
                user=user.id,
                now=fields.Datetime.now(),
            )
        )
        return [row[0] for row in rows]

    # ------------------------------------------------------------ nobody writes one

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("to_sign", "signed"), ("signed", "withdrawn")}

    def _loan_kept(self):
        return self.filtered(lambda nda: nda.state != "to_sign")

    @api.model
    def _kept_refusal(self, deed):
        if deed == "unlink":
            return self.env._("A signed agreement is kept. It can be withdrawn.")
        return self.env._("A signed agreement stays as it was signed. It can be withdrawn.")

    def _check_by_hand(self, names):
        # Before it is signed, only the signer writes, and only their signature.
        result = super()._check_by_hand(names)
        if not self.env.su and self.user_id - self.env.user:
            raise AccessError(self.env._("An agreement is signed by the person it is about, nobody else."))
        return result

    # ------------------------------------------------------------ asking for it

    @api.model
    def _request(self, text, users):
        """Ask people to sign a text, those who have not been asked and hold no agreement of it that lasts.

        :param text: `loan.nda.text`, published
        :param users: `res.users`
        :return: the new `loan.nda`
        """
        # As superuser: nobody enters an agreement by hand.
        asked_sudo = self.sudo().create(
            [
                {"user_id": user.id, "text_id": text.id, "company_id": text.company_id.id}
                for user in self._missing(text, users)
            ]
        )
        asked_sudo._ask()
        return asked_sudo.sudo(False)

    @api.model
    def _missing(self, text, users):
        """Return those of these people who have to be asked to sign a text; not who withdrew.

        Those are asked again by `action_ask_again`.
        """
        soon = fields.Datetime.now() + timedelta(days=_SOON)
        lasting = Domain("state", "in", ("to_sign", "withdrawn")) | (
            Domain("state", "=", "signed")
            & (Domain("expires_at", "=", False) | Domain("expires_at", ">", soon))
        )
        # As superuser: whoever publishes need not see all of them.
        held_sudo = self.sudo().search(
            Domain("text_id", "=", text.id) & Domain("user_id", "in", users.ids) & lasting
        )
        known = set(held_sudo.user_id.ids)
        return users.filtered(lambda user: user.id not in known)

    @api.model
    def _night_nda(self, night):
        """Ask who is new, whose agreement ends soon, and who struck the to-do off; wait for nobody who left."""
        company = night.company_id
        text = self.env["loan.nda.text"].search(
            [("company_id", "=", company.id), ("state", "=", "published")]
        )
        done = self._let_go(company, _BATCH)
        if text and not done:
            done = len(self._request(text, self._missing(text, text._audience())[:_BATCH]))
        if not done:
            unasked = self.search(self._unasked_domain(company), limit=_BATCH)
            unasked._ask()
            done = len(unasked)
        return done

    def _todo_deadline(self):
        return self.company_id._loan_today() + timedelta(days=_TIME_TO_SIGN)

    def _todo_summary(self):
        return self.env._("Sign the confidentiality agreement")

    @api.model
    def action_open_mine(self):
        """Open the user's own agreements; what they have to sign is there, whether the night has asked or not."""
        user = self.env.user
        texts = self.env["loan.nda.text"].search([("state", "=", "published")])
        for text in texts:  # one for each lender that is switched on
            if user in text._audience():
                self._request(text, user)
        return self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_nda_action_mine")

    def action_ask_again(self):
        """Ask for a new agreement in the place of a withdrawn one."""
        self.ensure_one()
        self.check_access("read")
        if not self.may_ask_again:
            raise AccessError(
                self.env._("Compliance asks for a new agreement where compliance withdrew the last one.")
            )
        text = self.env["loan.nda.text"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "published")]
        )
        if not text:
            raise UserError(self.env._("No text is published that could be signed."))
        open_one = self.search(
            [("user_id", "=", self.user_id.id), ("text_id", "=", text.id), ("state", "=", "to_sign")]
        )
        if not open_one:
            # As superuser: nobody enters an agreement by hand.
            open_one = self.sudo().create(
                {"user_id": self.user_id.id, "text_id": text.id, "company_id": self.company_id.id}
            )
            open_one._ask()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.nda",
            "res_id": open_one.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------ signing

    def action_sign(self):
        """Sign, with the name and the signature that stand on the form.

        :raise AccessError: when somebody else does
        :raise UserError: without a name or a signature, or when the text is no longer to be signed
        """
        self.ensure_one()
        self.check_access("write")
        if self.user_id != self.env.user:
            raise AccessError(self.env._("An agreement is signed by the person it is about, nobody else."))
        self._sign()
        return True

    def _sign(self):
        """Let the agreement be signed, now, by whom it is about; the caller has made sure that it is them."""
        self.ensure_one()
        self._wait_for_lock()
        self.invalidate_recordset(["state"])
        text = self._text_to_sign()
        if text.state != "published":
            raise UserError(self.env._("This text is no longer to be signed. Open your agreements again."))
        if not (self.signer_name or "").strip() or not self.signature:
            raise UserError(self.env._("Write your full name and sign in the field below it."))
        self._check_picture()
        now = fields.Datetime.now()
        months = text.valid_months
        nda_sudo = self._by_verb()
        nda_sudo._move_to("signed")
        nda_sudo.write(
            {
                "title": text.display_name,
                "body": text.body,
                "lang": text.env.lang,
                "signer_name": self.signer_name.strip(),
                "signer_login": self.user_id.login,
                "signed_at": now,
                "expires_at": agreements.months_later(now, months) if months else False,
            }
        )
        # Read back: what is sealed is what the database keeps.
        nda_sudo.flush_recordset()
        nda_sudo.invalidate_recordset()
        evidence = agreements.digests(nda_sudo._as_parts())
        nda_sudo.write({"evidence": evidence, "evidence_hash": agreements.seal(evidence)})
        # The seal in the log, too: who owns the database and alters part and seal of an agreement is found out by it.
        self.env["loan.access.log"]._note("agreement", nda_sudo, seal=nda_sudo.evidence_hash)
        nda_sudo._asked()

    def _check_picture(self):
        picture = base64.b64decode(self.with_context(bin_size=False).signature)
        if len(picture) > _LARGEST or guess_mimetype(picture) not in ("image/png", "image/jpeg"):
            raise UserError(self.env._("The signature has to be a picture (PNG or JPEG) of less than 1 MB."))

    def _as_parts(self):
        """Return what the seal is about, `{name: text, bytes or None}`; the names are those of fields."""
        self.ensure_one()
        nda = self.with_context(bin_size=False, lang=None)
        return {
            "user_id": str(nda.user_id.id),
            "company_id": str(nda.company_id.id),
            "text_id": str(nda.text_id.id),
            "title": nda.title or None,
            "body": str(nda.body) if nda.body else None,
            "lang": nda.lang or None,
            "signer_name": nda.signer_name or None,
            "signer_login": nda.signer_login or None,
            "signed_at": fields.Datetime.to_string(nda.signed_at) or None,
            "expires_at": fields.Datetime.to_string(nda.expires_at) or None,
            "signature": base64.b64decode(nda.signature) if nda.signature else None,
        }

    # ------------------------------------------------------------ verifying, withdrawing

    def action_verify(self):
        """Compare agreements with the seals of their day and tell which parts were altered, if any."""
        self.check_access("read")
        signed = self.filtered(lambda nda: nda.state != "to_sign")
        if not signed:
            raise UserError(self.env._("Nothing here has been signed yet."))
        told = [
            self.env._(
                "%(agreement)s: altered since it was signed: %(parts)s",
                agreement=nda.display_name,
                parts=listed(names, self.env.lang),
            )
            for nda in signed
            if (names := nda._altered())
        ]
        if told:
            message, kind = "\n".join(told), "danger"
        else:
            message = self.env._("Unaltered since they were signed: %s.", len(signed))
            kind = "success"
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": kind, "sticky": kind == "danger"},
        }

    def _altered(self):
        """Return the labels of the parts that are no longer as they were signed."""
        # As superuser: what is compared must not hang on which company is switched on.
        nda_sudo = self.sudo()
        names = agreements.altered(nda_sudo._as_parts(), nda_sudo.evidence, nda_sudo.evidence_hash)
        return [
            self._fields[name]._description_string(self.env)
            if name in self._fields
            else self.env._("the evidence itself")
            for name in names
        ]

    def _withdraw(self, reason):
        """End an agreement now: by the person themselves or by compliance.

        :param str reason: kept with it
        """
        self.ensure_one()
        self.check_access("read")
        if not (self._is_compliance() or self.user_id == self.env.user):
            raise AccessError(
                self.env._("An agreement is withdrawn by the person it is about or by compliance.")
            )
        self._withdraw_by(self.env.user, reason)

    def _withdraw_by(self, user, reason):
        """End an agreement now.

        :param user: `res.users` who does; the caller has made sure that they may
        :param str reason: kept with it
        """
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it is withdrawn."))
        nda_sudo = self._by_verb()
        nda_sudo._move_to("withdrawn")
        nda_sudo.write(
            {
                "withdrawn_at": fields.Datetime.now(),
                "withdrawn_user_id": user.id,
                "withdrawal_reason": reason.strip(),
            }
        )
        self.env["loan.access.log"]._note("agreement", nda_sudo, withdrawn=1)
        self.env["loan.sight.end"]._note(users=nda_sudo.user_id)

    def _report_moment(self, name):
        """Return a moment in the words of the agreement's print, in the lender's time."""
        self.ensure_one()
        zone = self.company_id.loan_tz
        return f"{format_datetime(self.env, self[name], tz=zone)} ({zone})" if self[name] else ""
