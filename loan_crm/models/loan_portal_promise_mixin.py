from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

# What is over stays on the page for so many days.
_TOLD_DAYS = 366
_TOLD_AT_MOST = 100


class LoanPortalPromiseMixin(models.AbstractModel):
    """What somebody with a login promised to pay, and what they were promised: the door of both to their page.

    Of theirs they read what they said and what came of it; of ours what may stand on a borrower's page. Remarks, who
    heard it, who was to do it, what shows that it was done: those stay inside.
    """

    _name = "loan.portal.promise.mixin"
    _description = "Promises on the Portal"

    @api.model
    def _promises(self):
        """Return what whoever is logged in promised to pay, and what they were promised: two lists of dicts."""
        me = self._me()
        return (self._promises_of(me), self._promised_of(me)) if me and me.active else ([], [])

    @api.model
    def _promises_of(self, me):
        """Return what somebody promised to pay, what is open first: dicts, no record among them.

        :param me: `res.partner` whose login it is, as the system
        """
        since = fields.Date.subtract(fields.Date.context_today(me), days=_TOLD_DAYS)
        loans = {loan.id: loan for loan, _me in self._loans()}
        found = me.env["loan.promise"].search(
            Domain("partner_id", "=", me.id)
            & Domain("contract_id", "in", list(loans))
            & Domain("made_on", ">=", since),
            limit=_TOLD_AT_MOST,
        )
        found = found.sorted(lambda promise: promise.state != "open")
        return [promise._portal_row(loans[promise.contract_id.id]) for promise in found]

    @api.model
    def _promised_of(self, me):
        """Return what somebody was promised by their lenders, what is still to be done first: dicts.

        :param me: `res.partner` whose login it is, as the system
        """
        words = me.env["loan.commitment"]
        since = fields.Datetime.now() - timedelta(days=_TOLD_DAYS)
        found = words.search(
            Domain("partner_id", "=", me.id)
            & Domain("shown", "=", True)
            & Domain("customer_id.active", "=", True)
            & Domain("company_id", "in", self.env.user.company_ids.ids)
            & Domain("state", "in", ("open", "due", "broken", "kept", "late"))
            & (Domain("done_at", "=", False) | Domain("done_at", ">=", since)),
            order="date_due desc, id desc",
            limit=_TOLD_AT_MOST,
        )
        told = []
        for word in found:
            read = word.with_context(allowed_company_ids=word.company_id.ids, lang=self.env.lang)
            told.append({**read._page_row(), "lender": read.company_id.name})
        return sorted(told, key=lambda row: row["done"])
