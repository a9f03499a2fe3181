from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import disclosure


class LoanAccessMixin(models.AbstractModel):
    """Who may see a record that carries customer data: one question, asked here for every model.

    Each protected model has the same global rule, ``[('loan_visible', '=', True)]``. The search method below
    runs for every query and is never cached, so a right that ends is gone with the next click. It knows two ways to a
    customer: duty, for the levels that ask for no grant, and grants, up to their cap (`core.disclosure`). It
    answers on the record's own columns: on the customer themselves, elsewhere by uncorrelated subqueries on customers
    and, where some level is closed, on the few loans with a level of their own. Those stay as cheap as the cheapest
    predicate at millions of rows, and nothing that decides is copied, so nothing can be stale.

    Search and compute give the same answer: Odoo asks the first for lists and the second for single records.
    Both run as superuser on purpose, so it is ``env.uid``, not ``env.su``, that tells who is asking.

    Name it before `mail.thread` in `_inherit`, or that one answers in its place and the mail goes to everybody.
    """

    _name = "loan.access.mixin"
    _inherit = ["loan.derived.mixin", "loan.discretion.mixin", "loan.evidence.mixin", "loan.guard.mixin"]
    _description = "Loan Access"

    # The column that leads to the customer; "id" on the customer itself.
    _loan_key = "customer_id"
    # What a duty is asked of, see `res.users._loan_duty_domain`; who carries these is a customer.
    _DUTY_COLUMNS = ("company_id", "manager_user_id", "deputy_user_id", "incoming_user_id", "team_id")

    loan_visible = fields.Boolean(
        "Visible to Me",
        compute="_compute_loan_visible",
        search="_search_loan_visible",
        compute_sudo=True,
        export_string_translation=False,
    )

    @api.model
    def _loan_duty_columns(self):
        """Tell whether this model carries the customer's duty columns itself."""
        return all(name in self._fields for name in self._DUTY_COLUMNS)

    @api.depends_context("uid")
    @api.depends(lambda self: self._loan_asked_columns())
    def _compute_loan_visible(self):
        user = self.env.user
        sight = user._loan_sight()
        customers = self if self._loan_key == "id" else self[self._loan_key]
        asked = self if self._loan_duty_columns() else customers
        duty = asked.filtered_domain(sight.duty)
        barred = customers.filtered_domain(sight.barred)
        caps = self.env["loan.access.grant"]._cap_of(user, customers._origin) if sight.caps else {}
        for record in self:
            customer = record if self._loan_key == "id" else record[self._loan_key]
            own = record.loan_level if "loan_level" in self._fields else 0
            if self._hangs_on_loan():
                own = max(own, record.contract_id.loan_level)
            record.loan_visible = bool(
                disclosure.may_see(
                    own,
                    customer.loan_level,
                    duty=(record if asked is self else customer) in duty,
                    cap=caps.get(customer._origin.id),
                    barred=customer in barred,
                    cleared=sight.cleared.of(customer.company_id.id),
                )
            )

    @api.model
    def _loan_asked_columns(self):
        """Return what `_compute_loan_visible` asks of a record, its loan and its customer."""
        asked = {*self._DUTY_COLUMNS} if self._loan_duty_columns() else set()
        if "loan_level" in self._fields:
            asked.add("loan_level")
        if self._hangs_on_loan():
            asked.add("contract_id.loan_level")
        if self._loan_key != "id":
            asked |= {f"{self._loan_key}.{name}" for name in (*self._DUTY_COLUMNS, "loan_level")}
        return tuple(sorted(asked))

    def _search_loan_visible(self, operator, value):
        if operator != "in":
            return NotImplemented
        sight = self.env.user._loan_sight()
        own = self._loan_duty_columns()
        duty = sight.duty
        if not own and not duty.is_true() and not duty.is_false():
            duty = self._loan_among(self._loan_key, self._loan_customers_query(duty))
        seen = duty & self._loan_ranks_domain(sight.cleared.by_duty)
        for cap, granted in self._loan_granted(sight):
            among = self._loan_among(self._loan_key, granted, "customer_id")
            seen |= among & self._loan_ranks_domain(sight.cleared.up_to(cap))
        if not sight.barred.is_false() and not seen.is_false():
            if self._loan_key == "id":
                seen &= ~sight.barred
            else:
                seen &= self._loan_among(
                    self._loan_key, self._loan_customers_query(sight.barred), found=False
                )
        return seen

    @api.model
    def _loan_granted(self, sight):
        """Return the grants that the user has in force: list of `(cap, query of the grants)`.

        :param sight: see `res.users._loan_sight`
        """
        grants = self.env["loan.access.grant"]
        return [(cap, grants._granted_query(self.env.user, cap)) for cap in sight.caps]

    @api.model
    def _loan_ranks_domain(self, opened):
        """Return which records of this model are of ranks that are open, and so are their loan and their customer.

        :param opened: ranks lender by lender, see `core.disclosure.Clearances.by_duty`; None for all
        """
        if opened is None:
            return Domain.TRUE
        allowed = Domain.TRUE
        if "loan_level" in self._fields:
            allowed &= self._loan_by_lender(opened, lambda ranks: Domain("loan_level", "in", sorted(ranks)))
        if self._loan_key != "id":
            allowed &= self._loan_among(
                self._loan_key, self._loan_above("loan.customer", opened), found=False
            )
        if self._hangs_on_loan():
            allowed &= self._loan_among("contract_id", self._loan_above("loan.contract", opened), found=False)
        return allowed

    @api.model
    def _loan_by_lender(self, opened, domain_of):
        """Return a domain on ranks, told apart by lender only where that makes a difference.

        :param opened: see `_loan_ranks_domain`
        :param domain_of: function that makes the domain of a set of ranks
        """
        *each, (_others, rest) = opened
        found, named = Domain.FALSE, set()
        for lenders, ranks in each:
            found |= Domain("company_id", "in", sorted(lenders)) & domain_of(ranks)
            named |= lenders
        if not named:
            return domain_of(rest)
        return found | (Domain("company_id", "not in", sorted(named)) & domain_of(rest))

    @api.model
    def _loan_above(self, model, opened):
        """Return the query of the records that are of a rank that is not open themselves: few, and they have an index.

        :param str model: `loan.customer` or `loan.contract`
        :param opened: see `_loan_ranks_domain`, not None
        """
        # As superuser: the domain is the rule, the records' own rules would only ask it again.
        records_sudo = self.env[model].sudo().with_context(active_test=False)
        known = self.env["loan.confidentiality.level"]._ranks()
        return records_sudo._search(
            self._loan_by_lender(opened, lambda ranks: Domain("loan_level", "in", sorted(known - ranks)))
        )

    @api.model
    def _loan_customers_query(self, domain):
        """Return the query of the customers, archived ones too, that a domain leads to.

        :param Domain domain: on `loan.customer`
        """
        # As superuser: as above.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        return customers_sudo._search(domain)

    @api.model
    def _loan_seen_sql(self, customer, contract):
        """Return the SQL of which rows the user may see, for a query of one's own; None where it is all of them.

        :param SQL customer: the column of the customer's number
        :param SQL contract: the column of the loan's number, may be NULL
        """
        sight = self.env.user._loan_sight()
        if sight.duty.is_true() and sight.cleared.all_by_duty and sight.barred.is_false():
            return None

        def among(opened):
            return SQL(
                "%s NOT IN %s AND (%s IS NULL OR %s NOT IN %s)",
                customer,
                self._loan_above("loan.customer", opened).subselect(),
                contract,
                contract,
                self._loan_above("loan.contract", opened).subselect(),
            )

        ways = []
        if not sight.duty.is_false():
            way = SQL("%s IN %s", customer, self._loan_customers_query(sight.duty).subselect())
            ways.append(
                way if sight.cleared.all_by_duty else SQL("(%s AND %s)", way, among(sight.cleared.by_duty))
            )
        for cap, granted in self._loan_granted(sight):
            granted = granted.subselect("customer_id")
            ways.append(SQL("(%s IN %s AND %s)", customer, granted, among(sight.cleared.up_to(cap))))
        if not ways:
            return SQL("FALSE")
        seen = SQL("(%s)", SQL(" OR ").join(ways))
        if sight.barred.is_false():
            return seen
        return SQL(
            "(%s AND %s NOT IN %s)", seen, customer, self._loan_customers_query(sight.barred).subselect()
        )

    def _loan_rank(self):
        """Return how confidential this record is: the highest rank of its own, its loan's and its customer's."""
        self.ensure_one()
        ranks = [self.loan_level if "loan_level" in self._fields else 0]
        # As superuser: whoever sees the record is not told of its loan or its customer by this.
        if self._hangs_on_loan():
            ranks.append(self.contract_id.sudo().loan_level)
        if self._loan_key in self._fields and self._fields[self._loan_key].comodel_name == "loan.customer":
            ranks.append(self[self._loan_key].sudo().loan_level)
        return max(ranks)

    @api.model
    def _hangs_on_loan(self):
        field = self._fields.get("contract_id")
        return bool(field and field.store and field.comodel_name == "loan.contract")

    # ------------------------------------------------------------ a rule that was altered

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access) and self._loan_closed():
            domain = Domain.FALSE
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self and self._loan_closed():
            return self, self.env["ir.rule"]._loan_refusal
        return result

    @api.model
    def _loan_closed(self):
        """Tell whether this model shows nothing to anybody, because its rule is not what it must be."""
        return self._name in self.env["ir.rule"]._loan_altered()

    # ------------------------------------------------------------ a form asks much at once

    @api.readonly
    def web_read(self, specification):
        # A form asks a dozen models at once, and each asks whose duty its customer is.
        with self.env.user._loan_duty_kept():
            return self._loan_all_or_refused(super().web_read(specification))

    def read(self, fields=None, load="_classic_read"):
        return self._loan_all_or_refused(super().read(fields, load))

    def _loan_all_or_refused(self, rows):
        # Odoo leaves out what is absent and refuses what is hidden: by that anybody could count our customers.
        if len(rows) < len(self) and not self.env.su:
            raise self.env["ir.rule"]._loan_refusal()
        return rows

    @api.model
    @api.readonly
    def search_read(self, *args, **kwargs):
        with self.env.user._loan_duty_kept():  # as above
            return super().search_read(*args, **kwargs)

    @api.model
    def _before_customer_merge(self, kept, others):
        """Make room before the records of profiles that are given up come to the one that is kept.

        Called as superuser. For a model of which a customer has one of a kind; what would collide stays otherwise
        with the profile that goes to the archive.

        :param kept: `loan.customer`
        :param others: `loan.customer`, given up
        """

    @api.model
    def _get_erasure_plan(self):
        """Tell what becomes of this model's records when their customer is erased (`loan.erasure.mixin`).

        Unless a family says otherwise, records stay as figures for the books, and what was said in words goes when
        the books need not be kept any longer.

        :return: a dict: `delete` ("now", "later" or False), `now` and `later` (`{column: value}`, what is emptied at
            once and when the time is over), `why` (in the user's language: what stays, and for what)
        """
        return {
            "delete": False,
            "now": {},
            "later": self._loan_words(),
            "why": self.env._("Figures and days stay for the books. Words go."),
        }

    @api.model
    def _loan_words(self):
        """Return `{column: what it says when it is emptied}` of the columns that hold somebody's words."""
        told = {"text", "html", "char"}
        names = {"name", "reference", "external_ref", "code"}
        return {
            name: "—" if field.required else None
            for name, field in self._fields.items()
            if field.store
            and field.type in told
            and not field.related
            and not field.compute
            and not field.translate
            and name not in names
        }

    def _wait_for_lock(self):
        """Let what is done to one record come in one after the other; the later one waits, it is not refused."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                list(self.ids),
            )
        )

    def _take_turn(self):
        """As :meth:`_wait_for_lock`, where what is done hangs on what others have done: whoever waited looks again.

        The records are written and not merely locked: the later one would go on with what it saw before the earlier
        one came in; this way it fails, and Odoo repeats it from its beginning.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET write_date = write_date WHERE id IN"
                " (SELECT id FROM %(table)s WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE)",
                table=SQL.identifier(self._table),
                ids=list(self.ids),
            ),
            log_exceptions=False,  # that somebody was faster is no error
        )
