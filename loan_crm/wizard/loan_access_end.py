from datetime import datetime, time

from pytz import UTC, timezone

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class LoanAccessEnd(models.TransientModel):
    """Withdraw or shorten many grants with one reason, or close deals with all that came of them."""

    _name = "loan.access.end"
    _inherit = ["loan.guard.mixin"]
    _description = "Withdraw or Shorten Grants"

    grant_ids = fields.Many2many("loan.access.grant", string="Grants")
    deal_ids = fields.Many2many("loan.access.deal", string="Deals", readonly=True)
    grant_count = fields.Integer("Grants Concerned", compute="_compute_grant_count")
    how = fields.Selection(
        [("withdraw", "Withdraw them now"), ("shorten", "Let them end earlier")],
        "What",
        required=True,
        default="withdraw",
        help="Withdrawn, a grant is over with the next click. Shortened, it holds until the day you say.",
    )
    date_until = fields.Date("Last Day", help="They end with this day, by the clock of each lender.")
    reason = fields.Char(
        "Why", help="It stays on record, on each grant and in the log. No names of customers."
    )

    @api.model
    def _open(self, grants=None, deals=None):
        """Open the form.

        :param grants: `loan.access.grant`
        :param deals: `loan.access.deal`
        """
        form = self.create(
            {
                "grant_ids": [Command.set(grants.ids if grants else [])],
                "deal_ids": [Command.set(deals.ids if deals else [])],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close the Deal") if deals else self.env._("Withdraw or Shorten"),
            "res_model": self._name,
            "res_id": form.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.depends("grant_ids", "deal_ids")
    def _compute_grant_count(self):
        for form in self:
            concerned = (form.grant_ids | form.deal_ids.grant_ids).filtered(
                lambda grant: (
                    grant.state in ("requested", "approved_once")
                    or (grant.state == "granted" and grant.date_to > fields.Datetime.now())
                )
            )
            form.grant_count = len(concerned)

    def action_end(self):
        """Do what was chosen, to all of them or to none."""
        self.ensure_one()
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Compliance withdraws grants."))
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason stays on record."))
        if self.deal_ids:
            self.deal_ids._close(reason)
        elif self.how == "withdraw":
            self.grant_ids.check_access("write")
            self.grant_ids._end(reason)
        else:
            self.grant_ids.check_access("write")
            for company, grants in self.grant_ids.grouped("company_id").items():
                grants._shorten(self._end_of(self.date_until, company), reason)
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _end_of(self, day, company):
        """Return the moment, UTC, at which a day ends on a lender's clock.

        :param date day: the last day
        :param company: `res.company`
        :raise UserError: without a day
        """
        if not day:
            raise UserError(self.env._("Say which day is the last."))
        zone = timezone(company.loan_tz or "UTC")
        return zone.localize(datetime.combine(day, time(23, 59, 59))).astimezone(UTC).replace(tzinfo=None)
