from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL


class LoanAccessMixin(models.AbstractModel):
    """Who may see a record that carries customer data: one question, asked here for every model.

    Each protected model has the same global rule, ``[('loan_visible', '=', True)]``. The search method below
    runs for every query and is never cached, so a right that ends is gone with the next click. It answers on the
    record's own columns: on the customer and the contract themselves, elsewhere by one uncorrelated
    subquery on the customer, which stays as cheap as the cheapest predicate at millions of rows.

    Search and compute give the same answer: Odoo asks the first for lists and the second for single records.
    Both run as superuser on purpose, so it is ``env.uid``, not ``env.su``, that tells who is asking.

    Name it before `mail.thread` in `_inherit`, or that one answers in its place and the mail goes to everybody.
    """

    _name = "loan.access.mixin"
    _inherit = ["loan.evidence.mixin", "loan.guard.mixin"]
    _description = "Loan Access"

    # The column that leads to the customer; "id" on the customer itself.
    _loan_key = "customer_id"
    # What a duty is asked of, see `res.users._loan_duty_domain`.
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
    @api.depends(
        lambda self: (
            self._DUTY_COLUMNS
            if self._loan_duty_columns()
            else tuple(f"{self._loan_key}.{name}" for name in self._DUTY_COLUMNS)
        )
    )
    def _compute_loan_visible(self):
        duty = self.env.user._loan_duty()
        if self._loan_duty_columns():
            allowed = self.filtered_domain(duty)
        else:
            customers = self[self._loan_key].filtered_domain(duty)
            allowed = self.filtered(lambda record: record[self._loan_key] in customers)
        for record in self:
            record.loan_visible = record in allowed

    def _search_loan_visible(self, operator, value):
        if operator != "in":
            return NotImplemented
        duty = self.env.user._loan_duty()
        if self._loan_duty_columns() or duty.is_true() or duty.is_false():
            return duty
        return Domain(self._loan_key, "in", self._loan_duty_customers(duty))

    @api.model
    def _loan_duty_customers(self, duty):
        """Return the query of the customers, archived ones too, that a duty leads to.

        :param Domain duty: see `res.users._loan_duty_domain`
        """
        # As superuser: the duty domain is the rule, the customer's own rules would only ask it again.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        return customers_sudo._search(duty)

    @api.readonly
    def web_read(self, specification):
        # A form asks a dozen models at once, and each asks whose duty its customer is.
        with self.env.user._loan_duty_kept():
            return super().web_read(specification)

    @api.model
    @api.readonly
    def search_read(self, *args, **kwargs):
        with self.env.user._loan_duty_kept():  # as above
            return super().search_read(*args, **kwargs)

    @api.model
    def _loan_derived(self):
        """Return the names of the columns that follow from other records: nobody enters them.

        The rules ask such columns who may see the record, so whoever wrote one could open or hide it.
        """
        return {
            name for name, field in self._fields.items() if field.store and field.compute and field.readonly
        }

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        self._check_not_derived(name for vals in vals_list for name in vals)
        # Defaults left over from the list one came from are not meant for us, and are no way round the check above.
        defaults = {f"default_{name}" for name in self._loan_derived()} & self.env.context.keys()
        if defaults:
            kept = {k: v for k, v in self.env.context.items() if k not in defaults}
            self = self.with_context(kept)  # pylint: disable=context-overridden
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_not_derived(vals)
        return super().write(vals)

    @api.model
    def _check_not_derived(self, names):
        entered = self._loan_derived().intersection(names)
        if entered:
            raise AccessError(
                self.env._(
                    "%s follows from other records and cannot be entered.",
                    ", ".join(sorted(self._fields[name]._description_string(self.env) for name in entered)),
                )
            )

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

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        # A follower keeps following when their duty ends; the mail would tell them what the record does not.
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        anywhere = self.with_context(allowed_company_ids=[])  # the reader's own companies, not the writer's
        return [
            recipient
            for recipient in recipients
            if recipient["share"]
            or not recipient["uid"]
            or anywhere.with_user(recipient["uid"]).has_access("read")
        ]
