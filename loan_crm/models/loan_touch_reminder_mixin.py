from odoo import api, models
from odoo.tools import SQL


class LoanTouchReminderMixin(models.AbstractModel):
    """What keeps a customer to the due dates: reminders, what held them back, and what was promised."""

    _name = "loan.touch.reminder.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Reminders and Promises"
    _depends = {
        "loan.promise": [
            "company_id",
            "contract_id",
            "customer_id",
            "decided_on",
            "made_on",
            "note",
            "partner_id",
            "state",
        ],
        "loan.reminder": [
            "company_id",
            "contract_id",
            "customer_id",
            "date_planned",
            "failure",
            "hold_reason",
            "message_id",
            "sending_at",
            "sent_at",
            "state",
            "task_given_at",
            "written_on",
        ],
        "loan.reminder.hold": [
            "company_id",
            "contract_id",
            "customer_id",
            "date_from",
            "lifted_at",
            "lifted_user_id",
            "placed_user_id",
            "reason",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "reminder": self._reminder_branch(),
            "promise_made": self._promise_made_branch(),
            "promise_decided": self._promise_decided_branch(),
            "hold": self._hold_branch(),
            "hold_lifted": self._hold_lifted_branch(),
        }

    # ------------------------------------------------------------ reminders

    @api.model
    def _reminder_branch(self):
        when = SQL(
            """
            CASE reminder.state WHEN 'sent' THEN reminder.sent_at WHEN 'handed' THEN reminder.task_given_at
                                WHEN 'held' THEN NULL ELSE reminder.sending_at END
            """
        )
        return {
            "number": 8,
            "kinds": ("reminder",),
            "model": "loan.reminder",
            "told": self._tell_reminder,
            "from": SQL("loan_reminder reminder"),
            # Of what was paid or is owed no more nothing was silent; what joined another letter is told there.
            "where": SQL(
                """
                (reminder.state IN ('sent', 'handed', 'failed', 'interrupted')
                 OR reminder.state = 'held'
                    AND reminder.hold_reason NOT IN ('paid', 'inactive', 'replaced'))
                """
            ),
            "source_id": SQL("reminder.id"),
            "date": SQL(
                "COALESCE(%s, %s)",
                when,
                self._noon_sql(
                    SQL("COALESCE(reminder.written_on, reminder.date_planned)"), SQL("reminder.company_id")
                ),
            ),
            "all_day": SQL("(%s) IS NULL", when),
            "direction": SQL("CASE WHEN reminder.state = 'sent' THEN 'out' END"),
            "customer": SQL("reminder.customer_id"),
            "contract": SQL("reminder.contract_id"),
            "company": SQL("reminder.company_id"),
            "words": SQL("reminder.failure"),
        }

    @api.model
    def _tell_reminder(self, reminder):
        held = reminder.state in ("held", "handed") and self._label(reminder, "hold_reason")
        return [
            reminder.step_id.name,
            self._label(reminder, "state"),
            held,
            reminder.bounced_at and self.env._("came back"),
            self.env._(
                "%(amount)s due on %(date)s",
                amount=reminder.currency_id.format(reminder.amount),
                date=self._day(reminder.due_date),
            ),
        ]

    # ------------------------------------------------------------ holds

    @api.model
    def _hold_branch(self):
        return {
            "number": 9,
            "kinds": ("hold",),
            "model": "loan.reminder.hold",
            "told": self._tell_hold,
            "from": SQL("loan_reminder_hold hold"),
            "where": SQL("TRUE"),
            "source_id": SQL("hold.id"),
            # Entered in advance or afterwards: it is told when both were.
            "date": SQL("LEAST(hold.create_date, %s)", self._moment_sql("hold", SQL("hold.date_from"))),
            "all_day": SQL(
                "hold.create_date > %s AND NOT %s",
                self._noon_sql(SQL("hold.date_from"), SQL("hold.company_id")),
                self._entered_that_day_sql("hold", SQL("hold.date_from")),
            ),
            "customer": SQL("hold.customer_id"),
            "contract": SQL("hold.contract_id"),
            "company": SQL("hold.company_id"),
            "author": self._partner_sql(SQL("hold.placed_user_id")),
            "words": SQL("hold.reason"),
        }

    @api.model
    def _tell_hold(self, hold):
        return [
            self.env._("Reminders held"),
            self._label(hold, "kind"),
            hold.date_to and self.env._("until %s", self._day(hold.date_to)),
            hold.reason,
        ]

    @api.model
    def _hold_lifted_branch(self):
        return {
            **self._hold_branch(),
            "number": 10,
            "told": self._tell_hold_lifted,
            "where": SQL("hold.lifted_at IS NOT NULL"),
            "date": SQL("hold.lifted_at"),
            "all_day": None,
            "author": self._partner_sql(SQL("hold.lifted_user_id")),
        }

    @api.model
    def _tell_hold_lifted(self, hold):
        return [self.env._("Hold lifted"), self._label(hold, "kind"), hold.reason]

    # ------------------------------------------------------------ promises

    @api.model
    def _promise_made_branch(self):
        return {
            "number": 11,
            "kinds": ("promise",),
            "model": "loan.promise",
            "told": self._tell_promise_made,
            "from": SQL("loan_promise promise"),
            "where": SQL("TRUE"),
            "source_id": SQL("promise.id"),
            "date": self._moment_sql("promise", SQL("promise.made_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("promise", SQL("promise.made_on"))),
            "direction": SQL("'in'"),
            "customer": SQL("promise.customer_id"),
            "contract": SQL("promise.contract_id"),
            "company": SQL("promise.company_id"),
            "author": SQL("promise.partner_id"),
            "words": SQL("promise.note"),
        }

    @api.model
    def _tell_promise_made(self, promise):
        return [
            self.env._("Promised: %s", promise.display_name),
            self._label(promise, "heard_via"),
            promise.note,
        ]

    @api.model
    def _promise_decided_branch(self):
        return {
            **self._promise_made_branch(),
            "number": 12,
            "told": self._tell_promise_decided,
            "where": SQL("promise.state IN ('kept', 'partly', 'broken') AND promise.decided_on IS NOT NULL"),
            "date": self._noon_sql(SQL("promise.decided_on"), SQL("promise.company_id")),
            "all_day": SQL("TRUE"),
            "direction": None,
            "author": None,
        }

    @api.model
    def _tell_promise_decided(self, promise):
        return [
            self._label(promise, "state"),
            promise.display_name,
            promise.amount_paid and self.env._("%s came in", promise.currency_id.format(promise.amount_paid)),
        ]
