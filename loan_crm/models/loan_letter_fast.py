import re
from functools import partial

from odoo import api, models, tools
from odoo.fields import Command
from odoo.tools import SQL

from ..core.listing import listed

# What is bypassed when letters are filed by one statement. Whoever changes one of these is to be heard: then the
# letters go through Odoo's own `create`.
_BYPASSED = {
    "mail.mail": (
        "create",
        "_create",
        "_prepare_create_values",
        "_add_missing_default_values",
        "default_get",
    ),
    "mail.message": (
        "create",
        "_create",
        "_prepare_create_values",
        "_add_missing_default_values",
        "default_get",
        "_get_reply_to",
        "_invalidate_documents",
    ),
    "mail.notification": (
        "create",
        "_create",
        "_prepare_create_values",
        "_add_missing_default_values",
        "default_get",
    ),
}
_KNOWN = ("base", "mail", "loan_crm")

# Text that a sanitizer leaves as it is wherever it stands: no markup, no line break, no quoting sign, no signature.
_PLAIN_TEXT = re.compile(
    r"(?!.*--)(?:[\w ,.:;()/·…%!?+*@€£¥$’“”，。；：、！？（）《》\u00a0-]|&(?:amp|#39|#34);)+"
)
_PLAIN_LINK = re.compile(r'href="(https?://[A-Za-z0-9][A-Za-z0-9._~:/?=_-]*(?:&amp;[A-Za-z0-9._~:/?=_-]+)*)"')
_MARK = re.compile(r"qx(\d+)xq")
# What stands for any plain text when a skeleton is tried out.
_SAMPLE_TEXT = "Zoë 李, 1.234,50\u00a0€ (a-b) O&#39;Neil &amp; &#34;Co&#34; x@y.example"
_SAMPLE_LINK = "https://a.example.com/b-c_d?e=1&amp;f=2"


class LoanLetterFast(models.AbstractModel):
    """Files many letters at once: message, mail, recipient and delivery status by one statement.

    The rows are those that Odoo's `create` writes, from the same values; it costs some milliseconds for each letter,
    half of them to sanitize once more what was just printed. Bypassed is only what is known: as soon as an addon has
    a say in how mails are made, or the lender wishes so, letters are filed by Odoo (`_obstacles`).
    """

    _name = "loan.letter.fast"
    _description = "Fast Filing of Letters"

    @api.model
    def _obstacles(self):
        """Tell what stands against filing letters by one statement: addons that have a say in how mails are made.

        :return: a list of `addon: model.what`, empty when nothing does
        """
        found = self.env["loan.letter.press"]._overriders(_BYPASSED, _KNOWN)
        for model_name in _BYPASSED:
            model = self.env[model_name]
            for check in model._constraint_methods:
                addon = check.__module__.removeprefix("odoo.addons.").split(".")[0]
                if addon not in _KNOWN:
                    found.append(f"{addon}: {model_name}.{check.__name__}")
        return [*found, *self._computed_from_mails()]

    @api.model
    @tools.ormcache()
    def _computed_from_mails(self):
        """Return the stored fields, of any model, that are worked out when a mail is made: `addon: model.field`."""
        found = set()
        for model_name in _BYPASSED:
            for field in self.env[model_name]._fields.values():
                own = [field] if field.compute else []
                found.update(
                    f"{other._module or 'manual'}: {other.model_name}.{other.name}"
                    for other in (*own, *self.env.registry.get_dependent_fields(field))
                    if other.store and other.column_type
                )
        return sorted(found)

    @api.model
    def _explain(self, route):
        """Say which way letters take, and why.

        :param str route: what the lender wishes, see `res.company.loan_letter_route`
        """
        if route == "safe":
            return self.env._("Letters go through Odoo's own steps, as chosen here.")
        if obstacles := self._obstacles():
            return self.env._(
                "Letters go through Odoo's own steps, because other apps have a say in how mails are made: %s",
                listed(obstacles, self.env.lang),
            )
        if obstacles := self.env["loan.letter.press"]._obstacles():
            return self.env._(
                "Letters are filed many at once, but Odoo renders each, because other apps have a say in that: %s",
                listed(obstacles, self.env.lang),
            )
        return self.env._("Letters are filed many at once: no other app has a say in how mails are made.")

    @api.model
    def _file(self, letters, vals_list):
        """File letters in the chatter of their loans and queue their mails.

        :param letters: records of `loan.letter.mixin`
        :param list vals_list: for each the values of its mail, as `_prepare_mail_vals` returns
        :return: `mail.mail` as superuser, in the order of the letters; None if this is for Odoo to do
        """
        if not letters or "safe" in letters.company_id.mapped("loan_letter_route") or self._obstacles():
            return None
        # As superuser: mails are written by verbs such as this one, nobody else may enter one.
        mails_sudo = self.env["mail.mail"].sudo()
        messages_sudo = mails_sudo.env["mail.message"]
        defaults = {
            name: mails_sudo.env[name]._add_missing_default_values({})
            for name in ("mail.mail", "mail.message", "mail.notification")
        }
        columns = {
            name: {
                field.name for field in self.env[name]._fields.values() if field.store and field.column_type
            }
            for name in defaults
        }
        rows = [
            self._as_rows(letter, vals, defaults, columns)
            for letter, vals in zip(letters, vals_list, strict=True)
        ]
        if not all(rows):
            return None
        found = self._insert(mails_sudo, rows)
        mails_sudo = mails_sudo.browse(mail for mail, _message in found)
        messages_sudo = messages_sudo.browse(message for _mail, message in found)
        messages_sudo.invalidate_model(["mail_ids", "notification_ids", "notified_partner_ids"], flush=False)
        # Who asks which message a mail carries need not read both, texts and all.
        mails_sudo._fields["mail_message_id"]._insert_cache(mails_sudo, messages_sudo.ids)
        for model_name in {vals["model"] for vals in vals_list}:
            self.env[model_name].browse({vals["res_id"] for vals in vals_list}).invalidate_recordset(
                ["message_ids", "message_needaction", "message_needaction_counter"], flush=False
            )
        return mails_sudo

    @api.model
    def _as_rows(self, letter, vals, defaults, columns):
        """Return the columns of one letter in each table, or None if it is more than what is known here.

        :param dict vals: as for `_file`
        :param dict defaults: by model
        :param dict columns: by model the names of its columns
        """
        recipients, fields = [], self.env["mail.mail"]._fields
        rows = {name: dict(values) for name, values in defaults.items()}
        mail, message, notification = rows.values()
        # A mail inherits from its message, defaults and all.
        for name, value in (defaults["mail.mail"] | vals).items():
            if name == "recipient_ids" and value:
                if any(command[0] != Command.LINK for command in value):
                    return None
                recipients = [command[1] for command in value]
                mail.pop(name, None)
            elif fields[name].inherited:
                mail.pop(name, None)
                message[name] = value
            else:
                mail[name] = value
        notification |= letter._prepare_notification_vals(author_id=message["author_id"])
        for model_name, row in rows.items():
            for name in row.keys() - columns[model_name]:
                if row.pop(name) and self.env[model_name]._fields[name].store:
                    return None
        # As superuser: mail servers are set up by administrators.
        server_sudo = self.env["ir.mail_server"].sudo().browse(message.get("mail_server_id") or ())
        if (
            len(recipients) != 1
            or server_sudo.owner_user_id
            or not message.get("reply_to")
            or not message.get("email_from")
            or "data:image" in (message.get("body") or "")
        ):
            return None
        message["message_id"] = message.get("message_id") or self.env["mail.message"]._get_message_id(message)
        message["date"] = message.get("date") or self.env.cr.now().replace(microsecond=0)
        mail["scheduled_date"] = False
        notification["read_date"] = self.env.cr.now().replace(microsecond=0)
        return {**rows, "recipient": recipients[0]}

    @api.model
    def _insert(self, mails_sudo, rows):
        """Write the rows of these letters by one statement.

        :return: a list of `(mail id, message id)` in their order
        """
        arrays, names, columns = [], [], {}
        clean = partial(self._clean, {})

        def given(name, type_, values):
            arrays.append(SQL("%s::%s[]", values, SQL(type_)))
            names.append(SQL.identifier(name))
            return SQL("given.%s", SQL.identifier(name))

        logged = {
            "create_uid": mails_sudo.env.uid,
            "write_uid": mails_sudo.env.uid,
            "create_date": self.env.cr.now(),
            "write_date": self.env.cr.now(),
        }
        for model_name in _BYPASSED:
            model = mails_sudo.env[model_name]
            columns[model_name] = {
                name: SQL("%s", value) for name, value in (logged if model._log_access else {}).items()
            }
            for name in sorted({name for row in rows for name in row[model_name]}):
                field = model._fields[name]
                if name == "body":
                    convert = clean
                else:
                    convert = self._converter(field, model)
                values = [convert(row[model_name].get(name)) for row in rows]
                same = all(value == values[0] for value in values)
                columns[model_name][name] = (
                    SQL("%s::%s", values[0], SQL(field.column_type[1]))
                    if same
                    else given(f"{model._table}_{name}", field.column_type[1], values)
                )
        recipient = given("recipient", "int4", [row["recipient"] for row in rows])
        parts = {}
        for model_name, own in columns.items():
            table = model_name.rpartition(".")[2]
            parts[f"{table}_keys"] = SQL(", ").join(map(SQL.identifier, own))
            parts[f"{table}_values"] = SQL(", ").join(own.values())
        self.env.cr.execute(
            SQL(
                """
                WITH given AS MATERIALIZED (
                    SELECT nextval('mail_message_id_seq') AS message, nextval('mail_mail_id_seq') AS mail, letter.*
                      FROM unnest(%(arrays)s) WITH ORDINALITY AS letter (%(names)s, position)
                ), message AS (
                    INSERT INTO mail_message (id, %(message_keys)s)
                    SELECT given.message, %(message_values)s FROM given ORDER BY position
                ), mail AS (
                    INSERT INTO mail_mail (id, mail_message_id, %(mail_keys)s)
                    SELECT given.mail, given.message, %(mail_values)s FROM given ORDER BY position
                ), recipient AS (
                    INSERT INTO mail_mail_res_partner_rel (mail_mail_id, res_partner_id)
                    SELECT given.mail, %(recipient)s FROM given ORDER BY position
                ), notification AS (
                    INSERT INTO mail_notification (mail_message_id, mail_mail_id, %(notification_keys)s)
                    SELECT given.message, given.mail, %(notification_values)s FROM given ORDER BY position
                )
                SELECT mail, message FROM given ORDER BY position
                """,
                arrays=SQL(", ").join(arrays),
                names=SQL(", ").join(names),
                recipient=recipient,
                **parts,
            ),
            log_exceptions=False,  # that a parallel worker was faster is no error
        )
        return self.env.cr.fetchall()

    @api.model
    def _converter(self, field, model):
        return lambda value: field.convert_to_column_insert(value, model, {})

    # ------------------------------------------------------------ clean texts

    @api.model
    def _clean(self, skeletons, text):
        """Return a body as the chatter keeps it: sanitized, to the byte as by Odoo.

        What letters differ in is mostly plain text, which a sanitizer leaves alone. So it is taken out, what remains
        is the same for many letters and sanitized once, and the text put back. Whatever is not plain stays in.

        :param dict skeletons: what remained of earlier letters, sanitized
        """
        texts, pieces = [], []

        def out(value):
            texts.append(_as_kept(value))
            return f"qx{len(texts) - 1}xq"

        text = str(text or "")
        if "qx" in text:
            return self._sanitize(text)
        # Between the tags is text, in the tags are links.
        for place, piece in enumerate(re.split(r"(<[^<>]*>)", text)):
            if place % 2:
                if "href=" in piece:
                    piece = _PLAIN_LINK.sub(lambda link: f'href="https://{out(link[1])}"', piece)
                pieces.append(piece)
            elif (core := piece.strip(" \n\t\r")) and _PLAIN_TEXT.fullmatch(core):
                start = piece.index(core)
                pieces.append(f"{piece[:start]}{out(core)}{piece[start + len(core) :]}")
            else:
                pieces.append(piece)
        skeleton = "".join(pieces)
        if skeleton not in skeletons:
            skeletons[skeleton] = self._clean_skeleton(skeleton)
        if not skeletons[skeleton]:
            return self._sanitize(text)
        return _put_back(skeletons[skeleton], texts)

    @api.model
    def _clean_skeleton(self, skeleton):
        """Return what the sanitizer makes of a letter without its texts, cut at the marks that stand for them.

        None if a text might not pass it as it is: tried out with another one in each place.
        """
        cut = _MARK.split(self._sanitize(skeleton))
        marks = _MARK.findall(skeleton)
        links = set(re.findall(r'href="https://qx(\d+)xq"', skeleton))
        if sorted(cut[1::2]) != sorted(marks):
            return None
        samples = [_SAMPLE_LINK if str(place) in links else _SAMPLE_TEXT for place in range(len(marks))]
        filled = _MARK.sub(
            lambda mark: samples[int(mark[1])].removeprefix("https://" if mark[1] in links else ""), skeleton
        )
        samples = [_as_kept(sample) for sample in samples]
        for place in range(2, len(cut), 2):
            if cut[place - 1] in links:
                cut[place - 2] = cut[place - 2].removesuffix("https://")
        return cut if _put_back(cut, samples) == self._sanitize(filled) else None

    @api.model
    def _sanitize(self, text):
        messages = self.env["mail.message"]
        return messages._fields["body"].convert_to_column_insert(text, messages, {})


def _as_kept(text):
    """Return plain text as the sanitizer writes it."""
    return text.replace("\u00a0", "&nbsp;").replace("&#39;", "'").replace("&#34;", '"')


def _put_back(cut, texts):
    """Join what was cut at marks with the texts they stand for."""
    return "".join(texts[int(piece)] if place % 2 else piece for place, piece in enumerate(cut))
