from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import arrears


class LoanArrearsMixin(models.AbstractModel):
    """How late a loan is. Days past due are never stored, the day they count from is: a night changes nothing.

    What they lead to is graded by data that an administrator keeps: buckets, the five classes, the stages of
    IFRS 9. Those are stored, because books are reported by them, and only a loan that crosses a bound is written.
    """

    _name = "loan.arrears.mixin"
    _inherit = ["loan.ledger.mixin"]
    _description = "Loan Arrears"

    amount_overdue = fields.Monetary(
        "Overdue Amount",
        compute="_compute_arrears",
        help="What is open of installments whose due date has passed.",
    )
    days_past_due = fields.Integer(
        "Days Past Due",
        compute="_compute_arrears",
        search="_search_days_past_due",
        help="Days since the oldest unpaid due date, counted as the product says.",
    )
    day_zero = fields.Date(
        "Days Count From",
        readonly=True,
        copy=False,
        help="The day on which the oldest unpaid installment was zero days past due.",
    )
    arrears_bucket_id = fields.Many2one(
        "loan.arrears.bucket", "Arrears", readonly=True, copy=False, ondelete="restrict"
    )
    asset_class_id = fields.Many2one(
        "loan.asset.class",
        "Class",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The worse of what days past due allow at best and what was judged.",
    )
    judged_class_id = fields.Many2one(
        "loan.asset.class",
        "Class Override",
        readonly=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
        help="A judgement by other signs than days past due. It can only make the class worse.",
    )
    stage = fields.Integer(
        "IFRS 9 Stage",
        readonly=True,
        copy=False,
        aggregator=None,
        help="The least stage that days past due allow: 1, 2 (significant increase in risk) or 3 (default).",
    )

    @api.depends("state", "next_due_date", "day_zero", "amount_open")
    def _compute_arrears(self):
        overdue = {}
        for company, contracts in self.grouped("company_id").items():
            late = self.env["loan.installment"]._overdue_domain(company._loan_today())
            overdue.update(
                self.env["loan.installment"]._read_group(
                    Domain("contract_id", "in", contracts.ids) & late, ["contract_id"], ["amount_open:sum"]
                )
            )
        for contract in self:
            zero = contract.day_zero if contract.state == "active" else None
            contract.amount_overdue = overdue.get(contract._origin, 0.0)
            contract.days_past_due = max(0, (contract.company_id._loan_today() - zero).days) if zero else 0

    def _days_to_day_zero(self):
        """Return how many days after its due date an installment of this loan is zero days past due."""
        if self.dpd_day_zero == "due_day_is_one":
            return -1
        return self.grace_days if self.dpd_day_zero == "less_grace" else 0

    @api.model
    def _other_day_zeros(self):
        """Return pairs (rule, grace days) of the loans that do not count from the due date."""
        # As superuser: which rules are in use tells nothing about a loan.
        contracts_sudo = self.env["loan.contract"].sudo()
        return contracts_sudo._read_group(
            [("dpd_day_zero", "!=", "due_date")], ["dpd_day_zero", "grace_days"]
        )

    def _search_days_past_due(self, operator, value):
        if operator == "in":
            return Domain.OR(self._days_past_due_domain("=", days) for days in value)
        if operator in ("<", "<=", ">", ">="):
            return self._days_past_due_domain(operator, value)
        return NotImplemented

    def _days_past_due_domain(self, operator, days):
        """Turn a question about days into one about dates, which an index can answer."""
        days = arrears.whole_days(operator, days)
        if days is None:
            return Domain.FALSE
        return Domain.OR(
            self._due_bounds_domain(arrears.due_date_bounds(operator, days, today))
            & Domain("company_id", "in", companies)
            for today, companies in self._company_days()
        )

    def _company_days(self):
        """Return pairs of a day and the ids of the companies where it is today; at most three exist at once."""
        # As superuser: a company's calendar day is no secret, and the rule on its loans is asked elsewhere.
        companies_sudo = self.env["res.company"].sudo().search([("loan_tz", "!=", False)])
        return [(day, group.ids) for day, group in companies_sudo.grouped(lambda c: c._loan_today()).items()]

    @api.model
    def _due_bounds_domain(self, bounds):
        if bounds is None:
            return Domain.FALSE
        domain = Domain("state", "=", "active")
        if bounds.includes_unset:
            unset = Domain("day_zero", "=", False) | ~Domain("state", "=", "active")
            domain = Domain.TRUE
        if bounds.earliest:
            domain &= Domain("day_zero", ">=", bounds.earliest)
        if bounds.latest:
            domain &= Domain("day_zero", "<=", bounds.latest)
        return domain | unset if bounds.includes_unset else domain

    def action_judge(self):
        """Open the form in which a team lead or a compliance officer judges the class."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_contract_judge_action")
        action["context"] = {"default_contract_id": self.id}
        return action

    def write(self, vals):
        result = super().write(vals)
        if "judged_class_id" in vals:
            # As superuser: the class follows from the judgement, nobody enters it.
            self.sudo()._refresh_grades()
        return result

    def _follow_balance(self):
        result = super()._follow_balance()
        self._refresh_grades()
        return result

    def _refresh_grades(self):
        """Grade these loans by today; others wait for the night."""
        for company, contracts in self.grouped("company_id").items():
            self._grade(company, company._loan_today(), contracts.ids)

    @api.model
    def _grade(self, company, today, ids=None):
        """Put loans into the bucket, class and stage their days past due call for; write only those that change.

        One statement for a whole book, and nothing for a loan that stays where it is: a second call writes no row.
        Each change of bucket or class is noted in `loan.arrears.change`, one for a loan and day.

        :param company: whose loans
        :param date today: the lender's day
        :param ids: only these loans; None: all
        :return: how many loans were written
        """
        for name in ("loan.contract", "loan.arrears.bucket", "loan.asset.class"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH aged AS (
                    SELECT id, state, judged_class_id, significant_from, default_from,
                           arrears_bucket_id AS old_bucket, asset_class_id AS old_class, stage AS old_stage,
                           CASE WHEN state = 'active' AND day_zero < %(today)s
                                THEN %(today)s - day_zero ELSE 0 END AS days
                      FROM loan_contract
                     WHERE company_id = %(company)s
                       AND %(chosen)s
                ), graded AS (
                    SELECT aged.*, bucket.id AS bucket,
                           CASE WHEN judged.days_from > class.days_from THEN judged.id ELSE class.id END AS class,
                           CASE WHEN aged.state <> 'active' THEN NULL
                                WHEN days >= CASE default_from WHEN 'from_90' THEN 90 ELSE 91 END THEN 3
                                WHEN days >= CASE significant_from WHEN 'from_30' THEN 30 ELSE 31 END THEN 2
                                ELSE 1 END AS new_stage
                      FROM aged
                      LEFT JOIN loan_asset_class AS judged ON judged.id = aged.judged_class_id
                      LEFT JOIN LATERAL (
                          SELECT id FROM loan_arrears_bucket
                           WHERE aged.state = 'active' AND days_from <= aged.days
                           ORDER BY days_from DESC LIMIT 1
                      ) AS bucket ON TRUE
                      LEFT JOIN LATERAL (
                          SELECT id, days_from FROM loan_asset_class
                           WHERE aged.state = 'active' AND active AND days_from <= aged.days
                           ORDER BY days_from DESC LIMIT 1
                      ) AS class ON TRUE
                ), moved AS (
                    UPDATE loan_contract AS contract
                       SET arrears_bucket_id = graded.bucket, asset_class_id = graded.class, stage = graded.new_stage
                      FROM graded
                     WHERE contract.id = graded.id
                       AND (graded.old_bucket, graded.old_class, graded.old_stage)
                           IS DISTINCT FROM (graded.bucket, graded.class, graded.new_stage)
                 RETURNING contract.id, contract.customer_id, contract.company_id, graded.days,
                           graded.old_bucket, graded.bucket, graded.old_class, graded.class
                ), noted AS (
                    INSERT INTO loan_arrears_change (
                        contract_id, customer_id, company_id, date, days_past_due,
                        bucket_from_id, bucket_to_id, class_from_id, class_to_id)
                    SELECT id, customer_id, company_id, %(today)s, days, old_bucket, bucket, old_class, class
                      FROM moved
                     WHERE (old_bucket, old_class) IS DISTINCT FROM (bucket, class)
                        -- What a day began with and what it ended with: the way there is nobody's roll rate.
                        ON CONFLICT (contract_id, date) DO UPDATE
                       SET days_past_due = EXCLUDED.days_past_due,
                           bucket_to_id = EXCLUDED.bucket_to_id,
                           class_to_id = EXCLUDED.class_to_id
                )
                SELECT id FROM moved
                """,
                today=today,
                company=company.id,
                chosen=SQL("id = ANY(%s)", list(ids))
                if ids is not None
                # Those that are late, or were: all others stay where they are.
                else SQL(
                    "state = 'active' AND (day_zero < %s OR stage IS DISTINCT FROM 1 "
                    "OR arrears_bucket_id IS DISTINCT FROM "
                    "(SELECT id FROM loan_arrears_bucket ORDER BY days_from LIMIT 1) "
                    "OR asset_class_id IS DISTINCT FROM "
                    "(SELECT id FROM loan_asset_class WHERE active ORDER BY days_from LIMIT 1) "
                    "OR judged_class_id IS NOT NULL)",
                    today,
                ),
            )
        )
        written = [row[0] for row in self.env.cr.fetchall()]
        self.env["loan.contract"].browse(written).invalidate_recordset()
        self.env["loan.arrears.change"].invalidate_model()
        return len(written)

    @api.model
    def _totals(self):
        return [*super()._totals(), "arrears_bucket_id", "asset_class_id", "stage"]
