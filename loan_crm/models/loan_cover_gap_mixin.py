from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import covers
from ..core.listing import listed

_NAMED = 5  # customers told by name; the button opens all


class LoanCoverGapMixin(models.AbstractModel):
    """Whether somebody is there in each day of an absence: told while it is planned, before it is saved.

    Colleagues' absences are no secret among colleagues; whose customers are concerned is asked with the rights of
    whoever plans.
    """

    _name = "loan.cover.gap.mixin"
    _description = "Gaps in a Cover"

    gap_note = fields.Text("Mind", compute="_compute_gaps")
    gap_count = fields.Integer("Customers without a Deputy", compute="_compute_gaps")
    acting_note = fields.Char(
        "Who Acts",
        compute="_compute_acting_note",
        help="While the cover runs: for how many of the manager's customers each of them acts.",
    )

    @api.depends("manager_user_id", "deputy_user_id", "date_from", "date_to", "company_id")
    @api.depends_context("lang", "uid")
    def _compute_gaps(self):
        whole = self.filtered(
            lambda cover: (
                cover.manager_user_id
                and cover.date_from
                and cover.date_to
                and cover.date_from <= cover.date_to
                and cover.state != "over"
            )
        )
        (self - whole).gap_note = False
        (self - whole).gap_count = 0
        customers = whole._customers_of_managers()
        others = whole._other_covers(whole._deputies_of(customers))
        for cover in whole:
            told = cover._colleagues_told(others)
            bare = cover._bare_customers(customers.get((cover.company_id, cover.manager_user_id)), others)
            if bare:
                told.append(cover._bare_told(bare))
            cover.gap_note = "\n".join(told) or False
            cover.gap_count = len(bare or ())

    def _customers_of_managers(self):
        """Return `{(company, manager): customers}`, as far as the user may see them."""
        found = {}
        for customer in self.env["loan.customer"].search(
            [("manager_user_id", "in", self.manager_user_id.ids), ("company_id", "in", self.company_id.ids)]
        ):
            key = customer.company_id, customer.manager_user_id
            found[key] = found.get(key, customer.browse()) | customer
        return found

    def _deputies_of(self, customers):
        """Return who is deputy of any of these customers, as `_customers_of_managers` returns them."""
        return self.env["res.users"].union(*(found.deputy_user_id for found in customers.values()))

    def _gap_counts(self):
        """Return how many customers have nobody on some day of each of these covers: `{cover: number}`.

        Of as many customers as there may be only their numbers by deputy are read, as far as the user may see them.
        """
        counts, deputies = {}, self.env["res.users"]
        groups = self.env["loan.customer"]._read_group(
            Domain("manager_user_id", "in", self.manager_user_id.ids)
            & Domain("company_id", "in", self.company_id.ids),
            ["company_id", "manager_user_id", "deputy_user_id"],
            ["__count"],
        )
        for company, manager, deputy, count in groups:
            counts.setdefault((company, manager), []).append((deputy, count))
            deputies |= deputy
        others = self._other_covers(deputies)
        found = {}
        for cover in self:
            theirs = counts.get((cover.company_id, cover.manager_user_id), [])
            lacks = cover._lacks(deputies.union(*(deputy for deputy, _count in theirs)), others)
            found[cover] = sum(count for deputy, count in theirs if lacks(deputy))
        return found

    def _stands_in_told(self):
        """Return who stands in, in words."""
        self.ensure_one()
        return self.deputy_user_id.name or self.env._("Each customer's own deputy")

    def _away_told(self):
        """Return in words until when somebody is away, and who stands in."""
        self.ensure_one()
        return self.env._(
            "Away until %(day)s · %(deputy)s",
            day=format_date(self.env, self.date_to),
            deputy=self._stands_in_told(),
        )

    def _other_covers(self, deputies):
        """Return the covers that touch these: those of who stands in, and those in which who is away stands in.

        :param deputies: `res.users` who are deputy of a customer of who is away
        """
        if not self:
            return self.browse()
        stand_ins = self.deputy_user_id | deputies
        concerned = Domain("manager_user_id", "in", stand_ins.ids) | Domain(
            "deputy_user_id", "in", self.manager_user_id.ids
        )
        # As superuser: an absence of a colleague counts whichever company is switched on.
        return self.sudo().search(
            concerned
            & Domain("date_from", "<=", max(self.mapped("date_to")))
            & Domain("date_to", ">=", min(self.mapped("date_from")))
            & Domain("back_at", "=", False)
        )

    def _absences(self, users, others):
        """Return `[(user, span)]`: when in this cover's days these users are away themselves."""
        self.ensure_one()
        found = []
        for other in others - self._origin:
            span = covers.common(self._as_span(), other._as_span())
            if span and other.company_id == self.company_id and other.manager_user_id in users:
                found.append((other.manager_user_id, span))
        return found

    def _colleagues_told(self, others):
        """Tell of colleagues who are away, too, or who count on who is away; one sentence each."""
        told = [
            self.env._(
                "%(user)s is away from %(start)s to %(end)s. In that time each customer's own deputy acts.",
                user=user.name,
                **self._span_told(span),
            )
            for user, span in self._absences(self.deputy_user_id, others)
        ]
        for other in (others - self._origin).filtered(
            lambda other: other.deputy_user_id == self.manager_user_id
        ):
            span = covers.common(self._as_span(), other._as_span())
            if span and other.company_id == self.company_id:
                told.append(
                    self.env._(
                        "%(manager)s stands in for %(other)s from %(start)s to %(end)s. Each of those customers' "
                        "own deputy acts then.",
                        manager=self.manager_user_id.name,
                        other=other.manager_user_id.name,
                        **self._span_told(span),
                    )
                )
        return told

    def _span_told(self, span):
        return {"start": format_date(self.env, span.first), "end": format_date(self.env, span.last)}

    def _bare_customers(self, customers, others):
        """Return the customers who have neither the named person nor a deputy of their own on some day."""
        self.ensure_one()
        if not customers:
            return self.env["loan.customer"]
        lacks = self._lacks(customers.deputy_user_id, others)
        return customers.filtered(lambda customer: lacks(customer.deputy_user_id))

    def _lacks(self, deputies, others):
        """Return a function that tells of a customer's deputy, or of none, whether nobody is there on some day.

        :param deputies: `res.users` that it is asked of
        :param others: covers, as `_other_covers` returns them
        """
        self.ensure_one()
        if self.deputy_user_id:
            days = [span for _user, span in self._absences(self.deputy_user_id, others)]
        else:
            days = [self._as_span()]
        missing = {
            user
            for user, span in self._absences(deputies, others)
            if user != self.manager_user_id and any(covers.common(span, day) for day in days)
        }
        return lambda deputy: bool(days) and (not deputy.active or deputy in missing)

    def _bare_told(self, customers):
        names = listed(customers[:_NAMED].mapped("name"), self.env.lang)
        if len(customers) > _NAMED:
            names = self.env._("%(names)s and %(more)s more", names=names, more=len(customers) - _NAMED)
        return self.env._(
            "%(names)s: in part of that time the deputy is missing or away, too, so the lead of the team acts.",
            names=names,
        )

    def action_open_gaps(self):
        """Open the customers without a deputy, to name one."""
        self.ensure_one()
        customers = self._customers_of_managers()
        others = self._other_covers(self._deputies_of(customers))
        bare = self._bare_customers(customers.get((self.company_id, self.manager_user_id)), others)
        return self._open_customers(bare, self.env._("Customers without a Deputy"))

    def _open_customers(self, customers, name):
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
        action.update(name=name, domain=[("id", "in", customers.ids)], context={})
        return action

    @api.depends("state", "manager_user_id", "deputy_user_id", "date_from", "date_to", "back_at")
    @api.depends_context("lang")
    def _compute_acting_note(self):
        # As superuser: whoever may read the cover learns who answers, not for whom.
        running = self.sudo()._covers_today(self.manager_user_id) & self.sudo()
        customers_sudo = (
            self.env["loan.customer"]
            .sudo()
            .search(
                [
                    ("manager_user_id", "in", running.manager_user_id.ids),
                    ("company_id", "in", running.company_id.ids),
                ]
            )
        )
        counts = {}
        for customer in customers_sudo:
            by_user = counts.setdefault((customer.company_id, customer.manager_user_id), {})
            user = customer.acting_user_id
            by_user[user] = by_user.get(user, 0) + 1
        for cover in self:
            by_user = counts.get((cover.company_id, cover.manager_user_id), {}) if cover in running else {}
            told = [
                self.env._("%(user)s (%(count)s)", user=user.name, count=count)
                for user, count in sorted(by_user.items(), key=lambda pair: (-pair[1], pair[0].name or ""))
                if user
            ]
            if told or cover.state == "over":
                cover.acting_note = listed(told, self.env.lang)
            else:
                cover.acting_note = cover._stands_in_told()
