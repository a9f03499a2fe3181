from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core.listing import listed

# Tables that only carry what is said to a contact or about it: they do not keep it in use.
_NO_USE = (
    "mail.",
    "discuss.",
    "bus.",
    "ir.",
    "rating.rating",
    "res.partner.bank",
    "survey.user_input",
    "calendar.attendee",
)


class LoanErasureMixin(models.AbstractModel):
    """A customer is forgotten, as far as the law lets a lender forget, and the books go on adding up.

    Each model answers by `_get_erasure_plan` what becomes of its records: which words go at once, which when the
    time is over that loan records are kept for, what is deleted, and what stays as mere figures. The profile stays
    as an empty shell with its number, so that ledgers still know one borrower from another; nothing tells
    who it was.
    """

    _name = "loan.erasure.mixin"
    _description = "Erasing a Customer"

    erase_on = fields.Date(
        "Erase On",
        readonly=True,
        copy=False,
        help="Until then the law asks the lender to keep the records of the loans.",
    )
    erased_on = fields.Date("Erased On", readonly=True, copy=False)

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"erase_on", "erased_on"}

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "now": {
                **dict.fromkeys(
                    (
                        "note",
                        "needs",
                        "needs_on",
                        "do_not_mention",
                        "dialect_id",
                        "source_id",
                        "assist_note",
                        "birthday",
                        "referrer_partner_id",
                    )
                ),
                **dict.fromkeys(
                    (
                        "assisted",
                        "assist_large_print",
                        "assist_slowly",
                        "assist_in_person",
                        *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
                    ),
                    False,
                ),
            },
            "later": {**super()._get_erasure_plan()["later"], "former_references": None, "region_id": None},
            "why": self.env._(
                "Number, kind, segment and managers stay, so that the books tell one borrower from another."
            ),
        }

    def write(self, vals):
        if vals.get("active"):
            for customer in self.filtered(lambda customer: customer.merged_into_id and not customer.active):
                raise UserError(
                    self.env._(
                        "%s was merged into another profile and cannot come back.", customer.reference or ""
                    )
                )
            for customer in self.filtered("erased_on"):
                raise UserError(
                    self.env._(
                        "%s was erased and cannot come back. Make a new profile.", customer.reference or ""
                    )
                )
        return super().write(vals)

    def _merge_refusal(self):
        if gone := self.filtered(lambda customer: customer.erased_on or customer.erase_on):
            return self.env._("%s is being erased, or has been.", gone[0]._merge_label())
        # As superuser: that somebody has asked for it counts, whoever merges.
        asked_sudo = self.env["loan.customer.erasure"].sudo()
        if asked_sudo.search_count(
            [("customer_id", "in", self.ids), ("state", "in", ("requested", "waiting"))], limit=1
        ):
            return self.env._("Somebody has asked to erase one of them. That is decided first.")
        return super()._merge_refusal()

    # ------------------------------------------------------------ what it would be

    @api.model
    def _erasure_models(self):
        """Return the models whose records belong to a customer, each asked for its plan."""
        names = [
            name
            for name, model in self.env.registry.items()
            if name in self.env["ir.model"]._loan_protected()
            and model._auto
            and model._loan_key in model._fields  # a conflict of interest follows a contact and goes with it
            and name != "loan.customer.erasure"
        ]
        # As superuser: the plan is carried out, or counted, for the whole of a customer.
        return [self.env[name].sudo().with_context(active_test=False) for name in sorted(names)]

    def _erasure_rows(self, model):
        """Return the records of a model that belong to this customer."""
        return model.search([(model._loan_key, "=", self.id)])

    def _erasure_kept_until(self):
        """Return the day until which the records of the loans are kept, or None where there never was one."""
        self.ensure_one()
        # As superuser: which loans there were is asked for the whole of a customer.
        contracts_sudo = self.sudo().contract_ids.filtered(lambda contract: contract.state == "closed")
        ended = [
            max(
                contract.repayment_ids.filtered(lambda paid: paid.state == "posted").mapped("date"),
                default=None,
            )
            or contract.last_due_date
            or contract.start_date
            for contract in contracts_sudo
        ]
        if not ended:
            return None
        return max(ended) + relativedelta(years=self.company_id.loan_retention_years)

    def _erasure_refusal(self):
        """Return why this customer cannot be erased now, in the user's words, or False."""
        self.ensure_one()
        if self.erased_on:
            return self.env._("%s has been erased already.", self.reference)
        # As superuser: a loan that is hidden from whoever asks is a loan.
        running = self.sudo().contract_ids.filtered(lambda contract: contract.state in ("active", "draft"))
        if running:
            return self.env._(
                "%(customer)s has a loan that is running or being drawn up: %(loans)s. Close or cancel it first.",
                customer=self.reference,
                loans=listed(running.mapped("display_name"), self.env.lang),
            )
        if self.incoming_user_id:
            return self.env._("%s is being handed over. Finish or cancel the handover first.", self.reference)
        return False

    def _erasure_preview(self):
        """Return what would become of this customer's records, model by model: dicts for the lines of a form."""
        self.ensure_one()
        lines = []
        for model in self._erasure_models():
            count = model.search_count([(model._loan_key, "=", self.id)])
            if not count:
                continue
            plan = model._get_erasure_plan()
            if plan["delete"]:
                what = self.env._("Deleted at once") if plan["delete"] == "now" else self.env._("Deleted")
            elif plan["now"]:
                what = self.env._("Words emptied, some at once")
            elif plan["later"]:
                what = self.env._("Words emptied")
            else:
                what = self.env._("Kept as it is")
            lines.append(
                {
                    "label": self.env["ir.model"]._get(model._name).name,
                    "count": count,
                    "what": what,
                    "why": plan["why"],
                }
            )
        messages = sum(
            len(self._erasure_rows(model).message_ids)
            for model in self._erasure_models()
            if "message_ids" in model._fields
        )
        if messages:
            lines.append(
                {
                    "label": self.env._("Messages"),
                    "count": messages,
                    "what": self.env._("Deleted"),
                    "why": self.env._("With their files, notes, activities and followers."),
                }
            )
        partner_sudo = self.sudo().partner_id
        used = self._contact_used_by(partner_sudo)
        lines.append(
            {
                "label": self.env._("Contact"),
                "count": 1,
                "what": self.env._("Kept as it is") if used else self.env._("Emptied"),
                "why": self.env._(
                    "Odoo still uses it elsewhere (%s). The profile lets go of it.",
                    listed(used, self.env.lang),
                )
                if used
                else self.env._("Nothing else uses it."),
            }
        )
        return lines

    # ------------------------------------------------------------ asking for it

    def action_erase(self):
        """Show what erasing this customer would do, before somebody asks for it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase Customer"),
            "res_model": "loan.customer.erase",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_customer_id": self.id},
        }

    def _request_erasure(self, basis):
        """Ask for this customer to be erased; a second person has to confirm.

        :param str basis: of `loan.customer.erasure`
        :raise AccessError: for anybody but a compliance officer
        :raise UserError: when it cannot be
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Erasing a customer is asked for by a compliance officer."))
        if refusal := self._erasure_refusal():
            raise UserError(refusal)
        # As superuser: an erasure is written by its verbs alone.
        return (
            self.env["loan.customer.erasure"]
            .sudo()
            .create(
                {
                    "customer_id": self.id,
                    "reference": self.reference,
                    "basis": basis,
                    "requested_user_id": self.env.uid,
                    "requested_at": fields.Datetime.now(),
                    "erase_on": self._erasure_kept_until(),
                }
            )
            .sudo(False)
        )

    # ------------------------------------------------------------ doing it

    def _forget(self, complete):
        """Carry the plan out on this customer, as superuser.

        :param bool complete: all of it, or only what need not be kept for the books
        :return: counts of what was emptied and deleted, by model
        """
        self.ensure_one()
        counts = defaultdict(int)
        self.env.flush_all()
        for model in self._erasure_models():
            rows, plan = self._erasure_rows(model), model._get_erasure_plan()
            if not rows:
                continue
            if plan["delete"] == "now" or (plan["delete"] and complete):
                counts[model._name] += len(rows)
                if "message_ids" in model._fields:
                    self._forget_thread(model, rows, counts)
                rows.with_context(tracking_disable=True).unlink()
                continue
            values = {**plan["now"], **(plan["later"] if complete else {})}
            if values:
                counts[model._name] += len(rows)
                self._empty_columns(model, rows.ids, values)
            if complete:
                self._forget_thread(model, rows, counts)
        # A deal may be about several customers, so it hangs on none of them by a column.
        deals = self.env["loan.access.deal"].with_context(active_test=False)
        deals = deals.search([("customer_ids", "in", self.ids)])
        if deals:
            self._empty_columns(deals, deals.ids, {"wanted": None})
            if complete:
                self._forget_thread(deals, deals, counts)
        self.env.invalidate_all()
        if complete:
            self._forget_contact(counts)
        self.tag_ids = False
        return dict(counts)

    def _empty_columns(self, model, ids, values):
        """Set columns of many records in one statement; nothing of it is tracked."""
        model.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(model._table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in sorted(values.items())
                ),
                list(ids),
            )
        )
        model.invalidate_model()

    def _forget_thread(self, model, rows, counts):
        """Delete what hangs on records of any kind: messages, files, activities, followers, ratings."""
        for name in sorted(self.env.registry):
            other = self.env[name]
            if other._abstract or not other._auto or name == "ir.model.data":
                continue
            for field in other._fields.values():
                if (
                    field.type != "many2one_reference"
                    or not field.store
                    or field.model_field not in other._fields
                ):
                    continue
                # As superuser: they were everybody's, and go all alike.
                found_sudo = (
                    other.sudo()
                    .with_context(active_test=False, skip_res_field_check=True)
                    .search([(field.model_field, "=", model._name), (field.name, "in", rows.ids)])
                )
                if found_sudo and name in ("mail.message", "ir.attachment", "mail.activity"):
                    counts[name] += len(found_sudo)
                found_sudo.unlink()

    @api.model
    def _contact_used_by(self, partner):
        """Return the names of what uses a contact beside this customer, in the user's language."""
        used = set()
        for name in sorted(self.env.registry):
            model = self.env[name]
            if (
                model._abstract
                or model._transient
                or not self.env.registry.is_an_ordinary_table(model)
                or name.startswith(_NO_USE)
            ):
                continue
            for field in model._fields.values():
                if field.type != "many2one" or not field.store or field.comodel_name != "res.partner":
                    continue
                if name == "res.partner":
                    # Its own addresses and people go with it; those it belongs to do not ask for it.
                    continue
                if name == "loan.conflict":
                    continue  # it says nothing more once the contact says nothing
                found = self.env.execute_query(
                    SQL(
                        "SELECT 1 FROM %s WHERE %s = %s AND %s LIMIT 1",
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                        partner.id,
                        self._contact_left_sql(model, field),
                    )
                )
                if found:
                    used.add(self.env["ir.model"]._get(name).name)
        return sorted(used)

    def _contact_left_sql(self, model, field):
        """Return the SQL of which records of a model still lead to the contact by a field when all is done."""
        if model._name in self.env["ir.model"]._loan_protected():
            return SQL("%s <> %s", SQL.identifier(model._loan_key), self.id)
        return SQL("TRUE")

    def _forget_contact(self, counts):
        """Empty the contact where nothing else uses it, or let the profile go on with one that says nothing."""
        partner = self.partner_id
        if not self._contact_used_by(partner):
            for person in partner | partner.child_ids.filtered(
                lambda child: not self._contact_used_by(child)
            ):
                self._empty_contact(person, counts)
            return
        neutral = partner.with_context(tracking_disable=True).create(
            {
                "name": self._forgotten_name(),
                "company_id": self.company_id.id,
                "is_company": partner.is_company,
                "active": False,
            }
        )
        self.env.flush_all()
        for model in self._erasure_models():
            for field in model._fields.values():
                if field.type == "many2one" and field.store and field.comodel_name == "res.partner":
                    self.env.cr.execute(
                        SQL(
                            "UPDATE %s SET %s = %s WHERE %s = %s AND %s = %s",
                            SQL.identifier(model._table),
                            SQL.identifier(field.name),
                            neutral.id,
                            SQL.identifier(model._loan_key),
                            self.id,
                            SQL.identifier(field.name),
                            partner.id,
                        )
                    )
        self.env.invalidate_all()
        self.env.add_to_compute(self._fields["name"], self)
        self.modified(["name"])
        self.env.flush_all()

    def _forgotten_name(self):
        return self.env._("Erased %s", self.reference)

    def _empty_contact(self, partner, counts):
        """Leave of a contact nothing that tells who it was."""
        kept = {"name", "lang", "tz", "type", "color", "active", "display_name", "complete_name"}
        values = {
            name: False
            for name, field in partner._fields.items()
            if field.store
            and not field.related
            and not (field.compute and field.readonly)
            and not field.required
            and not field.company_dependent
            and field.type in ("char", "text", "html", "date", "datetime", "binary", "many2one", "many2many")
            and field.comodel_name not in ("res.company", "res.users", "mail.message")
            and name not in kept
            and name not in models.MAGIC_COLUMNS
        }
        counts["res.partner"] += 1
        self._forget_thread(partner, partner, counts)
        conflicts_sudo = self.env["loan.conflict"].sudo()  # as all of this
        conflicts_sudo.with_context(tracking_disable=True).search([("partner_id", "=", partner.id)]).write(
            {"reason": self.env._("Erased")}
        )
        banks_sudo = self.env["res.partner.bank"].sudo().with_context(active_test=False)
        banks_sudo.search([("partner_id", "=", partner.id)]).unlink()
        partner.with_context(tracking_disable=True, no_vat_validation=True).write(
            {**values, "name": self._forgotten_name(), "active": False}
        )
        self.env.flush_all()
        # What they wrote elsewhere stays part of that talk, without their address.
        self.env.cr.execute(
            SQL("UPDATE mail_message SET email_from = NULL, reply_to = NULL WHERE author_id = %s", partner.id)
        )
        self._forget_answers(partner)
        self.env.invalidate_all()

    @api.model
    def _forget_answers(self, partner):
        """Keep what was answered in surveys as figures of nobody, and empty what was said in words."""
        # As superuser, as all here: surveys belong to others.
        inputs_sudo = self.env["survey.user_input"].sudo().search([("partner_id", "=", partner.id)])
        words_sudo = inputs_sudo.user_input_line_ids.filtered(
            lambda line: line.answer_type in ("text_box", "char_box")
        )
        words_sudo.unlink()
        inputs_sudo.write({"partner_id": False, "email": False, "nickname": False})
