from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, split_every

from ..core import amortization, feed, money, terms
from ..core.refusal import Refusal

_NULL = "\\N"  # as COPY writes it
_BATCH_LOANS = 200  # worked out at a time: memory stays flat however large the book
_COLUMNS = (
    "contract_id",
    "customer_id",
    "company_id",
    "kind",
    "event_id",
    "number",
    "due_date",
    "principal",
    "interest",
    "fee",
    "amount",
    "balance",
    "capitalised",
    "principal_paid",
    "interest_paid",
    "penalty",
    "penalty_paid",
    "fee_paid",
    "amount_open",
    "state",
    "version_from",
)


class LoanScheduleMixin(models.AbstractModel):
    """The schedule of a loan: written from its terms, rewritten by what changes them, never overwritten.

    A draft's rows follow each change of its terms. Once money is paid out, only an event (a drawdown, a prepayment, a
    new rate, a restructuring) makes new rows: those that differ are replaced and stay readable under the
    version they belonged to; those that fell due before the event come out the same and are kept.

    Rows are written by COPY and what a loan shows of them is added up by one statement, so a book of millions of
    rows takes the same road as a single loan.
    """

    _name = "loan.schedule.mixin"
    _inherit = ["loan.terms.mixin"]
    _description = "Loan Schedule"

    def _as_terms(self, calendars=None):
        """Read the record into a core value, the only place where a rate stops being a Float.

        :param dict calendars: filled and asked by a caller with many loans, `{company id: calendar}`
        :raise ValidationError: when no schedule can be made of these terms
        """
        self.ensure_one()
        cent = self._cent()
        conventions = self._as_conventions()
        months = self.frequency not in ("weekly", "biweekly")
        try:
            return terms.Terms(
                principal=money.from_float(self.principal, cent),
                yearly_rate=self._as_fraction(self.yearly_rate),
                count=self.term,
                first_due=self.first_due_date,
                cent=cent,
                due_day=(months and self.due_day) or None,
                method=self.repayment_method,
                start=self.start_date,
                frequency=self.frequency,
                balloon=money.from_float(self.balloon, cent),
                grace=self.grace,
                step_rate=self._as_fraction(self.step_rate),
                step_every=self.step_every,
                interest_grace=self.interest_grace,
                installment=money.from_float(self.agreed_installment, cent),
                calendar=self._as_calendar(calendars),
                conventions=conventions,
            )
        except Refusal as refusal:
            raise self._refused(refusal) from refusal

    def _as_calendar(self, calendars=None):
        """Return the lender's business days where due dates are moved, else None."""
        if self.business_day_rule == "unadjusted":
            return None
        company = self.company_id
        if calendars is not None and company.id in calendars:
            return calendars[company.id]
        # As superuser: which days the lender is open is no secret.
        calendar_sudo = company.sudo().loan_calendar_id
        if not calendar_sudo:
            raise ValidationError(
                self.env._(
                    "%(loan)s: due dates are moved to business days, but %(company)s has no business calendar. Choose "
                    "one in the settings.",
                    loan=self.display_name,
                    company=company.name,
                )
            )
        result = calendar_sudo._as_calendar()
        if calendars is not None:
            calendars[company.id] = result
        return result

    def _refused(self, refusal):
        return ValidationError(
            self.env._("%(loan)s: %(reason)s", loan=self.display_name, reason=self._refusal_sentence(refusal))
        )

    def _cent(self):
        """Return the smallest amount this loan's currency pays, a Decimal."""
        return Decimal(str(self.currency_id.rounding))

    def _posted(self, *kinds):
        """Return the changes in force of some kinds, in the order they happened."""
        # New ones stand last in the cache, whatever their day.
        return self.event_ids.filtered(lambda event: event.state == "posted" and event.kind in kinds).sorted(
            lambda event: (event.date, event._origin.id or 0)
        )

    def _method_now(self):
        """Return the repayment method that holds after all changes."""
        methods = [event.repayment_method for event in self._posted("restructure") if event.repayment_method]
        return methods[-1] if methods else self.repayment_method

    def _keeps_agreed_installment(self):
        """Tell whether each installment is what was agreed on, and the term follows."""
        return bool(self.agreed_installment) and not self._posted("restructure", "drawdown")

    def _as_events(self):
        """Read what changed the loan since it was agreed into core values, in the order it happened."""
        self.ensure_one()
        return [event._as_event() for event in self.event_ids if event.state == "posted"]

    def _schedule_minor(self, calendars=None, events=None):
        """Return the rows the terms and events ask for, in minor units, see `core.amortization.schedule_minor`.

        :param events: core values instead of the loan's own, for a question that changes nothing
        :raise ValidationError: when the core declines, in the words of the form
        """
        try:
            return amortization.schedule_minor(
                self._as_terms(calendars), self._as_events() if events is None else events
            )
        except Refusal as refusal:
            raise self._refused(refusal) from refusal

    # ------------------------------------------------------------ writing

    def _write_schedule(self, state="draft"):
        """Replace the rows of drafts by those their terms ask for.

        Some hundred loans at a time, so a book of millions of rows takes no more memory than a few. What one loan's
        terms refuse is refused before any row of its batch is touched; the batches before it go back with the
        transaction.

        :param str state: that of rows that ask for something; `open` for loans that are running already
        """
        calendars = {}
        for ids in split_every(_BATCH_LOANS, self.ids, list):
            batch = self.browse(ids)
            own = batch.filtered(lambda contract: contract.schedule_source == "own")
            rows = [contract._schedule_minor(calendars) for contract in own]
            for contract in batch:  # what nobody could lend comes before what this product does not lend
                contract._check_product_bounds()
            # Read here: nothing may be asked of the database while it takes in rows.
            heads = [contract._row_head() for contract in own]
            own._drop_draft_rows()
            own._copy_rows(
                line
                for contract, some, head in zip(own, rows, heads, strict=True)
                for line in contract._row_lines(some, head=head, state=state)
            )
            own._refresh_totals()

    def _drop_draft_rows(self):
        """Delete the rows of drafts, which nobody points at yet."""
        if not self.ids:
            return
        self.env["loan.installment"].flush_model()
        self.env.cr.execute(
            SQL(
                "DELETE FROM loan_installment WHERE contract_id = ANY(%s) AND state = 'draft'", list(self.ids)
            )
        )

    def _row_head(self):
        """Return what the lines of one loan's rows share: their first columns, charges by event, and the cent.

        The cent as a whole number and its power of ten, e.g. `(5, "e-2")`, as COPY reads it exactly.
        """
        self.ensure_one()
        cent = self._cent()
        fees = {
            event.id: int(money.minor(money.from_float(event.charge, cent), cent))
            for event in self.event_ids
            if event.charge
        }
        _sign, digits, power = cent.as_tuple()
        scale = int("".join(map(str, digits))), f"e{power}"
        return f"{self.id}\t{self.customer_id.id}\t{self.company_id.id}", fees, scale

    def _row_lines(self, rows, version=1, state="draft", head=None):
        """Yield rows of one loan as lines for COPY, in the order of `_COLUMNS`.

        :param rows: tuples as `core.amortization.schedule_minor` gives them; a ninth element is the row's own fee
        :param head: what :meth:`_row_head` returns, read beforehand where the lines are streamed
        """
        start, fees, (unit, e) = head or self._row_head()
        tail = f"\t{version}\n"
        for number, due, principal, interest, balance, capitalised, kind, key, *own in rows:
            fee = own[0] if own else fees.get(key, 0) if fees else 0
            asked = principal + interest + fee
            amount = f"{asked * unit}{e}"
            yield (
                f"{start}\t{kind}\t{key or _NULL}\t{number}\t{due}\t{principal * unit}{e}\t{interest * unit}{e}\t"
                f"{fee * unit}{e}\t{amount}\t{balance * unit}{e}\t{capitalised * unit}{e}\t0\t0\t0\t0\t0\t{amount}\t"
                # A row that asks for nothing waits for its day.
                f"{state if asked else 'draft'}{tail}"
            )

    def _copy_rows(self, lines):
        """Insert rows by COPY, streamed: working out the next ones goes on while the database writes these.

        :param lines: an iterator that asks nothing of the database, see :meth:`_row_lines`
        """
        installments = self.env["loan.installment"]
        self.env["loan.contract"].flush_model()
        installments.flush_model()
        table = SQL.identifier("loan_installment")
        columns = SQL(", ").join(map(SQL.identifier, _COLUMNS))
        statement = SQL("COPY %s (%s) FROM STDIN", table, columns)
        self.env.cr.copy_expert(self.env.cr.mogrify(statement).decode(), feed.Stream(lines))
        installments.invalidate_model()
        self.invalidate_recordset(["installment_ids"])

    def _open_schedule(self):
        """Let the rows of loans that were just paid out fall due, and keep what they promise as version one.

        As superuser, which the caller is: nobody writes installments by hand.
        """
        installments = self.env["loan.installment"]
        installments.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE loan_installment SET state = 'open' "
                "WHERE contract_id = ANY(%s) AND state = 'draft' AND amount > 0 AND version_to IS NULL",
                list(self.ids),
            )
        )
        installments.invalidate_model()
        self._refresh_totals()
        self._refresh_grades()
        self._write_first_versions()

    def _write_first_versions(self):
        """Put on record what the schedules of loans promise as they are paid out; the totals are fresh.

        As superuser, which the caller is: nobody writes versions by hand.
        """
        self.flush_recordset()
        # The first version says of each loan what the loan says of itself, so a book of them is one statement.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_schedule_version (
                    contract_id, customer_id, company_id, number, date,
                    row_count, last_due_date, interest_total, amount_total,
                    create_uid, write_uid, create_date, write_date)
                SELECT id, customer_id, company_id, 1, start_date,
                       installment_count, last_due_date, interest_total, amount_total,
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM loan_contract
                 WHERE id = ANY(%(ids)s)
                 ORDER BY id
                """,
                uid=self.env.uid,
                ids=list(self.ids),
            )
        )
        self.env["loan.schedule.version"].invalidate_model()
        self.invalidate_recordset(["version_ids"])

    def _rebuild(self, event=None, note=None, given=None):
        """Make the schedule of running loans what their terms and events ask for now, as a new version.

        Rows that come out the same are kept, with all that was paid on them. A reminder of a row that is replaced
        goes over to the row of the same due date, so nobody is written to twice about one day.

        :param event: the `loan.contract.event` that made the difference, of many loans one each
        :param str note: why, where no event tells it
        :param dict given: `{contract id: rows}` of schedules that another system keeps, instead of what is worked
            out here
        :return: the `loan.schedule.version` records made; none where nothing differs
        """
        # As superuser: rows and versions follow from the events, nobody enters them. Read together whatever
        # recordset they came from.
        contracts_sudo = self.sudo().with_prefetch()
        calendars, vals_list, made = {}, [], []
        nothing_sudo = self.env["loan.installment"].sudo()  # as above
        replaced_sudo, replaced_by = nothing_sudo, {}
        for contract in contracts_sudo:
            if contract.state not in ("active", "closed"):
                raise UserError(
                    self.env._("%s does not run, so nothing can change it.", contract.display_name)
                )
            cent = contract._cent()
            if given is None:
                contract._check_own_schedule()
                wanted = contract._schedule_minor(calendars)
            else:
                wanted = given[contract.id]
            kept, lines, version = set(), [], contract.version_number + 1
            current = {contract._row_key(row): row for row in contract.installment_ids}
            for row in wanted:
                number, due, principal, interest, balance, capitalised, kind, key, *fee = row
                before = current.get((kind, key or number))
                if (
                    before
                    and before.due_date == due
                    and [
                        money.minor(money.from_float(before[name], cent), cent)
                        for name in ("principal", "interest", "balance", "capitalised", "fee")[: 4 + len(fee)]
                    ]
                    == [principal, interest, balance, capitalised, *fee]
                ):
                    kept.add(before.id)
                else:
                    lines.append(row)
            gone_sudo = contract.installment_ids.filtered(lambda row, kept=kept: row.id not in kept)
            if not lines and not gone_sudo:
                continue
            vals_list.append(contract._prepare_version_vals(version, event, note))
            made.append((contract, lines, version, contract._row_head()))
            replaced_sudo |= gone_sudo
            replaced_by[version] = replaced_by.get(version, nothing_sudo) | gone_sudo
        # Nothing was written so far; now all loans at once, however many there are.
        for version, rows_sudo in replaced_by.items():
            rows_sudo.write({"version_to": version, "state": "replaced"})
        replaced_sudo.flush_recordset()
        if made:
            contracts_sudo._copy_rows(
                line
                for contract, lines, version, head in made
                for line in contract._row_lines(lines, version=version, state="open", head=head)
            )
        for contract, _lines, version, _head in made:
            contract.version_number = version
        contracts_sudo._hand_over_reminders(replaced_sudo)
        contracts_sudo._refresh_totals()
        for (contract, *_rest), vals in zip(made, vals_list, strict=True):
            vals.update(contract._prepare_version_figures())
        versions_sudo = self.env["loan.schedule.version"].sudo()  # as above
        return versions_sudo.create(vals_list)

    @api.model
    def _row_key(self, row):
        return row.kind, row.event_id.id or row.number

    def _check_own_schedule(self):
        """Refuse to change a schedule that a core system keeps."""
        self.ensure_one()
        if self.schedule_source != "own":
            raise UserError(
                self.env._(
                    "The schedule of %s is kept in another system. It changes there and comes in with an import.",
                    self.display_name,
                )
            )

    def _hand_over_reminders(self, replaced_sudo):
        """Let reminders about a due date follow the row that asks for it now, one of each step and person."""
        if not replaced_sudo:
            return
        reminders = self.env["loan.reminder"]
        reminders.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH moving AS (
                    SELECT DISTINCT ON (heir.id, reminder.step_id, reminder.partner_id)
                           reminder.id, heir.id AS heir_id, heir.version_from
                      FROM loan_installment AS gone
                      JOIN loan_reminder AS reminder ON reminder.installment_id = gone.id
                      JOIN loan_installment AS heir
                        ON heir.contract_id = gone.contract_id
                       AND heir.due_date = gone.due_date
                       AND heir.version_to IS NULL
                       AND heir.kind = 'installment'
                     WHERE gone.id = ANY(%s)
                       AND NOT EXISTS (
                           SELECT FROM loan_reminder AS own
                            WHERE own.installment_id = heir.id
                              AND own.step_id IS NOT DISTINCT FROM reminder.step_id
                              AND own.partner_id = reminder.partner_id)
                     -- An installment's own before that of a prepayment of the same day.
                     ORDER BY heir.id, reminder.step_id, reminder.partner_id, gone.kind <> 'installment', reminder.id
                )
                UPDATE loan_reminder AS reminder
                   SET installment_id = moving.heir_id, version = moving.version_from
                  FROM moving
                 WHERE reminder.id = moving.id
                """,
                list(replaced_sudo.ids),
            )
        )
        reminders.invalidate_model()

    def _prepare_version_vals(self, number, event, note):
        event = event and event.filtered(lambda event: event.contract_id == self)[-1:]
        return {
            "contract_id": self.id,
            "number": number,
            "event_id": event.id if event else False,
            "date": event.date if event else self.company_id._loan_today(),
            "note": note,
        }

    def _prepare_version_figures(self):
        """Return what a version promises in all, to be compared with the one before. The totals are fresh."""
        return {
            "row_count": self.installment_count,
            "last_due_date": self.last_due_date,
            "interest_total": self.interest_total,
            "amount_total": self.amount_total,
        }

    # ------------------------------------------------------------ adding up

    def _refresh_totals(self):
        """Write what loans show of their rows, where it differs, in one statement.

        Plain columns and not computed ones: adding up a million rows through the ORM would read them all.
        """
        if not self.ids:
            return
        self.env["loan.installment"].flush_model()
        self.env["loan.contract"].flush_model()
        companies = self.company_id
        self.env.cr.execute(
            SQL(
                """
                -- One reading of the rows, found by their loans: a plan that joins first reads the whole book.
                WITH summed AS (
                    SELECT contract_id,
                           sum(amount - fee) AS amount_total,
                           sum(interest + capitalised) AS interest_total,
                           count(*) FILTER (WHERE kind = 'installment') AS installment_count,
                           max(due_date) FILTER (WHERE kind = 'installment') AS last_due_date,
                           -- Interest still to be added to the loan is in the principal of later rows already.
                           GREATEST(0, sum(principal - principal_paid)
                               - COALESCE(sum(capitalised) FILTER (WHERE due_date > today.day), 0)) AS principal_left,
                           sum(amount_open) AS amount_left,
                           min(due_date) FILTER (WHERE state = 'open') AS oldest_date,
                           (array_agg(amount_open ORDER BY due_date, id) FILTER (WHERE state = 'open'))[1]
                               AS oldest_amount,
                           (array_agg(amount ORDER BY due_date, id)
                               FILTER (WHERE kind = 'installment' AND amount > 0 AND state = 'open'))[1] AS first_open,
                           (array_agg(amount ORDER BY due_date, id)
                               FILTER (WHERE kind = 'installment' AND amount > 0))[1] AS first
                      FROM loan_installment
                      JOIN unnest(%(companies)s, %(days)s) AS today (company_id, day) USING (company_id)
                     WHERE contract_id = ANY(%(ids)s) AND version_to IS NULL
                     GROUP BY contract_id
                ), wanted AS (
                    SELECT contract.id,
                           COALESCE(summed.amount_total, 0) AS amount_total,
                           COALESCE(summed.interest_total, 0) AS interest_total,
                           COALESCE(summed.installment_count, 0)::int AS installment_count,
                           summed.last_due_date,
                           COALESCE(summed.first_open, summed.first, 0) AS installment_amount,
                           CASE WHEN runs THEN COALESCE(summed.principal_left, 0) ELSE 0 END AS principal_outstanding,
                           CASE WHEN runs THEN COALESCE(summed.amount_left, 0) ELSE 0 END AS amount_open,
                           CASE WHEN runs THEN summed.oldest_date END AS next_due_date,
                           CASE WHEN runs THEN COALESCE(summed.oldest_amount, 0) ELSE 0 END AS next_due_amount
                      FROM (SELECT id, state IN ('active', 'closed') AS runs
                              FROM loan_contract WHERE id = ANY(%(ids)s)) AS contract
                      LEFT JOIN summed ON summed.contract_id = contract.id
                )
                UPDATE loan_contract AS contract
                   SET amount_total = wanted.amount_total,
                       interest_total = wanted.interest_total,
                       installment_count = wanted.installment_count,
                       last_due_date = wanted.last_due_date,
                       installment_amount = wanted.installment_amount,
                       principal_outstanding = wanted.principal_outstanding,
                       amount_open = wanted.amount_open,
                       next_due_date = wanted.next_due_date,
                       next_due_amount = wanted.next_due_amount,
                       day_zero = wanted.next_due_date + CASE contract.dpd_day_zero
                           WHEN 'due_day_is_one' THEN -1 WHEN 'less_grace' THEN contract.grace_days ELSE 0 END
                  FROM wanted
                 WHERE contract.id = wanted.id AND contract.id = ANY(%(ids)s)
                   AND (contract.amount_total, contract.interest_total, contract.installment_count,
                        contract.last_due_date, contract.installment_amount, contract.principal_outstanding,
                        contract.amount_open, contract.next_due_date, contract.next_due_amount)
                       IS DISTINCT FROM
                       (wanted.amount_total, wanted.interest_total, wanted.installment_count,
                        wanted.last_due_date, wanted.installment_amount, wanted.principal_outstanding,
                        wanted.amount_open, wanted.next_due_date, wanted.next_due_amount)
                """,
                ids=list(self.ids),
                companies=companies.ids,
                days=[company._loan_today() for company in companies],
            )
        )
        self.invalidate_recordset()  # and what is computed of them
        self.env["loan.customer"].invalidate_model()

    @api.model
    def _totals(self):
        """Return the names of the columns that :meth:`_refresh_totals` writes: nobody enters them."""
        return [
            "amount_total",
            "interest_total",
            "installment_count",
            "last_due_date",
            "installment_amount",
            "principal_outstanding",
            "amount_open",
            "next_due_date",
            "next_due_amount",
            "day_zero",
        ]
