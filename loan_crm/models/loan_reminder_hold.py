from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import reminders

# What a change of means that reminders may speak again, or must not any more.
_DECIDING = frozenset(
    {"lifted_at", "date_from", "date_to", "kind", "customer_id", "contract_id", "installment_id"}
)


class LoanReminderHold(models.Model):
    """A reason to leave a borrower in peace for a while: begins on a day, ends by itself, and says who wanted it.

    Nothing is copied and no job runs: the reminder round reads the dates with each run, so a hold that has ended
    silences nobody. It covers all loans of a customer, one loan, or one installment. Who places it stays
    accountable; it is lifted, never deleted, so that each silence keeps its reason.
    """

    _name = "loan.reminder.hold"
    _inherit = ["loan.about.mixin", "loan.access.mixin", "mail.thread"]
    _description = "Reminder Hold"
    _order = "date_from desc, id desc"
    _rec_names_search = ["customer_id.name", "contract_id.name", "reason"]
    _check_company_auto = True
    _mail_post_access = "read"  # whoever may read may leave a note

    contract_id = fields.Many2one(
        compute="_compute_contract_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('customer_id', '=?', customer_id), ('state', 'in', ('draft', 'active'))]",
        help="Leave empty to hold reminders of all loans of this customer.",
    )
    installment_id = fields.Many2one(
        "loan.installment",
        "Installment",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('contract_id', '=', contract_id), ('state', '=', 'open')]",
        help="Leave empty to hold reminders of the whole loan.",
    )
    kind = fields.Selection(
        [
            ("legal", "Legal proceedings"),
            ("complaint", "Complaint open"),
            ("hardship", "Hardship"),
            ("promise", "Promise to pay"),
            ("restructured", "Being restructured"),
            ("frozen", "Loan frozen"),
            ("exempt", "Never reminded"),
            ("other", "Other reason"),
        ],
        "Because",
        required=True,
        tracking=True,
        help="Why they are left in peace; it is told with each reminder that is held.",
    )
    reason = fields.Char(
        "In Words",
        required=True,
        tracking=True,
        help="What a colleague must know to understand it in half a year.",
    )
    date_from = fields.Date(
        "From",
        required=True,
        tracking=True,
        default=lambda self: self.env.company._loan_today(),
    )
    date_to = fields.Date(
        "Until", tracking=True, help="The last day of silence. Empty: until somebody lifts it."
    )
    placed_user_id = fields.Many2one(
        "res.users",
        "Placed By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        copy=False,
    )
    lifted_at = fields.Datetime("Lifted At", readonly=True, copy=False)
    lifted_user_id = fields.Many2one("res.users", "Lifted By", readonly=True, ondelete="restrict", copy=False)
    state = fields.Selection(
        [("planned", "To Come"), ("running", "In Force"), ("over", "Over"), ("lifted", "Lifted")],
        "Status",
        compute="_compute_state",
        search="_search_state",
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "The last day of a hold cannot lie before its first day.",
    )
    _said_why = models.Constraint("CHECK (trim(reason) <> '')", "Say in words why reminders are held.")
    # What the reminder round asks for each borrower.
    _customer_idx = models.Index("(customer_id, date_from) WHERE lifted_at IS NULL")

    @api.depends("installment_id")
    def _compute_contract_id(self):
        for hold in self:
            hold.contract_id = hold.installment_id.contract_id or hold.contract_id

    @api.depends("kind", "customer_id", "contract_id", "installment_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for hold in self:
            of = hold.installment_id or hold.contract_id or hold.customer_id
            hold.display_name = f"{of.display_name or ''} · {kinds.get(hold.kind, '')}"

    @api.depends("date_from", "date_to", "lifted_at")
    def _compute_state(self):
        for hold in self:
            today = (hold.company_id or self.env.company)._loan_today()
            if hold.lifted_at:
                hold.state = "lifted"
            elif hold.date_from and hold.date_from > today:
                hold.state = "planned"
            else:
                hold.state = "over" if hold.date_to and hold.date_to < today else "running"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        standing = Domain("lifted_at", "=", False)
        result = Domain("lifted_at", "!=", False) if "lifted" in value else Domain.FALSE
        for today, company_ids in self.env["loan.contract"]._company_days():
            ended = Domain("date_to", "!=", False) & Domain("date_to", "<", today)
            ours = standing & Domain("company_id", "in", company_ids)
            if "planned" in value:
                result |= ours & Domain("date_from", ">", today)
            if "running" in value:
                result |= ours & Domain("date_from", "<=", today) & ~ended
            if "over" in value:
                result |= ours & Domain("date_from", "<=", today) & ended
        return result

    @api.constrains("contract_id", "installment_id")
    def _check_same_loan(self):
        for hold in self:
            if hold.installment_id and hold.installment_id.contract_id != hold.contract_id:
                raise ValidationError(self.env._("The loan and the installment must belong together."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                vals["placed_user_id"] = self.env.uid  # whose word it is, nobody enters
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() - {"message_follower_ids", "message_main_attachment_id"}:
            if vals.keys() & {"placed_user_id", "lifted_at", "lifted_user_id"}:
                raise UserError(self.env._("Who placed or lifted a hold is not entered by hand."))
            if lifted := self.filtered("lifted_at"):
                raise UserError(
                    self.env._(
                        "%s was lifted and stays as it was. Place another hold instead.",
                        lifted[0].display_name,
                    )
                )
        if vals.keys() & {"customer_id", "contract_id", "installment_id"}:
            self._look_again()  # what it covered so far
        result = super().write(vals)
        if vals.keys() & _DECIDING:
            self._look_again()
        return result

    def _look_again(self):
        """Let the next round look anew at what these holds have silenced."""
        # As superuser: the ledger is written by verbs such as this one.
        ledger_sudo = self.env["loan.reminder"].sudo()
        ledger_sudo.search(
            Domain("customer_id", "in", self.customer_id.ids)
            & Domain("state", "=", "held")
            & Domain("hold_reason", "in", reminders.HOLD_KINDS)
            & Domain("hold_until", "!=", False)
        ).hold_until = False

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(
                self.env._("A hold is lifted, not deleted, so that each silence keeps its reason.")
            )

    def action_lift(self):
        """End these holds now: from the next round on the borrower is reminded again."""
        self.check_access("write")
        # As superuser: who lifted it is noted, not entered.
        self.sudo().filtered(lambda hold: not hold.lifted_at)._lift(self.env.user)
        return True

    def _lift(self, user):
        self.write({"lifted_at": fields.Datetime.now(), "lifted_user_id": user.id})

    def _covers(self, installment):
        """Tell whether this hold silences the reminders of an installment."""
        return (
            installment.customer_id == self.customer_id
            and (not self.contract_id or self.contract_id == installment.contract_id)
            and (not self.installment_id or self.installment_id == installment)
        )

    @api.model
    def _told(self, holds):
        """Return what a form says about holds in force, the last to end first; False without any."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        told = [
            self.env._(
                "%(kind)s until %(day)s", kind=kinds[hold.kind], day=format_date(self.env, hold.date_to)
            )
            if hold.date_to
            else kinds[hold.kind]
            for hold in holds.sorted(
                lambda hold: (hold.date_to or fields.Date.to_date("9999-12-31"), hold.id)
            )
        ]
        return " · ".join(dict.fromkeys(reversed(told))) or False
