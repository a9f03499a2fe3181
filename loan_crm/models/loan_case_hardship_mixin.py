from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanCaseHardshipMixin(models.AbstractModel):
    """Somebody writes that they cannot pay: the case leads to the hardship request, and ends when that is decided."""

    _name = "loan.case.hardship.mixin"
    _description = "Hardship of Cases"

    hardship_id = fields.Many2one(
        "loan.hardship",
        "Hardship Request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    hardship_open = fields.Boolean(compute="_compute_hardship_open", export_string_translation=False)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"hardship_id"}

    @api.depends("hardship_id.state")
    def _compute_hardship_open(self):
        for case_sudo in self.sudo():  # as superuser: whether it is decided, not what it says
            case_sudo.hardship_open = case_sudo.hardship_id.state in ("new", "talks")

    def action_make_hardship(self):
        """Put on record that the customer cannot pay, in their words, and open the request; twice is once.

        :raise UserError: when it is not clear which loan it is about
        """
        self.ensure_one()
        self.check_access("write")
        if not self.hardship_id:
            loan = self._loan_of_hardship()
            loan._wait_for_lock()  # one is open per loan: of two clicks the second finds that of the first
            hardships = self.env["loan.hardship"]
            request = hardships._open_of(loan)
            if request:
                # As superuser: what the customer says is added, also to what they wrote on their page.
                request_sudo = request.sudo()
                said = (self.words or "").strip()
                if said and said not in (request_sudo.words or ""):
                    request_sudo.words = "\n\n".join(
                        filter(None, [request_sudo.words, f"[{self.name}]\n{said}"])
                    )
            else:
                request = hardships.create(self._prepare_hardship_vals(loan))
            # As superuser: where it led is noted, not entered.
            case_sudo = self.sudo()
            case_sudo.write({"hardship_id": request.id, "contract_id": loan.id})
            if case_sudo.state == "new":
                case_sudo._move_to("open")
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.hardship",
            "res_id": self.hardship_id.id,
            "views": [(False, "form")],
        }

    def _loan_of_hardship(self):
        """Return the running loan a hardship is about: the case's, or the only one there is."""
        loan = self.contract_id
        if not loan and self.customer_id:
            loan = self.customer_id.contract_ids.filtered(lambda each: each.state == "active")
        if len(loan) != 1:
            raise UserError(self.env._("Choose the loan first that they cannot pay."))
        return loan

    def _prepare_hardship_vals(self, loan):
        borrowers = loan._borrower_partners()
        ways = {"email": "email", "visit": "visit", "branch": "visit"}
        return {
            "contract_id": loan.id,
            "partner_id": (self.partner_id & borrowers or loan.partner_id).id,
            "channel": ways.get(self.channel, "phone"),
            "cause": "other",
            "wish": "talk",
            "words": self.words or self.subject,
        }

    @api.model
    def _end_with_hardship(self, requests):
        """Solve the cases that led to hardship requests which are decided now.

        :param requests: `loan.hardship`
        """
        # As superuser: the case ends with the request, whoever decided that.
        cases_sudo = self.sudo().search(
            [("hardship_id", "in", requests.ids), ("state", "in", ("new", "open", "waiting"))]
        )
        labels = dict(requests._fields["state"]._description_selection(self.env))
        for case_sudo in cases_sudo:
            request_sudo = case_sudo.hardship_id
            told = self.env._("Hardship request: %s", labels[request_sudo.state])
            if any(task.state == "open" for task in case_sudo.task_ids):
                case_sudo._tell_owner(told)  # others are still at work for it: its owner ends it
                continue
            case_sudo._solve("\n".join(filter(None, (told, request_sudo.decision_note))))
