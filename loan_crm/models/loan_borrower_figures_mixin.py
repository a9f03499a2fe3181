from odoo import fields, models


class LoanBorrowerFiguresMixin(models.AbstractModel):
    """What a lender grants its borrowers: how far promises reach, how long links open, when help and renewals come."""

    _name = "loan.borrower.figures.mixin"
    _description = "Borrowers: Figures of a Lender"

    loan_promise_max_days = fields.Integer(
        "Promises Reach",
        default=30,
        help="So many days ahead a borrower may promise to pay.",
    )
    loan_promise_grace_days = fields.Integer(
        "Money Travels",
        default=1,
        help="So many days after the day promised money still counts, and reminders stay held.",
    )
    loan_link_days = fields.Integer(
        "Links Open For",
        default=45,
        help="How many days the links of a letter open the borrower's page.",
    )
    loan_hardship_answer_days = fields.Integer(
        "Hardship Answered Within",
        default=2,
        help="Within how many working days a borrower who asks for help is called.",
    )
    loan_hardship_hold_days = fields.Integer(
        "Reminders Silent For",
        default=14,
        help="How many days no reminder is written after a borrower has asked for help, unless it is decided before.",
    )
    loan_renewal_days = fields.Integer(
        "Renewals Opened",
        default=60,
        help="So many days before a loan ends an application for the next one is opened. 0: none is.",
    )
    loan_renewal_on_time = fields.Integer(
        "Paid in Time",
        default=90,
        help="Percent of what fell due within a year that a borrower has paid in time to be offered a renewal.",
    )

    loan_agreement_days = fields.Integer(
        "Agreements Open For",
        default=14,
        help="How many days an agreement that is offered can be signed, unless it says otherwise.",
    )
    loan_agreement_login = fields.Boolean(
        "Login Required to Sign",
        default=True,
        help="The link of an invitation then only leads to the login. Otherwise who has the letter can sign.",
    )

    _loan_agreement_days_in_bounds = models.Constraint(
        "CHECK (loan_agreement_days BETWEEN 1 AND 366)", "An agreement is open for 1 to 366 days."
    )
    _loan_promise_max_days_sane = models.Constraint(
        "CHECK (loan_promise_max_days BETWEEN 1 AND 365)", "A promise may reach 1 to 365 days ahead."
    )
    _loan_promise_grace_days_sane = models.Constraint(
        "CHECK (loan_promise_grace_days BETWEEN 0 AND 30)", "Money that was promised may travel 0 to 30 days."
    )
    _loan_renewal_in_bounds = models.Constraint(
        "CHECK (loan_renewal_days BETWEEN 0 AND 366 AND loan_renewal_on_time BETWEEN 0 AND 100)",
        "Renewals are opened within a year before a loan ends, and a share lies between 0 and 100 percent.",
    )
    _loan_link_days_of_a_year = models.Constraint(
        "CHECK (loan_link_days BETWEEN 1 AND 366)", "A link opens the borrower's page for 1 to 366 days."
    )
    _loan_hardship_days_in_bounds = models.Constraint(
        "CHECK (loan_hardship_answer_days BETWEEN 0 AND 30 AND loan_hardship_hold_days BETWEEN 0 AND 366)",
        "A hardship request is answered within 30 working days, and reminders are silent for 366 days at most.",
    )
