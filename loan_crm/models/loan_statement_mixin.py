from odoo import models
from odoo.exceptions import ValidationError

from ..core import money, statements, tables
from ..core.statements import Move, StatementError


class LoanStatementMixin(models.AbstractModel):
    """The statement of a loan for a span of days: what was lent, what fell due, what was paid, what is owed.

    Read now from the schedule that holds and the repayments that count: what was reversed never happened. No note, no
    bank reference and no name of a colleague is on it.
    """

    _name = "loan.statement.mixin"
    _description = "Statement of a Loan"

    def _as_moves(self):
        """Read all that happened to this loan into what a statement is made of."""
        self.ensure_one()
        cent = self._cent()

        def exact(amount):
            return money.from_float(amount, cent)

        moves = [Move(self.start_date, "payout", exact(self.principal), about="first")]
        moves += [Move(event.date, "payout", exact(event.amount)) for event in self._posted("drawdown")]
        for row in self.installment_ids.sorted(lambda row: (row.due_date, row.number, row.id)):
            if row.capitalised:
                moves.append(Move(row.due_date, "joined", exact(row.capitalised)))
            if row.amount and row.kind == "installment":
                moves.append(Move(row.due_date, "due", exact(row.amount), about=row.number))
        paid = self.repayment_ids.filtered(lambda repayment: repayment.state == "posted")
        for repayment in paid.sorted(lambda repayment: (repayment.date, repayment.id)):
            moves.append(
                Move(
                    repayment.date,
                    "payment",
                    exact(repayment.amount),
                    exact(repayment.amount_principal),
                    exact(repayment.amount_interest),
                    exact(repayment.amount_charges),
                    repayment.name,
                )
            )
        return moves

    def _statement(self, first, last):
        """Return the statement of a span of days, today at the latest.

        :param datetime.date first: of the span
        :param datetime.date last: of the span
        :rtype: core.statements.Statement
        :raise ValidationError: when the first day lies after the last
        """
        try:
            return statements.statement(
                self._as_moves(), first, min(last, max(first, self.company_id._loan_today()))
            )
        except StatementError as refusal:
            raise ValidationError(self.env._("The first day must not lie after the last one.")) from refusal

    def _statement_labels(self):
        """Return the headings of a statement, in its order."""
        return [
            self.env._("Day"),
            self.env._("What Happened"),
            self.env._("Paid Out"),
            self.env._("Fell Due"),
            self.env._("Paid by You"),
            self.env._("For Principal"),
            self.env._("For Interest"),
            self.env._("For Charges"),
            self.env._("Principal Owed"),
        ]

    def _move_told(self, move):
        """Return what a statement tells of a move."""
        if move.kind == "payout":
            return (
                self.env._("The loan was paid out")
                if move.about
                else self.env._("More of the loan was paid out")
            )
        if move.kind == "joined":
            return self.env._("Interest was added to the loan")
        if move.kind == "due":
            return self.env._(
                "Installment %(number)s of %(count)s fell due",
                number=move.about,
                count=self.installment_count,
            )
        return self.env._("Payment received, %s", move.about)

    def _statement_rows(self, told):
        """Return the lines of a statement as values: a day, a text, and Decimals or None.

        :param core.statements.Statement told:
        """
        rows = []
        for move, owed in told.lines:
            lent = move.amount if move.kind in ("payout", "joined") else None
            asked = move.amount if move.kind == "due" else None
            paid = (move.amount, move.principal, move.interest, move.charges)
            rows.append(
                (
                    move.day,
                    self._move_told(move),
                    lent,
                    asked,
                    *(paid if move.kind == "payment" else (None,) * 4),
                    owed,
                )
            )
        return rows

    def _statement_facts(self, first, last):
        """Return what a statement on paper tells, in the language of the environment; no record among it.

        :param datetime.date first: of the span
        :param datetime.date last: of the span
        :raise ValidationError: as of :meth:`_statement`
        """
        told = self._statement(first, last)
        # As superuser: the name and the address of the lender are no secret.
        company_sudo = self.company_id.sudo()

        def plain(value):
            return "" if value is None else self._amount(value)

        return {
            "lender": company_sudo.name,
            "address": [line for line in (company_sudo.phone, company_sudo.email) if line],
            "loan": self.name,
            "borrower": self.partner_id.name,
            "product": self.product_id.name,
            "span": self.env._(
                "%(first)s to %(last)s", first=self._long_day(first), last=self._long_day(last)
            ),
            "made_on": self._long_day(self.company_id._loan_today()),
            "labels": self._statement_labels(),
            "rows": [
                [self._format_day(day), what, *map(plain, amounts)]
                for day, what, *amounts in self._statement_rows(told)
            ],
            "figures": [
                (self.env._("Principal owed before"), self._amount(told.opened)),
                (self.env._("Fell due in this time"), self._amount(told.asked)),
                (self.env._("Paid by you in this time"), self._amount(told.paid)),
                (self.env._("Principal owed after"), self._amount(told.closed)),
            ],
        }

    def _statement_csv(self, first, last):
        """Return the statement as a table for a spreadsheet, bytes.

        :param datetime.date first: of the span
        :param datetime.date last: of the span
        :raise ValidationError: as of :meth:`_statement`
        """
        told, currency = self._statement(first, last), self.currency_id.name
        labels = self._statement_labels()
        heads = [*labels[:2], *(f"{label} ({currency})" for label in labels[2:])]
        return tables.csv_bytes([heads, *self._statement_rows(told)])

    def _statement_paper(self, first, last):
        """Return the statement to print: a PDF where the server can make one, else a page every browser opens.

        :param datetime.date first: of the span
        :param datetime.date last: of the span
        :return: (bytes, mimetype, ending of the file's name)
        :raise ValidationError: as of :meth:`_statement`
        """
        self._statement(first, last)  # refused before anything is printed
        reports = self.env["ir.actions.report"]
        data = {"first": first.isoformat(), "last": last.isoformat()}
        printed = reports.get_wkhtmltopdf_state() in ("ok", "upgrade")
        render = reports._render_qweb_pdf if printed else reports._render_qweb_html
        content, kind = render("loan_crm.report_loan_statement", self.ids, data=data)
        content = content if isinstance(content, bytes) else content.encode()
        return (
            (content, "application/pdf", "pdf")
            if kind == "pdf"
            else (content, "text/html; charset=utf-8", "html")
        )
