from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import money, terms


class LoanContractEvent(models.Model):
    """What changes the schedule of a running loan: more money, a prepayment, a new rate, new terms.

    Begins as a draft, counts once it is posted, and is reversed when it was wrong. The schedule is always the terms and
    all posted events played in order, so reversing one restores exactly what was before.
    """

    _name = "loan.contract.event"
    _inherit = ["loan.rate.notice.mixin", "loan.access.mixin", "mail.thread", "loan.lifecycle.mixin"]
    _description = "Change of a Loan"
    _order = "date, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, index=True, check_company=True, ondelete="restrict"
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="customer_id.partner_id", string="Borrower")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "In Force"), ("reversed", "Reversed")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("drawdown", "Drawdown"),
            ("prepayment", "Prepayment"),
            ("rate", "New Rate"),
            ("restructure", "Restructuring"),
        ],
        "Change",
        required=True,
        help="What happens to the schedule; the fields below follow it.",
    )
    date = fields.Date("From", required=True, tracking=True, help="The day from which the change counts.")
    amount = fields.Monetary(
        tracking=True, help="Paid out in a drawdown; of a prepayment the part that repays principal."
    )
    charge = fields.Monetary(
        "Prepayment Charge", help="What prepaying costs the borrower, beside the amount. 0: nothing."
    )
    settles = fields.Boolean(
        "Settles in Full",
        help="Repays all that is left, with the interest up to the day or the next due date as the loan says.",
    )
    effect = fields.Selection(
        lambda self: self.env["loan.product"]._fields["prepayment_effect"]._description_selection(self.env),
        "Afterwards",
        help="What becomes of the installments after a prepayment. Empty: as the loan says.",
    )
    changes_rate = fields.Boolean("New Rate?")
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        tracking=True,
        help="From the day on that the change counts. What fell due before keeps its interest.",
    )
    remaining = fields.Integer(
        "Installments Still to Come", help="The next one included. Zero: as many as now."
    )
    grace = fields.Integer("Installments without Principal", help="So many of them repay no principal.")
    grace_interest = fields.Selection(
        lambda self: self.env["loan.product"]._fields["grace_interest"]._description_selection(self.env),
        "Interest Meanwhile",
        help="Whether interest is paid or added to the loan while no principal is repaid. Empty: as the "
        "loan says.",
    )
    repayment_method = fields.Selection(
        [
            ("annuity", "Annuity (equal payments)"),
            ("equal_principal", "Equal principal"),
            ("interest_only", "Interest only, principal at the end"),
        ],
        help="Another repayment method for the rest. Empty: the same.",
    )
    repayment_id = fields.Many2one(
        "loan.repayment", "Repayment", index="btree_not_null", ondelete="restrict", readonly=True
    )
    reference_value_id = fields.Many2one(
        "loan.reference.rate.value",
        "Published Value",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="The value of the reference rate that a new rate was made of.",
    )
    consent_date = fields.Date(
        "Agreed On", tracking=True, help="The day on which the borrower agreed to the new terms."
    )
    consent_method = fields.Selection(
        [
            ("signed", "Signed on paper"),
            ("esigned", "Signed electronically"),
            ("mail", "Agreed by mail"),
            ("call", "Agreed in a recorded call"),
        ],
        "Agreed How",
        tracking=True,
        help="How it can be shown that the borrower agreed.",
    )
    consent_reference = fields.Char(
        "Where It Is Kept",
        tracking=True,
        help="Document number, mail or recording, to find the consent again.",
    )
    note = fields.Char("Reason", tracking=True)
    reversal_reason = fields.Char("Taken Back Because", readonly=True, copy=False, tracking=True)
    version_ids = fields.One2many("loan.schedule.version", "event_id", "Schedule Versions", readonly=True)

    _one_rate_a_day = models.UniqueIndex(
        "(contract_id, date) WHERE kind = 'rate' AND state = 'posted'",
        "This loan has a new rate from that day already.",
    )
    _one_event_per_repayment = models.UniqueIndex(
        "(repayment_id) WHERE repayment_id IS NOT NULL AND state <> 'reversed'",
        "A repayment is one prepayment.",
    )
    _amount_sensible = models.Constraint(
        "CHECK (kind NOT IN ('drawdown', 'prepayment') OR (amount > 0 AND amount <> 'NaN'))",
        "The amount must be more than zero.",
    )
    _consent_on_record = models.Constraint(
        "CHECK (kind <> 'restructure' OR state = 'draft' OR "
        "(consent_date IS NOT NULL AND consent_method IS NOT NULL AND btrim(consent_reference) <> ''))",
        "New terms need the borrower's consent on record: when it was given, how, and where it is kept.",
    )

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = (
                f"{kinds[event.kind]} · {event.contract_id._format_day(event.date)}"
                if event.kind and event.date
                else ""
            )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("draft", "posted"), ("posted", "reversed")}

    def write(self, vals):
        fixed = {
            "contract_id",
            "kind",
            "date",
            "amount",
            "charge",
            "settles",
            "effect",
            "repayment_id",
            "changes_rate",
            "yearly_rate",
            "remaining",
            "grace",
            "grace_interest",
            "repayment_method",
            "consent_date",
            "consent_method",
            "consent_reference",
        } & vals.keys()
        if fixed and any(event.state != "draft" for event in self):
            raise UserError(
                self.env._("A change in force stays what it is. Reverse it and enter the right one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(event.state != "draft" for event in self):
            raise UserError(
                self.env._("A change that was in force is kept. Reverse it instead of deleting it.")
            )

    def action_post(self):
        """Let the changes count: make the new schedule and spread what was paid over it."""
        self.contract_id.check_access("write")
        # As superuser: whoever may change the loan may let its changes count; nobody writes the changes by hand.
        events_sudo = self.sudo()
        events_sudo._check_may_count()
        events_sudo._note_rate_before()
        events_sudo._move_to("posted")
        events_sudo._follow(self.env._("%(change)s: the schedule has a new version."))
        events_sudo._tell_borrowers()
        self.env["loan.commitment"]._settle_by_events(self)
        return True

    def action_reverse(self):
        """Take wrong changes back: the schedule becomes what it was without them.

        Terms that a borrower agreed to are taken back by a team lead alone, who says why in a form.
        """
        self.contract_id.check_access("write")
        if "restructure" in self.mapped("kind"):
            self.ensure_one()
            self._check_may_take_back()
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "loan_crm.loan_contract_event_reverse_action"
            )
            action["context"] = {"default_event_id": self.id}
            return action
        paid = self.filtered(lambda event: event.repayment_id.state == "posted")
        if paid:
            raise UserError(
                self.env._(
                    "%s belongs to a repayment. Reverse the repayment, and the prepayment goes with it.",
                    paid[0].display_name,
                )
            )
        self._reverse()
        return True

    def _take_back(self, reason):
        """Take back terms that a borrower agreed to.

        :param str reason: why, to be kept with the change
        :raise AccessError: for who is no team lead of this loan
        """
        self.ensure_one()
        self.contract_id.check_access("write")
        self._check_may_take_back()
        self._reverse()
        event_sudo = self.sudo()  # as when it was posted
        event_sudo.reversal_reason = reason
        event_sudo.contract_id._message_log(
            body=Markup("<p>%s</p>")
            % self.env._("%(change)s was taken back: %(reason)s", change=self.display_name, reason=reason)
        )

    def _check_may_take_back(self):
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        raise AccessError(
            self.env._(
                "The borrower agreed to these terms. If they are to change again, put new terms on record with the "
                "borrower's consent; if they were entered wrongly, ask your team lead to take them back."
            )
        )

    def _check_nothing_stands_on_it(self):
        """Refuse to take a change from under what was agreed or settled on its figures.

        A prepayment goes with its repayment: whether money came is a fact, whatever was agreed since.
        """
        for event in self.filtered(lambda event: event.kind != "prepayment"):
            later = event.contract_id.event_ids.filtered(
                lambda other, event=event: (
                    other.state == "posted"
                    and other not in self
                    and (other.date, other.id) > (event.date, event.id)
                    and (other.kind == "restructure" or other.settles or other.kind == event.kind == "rate")
                )
            )
            if later:
                raise UserError(
                    self.env._(
                        "%(later)s came after %(change)s and rests on it. Reverse that one first.",
                        later=later[-1:].display_name,
                        change=event.display_name,
                    )
                )

    def _reverse(self):
        events_sudo = self.sudo()  # as when they are posted
        events_sudo._check_nothing_stands_on_it()
        events_sudo._move_to("reversed")
        events_sudo._follow(self.env._("%(change)s was reversed: the schedule is what it was without it."))
        events_sudo._take_back_notices()
        self.env["loan.commitment"]._unsettle_by_events(self)

    def _check_may_count(self):
        for event in self:
            contract = event.contract_id
            today = contract.company_id._loan_today()
            if contract.state != "active":
                raise UserError(
                    self.env._("%s does not run, so nothing can change it.", contract.display_name)
                )
            contract._check_own_schedule()
            if event.kind in ("drawdown", "prepayment") and event.date > today:
                raise ValidationError(
                    self.env._("Money moves on the day it moves: enter it then, not before.")
                )
            if event.kind == "restructure" and not (
                event.consent_date and event.consent_method and event.consent_reference
            ):
                raise ValidationError(
                    self.env._(
                        "New terms need the borrower's consent on record: when it was given, how, and where it is "
                        "kept."
                    )
                )
            if event.kind == "restructure" and not contract.start_date <= event.consent_date <= today:
                raise ValidationError(
                    self.env._(
                        "The borrower agrees while the loan runs: not before it was paid out, and not in the future."
                    )
                )
            if event.kind == "restructure":
                contract._check_change_date(event.date)
            if event.kind == "drawdown":
                contract._check_drawdown(event.amount)
                passed = [row.due_date for row in contract.installment_ids if row.due_date <= today]
                if passed and event.date < max(passed):
                    raise ValidationError(
                        self.env._(
                            "A drawdown cannot be dated before %s, when the last installment fell due: it would make "
                            "the borrower late for what nobody asked for.",
                            contract._format_day(max(passed)),
                        )
                    )

    def _follow(self, text):
        """Let the loans follow their events, and note on each what happened.

        :param str text: a translated sentence with `change`
        """
        contracts = self.contract_id
        changed = contracts._rebuild(self).contract_id
        contracts.invalidate_recordset(["event_ids", "current_rate", "next_reprice_date"])
        contracts._reallocate()
        same = self.env._("%(change)s: the schedule stays as it is.")
        contracts._message_log_batch(
            bodies={
                event.contract_id.id: (text if event.contract_id in changed else same)
                % {"change": event.display_name}
                for event in self
            }
        )

    def _as_event(self):
        """Read the record into a core value, see `core.terms`."""
        self.ensure_one()
        cent = self.contract_id._cent()
        if self.kind == "drawdown":
            return terms.Drawdown(self.date, money.from_float(self.amount, cent))
        if self.kind == "prepayment":
            amount = None if self.settles else money.from_float(self.amount, cent)
            return terms.Prepayment(self.date, amount, self.effect or None, self.id or None)
        return terms.Change(
            self.date,
            yearly_rate=Decimal(str(self.yearly_rate)) / 100 if self.changes_rate else None,
            remaining=self.remaining or None,
            grace=self.grace,
            grace_interest=self.grace_interest or None,
            method=self.repayment_method or None,
        )

    def _mail_get_partner_fields(self, introspect_fields=False):
        return []
