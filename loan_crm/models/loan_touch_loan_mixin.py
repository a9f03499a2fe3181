from odoo import api, models
from odoo.tools import SQL


class LoanTouchLoanMixin(models.AbstractModel):
    """What becomes of a customer's loans: paid out, repaid, changed, closed, and help that was asked for."""

    _name = "loan.touch.loan.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Loans"
    _depends = {
        "loan.contract": ["company_id", "customer_id", "last_due_date", "name", "start_date", "state"],
        "loan.contract.event": [
            "company_id",
            "consent_reference",
            "contract_id",
            "customer_id",
            "date",
            "note",
            "reversal_reason",
            "state",
        ],
        "loan.hardship": [
            "asked_on",
            "company_id",
            "contract_id",
            "customer_id",
            "decided_at",
            "decided_user_id",
            "decision_note",
            "partner_id",
            "state",
            "words",
        ],
        "loan.repayment": [
            "company_id",
            "contract_id",
            "customer_id",
            "date",
            "name",
            "note",
            "reference",
            "reversed_at",
            "state",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "repayment": self._repayment_branch(),
            "repayment_reversed": self._repayment_reversed_branch(),
            "hardship": self._hardship_branch(),
            "hardship_decided": self._hardship_decided_branch(),
            "loan_started": self._loan_started_branch(),
            "loan_closed": self._loan_closed_branch(),
            "loan_changed": self._loan_changed_branch(),
        }

    # ------------------------------------------------------------ repayments

    @api.model
    def _repayment_branch(self):
        return {
            "number": 13,
            "kinds": ("repayment",),
            "model": "loan.repayment",
            "told": self._tell_repayment,
            "from": SQL("loan_repayment repayment"),
            "where": SQL("repayment.state IN ('posted', 'reversed')"),
            "source_id": SQL("repayment.id"),
            "date": self._moment_sql("repayment", SQL("repayment.date")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("repayment", SQL("repayment.date"))),
            "direction": SQL("'in'"),
            "customer": SQL("repayment.customer_id"),
            "contract": SQL("repayment.contract_id"),
            "company": SQL("repayment.company_id"),
            "words": SQL("concat_ws(' ', repayment.name, repayment.reference, repayment.note)"),
        }

    @api.model
    def _tell_repayment(self, repayment):
        return [
            self.env._("%s received", repayment.currency_id.format(repayment.amount)),
            self._label(repayment, "method"),
            repayment.kind == "prepayment" and self._label(repayment, "kind"),
            repayment.state == "reversed" and self.env._("reversed later"),
            repayment.name,
        ]

    @api.model
    def _repayment_reversed_branch(self):
        return {
            **self._repayment_branch(),
            "number": 14,
            "told": self._tell_repayment_reversed,
            "where": SQL("repayment.state = 'reversed'"),
            # Of those reversed before the moment was kept, the last change is known.
            "date": SQL("COALESCE(repayment.reversed_at, repayment.write_date)"),
            "all_day": None,
            "direction": None,
        }

    @api.model
    def _tell_repayment_reversed(self, repayment):
        return [
            self.env._("Reversed: %s", repayment.currency_id.format(repayment.amount)),
            self.env._("received on %s", self._day(repayment.date)),
            repayment.name,
        ]

    # ------------------------------------------------------------ loans

    @api.model
    def _loan_started_branch(self):
        return {
            "number": 15,
            "kinds": ("loan",),
            "model": "loan.contract",
            "told": self._tell_loan_started,
            # Of a loan's many fields a page of rows needs these.
            "reads": ("name", "principal", "currency_id", "product_id"),
            "from": SQL("loan_contract contract"),
            "where": SQL("contract.state IN ('active', 'closed')"),
            "source_id": SQL("contract.id"),
            "date": self._moment_sql("contract", SQL("contract.start_date")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("contract", SQL("contract.start_date"))),
            "direction": SQL("'out'"),
            "customer": SQL("contract.customer_id"),
            "contract": SQL("contract.id"),
            "company": SQL("contract.company_id"),
            "words": SQL("contract.name"),
        }

    @api.model
    def _tell_loan_started(self, contract):
        return [
            self.env._("Paid out: %s", contract.currency_id.format(contract.principal)),
            contract.product_id.name,
        ]

    @api.model
    def _loan_closed_branch(self):
        # A loan is closed by the repayment that leaves nothing open; one that came closed tells its maturity.
        last = SQL(
            """
            COALESCE((SELECT max(repayment.date) FROM loan_repayment repayment
                       WHERE repayment.contract_id = contract.id AND repayment.state = 'posted'),
                     contract.last_due_date, contract.start_date)
            """
        )
        return {
            **self._loan_started_branch(),
            "number": 16,
            "told": self._tell_loan_closed,
            "where": SQL("contract.state = 'closed'"),
            "date": self._noon_sql(last, SQL("contract.company_id")),
            "all_day": SQL("TRUE"),
            "direction": None,
        }

    @api.model
    def _tell_loan_closed(self, contract):
        return [self.env._("Repaid in full"), contract.product_id.name]

    @api.model
    def _loan_changed_branch(self):
        moment = self._moment_sql("event", SQL("event.date"))
        return {
            "number": 17,
            "kinds": ("loan",),
            "model": "loan.contract.event",
            "told": self._tell_loan_changed,
            "from": SQL("loan_contract_event event"),
            "where": SQL("event.state IN ('posted', 'reversed')"),
            "source_id": SQL("event.id"),
            # A rate is fixed before its day comes, a prepayment may be entered after it.
            "date": SQL("LEAST(event.create_date, %s)", moment),
            "all_day": SQL(
                "event.create_date > %s AND NOT %s",
                self._noon_sql(SQL("event.date"), SQL("event.company_id")),
                self._entered_that_day_sql("event", SQL("event.date")),
            ),
            "customer": SQL("event.customer_id"),
            "contract": SQL("event.contract_id"),
            "company": SQL("event.company_id"),
            "words": SQL("concat_ws(' ', event.note, event.consent_reference, event.reversal_reason)"),
        }

    @api.model
    def _tell_loan_changed(self, event):
        return [
            event.display_name,
            event.kind != "rate" and event.amount and event.currency_id.format(event.amount),
            event.state == "reversed" and self._label(event, "state"),
            event.note,
        ]

    # ------------------------------------------------------------ hardship

    @api.model
    def _hardship_branch(self):
        return {
            "number": 18,
            "kinds": ("hardship",),
            "model": "loan.hardship",
            "told": self._tell_hardship,
            "from": SQL("loan_hardship hardship"),
            "where": SQL("TRUE"),
            "source_id": SQL("hardship.id"),
            "date": self._moment_sql("hardship", SQL("hardship.asked_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("hardship", SQL("hardship.asked_on"))),
            "direction": SQL("'in'"),
            "customer": SQL("hardship.customer_id"),
            "contract": SQL("hardship.contract_id"),
            "company": SQL("hardship.company_id"),
            "author": SQL("hardship.partner_id"),
            "words": SQL("hardship.words"),
        }

    @api.model
    def _tell_hardship(self, hardship):
        return [
            self.env._("Asked for help"),
            self._label(hardship, "cause"),
            self._label(hardship, "wish"),
            hardship.words,
        ]

    @api.model
    def _hardship_decided_branch(self):
        return {
            **self._hardship_branch(),
            "number": 19,
            "told": self._tell_hardship_decided,
            "where": SQL("hardship.decided_at IS NOT NULL"),
            "date": SQL("hardship.decided_at"),
            "all_day": None,
            "direction": None,
            "author": self._partner_sql(SQL("hardship.decided_user_id")),
            "words": SQL("hardship.decision_note"),
        }

    @api.model
    def _tell_hardship_decided(self, hardship):
        return [self.env._("Request for help"), self._label(hardship, "state"), hardship.decision_note]
