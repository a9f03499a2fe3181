from odoo import api, fields, models

from ..core.listing import listed

_LEAD = "loan_crm.loan_crm_group_team_lead"


class LoanCaseOversightMixin(models.AbstractModel):
    """Who looks after a complaint about somebody who leads: those above them, who are told, and the screen says whom.

    Else whoever names their own lead would take the case from who looks after their work, and nobody would know.
    """

    _name = "loan.case.oversight.mixin"
    _description = "Oversight of Complaints about Leads"

    about_note = fields.Char("Who Is Told of It", compute="_compute_about_note")

    @api.depends("about_user_id", "company_id")
    @api.depends_context("uid", "lang")
    def _compute_about_note(self):
        for case in self:
            about, told = case.about_user_id, case._overseers()
            if not about:
                case.about_note = False
            elif told:
                case.about_note = self.env._(
                    "%(about)s no longer sees this case. As they lead others, we tell %(told)s.",
                    about=about.name,
                    told=listed(told.mapped("name"), self.env.lang),
                )
            else:
                case.about_note = self.env._("%s neither handles nor sees this case.", about.name)

    def _overseers(self):
        """Return who is told of a complaint about somebody who leads: the head of service, and who keeps the rules."""
        about, company = self.about_user_id, self.company_id
        if not about or not about.has_group(_LEAD):
            return self.env["res.users"]
        people = company.loan_head_user_id | self.env["loan.customer"]._compliance_officer(company)
        seen = self._origin or self.customer_id  # of a new case: whoever may see its customer
        return people.filtered(
            lambda user: (
                user.active
                and not user._is_superuser()
                and user != about
                and (not seen or seen._loan_seen_by(user))
            )
        )

    def _tell_overseers(self):
        """Give a to-do to who is above somebody who leads and is complained about; whoever wrote it down knows."""
        for case in self:
            for user in case._overseers() - self.env.user:
                # As superuser: whom a complaint is about is told to who looks after it, whoever writes it down.
                case_sudo = case.sudo().with_context(
                    lang=user.lang or self.env.lang, mail_activity_quick_update=True, loan_unfollowed=True
                )
                case_sudo.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=case.company_id._loan_today(),
                    summary=case_sudo.env._(
                        "A complaint about %s: see that it is handled", case.about_user_id.name
                    ),
                    user_id=user.id,
                )
