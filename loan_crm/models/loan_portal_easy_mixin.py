from odoo import api, models

from ..core.listing import listed


class LoanPortalEasyMixin(models.AbstractModel):
    """The page in large type: what to pay next, whether all is in order, and a person to speak with."""

    _name = "loan.portal.easy.mixin"
    _description = "Page in Large Type"

    @api.model
    def _reads_large(self):
        """Tell whether whoever is logged in has asked for large type."""
        return any(self._profiles()[0].mapped("large_type"))

    @api.model
    def _easy_facts(self, loans, desks):
        """Return what the page in large type tells; no record among it.

        :param loans: a list of pairs (`loan.contract`, `res.partner`), as `_loans` returns them
        :param desks: as `_desks` returns them
        """
        running = [(loan, partner) for loan, partner in loans if loan.state == "active"]
        rows = [loan._easy_row(partner, len(running) > 1) for loan, partner in running]
        due = [row for row in rows if row["overdue"]]
        coming = sorted((row for row in rows if row["day"]), key=lambda row: row["due"])
        return {
            "rows": coming,
            "late": due,
            "order": self._easy_order(rows, due),
            "how": next((row["how"] for row in due + coming if row["how"]), []),
            "people": [
                {**self._easy_person(desk), "call": desk.company.env["loan.case"]._call_facts(desk)}
                for desk in desks.values()
            ],
            "lender": listed((desk.company.name for desk in desks.values()), self.env.lang),
            "footer": self.env._(
                "This page was opened with a link meant for you alone. Please do not pass it on."
            ),
        }

    @api.model
    def _easy_order(self, rows, late):
        """Return whether all is in order, in one word and one sentence."""
        if late:
            return {
                "good": False,
                "word": self.env._("Not quite."),
                "told": self.env._("Something is overdue. If you cannot pay it, please let us call you."),
            }
        if rows:
            return {
                "good": True,
                "word": self.env._("Yes."),
                "told": self.env._("Nothing is overdue. Thank you."),
            }
        return {
            "good": True,
            "word": self.env._("Yes."),
            "told": self.env._("You have no loan to pay at the moment."),
        }

    @api.model
    def _easy_person(self, desk):
        """Return who looks after somebody at a lender; no record among it."""
        user, company = desk.who(), desk.company
        phone = (user.phone or company.phone or "").replace(" ", "\N{NO-BREAK SPACE}")
        return {
            "key": desk.key,
            "name": user.name or company.name,
            "role": self._easy_role(desk, user),
            "photo": bool(user.image_128),
            "phone": phone,
            "dial": "".join(sign for sign in phone if sign in "+0123456789"),
        }

    @api.model
    def _easy_role(self, desk, user):
        if not user:
            return ""
        if not desk.customer:
            return self.env._("Looks after your application")
        if user == desk.customer.manager_user_id:
            return self.env._("Looks after you")
        return self.env._("In place of %s", desk.customer.manager_user_id.name)
