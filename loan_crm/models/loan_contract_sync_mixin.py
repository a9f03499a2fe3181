from datetime import date

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..core import feed, money

# Travels in the context from a feed to `_write_schedule`: rows follow when all of the batch is there. An object's
# identity cannot be sent over RPC.
_ROWS_FOLLOW = object()
_PLAIN = (
    "principal",
    "yearly_rate",
    "term",
    "start_date",
    "first_due_date",
    "due_day",
    "balloon",
    "agreed_installment",
    "credit_limit",
    "first_reprice_date",
)
_NEEDED = ("customer", "product", "principal", "term", "start_date")
_TOLD = 10  # differences of one schedule that are told; more are counted
_FIELD_OF = {"customer": "customer_id", "product": "product_id", "reference_rate": "reference_rate_id"}


class LoanContractSyncMixin(models.AbstractModel):
    """Loans from a core system: created and changed by its reference, with its schedule or with our own.

    A schedule that comes with a loan is kept as it came and only checked: its rows must add up, its dates rise,
    nothing may be negative. Where it differs from what would be worked out here, the answer says so.
    """

    _name = "loan.contract.sync.mixin"
    _inherit = ["loan.sync.mixin"]
    _description = "Loan Feed of Contracts"

    # ------------------------------------------------------------ reading

    @api.model
    def _sync_fields(self):
        """Return the names that a line may hold beside references, rows and state."""
        return (*_PLAIN, *(name for name in self._option_names() if name != "reference_rate_id"))

    def _sync_read(self, lines):
        known = self._sync_known(lines)
        customers, products = self._sync_customers(lines), self._sync_products(lines)
        rates = {rate.code: rate for rate in self.env["loan.reference.rate"].search([])}
        names = {
            "external_ref",
            "customer",
            "product",
            "reference_rate",
            "state",
            "schedule",
            *self._sync_fields(),
        }
        for line in lines:
            line.record = known.get(line.ref)
            for name in line.given:
                if name not in names:
                    self._sync_fault(line, name, "unknown")
            self._sync_refer(line, "customer", customers)
            self._sync_refer(line, "product", products)
            self._sync_refer(line, "reference_rate", rates)
            line.state = line.given.get("state") or "draft"
            if line.state not in ("draft", "active"):
                self._sync_fault(line, "state", "not_a_choice", choices="draft, active")
            product = self.env["loan.product"].browse(line.vals.get("product_id", []))
            currency = product.currency_id or (line.record and line.record.currency_id)
            if currency:
                self._sync_figures(line, currency)
        self._sync_check(lines)

    def _sync_figures(self, line, currency):
        """Read amounts, numbers, dates, choices and rows of one line."""
        cent = money.quantize(money.Decimal(str(currency.rounding)), money.Decimal("0.000001")).normalize()
        for name in self._sync_fields():
            if line.given.get(name) is None:
                continue
            field = self._fields[name]
            if field.type == "selection":
                self._sync_choice(line, name, field.get_values(self.env))
            elif field.type == "boolean":
                if isinstance(line.given[name], bool):
                    line.vals[name] = line.given[name]
                else:
                    self._sync_fault(line, name, "not_yes_or_no")
            elif field.type == "date":
                self._sync_value(line, name, feed.day)
            elif field.type == "integer":
                self._sync_value(line, name, feed.whole)
            elif field.type == "monetary":
                self._sync_value(line, name, feed.amount, cent)
                if name in line.vals:
                    line.vals[name] = float(money.major(line.vals[name], cent))
            else:
                self._sync_value(line, name, feed.number)
                if name in line.vals:
                    line.vals[name] = float(line.vals[name])
        if line.given.get("schedule") is not None:
            self._sync_rows(line, line.given["schedule"], cent)

    def _sync_rows(self, line, given, cent):
        """Read the schedule of a line; the term and the first due date follow from it where it does not say."""
        principal = line.vals.get("principal") or (line.record and line.record.principal)
        start = line.vals.get("start_date") or (line.record and line.record.start_date)
        if not principal or not start:
            return  # told already as what is missing
        try:
            line.rows = feed.rows(
                given, cent, int(money.minor(money.from_float(principal, cent), cent)), start
            )
        except feed.FeedError as error:
            facts = {
                name: self.env["loan.contract"]._format_day(value) if isinstance(value, date) else value
                for name, value in error.facts.items()
            }
            self._sync_fault(line, "schedule", error.reason, **facts)
            return
        line.vals["schedule_source"] = "external"
        if not line.record:
            line.vals.setdefault("term", len(line.rows))
            line.vals.setdefault("first_due_date", line.rows[0][1])

    def _sync_refer(self, line, name, known):
        given = line.given.get(name)
        if given is None:
            return
        if isinstance(given, bool) or not isinstance(given, str | int):
            self._sync_fault(line, name, "not_text")
            return
        found = known.get(given.strip() if isinstance(given, str) else given)
        if not found:
            self._sync_fault(line, name, "hidden")
        elif len(found) > 1:
            self._sync_fault(line, name, "ambiguous")
        else:
            line.vals[_FIELD_OF[name]] = found.id

    def _sync_customers(self, lines):
        """Return visible customers by customer number, by the reference of their contact, and by id."""
        given = {
            line.given.get("customer") for line in lines if isinstance(line.given.get("customer"), str | int)
        }
        texts = {value.strip() for value in given if isinstance(value, str)}
        ids = {value for value in given if type(value) is int and 0 < value < 2**31}
        customers = self.env["loan.customer"].with_context(active_test=False)
        company = ("company_id", "=", self.env.company.id)
        known = {record.id: record for record in customers.search([company, ("id", "in", list(ids))])}
        for record in customers.search([company, ("reference", "in", list(texts))]):
            known[record.reference] = record._surviving()  # a number merged into another finds that one
        if left := [value for value in texts if value and value not in known]:
            # As superuser: a contact's reference only leads to customers that the caller's own search gives back.
            partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
            found = partners_sudo.search([("ref", "in", left)])
            for record in customers.search([company, ("partner_id", "in", found.ids)]):
                ref = record.sudo().partner_id.ref  # as above
                known[ref] = known.get(ref, customers.browse()) | record
        return known

    def _sync_products(self, lines):
        given = {
            line.given.get("product") for line in lines if isinstance(line.given.get("product"), str | int)
        }
        codes = [value.strip() for value in given if isinstance(value, str)]
        ids = [value for value in given if type(value) is int and 0 < value < 2**31]
        products = self.env["loan.product"].with_context(active_test=False)
        company = ("company_id", "in", [self.env.company.id, False])
        # A company's own product comes last, and so before one of the same code that is everybody's.
        found = products.search([company, "|", ("code", "in", codes), ("id", "in", ids)]).sorted(
            lambda product: bool(product.company_id)
        )
        return {**{product.id: product for product in found}, **{product.code: product for product in found}}

    def _sync_check(self, lines):
        """Note what is missing, and what cannot be done any more, before anything is written."""
        today = self.env.company._loan_today()
        for line in lines:
            record, faulty = line.record, {name for name, _reason in line.faults}
            if not record:
                for name in _NEEDED:
                    told = name in faulty or (name == "term" and "schedule" in faulty)
                    if not told and _FIELD_OF.get(name, name) not in line.vals:
                        self._sync_fault(line, name, "missing")
            elif record.state != "draft":
                fixed = self._sync_differing(record, line.vals).keys() & self._term_names()
                if "schedule_source" in fixed:
                    self._sync_fault(line, "schedule", "own_schedule")
                for name in sorted(fixed - {"schedule_source"}):
                    self._sync_fault(line, name.removesuffix("_id"), "fixed")
            start = line.vals.get("start_date") or (record and record.start_date)
            if line.state == "active" and start and start > today and (not record or record.state == "draft"):
                self._sync_fault(line, "state", "ahead", date=self._format_day(start))
            if line.state == "active" and record and record.state == "cancelled":
                self._sync_fault(line, "state", "not_draft")

    # ------------------------------------------------------------ writing

    def _sync_apply(self, lines):
        created = [line for line in lines if not line.record]
        if created:
            self._sync_create(created)
        if changed := [line for line in lines if line not in created]:
            self._sync_change(changed)

    def _sync_create(self, lines):
        quiet = self.with_context(tracking_disable=True, loan_rows=_ROWS_FOLLOW)
        company_id = self.env.company.id
        names = self._sync_numbers(len(lines))
        options = self._sync_options(lines)
        contracts = quiet.create(
            [
                {
                    "company_id": company_id,
                    "name": name,
                    **options.get(line.vals.get("product_id"), {}),
                    **line.vals,
                    "external_ref": line.ref,
                }
                for line, name in zip(lines, names, strict=True)
            ]
        ).with_context(loan_rows=None)
        given, running = {}, []
        for line, contract in zip(lines, contracts, strict=True):
            line.record, line.status = contract.with_env(self.env), "created"
            if line.rows is not None:
                given[contract.id] = line.rows
            if line.state == "active":
                running.append(contract.id)
        ahead = set(running)
        for state, chosen in (
            ("draft", contracts.filtered(lambda contract: contract.id not in ahead)),
            ("open", contracts.browse(running)),
        ):
            chosen._write_schedule(state)
            chosen._write_given_schedule(given, state)
        if running:
            contracts.browse(running)._sync_run()
        self._sync_tell_differences(lines)

    def _sync_options(self, lines):
        """Return the choices of each product, to be copied at once: what `_compute_conventions` copies loan by loan."""
        products = self.env["loan.product"].browse({line.vals.get("product_id") or 0 for line in lines} - {0})
        return {
            product.id: {
                name: self._fields[name].convert_to_write(product[name], product)
                for name in self._option_names()
            }
            for product in products
        }

    def _sync_run(self):
        """Let loans run whose rows stand already."""
        self._move_to("active", start="draft")
        contracts_sudo = self.sudo()  # nobody writes installments by hand, a feed is one of the verbs that do
        contracts_sudo._open_schedule()

    def _sync_change(self, lines):
        current = self.browse([line.record.id for line in lines if line.rows is not None])._current_rows()
        rewritten, drafted, given, starting = [], {}, {}, self.browse()
        for line in lines:
            record = line.record
            vals = self._sync_differing(record, line.vals)
            rows = line.rows if line.rows is not None and current.get(record.id) != line.rows else None
            runs = line.state == "active" and record.state == "draft"
            line.status = "updated" if vals or rows or runs else "unchanged"
            if line.status == "updated":
                record.check_access("write")  # rows are written with raised rights below
            if "schedule_source" in vals:
                record_sudo = record.sudo()  # whose schedule it is, nobody enters: the rows that come tell it
                record_sudo.schedule_source = vals.pop("schedule_source")
            if vals:
                record.write(vals)
            if rows:
                (drafted if record.state == "draft" else given)[record.id] = rows
                rewritten.append(line)
            if runs:
                starting |= record
        # As superuser: nobody writes rows by hand, a feed is one of the verbs that do. That the caller may change these
        # loans was asked above.
        changed_sudo = self.sudo()
        changed_sudo.browse(drafted)._write_given_schedule(drafted, "draft")
        if given:
            running_sudo = changed_sudo.browse(given)
            running_sudo._wait_for_lock()
            running_sudo._rebuild(note=self.env._("From the core system"), given=given)
            running_sudo._reallocate()
        if starting:
            starting.action_activate()
        self._sync_tell_differences(rewritten)

    @api.model
    def _check_not_derived(self, names):
        if self.env.context.get("loan_rows") is _ROWS_FOLLOW:
            names = set(names) - {"schedule_source"}  # the feed's own to say
        return super()._check_not_derived(names)

    def _write_schedule(self, state="draft"):
        if self.env.context.get("loan_rows") is _ROWS_FOLLOW:
            return None
        return super()._write_schedule(state)

    def _write_given_schedule(self, given, state):
        """Replace the rows of drafts by those that came with them.

        :param dict given: `{contract id: rows}` as `core.feed.rows` returns them
        :param str state: that of rows that ask for something
        """
        contracts = self.filtered(lambda contract: contract.id in given)
        if not contracts:
            return
        heads = [contract._row_head() for contract in contracts]
        contracts._drop_draft_rows()
        contracts._copy_rows(
            line
            for contract, head in zip(contracts, heads, strict=True)
            for line in contract._row_lines(given[contract.id], head=head, state=state)
        )
        contracts._refresh_totals()

    def _current_rows(self):
        """Return `{contract id: rows}` of the schedules that hold, as `core.feed.rows` returns them."""
        if not self.ids:
            return {}
        self.env["loan.installment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT row.contract_id, row.number, row.due_date,
                       round(row.principal / currency.rounding)::bigint,
                       round(row.interest / currency.rounding)::bigint,
                       round(row.balance / currency.rounding)::bigint,
                       round(row.capitalised / currency.rounding)::bigint,
                       row.kind, row.event_id,
                       round(row.fee / currency.rounding)::bigint
                  FROM loan_installment AS row
                  JOIN loan_contract AS contract ON contract.id = row.contract_id
                  JOIN res_currency AS currency ON currency.id = contract.currency_id
                 WHERE row.contract_id = ANY(%s) AND row.version_to IS NULL
                 ORDER BY row.contract_id, row.due_date, row.number
                """,
                list(self.ids),
            )
        )
        result = {}
        for contract_id, *row in self.env.cr.fetchall():
            result.setdefault(contract_id, []).append(tuple(row))
        return result

    def _sync_tell_differences(self, lines):
        """Say on each line where its schedule is not what its terms would give here; nothing is refused."""
        calendars = {}
        labels = self.env["loan.installment"].fields_get(
            ["due_date", "principal", "interest", "capitalised"], ["string"]
        )
        for line in lines:
            if line.rows is None:
                continue
            contract = line.record
            try:
                own = contract._schedule_minor(calendars, events=())
            except ValidationError as error:
                line.differences.append(
                    self.env._("No schedule can be worked out here to compare it with: %s", str(error))
                )
                continue
            if [row[:4] for row in own] == [row[:4] for row in line.rows]:  # nearly all
                continue
            cent, found = contract._cent(), feed.differences(line.rows, own)
            for row, name, given, worked_out in found[:_TOLD]:
                if name == "row":
                    line.differences.append(
                        self.env._("Row %s: not worked out here.", row)
                        if given
                        else self.env._("Row %s: worked out here and not given.", row)
                    )
                    continue
                given, worked_out = (
                    self._format_day(value)
                    if isinstance(value, date)
                    else contract.currency_id.format(float(money.major(value, cent)))
                    for value in (given, worked_out)
                )
                line.differences.append(
                    self.env._(
                        "Row %(row)s: %(figure)s %(given)s, worked out here %(own)s.",
                        row=row,
                        figure=labels[name]["string"],
                        given=given,
                        own=worked_out,
                    )
                )
            if len(found) > _TOLD:
                line.differences.append(self.env._("And %s more differences.", len(found) - _TOLD))

    # ------------------------------------------------------------ Odoo's own import

    @api.model
    def _sync_takes(self, values):
        return super()._sync_takes(values) or "installment_ids" in values

    @api.model
    def _sync_line(self, values):
        values = {name: value for name, value in values.items() if name != "id"}
        line = feed.Line(0)
        line.ref = values.pop("external_ref", None)
        line.state = values.pop("state", None) or "draft"
        if line.state not in ("draft", "active"):
            self._sync_fault(line, "state", "not_a_choice", choices="draft, active")
        commands = values.pop("installment_ids", None)
        values.pop("schedule_source", None)
        line.vals = values
        if commands:
            line.rows = [command[2] for command in commands]
        return line

    def _sync_load(self, lines):
        for line in lines:
            if line.ref and line.record:
                line.vals["external_ref"] = line.ref
            if line.rows is None:
                continue
            product = self.env["loan.product"].browse(line.vals.get("product_id", []))
            given, line.rows = line.rows, None
            currency = product.currency_id or (line.record and line.record.currency_id)
            if currency:
                cent = money.Decimal(str(currency.rounding))
                for name in ("start_date", "first_due_date"):
                    if line.vals.get(name):
                        line.vals[name] = self._fields[name].convert_to_cache(line.vals[name], self)
                exact = [
                    {
                        name: money.from_float(value, money.Decimal("0.0000001"))
                        if type(value) is float
                        else value
                        for name, value in row.items()
                    }
                    for row in given
                ]
                self._sync_rows(line, exact, cent)
        for line in lines:
            if line.record and line.state == "active" and line.record.state == "cancelled":
                self._sync_fault(line, "state", "not_draft")
        return super()._sync_load(lines)

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Loans whose schedule is worked out here"),
                "template": "/loan_crm/static/csv/loan_contract.csv",
            },
            {
                "label": self.env._("Loans with the schedule of another system"),
                "template": "/loan_crm/static/csv/loan_contract_schedule.csv",
            },
        ]

    # ------------------------------------------------------------ guard

    def _move_to(self, state, start=None):
        if state == "active":
            bare = self.filtered(
                lambda contract: contract.schedule_source == "external" and not contract.installment_count
            )
            if bare:
                raise UserError(
                    self.env._(
                        "The schedule of %s comes from another system and has not come yet.",
                        bare[0].display_name,
                    )
                )
        return super()._move_to(state, start)
