from decimal import Decimal

from odoo import api, fields, models

from ..core import allocation, money


class LoanLedgerMixin(models.AbstractModel):
    """What was paid on a loan and what lateness added: always the replay of all posted repayments.

    A replay and not a change, so a back-dated repayment, a reversed one and the same call made twice end in the
    same rows, and in the same penalties to the cent.
    """

    _name = "loan.ledger.mixin"
    _inherit = ["loan.schedule.mixin"]
    _description = "Loan Ledger"

    charges_open = fields.Monetary(
        "Late Charges",
        compute="_compute_charges_open",
        help="Penalty and fees for late installments, up to today and not paid yet.",
    )

    @api.depends("state", "next_due_date", "charges_left", "repayment_ids.state")
    def _compute_charges_open(self):
        self.charges_open = 0.0
        for contract in self.filtered(lambda contract: contract.state == "active"):
            if contract.days_past_due or contract.charges_left:
                # Alone, not with the whole list: a list of loans must not read a book of installments.
                alone = contract.with_prefetch()
                still = alone._replay(contract.company_id._loan_today()).open.values()
                contract.charges_open = float(sum(row.penalty + row.fee for row in still))

    def _as_owed(self):
        """Read the schedule into what it asks for before any repayment."""
        self.ensure_one()
        cent = self._cent()
        return [
            allocation.Owed(
                row.id,
                row.due_date,
                money.from_float(row.interest, cent),
                money.from_float(row.principal, cent),
                fee=money.from_float(row.fee, cent),
            )
            for row in self.installment_ids
        ]

    def _as_payments(self):
        """Read the posted repayments; one meant for a row of its own names it."""
        self.ensure_one()
        cent = self._cent()
        # A settlement's row is the last: nothing else is left to pay, and what was paid ahead counts towards it.
        own_rows = {
            row.event_id.repayment_id.id: row.id
            for row in self.installment_ids
            if row.event_id and not row.event_id.settles
        }
        return [
            allocation.Payment(
                repayment.id,
                repayment.date,
                money.from_float(repayment.amount, cent),
                own_rows.get(repayment.id),
            )
            for repayment in self.repayment_ids
            if repayment.state == "posted"
        ]

    def _as_late_charges(self):
        """Return what lateness costs on this loan, None where it costs nothing."""
        self.ensure_one()
        conventions = self._as_conventions()
        keeps_interest = conventions.overdue_interest == "outstanding"
        if not (conventions.penalty_factor or conventions.late_fee or keeps_interest):
            return None
        return allocation.LateCharges.agreed(
            conventions,
            [(since, self._as_fraction(rate)) for since, rate in self._rates()],
            self._cent(),
        )

    def _replay(self, day):
        """Play all posted repayments over the schedule, with penalties up to a day.

        :rtype: core.allocation.Replay
        """
        self.ensure_one()
        conventions = self._as_conventions()
        return allocation.replay_late(
            self._as_payments(),
            self._as_owed(),
            self._as_late_charges(),
            day,
            conventions.allocation_order,
            conventions.allocation_spread,
            conventions.overpayment,
        )

    def _reallocate(self):
        """Spread all posted repayments over the schedule anew, and keep the loan's state in step.

        Only rows whose figures differ are written.
        """
        # As superuser: allocations and paid amounts follow from the repayments, nobody enters them. Read together
        # whatever recordset they came from.
        contracts_sudo = self.sudo().with_prefetch()
        contracts_sudo._wait_for_lock()
        vals_list, stale_sudo = [], self.env["loan.repayment.allocation"].sudo()
        for contract in contracts_sudo:
            cent = contract._cent()
            replay = contract._replay(contract.company_id._loan_today())
            wanted = {
                (repayment_id, share.key): share
                for repayment_id, part in replay.allocations.items()
                for share in part.shares
            }
            for row in contract.repayment_ids.allocation_ids:
                share = wanted.get((row.repayment_id.id, row.installment_id.id))
                if share and share[1:] == tuple(
                    money.from_float(row[name], cent) for name in allocation.COMPONENTS
                ):
                    del wanted[row.repayment_id.id, row.installment_id.id]
                else:
                    stale_sudo |= row
            vals_list += [
                {
                    "repayment_id": repayment_id,
                    "installment_id": share.key,
                    **{name: float(getattr(share, name)) for name in allocation.COMPONENTS},
                }
                for (repayment_id, _installment_id), share in wanted.items()
            ]
            for repayment in contract.repayment_ids:
                part = replay.allocations.get(repayment.id)
                rest = float(part.rest) if part else 0.0
                if repayment.amount_credit != rest:
                    repayment.amount_credit = rest
            contract._write_paid(replay)
        stale_sudo.unlink()
        stale_sudo.browse().create(vals_list)
        contracts_sudo._refresh_totals()
        contracts_sudo._follow_balance()

    def _spend_credit(self):
        """Let credit pay what has fallen due since it came in; return the loans."""
        self._reallocate()
        return self

    def _write_paid(self, replay):
        """Write what a replay says is paid of each installment, where it differs.

        :param core.allocation.Replay replay:
        """
        zero = Decimal(0)
        paid = {}
        for part in replay.allocations.values():
            for key, *amounts in part.shares:
                before = paid.get(key, (zero,) * len(amounts))
                paid[key] = tuple(map(sum, zip(before, amounts, strict=True)))
        cent = self._cent()
        left = zero
        for row in self.installment_ids:
            interest, principal, penalty, fee = paid.get(row.id, (zero,) * 4)
            still = replay.open.get(row.id)
            charged = [penalty, fee]
            if still:
                charged = [penalty + still.penalty, fee + still.fee]
            agreed = money.from_float(row.fee, cent)
            asked = money.from_float(row.amount, cent)
            amount_open = asked - interest - principal - min(fee, agreed)
            left += sum(charged) - penalty - fee if not amount_open else zero
            vals = {
                "interest_paid": float(interest),
                "principal_paid": float(principal),
                "penalty": float(charged[0] + max(zero, charged[1] - agreed)),
                "penalty_paid": float(penalty + max(zero, fee - agreed)),
                "fee_paid": float(min(fee, agreed)),
                "amount_open": float(amount_open),
            }
            if asked:
                vals["state"] = "open" if amount_open else "paid"
            if any(row[name] != value for name, value in vals.items()):
                row.write(vals)
        if self.charges_left != float(left):
            self.charges_left = float(left)

    def _follow_balance(self):
        """Close the loans that are repaid in full, open those that a reversal left unpaid again."""
        self.filtered(
            lambda contract: (
                contract.state == "active" and not contract.amount_open and not contract.charges_left
            )
        )._move_to("closed")
        self.filtered(
            lambda contract: contract.state == "closed" and (contract.amount_open or contract.charges_left)
        )._move_to("active")

    @api.model
    def _totals(self):
        return [*super()._totals(), "charges_left"]
