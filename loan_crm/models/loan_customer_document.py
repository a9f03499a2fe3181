from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..core import papers

# What a check was about: whoever changes it afterwards has changed what was checked.
_CHECKED = frozenset({"type_id", "holder_id", "number", "issuer", "date_issued", "date_expiry", "file_ids"})


class LoanCustomerDocument(models.Model):
    """A paper that proves who a customer is: begins when it is taken in, ends when a newer one takes its place.

    Files hang on the record itself, so who may see the customer may see them and nobody else. A newer paper of the
    same kind and holder sends the older one to the archive, where it stays. Before it expires the night asks
    the acting manager once for a new one.
    """

    _name = "loan.customer.document"
    _inherit = ["loan.classified.mixin", "loan.access.mixin"]
    _description = "Customer Document"
    _order = "type_id, date_expiry DESC, id DESC"
    _rec_names_search = ["type_id.name", "customer_id.name"]
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    type_id = fields.Many2one(
        "loan.document.type",
        "Document",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="It says for how long such a paper counts.",
    )
    holder_id = fields.Many2one(
        "res.partner",
        "Holder",
        required=True,
        ondelete="restrict",
        compute="_compute_holder_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Whose document it is: the customer's own, or that of somebody who acts for them.",
    )
    # The desk tells a borrower by the last four; nobody needs more to answer a call.
    number = fields.Char(
        "Document Number",
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_compliance",
        help="Whole only for the manager and compliance; everybody else sees its last characters.",
    )
    number_masked = fields.Char("Number Ends In", compute="_compute_number_masked", compute_sudo=True)
    issuer = fields.Char("Issued By", help="The authority that made it out.")
    date_issued = fields.Date(
        "Issued On",
        help="Where the kind of paper counts for so many months, the end is worked out from this day.",
    )
    date_expiry = fields.Date(
        "Expires On",
        index=True,
        compute="_compute_date_expiry",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day it is valid. Empty: it does not expire.",
    )
    validity = fields.Selection(related="type_id.validity")
    state = fields.Selection(
        [("valid", "Valid"), ("soon", "Expires Soon"), ("expired", "Expired")],
        "Status",
        compute="_compute_state",
        search="_search_state",
    )
    active = fields.Boolean(default=True)
    attachment_ids = fields.One2many(
        "ir.attachment", "res_id", "Attachments", domain=[("res_model", "=", "loan.customer.document")]
    )
    file_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        compute="_compute_file_ids",
        inverse="_inverse_file_ids",
        help="Scans or photos; who may see the customer may see them, and nobody else.",
    )
    file_count = fields.Integer("Number of Files", compute="_compute_file_ids")
    note = fields.Char()
    verified_user_id = fields.Many2one(
        "res.users", "Checked By", readonly=True, copy=False, ondelete="restrict"
    )
    verified_on = fields.Date("Checked On", readonly=True, copy=False)
    # The expiry somebody was asked about: a paper whose day is put right is asked about again.
    reminded_expiry = fields.Date(readonly=True, copy=False, export_string_translation=False)
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _one_of_a_kind = models.UniqueIndex(
        "(customer_id, type_id, holder_id) WHERE active",
        "There is such a document already. Archive the older one first.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_expiry IS NULL OR date_issued IS NULL OR date_expiry >= date_issued)",
        "A document cannot expire before it is issued.",
    )
    # What the night looks for.
    _unasked_idx = models.Index(
        "(company_id, date_expiry, id) WHERE active AND date_expiry IS NOT NULL "
        "AND reminded_expiry IS DISTINCT FROM date_expiry"
    )

    @api.depends("type_id", "holder_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for document in self:
            document.display_name = " ".join(
                filter(None, (document.type_id.name, document.number_masked))
            ) or self.env._("New Document")

    @api.depends("customer_id")
    def _compute_holder_id(self):
        for document in self:
            document.holder_id = document.holder_id or document.customer_id.partner_id

    @api.depends("number")
    def _compute_number_masked(self):
        for document in self:
            document.number_masked = papers.mask(document.number)

    @api.depends("type_id", "date_issued")
    def _compute_date_expiry(self):
        for document in self:
            document.date_expiry = document.type_id._expiry(document.date_expiry, document.date_issued)

    @api.depends("date_expiry", "type_id", "company_id")
    def _compute_state(self):
        for document in self:
            today = (document.company_id or self.env.company)._loan_today()
            document.state = document._standing(today)

    def _standing(self, today):
        return papers.standing(self.date_expiry or None, self.type_id.remind_days, today)

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        types_sudo = self.env["loan.document.type"].sudo().with_context(active_test=False).search(Domain.TRUE)
        result = Domain.FALSE
        for today, company_ids in self.env["loan.contract"]._company_days():
            theirs = Domain("company_id", "in", company_ids)
            expired = Domain("date_expiry", "<", today)
            soon = self._soon_domain(types_sudo, today)
            if "expired" in value:
                result |= theirs & expired
            if "soon" in value:
                result |= theirs & ~expired & soon
            if "valid" in value:
                result |= theirs & (Domain("date_expiry", "=", False) | (~expired & ~soon))
        return result

    @api.model
    def _soon_domain(self, types, today):
        """Return which documents end within the days their types name, past ones included."""
        by_days = types.grouped("remind_days")
        return Domain.OR(
            Domain("type_id", "in", group.ids) & Domain("date_expiry", "<=", today + timedelta(days))
            for days, group in by_days.items()
        )

    def _compute_file_ids(self):
        found = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("res_field", "=", False)]
        )
        by_id = found.grouped("res_id")
        for document in self:
            files = by_id.get(document._origin.id, found.browse())
            document.file_ids = files
            document.file_count = len(files)

    def _inverse_file_ids(self):
        for document in self:
            files = document.file_ids
            # With the user's own rights: a file that hangs on something hidden stays there.
            files.filtered(
                lambda file, document=document: (file.res_model, file.res_id) != (self._name, document.id)
            ).write({"res_model": self._name, "res_id": document.id})
            gone = self.env["ir.attachment"].search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", document.id),
                    ("res_field", "=", False),
                    ("id", "not in", files.ids),
                ]
            )
            gone.unlink()
        self.invalidate_recordset(["file_ids", "file_count", "attachment_ids"])

    # ------------------------------------------------------------ taking in, checking

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        self._check_entered(vals_list)
        if not self.env.su:
            for vals in vals_list:
                self._check_unchecked(vals)
            defaults = {name.removeprefix("default_"): value for name, value in self.env.context.items()}
            self._check_unchecked(defaults)  # the same by a back door
        return super().create(self._make_room(vals_list))

    @api.model
    def _make_room(self, vals_list):
        """Send what new papers replace to the archive. One that ends before the paper in force is filed there itself.

        :param vals_list: values of new papers; of several of one kind and holder one stays in force
        :return: the values to create
        """
        customers = self.env["loan.customer"].browse(
            {vals["customer_id"] for vals in vals_list if vals.get("customer_id")}
        )
        themselves = {customer.id: customer.partner_id.id for customer in customers}
        places = {}
        for index, vals in enumerate(vals_list):
            if vals.get("customer_id") and vals.get("type_id") and vals.get("active", True):
                holder = vals.get("holder_id") or themselves[vals["customer_id"]]
                places.setdefault((vals["customer_id"], vals["type_id"], holder), []).append(index)
        if not places:
            return vals_list
        vals_list = [dict(vals) for vals in vals_list]
        standing = {
            (paper.customer_id.id, paper.type_id.id, paper.holder_id.id): paper
            for paper in self.search(
                [
                    ("customer_id", "in", customers.ids),
                    ("type_id", "in", list({type_id for _customer, type_id, _holder in places})),
                    ("holder_id", "in", list({holder for _customer, _type, holder in places})),
                ]
            )
        }
        former = self.browse()
        types = self.env["loan.document.type"].browse(
            {vals.get("type_id") for vals in vals_list} - {None, False}
        )
        by_id = {paper_type.id: paper_type for paper_type in types}
        for place, indexes in places.items():
            paper = standing.get(place, self.browse())
            last, in_force = (paper.date_issued, paper.date_expiry), None
            for index in indexes:
                days = self._days_of(vals_list[index], by_id[place[1]])
                if self._is_older(days, last):
                    vals_list[index]["active"] = False
                    continue
                if in_force is not None:
                    vals_list[in_force]["active"] = False
                last, in_force = days, index
            if in_force is not None:
                former |= paper
        former.action_archive()
        former.flush_recordset()  # the index holds one of a kind
        return vals_list

    @api.model
    def _days_of(self, vals, paper_type):
        """Return when a paper that is about to be created was issued and when it ends; None where it does not say."""
        issued = fields.Date.to_date(vals.get("date_issued")) or None
        if "date_expiry" in vals:
            return issued, fields.Date.to_date(vals["date_expiry"]) or None
        rule = paper_type.validity or "printed"
        return issued, papers.expiry(rule, None, issued, paper_type.validity_months)

    @api.model
    def _is_older(self, days, last):
        """Tell whether a paper ends before another one, and is not known to be issued after it.

        :param days: when the paper was issued and ends, as of `_days_of`
        :param last: the same of the other
        """
        (issued, ends), (last_issued, last_ends) = days, last
        if not (ends and last_ends) or ends >= last_ends:
            return False
        return not (issued and last_issued) or issued <= last_issued

    def write(self, vals):
        if not self.env.su:
            self._check_unchecked(vals)
        if _CHECKED & vals.keys() and not (self.env.su and {"verified_on", "verified_user_id"} & vals.keys()):
            vals = {**vals, "verified_on": False, "verified_user_id": False}
        result = super().write(vals)
        if vals.get("active") is False or "date_expiry" in vals:
            self._take_back_calls()
        return result

    def unlink(self):
        self._take_back_calls()
        # As superuser: what hung on a paper goes with it, whoever filed it.
        self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        return super().unlink()

    @api.model
    def _check_unchecked(self, vals):
        if any(
            vals.get(name) for name in ("verified_user_id", "verified_on", "reminded_expiry", "activity_id")
        ):
            raise UserError(self.env._("Who checked a document is noted by the button Checked."))

    def action_verify(self):
        """Note that one has seen the original, and that it is right."""
        self.check_access("write")
        for document in self:
            if document.state == "expired":
                raise UserError(self.env._("%s has expired. Ask for a new one.", document.display_name))
        for company, documents in self.grouped("company_id").items():
            # As superuser: who may write the paper was asked; that it was checked, this verb alone notes.
            documents.sudo().write({"verified_user_id": self.env.uid, "verified_on": company._loan_today()})
        return True

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "later",
            "why": self.env._(
                "Proof of identity is kept as long as the law asks for it, then it goes with its scans."
            ),
        }

    @api.model
    def _before_customer_merge(self, kept, others):
        # The person is one: papers of the contact given up are papers of the one kept, the newest of a kind in front.
        ours = self.search([("customer_id", "in", (kept | others).ids)])
        for document in ours.filtered(lambda document: document.holder_id in others.partner_id):
            document.active = False
            document.holder_id = kept.partner_id
        newest = {}
        everything = self.with_context(active_test=False)
        candidates = ours | everything.search(
            [("id", "in", ours.ids), ("customer_id", "in", (kept | others).ids)]
        )
        for document in candidates.sorted(
            lambda document: (document.date_expiry or date.max, document.id), reverse=True
        ):
            newest.setdefault((document.type_id, document.holder_id), document)
        standing = self.browse(document.id for document in newest.values())
        (ours - standing).filtered("active").active = False
        self.flush_model()
        standing.active = True

    # ------------------------------------------------------------ asking for new ones

    def _take_back_calls(self):
        """Take back what nobody has to do any more: there is a newer paper, or its day was put right."""
        # As superuser: the to-do may be somebody else's.
        todos_sudo = self.sudo().activity_id
        todos_sudo.filtered("active").unlink()

    @api.model
    def _night_papers(self, night):
        """Ask for new papers where old ones end soon, each once.

        :param night: `loan.night`, of one company and day
        :return: how many were treated; 0 when none is left
        """
        documents = self.search(
            Domain(self._unasked_domain(night.company_id, night.date))
            & Domain("id", ">", night._stand("papers_seen", 0)),
            limit=100,
            order="id",
        )
        night._apart("papers", documents, lambda papers: papers._ask_anew(night))
        if documents:
            night._note_stand(papers_seen=documents[-1].id)
        return len(documents)

    @api.model
    def _unasked_domain(self, company, today):
        types = self.env["loan.document.type"].with_context(active_test=False).search(Domain.TRUE)
        return (
            Domain("company_id", "=", company.id)
            & Domain("customer_id.active", "=", True)
            & self._soon_domain(types, today)
            & Domain.custom(
                to_sql=lambda model, alias, query: model._distinct_sql(alias, query),
                predicate=lambda document: document.reminded_expiry != document.date_expiry,
            )
        )

    @api.model
    def _distinct_sql(self, alias, query):
        return SQL(
            "%s IS DISTINCT FROM %s",
            self._field_to_sql(alias, "reminded_expiry", query),
            self._field_to_sql(alias, "date_expiry", query),
        )

    def _ask_anew(self, night):
        """Give whoever acts for the customers, or else the team's lead, one to-do for each of these papers.

        :param night: `loan.night`; a customer whom nobody can be asked about is left aside there, and comes again
        """
        told = self.customer_id._who_is_told()
        for customer in self.customer_id.filtered(lambda customer: not told[customer]):
            night._note_failure(
                "papers",
                customer,
                self.env._("Nobody who may open the customer can be asked for a new paper."),
            )
        asked = self.filtered(lambda document: told[document.customer_id])
        vals_list = []
        for document in asked:
            user = told[document.customer_id]
            vals_list.append(document.with_context(lang=user.lang)._prepare_call_vals(user, night.date))
        made = self.env["loan.customer"]._give_quietly(vals_list)
        for document, activity in zip(asked, made, strict=True):
            document.activity_id = activity
        for day, documents in asked.grouped("date_expiry").items():
            documents.reminded_expiry = day

    def _prepare_call_vals(self, user, today):
        day = format_date(self.env, self.date_expiry)
        if self.date_expiry < today:
            summary = self.env._("%(paper)s has expired on %(day)s", paper=self.type_id.name, day=day)
        else:
            summary = self.env._("%(paper)s expires on %(day)s", paper=self.type_id.name, day=day)
        return {
            "res_id": self.customer_id.id,
            "activity_type_id": self.env.ref("loan_crm.mail_activity_type_papers").id,
            "summary": summary,
            "note": self.env._("Ask the customer for a new one, check it, and add it on the page Papers."),
            "date_deadline": max(today, self.date_expiry - timedelta(7)),
            "user_id": user.id,
            "automated": True,
        }
