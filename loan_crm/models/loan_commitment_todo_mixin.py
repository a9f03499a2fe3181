from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import commitments

# Travels in the context while the ledger gives a to-do, so that the to-do is not taken for another promise. An
# object's identity cannot be sent over RPC.
_GIVING = object()
_TODO = "loan_crm.mail_activity_type_promised"


class LoanCommitmentTodoMixin(models.AbstractModel):
    """Who has to do what was promised: its owner has a to-do, and a to-do of that kind is a promise.

    It goes to others with the duty. Whoever leads the team is told of what was broken.
    """

    _name = "loan.commitment.todo.mixin"
    _description = "To-Dos of What Was Promised"

    user_id = fields.Many2one(
        "res.users",
        "To Be Done By",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('share', '=', False)]",
        compute="_compute_user_id",
        inverse="_inverse_user_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Has the to-do. It goes to others with the duty: by a handover, or while somebody is away.",
    )
    # The to-dos it led to.
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )
    lead_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    @api.depends("activity_id.user_id")
    def _compute_user_id(self):
        for word in self:
            word.user_id = word.activity_id.user_id or word.user_id or word._default_owner()

    def _default_owner(self):
        """Return who does it unless somebody is named: who promises it, or of what a job notes, who acts."""
        user = self.env.user
        return self.customer_id.acting_user_id or user if user._is_superuser() else user

    def _inverse_user_id(self):
        for word in self:
            todo = word.activity_id
            if todo.active and todo.user_id != word.user_id:
                word._check_owner()
                # As superuser: who may write the promise gives its to-do.
                todo.sudo().with_context(mail_activity_quick_update=True).user_id = word.user_id

    def _check_owner(self):
        """Refuse an owner who may not see what is promised: a to-do tells a name to whoever gets it."""
        for word in self:
            user = word.user_id
            if not (user.active and word._place()._loan_seen_by(user)):
                raise UserError(
                    self.env._(
                        "%s does not see this customer. Choose somebody who looks after them.",
                        user.sudo().name,  # as superuser: the name of a colleague is no secret
                    )
                )

    @api.model
    def _is_giving(self):
        """Tell whether a to-do that is being made stands for a promise that is in the ledger already."""
        return self.env.context.get("loan_giving") is _GIVING

    def _give_todos(self):
        """Give each promise that nobody has as a to-do to its owner, or to who acts where that one sees it no more."""
        kind = self.env.ref(_TODO, raise_if_not_found=False)
        without = self.filtered(
            lambda word: (
                word.state in (*commitments.OPEN, "broken") and not (word.done_at or word.activity_id.active)
            )
        )
        if not kind or not without:
            return
        giving = self.env["mail.activity"].with_context(loan_giving=_GIVING, mail_activity_quick_update=True)
        for word in without:
            place = word._place()
            customer = word.customer_id
            line = (word.user_id, customer.acting_user_id, customer.team_id.user_id)
            user = word._first_to_see(line, place)
            word.activity_id = giving.create(
                {
                    "res_model_id": self.env["ir.model"]._get_id(place._name),
                    "res_id": place.id,
                    "activity_type_id": kind.id,
                    "summary": word.name,
                    "date_deadline": word.date_due,
                    "user_id": user.id,
                }
            )

    @api.model
    def _adopt(self, activities):
        """Put on record what was promised by planning a to-do of the kind “Promised to the Customer”.

        :param activities: `mail.activity` that have just been made
        """
        if self._is_giving():
            return
        kind = self.env.ref(_TODO, raise_if_not_found=False)
        promised = activities.filtered(
            lambda todo: (
                kind
                and todo.activity_type_id == kind
                and todo.active
                and todo.res_model in ("loan.customer", "loan.contract")
            )
        )
        if not promised or not (kind_id := self._default_kind_id()):
            return
        # As superuser: whoever may plan the to-do has promised it; an import of to-dos may name nobody.
        words_sudo = self.sudo()
        vals_list = []
        for todo in promised.sudo():
            place = self.env[todo.res_model].sudo().browse(todo.res_id)  # as above
            company = place.company_id
            vals_list.append(
                {
                    "name": todo.summary or kind.name,
                    "customer_id": (place if place._name == "loan.customer" else place.customer_id).id,
                    "contract_id": place.id if place._name == "loan.contract" else False,
                    "promised_on": min(company._loan_today(), todo.date_deadline),
                    "date_due": todo.date_deadline,
                    "user_id": (todo.user_id or self.env.user).id,
                    "activity_id": todo.id,
                    "kind_id": kind_id,
                    "shown": False,  # planned among colleagues: nobody has said that the borrower may read the words
                }
            )
        words_sudo.create(vals_list)

    @api.model
    def _default_kind_id(self):
        known = self.env.ref("loan_crm.loan_commitment_kind_other", raise_if_not_found=False)
        return (known or self._default_kind()).id

    def _tell_lead(self):
        """Ask the team's lead to look at what was broken; told once."""
        waiting = self.filtered(lambda word: not word.lead_activity_id)
        for word in waiting:
            place = word._place()
            user = word._first_to_see(word.customer_id.team_id.user_id, place)
            if not user:
                continue
            told = word.with_context(lang=user.lang or self.env.lang)
            word.lead_activity_id = place.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=word.company_id._loan_today(),
                summary=told.env._("We broke our word: %s", told.display_name),
                note=Markup("<p>%s</p>")
                % told.env._("%s was to do it. Make good what can be made good.", word.user_id.name),
                user_id=user.id,
            )

    @api.model
    def _settle_by_todos(self, activities, messages):
        """Note what was promised as done whose to-do was marked as done; the message of it is what shows it.

        :param activities: `mail.activity`, in the order their messages were posted in
        :param messages: `mail.message`
        """
        # As superuser: who may do the to-do has kept the word.
        words_sudo = self.sudo().search([("activity_id", "in", activities.ids), ("done_at", "=", False)])
        if not words_sudo:
            return
        left = list(messages.sudo())
        for word_sudo in words_sudo.sorted(lambda word: activities.ids.index(word.activity_id.id)):
            todo = word_sudo.activity_id
            found = next(
                (
                    message
                    for message in left
                    if (message.model, message.res_id) == (todo.res_model, todo.res_id)
                    and message.mail_activity_type_id == todo.activity_type_id
                ),
                self.env["mail.message"],
            )
            if found:
                left.remove(found)
            word_sudo._settle(fields.Datetime.now(), evidence_message_id=found.id)
