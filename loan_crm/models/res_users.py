from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Of a user, what opens doors; the rest is theirs.
_DOORS = frozenset({"group_ids", "company_ids", "company_id", "active", "login", "password", "partner_id"})


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        self.env["loan.access.log"]._note_administration("create", users, vals_list)
        return users

    def write(self, vals):
        done = super().write(vals)
        if _DOORS & vals.keys():
            self.env["loan.access.log"]._note_administration("write", self, [vals])
        return done

    def unlink(self):
        self.env["loan.access.log"]._note_administration("unlink", self)
        return super().unlink()

    def _loan_duty_domain(self):
        """Tell which customers are this user's duty, now.

        Read with each query, never cached: cover that ended yesterday and a team left a second ago count.
        A relationship manager's duty is their own customers, those they cover, those of a manager who has left whose
        deputy they are, and those they are taking over; a team lead's also the teams they lead; the service desk's the
        teams they belong to; a compliance officer's all. Being administrator, of Loan CRM or of Odoo, is no duty.

        :return: :class:`odoo.fields.Domain` on the columns `company_id`, `manager_user_id`, `deputy_user_id`,
            `incoming_user_id`, `team_id`
        """
        self.ensure_one()
        if self._is_superuser() or self.has_group("loan_crm.loan_crm_group_compliance"):
            return Domain.TRUE
        manages = self.has_group("loan_crm.loan_crm_group_manager")
        serves = self.has_group("loan_crm.loan_crm_group_service_desk")
        if not (manages or serves):
            return Domain.FALSE
        covered, deputised, teams, incoming, receiving = self._loan_duty_ids()
        duty = Domain.FALSE
        if manages:
            duty |= Domain("manager_user_id", "=", self.id)
        if incoming:  # rarely: without it a list walks along the index of one manager
            duty |= Domain("incoming_user_id", "=", self.id)
        for company_id, manager_ids in covered.items():
            duty |= Domain("company_id", "=", company_id) & Domain("manager_user_id", "in", manager_ids)
        for company_id, manager_ids in deputised.items():
            mine = Domain("company_id", "=", company_id) & Domain("deputy_user_id", "=", self.id)
            duty |= mine & Domain("manager_user_id", "in", manager_ids)
        # Who acts for a colleague sees what is being handed over to that one, and may accept it.
        for company_id, manager_ids in receiving["covered"].items():
            duty |= Domain("company_id", "=", company_id) & Domain("incoming_user_id", "in", manager_ids)
        for company_id, manager_ids in receiving["deputised"].items():
            mine = Domain("company_id", "=", company_id) & Domain("deputy_user_id", "=", self.id)
            duty |= mine & Domain("incoming_user_id", "in", manager_ids)
        if teams:
            duty |= Domain("team_id", "in", teams)
        return duty

    def _loan_duty(self):
        """Return `_loan_duty_domain`; while a page is read (`_loan_duty_kept`) it is worked out once."""
        kept = self.env.cr.cache.get("loan_duty")
        if kept is None:
            return self._loan_duty_domain()
        if self.id not in kept:
            kept[self.id] = self._loan_duty_domain()
        return kept[self.id]

    @contextmanager
    def _loan_duty_kept(self):
        """Work each user's duty out once until this ends: for a call that only reads, and sees one state of all."""
        cache = self.env.cr.cache
        if "loan_duty" in cache:
            yield
            return
        cache["loan_duty"] = {}
        try:
            yield
        finally:
            cache.pop("loan_duty", None)

    def _loan_duty_ids(self):
        """Read what this user's duty hangs on, in one query.

        :return: managers covered for all their customers, managers covered where the customer names this user
            as deputy (nobody is named for all, or whoever is has left or is away, too; or the manager has left), both
            as `{company id: [user id]}`, a list of team ids, whether they are taking over any, and which of those they
            act for are taking over any, as `{"covered": …, "deputised": …}`
        """
        self.env["loan.customer"].flush_model(
            ["manager_user_id", "deputy_user_id", "incoming_user_id", "company_id"]
        )
        self.env["res.users"].flush_model(["active"])
        for name in ("loan.cover", "crm.team", "crm.team.member"):
            self.env[name].flush_model()
        utc_day = fields.Date.today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN cover.deputy_user_id = %(user)s THEN 'covered' ELSE 'deputised' END,
                       cover.manager_user_id,
                       -- Where who covers is away, too, each customer's own deputy steps in for that time.
                       GREATEST(cover.date_from, other.date_from),
                       LEAST(cover.date_to, other.date_to),
                       cover.company_id,
                       EXISTS (SELECT FROM loan_customer
                                WHERE loan_customer.incoming_user_id = cover.manager_user_id)
                  FROM loan_cover AS cover
             LEFT JOIN res_users AS stand_in ON stand_in.id = cover.deputy_user_id
             LEFT JOIN loan_cover AS other
                    ON other.manager_user_id = cover.deputy_user_id
                   AND other.manager_user_id <> %(user)s
                   AND other.company_id = cover.company_id
                   AND other.back_at IS NULL
                   AND other.date_from <= %(day_after)s AND other.date_to >= %(day_before)s
                 WHERE %(covers)s
                   AND cover.back_at IS NULL
                   AND (cover.deputy_user_id = %(user)s
                        OR cover.deputy_user_id IS NULL
                        OR NOT stand_in.active
                        OR other.id IS NOT NULL)
                   AND cover.date_from <= %(day_after)s AND cover.date_to >= %(day_before)s
                 UNION ALL
                SELECT 'team', id, NULL, NULL, NULL, FALSE FROM crm_team
                 WHERE %(leads)s AND active AND user_id = %(user)s
                 UNION ALL
                SELECT 'team', crm_team_id, NULL, NULL, NULL, FALSE FROM crm_team_member
                 WHERE %(serves)s AND active AND user_id = %(user)s
                 UNION ALL
                -- Who has left is away for good: the deputy acts, until somebody else is accountable.
                -- From the few who have left to what they have kept, mostly nothing, and not from a deputy's thousands.
                SELECT 'left', manager.id, NULL::date, NULL::date, kept.company_id, FALSE
                  FROM res_users AS manager
            CROSS JOIN LATERAL (
                       SELECT DISTINCT company_id FROM loan_customer
                        WHERE manager_user_id = manager.id AND deputy_user_id = %(user)s) AS kept
                 WHERE %(covers)s AND NOT manager.active
                 UNION ALL
                SELECT 'incoming', NULL, NULL, NULL, NULL, TRUE
                 WHERE %(covers)s AND EXISTS (SELECT FROM loan_customer WHERE incoming_user_id = %(user)s)
                """,
                covers=self.has_group("loan_crm.loan_crm_group_manager"),
                leads=self.has_group("loan_crm.loan_crm_group_team_lead"),
                serves=self.has_group("loan_crm.loan_crm_group_service_desk"),
                user=self.id,
                # A day each way: which of these run today is for each company's own calendar day to say.
                day_before=utc_day - timedelta(days=1),
                day_after=utc_day + timedelta(days=1),
            )
        )
        found = {"covered": {}, "deputised": {}}
        receiving = {"covered": {}, "deputised": {}}
        teams, incoming = [], False
        companies_sudo = self.env["res.company"].sudo()  # a cover counts whichever company is switched on
        for kind, id_, date_from, date_to, company_id, receives in rows:
            if kind == "team":
                teams.append(id_)
            elif kind == "incoming":
                incoming = True
            elif kind == "left":
                found["deputised"].setdefault(company_id, []).append(id_)
            elif date_from <= companies_sudo.browse(company_id)._loan_today() <= date_to:
                found[kind].setdefault(company_id, []).append(id_)
                if receives:
                    receiving[kind].setdefault(company_id, []).append(id_)
        return found["covered"], found["deputised"], teams, incoming, receiving
