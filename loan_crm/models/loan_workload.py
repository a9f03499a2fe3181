from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import workload

# The column of each factor of `core.workload`.
_COLUMNS = {factor: f"{factor}_count" for factor in workload.FACTORS}
# A promise that was broken weighs for so many days.
_BROKEN_DAYS = 30
# A number that is larger than that of any company.
_SPREAD = SQL("(SELECT max(id) + 1 FROM res_company)")


class LoanWorkload(models.Model):
    """What each manager of a company carries now, in numbers and load points; it names no customer.

    Nothing is stored: the numbers are counted with each look, so they are right after every change. A person sees
    their own row, a lead those of their teams, compliance all; who else is in the query is not even counted.
    """

    _name = "loan.workload"
    _inherit = ["loan.satisfaction.mixin"]
    _description = "Team Load"
    _auto = False
    _order = "points desc, id"
    _rec_name = "user_id"
    _depends = {
        "crm.team": ["active", "user_id"],
        "crm.team.member": ["active", "crm_team_id", "user_id"],
        "loan.case": ["about_user_id", "loan_level"],
        "loan.commitment": ["activity_id", "case_id", "customer_id", "date_due", "state"],
        "loan.contract": ["customer_id", "day_zero", "manager_user_id", "state", "waiting_since"],
        "loan.cover": ["company_id", "date_from", "date_to", "manager_user_id"],
        "loan.customer": ["active", "company_id", "manager_user_id", "tier_id", "waiting_since"],
        "loan.customer.tier": ["is_vip"],
        "loan.hardship": ["contract_id", "customer_id", "state"],
        "loan.manager": ["company_id", "load_ceiling", "takes_new", "user_id", "vip_slots"],
        "loan.promise": ["customer_id", "date_promised", "decided_on", "state"],
        "mail.activity": ["active"],
        "res.company": [
            "loan_load_ceiling",
            "loan_vip_slots",
            *(f"loan_weight_{factor}" for factor in workload.FACTORS),
        ],
        "res.users": ["active", "company_ids", "group_ids", "sale_team_id", "share"],
    }

    user_id = fields.Many2one("res.users", "Manager", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    team_id = fields.Many2one("crm.team", "Team", readonly=True)
    user_active = fields.Boolean("Still Here", readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)
    loan_count = fields.Integer("Running Loans", readonly=True)
    late_count = fields.Integer("Late Loans", readonly=True)
    case_count = fields.Integer(
        "Open Cases",
        readonly=True,
        help="Open hardship requests, and loans whose borrower waits for an answer.",
    )
    vip_count = fields.Integer("VIP Customers", readonly=True)
    promise_count = fields.Integer(
        "Promises Overdue",
        readonly=True,
        help="Not yet decided though their day has passed, or broken of late.",
    )
    ours_count = fields.Integer(
        "Our Promises Overdue",
        readonly=True,
        help="What was promised to customers and not done by its day, whoever was to do it.",
    )
    points = fields.Float(
        "Load", digits=(16, 1), readonly=True, help="In points, as the settings weigh them."
    )
    load_ceiling = fields.Float("Ceiling", digits=(16, 1), readonly=True)
    share = fields.Float("Share of Ceiling", digits=(16, 4), readonly=True, aggregator=None)
    vip_slots = fields.Integer("VIP Slots", readonly=True)
    takes_new = fields.Boolean("Takes New Customers", readonly=True)
    away_until = fields.Date("Away Until", readonly=True, help="Away today, until this day.")
    # How strongly each number is tinted, and why: {column: [step, words]}.
    heat = fields.Json(compute="_compute_heat", export_string_translation=False)

    @property
    def _table_query(self):
        asked = self._asked_ids()
        return SQL(
            """
            WITH day (company_id, today) AS (VALUES %(days)s),
            person AS (
                SELECT cu.user_id, cu.cid AS company_id
                  FROM res_company_users_rel cu
                  JOIN res_users u ON u.id = cu.user_id
                 WHERE u.active AND NOT COALESCE(u.share, FALSE)
                   AND EXISTS (SELECT FROM res_groups_users_rel g WHERE g.uid = u.id AND g.gid = ANY(%(groups)s))
                   AND %(asked_person)s
                 UNION
                SELECT manager_user_id, company_id FROM loan_customer
                 WHERE active AND manager_user_id IS NOT NULL AND %(asked_customer)s),
            counted AS (
                SELECT manager_user_id, company_id, %(sums)s FROM (%(counts)s) each_customer
                 GROUP BY manager_user_id, company_id)
            SELECT person.user_id * %(spread)s + person.company_id AS id,
                   person.user_id,
                   person.company_id,
                   u.sale_team_id AS team_id,
                   u.active AS user_active,
                   %(numbers)s,
                   load.points,
                   limits.load_ceiling,
                   CASE WHEN limits.load_ceiling > 0 THEN load.points / limits.load_ceiling
                        ELSE 1 + load.points END AS share,
                   limits.vip_slots,
                   limits.takes_new,
                   (SELECT max(cover.date_to) FROM loan_cover cover
                     WHERE cover.manager_user_id = person.user_id AND cover.company_id = person.company_id
                       AND cover.date_from <= day.today AND cover.date_to >= day.today) AS away_until
              FROM person
              JOIN res_users u ON u.id = person.user_id
              JOIN res_company company ON company.id = person.company_id
              JOIN day ON day.company_id = person.company_id
              LEFT JOIN loan_manager desk
                ON desk.user_id = person.user_id AND desk.company_id = person.company_id
              LEFT JOIN counted
                ON counted.manager_user_id = person.user_id AND counted.company_id = person.company_id
              CROSS JOIN LATERAL (SELECT (%(points)s)::float8 AS points) load
              CROSS JOIN LATERAL (
                   SELECT COALESCE(desk.load_ceiling, company.loan_load_ceiling)::float8 AS load_ceiling,
                          COALESCE(desk.vip_slots, company.loan_vip_slots) AS vip_slots,
                          COALESCE(desk.takes_new, TRUE) AS takes_new) limits
            """,
            days=self._days_sql(),
            groups=self._manager_group_ids(),
            asked_person=self._asked_sql("cu.user_id", asked),
            asked_customer=self._asked_sql("manager_user_id", asked),
            sums=SQL(", ").join(
                SQL("sum(%s)::integer AS %s", SQL.identifier(name), SQL.identifier(name))
                for name in _COLUMNS.values()
            ),
            counts=self._counts_sql(
                SQL(
                    "customer.manager_user_id IS NOT NULL AND %s",
                    self._asked_sql("customer.manager_user_id", asked),
                ),
                # The same once more: without it, each customer's loans are looked up one customer after the other.
                self._asked_sql("contract.manager_user_id", asked),
            ),
            # A person works for a few companies: their numbers together are one that stays the same.
            spread=_SPREAD,
            numbers=SQL(", ").join(
                SQL("COALESCE(counted.%s, 0) AS %s", SQL.identifier(name), SQL.identifier(name))
                for name in _COLUMNS.values()
            ),
            points=SQL(" + ").join(
                SQL(
                    "COALESCE(counted.%s, 0) * company.%s",
                    SQL.identifier(name),
                    SQL.identifier(f"loan_weight_{factor}"),
                )
                for factor, name in _COLUMNS.items()
            ),
        )

    @api.model
    def _days_sql(self):
        # As superuser: a company's calendar day is no secret.
        companies_sudo = self.env["res.company"].sudo().search([("loan_tz", "!=", False)])
        return SQL(", ").join(
            SQL("(%s, %s::date)", company.id, company._loan_today()) for company in companies_sudo
        )

    @api.model
    def _manager_group_ids(self):
        # As superuser: which groups make somebody a manager is no secret.
        group_sudo = self.env.ref("loan_crm.loan_crm_group_manager").sudo()
        return (group_sudo | group_sudo.all_implied_by_ids).ids

    @api.model
    def _asked_ids(self):
        """Return the managers that are asked for: whom the user may see, and of those whom the context names.

        :return: a list of ids, None for all
        """
        asked = None
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance")):
            asked = {self.env.uid, *self.env["loan.conflict"]._led_users().ids}
        named = self.env.context.get("loan_workload_users")
        if isinstance(named, (list, tuple)) and all(isinstance(id_, int) for id_ in named):
            asked = set(named) if asked is None else asked & set(named)
        return None if asked is None else sorted(asked)

    @api.model
    def _asked_sql(self, column, ids):
        return SQL("TRUE") if ids is None else SQL("%s = ANY(%s)", SQL.identifier(*column.split(".")), ids)

    @api.model
    def _counts_sql(self, which, which_loans=None):
        """Return what weighs of each active customer, a query with a row a customer or several to be added up.

        :param SQL which: on `customer`
        :param SQL which_loans: on `contract`, what follows from it for loans; nothing more without
        """
        return SQL(
            """
            SELECT customer.id, customer.manager_user_id, customer.company_id,
                   1 AS customer_count, 0 AS loan_count, 0 AS late_count, 0 AS case_count,
                   COALESCE(tier.is_vip, FALSE)::integer AS vip_count, 0 AS promise_count, 0 AS ours_count
              FROM loan_customer customer
              LEFT JOIN loan_customer_tier tier ON tier.id = customer.tier_id
             WHERE customer.active AND %(which)s
             UNION ALL
            SELECT customer.id, customer.manager_user_id, customer.company_id,
                   0, (contract.state = 'active')::integer,
                   (contract.state = 'active' AND contract.day_zero < day.today)::integer,
                   (contract.waiting_since IS NOT NULL)::integer, 0, 0, 0
              FROM loan_contract contract
              JOIN loan_customer customer ON customer.id = contract.customer_id
              JOIN day ON day.company_id = customer.company_id
             WHERE customer.active AND (contract.state = 'active' OR contract.waiting_since IS NOT NULL)
               AND %(which)s AND %(which_loans)s
             UNION ALL
            SELECT customer.id, customer.manager_user_id, customer.company_id, 0, 0, 0, 1, 0, 0, 0
              FROM loan_customer customer
             WHERE customer.active AND customer.waiting_since IS NOT NULL AND %(which)s
             UNION ALL
            SELECT customer.id, customer.manager_user_id, customer.company_id, 0, 0, 0, 1, 0, 0, 0
              FROM loan_hardship request
              JOIN loan_customer customer ON customer.id = request.customer_id
             WHERE customer.active AND request.state IN ('new', 'talks') AND %(which)s
             UNION ALL
            SELECT customer.id, customer.manager_user_id, customer.company_id, 0, 0, 0, 0, 0, 1, 0
              FROM loan_promise promise
              JOIN loan_customer customer ON customer.id = promise.customer_id
              JOIN day ON day.company_id = customer.company_id
             WHERE customer.active AND %(which)s
               AND ((promise.state = 'open' AND promise.date_promised < day.today)
                    OR (promise.state = 'broken' AND promise.decided_on >= day.today - %(broken)s::integer))
             UNION ALL
            SELECT customer.id, customer.manager_user_id, customer.company_id, 0, 0, 0, 0, 0, 0, 1
              FROM loan_commitment given
              JOIN loan_customer customer ON customer.id = given.customer_id
              JOIN day ON day.company_id = customer.company_id
              LEFT JOIN mail_activity todo ON todo.id = given.activity_id
              LEFT JOIN loan_case kept ON kept.id = given.case_id
             WHERE kept.about_user_id IS NULL AND COALESCE(kept.loan_level, 0) = 0  -- not theirs to see, maybe
               AND (given.state IN ('open', 'due') OR given.state = 'broken' AND todo.active)
               AND given.date_due < day.today
               AND customer.active AND %(which)s
            """,
            which=which,
            which_loans=which_loans or SQL("TRUE"),
            broken=_BROKEN_DAYS,
        )

    @api.model
    def _counts(self, customers):
        """Return what weighs of customers: `{customer id: core.workload.Counts}`.

        :param customers: `loan.customer`
        """
        for name, names in self._depends.items():
            self.env[name].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                "WITH day (company_id, today) AS (VALUES %s) SELECT id, %s FROM (%s) each_customer GROUP BY id",
                self._days_sql(),
                SQL(", ").join(SQL("sum(%s)::integer", SQL.identifier(name)) for name in _COLUMNS.values()),
                self._counts_sql(SQL("customer.id = ANY(%s)", list(customers.ids))),
            )
        )
        return {id_: workload.Counts(*numbers) for id_, *numbers in rows}

    @api.depends_context("lang")
    @api.depends("points", "load_ceiling", "vip_count", "vip_slots")
    def _compute_heat(self):
        for row in self:
            company_sudo = row.company_id.sudo()  # what weighs how much is no secret
            weights = company_sudo._loan_weights()
            ceiling = Decimal(str(row.load_ceiling))
            heat = {}
            for factor, name in _COLUMNS.items():
                load = row[name] * getattr(weights, factor)
                part = workload.share(load, ceiling)
                heat[name] = [workload.heat(part), row._part_told(load, part)] if row[name] else [0, ""]
            part = workload.share(Decimal(str(row.points)), ceiling)
            heat["share"] = heat["points"] = [workload.heat(part, workload.TOTAL_STEPS), row._told()]
            if row.vip_count > row.vip_slots:
                heat["vip_count"] = [
                    len(workload.FACTOR_STEPS),
                    self.env._("More VIP customers than slots (%s)", row.vip_slots),
                ]
            row.heat = heat

    def _part_told(self, load, part):
        return self.env._(
            "%(points)s points, %(share)s %% of the ceiling",
            points=f"{float(load):g}",
            share=round(part * 100),
        )

    def _told(self):
        """Return in words what somebody carries and could carry."""
        self.ensure_one()
        return self.env._(
            "%(points)s of %(ceiling)s points, %(used)s of %(slots)s VIP slots",
            points=f"{self.points:g}",
            ceiling=f"{self.load_ceiling:g}",
            used=self.vip_count,
            slots=self.vip_slots,
        )

    def _load(self):
        """Return the load in points, a :class:`Decimal`."""
        self.ensure_one()
        return Decimal(str(round(self.points, 4)))

    def action_open_customers(self, column=None):
        """Open the customers behind a row or one of its numbers, as far as the user may see them.

        :param str column: of a number; all customers without
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
        action["name"] = self.env._("Customers of %s", self.user_id.name)
        action["domain"] = list(
            Domain("manager_user_id", "=", self.user_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & self._column_domain(column)
        )
        action["context"] = {}
        return action

    def _column_domain(self, column):
        today = self.company_id._loan_today()
        domains = {
            "loan_count": Domain("contract_ids.state", "=", "active"),
            "late_count": Domain("contract_ids.days_past_due", ">", 0),
            "case_count": Domain("waiting_since", "!=", False)
            | Domain("contract_ids.waiting_since", "!=", False)
            | Domain("contract_ids.hardship_ids.state", "in", ("new", "talks")),
            "vip_count": Domain("tier_id.is_vip", "=", True),
        }
        if column == "promise_count":
            overdue = Domain("state", "=", "open") & Domain("date_promised", "<", today)
            broken = Domain("state", "=", "broken") & Domain(
                "decided_on", ">=", fields.Date.subtract(today, days=_BROKEN_DAYS)
            )
            theirs = Domain("customer_id.manager_user_id", "=", self.user_id.id)
            return Domain(
                "id", "in", self.env["loan.promise"].search(theirs & (overdue | broken)).customer_id.ids
            )
        if column == "ours_count":
            return Domain("id", "in", self._broken_by_us(today).ids)
        return domains.get(column, Domain.TRUE)

    def _broken_by_us(self, today):
        """Return the customers to whom something was promised and not done by its day, as far as the user sees them."""
        ledger = self.env["loan.commitment"]
        return ledger.search(ledger._undone_domain() & Domain("date_due", "<", today)).customer_id
