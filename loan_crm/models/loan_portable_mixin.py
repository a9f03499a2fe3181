from decimal import Decimal

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date, html2plaintext

from ..core import cases, money
from ..core.labels import as_sentence
from ..core.listing import listed
from ..core.portables import Copy, Money, Section, Words

# Where the customer's words are theirs, and not what a colleague has written down.
_OWN_WORDS = ("page", "email")
# Files somebody gave that one copy carries, all together; of the rest the names stand in it.
_FILES_AT_MOST = 50 * 1024 * 1024
# What messages are told of: everything a person may have been written to about.
_THREADS = ("loan.customer", "loan.contract", "loan.case", "loan.hardship", "crm.lead", "loan.survey.request")
# A status as the borrower may read it of what was sent to them.
_SENT = ("sent",)


class LoanPortableMixin(models.AbstractModel):
    """All that is held about a customer, read into plain values for a copy of theirs (`core.portables`).

    Each kind of thing is read by one search for the whole of the customer, however much there is. Told is what is
    about the person and what they said; what colleagues wrote among themselves, other people, and how confidential
    something is stay out, and the copy says so with the reason.
    """

    _name = "loan.portable.mixin"
    _description = "Copy of a Customer's Data"

    def _portable_copy(self, now):
        """Return the copy of all that is held about this customer, in the language of the context.

        :param datetime now: naive, UTC
        :return: (`core.portables.Copy`, pairs of the names and contents of files they gave)
        """
        mine = self._portable_reader()
        loans = mine.env["loan.contract"].search(
            Domain("customer_id", "=", mine.id) & Domain("state", "!=", "cancelled"), order="id"
        )
        papers, attached = mine._portable_papers()
        agreements, signed = mine._portable_agreements()
        sections = (
            mine._portable_contact(),
            mine._portable_profile(),
            mine._portable_facts(),
            mine._portable_people(),
            mine._portable_applications(),
            mine._portable_loans(loans),
            agreements,
            mine._portable_schedules(loans),
            mine._portable_repayments(loans),
            mine._portable_changes(loans),
            mine._portable_answers_for(),
            mine._portable_reminders(),
            mine._portable_messages(),
            mine._portable_talks(),
            mine._portable_cases(),
            mine._portable_hardships(),
            mine._portable_promises(),
            mine._portable_commitments(),
            mine._portable_surveys(),
            mine._portable_consents(),
            papers,
            mine._portable_requests(),
        )
        return mine._portable_bound(now, sections), signed + attached

    @api.model
    def _portable_copy_without_profile(self, company, partner, now):
        """Return the copy of what a lender holds about somebody who is no customer of its: who applies, or answers
        for somebody else's loan. As `_portable_copy` does, of a profile that is nowhere but here.

        :param company: `res.company`
        :param partner: `res.partner` who asks
        :param datetime now: naive, UTC
        """
        # As the system, as above; nothing is written.
        nobody = self.with_user(SUPERUSER_ID).new({"partner_id": partner.id, "company_id": company.id})
        mine = nobody._portable_reader()
        papers, attached = mine._portable_papers()
        agreements, signed = mine._portable_agreements()
        sections = (
            mine._portable_contact(),
            mine._portable_applications(),
            agreements,
            mine._portable_answers_for(),
            mine._portable_reminders(),
            mine._portable_messages(),
            mine._portable_cases(),
            mine._portable_surveys(),
            papers,
        )
        return mine._portable_bound(now, sections), signed + attached

    def _portable_reader(self):
        """Return this customer as a copy is read: in the company and the language of whom it is about."""
        self.ensure_one()
        # As the system: a person is given all that is theirs, whoever may read it here.
        return self.with_user(SUPERUSER_ID).with_context(
            active_test=False, allowed_company_ids=self.company_id.ids, lang=self.env.lang
        )

    def _portable_bound(self, now, sections):
        """Return what was read as a copy, with what stands around it.

        :param datetime now: naive, UTC
        :param sections: of `core.portables.Section`
        """
        env, company = self.env, self.company_id
        return Copy(
            lang=(env.lang or "en_US").replace("_", "-"),
            title=env._("What %(lender)s holds about %(who)s", lender=company.name, who=self.partner_id.name),
            intro=(
                env._("Made on %s.", format_date(env, company._loan_today(), date_format="long")),
                env._(
                    "You read this page with any browser. “data.json” holds the same for a computer, and “tables” for "
                    "a spreadsheet. Keep it in a safe place: it is all about you."
                ),
                env._("Something is wrong? Please tell us, and we put it right."),
            ),
            sections=sections,
            kept=self._portable_kept(),
            left_out=self._portable_left_out(),
            made_at=now,
            words=Words(
                env._("Contents"),
                env._("Nothing."),
                env._("What is not in this copy, and why"),
                env._("What for, and for how long"),
                env._("Files"),
                env._("yes"),
                env._("no"),
            ),
        )

    def _check_all_is_seen(self):
        """Refuse whoever is kept from a part of what copies of these customers tell: they would read it there.

        :raise AccessError: without a word of what it is
        """
        told = {name: Domain("customer_id", "in", self.ids) for name in ("loan.contract", "loan.case")}
        told["loan.case"] |= Domain.OR(each._portable_case_domain() for each in self)
        told["loan.contract.party"] = Domain.OR(each._portable_party_domain() for each in self)
        told["crm.lead"] = Domain.OR(each._portable_lead_domain() for each in self)
        told["loan.agreement.signer"] = Domain.OR(each._portable_signer_domain() for each in self)
        for name, theirs in told.items():
            seen = self.env[name].with_context(active_test=False).search_count(theirs)
            # As superuser: what is kept from them is counted, and not told.
            if seen < self.env[name].sudo().with_context(active_test=False).search_count(theirs):
                raise AccessError(
                    self.env._("Not all that the copy would hold is yours to see. Ask a colleague who may.")
                )

    def action_copy_of_data(self):
        """Open the form that puts on record that this customer asked for a copy of their data."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Copy of Their Data"),
            "res_model": "loan.data.ask",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_customer_id": self.id},
        }

    # ------------------------------------------------------------ on the portal

    def _portal_copies(self):
        """Return what the portal tells of the copies that were asked for there: dicts, no record among them."""
        today = {company: company._loan_today() for company in self.company_id}
        found = self.env["loan.data.request"].search(
            Domain("customer_id", "in", self.ids) & Domain("how", "=", "portal"), limit=20
        )
        return [
            {
                "id": each.id,
                "lender": each.company_id.name,
                "when": self.env._("Made on %s", format_date(self.env, each.asked_on, date_format="long")),
                "until": each.has_file
                and each.file_until >= today[each.company_id]
                and self.env._(
                    "You can download it until %s.",
                    format_date(self.env, each.file_until, date_format="long"),
                ),
            }
            for each in found
        ]

    def _portal_takes_copy(self):
        """Tell whether a copy may be made today of these profiles; they are locked meanwhile."""
        self._wait_for_lock()
        return not self._portal_has_copy_today()

    def _portal_has_copy_today(self):
        """Tell whether a copy of one of these profiles was made today."""
        found = self.env["loan.data.request"].search_count(
            Domain.OR(
                Domain("customer_id", "=", mine.id) & Domain("asked_on", "=", mine.company_id._loan_today())
                for mine in self
            )
            & Domain("how", "=", "portal"),
            limit=1,
        )
        return bool(found)

    def _portal_make_copies(self):
        """Make a copy of each of these profiles, for whoever has just asked for it.

        :return: `loan.data.request`
        """
        made = self.env["loan.data.request"].union(
            *(self.env["loan.data.request"]._ask(mine, "portal") for mine in self)
        )
        made._make()
        return made

    # ------------------------------------------------------------ reading values

    def _portable_money(self, amount, currency):
        cent = money.from_float(currency.rounding, Decimal(1).scaleb(-currency.decimal_places))
        return Money(money.from_float(amount, cent), currency.name)

    def _portable_label(self, record, name):
        """Return what a choice is called in the language of the context, as a borrower reads it."""
        labels = dict(record._fields[name]._description_selection(record.env))
        return as_sentence(labels.get(record[name], ""), record.env.lang)

    def _portable_pairs(self, key, title, pairs, note=""):
        """Return a section of two columns: what it is, and what is known."""
        columns = _columns(
            what=self.env._("What"),
            known=self.env._("What we know"),
        )
        rows = tuple(
            {"what": what, "known": known} for what, known in pairs if known not in (None, False, "")
        )
        return Section(key, title, columns, rows, note)

    # ------------------------------------------------------------ the person

    def _portable_contact(self):
        env, partner = self.env, self.partner_id
        pairs = [
            (env._("Name"), partner.name),
            (env._("Customer number"), self.reference),
            (env._("Former customer numbers"), self.former_references),
            (env._("Email"), partner.email),
            (env._("Telephone"), partner.phone),
            (env._("Street"), ", ".join(filter(None, (partner.street, partner.street2)))),
            (env._("Postal code"), partner.zip),
            (env._("City"), partner.city),
            (env._("Province"), partner.state_id.name),
            (env._("Country"), partner.country_id.name),
            (env._("Tax or registration number"), partner.vat),
            (env._("Language"), partner.lang),
            (env._("Time zone"), partner.tz),
            (env._("Birthday or founding day"), self.birthday or None),
        ]
        note = env._("To reach you and to know that it is you. You gave it to us.")
        return self._portable_pairs("contact", env._("Who you are"), pairs, note)

    def _portable_profile(self):
        env = self.env
        days = listed((label for day, label in self._portal_days() if self[day]), self.env.lang)
        clock = self._portal_contact()
        pairs = [
            (env._("Customer since"), self.create_date),
            (env._("Kind of customer"), self._portable_label(self, "kind")),
            (env._("Customer group"), self.segment_id.name),
            (env._("Service level"), self.tier_id.name),
            (env._("Region"), self.region_id.name),
            (env._("Dialect you like to speak"), self.dialect_id.name),
            (env._("How you came to us"), self.source_id.name),
            (env._("What you told us you need"), self.needs),
            (env._("You like to hear from us by"), self._portable_label(self, "preferred_channel")),
            (
                env._("You like to be called"),
                env._("from %(first)s to %(last)s", first=clock["call_from"], last=clock["call_to"]),
            ),
            (env._("On these days"), days),
            (env._("No reminders by email"), self.reminder_opt_out),
            (env._("No offers of a next loan"), self.renewal_opt_out),
            (env._("No questions how it was"), self.partner_id.loan_no_surveys),
            (env._("You need assistance"), self.assisted),
            (env._("Large print"), self.assist_large_print),
            (env._("Explain slowly"), self.assist_slowly),
            (env._("Important matters in person"), self.assist_in_person),
        ]
        note = env._("To serve you as you like it. From you, from your loans, or from talks with you.")
        return self._portable_pairs("profile", env._("What we know of you as a customer"), pairs, note)

    def _portable_facts(self):
        env = self.env
        facts = env["loan.customer.fact"].search(
            Domain("customer_id", "=", self.id), order="as_of desc, id desc"
        )
        rows = tuple(
            {
                "what": fact.type_id.name,
                "value": fact.told,
                "as_of": fact.as_of,
                "source": self._portable_label(fact, "source"),
            }
            for fact in facts
        )
        columns = _columns(
            what=env._("What"),
            value=env._("Value"),
            as_of=env._("As of"),
            source=env._("From where we have it"),
        )
        note = env._("To lend you no more than you can repay.")
        return Section("finances", env._("Your finances, as far as we know them"), columns, rows, note)

    def _portable_people(self):
        env = self.env
        pairs = [
            (env._("Looks after you"), self.manager_user_id.name),
            (env._("Stands in when they are away"), self.deputy_user_id.name),
            (env._("Their team"), self.team_id.name),
            (env._("The lender"), self.company_id.name),
            (env._("Telephone of the lender"), self.company_id.phone),
            (env._("Email of the lender"), self.company_id.email),
        ]
        return self._portable_pairs("people", env._("Who looks after you"), pairs)

    # ------------------------------------------------------------ loans

    def _portable_lead_domain(self):
        """Return the domain of what this person asked this lender for: what they asked another one is not told here."""
        self.ensure_one()
        product, company = Domain("loan_product_id", "=", False), self.company_id
        return Domain("partner_id", "in", self._contacts().ids) & (
            Domain("company_id", "=", company.id)
            | Domain("company_id", "=", False)
            & (product | Domain("loan_product_id.company_id", "in", (company.id, False)))
        )

    def _portable_party_domain(self):
        """Return the domain of where this person answers for a loan of this lender."""
        self.ensure_one()
        return Domain("partner_id", "in", self._contacts().ids) & Domain(
            "company_id", "=", self.company_id.id
        )

    def _portable_signer_domain(self):
        """Return the domain of where this person signs or has signed, with this lender."""
        self.ensure_one()
        return (
            Domain("partner_id", "in", self._contacts().ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("agreement_id.state", "!=", "draft")
        )

    def _portable_case_domain(self):
        """Return the domain of what this person has brought up, about their own matters or a loan they answer for."""
        self.ensure_one()
        return (
            Domain("partner_id", "in", self._contacts().ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "!=", "void")
        )

    def _portable_applications(self):
        env = self.env
        leads = env["crm.lead"].search(
            self._portable_lead_domain() & Domain("loan_product_id", "!=", False), order="id"
        )
        rows = tuple(
            {
                "asked_at": lead.create_date,
                "product": lead.loan_product_id.name,
                "amount": self._portable_money(lead.loan_amount, lead.loan_currency_id)
                if lead.loan_currency_id
                else None,
                "term": lead.loan_term or None,
                "purpose": lead.loan_purpose or "",
                "stage": lead.stage_id.name or "",
                "outcome": self._portable_label(lead, "won_status"),
            }
            for lead in leads
        )
        columns = _columns(
            asked_at=env._("Asked at"),
            product=env._("Product"),
            amount=env._("Amount"),
            term=env._("Installments"),
            purpose=env._("What for"),
            stage=env._("Step"),
            outcome=env._("Outcome"),
        )
        return Section("applications", env._("Loans you asked for"), columns, rows)

    def _portable_loans(self, loans):
        env = self.env
        rows = tuple(
            {
                "loan": loan.name,
                "product": loan.product_id.name,
                "state": self._portable_label(loan, "state"),
                "lent": self._portable_money(loan.principal, loan.currency_id),
                "rate": Decimal(f"{loan.current_rate:.6g}"),
                "paid_out": loan.start_date,
                "installments": loan.installment_count,
                "last_due": loan.last_due_date or None,
                "owed": self._portable_money(loan.principal_outstanding, loan.currency_id),
                "account": loan.debit_account or "",
                "parties": len(loan.party_ids),
            }
            for loan in loans
        )
        columns = _columns(
            loan=env._("Loan"),
            product=env._("Product"),
            state=env._("How it stands"),
            lent=env._("Amount lent"),
            rate=env._("Interest rate today, % a year"),
            paid_out=env._("Paid out on"),
            installments=env._("Installments"),
            last_due=env._("Last due date"),
            owed=env._("Principal still owed"),
            account=env._("Account we debit"),
            parties=env._("People who answer for it with you"),
        )
        note = env._("Because of the agreements that you and we have signed.")
        return Section("loans", env._("Your loans"), columns, rows, note, table=True)

    def _portable_schedules(self, loans):
        env = self.env
        installments = env["loan.installment"].search(
            Domain("contract_id", "in", loans.ids), order="contract_id, due_date, number, id"
        )
        rows = tuple(
            {
                "loan": row.contract_id.name,
                "number": row.number,
                "due": row.due_date,
                "amount": self._portable_money(row.amount, row.contract_id.currency_id),
                "principal": self._portable_money(row.principal, row.contract_id.currency_id),
                "interest": self._portable_money(row.interest, row.contract_id.currency_id),
                "open": self._portable_money(row.amount_open, row.contract_id.currency_id),
                "balance": self._portable_money(row.balance, row.contract_id.currency_id),
            }
            for row in installments
        )
        columns = _columns(
            loan=env._("Loan"),
            number=env._("Number"),
            due=env._("Due on"),
            amount=env._("Amount"),
            principal=env._("Of it principal"),
            interest=env._("Of it interest"),
            open=env._("Still open"),
            balance=env._("Owed afterwards"),
        )
        return Section("schedules", env._("Schedules of your loans"), columns, rows, table=True)

    def _portable_repayments(self, loans):
        env = self.env
        found = env["loan.repayment"].search(
            Domain("contract_id", "in", loans.ids) & Domain("state", "!=", "draft"), order="date, id"
        )
        rows = tuple(
            {
                "loan": each.contract_id.name,
                "number": each.name,
                "day": each.date,
                "amount": self._portable_money(each.amount, each.currency_id),
                "principal": self._portable_money(each.amount_principal, each.currency_id),
                "interest": self._portable_money(each.amount_interest, each.currency_id),
                "charges": self._portable_money(each.amount_charges, each.currency_id),
                "method": self._portable_label(each, "method"),
                "state": self._portable_label(each, "state"),
            }
            for each in found
        )
        columns = _columns(
            loan=env._("Loan"),
            number=env._("Number"),
            day=env._("Day"),
            amount=env._("Amount"),
            principal=env._("Of it principal"),
            interest=env._("Of it interest"),
            charges=env._("Of it charges"),
            method=env._("Paid by"),
            state=env._("How it stands"),
        )
        return Section("repayments", env._("What you have paid"), columns, rows, table=True)

    def _portable_changes(self, loans):
        env = self.env
        found = env["loan.contract.event"].search(
            Domain("contract_id", "in", loans.ids) & Domain("state", "=", "posted"), order="date, id"
        )
        rows = tuple(
            {
                "loan": event.contract_id.name,
                "day": event.date,
                "what": self._portable_label(event, "kind"),
                "agreed_on": event.consent_date or None,
                "agreed_how": self._portable_label(event, "consent_method") if event.consent_method else "",
            }
            for event in found
        )
        columns = _columns(
            loan=env._("Loan"),
            day=env._("From"),
            what=env._("What changed"),
            agreed_on=env._("You agreed on"),
            agreed_how=env._("How you agreed"),
        )
        return Section("changes", env._("Changes of your loans"), columns, rows)

    def _portable_answers_for(self):
        env = self.env
        parties = env["loan.contract.party"].search(self._portable_party_domain())
        rows = tuple(
            {
                "loan": party.contract_id.name,
                "role": self._portable_label(party, "role"),
                "since": party.date_from,
                "until": party.date_to or None,
            }
            for party in parties
        )
        columns = _columns(
            loan=env._("Loan"),
            role=env._("As"),
            since=env._("Since"),
            until=env._("Until"),
        )
        return Section("answers_for", env._("Loans of others that you answer for"), columns, rows)

    # ------------------------------------------------------------ what was said

    def _portable_reminders(self):
        env = self.env
        found = env["loan.reminder"].search(
            Domain("partner_id", "in", self._contacts().ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "in", _SENT),
            order="sent_at, id",
        )
        rows = tuple(
            {
                "at": each.sent_at or None,
                "channel": self._portable_label(each, "channel"),
                "address": each.email_to or "",
                "loan": each.contract_id.name,
                "due": each.due_date,
                "amount": self._portable_money(each.amount, each.currency_id),
            }
            for each in found
        )
        columns = _columns(
            at=env._("Sent at"),
            channel=env._("By"),
            address=env._("To"),
            loan=env._("Loan"),
            due=env._("Due on"),
            amount=env._("Amount"),
        )
        return Section("reminders", env._("Reminders we sent you"), columns, rows)

    def _portable_messages(self):
        """Return what was written to and fro: what this person wrote, and what was written to them.

        A note among colleagues reaches nobody outside, so it is neither.
        """
        env, contacts = self.env, self._contacts()
        where = []
        for name in _THREADS:
            model = env[name]
            if "message_ids" not in model._fields:
                continue
            if name == "loan.customer":
                ids = (self | self._merged_into_these()).ids
            elif name == "crm.lead":
                ids = model.search(self._portable_lead_domain()).ids
            elif name == "loan.case":
                ids = model.search(Domain("customer_id", "in", self.ids) | self._portable_case_domain()).ids
            else:
                ids = model.search(Domain("customer_id", "in", self.ids)).ids
            if ids:
                where.append(Domain("model", "=", name) & Domain("res_id", "in", ids))
        to_or_by = Domain("author_id", "in", contacts.ids) | (
            Domain("notified_partner_ids", "in", contacts.ids) & Domain("is_internal", "=", False)
        )
        found = (
            env["mail.message"].search(Domain.OR(where) & to_or_by, order="date, id")
            if where
            else env["mail.message"]
        )
        rows = []
        for message in found:
            by_me = message.author_id in contacts
            text = html2plaintext(message.body or "").strip()
            if not text and not message.attachment_ids:
                continue
            rows.append(
                {
                    "at": message.date,
                    "who": env._("You") if by_me else message.author_id.name or self.company_id.name,
                    "subject": message.subject or "",
                    "text": cases.own_words(text) if by_me else text,
                    "files": listed(message.attachment_ids.mapped("name"), self.env.lang),
                }
            )
        columns = _columns(
            at=env._("At"),
            who=env._("Who"),
            subject=env._("Subject"),
            text=env._("Text"),
            files=env._("Files"),
        )
        return Section("messages", env._("Letters and messages"), columns, tuple(rows))

    def _portable_talks(self):
        env = self.env
        found = env["loan.interaction"].search(
            Domain("customer_id", "=", self.id) & Domain("partner_id", "in", self._contacts().ids),
            order="date, id",
        )
        rows = tuple(
            {
                "at": talk.date,
                "what": talk.type_id.name,
                "minutes": talk.minutes or None,
                "who": talk.user_id.name,
            }
            for talk in found
        )
        columns = _columns(
            at=env._("At"),
            what=env._("What"),
            minutes=env._("Minutes"),
            who=env._("With whom"),
        )
        return Section("talks", env._("Calls and visits"), columns, rows)

    def _portable_cases(self):
        env = self.env
        found = env["loan.case"].search(self._portable_case_domain(), order="id")
        rows = tuple(
            {
                "number": case.name,
                "kind": self._portable_label(case, "kind"),
                "came_at": case.opened_at or case.create_date,
                "words": (case.words if case.channel in _OWN_WORDS else "") or "",
                "answered_at": case.responded_at or None,
                "settled_at": case.solved_at or case.closed_at or None,
                "state": self._portable_label(case, "state"),
            }
            for case in found
        )
        columns = _columns(
            number=env._("Number"),
            kind=env._("What"),
            came_at=env._("It came at"),
            words=env._("Your words"),
            answered_at=env._("Answered at"),
            settled_at=env._("Settled at"),
            state=env._("How it stands"),
        )
        note = env._("The answers stand under letters and messages.")
        return Section("cases", env._("Questions and complaints"), columns, rows, note)

    def _portable_hardships(self):
        env = self.env
        found = env["loan.hardship"].search(
            Domain("customer_id", "=", self.id) & Domain("partner_id", "in", self._contacts().ids), order="id"
        )
        rows = tuple(
            {
                "loan": each.contract_id.name,
                "asked_on": each.asked_on or None,
                "words": (each.words if each.channel in _OWN_WORDS else "") or "",
                "cause": self._portable_label(each, "cause"),
                "wish": self._portable_label(each, "wish"),
                "state": self._portable_label(each, "state"),
            }
            for each in found
        )
        columns = _columns(
            loan=env._("Loan"),
            asked_on=env._("Asked on"),
            words=env._("Your words"),
            cause=env._("Cause"),
            wish=env._("What you wished"),
            state=env._("How it stands"),
        )
        return Section("help", env._("When you could not pay in time"), columns, rows)

    def _portable_promises(self):
        env = self.env
        found = env["loan.promise"].search(
            Domain("customer_id", "=", self.id) & Domain("partner_id", "in", self._contacts().ids),
            order="made_on, id",
        )
        rows = tuple(
            {
                "made_on": each.made_on,
                "loan": each.contract_id.name,
                "amount": self._portable_money(each.amount, each.currency_id),
                "by": each.date_promised,
                "paid": self._portable_money(each.amount_paid, each.currency_id),
                "state": self._portable_label(each, "state"),
            }
            for each in found
        )
        columns = _columns(
            made_on=env._("Said on"),
            loan=env._("Loan"),
            amount=env._("Amount"),
            by=env._("By when"),
            paid=env._("Paid by then"),
            state=env._("What came of it"),
        )
        return Section("promises", env._("What you promised us"), columns, rows)

    def _portable_commitments(self):
        env = self.env
        found = env["loan.commitment"].search(
            Domain("customer_id", "=", self.id)
            & Domain("partner_id", "in", self._contacts().ids)
            & Domain("shown", "=", True),
            order="promised_on, id",
        )
        rows = tuple(
            {
                "made_on": word.promised_on,
                "what": word.name,
                "by": word.date_due,
                "done_at": word.done_at or None,
                "state": self._portable_label(word, "state"),
            }
            for word in found
        )
        columns = _columns(
            made_on=env._("Said on"),
            what=env._("What"),
            by=env._("By when"),
            done_at=env._("Done at"),
            state=env._("What came of it"),
        )
        return Section("our_promises", env._("What we promised you"), columns, rows)

    def _portable_surveys(self):
        """Return what somebody was asked and what they answered: a row for each answer."""
        env = self.env
        found = env["loan.survey.request"].search(
            Domain("partner_id", "in", self._contacts().ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("sent_on", "!=", False),
            order="id",
        )
        lines = env["survey.user_input.line"].search(
            Domain("user_input_id", "in", found.user_input_id.ids) & Domain("skipped", "=", False), order="id"
        )
        answers = lines.grouped("user_input_id")
        rows = []
        for asked in found:
            head = {
                "asked_on": asked.sent_on,
                "survey": asked.survey_id.title,
                "answered_at": asked.answered_at or None,
            }
            given = answers.get(asked.user_input_id) if asked.user_input_id else None
            rows += [
                {**head, "question": line.question_id.title, "answer": line.display_name}
                for line in given or ()
            ] or [head]
        columns = _columns(
            asked_on=env._("Asked on"),
            survey=env._("Survey"),
            answered_at=env._("Answered at"),
            question=env._("Question"),
            answer=env._("Your answer"),
        )
        return Section("surveys", env._("Surveys and your answers"), columns, tuple(rows))

    def _portable_consents(self):
        env = self.env
        found = env["loan.consent"].search(Domain("customer_id", "=", self.id), order="said_at, id")
        rows = tuple(
            {
                "at": row.said_at,
                "what": row.purpose_id.name,
                "said": self._portable_label(row, "state"),
                "how": self._portable_label(row, "how"),
                "holds": row.is_current,
                "words": row.words or "",
            }
            for row in found
        )
        columns = _columns(
            at=env._("Said at"),
            what=env._("What for"),
            said=env._("What you said"),
            how=env._("How"),
            holds=env._("Holds now"),
            words=env._("The words you answered to"),
        )
        return Section("consents", env._("What you allow us"), columns, rows)

    # ------------------------------------------------------------ papers

    def _portable_papers(self):
        """Return the section of papers, and the files among them that this person uploaded themselves."""
        env, contacts = self.env, self._contacts()
        held = env["loan.customer.document"].search(
            Domain("customer_id", "in", self.ids) & Domain("holder_id", "in", contacts.ids), order="id"
        )
        leads = env["crm.lead"].search(self._portable_lead_domain())
        sent = env["loan.lead.document"].search(Domain("lead_id", "in", leads.ids), order="id")
        users = env["res.users"].search(Domain("partner_id", "in", contacts.ids))
        uploaded, rows, attached, size = {SUPERUSER_ID, *users.ids}, [], [], 0
        rows += [
            {
                "what": paper.type_id.name,
                "number": paper.number or "",
                "issued": paper.date_issued or None,
                "expires": paper.date_expiry or None,
                "files": listed(paper.file_ids.mapped("name"), self.env.lang),
            }
            for paper in held
        ]
        rows += [
            {"what": paper.told_name, "files": listed(paper.attachment_ids.mapped("name"), self.env.lang)}
            for paper in sent
            if paper.attachment_ids
        ]
        for file in sent.attachment_ids | held.attachment_ids:
            # By the portal the system files them; what a colleague scanned is told by its name.
            if file.create_uid.id in uploaded and size + file.file_size <= _FILES_AT_MOST:
                size += file.file_size
                attached.append((file.name or "", file.raw or b""))
        columns = _columns(
            what=env._("Paper"),
            number=env._("Number"),
            issued=env._("Issued on"),
            expires=env._("Expires on"),
            files=env._("Files"),
        )
        note = env._(
            "Files you sent us by the portal are in the folder “files”. For scans of the others, ask us."
        )
        return Section("papers", env._("Papers you gave us"), columns, tuple(rows), note), attached

    def _portable_agreements(self):
        """Return the section of what this person signs or has signed, and the documents of those they have signed."""
        env = self.env
        found = env["loan.agreement.signer"].search(self._portable_signer_domain(), order="id")
        rows, attached = [], []
        for signer in found:
            agreement, signed = signer.agreement_id, signer.state == "signed"
            name = f"{signer._file_name()}.html" if signed and agreement.words else ""
            rows.append(
                {
                    "loan": signer.contract_id.name,
                    "title": agreement.title or "",
                    "role": self._portable_label(signer, "role"),
                    "stands": signer._portal_told(),
                    "signed_at": signer.signed_at or None,
                    "name": signer.signer_name or "",
                    "how": self._portable_label(signer, "way"),
                    "address": signer.address or "",
                    "browser": signer.browser or "",
                    "seal": signer.seal or "",
                    "file": name,
                }
            )
            if name:
                attached.append((name, agreement._paper(signer.partner_id, "html")[0]))
        columns = _columns(
            loan=env._("Loan"),
            title=env._("Agreement"),
            role=env._("You sign as"),
            stands=env._("How it stands"),
            signed_at=env._("Signed at"),
            name=env._("Name you wrote"),
            how=env._("How you signed"),
            address=env._("From which network address"),
            browser=env._("With which browser"),
            seal=env._("Seal of your signature"),
            file=env._("Files"),
        )
        note = env._(
            "What you have signed is in the folder “files”, as it was on the day. We keep from where you signed, "
            "because it proves that it was you."
        )
        return Section("agreements", env._("Agreements you sign"), columns, tuple(rows), note), attached

    def _portable_requests(self):
        env = self.env
        found = env["loan.data.request"].search(Domain("customer_id", "=", self.id), order="id")
        rows = tuple(
            {
                "asked_on": each.asked_on,
                "how": self._portable_label(each, "how"),
                "handed_at": each.handed_at or None,
            }
            for each in found
        )
        columns = _columns(
            asked_on=env._("Asked on"),
            how=env._("How"),
            handed_at=env._("Handed over at"),
        )
        return Section("copies", env._("Copies you asked for"), columns, rows)

    # ------------------------------------------------------------ around it

    def _portable_kept(self):
        """Return pairs of what is done with what is known, and for how long it is kept."""
        env = self.env
        years = self.company_id.loan_retention_years
        return (
            *((purpose.name, f"{purpose.words} {purpose.reason}") for purpose in self._consent_purposes()),
            (
                env._("How long we keep it"),
                env._(
                    "Records of loans: %s years after your last loan is repaid, because the law says so. The rest as "
                    "long as you are our customer, or until you ask us to forget it.",
                    years,
                ),
            ),
            (
                env._("Your rights"),
                env._("You may ask us to put it right, to forget it, or to stop using it."),
            ),
        )

    def _portable_left_out(self):
        """Return pairs of what is not in the copy, and why."""
        env = self.env
        return (
            (
                env._("Notes among colleagues"),
                env._(
                    "They prepare our work and may speak of other people. Facts about you from them are above."
                ),
            ),
            (
                env._("Our grading of loans by days late"),
                env._(
                    "For our own books. It follows from the payments above alone. It says by how many days the oldest "
                    "unpaid installment of a loan is late."
                ),
            ),
            (
                env._("Names and figures of other people"),
                env._("Who borrows with you or answers for you has the same right to privacy as you have."),
            ),
            (
                env._("What we look into when somebody complains"),
                env._(
                    "Whoever tells us of a wrong must be able to do so without fear. Your own words are above."
                ),
            ),
            (
                env._("How confidential your record is, and who has read it"),
                env._(
                    "It is part of how we protect your data. Ask us if you want to know who has seen them."
                ),
            ),
        )


def _columns(**labels):
    """Return the columns of a section: keys as words of the code, and not as texts that somebody would translate."""
    return tuple(labels.items())
