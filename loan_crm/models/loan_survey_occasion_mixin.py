from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# What is looked for each hour; the rest of it once a day, by the night.
_HOURLY = ("application", "decision", "disbursement", "case", "recovered", "repaid")
_BATCH = 500


class LoanSurveyOccasionMixin(models.AbstractModel):
    """Finds what happened to customers, and puts on record that they are to be asked about it.

    Each moment is one query over what happened since the rules of that moment began, less what is on record already.
    The unique index of the record says the last word: once for each occasion, however many workers look.
    """

    _name = "loan.survey.occasion.mixin"
    _description = "Occasions for Surveys"

    @api.model
    def _occasion_sources(self):
        """Return where occasions come from: `{moment: f(company, since, today) -> SQL or None}`.

        The query has the columns `ref` (number of the record it is about), `year` (0, or the year of a moment that
        comes back), `day` (of the occasion), `partner_id`, and `customer_id`, `contract_id`, `lead_id`, `product_id`,
        `case_id`, each of which may be NULL. A family adds its own.
        """
        return {
            "application": self._application_occasions,
            "decision": self._decision_occasions,
            "disbursement": self._disbursement_occasions,
            "case": self._case_occasions,
            "recovered": self._recovered_occasions,
            "yearly": self._yearly_occasions,
            "repaid": self._repaid_occasions,
        }

    @api.model
    def _note_occasions(self, company, moments=_HOURLY):
        """Put on record whom a lender is to ask: one batch.

        :param company: `res.company`
        :param moments: which moments to look for
        :return: how many were found; 0 when nothing is left
        """
        today = company._loan_today()
        rules = self.env["loan.survey.rule"].search(
            [("company_id", "in", (False, company.id)), ("moment", "in", moments)]
        )
        sources, found = self._occasion_sources(), 0
        for moment, group in rules.grouped("moment").items():
            if moment not in sources or found >= _BATCH:
                continue
            reach = max(rule.delay_days + rule.late_days for rule in group)
            since = max(min(group.mapped("date_from")), today - timedelta(days=reach))
            query = sources[moment](company, since, today)
            if query is not None:
                found += len(self._note_moment(company, moment, query, today))
        return found

    @api.model
    def _note_moment(self, company, moment, query, today):
        for name in ("loan.survey.rule", "loan.survey.request", "loan.customer", "res.partner"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (occasion.ref, occasion.year)
                       occasion.ref, occasion.year, occasion.day, occasion.partner_id, occasion.customer_id,
                       occasion.contract_id, occasion.lead_id, occasion.case_id, occasion.product_id,
                       rule.id AS rule_id, rule.survey_id, rule.delay_days, rule.late_days
                  FROM (%(query)s) AS occasion
                  JOIN res_partner partner ON partner.id = occasion.partner_id
             LEFT JOIN loan_customer customer ON customer.id = occasion.customer_id
                  JOIN loan_survey_rule rule
                    ON rule.moment = %(moment)s AND rule.active
                   AND (rule.company_id IS NULL OR rule.company_id = %(company)s)
                   AND occasion.day >= rule.date_from
                   AND occasion.day >= %(today)s::date - rule.delay_days - rule.late_days
                   AND (rule.customer_kind IS NULL OR rule.customer_kind = customer.kind)
                   AND (rule.lang IS NULL OR rule.lang = partner.lang)
                   AND (NOT EXISTS (SELECT FROM loan_customer_tier_loan_survey_rule_rel tiers
                                     WHERE tiers.loan_survey_rule_id = rule.id)
                        OR EXISTS (SELECT FROM loan_customer_tier_loan_survey_rule_rel tiers
                                    WHERE tiers.loan_survey_rule_id = rule.id
                                      AND tiers.loan_customer_tier_id = customer.tier_id))
                   AND (NOT EXISTS (SELECT FROM loan_product_loan_survey_rule_rel products
                                     WHERE products.loan_survey_rule_id = rule.id)
                        OR EXISTS (SELECT FROM loan_product_loan_survey_rule_rel products
                                    WHERE products.loan_survey_rule_id = rule.id
                                      AND products.loan_product_id = occasion.product_id))
                 WHERE NOT EXISTS (SELECT FROM loan_survey_request known
                                    WHERE known.moment = %(moment)s
                                      AND known.occasion_ref = occasion.ref
                                      AND known.occasion_year = occasion.year)
                 ORDER BY occasion.ref, occasion.year, rule.sequence, rule.id
                 LIMIT %(batch)s
                """,
                query=query,
                moment=moment,
                company=company.id,
                today=today,
                batch=_BATCH,
            ),
            log_exceptions=False,
        )
        rows = self.env.cr.dictfetchall()
        self._wait_for_others(sorted({row["rule_id"] for row in rows}))
        return self.create([self._prepare_occasion_vals(company, moment, row) for row in rows])

    @api.model
    def _wait_for_others(self, rule_ids):
        """Let one worker at a time put occasions of these rules on record.

        A row that is written, and not only locked, tells whoever waited that their view is old: they begin again on a
        fresh one (`loan.reminder._overtaken`), and find on record what they would have run into the index with.
        """
        if rule_ids:
            self.env.cr.execute(
                SQL("UPDATE loan_survey_rule SET write_date = write_date WHERE id = ANY(%s)", rule_ids),
                log_exceptions=False,  # that another worker was faster is no error
            )

    @api.model
    def _prepare_occasion_vals(self, company, moment, row):
        due = row["day"] + timedelta(days=row["delay_days"])
        return {
            "company_id": company.id,
            "moment": moment,
            "occasion_ref": row["ref"],
            "occasion_year": row["year"],
            "occasion_on": row["day"],
            "due_on": due,
            "last_day": due + timedelta(days=row["late_days"]),
            "rule_id": row["rule_id"],
            "survey_id": row["survey_id"],
            "partner_id": row["partner_id"],
            "customer_id": row["customer_id"],
            "contract_id": row["contract_id"],
            "lead_id": row["lead_id"],
            "case_id": row["case_id"],
            "product_id": row["product_id"],
        }

    # ------------------------------------------------------------ where they come from

    @api.model
    def _application_occasions(self, company, since, today):
        return self._lead_occasions(company, SQL("lead.create_date"), SQL("TRUE"), since)

    @api.model
    def _decision_occasions(self, company, since, today):
        # A refusal is a decision, too; an application that the customer took back has its reason of Odoo's.
        return self._lead_occasions(
            company, SQL("lead.date_closed"), SQL("lead.won_status IN ('won', 'lost')"), since
        )

    @api.model
    def _lead_occasions(self, company, moment, where, since):
        """Return the query of applications to a lender by a moment of theirs.

        The person who speaks for the firm is the one who was served, so it is they who are asked.
        """
        for name in ("crm.lead", "loan.product"):
            self.env[name].flush_model()
        day = SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, company.loan_tz or "UTC")
        return SQL(
            """
            SELECT lead.id AS ref, 0 AS year, %(day)s AS day, lead.partner_id, profile.id AS customer_id,
                   NULL::int AS contract_id, lead.id AS lead_id, NULL::int AS case_id,
                   lead.loan_product_id AS product_id
              FROM crm_lead lead
              JOIN loan_product product ON product.id = lead.loan_product_id
              JOIN res_partner contact ON contact.id = lead.partner_id
         LEFT JOIN loan_customer profile
                ON profile.company_id = %(company)s
               AND profile.partner_id = CASE WHEN lead.loan_kind IN ('person', 'sole_trader') THEN contact.id
                                             ELSE COALESCE(contact.commercial_partner_id, contact.id) END
             WHERE COALESCE(lead.company_id, product.company_id, %(company)s) = %(company)s
               AND lead.type = 'opportunity'
               AND %(moment)s >= %(since)s::date - 1
               AND %(day)s >= %(since)s
               AND %(where)s
            """,
            day=day,
            moment=moment,
            company=company.id,
            since=since,
            where=where,
        )

    @api.model
    def _disbursement_occasions(self, company, since, today):
        self.env["loan.contract"].flush_model()
        return self._contract_occasions(
            company,
            SQL("contract.id"),
            SQL("0"),
            SQL("contract.start_date"),
            SQL(
                "contract.state IN ('active', 'closed') AND contract.start_date BETWEEN %s AND %s",
                since,
                today,
            ),
        )

    @api.model
    def _repaid_occasions(self, company, since, today):
        for name in ("loan.contract", "loan.repayment"):
            self.env[name].flush_model()
        last = SQL(
            """
            (SELECT max(paid.date) FROM loan_repayment paid
              WHERE paid.contract_id = contract.id AND paid.state = 'posted')
            """
        )
        return self._contract_occasions(
            company,
            SQL("contract.id"),
            SQL("0"),
            last,
            SQL(
                """
                contract.state = 'closed'
                AND contract.id IN (SELECT paid.contract_id FROM loan_repayment paid
                                     WHERE paid.state = 'posted' AND paid.date >= %(since)s)
                AND %(last)s BETWEEN %(since)s AND %(today)s
                """,
                last=last,
                since=since,
                today=today,
            ),
        )

    @api.model
    def _yearly_occasions(self, company, since, today):
        """Return the query of loans whose day comes back; a customer has one such day a calendar year."""
        self.env["loan.contract"].flush_model()
        days = [since + timedelta(days=past) for past in range((today - since).days + 1)]
        marks = [f"{day:%m-%d}" for day in days]
        # Who borrowed on 29 February has their day on the 28th in other years.
        marks += [
            "02-29"
            for day in days
            if (day + timedelta(days=1)).strftime("%m-%d") == "03-01" and day.day == 28
        ]
        by_mark = {mark: day for day, mark in zip(days, marks, strict=False)}
        if "02-29" in marks and "02-29" not in by_mark:
            by_mark["02-29"] = by_mark["02-28"]
        return SQL(
            """
            SELECT DISTINCT ON (contract.customer_id, year) contract.customer_id AS ref,
                   EXTRACT(YEAR FROM mark.day)::int AS year, mark.day, customer.partner_id, contract.customer_id,
                   contract.id AS contract_id, NULL::int AS lead_id, NULL::int AS case_id, contract.product_id
              FROM loan_contract contract
              JOIN loan_customer customer ON customer.id = contract.customer_id
              JOIN unnest(%(marks)s::text[], %(days)s::date[]) AS mark (name, day)
                ON mark.name = to_char(contract.start_date, 'MM-DD')
             WHERE contract.company_id = %(company)s
               AND contract.state = 'active'
               AND contract.start_date <= mark.day - 360
             ORDER BY contract.customer_id, year, mark.day, contract.id
            """,
            marks=list(by_mark),
            days=list(by_mark.values()),
            company=company.id,
        )

    @api.model
    def _contract_occasions(self, company, ref, year, day, where):
        return SQL(
            """
            SELECT %(ref)s AS ref, %(year)s AS year, %(day)s AS day, customer.partner_id, contract.customer_id,
                   contract.id AS contract_id, NULL::int AS lead_id, NULL::int AS case_id, contract.product_id
              FROM loan_contract contract
              JOIN loan_customer customer ON customer.id = contract.customer_id
             WHERE contract.company_id = %(company)s AND %(where)s
            """,
            ref=ref,
            year=year,
            day=day,
            company=company.id,
            where=where,
        )

    @api.model
    def _case_occasions(self, company, since, today):
        # Who asked for help is asked nothing more: what they told was hard enough.
        return self._closed_occasions(company, ("inquiry", "request"), since)

    @api.model
    def _recovered_occasions(self, company, since, today):
        """Return the query of complaints that are settled; a family that mends things may know it better."""
        return self._closed_occasions(company, ("complaint",), since)

    @api.model
    def _closed_occasions(self, company, kinds, since):
        """Return the query of cases of some kinds that are closed; a case that was opened again counts once."""
        for name in ("loan.case", "loan.contract"):
            self.env[name].flush_model()
        day = SQL("(matter.closed_at AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", company.loan_tz or "UTC")
        return SQL(
            """
            SELECT matter.id AS ref, 0 AS year, %(day)s AS day,
                   COALESCE(matter.partner_id, customer.partner_id) AS partner_id, matter.customer_id,
                   matter.contract_id, NULL::int AS lead_id, matter.id AS case_id, contract.product_id
              FROM loan_case matter
         LEFT JOIN loan_customer customer ON customer.id = matter.customer_id
         LEFT JOIN loan_contract contract ON contract.id = matter.contract_id
             WHERE matter.company_id = %(company)s
               AND matter.state = 'closed'
               AND matter.kind = ANY(%(kinds)s)
               AND matter.closed_at >= %(since)s::date - 1
               AND %(day)s >= %(since)s
            """,
            day=day,
            company=company.id,
            kinds=list(kinds),
            since=since,
        )
