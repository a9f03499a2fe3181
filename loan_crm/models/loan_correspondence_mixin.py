from odoo import fields, models
from odoo.tools import email_normalize

from ..core import incoming


class LoanCorrespondenceMixin(models.AbstractModel):
    """What comes back to a loan by mail: answers of its borrower, and letters that nobody got.

    Name it before `loan.access.mixin` in `_inherit`.
    """

    _name = "loan.correspondence.mixin"
    _inherit = ["loan.answer.mixin"]
    _description = "Correspondence about a Loan"

    def _message_receive_bounce(self, email, partner):
        result = super()._message_receive_bounce(email, partner)
        letter_id, kind, said = self.env.context.get("loan_bounce") or (False, incoming.ADDRESS, "")
        # As superuser: the gateway files what a server reported.
        letter_sudo = self.env["mail.message"].sudo().browse(letter_id or [])
        for contract_sudo in self.sudo():
            contract_sudo._note_bounce(email_normalize(email), partner, letter_sudo, kind, said)
        return result

    def _note_bounce(self, email, partner, letter, kind, said):
        """Mark the letter that came back, and note its address where nobody lives there.

        :param str email: as it bounced, normalised
        :param partner: `res.partner` with this address, none or several
        :param letter: the `mail.message` that came back, or an empty recordset
        :param str kind: see `core.incoming`
        :param str said: the words of the other server
        """
        self.ensure_one()
        reached = letter.notification_ids.res_partner_id
        people = (partner & reached) or reached or partner
        who = self.partner_id & people or people[:1]
        if not who.partner_share:
            return  # a colleague's mailbox: Odoo shows it on the message, no borrower is concerned
        reminders = self.env["loan.reminder"].search([("message_id", "in", letter.ids)]) if letter else None
        if reminders:
            reminders.bounced_at = fields.Datetime.now()
        bounces = self.env["loan.reminder.bounce"]
        if kind == incoming.ADDRESS:
            # A letter that was long on its way says nothing of an address that was changed meanwhile.
            if email and who.email_normalized == email:
                bounces._note(self, email, said, partner=who, reminders=reminders)
        else:
            bounces._ask_about_letter(self, who, said)
