from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.listing import listed

# Not decided yet: the customer is still their manager's, and the receiver sees them already.
_OPEN = ("open", "introduced")


class LoanHandoverItem(models.Model):
    """One customer of a handover: begins with the brief, ends when the receiver accepts or sends them back."""

    _name = "loan.handover.item"
    _inherit = ["loan.access.mixin", "loan.letter.mixin", "loan.lifecycle.mixin"]
    _description = "Customer Handed Over"
    _order = "state, handover_id desc, id"
    _rec_name = "customer_id"
    _check_company_auto = True

    handover_id = fields.Many2one(
        "loan.handover", "Handover", required=True, readonly=True, index=True, ondelete="cascade"
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="handover_id.company_id", store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related="customer_id.partner_id", string="Contact")
    former_user_id = fields.Many2one(
        "res.users", "Hands Over", required=True, readonly=True, index=True, ondelete="restrict"
    )
    receiver_user_id = fields.Many2one(
        "res.users", "Takes Over", required=True, readonly=True, index=True, ondelete="restrict"
    )
    date_by = fields.Date(related="handover_id.date_by")
    state = fields.Selection(
        [
            ("open", "To Prepare"),
            ("introduced", "Introduced"),
            ("accepted", "Accepted"),
            ("declined", "Sent Back"),
            ("overtaken", "Went Elsewhere"),
            ("cancelled", "Called Off"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="open",
        group_expand="_expand_states",
    )
    brief = fields.Html(related="customer_id.brief", related_sudo=False, sanitize=False)
    former_note = fields.Text(
        "From the Former Manager",
        help="What the papers do not tell: how they like to be spoken to, what was said between the lines.",
    )
    check_ids = fields.Many2many(related="handover_id.check_ids")
    done_check_ids = fields.Many2many(
        "loan.handover.check",
        "loan_handover_item_check_rel",
        string="Done",
        domain="[('id', 'in', check_ids)]",
        help="Tick what has been seen to; the customer can be accepted when nothing is left.",
    )
    checks_left = fields.Integer("Checks Left", compute="_compute_checks_left")
    is_mine = fields.Boolean("To Be Accepted by Me", compute="_compute_is_mine")
    call_activity_id = fields.Many2one(
        "mail.activity", "Joint Call", readonly=True, ondelete="set null", index="btree_not_null"
    )
    introduced_on = fields.Date("Introduced On", readonly=True)
    accepted_at = fields.Datetime("Accepted On", readonly=True)
    accepted_user_id = fields.Many2one(
        "res.users",
        "Accepted By",
        readonly=True,
        ondelete="set null",
        help="Whoever takes over, or while they are away who acts for them.",
    )
    decline_reason = fields.Text(
        "Sent Back Because", help="The former manager reads it, and mends it or talks to you."
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Letter Filed Under",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="So that an answer to the letter is filed, and answered, like any other about the loan.",
    )
    letter_message_id = fields.Many2one(
        "mail.message", "Letter", readonly=True, ondelete="set null", index="btree_not_null"
    )
    letter_hold_reason = fields.Selection(
        [
            ("none", "No letter was wanted"),
            ("no_loan", "The customer has no loan yet"),
            ("no_address", "No valid email address"),
            ("blacklisted", "The address is on the blacklist"),
            ("no_template", "The letter is switched off"),
            ("call_first", "The customer is called before anything is written"),
        ],
        "Not Written To Because",
        readonly=True,
    )

    _one_open = models.UniqueIndex(
        "(customer_id) WHERE state IN ('open', 'introduced')", "This customer is being handed over already."
    )

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("open", "introduced"),
            *((state, end) for state in _OPEN for end in ("accepted", "declined", "overtaken", "cancelled")),
        }

    @api.model
    def _expand_states(self, states, domain):
        # The way of a customer is to be seen although nobody stands at a place of it; the sidetracks are not.
        known = [key for key, _label in self._fields["state"].selection]
        return [key for key in known if key in states or key in (*_OPEN, "accepted")]

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            name
            for name, field in self._fields.items()
            if field.store and name not in ("former_note", "done_check_ids", "decline_reason", "state")
        }

    @api.depends("done_check_ids", "handover_id.check_ids")
    def _compute_checks_left(self):
        for item in self:
            asked = item.handover_id.check_ids.filtered("required")
            item.checks_left = len(asked - item.done_check_ids)

    @api.depends("receiver_user_id", "state")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        open_items = self.filtered(lambda item: item.state in _OPEN)
        mine = open_items._mine_to_accept()
        for item in self:
            item.is_mine = item in mine

    def _mine_to_accept(self):
        """Return those that the user can accept: as who takes over, or as who acts while that one is away today.

        In their place acts who is named in their cover, else the deputy the customer will have.
        """
        user = self.env.user
        mine = self.filtered(lambda item: item.receiver_user_id == user)
        others = self - mine
        found = {
            (cover.company_id, cover.manager_user_id): cover
            for cover in self.env["loan.cover"]._covers_today(others.receiver_user_id)
        }
        if not found:
            return mine
        # As superuser: who is named as deputy counts, whoever looks.
        lines = {}
        for item_sudo in others.sudo():
            cover = found.get((item_sudo.company_id, item_sudo.receiver_user_id))
            if cover:
                deputy = item_sudo.handover_id.deputy_user_id or item_sudo.customer_id.deputy_user_id
                lines[item_sudo.sudo(False)] = [each for each in (cover.deputy_user_id, deputy) if each]
        people = self.env["res.users"].union(*(each for line in lines.values() for each in line))
        away = {
            (cover.company_id, cover.manager_user_id)
            for cover in self.env["loan.cover"]._covers_today(people)
        }
        # As superuser: a conflict of interest counts, whoever looks.
        barred = self.env["loan.conflict"].sudo()._barred(others.sudo().customer_id)
        for item, line in lines.items():
            there = [each for each in line if each.active and (item.company_id, each) not in away]
            if there and there[0] == user and user.id not in barred.get(item.customer_id.id, ()):
                mine |= item
        return mine

    def write(self, vals):
        if not self.env.su and (closed := self.filtered(lambda item: item.state not in _OPEN)):
            raise UserError(
                self.env._(
                    "%s: the handover is over, nothing of it is changed any more.",
                    listed(closed.mapped("display_name"), self.env.lang),
                )
            )
        return super().write(vals)

    # ------------------------------------------------------------ from start to end

    def _begin(self):
        """Let the receiver see the customers, and give each a to-do for a joint call; called as superuser."""
        for receiver, items in self.grouped("receiver_user_id").items():
            items.customer_id.incoming_user_id = receiver
        calling = self.filtered("handover_id.call")
        if not calling:
            return
        customer_model = self.env["ir.model"]._get("loan.customer").id
        kind = self.env.ref("mail.mail_activity_data_call").id
        # The receiver hears of all of them at once, by the handover; a mail for each call would only be noise.
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        vals_list = []
        for item in calling:
            user = item.former_user_id if item.former_user_id.active else item.receiver_user_id
            told = self.with_context(lang=user.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": customer_model,
                    "res_id": item.customer_id.id,
                    "activity_type_id": kind,
                    "date_deadline": item.handover_id.date_by,
                    "user_id": user.id,
                    "summary": told.env._(
                        "Joint call with %(receiver)s", receiver=item.receiver_user_id.name
                    ),
                    "note": Markup("<p>%s</p>")
                    % told.env._("Introduce the new manager to the customer, then note it in the handover."),
                }
            )
        for item, activity in zip(calling, activities.create(vals_list), strict=True):
            item.call_activity_id = activity

    def action_introduce(self):
        """Note that the customer has been introduced to the receiver."""
        self._check_takes_part()
        # As superuser: a status is moved by its verbs alone, and the to-do may be the other side's.
        items_sudo = self.sudo()
        items_sudo._move_to("introduced", start="open")
        for company, items in items_sudo.grouped("company_id").items():
            items.introduced_on = company._loan_today()
        items_sudo.call_activity_id.filtered("active").action_feedback()
        return True

    def action_tick_all(self):
        """Tick the whole checklist, for somebody who has seen to all of it."""
        self._check_takes_part()
        for handover, items in self.grouped("handover_id").items():
            items.done_check_ids = handover.check_ids
        return True

    def _check_takes_part(self):
        """Refuse whoever is neither side of the handover nor a lead who sees it."""
        self.check_access("write")
        user = self.env.user
        if self.env.su or user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        if (
            self.filtered(lambda item: user not in (item.former_user_id, item.receiver_user_id))
            - self._mine_to_accept()
        ):
            raise UserError(
                self.env._("Only the two managers of a handover, or their lead, note its progress.")
            )

    def action_accept(self):
        """Take the customers over: from now on they are the receiver's. Who acts for them does it in their place."""
        self.check_access("write")
        others = self.browse() if self.env.su else self - self._mine_to_accept()
        if others:
            raise UserError(
                self.env._(
                    "Only %s can accept what is handed over to them.",
                    listed(others.receiver_user_id.mapped("name"), self.env.lang),
                )
            )
        if unready := self.filtered("checks_left"):
            missing = unready.check_ids.filtered("required")
            raise UserError(
                self.env._(
                    "Before %(customers)s can be accepted, this is to be ticked: %(checks)s.",
                    customers=unready.customer_id._named(),
                    checks=listed(
                        (missing & unready.check_ids)
                        .filtered(lambda check: any(check not in item.done_check_ids for item in unready))
                        .mapped("name"),
                        self.env.lang,
                    ),
                )
            )
        self._accept()
        return True

    def _accept(self):
        # As superuser: a status is moved by its verbs alone. First, so that the change of manager below finds no
        # open handover that it would overtake; a second click finds nothing to move and is refused.
        items_sudo = self.sudo()
        items_sudo._move_to("accepted")
        items_sudo.write({"accepted_at": fields.Datetime.now(), "accepted_user_id": self.env.uid})
        items_sudo.call_activity_id.filtered("active").unlink()  # nobody calls jointly with themselves
        for handover, items in items_sudo.grouped("handover_id").items():
            because = dict(handover._fields["cause"]._description_selection(self.env))[handover.cause]
            reason = (
                self.env._("%(reason)s: %(note)s", reason=because, note=handover.reason)
                if handover.reason
                else because
            )
            receiver = handover.receiver_user_id
            if not self.env.su and receiver != self.env.user:
                reason = self.env._(
                    "%(reason)s; accepted by %(deputy)s for %(receiver)s",
                    reason=reason,
                    deputy=self.env.user.name,
                    receiver=receiver.name,
                )
            # As superuser: until now they are the former manager's to give; `action_accept` has asked who accepts.
            customers = items.customer_id.with_context(mail_auto_subscribe_no_notify=True)
            customers._assign(
                receiver,
                kind="handover",
                reason=reason,
                deputy=handover.deputy_user_id or None,
            )
        items_sudo.customer_id.incoming_user_id = False
        items_sudo._introduce_by_letter()
        items_sudo.handover_id._end_when_done()

    def action_decline(self):
        """Send customers back to whoever started the handover, with the reason."""
        self.check_access("write")
        for item in self:
            if item.receiver_user_id != self.env.user and not self.env.su:
                raise UserError(
                    self.env._(
                        "Only %s can send back what is handed over to them.", item.receiver_user_id.name
                    )
                )
            if not (item.decline_reason or "").strip():
                raise UserError(self.env._("Say why you send %s back.", item.display_name))
        items_sudo = self.sudo()  # a status is moved by its verbs alone
        items_sudo._leave("declined")
        for handover_sudo, items in items_sudo.grouped("handover_id").items():
            starter = handover_sudo.started_user_id
            told = handover_sudo.with_context(lang=starter.lang or self.env.lang)
            # Numbers only: whoever started it may look after them no more.
            told.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=handover_sudo.company_id._loan_today(),
                summary=told.env._(
                    "%(receiver)s sent customers back: %(count)s",
                    receiver=handover_sudo.receiver_user_id.name,
                    count=len(items),
                ),
                note=told.env._("The reasons stand in the handover. Their manager has stayed accountable."),
                user_id=starter.id,
            )
        return True

    def _leave(self, state):
        """End these without a change of manager: the receiver's sight ends; called as superuser."""
        self._move_to(state)
        self.customer_id.incoming_user_id = False
        self.call_activity_id.filtered("active").unlink()
        self.handover_id.filtered(lambda handover: not handover.left_count)._end_when_done()

    @api.model
    def _overtake(self, customers):
        """End the handovers of customers that have got another manager meanwhile.

        :param customers: `loan.customer` whose manager has just changed
        """
        # As superuser: whoever gives a customer to somebody need not know of the handover.
        open_sudo = self.sudo().search(
            Domain("customer_id", "in", customers.ids) & Domain("state", "in", _OPEN)
        )
        if open_sudo:
            open_sudo._leave("overtaken")

    # ------------------------------------------------------------ the letter

    def _introduce_by_letter(self):
        """Queue the letter that introduces the new manager; who cannot be written to is called; as superuser."""
        template = self.env.ref("loan_crm.mail_template_handover", raise_if_not_found=False)
        loans = self.env["loan.contract"].search(
            [("customer_id", "in", self.customer_id.ids), ("state", "in", ("active", "closed"))],
            order="state, next_due_date, id",
        )
        first = {}
        for loan in loans:
            first.setdefault(loan.customer_id, loan)
        speaking = self.browse()
        for item in self:
            item.contract_id = first.get(item.customer_id)
            reason = item._silence_reason(template)
            item.letter_hold_reason = reason
            if not reason:
                item.signed_user_id = item.customer_id.acting_user_id
                speaking |= item
        if speaking:
            mails = speaking._queue_letter_mails(template)
            for mail, item in zip(mails, speaking, strict=True):
                item.letter_message_id = mail.mail_message_id
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        (self - speaking).filtered(lambda item: item.letter_hold_reason != "none")._ask_to_call()

    def action_write(self):
        """Send the letter to customers who were to be called before, by whoever looks after them now."""
        self.check_access("write")
        self.customer_id.check_access("write")
        waiting = self.filtered(
            lambda item: item.state == "accepted" and item.letter_hold_reason == "call_first"
        )
        if not waiting:
            raise UserError(self.env._("There is no letter that waits for a call."))
        self.lock_for_update()  # of two clicks one sends it
        # As superuser: what has become of the letter is noted by the system alone.
        items_sudo = waiting.sudo()
        for company, items in items_sudo.grouped("company_id").items():
            items.introduced_on = company._loan_today()
        items_sudo._introduce_by_letter()
        return True

    def _silence_reason(self, template):
        """Return why a borrower is not written to, or False."""
        self.ensure_one()
        partner = self.partner_id
        if not self.handover_id.letter:
            return "none"
        if not (template and template.active):
            return "no_template"
        if not self.contract_id:
            return "no_loan"
        if not partner.active or not partner.email_normalized:
            return "no_address"
        if partner.is_blacklisted:
            return "blacklisted"
        # Who was there when the two managers called has been called.
        return "call_first" if self.customer_id._is_called_first() and not self.introduced_on else False

    def _ask_to_call(self):
        """Ask the new managers to introduce themselves by telephone where no letter was written."""
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        customer_model = self.env["ir.model"]._get("loan.customer").id
        kind = self.env.ref("mail.mail_activity_data_call").id
        reasons = {
            item: dict(item._fields["letter_hold_reason"]._description_selection(item.env))[
                item.letter_hold_reason
            ]
            for item in self.with_context(lang=self.receiver_user_id[:1].lang or self.env.lang)
        }
        activities.create(
            [
                {
                    "res_model_id": customer_model,
                    "res_id": item.customer_id.id,
                    "activity_type_id": kind,
                    "date_deadline": item.company_id._loan_today(),
                    "user_id": item.receiver_user_id.id,
                    "summary": item.env._("Introduce yourself"),
                    "note": Markup("<p>%s</p>")
                    % item.env._("No letter about the change of manager was written: %s.", reason),
                }
                for item, reason in reasons.items()
            ]
        )

    # ------------------------------------------------------------ screens

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }
