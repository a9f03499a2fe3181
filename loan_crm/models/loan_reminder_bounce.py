from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize


class LoanReminderBounce(models.Model):
    """An address that letters come back from: begins with the first that does, ends when a person mends it.

    While it is open, and while the contact still has this very address, letters to it are held. Nothing is copied to
    the contact and no job runs, so a corrected address is written to from the next round on. The person who
    acts for the customer gets one to-do for it, however many letters come back.
    """

    _name = "loan.reminder.bounce"
    _inherit = ["loan.mine.first.mixin", "loan.access.mixin"]
    _description = "Bounced Address"
    _order = "mended_at desc, bounced_at desc, id desc"  # what is not mended comes first
    _rec_name = "email"
    _rec_names_search = ["email", "customer_id.name", "contract_id.name"]
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        help="Whose address it is: the borrower's, or that of somebody who gets copies.",
    )
    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, readonly=True, ondelete="restrict", index=True
    )
    reminder_id = fields.Many2one(
        "loan.reminder", "Reminder", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict", index=True)
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    email = fields.Char("Address", required=True, readonly=True, help="As letters came back from it.")
    current_email = fields.Char(related="partner_id.email", string="Address Now")
    first_at = fields.Datetime("First Came Back", required=True, readonly=True)
    bounced_at = fields.Datetime("Last Came Back", required=True, readonly=True)
    count = fields.Integer("Times", required=True, readonly=True, default=1)
    said = fields.Text("The Other Server Said", readonly=True)
    state = fields.Selection(
        [("open", "To Mend"), ("mended", "Mended"), ("superseded", "Not in Use Any More")],
        "Status",
        required=True,
        readonly=True,
        default="open",
    )
    stops = fields.Boolean(
        "Stops Letters",
        compute="_compute_stops",
        search="_search_stops",
        help="Open, and the contact still has this address.",
    )
    mended_at = fields.Datetime("Mended At", readonly=True)
    mended_user_id = fields.Many2one("res.users", "Mended By", readonly=True, ondelete="restrict")
    activity_id = fields.Many2one(
        "mail.activity", "To-Do", readonly=True, ondelete="set null", index="btree_not_null"
    )

    # Also what a round asks for each borrower.
    _open_once = models.UniqueIndex(
        "(customer_id, email) WHERE state = 'open'", "This address is noted as bounced already."
    )

    @api.model
    def _first_choices(self):
        return "loan_crm.loan_reminder_bounce_action", [("mine", "open"), ("open",)]

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "later",
            "why": self.env._("Told where a customer could not be reached; nobody needs it for the books."),
        }

    @api.depends("state", "email", "partner_id.email_normalized")
    def _compute_stops(self):
        for bounce in self:
            bounce.stops = bounce.state == "open" and bounce.partner_id.email_normalized == bounce.email

    @api.model
    def _search_stops(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "open") & Domain.custom(
            to_sql=lambda model, alias, _query: SQL(
                "EXISTS (SELECT FROM res_partner partner WHERE partner.id = %s AND partner.email_normalized = %s)",
                SQL.identifier(alias, "partner_id"),
                SQL.identifier(alias, "email"),
            ),
            predicate=lambda bounce: bounce.stops,
        )

    # ------------------------------------------------------------ noting

    @api.model
    def _note(self, contract, email, said, partner=None, reminders=None):
        """Note that letters to an address come back; the first time, ask the acting person to mend it.

        :param contract: the one `loan.contract` the letter was about
        :param str email: the address, in any spelling
        :param str said: what the other mail server said
        :param partner: whose address it is; the borrower by default
        :param reminders: the `loan.reminder` records the letter carried, to mark them; None for another letter
        :return: the open bounce
        """
        contract.ensure_one()
        # As superuser: noted by the mail gateway and the mail queue, entered by nobody.
        bounces_sudo = self.sudo()
        reminders_sudo = (self.env["loan.reminder"] if reminders is None else reminders).sudo()
        contract_sudo = contract.sudo()
        customer_sudo = contract_sudo.customer_id
        now = fields.Datetime.now()
        bounces_sudo.flush_model()
        reminders_sudo.write({"bounced_at": now})
        # One statement, so that two reports at once are counted on one record.
        [(bounce_id, opened)] = self.env.execute_query(
            SQL(
                """
                INSERT INTO loan_reminder_bounce (
                    customer_id, partner_id, contract_id, reminder_id, company_id, email, first_at, bounced_at, count,
                    said, state, create_uid, write_uid, create_date, write_date)
                VALUES (%(customer)s, %(partner)s, %(contract)s, %(reminder)s, %(company)s, %(email)s, %(now)s, %(now)s,
                        1, %(said)s, 'open', %(uid)s, %(uid)s, %(now)s, %(now)s)
                ON CONFLICT (customer_id, email) WHERE state = 'open'
                DO UPDATE SET count = loan_reminder_bounce.count + 1, bounced_at = excluded.bounced_at,
                              said = excluded.said, contract_id = excluded.contract_id,
                              reminder_id = COALESCE(excluded.reminder_id, loan_reminder_bounce.reminder_id),
                              write_uid = excluded.write_uid, write_date = excluded.write_date
                RETURNING id, count = 1
                """,
                customer=customer_sudo.id,
                partner=(partner or customer_sudo.partner_id).id,
                contract=contract_sudo.id,
                reminder=reminders_sudo[:1].id or None,
                company=contract_sudo.company_id.id,
                email=email_normalize(email),
                now=now,
                said=said or None,
                uid=self.env.uid,
            )
        )
        bounces_sudo.invalidate_model()
        self.env["loan.customer"].invalidate_model(["bounce_ids", "bounce_count"])
        bounce_sudo = bounces_sudo.browse(bounce_id)
        if opened:
            bounce_sudo._ask_to_mend()
        return bounce_sudo.with_env(self.env)

    def _ask_to_mend(self):
        """Give a to-do, with the address and the way to mend it, to whoever acts for the customer."""
        self.ensure_one()
        user = self.contract_id._who_answers()
        if not user:
            return
        told = self.with_context(lang=user.lang or self.env.lang)
        note = Markup('<p>%s</p><p><a href="/odoo/loan-bounces/%s">%s</a></p>') % (
            told.env._(
                "Letters to %(email)s come back, so %(name)s gets none any more. Ask for the right address.",
                email=self.email,
                name=self.partner_id.name,
            ),
            self.id,
            told.env._("Mend the address"),
        )
        self.activity_id = self.customer_id.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company_id._loan_today(),
            summary=told.env._("Address bounced: %s", self.email),
            note=note,
            user_id=user.id,
        )

    @api.model
    def _ask_about_letter(self, contract, partner, said):
        """Ask whoever acts for the customer to reach them otherwise: one letter came back, the address may be right."""
        user = contract._who_answers()
        if not user:
            return
        told = self.with_context(lang=user.lang or self.env.lang)
        contract.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=contract.company_id._loan_today(),
            summary=told.env._("A letter came back"),
            note=Markup("<p>%s</p><p>%s</p>")
            % (
                told.env._(
                    "The mail server of %s did not take a letter, though the address may be right. Letters go on; "
                    "please tell them yourself what this one said.",
                    partner.name,
                ),
                said,
            ),
            user_id=user.id,
        )

    # ------------------------------------------------------------ mending

    def action_mend(self):
        """Open the form that takes the new address."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_bounce_mend_action")
        action["context"] = {"default_bounce_id": self.id}
        return action

    def action_try_again(self):
        """Take these addresses for right after all, and write again what came back."""
        self._check_may_mend()
        return self._tell_mended(self._mend())

    def action_open_customer(self):
        self.ensure_one()
        return self.contract_id.action_open_customer()

    def _check_may_mend(self):
        self.check_access("read")
        self.customer_id.check_access("write")  # writing to a borrower is for those who look after them
        if self.filtered(lambda bounce: bounce.state != "open"):
            raise UserError(self.env._("This address is mended already, or not in use any more."))

    def _mend(self):
        """Put on record that a person has mended these addresses, and write again the letters that came back.

        :return: how many letters are written again, and how many it is too late for
        """
        # As superuser: who mended it is noted, not entered; letters are written by verbs only.
        self.sudo()._end("mended", self.env.user)
        return self.sudo()._write_again()

    @api.model
    def _supersede(self, partners):
        """End the open bounces of contacts who have another address by now.

        :param partners: `res.partner` records whose address was written
        """
        open_ = self.search([("partner_id", "in", partners.ids), ("state", "=", "open")])
        open_.filtered(lambda bounce: not bounce.stops)._end("superseded", self.env.user)

    def _end(self, state, user):
        if not self:
            return
        todos = self.activity_id.filtered("active")
        self.write({"state": state, "mended_at": fields.Datetime.now(), "mended_user_id": user.id})
        self.customer_id.invalidate_recordset(["bounce_ids", "bounce_count"])
        todos.action_feedback()

    def _write_again(self):
        addresses = {(bounce.customer_id.id, bounce.email) for bounce in self}
        returned = self.env["loan.reminder"].search(
            [
                ("customer_id", "in", self.customer_id.ids),
                ("bounced_at", ">=", min(self.mapped("first_at"))),
                ("state", "in", ("sent", "failed")),
            ],
            order="id",
        )
        returned = returned.filtered(
            lambda reminder: (reminder.customer_id.id, email_normalize(reminder.email_to)) in addresses
        )
        late = returned.filtered(lambda reminder: reminder._is_too_late())
        again = returned - late
        if again:
            again.attempts = 0
            again._write_by_hand()
        return len(again.filtered(lambda reminder: reminder.state == "queued")), len(late)

    def _tell_mended(self, letters):
        """Return the note a person reads after mending.

        :param letters: as `_mend` returns them
        """
        again, late = letters
        message = self.env._("Letters go out again. Written anew: %s.", again)
        if late:
            message = self.env._(
                "Letters go out again. Written anew: %(again)s. Too late by now: %(late)s; please call.",
                again=again,
                late=late,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if late else "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"company_id"}
