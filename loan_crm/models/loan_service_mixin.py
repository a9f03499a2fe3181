from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..core import occasions
from ..core.listing import listed

_BATCH = 1000
# So far ahead the page of a customer shows what is coming.
_SHOWN_DAYS = 120


class LoanServiceMixin(models.AbstractModel):
    """What the service plan of a customer's tier does for them: benefits, a line of their own, occasions.

    The night gives the activities of each occasion once (`loan.service.occasion`); whoever acts for the customer that
    day gets them. It stands beside `loan.customer.tier.mixin`.
    """

    _name = "loan.service.mixin"
    _description = "Service for a Customer"

    birthday = fields.Date("Birthday or Founding Day", tracking=True)
    service_plan_id = fields.Many2one(
        "loan.service.plan", "Service Plan", compute="_compute_service_plan_id", compute_sudo=True
    )
    service_benefits = fields.Html("Benefits", compute="_compute_service_plan_id", compute_sudo=True)
    # For letters, too: `object.customer_id.service_phone`.
    service_phone = fields.Char(
        "Direct Line",
        compute="_compute_service_line",
        compute_sudo=True,
        help="The plan's line; without one the telephone of whoever acts for the customer today.",
    )
    service_email = fields.Char("Direct Email", compute="_compute_service_line", compute_sudo=True)
    service_targets = fields.Char("Answered Within", compute="_compute_service_targets")
    service_next = fields.Html("Next Occasions", compute="_compute_service_next", sanitize=False)
    service_occasion_count = fields.Integer("Number of Occasions", compute="_compute_service_occasion_count")

    @api.depends("tier_id.plan_id.benefits")
    @api.depends_context("lang")
    def _compute_service_plan_id(self):
        for customer in self:
            customer.service_plan_id = customer.tier_id.plan_id
            customer.service_benefits = customer.tier_id.plan_id.benefits

    @api.depends(
        "tier_id.plan_id.line_phone", "tier_id.plan_id.line_email", "manager_user_id", "deputy_user_id"
    )
    def _compute_service_line(self):
        for customer in self:
            plan, user = customer.tier_id.plan_id, customer.acting_user_id
            customer.service_phone = plan.line_phone or user.partner_id.phone
            customer.service_email = plan.line_email or user.partner_id.email

    @api.depends("tier_id.plan_id.response_hours", "tier_id.plan_id.resolution_hours")
    @api.depends_context("lang")
    def _compute_service_targets(self):
        for customer in self:
            plan = customer.tier_id.plan_id
            told = []
            if plan.response_hours:
                told.append(self.env._("first answer within %s working hours", f"{plan.response_hours:g}"))
            if plan.resolution_hours:
                told.append(self.env._("settled within %s working hours", f"{plan.resolution_hours:g}"))
            customer.service_targets = listed(told, self.env.lang)

    @api.depends("tier_id", "tier_since", "birthday", "consent_ids.is_current")
    @api.depends_context("lang")
    def _compute_service_next(self):
        for company, customers in self.grouped("company_id").items():
            today = company._loan_today()
            coming = customers._coming_occasions(
                today,
                lambda step, facts, day=today: occasions.days(step, facts, day, day + timedelta(_SHOWN_DAYS)),
            )
            for customer in customers:
                found = sorted(
                    (day, step.name) for step, days in coming.get(customer._origin.id, ()) for day in days
                )
                customer.service_next = Markup("<br/>").join(
                    Markup("<span class='text-nowrap'>%s</span> · %s") % (format_date(self.env, day), name)
                    for day, name in found
                )

    @api.depends_context("uid")
    def _compute_service_occasion_count(self):
        counts = {}
        if self.env["loan.service.occasion"].has_access("read"):
            counts = dict(
                self.env["loan.service.occasion"]._read_group(
                    [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
                )
            )
        for customer in self:
            customer.service_occasion_count = counts.get(customer._origin, 0)

    def action_open_occasions(self):
        """Open what the service plan has done for this customer until now."""
        return self._action_open("loan_crm.loan_service_occasion_action")

    # ------------------------------------------------------------ occasions

    def _coming_occasions(self, today, days_of):
        """Return the occasions of these customers: `{customer id: [(step, [day])]}`.

        :param date today: the lender's day
        :param days_of: called with a core step and core facts, returns days
        """
        # As superuser: which steps a plan has is no secret, and dates of loans one may see the customer of neither.
        customers_sudo = self.sudo()
        steps = customers_sudo.tier_id.plan_id.filtered("active").step_ids.filtered("activity_plan_id.active")
        as_steps = {step: step._as_step() for step in steps}
        wanted = {step.occasion for step in steps}
        loans = customers_sudo._dates_of_loans(today) if wanted & {"first_loan", "maturity"} else {}
        by_plan = steps.grouped("plan_id")
        # Nobody is congratulated who has not allowed it (`loan.consent`).
        greeted = customers_sudo._consent_allows("greetings") if "birthday" in wanted else customers_sudo
        found = {}
        for customer in customers_sudo:
            first_loan, maturities = loans.get(customer._origin.id, (None, ()))
            facts = occasions.Facts(
                customer.tier_since or fields.Date.to_date(customer.create_date) or today,
                customer.birthday if customer in greeted and customer.birthday else None,
                first_loan,
                tuple(maturities),
            )
            for step in by_plan.get(customer.tier_id.plan_id, ()):
                if days := days_of(as_steps[step], facts):
                    found.setdefault(customer._origin.id, []).append((step, days))
        return found

    def _dates_of_loans(self, today):
        """Return `{customer id: (day of the first loan, [last due dates of running loans])}`."""
        self.env["loan.contract"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, min(start_date),
                       array_agg(last_due_date) FILTER (
                           WHERE state = 'active' AND last_due_date >= %(since)s)
                  FROM loan_contract
                 WHERE customer_id = ANY(%(ids)s) AND state IN ('active', 'closed')
                 GROUP BY customer_id
                """,
                ids=self.ids,
                since=today - timedelta(occasions.CATCH_UP),
            )
        )
        return {id_: (first, days or ()) for id_, first, days in rows}

    @api.model
    def _night_service(self, night):
        """Give the activities of the next thousand customers' occasions; see `loan.night._family_steps`."""
        self.env["loan.customer"].flush_model()
        for name in ("loan.customer.tier", "loan.service.plan", "loan.service.plan.step"):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id
                  FROM loan_customer customer
                  JOIN loan_customer_tier tier ON tier.id = customer.tier_id
                 WHERE customer.company_id = %(company)s AND customer.active AND customer.id > %(after)s
                   AND EXISTS (SELECT FROM loan_service_plan_step step
                                 JOIN loan_service_plan plan ON plan.id = step.plan_id
                                WHERE step.plan_id = tier.plan_id AND step.active AND plan.active)
                 ORDER BY customer.id
                 LIMIT %(batch)s
                """,
                company=night.company_id.id,
                after=night._stand("served", 0),
                batch=_BATCH,
            )
        )
        ids = [row[0] for row in rows]
        if not ids:
            return 0
        night._apart(
            "service", self.env["loan.customer"].browse(ids), lambda customers: customers._serve(night)
        )
        night._note_stand(served=ids[-1])
        return len(ids)

    def _serve(self, night):
        """Give these customers' activities that are due and have not been given."""
        today = night.date
        coming = self._coming_occasions(today, lambda step, facts: occasions.due(step, facts, today))
        if not coming:
            return
        customers = self.browse(coming)
        told = customers._who_is_told()
        for customer in customers.filtered(lambda customer: not told[customer]):
            night._note_failure(
                "service",
                customer,
                self.env._("Nobody who may open the customer can be given what the service plan asks for."),
            )
        rows = [
            (customer.id, step.id, day, told[customer].id)
            for customer in customers
            if told[customer]  # the others wait: once there is somebody, it is given
            for step, days in coming[customer.id]
            for day in days
        ]
        self._note_occasions(night, rows)._give_activities(today)

    @api.model
    def _note_occasions(self, night, rows):
        """Keep the occasions that are new, in one statement, and return them.

        :param rows: list of `(customer id, step id, day, user id)`
        """
        ledger = self.env["loan.service.occasion"]
        ledger.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_service_occasion (
                    customer_id, company_id, step_id, date_due, date_given, user_id,
                    create_uid, write_uid, create_date, write_date)
                SELECT customer, %(company)s, step, day, %(today)s, person,
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(customers)s::int[], %(steps)s::int[], %(days)s::date[], %(users)s::int[])
                       AS row(customer, step, day, person)
                 WHERE NOT EXISTS (SELECT FROM loan_service_occasion known
                                    WHERE known.customer_id = customer AND known.step_id = step
                                      AND known.date_due = day)
                    ON CONFLICT (customer_id, step_id, date_due) DO NOTHING
             RETURNING id
                """,
                company=night.company_id.id,
                today=night.date,
                uid=self.env.uid,
                customers=[row[0] for row in rows],
                steps=[row[1] for row in rows],
                days=[row[2] for row in rows],
                users=[row[3] for row in rows],
            ),
            log_exceptions=False,  # that somebody was faster is no error: the night tries again
        )
        made = ledger.browse(row[0] for row in self.env.cr.fetchall())
        ledger.invalidate_model()
        return made
