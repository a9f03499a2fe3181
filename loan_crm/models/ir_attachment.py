from odoo import api, models
from odoo.exceptions import AccessError, UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # Odoo asks the document for each file. What follows closes the ways on which a file leaves its document.

    @api.constrains("public", "res_model", "res_id")
    def _check_loan_public(self):
        for attachment in self:
            if attachment.public and attachment._on_protected():
                raise UserError(
                    self.env._(
                        "A file of a customer is never public: anybody could read it, without any login."
                    )
                )

    def write(self, vals):
        # Asked before: afterwards the file stands elsewhere already.
        if not self.env.su and {"res_model", "res_id"} & vals.keys():
            for attachment in self:
                # As superuser: where the file stands is asked, not what it says.
                attachment_sudo = attachment.sudo()
                place = (attachment_sudo.res_model, attachment_sudo.res_id)
                moved = tuple(
                    vals.get(name, old) for name, old in zip(("res_model", "res_id"), place, strict=True)
                )
                if moved != place and attachment_sudo._on_protected():
                    raise AccessError(
                        self.env._(
                            "A file of a customer stays where it is. Take it down and add it where else it belongs."
                        )
                    )
        return super().write(vals)

    def _on_protected(self):
        """Tell whether this file belongs to a record whose sight is a duty, or is kept from somebody."""
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            return False
        record = self.env[self.res_model].browse(self.res_id)
        if record._name == "calendar.event":  # a meeting is as its customer is
            # As superuser: only what it is about, is asked.
            return self.env["ir.model"]._loan_withheld_meeting(record.sudo().exists())
        return self.env["ir.model"]._loan_withheld(record)

    def _loan_nameless(self):
        # As superuser: where the files stand is asked, not what they say.
        return super()._loan_nameless() or any(
            file_sudo._on_protected() for file_sudo in self.sudo().exists()
        )

    @api.model
    def create_unique(self, values_list):
        # Odoo looks for the same content among everybody's files and gives the number of the one it found.
        ids = []
        for values in values_list:
            found = self.browse(super().create_unique([values]))
            readable = found._filtered_access("read")
            ids += (readable or self.create([values])).ids
        return ids

    # A token opens the file to whoever has the address, for weeks, and cannot be taken back from one person.

    def _get_raw_access_token(self):
        return False if self._token_withheld() else super()._get_raw_access_token()

    def _get_thumbnail_token(self):
        return False if self._token_withheld() else super()._get_thumbnail_token()

    def _get_ownership_token(self):
        return False if self._token_withheld() else super()._get_ownership_token()

    def generate_access_token(self):
        tokens = []
        for attachment in self:
            if attachment._token_withheld():
                tokens.append(False)
            else:
                tokens += super(IrAttachment, attachment).generate_access_token()
        return tokens

    def _has_attachments_ownership(self, attachment_tokens):
        # One that was given while the file was being written counts no more where it has come to stand.
        tokens = attachment_tokens and [
            not attachment._token_withheld() and token
            for attachment, token in zip(self, attachment_tokens, strict=True)
        ]
        return super()._has_attachments_ownership(tokens)

    def _can_return_content(self, field_name=None, access_token=None):
        if self._token_withheld():
            return False
        return super()._can_return_content(field_name, access_token)

    def _token_withheld(self):
        attachment_sudo = self.sudo()  # where the file stands is asked, as superuser, not what it says
        return attachment_sudo._on_protected()

    # ------------------------------------------------------------ on record

    def _to_http_stream(self):
        stream = super()._to_http_stream()
        self._loan_files_seen()
        return stream

    def _read_format(self, fnames, load="_classic_read"):
        values_list = super()._read_format(fnames, load)
        if {"raw", "datas", "db_datas", "index_content"} & set(fnames):
            self._loan_files_seen()
        return values_list

    def _loan_files_seen(self):
        """Put on record that the user got files of records whose level asks for it."""
        # As superuser: only whose files they are, which the user has just got anyway, maybe by a token.
        for file in self.sudo():
            model = self.env.get(file.res_model) if file.res_model and file.res_id else None
            if model is not None and hasattr(model, "_loan_seen"):
                model.sudo(False).browse(file.res_id)._loan_seen("download", [file.res_field or "raw"])
