from odoo import fields, models


class LoanTouchMixin(models.AbstractModel):
    """What touches a customer, from the customer's page or a loan's: note a talk, see them all.

    A mail that comes in or goes out here may be the first contact there ever was.
    """

    _name = "loan.touch.mixin"
    _description = "Touches"

    def _touched_customer(self):
        """Return the customer that is touched here."""
        return self if self._name == "loan.customer" else self.customer_id

    def action_log_call(self):
        """Open the small form that notes a call; the user's own call that was due here is settled with it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_interaction_action")
        key = "customer_id" if self._name == "loan.customer" else "contract_id"
        action.update(
            name=self.env._("Call or Visit"),
            views=[(self.env.ref("loan_crm.loan_interaction_view_form_dialog").id, "form")],
            target="new",
            context={
                f"default_{key}": self.id,
                "default_activity_id": self.env["loan.interaction"]._open_activities(self)[:1].id,
            },
        )
        return action

    def action_open_touches(self):
        """Open all that touched the customer, or this loan, as a list to search, group and count."""
        return self._action_open("loan_crm.loan_touch_action")

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        # As superuser: that they were in touch is noted, not entered, whoever wrote.
        customer_sudo = self._touched_customer().sudo()
        if len(customer_sudo) == 1 and not customer_sudo.first_contact_date:
            message_sudo = message.sudo()  # who wrote to whom, as above
            author, users = message_sudo.author_id, message_sudo.author_id.user_ids
            staff = users.filtered(lambda user: user._is_internal())[:1]
            came_in = message_sudo.message_type in ("email", "comment") and author and not staff
            went_out = message_sudo.message_type in ("email", "email_outgoing", "comment") and (
                message_sudo.partner_ids.filtered("partner_share") - author
            )
            if came_in or went_out:
                customer_sudo._note_first_contact(message_sudo.date or fields.Datetime.now(), "email", staff)
        return result
