from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class LoanBoardLeadMixin(models.AbstractModel):
    """Applications on the board: those that are stuck, by person and as cards, and how any of them is handed on.

    An application goes alone, to a manager of the lead's teams or of its own, by the reasons customers are assigned by:
    whoever has it looks after its borrower one day. A customer who applies once more stays with who looks after them.
    """

    _name = "loan.board.lead.mixin"
    _inherit = ["loan.board.hand.mixin", "loan.worklist.stuck.mixin"]
    _description = "Board: Applications"

    # ------------------------------------------------------------ which ones

    @api.model
    def _own_leads(self):
        """Return the applications that are the team's: of its people, of its teams, and on the whole board nobody's."""
        own = self._own(
            "user_id", "deputy_user_id"
        )  # an application names its team itself, as a customer does
        if self._scope().whole:
            own |= Domain("user_id", "=", False) & Domain("team_id", "=", False)
        return own & Domain("loan_product_id", "!=", False)

    @api.model
    def _stuck_domain(self):
        return self._own_leads() & Domain("loan_stage_late", "=", True)

    @api.model
    def _stuck_by_person(self):
        """Return `{user id, or None: (all, all of them late)}` of applications that should have left their stage."""
        if not self.env["crm.lead"].has_access("read"):
            return {}
        return self._tally_by_person("crm.lead", self._stuck_domain(), [Domain.TRUE], "user_id")

    # ------------------------------------------------------------ handing on

    @api.model
    def _handed(self):
        return {**super()._handed(), "crm.lead": "user_id"}

    @api.model
    def _check_theirs(self, record):
        super()._check_theirs(record)
        if record._name != "crm.lead":
            return
        if not record.loan_product_id:
            raise UserError(self.env._("This cannot be handed on."))
        # Odoo lets everybody who sells change what is nobody's, whichever team it came to.
        if not record.filtered_domain(self._with_scope()._own_leads()):
            raise AccessError(self.env._("This application is another team's. Its lead hands it on."))

    @api.model
    def _is_over(self, record):
        if record._name == "crm.lead":
            return not record.active or record.won_status != "pending"
        return super()._is_over(record)

    @api.model
    def _company_of(self, record):
        return record._loan_company() if record._name == "crm.lead" else super()._company_of(record)

    @api.model
    def _who_could(self, record, customer):
        people = super()._who_could(record, customer)
        if record._name == "crm.lead":
            people |= self.env["loan.assignment.advice"]._members(record.team_id)
        return people.filtered("active")

    @api.model
    def _asked_of(self, record):
        return record._loan_asks() if record._name == "crm.lead" else super()._asked_of(record)

    @api.model
    def _candidates(self, record, people):
        if record._name != "crm.lead":
            return super()._candidates(record, people)
        found = self.env["loan.assignment.advice"]._candidates(self._company_of(record), people)
        # Of who is away for a day it is told until when, as with any other work; only a manager can have one.
        return [each._replace(away=False) for each in found]

    @api.model
    def _unseen_told(self, record, user):
        if record._name == "crm.lead":
            return "" if record._loan_seen_by(user) else self.env._("May not see this application")
        return super()._unseen_told(record, user)

    @api.model
    def _about_told(self, record):
        if record._name == "crm.lead":
            return record.partner_id.name or record.contact_name or ""
        return super()._about_told(record)

    @api.model
    def _note_told(self, record, customer):
        if record._name == "crm.lead" and customer.manager_user_id:
            return self.env._(
                "The application goes alone: %(manager)s goes on looking after %(customer)s.",
                manager=customer.manager_user_id.name,
                customer=customer.name,
            )
        return super()._note_told(record, customer)

    @api.model
    def _give(self, record, user):
        return record._loan_hand_to(user) if record._name == "crm.lead" else super()._give(record, user)
