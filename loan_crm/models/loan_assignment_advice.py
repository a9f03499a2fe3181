from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import assignment
from ..core.listing import listed
from ..core.workload import Counts, points

_WEEKDAYS = range(5)  # a customer is called from Monday to Friday, unless they have named other days
# The fields of a customer's best days, Monday first.
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A Monday: days of the week are told by their dates in its week.
_SOME_MONDAY = date(2024, 1, 1)


class LoanAssignmentAdvice(models.AbstractModel):
    """Who looks after which customer best: records read into values, the core asked, its verdicts put into words.

    Everything is read for all customers and all candidates at once, so many customers take as many queries as one.
    """

    _name = "loan.assignment.advice"
    _description = "Advice on Who Looks After a Customer"

    # ------------------------------------------------------------ reading

    @api.model
    def _advise(self, customers, users=None, release=None, alone=False):
        """Rank the candidates for customers.

        :param customers: `loan.customer`
        :param users: `res.users` to choose from; without, the members of each customer's team
        :param release: `res.users` who give these customers up
        :param bool alone: judge each customer as if nobody got another one of them
        :return: `{customer: [core.assignment.Verdict]}`, the best first
        """
        needs = self._needs(customers)
        answers = {}
        for company, of_company in customers.grouped("company_id").items():
            for team, group in of_company.grouped("team_id").items():
                people = self._candidates(company, self._members(team) if users is None else users)
                asking = [(customer.id, needs[customer.id]) for customer in group]
                if alone:
                    found = {key: assignment.rank(one, people) for key, one in asking}
                else:
                    found = assignment.distribute(asking, people, release.ids if release else None)
                for customer in group:
                    answers[customer] = found[customer.id]
        return answers

    @api.model
    def _judge(self, pairs, company):
        """Say what speaks against people for customers, as they stand now, whether they were proposed or not.

        :param pairs: iterable of pairs of a `loan.customer` and `res.users`, of one company
        :param company: `res.company`
        :return: `{(customer id, user id): core.assignment.Verdict}`
        """
        pairs = list(pairs)
        customers = self.env["loan.customer"].union(*(customer for customer, _users in pairs))
        everybody = self.env["res.users"].union(*(users for _customer, users in pairs))
        needs = self._needs(customers)
        people = {candidate.id: candidate for candidate in self._candidates(company, everybody)}
        return {
            (customer.id, user.id): assignment.judge(needs[customer.id], people[user.id])
            for customer, users in pairs
            for user in users
        }

    @api.model
    def _members(self, team):
        """Return who belongs to a team, its lead not among them unless they are a member, too."""
        # As superuser: who works in a team is no secret, whichever company is switched on.
        return team.sudo().crm_team_member_ids.user_id.sudo(False)

    @api.model
    def _needs(self, customers):
        """Return what customers ask of whoever looks after them: `{customer id: core.assignment.Needs}`."""
        # As superuser: who advises reads languages and loans; what it tells is about candidates.
        customers_sudo = customers.sudo()
        counts = self.env["loan.workload"]._counts(customers_sudo)
        conflicts = self.env["loan.conflict"]
        barred, related = conflicts._declared(customers_sudo), conflicts._related(customers_sudo)
        former, (kin, relatives) = self._former(customers_sudo), self._kin(customers)
        products = {}
        for customer, product in (
            self.env["loan.contract"]
            .sudo()  # as superuser: as above
            ._read_group(
                [("customer_id", "in", customers.ids), ("state", "in", ("draft", "active"))],
                ["customer_id", "product_id"],
            )
        ):
            products.setdefault(customer.id, self.env["loan.product"].sudo())  # as superuser: as above
            products[customer.id] |= product
        needs = {}
        for customer in customers_sudo:
            partner, company = customer.partner_id, customer.company_id
            theirs = products.get(customer.id, self.env["loan.product"])
            needs[customer.id] = assignment.Needs(
                load=points(counts.get(customer.id, Counts(customer=1)), company._loan_weights()),
                languages=frozenset({partner.lang} - {False}),
                dialects=frozenset(self._dialects(customer).ids),
                families=frozenset(theirs.mapped("family")),
                products=frozenset(theirs.ids),
                # Where they are served, which need not be where they have their letters sent.
                region=(customer.region_id or partner.state_id).id or None,
                segment=customer.segment_id.id or None,
                kind=customer.kind,
                vip=customer.tier_id.is_vip,
                former=frozenset(former.get(customer.id, ())),
                kin=frozenset(kin.get(customer.id, ())),
                relatives=frozenset(relatives.get(customer.id, ())),
                hours=self._called_hours(customer),
                days=self._best_days(customer),
                barred=frozenset(barred.get(customer.id, ())),
                related=frozenset(related.get(customer.id, ())),
                present=customer.manager_user_id.id or None,
            )
        return needs

    @api.model
    def _dialects(self, customer):
        """Return the dialects a customer speaks, `loan.dialect`."""
        return customer["dialect_id"] if "dialect_id" in customer._fields else self.env["loan.dialect"]

    @api.model
    def _called_hours(self, customer):
        """Return at which hours a customer of another time zone can be called; who lives in the lender's: no matter."""
        zone = customer.partner_id.tz
        company = customer.company_id
        if not zone or zone == company.loan_tz:
            return frozenset()
        days = self._best_days(customer) or _WEEKDAYS
        spans = [(weekday, customer.call_from, customer.call_to) for weekday in days]
        return assignment.week_hours(spans, zone, company._loan_today())

    @api.model
    def _best_days(self, customer):
        """Return the weekdays a customer likes best, Monday is 0; none where they have named none, or all."""
        named = frozenset(number for number, name in enumerate(_WEEK) if customer[name])
        return named if len(named) < len(_WEEK) else frozenset()

    @api.model
    def _former(self, customers_sudo):
        """Return who looks or looked after customers or stood in: `{customer id: {user id}}`."""
        known = {}
        rows_sudo = self.env["loan.assignment"].sudo()  # the customers' own history, told as “knows them”
        for name in ("manager_user_id", "deputy_user_id"):
            for customer, user in rows_sudo._read_group(
                [("customer_id", "in", customers_sudo.ids), (name, "!=", False)], ["customer_id", name]
            ):
                known.setdefault(customer.id, set()).add(user.id)
        return known

    @api.model
    def _kin(self, customers):
        """Return who looks after those that belong to customers, twice `{customer id: {user id}}`.

        First the household, the firm and the group of companies: contacts of one firm, whoever counts together with
        them, co-borrowers and guarantors. Then relatives of other households, and whoever else is tied to them but by
        work. With the user's own rights: that somebody else borrows, too, is told only to who may see both.

        :param customers: `loan.customer`
        """
        near, far = self._contacts_near(customers), {}
        ties = self.env["loan.customer.relation"]
        holding = ties._holding_domain() & Domain("type_id.family", "!=", "work")
        by_contact = {}
        contacts_sudo = customers.sudo()  # contacts of customers the user may see
        for customer in contacts_sudo:
            by_contact[customer.partner_id.id, customer.company_id.id] = customer.id
        found = ties.search(
            holding
            & (
                Domain("customer_id", "in", customers.ids)
                | Domain("partner_id", "in", contacts_sudo.partner_id.ids)
            )
        )
        for tie in found:
            side = near if tie.counts_together else far
            if tie.customer_id in customers:
                side.setdefault(tie.partner_id.id, set()).add(tie.customer_id.id)
            named = by_contact.get((tie.partner_id.id, tie.company_id.id))
            if named:
                side.setdefault(tie.customer_id.partner_id.id, set()).add(named)
        kin, relatives = self._managers_of(near), self._managers_of(far)
        for customer, group in customers._group_members().items():
            if others := (group - customer).manager_user_id:
                kin.setdefault(customer.id, set()).update(others.ids)
        return kin, relatives

    @api.model
    def _contacts_near(self, customers):
        """Return contacts of one firm with customers, and their sureties: `{contact id: {customer id}}`."""
        near = {}
        contacts_sudo = customers.sudo()  # contacts of customers the user may see
        for customer in contacts_sudo:
            firm = customer.partner_id.commercial_partner_id
            for partner in (firm | customer.partner_id.parent_id) - customer.partner_id:
                near.setdefault(partner.id, set()).add(customer.id)
        parties = self.env["loan.contract.party"].search(
            [
                ("contract_id.customer_id", "in", customers.ids),
                ("contract_id.state", "in", ("draft", "active")),
            ]
        )
        for party in parties:
            near.setdefault(party.partner_id.id, set()).add(party.contract_id.customer_id.id)
        return near

    @api.model
    def _managers_of(self, contacts):
        """Return who looks after the profiles of contacts, or of members of their firms, as far as the user sees them.

        :param dict contacts: `{contact id: {id of a customer they belong to}}`
        :return: `{customer id: {user id}}`
        """
        managers = {}
        if not contacts:
            return managers
        others = self.env["loan.customer"].search(
            Domain("manager_user_id", "!=", False)
            & (
                Domain("partner_id", "in", list(contacts))
                | Domain("partner_id.parent_id", "in", list(contacts))
            )
        )
        for other in others:
            partner_sudo = other.partner_id.sudo()  # the contact of a customer the user may see
            for id_ in {*contacts.get(partner_sudo.id, ()), *contacts.get(partner_sudo.parent_id.id, ())}:
                if id_ != other.id:
                    managers.setdefault(id_, set()).add(other.manager_user_id.id)
        return managers

    @api.model
    def _candidates(self, company, users):
        """Return people as the core knows them, :class:`core.assignment.Candidate`, in order of their ids.

        :param company: `res.company`
        :param users: `res.users`
        """
        # As superuser: what a colleague carries is told to who chooses among them, and to nobody else.
        people_sudo = users.sudo().with_context(active_test=False).sorted("id")
        if not people_sudo:
            return []
        loads_sudo = self.env["loan.workload"].sudo().with_context(loan_workload_users=people_sudo.ids)
        loads = {row.user_id.id: row for row in loads_sudo.search([("company_id", "=", company.id)])}
        desks_sudo = self.env["loan.manager"].sudo()
        desks = {
            desk.user_id.id: desk
            for desk in desks_sudo.search(
                [("user_id", "in", people_sudo.ids), ("company_id", "=", company.id)]
            )
        }
        today = company._loan_today()
        covers = self._absences(company, people_sudo, today)
        managers = set(self.env["loan.workload"]._manager_group_ids())
        weeks = {}
        candidates = []
        for user in people_sudo:
            desk, row = desks.get(user.id, desks_sudo), loads.get(user.id)
            refusal = None
            if not user.active or user.share:
                refusal = "archived"
            elif not managers & set(user.all_group_ids.ids):
                refusal = "no_right"
            elif company not in user.company_ids:
                refusal = "company"
            hours, days = self._worked(company, user, today, weeks)
            languages = desk.with_context(active_test=False).lang_ids.mapped("code") or [user.lang]
            candidates.append(
                assignment.Candidate(
                    user.id,
                    load=row._load() if row else Decimal(0),
                    ceiling=Decimal(str(desk.load_ceiling if desk else company.loan_load_ceiling)),
                    vip_used=row.vip_count if row else 0,
                    vip_slots=desk.vip_slots if desk else company.loan_vip_slots,
                    languages=frozenset(filter(None, languages)),
                    dialects=frozenset(desk.dialect_ids.ids),
                    families=desk._families() if desk else frozenset(),
                    products=frozenset(desk.product_ids.ids),
                    regions=frozenset(desk.state_ids.ids),
                    segments=frozenset(desk.segment_ids.ids),
                    kinds=desk._kinds() if desk else frozenset(),
                    hours=hours,
                    days=days,
                    takes_new=desk.takes_new if desk else True,
                    away=user.id in covers,
                    refusal=refusal,
                )
            )
        return candidates

    @api.model
    def _absences(self, company, people_sudo, today):
        """Return who is away for so long that a new customer would wait, now or soon.

        As long as an absence counts as long, so far is looked ahead.

        :return: `{user id: (first day, last day)}`
        """
        days = timedelta(days=company.loan_away_days)
        # As superuser: that a colleague is away is known to who plans work with them.
        covers_sudo = (
            self.env["loan.cover"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("manager_user_id", "in", people_sudo.ids),
                    ("date_from", "<=", today + days),
                    ("date_to", ">=", today + days),
                    ("back_at", "=", False),
                ],
                order="date_from desc, id desc",  # of several the first one is told
            )
        )
        return {
            cover.manager_user_id.id: (cover.date_from, cover.date_to)
            for cover in covers_sudo
            if cover.date_to - max(cover.date_from, today) >= days
        }

    @api.model
    def _worked(self, company, user, today, known):
        """Return at which hours of the week, of UTC, and on which weekdays somebody works.

        :param company: `res.company`
        :param user: `res.users`
        :param date today: the company's day
        :param dict known: keeps the week of each calendar
        """
        calendar = user.with_company(company).resource_calendar_id or company.resource_calendar_id
        if calendar.id not in known:
            spans = [
                (int(line.dayofweek), line.hour_from, line.hour_to)
                for line in calendar.attendance_ids
                if line.day_period != "lunch" and not line.display_type
            ]
            zone = calendar.tz or company.loan_tz
            known[calendar.id] = (
                assignment.week_hours(spans, zone, today),
                frozenset(weekday for weekday, _start, _end in spans),
            )
        return known[calendar.id]

    # ------------------------------------------------------------ telling

    @api.model
    def _told(self, verdict, room=True, missing=False, ties=True):
        """Return in words what speaks for somebody.

        :param verdict: :class:`core.assignment.Verdict`
        :param bool room: with what they would carry, which differs from customer to customer
        :param bool missing: with what does not fit, but for the language, which is warned of
        :param bool ties: with whom else of theirs somebody looks after; never as superuser, who sees ties that whoever
            reads these words may not see
        """
        left_out = set() if ties and not self.env.su else {"kin", "relative"}
        words = [
            self._reason_told(reason)
            for reason in verdict.reasons
            if (room or reason.key != "room")
            and reason.key not in left_out
            and (not reason.key.endswith("_missing") or (missing and reason.key != "language_missing"))
        ]
        return " · ".join(filter(None, words))

    @api.model
    def _told_missing(self, verdict):
        """Return in words what does not fit of somebody, but for the language, which is warned of.

        :param verdict: :class:`core.assignment.Verdict`
        """
        missing = [
            self._reason_told(reason)
            for reason in verdict.reasons
            if reason.key.endswith("_missing") and reason.key != "language_missing"
        ]
        return " · ".join(filter(None, missing))

    @api.model
    def _recorded(self, verdict, room=True):
        """Return what the history says speaks for somebody, which may be nothing.

        Without ties to others: the history is read by more people than may know who else borrows.

        :param verdict: :class:`core.assignment.Verdict`
        :param bool room: with what they would carry
        """
        told = self._told(verdict, room=room, ties=False)
        if not told and any(reason.key in ("kin", "relative") for reason in verdict.reasons):
            return self.env._("Fits best")
        return told

    @api.model
    def _reason_told(self, reason):
        name = self._name_of(reason)
        if reason.key == "room":
            return self.env._("%s %% of the ceiling then", round(reason.what * 100))
        told = {
            "language": self.env._("Speaks %s", name),
            "language_missing": self.env._("Does not speak %s", name),
            "dialect": self.env._("Speaks %s", name),
            "product": self.env._("Knows %s", name),
            "family": self.env._("Specialist: %s", name),
            "family_missing": self.env._("Specializes in other products"),
            "region": self.env._("Serves %s", name),
            "region_missing": self.env._("Serves other regions"),
            "segment": self.env._("Serves %s", name),
            "segment_missing": self.env._("Serves other segments"),
            "kind": self.env._("Serves: %s", name),
            "kind_missing": self.env._("Serves other kinds of customers"),
            "former": self.env._("Knows the customer already"),
            "kin": self.env._("Looks after their household or firm"),
            "relative": self.env._("Looks after a relative of theirs"),
            "days": self.env._("Works on their best days: %s", name),
            "days_missing": self.env._("Does not work on their best days: %s", name),
            "hours": self.env._("Works when they can be called"),
            "hours_missing": self.env._("Does not work when they can be called"),
        }
        return told.get(reason.key)  # who serves all needs no words

    @api.model
    def _name_of(self, reason):
        """Return the name of what a reason is about."""
        base = reason.key.removesuffix("_missing")
        models_ = {
            "dialect": "loan.dialect",
            "product": "loan.product",
            "region": "res.country.state",
            "segment": "loan.customer.segment",
        }
        if base == "language":
            # Odoo's name of a language is in English and in the language itself: each reader gets theirs.
            names = (self.env["res.lang"]._get_data(code=reason.what).name or reason.what).split(" / ")
            return names[-1 if self.env.lang == reason.what else 0]
        if base in models_ and reason.what:
            # As superuser: a product or region of the customer, whose page names it, too.
            return self.env[models_[base]].sudo().browse(reason.what).name
        if base == "days":
            return self._days_told(reason.what)
        selections = {"family": ("loan.product", "family"), "kind": ("loan.customer", "kind")}
        if base in selections:
            model, field = selections[base]
            options = dict(self.env[model]._fields[field]._description_selection(self.env))
            return options.get(reason.what, "")
        return ""

    @api.model
    def _days_told(self, weekdays):
        """Return the short names of weekdays, Monday is 0, in the reader's language."""
        return listed(
            (
                format_date(self.env, _SOME_MONDAY + timedelta(days=weekday), date_format="EEE")
                for weekday in sorted(weekdays)
            ),
            self.env.lang,
        )

    @api.model
    def _told_against_deputy(self, company, verdict):
        """Return in words what speaks against somebody as deputy: room, slots and being manager today do not."""
        kept = tuple(key for key in verdict.against if key in ("away", *assignment.UNFIT))
        return self._told_against(company, verdict._replace(against=kept))

    @api.model
    def _told_against(self, company, verdict):
        """Return in words what speaks against somebody; empty where nothing does.

        :param company: `res.company`
        :param verdict: :class:`core.assignment.Verdict`
        """
        words = [self._against_told(company, verdict, key) for key in verdict.against]
        words += [self._reason_told(reason) for reason in verdict.reasons if reason.key == "language_missing"]
        return " · ".join(words)

    @api.model
    def _against_told(self, company, verdict, key):
        if key == "away":
            user_sudo = self.env["res.users"].sudo().browse(verdict.id)
            today = company._loan_today()
            first, last = self._absences(company, user_sudo, today).get(verdict.id, (None, None))
            if first and first > today:
                return self.env._(
                    "Away from %(first)s to %(last)s",
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            return self.env._("Away until %s", format_date(self.env, last))
        if key == "ceiling":
            return self.env._("Ceiling reached: %s points then", f"{float(verdict.load):g}")
        told = {
            "archived": self.env._("Has left"),
            "no_right": self.env._("Is no relationship manager"),
            "company": self.env._("Does not work for this company"),
            "conflict": self.env._("Conflict of interest"),
            "related": self.env._("Related to the customer"),
            "same": self.env._("Looks after them today"),
            "not_taking": self.env._("Takes no new customers at present"),
            "vip_slots": self.env._("No VIP slot free"),
        }
        return told[key]

    @api.model
    def _pick(self, ranking):
        """Return the manager and the deputy that a ranking proposes, `res.users`; empty where nobody is left."""
        users = self.env["res.users"]
        best = [verdict for verdict in ranking if verdict.eligible][:2]
        return [users.browse(verdict.id) for verdict in best] + [users.browse()] * (2 - len(best))

    @api.model
    def _needs_told(self, needs):
        """Return in words what a customer asks of whoever looks after them.

        :param needs: :class:`core.assignment.Needs`
        """
        reasons = [
            *(assignment.Reason("language", what=code) for code in sorted(needs.languages)),
            *(assignment.Reason("dialect", what=id_) for id_ in sorted(needs.dialects)),
            *(assignment.Reason("product", what=id_) for id_ in sorted(needs.products)),
            assignment.Reason("region", what=needs.region),
            assignment.Reason("segment", what=needs.segment),
            assignment.Reason("kind", what=needs.kind),
            assignment.Reason("days", what=tuple(sorted(needs.days))),
        ]
        words = [self._name_of(reason) for reason in reasons if reason.what]
        if needs.vip:
            words.append(self.env._("VIP"))
        if needs.load:
            words.append(self.env._("Load points: %s", f"{float(needs.load):g}"))
        return " · ".join(filter(None, words))
