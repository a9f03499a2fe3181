from odoo import api, models
from odoo.tools import SQL


class LoanTouchConsentMixin(models.AbstractModel):
    """What a customer allows and no longer allows, and that they asked for a copy of what is held about them.

    Of a copy it is told that it was asked for and handed over; the request itself is compliance's to read.
    """

    _name = "loan.touch.consent.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Consents and Copies"
    _depends = {
        "loan.consent": [
            "company_id",
            "customer_id",
            "entered_user_id",
            "how",
            "note",
            "purpose_id",
            "said_at",
            "state",
        ],
        "loan.data.request": [
            "asked_on",
            "company_id",
            "customer_id",
            "handed_at",
            "handed_user_id",
            "partner_id",
            "state",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "consent": self._consent_branch(),
            "copy_asked": self._copy_asked_branch(),
            "copy_handed": self._copy_handed_branch(),
        }

    # ------------------------------------------------------------ consents

    @api.model
    def _consent_branch(self):
        return {
            "number": 35,
            "kinds": ("consent",),
            "model": "loan.consent",
            "told": self._tell_consent,
            "reads": ["purpose_id", "state", "how", "note"],
            "from": SQL("loan_consent consent"),
            # What a switch had said before there was a ledger was said nobody knows when.
            "where": SQL("consent.how <> 'import'"),
            "source_id": SQL("consent.id"),
            "date": SQL("consent.said_at"),
            "direction": SQL("'in'"),
            "customer": SQL("consent.customer_id"),
            "company": SQL("consent.company_id"),
            # Nobody entered it: they said it themselves.
            "author": SQL(
                """
                COALESCE(%s, (SELECT sayer.partner_id FROM loan_customer sayer WHERE sayer.id = consent.customer_id))
                """,
                self._partner_sql(SQL("consent.entered_user_id")),
            ),
            "words": SQL("consent.note"),
        }

    @api.model
    def _tell_consent(self, consent):
        return [
            consent.purpose_id.name,
            self._label(consent, "state"),
            self._label(consent, "how"),
            consent.note,
        ]

    # ------------------------------------------------------------ copies of their data

    @api.model
    def _copy_asked_branch(self):
        return {
            "number": 36,
            "kinds": ("copy",),
            "model": "loan.data.request",
            "told": self._tell_copy_asked,
            "reads": ["how", "state", "due_on"],
            "from": SQL("loan_data_request asked"),
            "where": SQL("TRUE"),
            "source_id": SQL("asked.id"),
            "date": self._moment_sql("asked", SQL("asked.asked_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("asked", SQL("asked.asked_on"))),
            "direction": SQL("'in'"),
            "customer": SQL("asked.customer_id"),
            "company": SQL("asked.company_id"),
            "author": SQL("asked.partner_id"),
        }

    @api.model
    def _tell_copy_asked(self, asked):
        return [
            self.env._("Asked for a copy of their data"),
            self._label(asked, "how"),
            asked.state != "handed" and self.env._("to be handed over by %s", self._day(asked.due_on)),
        ]

    @api.model
    def _copy_handed_branch(self):
        return {
            **self._copy_asked_branch(),
            "number": 37,
            "told": self._tell_copy_handed,
            "reads": ["asked_on"],
            "where": SQL("asked.state = 'handed'"),
            "date": SQL("asked.handed_at"),
            "all_day": None,
            "direction": SQL("'out'"),
            # Nobody handed it over: they took it from the portal themselves.
            "author": SQL("COALESCE(%s, asked.partner_id)", self._partner_sql(SQL("asked.handed_user_id"))),
        }

    @api.model
    def _tell_copy_handed(self, asked):
        return [
            self.env._("Has the copy of their data"),
            self.env._("asked for on %s", self._day(asked.asked_on)),
        ]
