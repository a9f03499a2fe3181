from datetime import date, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import hmac

from ..core import links

# Where each page of the borrower lies below the link that opens it.
_PAGES = {"loan": "", "hardship": "/hardship", "promise": "/promise", "ask": "/ask", "easy": "/easy"}
# So many of the installments to come are told.
_NEXT_TOLD = 2


class LoanBorrowerMixin(models.AbstractModel):
    """What the borrower sees of their loan: the links that open it without a login, and what its page tells.

    A link is signed, is for one loan and one person, and ends by itself; *Revoke Links* ends all that were given out
    of the loan. Nothing is kept of a link. Whoever follows one is nobody in Odoo: the signature is the right to see
    what `_borrower_facts` returns and nothing else.
    """

    _name = "loan.borrower.mixin"
    _description = "Loan as Its Borrower Sees It"

    hardship_ids = fields.One2many(
        "loan.hardship", "contract_id", "Hardship Requests", readonly=True, copy=False
    )
    link_serial = fields.Integer(
        "Links Revoked",
        readonly=True,
        copy=False,
        default=0,
        aggregator=None,
        help="How often the links to the borrower's page were revoked.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"link_serial"}

    # ------------------------------------------------------------ links

    def _borrower_partners(self):
        """Return who may be given a link to this loan: its borrower, and who answers for it today."""
        return (
            self.partner_id
            | self.party_ids.filtered(
                lambda party: party._answers_on(party.company_id._loan_today())
            ).partner_id
        )

    def _borrower_url(self, partner, page="loan"):
        """Return the address of the borrower's page, for one person.

        :param partner: `res.partner`, one of `_borrower_partners`
        :param str page: "loan", "hardship", "promise", "ask" or "easy"
        :raise ValueError: for a person who is no borrower of this loan
        """
        self.ensure_one()
        if partner not in self._borrower_partners():
            raise ValueError(f"{partner} is no borrower of {self}")
        return self._borrower_signer(self.company_id)(self.id, partner.id, self.link_serial, page)

    @api.model
    def _borrower_signer(self, company):
        """Return a function that makes links of one lender's loans, without a query for any of them.

        :param company: `res.company`
        :return: `f(contract_id, partner_id, link_serial, page="loan")`, which returns an absolute address. Who calls
            it has made sure that the person is a borrower of the loan.
        """
        key = self._borrower_key()
        base = f"{company.get_base_url()}/loan/"
        last_day = company._loan_today() + timedelta(days=company.loan_link_days)

        def address(contract_id, partner_id, serial, page="loan"):
            return f"{base}{links.sign(key, contract_id, partner_id, serial, last_day)}{_PAGES[page]}"

        return address

    @api.model
    def _borrower_key(self):
        """Return the key that signs the links of this database, bytes."""
        # As superuser: the database's secret is nobody's to read.
        return bytes.fromhex(hmac(self.env(su=True), "loan_crm.borrower.link", "key"))

    @api.model
    def _from_borrower_token(self, token):
        """Return what a link opens, in the language of whom it was given to.

        :param str token: as it came, whatever it is
        :return: (loan, person), both empty where the link opens nothing, for whatever reason
        """
        link = links.read(self._borrower_key(), token)
        nothing = self.browse(), self.env["res.partner"]
        if not link:
            return nothing
        # As the system: the signature is the right to this one loan, and what is done through it is nobody's deed.
        contract = self.with_user(SUPERUSER_ID).browse(link.contract_id).exists()
        partner = contract.env["res.partner"].browse(link.partner_id)
        if (
            not contract
            or not contract._opens_to(partner)
            or contract.link_serial % links.SERIALS != link.serial
            or contract.company_id._loan_today() > link.last_day
        ):
            return nothing
        return contract._as_read_by(partner, partner.lang or contract.company_id.partner_id.lang)

    def _opens_to(self, partner):
        """Tell whether somebody outside may read of this loan now, by whatever way: a link, or their login.

        How confidential it is decides nothing here: it is their own. Whoever is to be kept from it is taken off the
        loan, or their contact or profile is archived.

        :param partner: `res.partner`
        """
        self.ensure_one()
        return bool(
            partner in self._borrower_partners()
            and partner.active
            and self.state in ("active", "closed")
            and self.customer_id.active
            and self.company_id.active
        )

    def _as_read_by(self, partner, lang):
        """Return this loan and who reads of it, in the lender's company and in a language.

        :param partner: `res.partner`, as the system
        :param str lang: code
        """
        context = {"allowed_company_ids": self.company_id.ids, "lang": lang}
        return self.with_context(**context), partner.with_context(**context)

    @api.model
    def _opening_to(self, partner):
        """Return the loans that somebody outside may read of now, the most urgent first.

        :param partner: `res.partner`, as the system
        """
        answers = self.env["loan.contract.party"].search(Domain("partner_id", "=", partner.id))
        loans = self.search(
            (Domain("partner_id", "=", partner.id) | Domain("id", "in", answers.contract_id.ids))
            & Domain("state", "in", ("active", "closed")),
        )
        return loans.filtered(lambda loan: loan._opens_to(partner)).sorted(
            lambda loan: (loan.state != "active", loan.next_due_date or date.max, -loan.id)
        )

    def action_revoke_links(self):
        """End every link to the borrower's page that was given out of these loans."""
        self.check_access("write")
        contracts_sudo = self.sudo()  # how often is counted, not entered
        for contract in contracts_sudo:
            contract.link_serial += 1
        contracts_sudo._message_log_batch(
            {
                contract.id: self.env._(
                    "All links to the borrower's page were revoked; new letters carry new ones."
                )
                for contract in contracts_sudo
            }
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("No link that was given out opens the borrower's page any more."),
            },
        }

    def action_ask_hardship(self):
        """Open the form that puts a request for help on record, or the request that is open already."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_hardship_action")
        open_request = self.env["loan.hardship"]._open_of(self)
        action.update(
            views=[(False, "form")], res_id=open_request.id, context={"default_contract_id": self.id}
        )
        return action

    def _count_borrower_post(self, partner=None):
        """Count something that is sent from the pages of this loan, one after the other.

        :param partner: `res.partner` who sends it; without one its borrower
        :return: False where it is more than a day takes; then nothing is counted
        """
        self.ensure_one()
        self._wait_for_lock()
        return self.env["loan.portal.count"]._take(self.company_id, partner or self.partner_id)

    # ------------------------------------------------------------ what the page tells

    def _borrower_facts(self, partner):
        """Return what the page tells of this loan, read now and in the language of the context.

        :param partner: `res.partner` who looks
        :return: a dict of texts and figures; no record, so that a template cannot show more than is meant
        """
        self.ensure_one()
        company, today = self.company_id, self.company_id._loan_today()
        rows = self._rows_to_pay()
        overdue = rows.filtered(lambda row: row.due_date < today)
        coming = (rows - overdue)[:_NEXT_TOLD]
        charges = self.charges_open
        last = self.repayment_ids.filtered(lambda repayment: repayment.state == "posted").sorted(
            lambda repayment: (repayment.date, repayment.id)
        )[-1:]
        return {
            "lender": company.name,
            "greeting": self.env._("Dear %s,", partner.name),
            "title": self.env._("Your loan %s", self.name),
            "about": self.env._(
                "Your loan %(loan)s, as of today, %(day)s", loan=self.name, day=self._long_day(today)
            ),
            "loan": self.name,
            "closed": self.state == "closed",
            "currency": self.currency_id.name,
            "overdue": [self._borrower_row(row, today) for row in overdue],
            "coming": [self._borrower_row(row, today) for row in coming],
            "charges": charges and self._amount(charges),
            "overdue_total": (overdue or charges)
            and self._amount(self.currency_id.round(sum(overdue.mapped("amount_open")) + charges)),
            "how_to_pay": self._borrower_how_to_pay(partner),
            "last_paid": last
            and self.env._(
                "Last payment received: %(amount)s on %(day)s",
                amount=self._amount(last.amount),
                day=self._long_day(last.date),
            ),
            "footer": self.env._(
                "This page was opened with a link meant for you alone. Please do not pass it on."
            ),
            "contact": self._borrower_contact(),
            "promised": self.env["loan.commitment"]._promised_to(self, partner),
            "actions": self._borrower_actions(partner),
            "cases": self.env["loan.case"]._open_on_page(self, partner),
        }

    def _rows_to_pay(self):
        """Return the rows of the schedule that still ask for something, in the order they fall due."""
        return self.installment_ids.filtered(lambda row: row.state == "open" and row.amount_open).sorted(
            "due_date"
        )

    def _borrower_row(self, row, today):
        """Return what the page tells of one row of the schedule: `due`, `amount`, `note`, and whether it is `late`."""
        late = (today - row.due_date).days
        notes = []
        if late > 0:
            notes.append(self.env._("%s days late", late) if late > 1 else self.env._("1 day late"))
        elif not late:
            notes.append(self.env._("today"))
        if row.amount_open < row.amount:
            notes.append(self.env._("partly paid"))
        return {
            "due": self._long_day(row.due_date),
            "amount": self._amount(row.amount_open),
            "note": " · ".join(notes),
            "late": late > 0,
        }

    def _borrower_how_to_pay(self, partner):
        """Return how this loan is paid, in the lender's words; the account is told to whose it is, and nobody else.

        :param partner: `res.partner` who looks
        """
        if self.auto_debit and partner != self.partner_id:
            return self.env._("We debit each installment from the borrower's account on its due date.")
        if self.auto_debit:
            return self.env._(
                "We debit each installment from your account %s on its due date. There is nothing for you to do; "
                "please keep the account covered.",
                self.debit_account or "",
            )
        return self.product_id.payment_instructions or self.company_id.loan_payment_instructions

    def _borrower_contact(self):
        """Return who answers for this loan today: `name`, `role`, `phone`, `email`; the lender where nobody does."""
        user, company = self.customer_id.acting_user_id, self.company_id
        if not user:
            role = ""
        elif user == self.manager_user_id:
            role = self.env._("Your relationship manager")
        else:
            role = self.env._("In place of %s", self.manager_user_id.name)
        return {
            "name": user.name or company.name,
            "role": role,
            "phone": user.phone or company.phone,
            "email": user.email or company.email,
        }

    def _borrower_actions(self, partner):
        """Return what the borrower can do on the page of this loan, the most urgent first.

        :param partner: `res.partner` who looks
        :return: a list of dicts with `page`, `label` and `hint`; an extension adds its own
        """
        ask = {
            "page": "ask",
            "label": self.env._("Ask or complain"),
            "hint": self.env._("You get a number, and who answers you by when."),
        }
        if self.state != "active":
            return [ask]
        actions = [
            {
                "page": "hardship",
                "label": self.env._("I cannot pay in time"),
                "hint": self.env._("Tell us what happened. We look for a way together."),
            }
        ]
        if self._takes_promises():
            actions.append(
                {
                    "page": "promise",
                    "label": self.env._("I have paid, or will pay on …"),
                    "hint": self.env._("Then we need not remind you until then."),
                }
            )
        return [*actions, ask]

    def _takes_promises(self):
        """Tell whether a promise to pay can be put on record for this loan."""
        return self.state == "active"
