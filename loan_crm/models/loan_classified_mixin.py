from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class LoanClassifiedMixin(models.AbstractModel):
    """A record that has a confidentiality level of its own, beside that of its customer: the higher one counts.

    Only compliance sets it, by :meth:`_classify`, and it goes down no other way: neither by writing the column nor by
    hanging the record elsewhere.
    """

    _name = "loan.classified.mixin"
    _description = "Classified Record"

    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Own Confidentiality",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    loan_level = fields.Integer(
        "Confidentiality Rank",
        compute="_compute_loan_level",
        store=True,
        precompute=True,
        export_string_translation=False,
    )
    effective_level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Confidentiality",
        compute="_compute_effective_level_id",
        compute_sudo=True,
        help="The highest of its own, its loan's and its customer's.",
    )

    @api.depends("level_id.rank")
    def _compute_loan_level(self):
        for record in self:
            record.loan_level = record.level_id.rank

    @api.depends(lambda self: self._levels_above())
    def _compute_effective_level_id(self):
        names = self._levels_above()
        for record in self:
            levels = self.env["loan.confidentiality.level"].union(*(record.mapped(name) for name in names))
            record.effective_level_id = levels.sorted("rank")[-1:]

    @api.model
    def _levels_above(self):
        """Return the paths to the levels of which the highest counts."""
        paths = ["level_id"]
        for name, model in (("contract_id", "loan.contract"), ("customer_id", "loan.customer")):
            if name in self._fields and self._fields[name].comodel_name == model:
                paths.append(f"{name}.level_id")
        return tuple(paths)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"level_id", "loan_level"}

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.level_id._note_used()
        return records

    def write(self, vals):
        result = super().write(vals)
        if "level_id" in vals:
            self.level_id._note_used()
            self._note_closed()
        return result

    def _note_closed(self):
        """Let people be parted from what they hold of those of these records that duty alone does not open."""
        closed = self.filtered(lambda record: record.level_id._is_restricted())
        if closed:
            # As superuser: whose they are is asked for whoever sets a level.
            customers_sudo = closed.sudo()._classified_customers()
            self.env["loan.sight.end"]._note(customers=customers_sudo)
            if not customers_sudo:
                self.env["loan.access.check"]._soon()  # an application of whom nobody knows as a customer yet

    def _classified_customers(self):
        """Return the customers whom these records are about, `loan.customer`."""
        return self if self._name == "loan.customer" else self.customer_id

    def action_classify(self):
        """Open the form that changes how confidential these records are, and shows before who gains and loses."""
        return self.env["loan.classify"]._open(self)

    def action_explain_sight(self):
        """Open who sees this customer, and why."""
        self.ensure_one()
        customer = self if self._name == "loan.customer" else self.customer_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Sees This?"),
            "res_model": "loan.access.explain",
            "views": [(False, "form")],
            "context": {"default_customer_id": customer.id},
        }

    def action_deal(self):
        """Open the form that lets a team see these customers for a deal, and shows before who gains what."""
        self.check_access("read")
        customers = self if self._name == "loan.customer" else self.customer_id
        return self.env["loan.access.deal.start"]._open(customers=customers)

    def _classify(self, level, reason):
        """Give these records a level of their own, by compliance.

        :param level: `loan.confidentiality.level`; empty takes their own away, and what they belong to decides
        :param str reason: stays on record
        :raise AccessError: for who is not of compliance, or does not see them
        :raise UserError: without a reason
        """
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance")):
            raise AccessError(self.env._("Compliance says how confidential something is."))
        self.check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: the reason stays on record."))
        level._note_used()
        # As superuser: nobody but this verb writes a level, and compliance changes nothing else of a customer.
        changed_sudo = self.sudo().filtered(lambda record: record.level_id != level)
        for before, records_sudo in changed_sudo.grouped("level_id").items():
            records_sudo.level_id = level
            records_sudo._note_level(before, reason.strip())
            self.env["loan.access.log"]._note(
                "level", records_sudo, reason=reason.strip(), before=before.rank, after=level.rank
            )
        self.env["res.users"]._loan_sight_changed()

    def _note_level(self, before, reason):
        """Write down that the level of these records has changed; as superuser.

        :param before: `loan.confidentiality.level` until now
        :param str reason: why
        """
        if not hasattr(self, "_message_log_batch"):
            return
        body = self.env._(
            "Confidentiality: %(before)s → %(after)s. %(reason)s",
            before=before.name or self.env._("as its customer"),
            after=self.level_id.name or self.env._("as its customer"),
            reason=reason,
        )
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body), author_id=self.env.user.partner_id.id)
