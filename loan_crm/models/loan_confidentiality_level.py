from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..core import disclosure

_ASKS = ("needs_grant", "needs_agreement", "needs_training")


class LoanConfidentialityLevel(models.Model):
    """How confidential a customer, a loan or a paper is, and what is asked of whoever wants to see it.

    Compliance says what a level asks; with the next query that is what the database enforces (`loan.access.mixin`).
    Records keep the rank, a number that never changes, so that lists compare a column of their own.
    """

    _name = "loan.confidentiality.level"
    _description = "Confidentiality Level"
    _order = "rank"

    name = fields.Char(required=True, translate=True)
    rank = fields.Integer(
        "Grade", required=True, help="The higher, the more confidential. It stays as it is."
    )
    description = fields.Text(translate=True, help="What belongs here, for whoever has to choose.")
    needs_grant = fields.Boolean(
        "A Grant",
        help="Being the manager, the lead or the cover is not enough: compliance names who may see.",
    )
    needs_agreement = fields.Boolean(
        "A Signed Agreement",
        help="A confidentiality agreement that is valid. With it ends the sight, at once.",
    )
    needs_training = fields.Boolean(
        "Valid Training", help="Every training that is needed to see it, of the customer's lender."
    )
    training_ids = fields.Many2many(
        "loan.training",
        string="Trainings of Its Own",
        domain=[("mandatory", "=", True)],
        # Who audits reads what a level asks, and no trainings.
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_service_desk,"
        "loan_crm.loan_crm_group_compliance,loan_crm.loan_crm_group_administrator",
        help="Trainings that are needed for certain levels only, this one among them. Those that are needed for all "
        "levels are asked, too.",
    )
    needs_second_approver = fields.Boolean(
        "Two Approvers", help="A grant for this level is approved by two different people of compliance."
    )
    # What two people decide nobody decides alone, not even for minutes: the review comes when it has been seen.
    opens_in_emergency = fields.Boolean(
        "Opened in an Emergency",
        compute="_compute_opens_in_emergency",
        store=True,
        readonly=False,
        precompute=True,
        help="Whether emergency access opens it. Not ticked: neither this level nor one above it, and whoever tries is "
        "told the same as of somebody who is no customer. Levels that two people approve are not, unless you say so.",
    )
    logs_views = fields.Boolean("Views on Record", help="Who looked, when and from where stays on record.")
    in_use = fields.Boolean("In Use", readonly=True, help="Whether anything has ever been given this level.")
    color = fields.Integer()

    _rank_once = models.UniqueIndex("(rank)", "There is a level of this rank already.")
    _rank_positive = models.Constraint("CHECK (rank >= 0)", "A rank is not negative.")

    @api.depends("needs_second_approver")
    def _compute_opens_in_emergency(self):
        for level in self:
            level.opens_in_emergency = not level.needs_second_approver

    @api.constrains("rank", *_ASKS)
    def _check_lowest(self):
        if any(level.rank == 0 and any(level[name] for name in _ASKS) for level in self):
            raise ValidationError(
                self.env._("The lowest level asks nothing: it is also that of what has no level of its own.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        self._forget()
        return levels

    def write(self, vals):
        if "rank" in vals and any(level.rank != vals["rank"] for level in self):
            raise UserError(self.env._("The rank of a level stays as it is: records carry it."))
        opened = self.filtered("opens_in_emergency")
        result = super().write(vals)
        self._forget()
        self.env["res.users"]._loan_sight_changed()
        if any(vals.get(name) for name in _ASKS):
            self._note_raised()
        if closed := opened.filtered(lambda level: not level.opens_in_emergency):
            closed._end_emergencies()
        return result

    def _end_emergencies(self):
        """End the emergencies under way that open these levels: what is said of a level holds at once."""
        # As superuser: whoever changes a level need not see whom it opened.
        grants_sudo = self.env["loan.access.grant"].sudo()
        grants_sudo.search(
            grants_sudo._in_force_domain()
            & fields.Domain("kind", "=", "emergency")
            & fields.Domain("cap", ">=", min(self.mapped("rank")))
        )._end(self.env._("Emergencies do not open this level any more."))

    @api.model
    def _up_to(self, rank):
        """Return the levels of a rank and below it, the highest first; as superuser: what they ask is no secret.

        :param int rank: of a record
        """
        return self.sudo().search([("rank", "<=", rank)], order="rank desc")

    def _is_restricted(self):
        """Tell whether duty alone may not open this level; an empty one asks nothing."""
        return any(self[name] for name in _ASKS)

    def _note_raised(self):
        """Let people be parted from what they hold of records of these levels, of which more is asked now."""
        customers = self.env["loan.customer"]
        for name in ("loan.customer", "loan.contract", "loan.customer.document", "crm.lead"):
            # As superuser: whose they are is asked for whoever changes a level.
            records_sudo = self.env[name].sudo().with_context(active_test=False)
            customers |= records_sudo.search([("level_id", "in", self.ids)])._classified_customers()
        self.env["loan.sight.end"]._note(customers=customers)

    def unlink(self):
        result = super().unlink()
        self._forget()
        return result

    @api.model
    def _forget(self):
        """Let everybody ask anew what the levels ask, now and once more when this is committed.

        Another thread that asks in between is told what held before, and would keep that.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if used := self.filtered("in_use"):
            raise UserError(
                self.env._("“%s” has been given to records and stays.", "”, “".join(used.mapped("name")))
            )

    @api.model
    @tools.ormcache()
    def _asked(self):
        """Return what the levels ask that have ever been given, and the lowest: `(core.disclosure.Level, …)`.

        Where nothing confidential was ever kept, nothing is asked: each level that asks nothing is as good as none.
        """
        # As superuser: what a level asks is no secret.
        levels_sudo = self.sudo().search([("in_use", "=", True)])
        return (
            disclosure.Level(0),
            *(
                disclosure.Level(level.rank, level.needs_grant, level.needs_agreement, level.needs_training)
                for level in levels_sudo
                if level.rank
            ),
        )

    @api.model
    @tools.ormcache()
    def _closed_ranks(self):
        """Return the ranks in use that not everybody sees who has the duty, a frozenset."""
        return frozenset(level.rank for level in self._asked() if level.restricted)

    @api.model
    @tools.ormcache()
    def _ranks(self):
        """Return all ranks there are, a frozenset."""
        levels_sudo = self.sudo().search(fields.Domain.TRUE)  # as above
        return frozenset(levels_sudo.mapped("rank"))

    @api.model
    @tools.ormcache()
    def _logged_ranks(self):
        """Return the ranks in use of which each view goes on record, a frozenset."""
        levels_sudo = self.sudo().search([("logs_views", "=", True), ("in_use", "=", True)])  # as above
        return frozenset(levels_sudo.mapped("rank"))

    def _note_used(self):
        """Note that these have been given to something: from now on they are asked."""
        # As superuser: noted by the system alone.
        if fresh_sudo := self.sudo().filtered(lambda level: not level.in_use):
            fresh_sudo.in_use = True
