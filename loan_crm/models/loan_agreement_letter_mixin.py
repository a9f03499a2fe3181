from odoo import SUPERUSER_ID, fields, models


class LoanAgreementLetterMixin(models.AbstractModel):
    """What signers are written: that the agreement waits for them, and in the end the signed document."""

    _name = "loan.agreement.letter.mixin"
    _description = "Agreements: Letters to Signers"

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
