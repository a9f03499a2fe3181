from odoo import fields, models


class LoanPortalFiguresMixin(models.AbstractModel):
    """How much the pages of borrowers take from one person, and which appointments they offer."""

    _name = "loan.portal.figures.mixin"
    _description = "Portal: Figures of a Lender"

    loan_posts_per_hour = fields.Integer(
        "Posts an Hour",
        default=10,
        help="So often one person may send something from the portal and by the links of letters together.",
    )
    loan_posts_per_day = fields.Integer("Posts a Day", default=20, help="Likewise, in any 24 hours.")
    loan_files_per_day = fields.Integer(
        "Files a Day", default=20, help="So many files one person may send in, in any 24 hours."
    )
    loan_posts_per_address = fields.Integer(
        "Posts an Hour from One Address",
        default=120,
        help="From one internet address, whoever sends it: a branch, a firm or a mobile network has many people.",
    )

    loan_slot_minutes = fields.Integer(
        "Length of an Appointment", default=30, help="Minutes of an appointment that a borrower books."
    )
    loan_slot_days = fields.Integer(
        "Appointments Ahead", default=14, help="So many days ahead borrowers may book."
    )
    loan_slot_lead_hours = fields.Integer(
        "Earliest Appointment", default=4, help="Not sooner than so many hours from now."
    )
    loan_slot_change_hours = fields.Integer(
        "Changes Until", default=4, help="So many hours before it borrowers may still move or cancel one."
    )

    _loan_posts_sensible = models.Constraint(
        "CHECK (loan_posts_per_hour BETWEEN 1 AND 1000 AND loan_posts_per_day BETWEEN 1 AND 10000 "
        "AND loan_files_per_day BETWEEN 1 AND 1000 AND loan_posts_per_address BETWEEN 1 AND 100000)",
        "Borrowers can send something: at least once, and not without end.",
    )
    _loan_slots_sensible = models.Constraint(
        "CHECK (loan_slot_minutes BETWEEN 10 AND 240 AND loan_slot_days BETWEEN 1 AND 60 "
        "AND loan_slot_lead_hours BETWEEN 0 AND 168 AND loan_slot_change_hours BETWEEN 0 AND 168)",
        "Appointments take 10 to 240 minutes, are booked 1 to 60 days ahead, and 0 to 168 hours before.",
    )
