from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanGrantEmergencyMixin(models.AbstractModel):
    """A grant that somebody takes in an emergency: for minutes, on record first, reviewed by somebody else."""

    _name = "loan.grant.emergency.mixin"
    _description = "Grants: Emergencies"

    may_end = fields.Boolean(compute="_compute_may_end", export_string_translation=False)

    @api.depends("in_force", "kind", "user_id")
    @api.depends_context("uid")
    def _compute_may_end(self):
        for grant in self:
            grant.may_end = grant.in_force and grant.kind == "emergency" and grant.user_id == self.env.user

    def action_end_emergency(self):
        """End one's own emergency before its time: what it was for is done."""
        self.check_access("read")
        if not all(grant.may_end for grant in self):
            raise UserError(self.env._("You end your own emergency access, while it lasts."))
        # As superuser: a status, and who moved it, are noted by the system alone.
        grants_sudo = self.sudo()
        grants_sudo._move_to("ended")
        grants_sudo.write({"ended_at": fields.Datetime.now(), "ended_user_id": self.env.uid})
        grants_sudo._note_decision()
        self.env["loan.sight.end"]._note(customers=grants_sudo.customer_id)
        # What is on the screen is closed to them from now on.
        return self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_access_grant_action_mine")

    @api.model
    def _open_emergency(self, user, customer, level, reason, minutes, form_ref=0):
        """Open a customer to somebody for some minutes, and have it reviewed.

        Called as superuser, when it is on record that they are about to (`loan.access.emergency`).

        :param user: `res.users`
        :param customer: `loan.customer`
        :param level: `loan.confidentiality.level`, no more is opened than this
        :param str reason: their words
        :param int minutes: at most 240
        :param int form_ref: the number of the form; one form opens once
        :return: the grant
        """
        now = fields.Datetime.now()
        grant = self.create(
            {
                "kind": "emergency",
                "customer_id": customer.id,
                "company_id": customer.company_id.id,
                "user_id": user.id,
                "requested_user_id": user.id,
                "level_id": level.id,
                "purpose": reason,
                "date_from": now,
                "date_to": now + timedelta(minutes=minutes),
                "decided_at": now,
                "form_ref": form_ref,
            }
        )
        grant._move_to("granted")
        grant._note_decision()
        self._emergencies_changed()
        self.env["loan.access.review"]._open_for(grant)
        grant._tell_manager()
        return grant

    @api.model
    def _emergencies_changed(self):
        self.env.registry.clear_cache()
        # Who asks before this is committed keeps what was before.
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.model
    @tools.ormcache()
    def _emergencies(self):
        """Return until when somebody's last emergency may last, `{user id: moment}`; mostly nobody's.

        Kept until the next one begins, so that who has none pays nothing. One that has ended since does no harm here.
        """
        # As superuser: the readers' evidence asks.
        return {
            user.id: until
            for user, until in self.sudo()._read_group(
                Domain("kind", "=", "emergency") & self._in_force_domain(), ["user_id"], ["date_to:max"]
            )
        }

    @api.model
    def _emergency_customers(self):
        """Return the numbers of the customers whom an emergency opens to the user now, mostly none.

        :return: tuple
        """
        until = self._emergencies().get(self.env.uid)
        if not until or until <= fields.Datetime.now():
            return ()
        return tuple(self._emergencies_of_user().customer_id.ids)

    @api.model
    def _emergencies_of_user(self):
        """Return the user's emergencies that hold now, as superuser: what is theirs they may know."""
        # As superuser: the rule need not be asked for what is the user's own.
        grants_sudo = self.sudo()
        mine = Domain("user_id", "=", self.env.uid) & Domain("kind", "=", "emergency")
        return grants_sudo.search(mine & self._in_force_domain())

    def _tell_manager(self):
        """Tell who looks after the customer that somebody opened them, if they may see the customer; as superuser."""
        self.ensure_one()
        customer = self.customer_id
        for user in customer.manager_user_id | customer.acting_user_id:
            own = customer.with_user(user).with_context(allowed_company_ids=customer.company_id.ids)
            if user == self.user_id or not user.active or not own.has_access("read"):
                continue
            told = self.with_context(lang=user.lang)
            user.partner_id.message_notify(
                partner_ids=user.partner_id.ids,
                subject=told.env._("One of your customers was opened in an emergency"),
                body=Markup("<p>%s</p><p><a href='%s'>%s</a></p>")
                % (
                    told.env._(
                        "A colleague has opened one of your customers in an emergency. Compliance reviews it."
                    ),
                    f"{customer.get_base_url()}/odoo/loan-customers/{customer.id}",
                    told.env._("Show the customer"),
                ),
                model=False,
                res_id=False,
            )
