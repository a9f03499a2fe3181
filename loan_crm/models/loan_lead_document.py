from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanLeadDocument(models.Model):
    """A paper that an application needs: asked for, received, accepted, or refused with what is missing.

    It is not asked for alone: one letter lists all that an application lacks (`crm.lead.action_ask_documents`), in
    words a borrower understands, so that nobody is asked three times for three pages. Who may see the application
    may see its papers, and nobody else.
    """

    _name = "loan.lead.document"
    _inherit = ["loan.lifecycle.mixin", "loan.guard.mixin"]
    _description = "Document of an Application"
    _order = "lead_id, sequence, id"

    # What the borrower still owes us.
    _LACKING = ("missing", "asked", "refused")

    lead_id = fields.Many2one("crm.lead", "Application", required=True, index=True, ondelete="cascade")
    lead_visible = fields.Boolean(
        compute="_compute_lead_visible",
        search="_search_lead_visible",
        compute_sudo=True,
        export_string_translation=False,
    )
    sequence = fields.Integer(default=10)
    type_id = fields.Many2one(
        "loan.product.document.type", "Required Document", index="btree_not_null", ondelete="restrict"
    )
    # As it was called when it came on the list: what an addition by hand has, and what stays of a type.
    name = fields.Char("Document Name", compute="_compute_name", store=True, readonly=False, precompute=True)
    told_name = fields.Char("Document", compute="_compute_told", inverse="_inverse_told_name")
    told_request = fields.Text("How We Ask for It", compute="_compute_told")
    state = fields.Selection(
        [
            ("missing", "To Ask"),
            ("asked", "Asked"),
            ("received", "To Check"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("waived", "Not Needed"),
        ],
        "Status",
        required=True,
        default="missing",
        readonly=True,
        copy=False,
    )
    asked_on = fields.Date("Asked For On", readonly=True, copy=False)
    received_on = fields.Date("Came On", readonly=True, copy=False)
    attachment_ids = fields.Many2many("ir.attachment", string="Attachments", copy=False)
    lacks = fields.Char(
        "What It Lacks",
        copy=False,
        help="In words for the borrower; it stands in the next letter. E.g. the second page, or the bank's stamp.",
    )

    _type_uniq = models.UniqueIndex(
        "(lead_id, type_id) WHERE type_id IS NOT NULL", "This document is on the list already."
    )

    @api.depends_context("uid")
    @api.depends("lead_id")
    def _compute_lead_visible(self):
        # Rules are asked as superuser, but it is the user's own right to the application that counts.
        seen = self.lead_id.sudo(False)._filtered_access("read")
        for document in self:
            document.lead_visible = document.lead_id in seen

    def _search_lead_visible(self, operator, value):
        if operator != "in":
            return NotImplemented
        leads = self.env["crm.lead"].sudo(False).with_context(active_test=False)
        if not leads.has_access("read"):
            return Domain.FALSE
        return Domain("lead_id", "in", leads._search([]))

    @api.depends("type_id")
    def _compute_name(self):
        for document in self:
            document.name = document.name or document.type_id.name

    @api.depends("name", "type_id.name", "type_id.request")
    @api.depends_context("lang")
    def _compute_told(self):
        for document in self:
            document.told_name = document.type_id.name or document.name
            document.told_request = document.type_id.request

    def _inverse_told_name(self):
        for document in self.filtered(lambda document: not document.type_id):
            document.name = document.told_name

    @api.depends("name", "type_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for document in self:
            document.display_name = document.told_name or self.env._("Document")

    @api.model
    def _allowed_moves(self):
        lacking = {(start, end) for start in self._LACKING for end in ("asked", "received", "waived")}
        return (
            super()._allowed_moves()
            | lacking
            | {
                ("missing", "accepted"),
                ("asked", "accepted"),
                ("refused", "accepted"),
                ("received", "accepted"),
                ("received", "refused"),
                ("received", "waived"),
                ("accepted", "refused"),
                ("waived", "missing"),
            }
        )

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._take_files()
        return documents

    def write(self, vals):
        if "lead_id" in vals and not self.env.su:
            raise UserError(self.env._("A document stays with its application."))
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._take_files()
        return result

    def _take_files(self):
        """Let files belong to their document, so that its rights are theirs; one that came is there to be checked."""
        for document in self.filtered("attachment_ids"):
            loose = document.attachment_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            loose.write({"res_model": self._name, "res_id": document.id})
        self.filtered(lambda document: document.attachment_ids and document.state in self._LACKING)._receive()

    def _receive(self):
        self._move_to("received")
        for lead, documents in self.grouped("lead_id").items():
            documents.received_on = lead._loan_company()._loan_today()

    @api.model
    def _get_erasure_plan(self):
        """Tell what becomes of a paper when the customer of its application is erased; see `crm.lead`."""
        return {
            "delete": False,
            "now": {},
            "later": {"lacks": None},
            "why": self.env._("The files and what was said of them go with the application's words."),
        }

    def _is_untouched(self):
        return self.state == "missing" and not self.attachment_ids and not self.lacks

    def action_receive(self):
        """Note that it has come, on paper or otherwise."""
        self._receive()
        return True

    def action_accept(self):
        self._move_to("accepted")
        for lead, documents in self.grouped("lead_id").items():
            today = lead._loan_company()._loan_today()
            documents.filtered(lambda document: not document.received_on).received_on = today
        self.lacks = False
        return True

    def action_refuse(self):
        """Send it back: what is missing must be said, because the borrower will ask."""
        silent = self.filtered(lambda document: not (document.lacks or "").strip())
        if silent:
            raise UserError(
                self.env._(
                    "Say what is missing in “%s”, in words for the borrower. It stands in the next letter.",
                    silent[0].display_name,
                )
            )
        self._move_to("refused")
        return True

    def action_waive(self):
        self._move_to("waived")
        return True

    def action_need_again(self):
        self._move_to("missing", start="waived")
        return True
