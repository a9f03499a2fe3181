from odoo import api, fields, models
from odoo.tools import SQL

# Travels in the context from `loan.customer._assign` to where the history is written: an object, so that nobody can
# send one over RPC and put words into the history.
_GIVEN = object()


class LoanAssignment(models.Model):
    """Who was accountable for a customer from when to when, and why it changed.

    Begins with the first manager and gets a row with each change of manager or deputy, on whatever way it comes:
    a form, an import, a handover, a policy. The row that has no end is today's. Nobody enters or deletes one.
    """

    _name = "loan.assignment"
    _inherit = ["loan.access.mixin"]
    _description = "Assignment"
    _order = "date_from desc, id desc"
    _rec_name = "manager_user_id"
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    manager_user_id = fields.Many2one(
        "res.users", "Relationship Manager", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    deputy_user_id = fields.Many2one(
        "res.users", "Deputy", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    date_from = fields.Datetime("From", required=True, readonly=True)
    date_to = fields.Datetime("To", readonly=True)
    days = fields.Integer("Days", compute="_compute_days", help="How long it lasted, or has lasted so far.")
    kind = fields.Selection(
        [
            ("first", "First manager"),
            ("hand", "Changed by hand"),
            ("proposal", "Chosen from a proposal"),
            ("policy", "By the team's policy"),
            ("handover", "Handover"),
            ("deputy", "Another deputy"),
            ("import", "By import"),
        ],
        "How",
        required=True,
        readonly=True,
    )
    reason = fields.Char("Why", readonly=True)
    assigned_user_id = fields.Many2one("res.users", "Decided By", readonly=True, ondelete="restrict")

    _one_open = models.UniqueIndex(
        "(customer_id) WHERE date_to IS NULL", "Somebody has just given this customer to another manager."
    )
    _of_customer_idx = models.Index("(customer_id, date_from)")

    @api.depends("date_from", "date_to")
    def _compute_days(self):
        now = fields.Datetime.now()
        for row in self:
            row.days = ((row.date_to or now) - row.date_from).days if row.date_from else 0

    @api.model
    def _because(self, kind, reason=False):
        """Return the context under which a change of manager is noted with its kind and its reason.

        :param str kind: of the selection above
        :param str reason: words for the history
        """
        return {"loan_assigning": (_GIVEN, kind, reason)}

    @api.model
    def _given(self):
        """Return the kind and the reason that `_because` has put in the context, or twice False."""
        given = self.env.context.get("loan_assigning")
        if isinstance(given, tuple) and given[0] is _GIVEN:
            return given[1], given[2]
        return False, False

    @api.model
    def _note(self, customers):
        """Bring the history of customers up to who looks after them now; what has not changed stays as it is.

        :param customers: `loan.customer`
        """
        # As superuser: nobody enters the history, and whoever gave a customer away may not see them any more.
        customers_sudo, history_sudo = customers.sudo(), self.sudo()
        last = {
            row.customer_id.id: row
            for row in history_sudo.search([("customer_id", "in", customers.ids), ("date_to", "=", False)])
        }
        kind, reason = self._given()
        now = fields.Datetime.now()
        ended, vals_list = history_sudo.browse(), []
        for customer in customers_sudo:
            row = last.get(customer.id, history_sudo)
            if (row.manager_user_id, row.deputy_user_id) == (
                customer.manager_user_id,
                customer.deputy_user_id,
            ):
                continue
            ended |= row
            same_manager = row and row.manager_user_id == customer.manager_user_id
            vals_list.append(
                {
                    "customer_id": customer.id,
                    "manager_user_id": customer.manager_user_id.id,
                    "deputy_user_id": customer.deputy_user_id.id,
                    "date_from": now,
                    "kind": "deputy" if same_manager else kind or ("hand" if row else "first"),
                    "reason": reason,
                    "assigned_user_id": self.env.uid,
                }
            )
        ended.write({"date_to": now})
        ended.flush_recordset(["date_to"])  # the index holds one open row a customer
        history_sudo.create(vals_list)

    @api.model
    def _before_customer_merge(self, kept, others):
        # The history of both stands in one list afterwards; one row of it is today's.
        last = self.search([("customer_id", "in", others.ids), ("date_to", "=", False)])
        last.date_to = fields.Datetime.now()

    @api.model
    def _begin(self):
        """Begin the history of the customers that have none: for a database from before there was one."""
        for name in ("loan.customer", "loan.assignment"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_assignment (
                    customer_id, company_id, manager_user_id, deputy_user_id, date_from, kind, assigned_user_id,
                    create_uid, write_uid, create_date, write_date)
                SELECT customer.id, customer.company_id, customer.manager_user_id, customer.deputy_user_id,
                       customer.create_date, 'first', COALESCE(customer.create_uid, %(uid)s),
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM loan_customer customer
                 WHERE (customer.manager_user_id IS NOT NULL OR customer.deputy_user_id IS NOT NULL)
                   AND NOT EXISTS (SELECT FROM loan_assignment row WHERE row.customer_id = customer.id)
                    ON CONFLICT DO NOTHING
                """,
                uid=self.env.uid,
            )
        )
        self.env["loan.assignment"].invalidate_model()
