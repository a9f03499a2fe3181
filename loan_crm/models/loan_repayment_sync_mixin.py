from odoo import api, fields, models

from ..core import feed, money

_PLAIN = ("method", "reference", "note")
_MONEY = ("contract_id", "date", "amount")


class LoanRepaymentSyncMixin(models.AbstractModel):
    """Repayments from a core system: posted as they come in, taken back when they were, never changed.

    A repayment that is another one now (its loan, day or amount differ) is reversed, and the right one is posted
    under the same reference; of all that ever had a reference, at most one counts.
    """

    _name = "loan.repayment.sync.mixin"
    _inherit = ["loan.sync.mixin"]
    _description = "Loan Feed of Repayments"

    external_ref = fields.Char(
        "External Reference",
        copy=False,
        index="btree_not_null",
        help="What the core system calls this repayment. An import finds it again by this name.",
    )

    def _sync_order(self):
        return "state desc, id"  # reversed before posted before draft: the one that counts comes last

    # ------------------------------------------------------------ reading

    def _sync_read(self, lines):
        known = self._sync_known(lines, self._sync_order())
        refs = {line.given["contract"] for line in lines if isinstance(line.given.get("contract"), str)}
        contracts = {
            contract.external_ref: contract
            for contract in self.env["loan.contract"].search(
                [
                    ("company_id", "=", self.env.company.id),
                    ("external_ref", "in", [ref.strip() for ref in refs]),
                ]
            )
        }
        names = {"external_ref", "contract", "state", "date", "amount", *_PLAIN}
        methods = self._fields["method"].get_values(self.env)
        for line in lines:
            line.record = known.get(line.ref)
            for name in line.given:
                if name not in names:
                    self._sync_fault(line, name, "unknown")
            line.state = line.given.get("state") or "posted"
            if line.state not in ("posted", "reversed"):
                self._sync_fault(line, "state", "not_a_choice", choices="posted, reversed")
            self._sync_value(line, "contract", feed.text, into="contract_id")
            self._sync_value(line, "date", feed.day)
            if line.given.get("method") is not None:
                self._sync_choice(line, "method", methods)
            for name in ("reference", "note"):
                if line.given.get(name) is not None:
                    self._sync_value(line, name, feed.text)
            ref = line.vals.pop("contract_id", None)
            if not ref:
                continue
            contract = contracts.get(ref)
            if not contract:
                self._sync_fault(line, "contract", "hidden")
                continue
            line.vals["contract_id"] = contract.id
            cent = contract._cent()
            self._sync_value(line, "amount", feed.amount, cent)
            if "amount" in line.vals:
                line.vals["amount"] = float(money.major(line.vals["amount"], cent))
            if contract.state not in ("active", "closed"):
                self._sync_fault(line, "contract", "not_paid_out")

    # ------------------------------------------------------------ writing

    def _sync_apply(self, lines):
        stale, fresh = self.browse(), []
        for line in lines:
            record = line.record
            counts = record and record.state == "posted"
            if line.state == "reversed":
                line.status = "updated" if counts else "unchanged"
                stale |= record if counts else self.browse()
                continue
            vals = self._sync_differing(record, line.vals) if record else line.vals
            if record and record.kind == "prepayment" and (not counts or vals.keys() & set(_MONEY)):
                self._sync_fault(line, "amount", "prepayment")
                continue
            if counts and not vals.keys() & set(_MONEY):
                line.status = "updated" if vals else "unchanged"
                if vals:
                    record.write(vals)
            elif record and record.state == "draft":
                line.status = "updated"
                record.write(vals)
                record.action_post()
            else:
                line.status = "updated" if record else "created"
                stale |= record if counts else self.browse()
                kept = record.copy_data()[0] if record else {}
                fresh.append((line, {**{name: kept[name] for name in _PLAIN if kept.get(name)}, **line.vals}))
        stale.action_reverse()
        if fresh:
            # A repayment that comes in is noted on its loan when it is posted; its own form needs no second note.
            quiet = self.with_context(tracking_disable=True)
            names = self._sync_numbers(len(fresh))
            records = quiet.create(
                [
                    {"name": name, **vals, "external_ref": line.ref}
                    for name, (line, vals) in zip(names, fresh, strict=True)
                ]
            )
            records.action_post()
            for (line, _vals), record in zip(fresh, records, strict=True):
                line.record = record.with_env(self.env)

    # ------------------------------------------------------------ Odoo's own import

    @api.model
    def _sync_line(self, values):
        values = {name: value for name, value in values.items() if name != "id"}
        line = feed.Line(0)
        line.ref = values.pop("external_ref", None)
        line.state = values.pop("state", None) or "posted"
        line.vals = values
        if line.state not in ("posted", "reversed"):
            self._sync_fault(line, "state", "not_a_choice", choices="posted, reversed")
        return line

    @api.model
    def get_import_templates(self):
        return [{"label": self.env._("Repayments"), "template": "/loan_crm/static/csv/loan_repayment.csv"}]
