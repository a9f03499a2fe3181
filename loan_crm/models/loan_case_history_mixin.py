from odoo import api, fields, models

# Says in the context that cases are of the past. An object's identity cannot be sent over RPC.
_PAST = object()


class LoanCaseHistoryMixin(models.AbstractModel):
    """Cases that began and ended before they were written down here: figures and clocks, and no word to anybody."""

    _name = "loan.case.history.mixin"
    _description = "Cases of the Past"

    @api.model
    def _enter_history(self, lines):
        """Write down cases that are long closed. Nobody is told, no to-do is made, no reminder is held.

        :param lines: list of `(values of the case, naive UTC moment of the first response or False, moment of the
            solution)`; the values hold `opened_at`, and the team and person who had the case
        :return: the cases, closed
        """
        # As superuser: as whoever takes a lender's old records over.
        cases_sudo = self.sudo().with_context(
            loan_past=_PAST, tracking_disable=True, mail_create_nosubscribe=True
        )
        made = cases_sudo.create([{**values, "waiting_since": False} for values, *_moments in lines])
        made._set_clocks()
        for case, (values, responded_at, solved_at) in zip(made, lines, strict=True):
            case.write(
                {
                    "responded_at": responded_at,
                    "responded_user_id": responded_at and values.get("user_id"),
                    "solved_at": solved_at,
                    "solved_user_id": values.get("user_id"),
                    "closed_at": solved_at,
                    "reassign_count": values.get("reassign_count", 0),
                }
            )
            for clock in case.clock_ids:
                response = clock.measure == "first_response" and responded_at
                clock.stopped_at = response or solved_at
        clocks = made.clock_ids
        readings = clocks._readings(fields.Datetime.now())
        for state in ("met", "missed"):
            ended = clocks.filtered(lambda clock, state=state: (state == "missed") == readings[clock].late)
            ended._move_to(state)
        clocks.write({"next_mark_at": False, "next_mark": 0})
        made._move_to("solved")
        made._move_to("closed")
        return made.with_env(self.env)

    def _take_in(self):
        if self.env.context.get("loan_past") is not _PAST:
            return super()._take_in()
        sequences = self.env["ir.sequence"]
        for case in self:
            case.name = sequences.with_company(case.company_id).next_by_code("loan.case")
            case.lang = case.lang or case.partner_id.lang or self.env.lang
        return None
