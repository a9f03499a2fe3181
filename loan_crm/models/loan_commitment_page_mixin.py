from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

# What is done stays on the borrower's page for so many days.
_PAGE_DAYS = 30


class LoanCommitmentPageMixin(models.AbstractModel):
    """What a borrower reads on their page of what we promised them."""

    _name = "loan.commitment.page.mixin"
    _description = "Promises on the Borrower's Page"

    shown = fields.Boolean(
        "On the Borrower's Page",
        default=True,
        help="Whom we promised it reads it there, and what became of it.",
    )

    @api.model
    def _promised_to(self, contract, partner):
        """Return what somebody reads on the page of a loan of what we promised them, in the context's language.

        :param contract: `loan.contract`
        :param partner: `res.partner` who looks
        :return: a list of dicts with `what`, `note`, and whether it is `late` or `done`
        """
        since = fields.Datetime.now() - timedelta(_PAGE_DAYS)
        words = self.search(
            Domain("partner_id", "=", partner.id)
            & Domain("customer_id", "=", contract.customer_id.id)
            & Domain("contract_id", "in", (contract.id, False))
            & Domain("shown", "=", True)
            & (
                self._undone_domain()
                | Domain("state", "in", ("kept", "late")) & Domain("done_at", ">=", since)
            ),
            order="date_due, id",
        )
        return [word._page_row() for word in words]

    def _page_row(self):
        day = self.contract_id._long_day(self.date_due)
        if self.has_hour:
            day = self.env._("%(day)s, %(hour)s", day=day, hour=f"{self._at():%H:%M}")
        done = self.done_at and self.contract_id._long_day(
            self.done_at.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.tz or "UTC")).date()
        )
        notes = {
            "open": self.env._("by %s", day),
            "due": self.env._("by %s", day),
            "broken": self.env._("We had promised it by %s. We are sorry that it is late.", day),
            "kept": self.env._("done on %s", done),
            "late": self.env._("done on %(done)s, later than we had promised (%(day)s)", done=done, day=day),
        }
        return {
            "what": self.name,
            "note": notes[self.state],
            "late": self.state == "broken",
            "done": self.state in ("kept", "late"),
        }
