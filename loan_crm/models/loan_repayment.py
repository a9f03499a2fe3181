from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core import money, terms


class LoanRepayment(models.Model):
    """Money a borrower paid: entered as a draft, posted when it counts, reversed when it was wrong.

    Which installments it paid is nobody's choice: the contract replays all its posted repayments in date order
    (`loan.contract._reallocate`), so a reversal restores exactly what was, and the order of entry never matters.
    """

    _name = "loan.repayment"
    _inherit = ["loan.repayment.sync.mixin", "loan.access.mixin", "mail.thread", "loan.lifecycle.mixin"]
    _description = "Repayment"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char("Repayment Number", required=True, copy=False, readonly=True, default="/")
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted"), ("reversed", "Reversed")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('state', 'in', ('active', 'closed'))]",
        tracking=True,
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
    )
    date = fields.Date(
        "Received On",
        required=True,
        default=lambda self: self.env.company._loan_today(),
        tracking=True,
        help="The value date: the day from which the money counts.",
    )
    amount = fields.Monetary(
        required=True,
        tracking=True,
        help="What came in, as a whole. Which installments it pays follows from the loan's rules.",
    )
    method = fields.Selection(
        [
            ("transfer", "Bank Transfer"),
            ("direct_debit", "Direct Debit"),
            ("card", "Card or Wallet"),
            ("cash", "Cash"),
            ("other", "Other"),
        ],
        "Paid By",
        required=True,
        default="transfer",
        help="How the money came.",
    )
    reference = fields.Char("Bank Reference", help="What the statement says, to find the payment again.")
    note = fields.Char()
    allocation_ids = fields.One2many("loan.repayment.allocation", "repayment_id", "Paid For", readonly=True)
    amount_principal = fields.Monetary("To Principal", compute="_compute_amounts", store=True)
    amount_interest = fields.Monetary("To Interest", compute="_compute_amounts", store=True)
    amount_charges = fields.Monetary("To Charges", compute="_compute_amounts", store=True)
    kind = fields.Selection(
        [("installment", "Installments"), ("prepayment", "Prepayment")],
        "Pays",
        required=True,
        default="installment",
        readonly=True,
        help="Installments: what is owed, oldest first. Prepayment: principal ahead of the schedule.",
    )
    event_ids = fields.One2many("loan.contract.event", "repayment_id", "Change", readonly=True)
    reversed_at = fields.Datetime("Reversed At", readonly=True, copy=False)
    amount_credit = fields.Monetary(
        "Credit", readonly=True, copy=False, help="Paid beyond the whole schedule."
    )

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name <> '/'", "This repayment number is already taken."
    )
    _external_ref_uniq = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL AND state <> 'reversed'",
        "Another repayment has this external reference already.",
    )
    _amount_positive = models.Constraint(
        "CHECK (amount > 0 AND amount <> 'NaN')", "The amount received must be more than zero."
    )
    _contract_date_idx = models.Index("(contract_id, date, id) WHERE state = 'posted'")

    @api.depends("contract_id")
    def _compute_from_contract(self):
        for repayment in self:
            repayment.company_id = repayment.contract_id.company_id or self.env.company
            repayment.currency_id = repayment.contract_id.currency_id or repayment.company_id.currency_id

    @api.depends(
        "allocation_ids.principal", "allocation_ids.interest", "allocation_ids.penalty", "allocation_ids.fee"
    )
    def _compute_amounts(self):
        for repayment in self:
            repayment.amount_principal = sum(repayment.allocation_ids.mapped("principal"))
            repayment.amount_interest = sum(repayment.allocation_ids.mapped("interest"))
            repayment.amount_charges = sum(row.penalty + row.fee for row in repayment.allocation_ids)

    @api.constrains("currency_id", "contract_id", "company_id")
    def _check_contract(self):
        for repayment in self:
            contract = repayment.contract_id
            if repayment.currency_id != contract.currency_id:
                raise ValidationError(
                    self.env._(
                        "%(loan)s is repaid in %(expected)s, not in %(given)s.",
                        loan=contract.display_name,
                        expected=contract.currency_id.name,
                        given=repayment.currency_id.name,
                    )
                )
            if repayment.company_id != contract.company_id:
                raise ValidationError(
                    self.env._(
                        "%(loan)s belongs to %(expected)s, not to %(given)s.",
                        loan=contract.display_name,
                        expected=contract.company_id.name,
                        given=repayment.company_id.name,
                    )
                )

    @api.constrains("date", "contract_id")
    def _check_date(self):
        for repayment in self:
            contract = repayment.contract_id
            if repayment.date < contract.start_date:
                raise ValidationError(
                    self.env._(
                        "%(loan)s was paid out on %(start)s. A repayment cannot be earlier than that.",
                        loan=contract.display_name,
                        start=contract._format_day(contract.start_date),
                    )
                )
            if repayment.date > contract.company_id._loan_today():
                raise ValidationError(
                    self.env._("A repayment is a fact: enter it on the day the money arrives, not before.")
                )

    @api.constrains("amount", "currency_id")
    def _check_amount(self):
        for repayment in self:
            if repayment.amount > money.major(terms.MAX_PRINCIPAL_MINOR, repayment.contract_id._cent()):
                raise ValidationError(
                    self.env._("The amount received is larger than the system can count exactly.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                # As superuser: whether the loan may be seen is asked below, its company's numbers are used anyway.
                contract_sudo = self.env["loan.contract"].sudo().browse(vals.get("contract_id"))
                sequence = self.env["ir.sequence"].with_company(contract_sudo.company_id)
                vals["name"] = sequence.next_by_code("loan.repayment") or "/"
        return super().create(vals_list)

    def write(self, vals):
        fixed = {"contract_id", "company_id", "currency_id", "date", "amount", "kind"} & vals.keys()
        if fixed and any(repayment.state != "draft" for repayment in self):
            raise UserError(
                self.env._("A posted repayment does not change. Reverse it and enter the right one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(repayment.state != "draft" for repayment in self):
            raise UserError(self.env._("A posted repayment is kept. Reverse it instead of deleting it."))

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"amount_credit", "reversed_at"}

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "posted"), ("posted", "reversed")}

    def action_post(self):
        """Let the repayments count: spread them over the oldest open installments."""
        self._check_contract_takes_money()
        self._check_date()  # the loan was a draft when it was asked first, and its dates could move
        self._move_to("posted")
        self.event_ids.filtered(lambda event: event.state == "draft").action_post()
        self.contract_id._reallocate()
        self._log_on_contract(
            self.env._("Repayment %(name)s of %(amount)s received on %(date)s."),
        )
        return True

    def action_reverse(self):
        """Take wrong repayments back; every later one is spread anew as if these had never been."""
        self._move_to("reversed")
        self.sudo().reversed_at = fields.Datetime.now()  # as superuser: it is noted, not entered
        posted = self.event_ids.filtered(lambda event: event.state == "posted")
        posted.action_reverse()
        self.contract_id._reallocate()
        self._log_on_contract(
            self.env._("Repayment %(name)s of %(amount)s, dated %(date)s, was reversed."),
        )
        return True

    def _check_contract_takes_money(self):
        for repayment in self:
            if repayment.contract_id.state not in ("active", "closed"):
                raise UserError(
                    self.env._(
                        "%s has not been paid out, so nothing can be repaid on it.",
                        repayment.contract_id.display_name,
                    )
                )

    def _log_on_contract(self, text):
        """Note each repayment on its loan, in one insert for all loans.

        :param str text: a translated sentence with `name`, `amount` and `date`
        """
        lines = {}
        for repayment in self:
            lines.setdefault(repayment.contract_id.id, []).append(
                text
                % {
                    "name": repayment.name,
                    "amount": repayment.currency_id.format(repayment.amount),
                    "date": repayment.contract_id._format_day(repayment.date),
                }
            )
        if lines:
            self.contract_id._message_log_batch(
                bodies={contract_id: Markup("<br/>").join(texts) for contract_id, texts in lines.items()}
            )

    def _mail_get_partner_fields(self, introspect_fields=False):
        return []
