from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class LoanGrantEndMixin(models.AbstractModel):
    """How grants end before their day: withdrawn or shortened, one or many, with one reason that stays on record."""

    _name = "loan.grant.end.mixin"
    _description = "Grants: Their End"

    def action_end(self):
        """Open the form that withdraws or shortens these grants, all with one reason."""
        self._check_compliance()
        self.check_access("read")
        return self.env["loan.access.end"]._open(grants=self)

    def _end(self, reason):
        """End at once what is in force of these grants, and refuse what waits; the caller has asked who may.

        :param str reason: stays on each grant and in the log
        :return: the grants that ended
        """
        # As superuser: whoever reviews grants need not be of compliance, and a status is noted by the verbs alone.
        grants_sudo = self.sudo()
        grants_sudo.lock_for_update()
        now = fields.Datetime.now()
        waiting_sudo = grants_sudo.filtered(lambda grant: grant.state in ("requested", "approved_once"))
        held_sudo = grants_sudo.filtered(lambda grant: grant.state == "granted" and grant.date_to > now)
        (waiting_sudo | held_sudo).answer = reason.strip()
        waiting_sudo._move_to("refused")
        waiting_sudo.decided_at = now
        held_sudo._move_to("ended")
        held_sudo.write({"ended_at": now, "ended_user_id": self.env.uid})
        (waiting_sudo | held_sudo)._note_decision(reason.strip())
        self.env["loan.sight.end"]._note(customers=held_sudo.customer_id)
        waiting_sudo._tell_who_asked()
        return held_sudo.with_env(self.env)

    def _shorten(self, date_to, reason):
        """Let grants end earlier than was approved; the caller has asked who may.

        :param datetime date_to: the new end, UTC; a grant that ends before stays as it is
        :param str reason: stays in the log and on the grant
        :raise UserError: for a day that has passed
        """
        if date_to <= fields.Datetime.now():
            raise UserError(self.env._("This moment has passed. Withdraw the grants instead."))
        # As superuser: as above.
        grants_sudo = self.sudo()
        grants_sudo.lock_for_update()
        longer_sudo = grants_sudo.filtered(
            lambda grant: grant.state == "granted" and grant.date_from < date_to < grant.date_to
        )
        longer_sudo.date_to = date_to
        longer_sudo._message_log_batch(
            bodies=dict.fromkeys(
                longer_sudo.ids,
                self.env._(
                    "It ends earlier, on %(day)s: %(reason)s",
                    day=format_datetime(self.env, date_to, dt_format="medium"),
                    reason=reason,
                ),
            ),
            author_id=self.env.user.partner_id.id,
        )
        for grant in longer_sudo:
            self.env["loan.access.log"]._note(
                "grant",
                grant.customer_id or grant,
                grant=grant,
                reason=reason,
                state="shortened",
                until=fields.Datetime.to_string(date_to),
            )
        return longer_sudo.with_env(self.env)
