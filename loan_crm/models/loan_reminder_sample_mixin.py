from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Domain

_PEOPLE = {
    "borrower": ("Wang Fang", "wang.fang@example.com"),
    "co_borrower": ("Gao Lei", "gao.lei@example.com"),
    "guarantor": ("Feng Yu", "feng.yu@example.com"),
}


class LoanReminderSampleMixin(models.AbstractModel):
    """Letters to borrowers who do not exist: real records, made within a savepoint that the caller rolls back.

    They are written by the same route as a true letter, so what breaks them would have broken that one; no real
    customer's data is read, and nothing of them stays: neither a number of a sequence nor a mail.
    """

    _name = "loan.reminder.sample.mixin"
    _description = "Sample Letters"

    @api.model
    def _make_samples(self, company, samples, roles, step=None):
        """Make the ledger's entries of made-up borrowers, their letters prepared. Call it within a savepoint.

        :param company: the lender, a `res.company`
        :param samples: iterable of `Sample`
        :param roles: iterable of roles; each sample is told to each
        :param step: the `loan.reminder.step` that speaks; None for a ladder of its own
        :return: the leading `loan.reminder` of each letter, sample by sample and role by role
        """
        # As superuser: who edits letters may see no customer, and these are none.
        ledger_sudo = self.env["loan.reminder"].sudo().with_company(company)
        ledger_sudo = ledger_sudo.with_context(
            allowed_company_ids=company.ids,
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            mail_activity_automation_skip=True,
            loan_letters_unchecked=True,
        )
        return ledger_sudo._make_sample_letters(company, tuple(samples), tuple(roles), step)

    def _make_sample_letters(self, company, samples, roles, step):
        env, today = self.env, company._loan_today()
        signers = self._sample_signers(company)
        steps = {True: step, False: step} if step else self._sample_steps(company)
        product = env["loan.product"].create(
            {
                "name": "Car Loan",
                "company_id": company.id,
                "currency_id": company.currency_id.id,
                "family": "car",
                "yearly_rate": 6.0,
                "term_max": 60,
                "penalty_factor": 1.5,
                "business_day_rule": "unadjusted",
            }
        )
        people = env["res.partner"].create(
            [
                {"name": _PEOPLE[role][0], "email": _PEOPLE[role][1], "lang": env.context.get("lang")}
                for role in ["borrower"] * len(samples) + ["co_borrower", "guarantor"]
            ]
        )
        others = dict(zip(("co_borrower", "guarantor"), people[-2:], strict=True))
        customers = env["loan.customer"].create(
            [
                {
                    "partner_id": person.id,
                    "company_id": company.id,
                    "reference": f"SAMPLE-{number}",
                    "manager_user_id": signers[:1].id,
                }
                for number, person in enumerate(people[: len(samples)])
            ]
        )
        loans = [
            (customer, sample, days)
            for customer, sample in zip(customers, samples, strict=True)
            # The third loan of several is overdue already, and no step speaks of it.
            for days in (
                (sample.days,)
                if not sample.several
                else (sample.days, sample.days, sample.days if sample.debited else sample.days - 40)
            )
        ]
        contracts = env["loan.contract"].create(
            [
                {
                    "name": f"SAMPLE-{number:04}",
                    "customer_id": customer.id,
                    "company_id": company.id,
                    "product_id": product.id,
                    "principal": 12000,
                    "term": 3,
                    "start_date": min(today, today + relativedelta(days=days, months=-1)),
                    "first_due_date": today + relativedelta(days=days),
                    "auto_debit": sample.debited,
                    "debit_account": "6222 0000 1111" if sample.debited else False,
                }
                for number, (customer, sample, days) in enumerate(loans, 1)
            ]
        )
        contracts.action_activate()
        by_customer = contracts.grouped("customer_id")
        leads = self.browse()
        for customer, sample in zip(customers, samples, strict=True):
            speaking = by_customer[customer]
            if sample.several and not sample.debited:
                speaking = speaking[:2]
            for role in roles:
                person = customer.partner_id if role == "borrower" else others[role]
                lines = self._enter_for(
                    person,
                    [self._prepare_sample_vals(loan, steps[sample.days > 0], role) for loan in speaking],
                )
                if lines[1:]:
                    lines[1:]._merge_into(dict.fromkeys(lines[1:].ids, lines[0].id))
                leads |= lines[:1]
        leads.invalidate_recordset()
        leads._prepare_letters()
        for number, lead in enumerate(leads):
            # Somebody's manager, who stands in for them, nobody.
            turn = number + number // len(roles) if len(leads) > 1 else 0
            lead.signed_user_id = (signers[:1], signers[1:2] or env.user, env["res.users"])[turn % 3]
        return leads

    @api.model
    def _enter_for(self, person, vals_list):
        """Enter reminders to somebody; who is written to follows from the customer and is changed afterwards.

        Until then they stand in another channel, beside what the ledger may tell the customer already.
        """
        entered = self.create([{**vals, "channel": "task"} for vals in vals_list])
        entered.write({"partner_id": person.id, "channel": "email"})
        entered.flush_recordset()
        return entered

    @api.model
    def _prepare_sample_vals(self, contract, step, role):
        installment = contract.installment_ids.sorted("due_date")[0]
        return {
            "installment_id": installment.id,
            "step_id": step.id,
            "role": role,
            "contract_id": contract.id,
            "customer_id": contract.customer_id.id,
            "company_id": contract.company_id.id,
            "date_planned": contract.company_id._loan_today(),
            "due_date": installment.due_date,
            "amount": installment.amount_open,
        }

    @api.model
    def _sample_signers(self, company):
        """Return two people who could sign at this lender; fewer if it has not so many."""
        group = self.env.ref("loan_crm.loan_crm_group_manager")
        return self.env["res.users"].search(
            Domain("all_group_ids", "in", group.ids)
            & Domain("company_ids", "in", company.ids)
            & Domain("share", "=", False),
            order="id",
            limit=2,
        )

    @api.model
    def _sample_steps(self, company):
        """Return `{is before the due date: step}`."""
        policy = self.env["loan.reminder.policy"].create(
            {"name": "Sample", "company_id": company.id, "currency_id": company.currency_id.id}
        )
        before, after = self.env["loan.reminder.step"].create(
            [
                {"policy_id": policy.id, "days": 10, "moment": "before"},
                {"policy_id": policy.id, "days": 0, "moment": "after", "tone": "due"},
            ]
        )
        self.env["loan.reminder.step"].create({"policy_id": policy.id, "days": 60, "moment": "after"})
        return {True: before, False: after}
