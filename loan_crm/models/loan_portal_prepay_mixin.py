from odoo import models
from odoo.exceptions import UserError

from ..core.listing import listed


class LoanPortalPrepayMixin(models.AbstractModel):
    """What a borrower learns on the portal of paying early: the answers of `loan.what.if`, worked out and not kept.

    The same core answers the colleague at the desk, so both are told the same.
    """

    _name = "loan.portal.prepay.mixin"
    _description = "Paying Early on the Portal"

    def _can_be_prepaid(self):
        """Tell whether paying early can be worked out here: not where another system keeps the schedule."""
        self.ensure_one()
        try:
            self._check_can_be_asked()
        except UserError:
            return False
        return self.state == "active"

    def _prepay_question(self, day=None, amount=None):
        """Return the form of `loan.what.if` that asks about paying early; nothing of it is kept.

        :param datetime.date day: None: today
        :param float amount: principal to prepay; None: about a fifth of what is owed
        """
        given = {"date": day, "prepay_amount": amount}
        return self.env["loan.what.if"].new(
            {"contract_id": self.id, **{name: value for name, value in given.items() if value is not None}}
        )

    def _prepay_facts(self, day=None, amount=None):
        """Return what the page of paying early tells; no record among it.

        :param datetime.date day: as of :meth:`_prepay_question`
        :param float amount: likewise
        :return: a dict with the `variants` (each with `kind`, `name`, `note`, `figures`, `saving`), `beside` (what
            stands beside them), `settle` (all there is to pay to end the loan), and `errors` by what has no answer
        """
        form = self._prepay_question(day, amount)
        agreed = form.line_ids[:1]
        return {
            "variants": [self._prepay_variant(line, agreed) for line in form.line_ids],
            "beside": form._owed_told(),
            "settle": form.settle_total and self._amount(form.settle_total),
            "settle_told": self.env._("To settle in all: %s.", self._amount(form.settle_total)),
            "errors": {
                "day": form.date_error or "",
                "amount": form.prepay_error or "",
                "": form.settle_error or "",
            },
            "amount": form.prepay_amount,
            "day": form.date,
        }

    def _prepay_variant(self, line, agreed):
        column = line._as_column()
        hidden = (
            {"next_due", "payment", "count", "last_due"}
            if line.kind == "settle"
            else {"now"}
            if line == agreed
            else set()
        )

        def told(name):
            value = column[name]
            if name in ("next_due", "last_due"):
                return value and self._long_day(value)
            return str(value) if name == "count" else value is not None and self._amount(value)

        return {
            "kind": line.kind,
            "name": column["name"],
            "note": column["note"],
            "figures": [
                (label, told(name))
                for name, label in self._figure_labels().items()
                if name not in hidden and told(name)
            ],
            "saving": line != agreed and self._saving_told(line.saving),
        }

    def _ask_payoff(self, partner, kind, day, amount):
        """Let a colleague know that a borrower wants to pay early, with what they were told; told twice it is one case.

        :param partner: `res.partner` who asks
        :param str kind: "settle", or "prepay"
        :param datetime.date day: when
        :param float amount: principal to prepay; of a settlement it is not asked
        :return: `loan.case`
        """
        facts = self._prepay_facts(day, amount)
        told = {"loan": self.name, "day": self._long_day(day)}
        if kind == "settle":
            words = self.env._(
                "I want to settle the loan %(loan)s on %(day)s. Your page told me: %(total)s in all.",
                total=facts["settle"],
                **told,
            )
        else:
            words = self.env._(
                "I want to prepay %(amount)s of the loan %(loan)s on %(day)s.",
                amount=self._amount(amount),
                **told,
            )
        variants = [
            variant
            for variant in facts["variants"]
            if variant["kind"].startswith(kind) and variant["figures"]
        ]
        lines = [
            self.env._(
                "%(way)s: %(figures)s",
                way=variant["name"],
                figures=listed(
                    (f"{label} {figure}" for label, figure in variant["figures"]), self.env.lang, apart=True
                ),
            )
            for variant in variants
        ]
        category = self.env.ref("loan_crm.loan_case_category_early", raise_if_not_found=False)
        case, _is_new = self.env["loan.case"]._ask_on_page(
            self,
            partner,
            {
                "kind": "request",
                "subject": self.env._("Paying the loan %s early", self.name),
                "words": "\n".join([words, *lines]),
                "this_loan": True,
                "category_id": category.id if category else False,
            },
        )
        return case
