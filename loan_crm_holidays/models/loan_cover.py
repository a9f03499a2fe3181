from odoo import api, fields, models

from odoo.addons.loan_crm.core import covers


class LoanCover(models.Model):
    _inherit = "loan.cover"

    # Its name tells what kind of leave it is: for those alone who handle leaves.
    leave_id = fields.Many2one(
        "hr.leave",
        "Time Off",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="hr_holidays.group_hr_holidays_user",
    )
    from_leave = fields.Boolean("Follows a Leave", readonly=True, copy=False)

    @api.model
    def _kept_by_jobs(self):
        return super()._kept_by_jobs() | {"leave_id", "from_leave"}

    @api.model
    def _usual_deputy(self, manager, company):
        """Return who is to cover a manager's leave: empty where each customer's own deputy can.

        :param manager: `res.users`
        :param company: `res.company`
        :return: `res.users`, empty or the most frequent deputy of the manager's customers, where some have none; nobody
            who has a conflict of interest with one of them: whoever approves a leave knows of none
        """
        # As superuser: whoever approves a leave need not know whose customers wait.
        customers_sudo = self.env["loan.customer"].sudo()
        theirs = [("manager_user_id", "=", manager.id), ("company_id", "=", company.id)]
        counts = dict(customers_sudo._read_group(theirs, ["deputy_user_id"], ["__count"]))
        there = [
            user
            for user in counts
            if user.active
            and company in user.company_ids
            and user.has_group("loan_crm.loan_crm_group_manager")
        ]
        if len(there) == len(counts):
            return self.env["res.users"]
        conflicts_sudo = self.env["loan.conflict"].sudo()  # as above
        barred = set().union(*conflicts_sudo._barred(customers_sudo.search(theirs)).values())
        there = [user for user in there if user.id not in barred]
        return max(there, key=lambda user: (counts[user], -user.id), default=self.env["res.users"])

    def _follow_leave(self, leave, company, span):
        """Let the covers of a leave in a company be the days that it takes and no other cover holds already.

        :param leave: `hr.leave`
        :param company: `res.company` in which who is away has customers, or had
        :param span: `core.covers.Span` of the whole days of an approved leave, or None: there is none (any more)
        """
        own = self.search([("leave_id", "=", leave.id), ("company_id", "=", company.id)])
        if own.filtered("back_at"):
            return  # who came back early is there, whatever the leave says
        manager = leave.user_id
        wanted = []
        if span and span.last >= company._loan_today():
            others = self.search(
                [
                    ("manager_user_id", "=", manager.id),
                    ("company_id", "=", company.id),
                    ("back_at", "=", False),
                    ("id", "not in", own.ids),
                ]
            )
            wanted = covers.left_over(span, [other._as_span() for other in others])
        open_ones = own.filtered(lambda cover: cover.state != "over").sorted("date_from")
        kept = open_ones.filtered(lambda cover: cover.manager_user_id == manager)[: len(wanted)]
        (open_ones - kept)._end_with_leave()
        for cover, part in zip(kept, wanted, strict=False):
            if cover._as_span() != part:
                cover.write({"date_from": part.first, "date_to": part.last})
        self.create(
            [
                {
                    "manager_user_id": manager.id,
                    "company_id": company.id,
                    "deputy_user_id": self._usual_deputy(manager, company).id,
                    "date_from": part.first,
                    "date_to": part.last,
                    "reason": self.with_context(lang=manager.lang).env._("Leave"),
                    "leave_id": leave.id,
                    "from_leave": True,
                }
                for part in wanted[len(kept) :]
            ]
        )

    def _end_with_leave(self):
        self.action_back()
        self.filtered(lambda cover: cover.state == "planned").unlink()
