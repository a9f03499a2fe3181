from collections import namedtuple
from contextlib import contextmanager
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import disclosure

# What somebody may see now. `duty`: Domain of the customers that are their duty; `cleared`: of which levels,
# core.disclosure.Clearances; `caps`: those of their grants in force, highest first; `barred`: Domain of the customers
# that are kept from them all the same. `acts_for`: _ActsFor.
_Sight = namedtuple("_Sight", ("duty", "cleared", "caps", "barred", "acts_for"))
# For whom they stand in today, `{company id: [user id]}`: for all customers of `covered`, and of `deputised` for those
# who name them as deputy.
_ActsFor = namedtuple("_ActsFor", ("covered", "deputised"))
_ALL = _Sight(Domain.TRUE, disclosure.Clearances(), (), Domain.FALSE, _ActsFor({}, {}))
_NOTHING = _Sight(Domain.FALSE, disclosure.Clearances(), (), Domain.FALSE, _ActsFor({}, {}))
# What a user's duty and sight hang on, see `_loan_duty_ids`.
_Hung = namedtuple(
    "_Hung", ("covered", "deputised", "teams", "incoming", "receiving", "caps", "walled", "conflicts")
)
# Of a user, what opens doors; the rest is theirs.
_DOORS = frozenset({"group_ids", "company_ids", "company_id", "active", "login", "password", "partner_id"})


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.constrains("group_ids")
    def _check_auditor_apart(self):
        auditor = self.env.ref("loan_crm.loan_crm_group_auditor", raise_if_not_found=False)
        if not auditor:  # the addon is being installed
            return
        category = self.env["loan.access.grant"]._loan_category()
        for user in self:
            # As superuser: which roles somebody has is asked, whoever gives them one.
            roles_sudo = user.sudo().all_group_ids
            if auditor in roles_sudo and (
                roles_sudo.filtered(lambda role: role.privilege_id.category_id == category) - auditor
            ):
                raise ValidationError(
                    self.env._(
                        "%s would audit their own work: an auditor has no other role of Loan CRM.", user.name
                    )
                )

    @api.depends_context("uid")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        # Whatever points at a login is told its name as superuser; a borrower's is that of their contact.
        asked = self.env.su and self.env.uid != SUPERUSER_ID and self.env.user._is_internal()
        if asked and not self.env["res.partner"]._loan_open():
            for user in self.filtered("share"):
                if user.partner_id and not user.partner_id.loan_visible:
                    user.display_name = user.partner_id._loan_masked()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        self.env["loan.access.log"]._note_administration("create", users, vals_list)
        return users

    def write(self, vals):
        done = super().write(vals)
        if _DOORS & vals.keys():
            self.env["loan.access.log"]._note_administration("write", self, [vals])
        if {"active", "company_ids", "group_ids"} & vals.keys() and self.env.registry.ready:
            self.env["loan.sight.end"]._note(users=self)
        return done

    def unlink(self):
        self.env["loan.access.log"]._note_administration("unlink", self)
        return super().unlink()

    def _loan_sight(self):
        """Tell what this user may see now; while a page is read (`_loan_duty_kept`) it is worked out once.

        Read with each query, never cached: a cover that ended yesterday, a team left, a grant withdrawn or an
        agreement that lapsed a second ago count.

        :rtype: _Sight
        """
        kept = self.env.cr.cache.get("loan_duty")
        if kept is None:
            return self._loan_sight_now()
        if self.id not in kept:
            kept[self.id] = self._loan_sight_now()
        return kept[self.id]

    def _loan_sight_now(self):
        self.ensure_one()
        if self._is_superuser():
            return _ALL
        keeps_rules = self.has_group("loan_crm.loan_crm_group_compliance")
        manages = self.has_group("loan_crm.loan_crm_group_manager")
        serves = self.has_group("loan_crm.loan_crm_group_service_desk")
        if not (keeps_rules or manages or serves):
            return _NOTHING
        hung = self._loan_duty_ids()
        cleared = self._loan_cleared(self.env["loan.confidentiality.level"]._asked())
        barred = Domain.FALSE
        if hung.conflicts:
            barred |= Domain("id", "in", hung.conflicts)
        if hung.walled and not keeps_rules:
            barred |= Domain("team_id", "in", hung.walled)
        duty = Domain.TRUE if keeps_rules else self._loan_duty_domain(hung, manages)
        acts_for = _ActsFor(hung.covered, hung.deputised)
        return _Sight(duty, cleared, () if keeps_rules else hung.caps, barred, acts_for)

    def _loan_own_domain(self, owner, deputy):
        """Tell which records are this user's to work on today: their own, and those of whom they stand in for.

        It tells whose work it is, not who may see it: that is the rules' to say.

        :param str owner: name of the field that names who is accountable
        :param str deputy: the field of the deputy, as a path
        :return: :class:`odoo.fields.Domain` on a model with a company
        """
        acts_for = self._loan_sight().acts_for
        own = Domain(owner, "=", self.id)
        for company_id, user_ids in acts_for.covered.items():
            own |= Domain("company_id", "=", company_id) & Domain(owner, "in", user_ids)
        for company_id, user_ids in acts_for.deputised.items():
            named = Domain("company_id", "=", company_id) & Domain(deputy, "=", self.id)
            own |= named & Domain(owner, "in", user_ids)
        return own

    def _loan_duty_domain(self, hung, manages):
        """Tell which customers are this user's duty, now.

        A relationship manager's duty is their own customers, those they cover, those of a manager who has left whose
        deputy they are, and those they are taking over; a team lead's also the teams they lead; the service desk's the
        teams they belong to; a compliance officer's all. Being administrator, of Loan CRM or of Odoo, is no duty.

        :param _Hung hung: what it hangs on
        :param bool manages: whether they are a relationship manager
        :return: :class:`odoo.fields.Domain` on the columns `company_id`, `manager_user_id`, `deputy_user_id`,
            `incoming_user_id`, `team_id`
        """
        duty = Domain.FALSE
        if manages:
            duty |= Domain("manager_user_id", "=", self.id)
        if hung.incoming:  # rarely: without it a list walks along the index of one manager
            duty |= Domain("incoming_user_id", "=", self.id)
        for company_id, manager_ids in hung.covered.items():
            duty |= Domain("company_id", "=", company_id) & Domain("manager_user_id", "in", manager_ids)
        for company_id, manager_ids in hung.deputised.items():
            mine = Domain("company_id", "=", company_id) & Domain("deputy_user_id", "=", self.id)
            duty |= mine & Domain("manager_user_id", "in", manager_ids)
        # Who acts for a colleague sees what is being handed over to that one, and may accept it.
        for company_id, manager_ids in hung.receiving["covered"].items():
            duty |= Domain("company_id", "=", company_id) & Domain("incoming_user_id", "in", manager_ids)
        for company_id, manager_ids in hung.receiving["deputised"].items():
            mine = Domain("company_id", "=", company_id) & Domain("deputy_user_id", "=", self.id)
            duty |= mine & Domain("incoming_user_id", "in", manager_ids)
        if hung.teams:
            duty |= Domain("team_id", "in", hung.teams)
        return duty

    @contextmanager
    def _loan_duty_kept(self):
        """Work each user's sight out once until this ends: for a call that only reads, and sees one state of all."""
        cache = self.env.cr.cache
        if "loan_duty" in cache:
            yield
            return
        cache["loan_duty"] = {}
        try:
            yield
        finally:
            cache.pop("loan_duty", None)

    def _loan_sight_changed(self):
        """Forget within this transaction who sees what: something that it hangs on has just changed."""
        for name, model in self.env.registry.items():
            if "loan_visible" in model._fields:
                self.env[name].invalidate_model(["loan_visible"], flush=False)

    def _loan_duty_ids(self):
        """Read what this user's duty and sight hang on, in one query.

        :return: managers covered for all their customers, managers covered where the customer names this user
            as deputy (nobody is named for all, or whoever is has left or is away, too; or the manager has left), both
            as `{company id: [user id]}`, a list of team ids, whether they are taking over any, which of those they
            act for are taking over any, as `{"covered": …, "deputised": …}`; the caps of their grants in force, the
            teams that a wall parts from theirs, the customers of whom a conflict of interest keeps them
        :rtype: _Hung
        """
        self.env["loan.customer"].flush_model(
            ["manager_user_id", "deputy_user_id", "incoming_user_id", "company_id"]
        )
        self.env["res.users"].flush_model(["active"])
        for name in (
            "loan.cover",
            "crm.team",
            "crm.team.member",
            "loan.wall",
            "loan.access.grant",
            "loan.conflict",
        ):
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
                 UNION ALL
                SELECT 'cap', granted.cap, NULL, NULL, NULL, FALSE FROM (%(caps)s) AS granted
                 UNION ALL
                SELECT 'wall', CASE WHEN wall.team_id = own.id THEN wall.other_team_id ELSE wall.team_id END,
                       NULL, NULL, NULL, FALSE
                  FROM loan_wall AS wall
                  JOIN (SELECT crm_team_id AS id FROM crm_team_member WHERE active AND user_id = %(user)s
                         UNION
                        SELECT id FROM crm_team WHERE active AND user_id = %(user)s) AS own
                    ON own.id IN (wall.team_id, wall.other_team_id)
                 WHERE wall.active
                 UNION ALL
                -- Whose customers these are is asked only of the few who have declared any, and not of all customers.
                SELECT 'conflict', id, NULL, NULL, NULL, FALSE FROM loan_conflict
                 WHERE user_id = %(user)s AND (date_to IS NULL OR date_to >= %(day_before)s)
                """,
                caps=self.env["loan.access.grant"]._caps_sql(self),
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
        teams, incoming, caps, walled, conflicted = [], False, set(), [], False
        companies_sudo = self.env["res.company"].sudo()  # a cover counts whichever company is switched on
        for kind, id_, date_from, date_to, company_id, receives in rows:
            if kind == "team":
                teams.append(id_)
            elif kind == "incoming":
                incoming = True
            elif kind == "left":
                found["deputised"].setdefault(company_id, []).append(id_)
            elif kind == "cap":
                caps.add(id_)
            elif kind == "wall":
                walled.append(id_)
            elif kind == "conflict":
                conflicted = True
            elif date_from <= companies_sudo.browse(company_id)._loan_today() <= date_to:
                found[kind].setdefault(company_id, []).append(id_)
                if receives:
                    receiving[kind].setdefault(company_id, []).append(id_)
        conflicts = self.env["loan.conflict"]._kept_from(self) if conflicted else []
        return _Hung(
            *(found["covered"], found["deputised"], teams, incoming, receiving),
            *(tuple(sorted(caps, reverse=True)), walled, conflicts),
        )

    def _loan_cleared(self, levels):
        """Return what this user may see of levels, lender by lender, at this very moment.

        :param levels: :class:`core.disclosure.Level`
        :rtype: core.disclosure.Clearances
        """
        return disclosure.clearances(
            levels,
            self._loan_lenders(),
            self._loan_agreed_with,
            self._loan_untrained,
            exempt=self.has_group("loan_crm.loan_crm_group_compliance"),
        )

    def _loan_lenders(self):
        """Return the lenders this user works for, ids."""
        # As superuser: which they are counts, whoever asks, and Odoo keeps the answer for the next one.
        return self.sudo()._get_company_ids()

    def _loan_agreed_with(self):
        """Return the lenders with whom this user holds an agreement that counts, at this very moment, a list of ids."""
        self.ensure_one()
        return self.env["loan.nda"]._valid_companies(self)

    def _loan_untrained(self):
        """Return for which levels this user lacks a training today: `{company id: ranks, or None for all}`."""
        self.ensure_one()
        return self.env["loan.training"]._closed_ranks(self, self._loan_lenders())

    def _loan_agreement_valid(self, company=None):
        """Tell whether this user holds a confidentiality agreement that counts, at this very moment.

        :param company: `res.company`, the lender it must be with; by default any of them
        """
        agreed = self._loan_agreed_with()
        return company.id in agreed if company else bool(agreed)

    def _loan_training_valid(self, company=None, rank=None):
        """Tell whether this user has done every training that is mandatory for them, and each is valid today.

        :param company: `res.company`, the lender whose trainings count; by default all they work for
        :param int rank: of the level that the trainings are needed for; by default any
        """
        untrained = self._loan_untrained()
        return not any(
            ranks is None or rank is None or rank in ranks
            for company_id, ranks in untrained.items()
            if not company or company_id == company.id
        )
