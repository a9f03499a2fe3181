from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..core import covers


class LoanCoverLeadMixin(models.AbstractModel):
    """Open applications of who is away: they go to who acts as the cover begins, and come back when it ends.

    The application itself keeps whose it is and who has it (`crm.lead.loan_cover_from_id`, `loan_cover_to_id`), so
    that nothing goes over twice. Who acts has it in their list, gets the answers as a follower, and does what is to
    be done there. What somebody gives on by hand meanwhile stays where they gave it. A customer that comes of it is
    who was away's.
    """

    _name = "loan.cover.lead.mixin"
    _description = "Applications While Somebody Is Away"

    lead_count = fields.Integer("Number of Applications Passed On", compute="_compute_lead_count")

    @api.depends_context("uid")
    def _compute_lead_count(self):
        # With the user's own rights: who may not see an application any more finds none.
        leads, counts = self.env["crm.lead"], {}
        if leads.has_access("read") and leads._has_field_access(leads._fields["loan_cover_id"], "read"):
            counts = dict(leads._read_group(self._lent_domain(), ["loan_cover_id"], ["__count"]))
        for cover in self:
            cover.lead_count = counts.get(cover._origin, 0)

    def _lent_domain(self):
        """Return the applications that are with who acts, open or decided meanwhile."""
        return Domain("loan_cover_id", "in", self._origin.ids) & Domain("loan_cover_to_id", "!=", False)

    def _lent(self):
        leads = self.env["crm.lead"].with_context(active_test=False)
        return leads.search(self._lent_domain())

    def _pass_applications(self):
        """Give the open applications of who is away to who acts; take up what changed since; called as superuser."""
        self.ensure_one()
        manager = self.manager_user_id
        fresh = (
            self.env["crm.lead"]
            .search(
                [
                    ("user_id", "=", manager.id),
                    ("loan_product_id", "!=", False),
                    ("won_status", "=", "pending"),
                    ("company_id", "in", [False, self.company_id.id]),
                    ("loan_cover_id", "!=", self.id),  # once in a cover: who gave it back has their reasons
                ]
            )
            .filtered(
                lambda lead: (
                    lead._loan_company() == self.company_id
                    # What who is away enters for themselves is meant for themselves.
                    and not (lead.create_uid == manager and lead.create_date > self.begun_at)
                )
            )
        )
        lent = self._lent()
        acting = self._acting_for(fresh | lent)
        self._take_back(lent.filtered(lambda lead: acting[lead] == manager))
        given = (fresh | lent).filtered(lambda lead: acting[lead] not in (manager, lead.user_id))
        for user, leads in given.grouped(acting.get).items():
            if user:
                self._lend(leads, user)
        for user, leads in self._lent().grouped("loan_cover_to_id").items():
            self._move_todos(leads, manager, user, until=self.date_to)
        if named := self._named_and_there():
            self._move_todos(self._handovers(), manager, named, until=self.date_to)

    def _named_and_there(self):
        """Return who is named in the cover, if they are there today."""
        named = self.deputy_user_id
        away = self.env["loan.cover"]._covers_today(named)
        return named if named.active and self.company_id not in away.company_id else named.browse()

    def _handovers(self):
        """Return the handovers to who is away: who is named in the cover may accept in their place."""
        return self.env["loan.handover"].search(
            [
                ("receiver_user_id", "=", self.manager_user_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "running"),
            ]
        )

    def _acting_for(self, leads):
        """Return who acts for applications: `{lead: user}`, who is away themselves where there is nobody else.

        Where the borrower is a customer of who is away, it is who acts for that customer; else the person named in the
        cover, unless they have a conflict of interest with the borrower, and the lead of the team.
        """
        manager, named = self.manager_user_id, self.deputy_user_id
        borrowers = {lead: lead._loan_borrower() for lead in leads}
        contacts = self.env["res.partner"].union(*borrowers.values())
        customers = {
            customer.partner_id: customer
            for customer in self.env["loan.customer"].search(
                [*self._customers_domain(), ("partner_id", "in", contacts.ids)]
            )
        }
        heads = leads.team_id.user_id.filtered(
            lambda user: user.has_group("loan_crm.loan_crm_group_team_lead")
        )
        people = manager | named | heads
        gone = people.filtered(lambda user: not user.active)
        away = {
            cover.manager_user_id
            for cover in self.env["loan.cover"]._covers_today(people)
            if cover.company_id == self.company_id
        }
        barred = self.env["loan.conflict"]._declared_of_contacts(
            contacts | contacts.commercial_partner_id, self.company_id._loan_today()
        )
        acting = {}
        for lead, borrower in borrowers.items():
            if customer := customers.get(borrower):
                acting[lead] = customer.acting_user_id or manager
                continue
            refused = {*barred.get(borrower, ()), *barred.get(borrower.commercial_partner_id, ())}
            line = [user for user in (named, lead.team_id.user_id & heads) if user and user not in refused]
            acting[lead] = covers.who_acts([*line, manager], gone, away) or manager
        return acting

    def _lend(self, leads, user):
        """Give applications to who acts."""
        self._forget_follower(leads)
        self._assign_leads(dict.fromkeys(leads, user), lent=True)
        follows = leads.filtered(lambda lead: user.partner_id not in lead.message_partner_ids)
        follows.message_subscribe(user.partner_id.ids)
        follows.loan_cover_follower = True
        self._note_on(
            leads,
            lambda told: told.env._(
                "%(manager)s is away until %(day)s: %(user)s acts.",
                manager=self.manager_user_id.name,
                day=format_date(told.env, self.date_to),
                user=user.name,
            ),
        )

    def _return_applications(self):
        """Give back what was lent: to who was away, or where they have left to nobody else; called as superuser."""
        for cover in self:
            manager = cover.manager_user_id
            if manager.active:
                cover._take_back(cover._lent())
                for user in cover.deputy_user_id | cover.told_user_ids:
                    cover._move_todos(cover._handovers(), user, manager)

    def _take_back(self, leads):
        if not leads:
            return
        manager = self.manager_user_id
        for user, group in leads.grouped("loan_cover_to_id").items():
            self._move_todos(group, user, manager)
        self._forget_follower(leads)
        self._assign_leads(dict.fromkeys(leads, manager), lent=False)
        self._note_on(leads, lambda told: told.env._("%s is back.", manager.name))

    def _note_on(self, leads, words):
        told = self.with_context(lang=self.manager_user_id.lang or self.env.lang)
        leads._message_log_batch(dict.fromkeys(leads.ids, words(told)))

    @api.model
    def _forget_follower(self, leads):
        """Let who has acted follow no more, unless they had followed before."""
        for user, group in leads.filtered("loan_cover_follower").grouped("loan_cover_to_id").items():
            group.message_unsubscribe(user.partner_id.ids)
            group.loan_cover_follower = False

    def _assign_leads(self, users, lent):
        """Write who has applications.

        By a statement: with Odoo's own write the application would change its team with its salesperson, and its day
        of assignment, and forget both when it comes back.

        :param dict users: `{lead: user}`
        :param bool lent: to who acts, or back
        """
        if not users:
            return
        self.env["crm.lead"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead AS lead
                   SET user_id = given.user_id, loan_cover_id = %(cover)s, loan_cover_from_id = %(manager)s,
                       loan_cover_to_id = CASE WHEN %(lent)s THEN given.user_id END,
                       write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                  FROM unnest(%(leads)s::int[], %(users)s::int[]) AS given (lead_id, user_id)
                 WHERE lead.id = given.lead_id
                """,
                cover=self.id,
                manager=self.manager_user_id.id,
                lent=lent,
                uid=self.env.uid,
                leads=[lead.id for lead in users],
                users=[user.id for user in users.values()],
            )
        )
        self.env["crm.lead"].invalidate_model()

    def _move_todos(self, records, source, target, until=None):
        """Give what one has to do for applications or handovers to another.

        :param until: date; what falls due later stays
        """
        due = Domain("date_deadline", "<=", until) if until else Domain.TRUE
        found = self.env["mail.activity"].search(
            Domain("res_model", "=", records._name)
            & Domain("res_id", "in", records.ids)
            & Domain("user_id", "=", source.id)
            & due
        )
        if until:
            # As with tasks: what who is away plans for themselves is meant for themselves.
            found = found.filtered(
                lambda todo: not (todo.create_uid == source and todo.create_date > self.begun_at)
            )
        self._assign_tasks(dict.fromkeys(found.ids, target.id))

    @api.model
    def _follow_leads(self, leads):
        """Look at the covers of people who have just been given applications, at once and not within the hour.

        :param leads: `crm.lead`
        """
        # What one takes for oneself stays.
        users = leads.filtered("loan_product_id").user_id - self.env.user
        if not users:
            return
        # As superuser: who gives an application to somebody need not know who is away.
        covers_sudo = self.sudo()
        for cover_sudo in covers_sudo.search(
            [("state", "=", "running"), ("manager_user_id", "in", users.ids)]
        ):
            cover_sudo._pass_applications()

    def action_open_leads(self):
        """Open the applications that were passed on, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.crm_lead_action_applications")
        action["domain"] = list(self._lent_domain())
        action["context"] = {"active_test": False, "loan_application": True, "default_type": "opportunity"}
        return action
