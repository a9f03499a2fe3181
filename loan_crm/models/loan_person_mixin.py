from odoo import api, fields, models
from odoo.fields import Domain


class LoanPersonMixin(models.AbstractModel):
    """A record about a colleague: agreement, training, breach, proof of reading. Personal data, though no customer's.

    The person reads their own, compliance those of the lenders they work for, and nobody else any: no lead, no
    administrator. Nor does the mail tell others: nobody follows or is notified of what they may not open.

    Name it before `mail.thread` in `_inherit`.
    """

    _name = "loan.person.mixin"
    _inherit = ["loan.seen.mixin"]
    _description = "Record About a Colleague"
    _SEEN_COLUMNS = ("company_id", "user_id")

    user_id = fields.Many2one(
        "res.users", "Who", required=True, index=True, ondelete="restrict", domain="[('share', '=', False)]"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
    )

    @api.model
    def _seen_domain(self):
        return super()._seen_domain() | self._own_domain()

    @api.model
    def _own_domain(self):
        """Return which of the records about them the person may read; all, unless a model says otherwise."""
        return Domain("user_id", "=", self.env.uid)

    # ------------------------------------------------------------ no mail to others

    def _may_be_told(self, partner_ids):
        """Return those of these contacts who are colleagues and may read all of these records.

        :param partner_ids: ids of `res.partner`
        :return: a list of ids
        """
        # As superuser: whoever writes need not see who has a login.
        users_sudo = self.env["res.users"].sudo().search([("partner_id", "in", list(partner_ids or ()))])
        anywhere = self.with_context(allowed_company_ids=[])
        return [
            user_sudo.partner_id.id
            for user_sudo in users_sudo
            if not user_sudo.share and anywhere.with_user(user_sudo).has_access("read")
        ]

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        # Odoo would make the person follow, and mail them at once, before anything is decided.
        return []

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        return super()._message_subscribe(self._may_be_told(partner_ids), subtype_ids, customer_ids)

    def _message_create(self, values_list):
        values_list = [
            {**values, "partner_ids": self._may_be_told(values["partner_ids"])}
            if values.get("partner_ids")
            else values
            for values in values_list
        ]
        return super()._message_create(values_list)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        told = set(self._may_be_told(recipient["id"] for recipient in recipients if recipient["uid"]))
        return [recipient for recipient in recipients if recipient["id"] in told]
