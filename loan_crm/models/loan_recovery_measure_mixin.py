from odoo import api, fields, models
from odoo.fields import Domain

from ..core import recovery

_BATCH = 100


class LoanRecoveryMeasureMixin(models.AbstractModel):
    """What came of it: how content they are afterwards, and whether they came back for another loan."""

    _name = "loan.recovery.measure.mixin"
    _description = "What Came of a Recovery"

    asked_again_at = fields.Datetime("Asked Again At", readonly=True, copy=False)
    asked_request_id = fields.Many2one(
        "loan.survey.request",
        "Asked Again With",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        export_string_translation=False,
    )
    score_note = fields.Char("Satisfaction", compute="_compute_score_note", compute_sudo=True)
    repurchase = fields.Selection(
        [("waiting", "Not Known Yet"), ("yes", "Came Back"), ("no", "Did Not")],
        "Came Back",
        readonly=True,
        copy=False,
        help="By a new application or loan within the months that the settings name; computed, not entered.",
    )
    repurchased_on = fields.Date("Came Back On", readonly=True, copy=False)
    recovered_share = fields.Float(
        "Share Recovered", compute="_compute_shares", store=True, aggregator="avg", help="Of those closed."
    )

    @api.depends("cause", "score", "asked_request_id.state", "asked_request_id.satisfaction")
    @api.depends_context("lang")
    def _compute_score_note(self):
        # As superuser (compute_sudo): the figure before and after, which this plan is measured by.
        for plan in self:
            again = plan.asked_request_id
            before = f"{plan.score:.0f}%" if plan.cause == "score" else ""
            after = f"{again.satisfaction:.0f}%" if again.way == "link" and again.score_ids else ""
            if before and after:
                plan.score_note = self.env._("%(before)s before, %(after)s after", before=before, after=after)
            elif after:
                plan.score_note = self.env._("%s after", after)
            else:
                plan.score_note = before

    @api.depends("outcome")
    def _compute_shares(self):
        for plan in self:
            plan.recovered_share = float(plan.outcome == "recovered")

    # ------------------------------------------------------------ the night

    @api.model
    def _night_recovery(self, night):
        """Measure which customers have come back.

        :param night: `loan.night`
        :return: how many were looked at, 0 when nothing is left
        """
        waiting = self.search(
            Domain("company_id", "=", night.company_id.id)
            & Domain("repurchase", "=", "waiting")
            & Domain("id", ">", night._stand("recoveries", 0)),
            order="id",
            limit=_BATCH,
        )
        if waiting:
            night._apart("recovery", waiting, lambda plans: plans._measure())
            night._note_stand(recoveries=waiting[-1].id)
        return len(waiting)

    def _measure(self):
        """Note of closed plans whether the customer has come back; called as superuser."""
        days = self._new_days()
        for plan in self:
            company = plan.company_id
            found = recovery.came_back(
                plan.closed_on,
                days.get(plan.customer_id, ()),
                company.loan_recovery_months,
                company._loan_today(),
            )
            if found.state != plan.repurchase:
                plan.write({"repurchase": found.state, "repurchased_on": found.day or False})
        return self

    def _new_days(self):
        """Return `{customer: days of their loans and applications}` since the first of these plans was closed."""
        since = min(self.mapped("closed_on"))
        days = {}
        for customer, start in self.env["loan.contract"]._read_group(
            [
                ("customer_id", "in", self.customer_id.ids),
                ("state", "in", ("active", "closed")),
                ("start_date", ">", since),
            ],
            ["customer_id", "start_date:day"],
        ):
            days.setdefault(customer, []).append(fields.Date.to_date(start))
        by_contact = self.customer_id._profiles_by_contact()
        leads = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search(
                self.env["crm.lead"]._loan_borrower_domain(self.env["res.partner"].union(*by_contact))
                & Domain("create_date", ">", fields.Datetime.to_datetime(since))
            )
        )
        for lead in leads:
            for customer in by_contact.get(lead._loan_borrower(), ()):
                day = lead.create_date.date()
                days.setdefault(customer, []).append(day)
        return days
