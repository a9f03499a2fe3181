from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class LoanCustomerErasure(models.Model):
    """That a customer is to be forgotten: asked for by one person, confirmed by another, done on its day.

    It stays as the proof and tells nothing of whom: a number, days, colleagues, counts. Where loan records have to be
    kept for a while, the profile leaves daily work at once with all that is not needed for them, and the night of
    the day named does the rest.
    """

    _name = "loan.customer.erasure"
    _inherit = ["loan.access.mixin"]
    _description = "Erasure of a Customer"
    _order = "requested_at desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer",
        "Profile",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    reference = fields.Char("Customer No.", readonly=True)
    basis = fields.Selection(
        [
            ("request", "The Customer Asked for It"),
            ("over", "The Time to Keep It Is Over"),
            ("mistake", "Should Not Have Been Collected"),
        ],
        "Because",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("requested", "To Be Confirmed"),
            ("waiting", "Waits for Its Day"),
            ("done", "Erased"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="requested",
    )
    requested_user_id = fields.Many2one(
        "res.users", "Asked For By", required=True, readonly=True, ondelete="restrict"
    )
    requested_at = fields.Datetime("Asked For At", required=True, readonly=True)
    confirmed_user_id = fields.Many2one("res.users", "Confirmed By", readonly=True, ondelete="restrict")
    confirmed_at = fields.Datetime("Confirmed At", readonly=True)
    erase_on = fields.Date(
        "Erase On", readonly=True, help="Records of loans are kept until then. Empty: there never was a loan."
    )
    done_at = fields.Datetime("Done At", readonly=True)
    counts = fields.Json(readonly=True, export_string_translation=False)
    counts_told = fields.Text("What Was Erased", compute="_compute_counts_told")

    _one_open = models.UniqueIndex(
        "(customer_id) WHERE state IN ('requested', 'waiting')",
        "Somebody has asked already for this customer to be erased.",
    )
    _waiting_idx = models.Index("(company_id, erase_on, id) WHERE state = 'waiting'")

    @api.model
    def _get_erasure_plan(self):
        return {
            "delete": False,
            "now": {},
            "later": {},
            "why": self.env._("The proof that it was done. It names nobody."),
        }

    @api.depends("counts")
    @api.depends_context("lang")
    def _compute_counts_told(self):
        for erasure in self:
            erasure.counts_told = "\n".join(
                f"{self.env['ir.model']._get(name).name or name}: {count}"
                for name, count in sorted((erasure.counts or {}).items())
            )

    def action_confirm(self):
        """Confirm as a second person, and erase what may be erased today."""
        self.ensure_one()
        self.check_access("read")
        if not any(
            self.env.user.has_group(f"loan_crm.loan_crm_group_{role}") for role in ("team_lead", "compliance")
        ):
            raise AccessError(self.env._("A team lead or a second compliance officer confirms."))
        if self.requested_user_id == self.env.user:
            raise UserError(self.env._("Somebody else than who asked for it has to confirm."))
        if self.state != "requested":
            raise UserError(self.env._("There is nothing to confirm any more."))
        customer = self.customer_id
        customer.check_access("read")
        # As superuser: two people have agreed; what is erased is more than either may write.
        erasure_sudo = self.sudo()
        erasure_sudo.lock_for_update()
        if refusal := erasure_sudo.customer_id._erasure_refusal():
            raise UserError(refusal)
        erasure_sudo.write(
            {
                "confirmed_user_id": self.env.uid,
                "confirmed_at": fields.Datetime.now(),
                "erase_on": erasure_sudo.customer_id._erasure_kept_until(),
            }
        )
        erasure_sudo._carry_out(self.company_id._loan_today())
        return True

    def action_withdraw(self):
        """Let the customer stay, before it is too late; what was emptied already does not come back."""
        self.ensure_one()
        self.check_access("read")
        if self.state not in ("requested", "waiting"):
            raise UserError(self.env._("There is nothing to withdraw any more."))
        # As superuser: who may read this page may stop it, nobody writes it by hand.
        erasure_sudo = self.sudo()
        erasure_sudo.state = "withdrawn"
        erasure_sudo.customer_id.erase_on = False
        return True

    def _carry_out(self, today):
        """Erase what may be erased on a day: all, or what need not be kept for the books."""
        for erasure in self:
            customer = erasure.customer_id.with_context(active_test=False)
            complete = not erasure.erase_on or erasure.erase_on <= today
            counts = Counter()
            for profile in customer | customer._merged_into_these():
                counts.update(profile._forget(complete))
            known = erasure.counts or {}
            erasure.counts = {
                name: known.get(name, 0) + counts.get(name, 0) for name in sorted({*known, *counts})
            }
            if complete:
                customer.write({"active": False, "erase_on": False, "erased_on": today})
                erasure.write({"state": "done", "done_at": fields.Datetime.now()})
            else:
                customer.write({"active": False, "erase_on": erasure.erase_on})
                erasure.state = "waiting"
                customer._message_log(
                    body=self.env._(
                        "To be erased on %s. Until then records of the loans are kept; the rest is gone already.",
                        format_date(self.env, erasure.erase_on),
                    )
                )

    def _erase_in_time(self, today):
        """Carry these out, or say why not: a loan may have come since."""
        for erasure in self:
            if refusal := erasure.customer_id._erasure_refusal():
                raise UserError(refusal)
            erasure._carry_out(today)

    @api.model
    def _night_erase(self, night):
        """Erase the customers whose day has come.

        :param night: `loan.night`, of one company and day
        :return: how many were treated; 0 when none is left
        """
        last = night._stand("erase_last", 0)
        due = self.search(
            [
                ("company_id", "=", night.company_id.id),
                ("state", "=", "waiting"),
                ("erase_on", "<=", night.date),
                ("id", ">", last),
            ],
            order="id",
            limit=20,
        )
        night._apart("erase", due, lambda erasures: erasures._erase_in_time(night.date))
        if due:
            night._note_stand(erase_last=due[-1].id)
        return len(due)
