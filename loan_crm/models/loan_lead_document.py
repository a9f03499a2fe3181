from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class LoanLeadDocument(models.Model):
    """A paper that an application needs: asked for, received, accepted, or refused with what is missing.

    It is not asked for alone: one letter lists all that an application lacks (`crm.lead.action_ask_documents`), in
    words a borrower understands, so that nobody is asked three times for three pages. Who may see the application
    may see its papers, and nobody else.

    What the borrower's profile holds already and has not expired is not asked for again: that is worked out for each
    reader with their own rights, so that the application tells nobody of a profile. What is accepted becomes a paper
    of the profile as soon as there is one that whoever works on the application may see.
    """

    _name = "loan.lead.document"
    _inherit = ["loan.lifecycle.mixin", "loan.guard.mixin"]
    _description = "Document of an Application"
    _order = "lead_id, sequence, id"

    # What the borrower still owes us.
    _LACKING = ("missing", "asked", "refused")
    # What a paper of the profile stands in for; one that was refused has to come again.
    _HELD = ("missing", "asked")

    lead_id = fields.Many2one("crm.lead", "Application", required=True, index=True, ondelete="cascade")
    lead_visible = fields.Boolean(
        compute="_compute_lead_visible",
        search="_search_lead_visible",
        compute_sudo=True,
        export_string_translation=False,
    )
    sequence = fields.Integer(default=10)
    type_id = fields.Many2one(
        "loan.document.type", "Required Document", index="btree_not_null", ondelete="restrict"
    )
    validity = fields.Selection(related="type_id.validity")
    # As it was called when it came on the list: what an addition by hand has, and what stays of a type.
    name = fields.Char("Document Name", compute="_compute_name", store=True, readonly=False, precompute=True)
    told_name = fields.Char(
        "Document",
        compute="_compute_told",
        inverse="_inverse_told_name",
        help="As the letter to the borrower names it.",
    )
    told_request = fields.Text("How We Ask for It", compute="_compute_told")
    state = fields.Selection(
        [
            ("missing", "To Ask For"),
            ("asked", "Asked"),
            ("received", "To Check"),
            ("accepted", "Accepted"),
            ("refused", "Sent Back"),
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

    date_issued = fields.Date(
        "Issued On",
        copy=False,
        help="Where the kind of paper counts for so many months, the end is worked out from this day.",
    )
    date_expiry = fields.Date(
        "Expires On",
        compute="_compute_date_expiry",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="The last day it is valid.",
    )
    unlimited = fields.Boolean("Does Not Expire", copy=False, help="The document itself says no last day.")
    anew = fields.Boolean(
        "Asked For Anew",
        readonly=True,
        copy=False,
        help="The profile holds one, and a new one is wanted all the same.",
    )
    in_profile = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    held_told = fields.Char("In the Profile", compute="_compute_held")
    lacking = fields.Boolean(
        "Still to Come", compute="_compute_held", search="_search_lacking", export_string_translation=False
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

    # ------------------------------------------------------------ what the profile holds

    @api.depends("type_id", "date_issued")
    def _compute_date_expiry(self):
        for document in self:
            document.date_expiry = document.type_id._expiry(document.date_expiry, document.date_issued)

    @api.depends("state", "anew", "type_id", "lead_id.partner_id", "lead_id.loan_kind")
    @api.depends_context("lang", "uid")
    def _compute_held(self):
        held = {}
        if self.ids:
            for model in ("loan.lead.document", "crm.lead", "loan.customer", "loan.customer.document"):
                self.env[model].flush_model()
            lines = SQL("AND line.id = ANY(%s)", self.ids)
            held = dict(
                self.env.execute_query(SQL("SELECT line_id, last_day FROM (%s) held", self._held_sql(lines)))
            )
        for document in self:
            if document._origin.id in held and document.state in self._HELD and not document.anew:
                last_day = held[document._origin.id]
                document.held_told = (
                    self.env._("Valid until %s", format_date(self.env, last_day))
                    if last_day
                    else self.env._("Does not expire")
                )
            else:
                document.held_told = False
            document.lacking = document.state in self._LACKING and not document.held_told

    def _search_lacking(self, operator, value):
        if operator != "in":
            return NotImplemented
        for model in ("loan.lead.document", "crm.lead", "loan.customer", "loan.customer.document"):
            self.env[model].flush_model()
        held = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN (SELECT line_id FROM (%s) held)",
                model._field_to_sql(alias, "id", query),
                self._held_sql(SQL()),
            ),
            predicate=lambda document: bool(document.held_told),
        )
        lacking = Domain("state", "in", self._LACKING) & ~held
        return Domain.OR(lacking if wanted else ~lacking for wanted in value)

    @api.model
    def _held_sql(self, lines):
        """Return the query of lines that the profile of the borrower holds a valid paper for, with its last day.

        The user's own rights count, superuser or not: an application tells nobody of a profile they may not see.

        :param SQL lines: which lines
        """
        papers_seen = self.env["loan.customer.document"].sudo(False)
        if not papers_seen.has_access("read"):
            return SQL("SELECT NULL::int AS line_id, NULL::date AS last_day WHERE FALSE")
        valid = SQL(" OR ").join(
            SQL(
                "(kept.company_id = ANY(%s) AND (paper.date_expiry IS NULL OR paper.date_expiry >= %s))",
                list(company_ids),
                today,
            )
            for today, company_ids in self.env["loan.contract"]._company_days()
        )
        # Of a firm the paper may be that of somebody who acts for it; of a person it is their own.
        return SQL(
            """
            SELECT line.id AS line_id, NULLIF(MAX(COALESCE(paper.date_expiry, 'infinity')), 'infinity') AS last_day
              FROM loan_lead_document line
              JOIN crm_lead lead ON lead.id = line.lead_id
              JOIN loan_product product ON product.id = lead.loan_product_id
              JOIN res_partner contact ON contact.id = lead.partner_id
              JOIN loan_customer profile
                ON profile.partner_id = CASE WHEN COALESCE(lead.loan_kind, 'person') IN ('person', 'sole_trader')
                                             THEN contact.id ELSE contact.commercial_partner_id END
               AND profile.company_id = COALESCE(lead.company_id, product.company_id, %(company)s)
              JOIN loan_customer kept ON kept.id = COALESCE(profile.merged_into_id, profile.id)
              JOIN loan_customer_document paper ON paper.customer_id = kept.id AND paper.type_id = line.type_id
             WHERE line.state IN ('missing', 'asked') AND line.anew IS NOT TRUE AND kept.active AND paper.active
               AND (paper.holder_id = kept.partner_id OR kept.kind NOT IN ('person', 'sole_trader'))
               AND (%(valid)s) AND paper.id IN %(seen)s %(lines)s
             GROUP BY line.id
            """,
            company=self.env.company.id,
            valid=valid,
            seen=papers_seen._search([]).subselect(),
            lines=lines,
        )

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

    def action_check(self):
        """Accept it, or ask first until when it is valid where nobody has said so."""
        self.ensure_one()
        if not self._validity_refusal():
            return self.action_accept()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("loan_crm.loan_lead_document_view_form_accept").id, "form")],
            "target": "new",
        }

    def action_accept(self):
        """Accept what came; of a paper that expires one has to know when. It becomes a paper of the profile.

        :raise UserError: where nobody has said until when it is valid, or it is valid no more
        """
        if refusal := self._validity_refusal():
            raise UserError(refusal)
        self._move_to("accepted")
        for lead, documents in self.grouped("lead_id").items():
            today = lead._loan_company()._loan_today()
            documents.filtered(lambda document: not document.received_on).received_on = today
        self.lacks = False
        self._keep_in_profile()
        return True

    def _validity_refusal(self):
        """Return what has to be known before these are accepted, in the user's words, or False."""
        for document in self.filtered("type_id"):
            if document.unlimited:
                continue
            today = document.lead_id._loan_company()._loan_today()
            if document.validity == "printed" and not document.date_expiry:
                return self.env._(
                    "Say until when “%s” is valid, or that it does not expire.", document.display_name
                )
            if document.validity == "months" and not document.date_issued:
                return self.env._(
                    "Say when “%s” was issued: how long it is valid follows from it.", document.display_name
                )
            if document.date_expiry and document.date_expiry < today:
                return self.env._(
                    "“%(document)s” expired on %(day)s. Ask for a new one.",
                    document=document.display_name,
                    day=format_date(self.env, document.date_expiry),
                )
        return False

    def action_ask_anew(self):
        """Want a new one, though the profile holds one."""
        self.filtered("held_told").anew = True
        return True

    def _keep_in_profile(self):
        """Let accepted papers of the catalog be papers of the borrowers' profiles, each once.

        Where there is no profile yet, or not for this user, they wait: for the loan, or for who may see it. One that
        ends before what the profile holds takes no place of it.
        """
        accepted = self.filtered(
            lambda document: document.state == "accepted" and document.type_id and not document.in_profile
        )
        kept = self.env["loan.customer.document"]
        if not accepted or not kept.has_access("create"):
            return
        profiles = accepted.lead_id._loan_seen_profiles()
        accepted = accepted.filtered(lambda document: document.lead_id in profiles)
        held = {
            (paper.customer_id, paper.type_id): paper
            for paper in kept.search(
                Domain("customer_id", "in", [profile.id for profile in profiles.values()])
                & Domain("type_id", "in", accepted.type_id.ids)
            )
            if paper.holder_id == paper.customer_id.partner_id
        }
        newer = accepted.filtered(
            lambda document: document._outlasts(held.get((profiles[document.lead_id], document.type_id)))
        )
        made = kept.create([document._prepare_paper_vals(profiles[document.lead_id]) for document in newer])
        for document, paper in zip(newer, made, strict=True):
            for file in document.attachment_ids:
                file.copy({"res_model": paper._name, "res_id": paper.id})
        accepted.in_profile = True

    def _outlasts(self, paper):
        """Tell whether this one is valid for longer than a paper, or there is none."""
        if not paper or self.unlimited or not self.date_expiry:
            return True
        return bool(paper.date_expiry) and self.date_expiry > paper.date_expiry

    def _prepare_paper_vals(self, profile):
        return {
            "customer_id": profile.id,
            "type_id": self.type_id.id,
            "holder_id": profile.partner_id.id,
            "date_issued": self.date_issued,
            "date_expiry": False if self.unlimited else self.date_expiry,
            "note": self.env._("Came with an application."),
        }

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
