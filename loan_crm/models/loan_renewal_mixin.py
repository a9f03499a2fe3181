from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..core import renewals

_BATCH = 200


class LoanRenewalMixin(models.AbstractModel):
    """The next loan is offered before this one ends: an application for the borrower's manager, once for each loan.

    The night looks at the loans that end within the lender's days (`_night_renew`), asks of all of them in one query
    how their borrowers have paid, and opens a lead for the good payers. That it was opened stands on the loan itself,
    so no second one comes, not even after the first was deleted. Who gets none can be told why.
    """

    _name = "loan.renewal.mixin"
    _inherit = ["loan.application.mixin"]
    _description = "Renewal of a Loan"

    renewal_lead_id = fields.Many2one(
        "crm.lead", "Renewal", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    renewal_offered_on = fields.Date("Renewal Opened On", readonly=True, copy=False)
    renewal_note = fields.Char("Next Loan", compute="_compute_renewal_note")

    _renewal_idx = models.Index(
        "(company_id, last_due_date) WHERE state = 'active' AND renewal_offered_on IS NULL"
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"renewal_lead_id", "renewal_offered_on"}

    # ------------------------------------------------------------ why, or why not

    @api.depends("state", "last_due_date", "renewal_offered_on")
    @api.depends_context("lang")
    def _compute_renewal_note(self):
        self.renewal_note = False
        for contract in self.filtered("renewal_offered_on"):
            contract.renewal_note = self.env._(
                "Renewal opened on %s", format_date(self.env, contract.renewal_offered_on)
            )
        for company, contracts in (
            self.filtered(lambda c: c.id and not c.renewal_offered_on).grouped("company_id").items()
        ):
            today, days = company._loan_today(), company.loan_renewal_days
            ending = contracts.filtered(
                lambda c, first=today, last=today + timedelta(days): (
                    c.state == "active" and c.last_due_date and first <= c.last_due_date <= last
                )
            )
            if not days or not ending:
                continue
            facts = ending._renewal_facts(today)
            for contract in ending:
                reason = renewals.reason_against(facts[contract.id], company.loan_renewal_on_time)
                contract.renewal_note = contract._renewal_told(reason, facts[contract.id])

    def _renewal_told(self, reason, facts):
        """Return in words why there is no renewal.

        :param reason: of :func:`core.renewals.reason_against`, or None
        :param Facts facts:
        """

        def month(day):
            return day and format_date(self.env, day, date_format="LLLL y")

        told = {
            None: self.env._("A renewal is opened tonight"),
            "inactive": self.env._("No renewal offered: the profile is archived"),
            "opt_out": self.env._("No renewal offered: they want no offers"),
            "late": self.env._("No renewal offered: something is overdue"),
            "hardship": self.env._("No renewal offered: a hardship request is open"),
            "restructured": self.env._("No renewal offered: restructured in %s", month(facts.restructured)),
            "unproven": self.env._("No renewal offered: nothing has fallen due yet"),
            "unpunctual": self.env._(
                "No renewal offered: %(on_time)s of %(due)s in time, late last in %(month)s",
                on_time=facts.on_time,
                due=facts.due,
                month=month(facts.last_late),
            ),
            "applied": self.env._("No renewal offered: they have applied for a loan already"),
            "withdrawn": self.env._("No renewal offered: the product is lent no more"),
        }
        return told[reason]

    def _renewal_facts(self, today):
        """Read how the borrowers of these loans have paid, all their loans with the lender considered.

        As plain SQL: one query for a batch of the night. It tells of a borrower what whoever sees the loan may see.

        :param date today: the lender's day
        :return: `{id: Facts}`
        """
        for name in (
            "crm.lead",
            "loan.contract",
            "loan.contract.event",
            "loan.customer",
            "loan.hardship",
            "loan.installment",
            "loan.product",
            "loan.repayment",
            "loan.repayment.allocation",
            "res.partner",
        ):
            self.env[name].flush_model()
        since = today - relativedelta(months=renewals.MONTHS)
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS (
                    SELECT contract.id, contract.customer_id, contract.product_id,
                           customer.active AND partner.active AS active,
                           COALESCE(customer.renewal_opt_out, FALSE) AS opt_out,
                           customer.partner_id
                      FROM loan_contract contract
                      JOIN loan_customer customer ON customer.id = contract.customer_id
                      JOIN res_partner partner ON partner.id = customer.partner_id
                     WHERE contract.id = ANY(%(ids)s)
                ), borrower AS (
                    SELECT DISTINCT customer_id, partner_id FROM wanted
                ), paid AS (
                    %(come)s
                ), punctual AS (
                    SELECT customer_id, COUNT(*) FILTER (WHERE known) AS due,
                           COUNT(*) FILTER (WHERE on_time) AS on_time,
                           MAX(due_date) FILTER (WHERE known AND NOT on_time) AS last_late
                      FROM paid
                     GROUP BY customer_id
                ), arrears AS (
                    SELECT customer_id
                      FROM loan_contract
                     WHERE customer_id IN (SELECT customer_id FROM borrower)
                       AND state = 'active' AND day_zero < %(today)s
                     GROUP BY customer_id
                ), eased AS (
                    SELECT contract.customer_id, MAX(event.date) AS day
                      FROM loan_contract contract
                      JOIN loan_contract_event event ON event.contract_id = contract.id
                     WHERE contract.customer_id IN (SELECT customer_id FROM borrower)
                       AND event.kind = 'restructure' AND event.state IN ('draft', 'posted')
                       AND event.date >= %(since)s
                     GROUP BY contract.customer_id
                )
                SELECT wanted.id, wanted.active, wanted.opt_out,
                       arrears.customer_id IS NOT NULL,
                       EXISTS (SELECT FROM loan_hardship
                                WHERE loan_hardship.customer_id = wanted.customer_id
                                  AND loan_hardship.state IN ('new', 'talks')),
                       eased.day,
                       COALESCE(punctual.due, 0), COALESCE(punctual.on_time, 0), punctual.last_late,
                       -- Whose an application is, says `crm.lead._loan_borrower_domain`, too.
                       EXISTS (SELECT FROM crm_lead lead
                                 JOIN res_partner contact ON contact.id = lead.partner_id
                                WHERE (contact.id = wanted.partner_id
                                       OR contact.commercial_partner_id = wanted.partner_id)
                                  AND CASE WHEN lead.loan_kind IN ('person', 'sole_trader')
                                             OR lead.loan_kind IS NULL THEN contact.id
                                           ELSE contact.commercial_partner_id END = wanted.partner_id
                                  AND lead.active
                                  AND lead.loan_product_id IS NOT NULL AND lead.won_status = 'pending'
                                  AND (lead.company_id IS NULL OR lead.company_id = contract.company_id)),
                       product.active
                  FROM wanted
                  JOIN loan_contract contract ON contract.id = wanted.id
                  JOIN loan_product product ON product.id = wanted.product_id
                  LEFT JOIN arrears ON arrears.customer_id = wanted.customer_id
                  LEFT JOIN eased ON eased.customer_id = wanted.customer_id
                  LEFT JOIN punctual ON punctual.customer_id = wanted.customer_id
                """,
                come=self.env["loan.customer"]._come_due_sql(
                    SQL(
                        "row.customer_id IN (SELECT customer_id FROM borrower) AND row.due_date >= %s", since
                    ),
                    today,
                ),
                ids=self.ids,
                today=today,
                since=since,
            )
        )
        return {id_: renewals.Facts(*facts) for id_, *facts in rows}

    # ------------------------------------------------------------ opening

    @api.model
    def _night_renew(self, night):
        """Open renewals for good payers whose loans end soon: one batch of a lender's night.

        :param night: `loan.night`
        :return: how many loans were looked at, 0 when none is left
        """
        company, today = night.company_id, night.date
        if not company.loan_renewal_days:
            return 0
        contracts = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "active"),
                ("renewal_offered_on", "=", False),
                ("last_due_date", ">=", today),
                ("last_due_date", "<=", today + timedelta(company.loan_renewal_days)),
                ("id", ">", night._stand("renewed", 0)),
            ],
            order="id",
            limit=_BATCH,
        )
        if not contracts:
            return 0
        night._note_stand(renewed=contracts[-1].id)
        facts = contracts._renewal_facts(today)
        # Of two loans of one borrower that end together the first is renewed: the manager speaks with them anyway.
        chosen, borrowers = self.browse(), set()
        for contract in contracts:
            against = renewals.reason_against(facts[contract.id], company.loan_renewal_on_time)
            if against is None and contract.customer_id not in borrowers:
                borrowers.add(contract.customer_id)
                chosen |= contract
        night._apart("renew", chosen, lambda loans: loans._open_renewals(night))
        return len(contracts)

    def _open_renewals(self, night):
        """Open an application for each of these loans, with the manager of its borrower.

        :param night: `loan.night`; a loan nobody is accountable for is left aside there
        """
        if not self:
            return
        # As superuser: the night belongs to nobody.
        contracts_sudo = self.sudo()
        owners = {contract: contract.customer_id._who_renews() for contract in contracts_sudo}
        for contract in contracts_sudo.filtered(lambda contract: not owners[contract]):
            # A lead without a salesperson is seen by everybody who sells.
            night._note_failure("renew", contract, self.env._("Nobody looks after this customer."))
        renewed = contracts_sudo.filtered(owners.get)
        vals_list = renewed._prepare_renewal_vals(owners)
        leads = (
            contracts_sudo.env["crm.lead"]
            # Nobody is mailed about it: the manager finds it in the morning, with a to-do of its own.
            .with_context(
                tracking_disable=True, mail_create_nosubscribe=True, mail_auto_subscribe_no_notify=True
            )
            .create(vals_list)
        )
        for contract, lead in zip(renewed, leads, strict=True):
            contract.write({"renewal_lead_id": lead.id, "renewal_offered_on": night.date})
        contracts_sudo.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [contract._prepare_renewal_todo_vals(lead) for contract, lead in zip(renewed, leads, strict=True)]
        )

    def _prepare_renewal_todo_vals(self, lead):
        # Whoever acts for the owner has the application meanwhile, and the to-do with it.
        company = self.company_id
        words = self.with_context(lang=lead.user_id.lang or company.partner_id.lang)
        return {
            "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
            "res_id": lead.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "summary": words.env._("Offer the next loan"),
            "note": words.env._(
                "Their loan ends on %s. Speak with them before that, or mark the application as lost.",
                format_date(words.env, self.last_due_date),
            ),
            "date_deadline": lead.date_deadline,
            "user_id": lead.user_id.id,
            "automated": True,
        }

    def _prepare_renewal_vals(self, owners):
        tag = self.env.ref("loan_crm.crm_tag_renewal", raise_if_not_found=False)
        first_stage = {}
        vals_list = []
        for contract in self:
            owner, customer = owners[contract], contract.customer_id
            team = customer.team_id or owner.sale_team_id
            if team not in first_stage:
                first_stage[team] = self.env["crm.lead"]._stage_find(team_id=team.id).id
            company = contract.company_id
            words = contract.with_context(lang=owner.lang or company.partner_id.lang)
            vals_list.append(
                {
                    "type": "opportunity",
                    "name": words.env._("Renewal: %s", words.product_id.name),
                    "partner_id": customer.partner_id.id,
                    "company_id": company.id,
                    "user_id": owner.id,
                    "team_id": team.id,
                    "stage_id": first_stage[team],
                    "tag_ids": [fields.Command.link(tag.id)] if tag else [],
                    "date_deadline": contract.last_due_date,
                    # What the lender earned with the loan that ends: amounts lent are no revenue.
                    "expected_revenue": contract.currency_id._convert(
                        contract.interest_total, company.currency_id, company, company._loan_today()
                    ),
                    "loan_product_id": contract.product_id.id,
                    "loan_kind": customer.kind,
                    "loan_segment_id": customer.segment_id.id,
                    "loan_amount": contract.principal,
                    "loan_term": contract.term,
                    "loan_purpose": contract.purpose,
                    "loan_payout_date": contract.last_due_date,
                }
            )
        return vals_list

    def action_open_renewal(self):
        """Open the application for the next loan, as far as the user may see it."""
        self.ensure_one()
        return self._open_lead(self.renewal_lead_id)
