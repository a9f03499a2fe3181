from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..core import commitments


class LoanCommitmentSourceMixin(models.AbstractModel):
    """Where a promise was made: one click on a message or a talk opens its form, filled in from the words."""

    _name = "loan.commitment.source.mixin"
    _description = "Where a Promise Was Made"

    # Where it was said.
    message_id = fields.Many2one(
        "mail.message", "Said in the Message", index="btree_not_null", copy=False, ondelete="set null"
    )
    interaction_id = fields.Many2one(
        "loan.interaction",
        "Said in the Talk",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
    )

    @api.model
    def action_from_message(self, message_id):
        """Return the form that puts on record what a message promises, filled in from its words.

        :param int message_id: of a `mail.message` on a customer, a loan, an application or a request
        :raise UserError: where it is about no customer
        """
        self.check_access("create")
        message = self.env["mail.message"].browse(message_id)
        message.check_access("read")
        record = self.env[message.model].browse(message.res_id) if message.model in self.env else None
        where = self._where_told(record) if record is not None else {}
        if not where:
            raise UserError(self.env._("This message is about no customer. Open the customer's page."))
        words = " ".join(html2plaintext(message.body or "").split())
        return self._action_new({**where, **self._read_words(words, where), "message_id": message.id})

    @api.model
    def _where_told(self, record):
        """Return the defaults of a promise that was made on a record: whose it is and which loan it is about.

        :param record: of any model
        :return: a dict, empty where no customer is behind it
        """
        record.check_access("read")
        if record._name == "loan.customer":
            return {"customer_id": record.id}
        if record._name == "loan.contract":
            return {"customer_id": record.customer_id.id, "contract_id": record.id}
        if record._name == "crm.lead":
            customer = record._loan_borrowers_seen()[:1]
            return {"customer_id": customer.id, "lead_id": record.id} if customer else {}
        if "customer_id" in record._fields and record._fields["customer_id"].comodel_name == "loan.customer":
            where = {"customer_id": record.customer_id.id, "contract_id": False}
            if "contract_id" in record._fields:
                where["contract_id"] = record.contract_id.id
            if record._name == "loan.case":
                where["case_id"] = record.id
            return where if record.customer_id else {}
        return {}

    @api.model
    def _read_words(self, words, where):
        """Return the defaults that follow from what was said: in short what, and by when.

        :param str words: plain text
        :param dict where: see `_where_told`
        """
        customer = self.env["loan.customer"].browse(where["customer_id"])
        today = customer.company_id._loan_today()
        found = commitments.guess(words, today)
        vals = {"name": words[:117] + "…" if len(words) > 118 else words}
        if found.day:
            vals["date_due"] = found.day
        if found.at:
            vals.update(has_hour=True, due_hour=found.at.hour + found.at.minute / 60)
        return vals

    @api.model
    def _action_new(self, vals):
        """Return the action that opens the form of a new promise.

        :param dict vals: its defaults
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_commitment_action")
        action.update(
            name=self.env._("We Promise"),
            views=[(self.env.ref("loan_crm.loan_commitment_view_form_promise").id, "form")],
            target="new",
            context={f"default_{name}": value for name, value in vals.items() if value},
        )
        return action

    def action_open_source(self):
        """Open where it was said."""
        self.ensure_one()
        message_sudo = self.message_id.sudo()  # only where it stands; who may open that is asked there
        if self.interaction_id:
            return self._action_open_record(self.interaction_id)
        return self._action_open_record(self.env[message_sudo.model].browse(message_sudo.res_id))
