from odoo import fields, models


class LoanContactMixin(models.AbstractModel):
    """How and when a customer likes to be reached, and what they do not want to hear."""

    _name = "loan.contact.mixin"
    _description = "Contact Preferences"

    preferred_channel = fields.Selection(
        [("email", "Email"), ("phone", "Phone")],
        "Prefers",
        required=True,
        default="email",
        tracking=True,
        help="Who prefers the phone is called by the manager instead of getting a reminder by mail.",
    )
    call_from = fields.Float("Call From", default=9.0, help="By the customer's own clock.")
    call_to = fields.Float(
        "Call Until", default=18.0, help="Nobody calls them later than this, by the customer's own clock."
    )
    # The names that Odoo's row of weekdays asks for. None: any day is as good.
    mon = fields.Boolean("Mon")
    tue = fields.Boolean("Tue")
    wed = fields.Boolean("Wed")
    thu = fields.Boolean("Thu")
    fri = fields.Boolean("Fri")
    sat = fields.Boolean("Sat")
    sun = fields.Boolean("Sun")
    reminder_opt_out = fields.Boolean(
        "No Reminders by Email",
        tracking=True,
        help="The customer asked for it. Notices that the law requires are sent all the same.",
    )
    calendar_id = fields.Many2one(
        "loan.calendar",
        "Holidays Of",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="Nobody is reminded on these weekends and holidays. Empty: those of the lender.",
    )
    reminder_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Own Reminder Policy",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        help="Only for a customer who is to be reminded differently from others.",
    )

    _call_hours = models.Constraint(
        "CHECK (call_from >= 0 AND call_to <= 24 AND call_from < call_to)",
        "The hours for calls lie between 0:00 and 24:00, the first before the last.",
    )
