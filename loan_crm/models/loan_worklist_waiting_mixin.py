from odoo import api, fields, models
from odoo.fields import Domain

from ..core import worklists
from ..core.worklists import Wait

# What a row tells of each.
_WAIT = [
    "res_model",
    "res_id",
    "customer_id",
    "partner_id",
    "owner_user_id",
    "waiting_since",
    "climb_at",
    "climbed",
]


class LoanWorklistWaitingMixin(models.AbstractModel):
    """The first lane: who waits for an answer, and cases whose clock runs."""

    _name = "loan.worklist.waiting.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: Who Waits"

    _CASE = [
        "name",
        "subject",
        "customer_id",
        "partner_id",
        "email_from",
        "user_id",
        "opened_at",
        "due_at",
        "state",
    ]

    @api.model
    def _waits_domain(self):
        """Return the waits that are the user's: for their own answer, and those that have climbed to them."""
        # As superuser: that a to-do is the user's own is told them; which of these they see is for the rules to say.
        todos_sudo = self.env["mail.activity"].sudo()
        climbed = todos_sudo.search([("user_id", "=", self.env.uid), ("loan_response_id", "!=", False)])
        theirs = Domain("id", "in", climbed.loan_response_id.ids)
        return Domain("state", "=", "waiting") & (self._own("owner_user_id") | theirs)

    @api.model
    def _waits_late_domain(self, now):
        """Return which waits are over their time: they have climbed, or nobody has said anything for a day."""
        return (
            Domain("climb_at", "<=", now)
            | Domain("climbed", "!=", "0")
            | Domain("waiting_since", "<=", now - worklists.UNNAMED)
        )

    @api.model
    def _clocks_domain(self):
        """Return the cases of the user that nobody waits on though their clock runs: what is to be solved."""
        own = self._own() & Domain("state", "in", ("new", "open"))
        return own & Domain("waiting_since", "=", False) & Domain("due_at", "!=", False)

    @api.model
    def _find_waits(self, now, counts=None):
        return self._found(
            "loan.response",
            self._waits_domain(),
            self._waits_late_domain(now),
            _WAIT,
            "waiting_since, id",
            counts,
        )

    @api.model
    def _find_waiting(self):
        now = fields.Datetime.now()
        clocks = self._found(
            "loan.case", self._clocks_domain(), Domain("due_at", "<=", now), self._CASE, "due_at, id"
        )
        return self._find_waits(now), clocks

    @api.model
    def _tell_waiting(self, waits, clocks):
        now = fields.Datetime.now()
        rows = self._wait_rows(waits.shown, now) + self._clock_rows(clocks.shown, now)
        return self._lane(
            "waiting",
            [row for _wait, row in worklists.worst_first(rows)[: self._SHOWN]],
            waits._replace(late=waits.late + clocks.late),
            self.env._("Nobody waits for you."),
            {
                "key": "clocks",
                "label": self.env._("Cases to solve: %s", clocks.count),
                "count": clocks.count,
            },
        )

    @api.model
    def _wait_rows(self, responses, now):
        """Return (wait, row) of each."""
        rows = []
        for model, waits in responses.grouped("res_model").items():
            records = self.env[model].browse(waits.mapped("res_id"))
            for wait, record in zip(waits, records, strict=True):
                is_case, is_lead = model == "loan.case", model == "crm.lead"
                by = (record.due_at if is_case else False) or wait.climb_at or None
                # What has climbed to the end has nobody left to climb to: it is late since it began.
                moment = Wait(wait.waiting_since, by or (wait.waiting_since if wait.climbed == "2" else None))
                customer = wait.customer_id
                call = is_case and bool(record.call_part)
                reply = self._deed(wait, "action_reply", self.env._("Reply"), "fa-reply")
                log = self._deed_call(customer)
                row = self._row(
                    record,
                    customer.name or wait.partner_id.name or record.display_name,
                    lines=[
                        self._case_told(record)
                        if is_case
                        else record.display_name
                        if record != customer
                        else self.env._("On their page"),
                        record._call_asked() if call else "",
                        self.env._("climbed to the lead")
                        if wait.climbed == "1"
                        else self.env._("climbed to the head")
                        if wait.climbed == "2"
                        else "",
                    ],
                    mark=worklists.grave(moment, now),
                    # Who is to be called was told until when; who wrote, that they are answered.
                    since=not (call and by) and wait.waiting_since,
                    by=call and by,
                    phone=(call and record.call_number)
                    or customer.phone
                    or (record.phone if is_lead else ""),
                    owner=wait.owner_user_id,
                    deeds=[
                        *((log, reply) if call else (reply, log)),
                        self._deed(
                            record, "action_mark_answered", self.env._("Answered Otherwise"), "fa-check"
                        ),
                        self._deed_pass(record) if is_case else self._deed_hand_over(customer),
                    ],
                )
                rows.append((moment, row))
        return rows

    @api.model
    def _clock_rows(self, cases, now):
        """Return (wait, row) of each."""
        rows = []
        for case in cases:
            moment = Wait(case.opened_at, case.due_at)
            row = self._row(
                case,
                case.customer_id.name or case.partner_id.name or case.email_from,
                lines=[self._case_told(case), case.waits_for],
                mark=worklists.grave(moment, now),
                by=case.due_at,
                phone=case.customer_id.phone,
                owner=case.user_id,
                deeds=[
                    self._deed(case, "action_answer", self.env._("Reply"), "fa-reply"),
                    self._deed_call(case.customer_id),
                    self._deed_pass(case),
                ],
            )
            rows.append((moment, row))
        return rows

    @api.model
    def _case_told(self, case):
        return f"{case.name} · {case.subject}"

    @api.model
    def _open_waiting(self):
        return "loan_crm.loan_response_action", self._waits_domain()

    @api.model
    def _open_clocks(self):
        return "loan_crm.loan_case_action_all", self._clocks_domain()
