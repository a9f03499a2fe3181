from odoo import api, models
from odoo.exceptions import AccessError


class LoanAuditMixin(models.AbstractModel):
    """Evidence that an auditor reads: its figures and decisions, not what people have said to each other about it.

    A talk may name a customer, and who may read a record may otherwise write in its talk or follow it. An auditor
    does neither. Name it before `mail.thread` in `_inherit`, or that one answers in its place.
    """

    _name = "loan.audit.mixin"
    _description = "Audited Record"

    @api.model
    def _audits(self):
        """Tell whether the user is an auditor."""
        # Odoo asks this as superuser, too: whose eyes these are counts.
        return self.env.user.has_group("loan_crm.loan_crm_group_auditor")

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        if self._audits():
            return dict.fromkeys(self, "write")  # which they may not
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        if self._audits() and not self.env.su:
            raise AccessError(self.env._("An auditor reads and changes nothing."))
        return super().message_subscribe(partner_ids, subtype_ids)
