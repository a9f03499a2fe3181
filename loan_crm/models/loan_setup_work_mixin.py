from odoo import models
from odoo.tools import is_html_empty


class LoanSetupWorkMixin(models.AbstractModel):
    """Getting started: what is lent, what is promised, who is asked, and how the first letters leave.

    Its methods answer as those of `loan.setup.house.mixin` do.
    """

    _name = "loan.setup.work.mixin"
    _description = "Getting Started: The Work"

    # ------------------------------------------------------------ products

    def _missing_products(self, company, people):
        products = self.env["loan.product"].search([("company_id", "in", (company.id, False))])
        if not products:
            return [self.env._("No product is offered.")]
        missing = []
        free = products.filtered(lambda product: product.rate_type == "fixed" and not product.yearly_rate)
        if free:
            missing.append(self.env._("Without a rate: %s.", self._listed(free.mapped("name"))))
        adrift = products.filtered(
            lambda product: product.rate_type == "floating" and not product.reference_rate_id.current_date
        )
        if adrift:
            missing.append(
                self.env._(
                    "They follow a reference rate of which no value is known: %s.",
                    self._listed(adrift.mapped("name")),
                )
            )
        unexplained = products.filtered(lambda product: is_html_empty(product.description))
        if unexplained:
            missing.append(
                self.env._("Not explained to the borrower: %s.", self._listed(unexplained.mapped("name")))
            )
        return missing

    def _opens_products(self, company):
        return "loan_crm.loan_product_action", "loan.product"

    # ------------------------------------------------------------ clocks

    def _missing_clocks(self, company, people):
        missing = []
        if not company.resource_calendar_id.attendance_ids:
            missing.append(self.env._("The working time has no hours: no clock would ever run."))
        levels = self.env["loan.sla.policy"].search(
            [
                ("company_id", "in", (company.id, False)),
                ("kind", "in", ("complaint", False)),
                ("severity", "in", ("general", False)),
            ]
        )
        measures = set(levels.mapped("measure"))
        if "first_response" not in measures:
            missing.append(self.env._("Nothing says how soon a complaint is answered."))
        if "resolution" not in measures:
            missing.append(self.env._("Nothing says how soon a complaint is solved."))
        if not company.loan_head_user_id:
            missing.append(
                self.env._("No head of service: what nobody answers climbs no further than the lead.")
            )
        return missing

    def _opens_clocks(self, company):
        if company.resource_calendar_id.attendance_ids and not company.loan_head_user_id:
            return "loan_crm.res_config_settings_action", "res.config.settings"
        return "loan_crm.loan_sla_policy_action", "loan.sla.policy"

    # ------------------------------------------------------------ surveys

    def _missing_surveys(self, company, people):
        if not company.loan_survey_on:
            return [self.env._("Surveys are switched off: nobody is asked.")]
        missing = []
        if not company.loan_survey_per_year:
            missing.append(self.env._("At most none a year: nobody is asked."))
        if not company.loan_survey_interval:
            missing.append(
                self.env._("No days between two surveys: one person could be asked twice in a row.")
            )
        rules = [("company_id", "in", (company.id, False))]
        if not self.env["loan.survey.rule"].search_count(rules, limit=1):
            missing.append(self.env._("No rule says when anybody is asked."))
        return missing

    def _opens_surveys(self, company):
        if company.loan_survey_on and company.loan_survey_per_year and company.loan_survey_interval:
            return "loan_crm.loan_survey_rule_action", "loan.survey.rule"
        return "loan_crm.res_config_settings_action", "res.config.settings"

    # ------------------------------------------------------------ the book

    def _has_book(self, company):
        # As superuser: that there are loans is told, not whose.
        contracts_sudo = self.env["loan.contract"].sudo()
        running = [("company_id", "=", company.id), ("state", "=", "active")]
        return bool(contracts_sudo.search_count(running, limit=1))

    def _missing_book(self, company, people):
        if self._has_book(company):
            return []
        return [self.env._("No loan is in repayment here.")]

    def _opens_book(self, company):
        return "loan_crm.loan_contract_action", "loan.contract"

    # ------------------------------------------------------------ reminders

    def _missing_reminders(self, company, people):
        missing = []
        policy = company.loan_reminder_policy_id
        steps = policy.step_ids.filtered("active")
        if not policy.active:  # or none at all
            missing.append(
                self.env._("No default policy: loans without one of their own are not reminded of.")
            )
        elif not steps:
            missing.append(self.env._("The policy %s has no step.", policy.name))
        elif problem := policy.letter_problem:
            missing.append(self.env._("A letter cannot be written: %s", problem.splitlines()[0]))
        if not company.loan_tried_on:
            missing.append(self.env._("Nobody has looked yet at what would be written."))
        if company._loan_reminders_are_paused(company._loan_today()):
            missing.append(company.loan_paused_told)
        # As superuser: whether the round is switched on is told, nothing is changed.
        cron_sudo = self.env.ref("loan_crm.ir_cron_remind", raise_if_not_found=False)
        if not (cron_sudo and cron_sudo.sudo().active):
            missing.append(self.env._("The job that writes reminders is switched off."))
        return missing

    def _opens_reminders(self, company):
        policy = company.loan_reminder_policy_id
        if not policy.active:
            return "loan_crm.res_config_settings_action", "res.config.settings"
        if not policy.step_ids or policy.letter_problem:
            return "loan_crm.loan_reminder_policy_action", "loan.reminder.policy"
        if not company.loan_tried_on or company._loan_reminders_never_began():
            action = self.env["loan.reminder.dry.run"].create({"company_id": company.id}).action_run()
            return {**action, "views": [(False, "form")]}, False
        return "loan_crm.loan_reminder_room_action_open", False
