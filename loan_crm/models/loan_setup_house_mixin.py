from datetime import date

from odoo import models
from odoo.fields import Domain
from odoo.tools import config, format_date


class LoanSetupHouseMixin(models.AbstractModel):
    """Getting started: who the lender is, how its mail travels, when it is open, who works there.

    Each `_missing_…` looks at the database anew and returns the sentences of what is still missing; without any the
    step is done. Each `_opens_…` returns what its button opens, and the model one has to be able to write for it.
    """

    _name = "loan.setup.house.mixin"
    _description = "Getting Started: The House"

    # ------------------------------------------------------------ who we are

    def _missing_lender(self, company, people):
        missing = []
        if not company.email:
            missing.append(self.env._("No mail address: letters carry none that a borrower could write to."))
        if not company.phone:
            missing.append(self.env._("No telephone number for those who would rather call."))
        if not (company.loan_payment_instructions or "").strip():
            missing.append(self.env._("Nothing says how to pay: no account, no reference."))
        return missing

    def _opens_lender(self, company):
        if not company.email or not company.phone:
            return {
                "type": "ir.actions.act_window",
                "name": company.name,
                "res_model": "res.company",
                "res_id": company.id,
                "views": [(False, "form")],
            }, "res.company"
        return "loan_crm.res_config_settings_action", "res.config.settings"

    # ------------------------------------------------------------ mail

    def _missing_mail(self, company, people):
        missing = []
        if not self._mail_leaves():
            missing.append(self.env._("No server that mail leaves by."))
        # As superuser: the addresses of the lender's own mail, which stand on each letter.
        domain_sudo = company.sudo().alias_domain_id
        if not domain_sudo:
            missing.append(self.env._("No mail domain: answers and bounced letters come back to nobody."))
        elif not (domain_sudo.bounce_alias and domain_sudo.catchall_alias):
            missing.append(self.env._("The mail domain has no address for answers or for what bounces."))
        elif company.email and not company.email.strip("> ").lower().endswith(f"@{domain_sudo.name}".lower()):
            missing.append(
                self.env._(
                    "Letters leave as %(domain)s, the lender's own address is %(email)s: many mail servers distrust "
                    "that.",
                    domain=domain_sudo.name,
                    email=company.email,
                )
            )
        if not self._mail_arrives():
            missing.append(self.env._("No server that mail comes in by: nobody hears what borrowers answer."))
        return missing

    def _mail_leaves(self):
        # As superuser: that there is a server is told, not which.
        servers_sudo = self.env["ir.mail_server"].sudo()
        return bool(servers_sudo.search_count([], limit=1)) or config["smtp_server"] not in (
            False,
            None,
            "",
            "localhost",
        )

    def _mail_arrives(self):
        # As superuser: as above. One that is handed over on this machine is never tried out, and so never confirmed.
        ways = Domain("state", "=", "done") | Domain("server_type", "=", "local")
        return bool(self.env["fetchmail.server"].sudo().search_count(ways, limit=1))

    def _opens_mail(self, company):
        if not self._mail_leaves():
            return "base.action_ir_mail_server_list", "ir.mail_server"
        if company.sudo().alias_domain_id and not self._mail_arrives():  # as superuser: as above
            return "mail.action_email_server_tree", "fetchmail.server"
        return "mail.mail_alias_domain_action", "mail.alias.domain"

    # ------------------------------------------------------------ business days

    def _missing_calendar(self, company, people):
        calendar = company.loan_calendar_id
        if not calendar:
            return [self.env._("No business calendar is chosen: every day counts as a working day.")]
        today = company._loan_today()
        holidays = self.env["loan.calendar.day"].search_count(
            [
                ("calendar_id", "=", calendar.id),
                ("kind", "=", "holiday"),
                ("date", ">=", date(today.year, 1, 1)),
            ],
            limit=1,
        )
        if not holidays:
            return [self.env._("%s knows no holiday of this year.", calendar.name)]
        year = calendar.with_company(company)._missing_year()
        if not year:
            return []
        last = date(calendar.published_until, 12, 31)
        if last < today:
            return [self.env._("The holidays of %s are not known.", year)]
        return [
            self.env._(
                "The holidays end on %(day)s, in %(days)s days: those of %(year)s are missing.",
                day=format_date(self.env, last),
                days=(last - today).days,
                year=year,
            )
        ]

    def _opens_calendar(self, company):
        if not company.loan_calendar_id:
            return "loan_crm.res_config_settings_action", "res.config.settings"
        return {
            "type": "ir.actions.act_window",
            "name": company.loan_calendar_id.name,
            "res_model": "loan.calendar",
            "res_id": company.loan_calendar_id.id,
            "views": [(False, "form")],
        }, "loan.calendar"

    # ------------------------------------------------------------ secrecy

    def _missing_secrecy(self, company, people):
        missing = []
        levels = self.env["loan.confidentiality.level"].search(Domain.TRUE)
        officers = people["compliance"]
        twice = levels.filtered("needs_second_approver")
        if not levels:
            missing.append(self.env._("There is no confidentiality level."))
        if not officers:
            missing.append(self.env._("Nobody is compliance officer: no access can be granted."))
        elif twice and len(officers) < 2:
            missing.append(
                self.env._(
                    "Two approve whoever is to see a customer of the level %s, and only one person is compliance "
                    "officer.",
                    self._listed(twice.mapped("name")),
                )
            )
        if not people["auditor"]:
            missing.append(self.env._("Nobody is auditor: nobody from outside looks at who looked."))
        return missing

    def _opens_secrecy(self, company):
        return "base.action_res_users", "res.users"

    # ------------------------------------------------------------ people

    def _missing_people(self, company, people):
        managers, leads = people["manager"], people["team_lead"]
        if not managers:
            return [self.env._("Nobody is relationship manager.")]
        # As superuser: who is in which team is no secret of any customer.
        members = (
            self.env["crm.team.member"]
            .sudo()
            ._read_group(
                [
                    ("user_id", "in", managers.ids),
                    ("crm_team_id.company_id", "in", (company.id, False)),
                    ("crm_team_id.active", "=", True),
                ],
                ["crm_team_id"],
                ["user_id:recordset"],
            )
        )
        missing = []
        leaderless = [team.name for team, _users in members if team.user_id not in leads]
        if leaderless:
            missing.append(self.env._("Without a team lead: %s.", self._listed(leaderless)))
        placed = managers.browse().union(*(users | team.user_id for team, users in members))
        if lonely := managers - leads - placed:
            missing.append(self.env._("In no team: %s.", self._listed(lonely.mapped("name"))))
        # As superuser: an administrator of one company asks about the desks of that company alone.
        desks_sudo = (
            self.env["loan.manager"]
            .sudo()
            .search([("company_id", "=", company.id), ("user_id", "in", managers.ids)])
        )
        unlimited = desks_sudo.filtered(lambda desk: not desk.load_ceiling).user_id
        if not company.loan_load_ceiling:
            unlimited |= managers - desks_sudo.user_id
        if unlimited:
            missing.append(
                self.env._(
                    "Nothing says how much they can carry: %s.", self._listed(unlimited.mapped("name"))
                )
            )
        return missing

    def _opens_people(self, company):
        if not self._people(company)["manager"]:
            return "base.action_res_users", "res.users"
        return "sales_team.crm_team_action_config", "crm.team"
