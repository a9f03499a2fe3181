from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core import letters, moments

# What may still be said, or said anew: no letter that left speaks of it.
_UNSAID = ("claimed", "held", "queued", "failed")


class LoanReminderPreview(models.TransientModel):
    """Look at a letter before anybody gets it: of a loan one may see, or of a borrower who does not exist.

    What is shown is written by the route of the round: a ledger's entry and its mail, made within a savepoint and
    rolled back. Nothing is sent, nothing stays, and the links are dead, as they would open the borrower's page.
    """

    _name = "loan.reminder.preview"
    _inherit = ["loan.guard.mixin"]
    _description = "Preview a Letter"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    contract_id = fields.Many2one(
        "loan.contract", "Loan", help="Empty: a borrower who does not exist, with figures made up."
    )
    step_id = fields.Many2one("loan.reminder.step", "Step", help="What the letter is written for.")
    template_id = fields.Many2one(
        "mail.template",
        "Letter",
        domain=[("model", "=", "loan.reminder")],
        help="Another one than the step's, to see how it would read. Empty: the step's own.",
    )
    reader_ids = fields.Many2many("res.partner", compute="_compute_reader_ids")
    partner_id = fields.Many2one(
        "res.partner", "Recipient", domain="[('id', 'in', reader_ids)]", help="Empty: the borrower."
    )
    role = fields.Selection(
        [("borrower", "Borrower"), ("co_borrower", "Co-borrower"), ("guarantor", "Guarantor")],
        "Written To",
        required=True,
        default="borrower",
        help="A co-borrower and a guarantor read other words.",
    )
    is_several = fields.Boolean(
        "Three Loans", help="As it looks when several loans fall due at once and stand in one letter."
    )
    is_debited = fields.Boolean(
        "Direct Debit", help="As it looks when the amount is debited: nobody is asked to pay."
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        help="Empty: the recipient's.",
    )
    day = fields.Date(
        "As If It Were",
        help="Empty: the step's own day for the next open installment. Later days show it late.",
    )
    subject = fields.Char(readonly=True)
    email_from = fields.Char("Sender", readonly=True)
    reply_to = fields.Char("Answers Go To", readonly=True)
    email_to = fields.Char("Sent To", readonly=True)
    body = fields.Text("Letter as It Is Read", readonly=True)
    missing = fields.Text("What Is Missing", readonly=True)
    problem = fields.Text("Cannot Be Written", readonly=True)

    @api.depends("contract_id")
    def _compute_reader_ids(self):
        for form in self:
            form.reader_ids = form.contract_id.partner_id | form.contract_id.party_ids.partner_id

    @api.onchange("contract_id")
    def _onchange_contract_id(self):
        self.partner_id = False

    @api.model
    def _open(self, vals):
        """Return the action that shows a letter.

        :param dict vals: what is known already, such as `contract_id`, `step_id` or `template_id`
        """
        form = self.create(vals)
        form._refresh()
        return form._as_action()

    def _as_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview a Letter"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_preview(self):
        """Show the letter with what was chosen."""
        self.ensure_one()
        self._refresh()
        return self._as_action()

    def action_send_test(self):
        """Mail the letter to the current user, and to nobody else."""
        self.ensure_one()
        self.check_access("write")
        address = self.env.user.email_formatted
        if not address:
            raise UserError(self.env._("You have no email address yourself. Enter one in your preferences."))
        self._refresh()
        if self.problem:
            raise UserError(self.problem)
        # As superuser: only verbs write mails; this one goes to who asked for it, and hangs on no record.
        mail_sudo = self.env["mail.mail"].sudo()
        mail_sudo.create(
            {
                "subject": self.env._("[Test] %s", self.subject),
                "body_html": self.body,
                "email_from": self.company_id.sudo().email_formatted or address,
                "reply_to": address,
                "email_to": address,
                "auto_delete": True,
            }
        )
        self.env.ref(
            "mail.ir_cron_mail_scheduler_action"
        ).sudo()._trigger()  # superuser: waking it shows nothing
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("A test is on its way to %s.", self.env.user.email),
            },
        }

    # ------------------------------------------------------------ writing it

    def _refresh(self):
        """Write the letter anew and keep what it says on this form."""
        self.ensure_one()
        self.check_access("write")
        if self.contract_id:
            self.contract_id.check_access("read")
        # Its letters tell who signs for a lender and how to pay it.
        if (self.company_id | self.contract_id.company_id) - self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        if not (self.template_id or self.step_id.template_id):
            raise UserError(self.env._("Choose a step that writes a letter, or a letter."))
        told = dict.fromkeys(
            ("subject", "email_from", "reply_to", "email_to", "body", "missing", "problem"), False
        )
        try:
            with self.env.cr.savepoint() as savepoint:
                told |= self._written()
                savepoint.rollback()
        except self.env["loan.reminder"]._overtaken:
            raise
        except Exception as error:  # whatever a template does wrong is told, that is what one looks for here
            told["problem"] = self.env["mail.template"]._loan_trouble_told(error)
        self.write(told)

    def _written(self):
        """Make the letter within the caller's savepoint and return what it says."""
        lead_sudo = self._make_letter() if self.contract_id else self._make_sample()
        lang = self.lang or lead_sudo.partner_id.lang or "en_US"
        template_sudo = (self.template_id or self.step_id.template_id).sudo()
        template_sudo = template_sudo.with_context(
            lead_sudo.env.context, template_preview_lang=lang, lang=lang
        )
        faults, _hints = template_sudo._try_loan_letter(lead_sudo)
        if faults:
            names = template_sudo._fields
            return {
                "problem": "\n".join(
                    f"{names[part]._description_string(self.env)}: {' · '.join(filter(None, (error, line)))}"
                    for part, line, error in faults
                )
            }
        mail_sudo = lead_sudo._queue_letter_mails(template_sudo)
        return {
            "subject": mail_sudo.subject,
            "email_from": mail_sudo.email_from,
            "reply_to": mail_sudo.reply_to,
            "email_to": lead_sudo.partner_id.email_formatted or lead_sudo.partner_id.name,
            "body": letters.dead_links(str(mail_sudo.body_html)),
            "missing": "\n".join(self._lacking(lead_sudo)),
        }

    def _make_letter(self):
        """Enter a true loan's reminder as the round would and return it prepared, in the caller's savepoint."""
        contract, today = self.contract_id, self.contract_id.company_id._loan_today()
        person = self.partner_id or contract.partner_id
        party = contract.party_ids.filtered(lambda party: party.partner_id == person)[:1]
        if person != contract.partner_id and not party:
            raise UserError(self.env._("%s neither took this loan nor answers for it.", person.display_name))
        rows = contract.installment_ids.filtered(lambda row: row.state == "open").sorted("due_date")
        if not rows:
            raise UserError(self.env._("Nothing is open on %s, so nobody is reminded of it.", contract.name))
        step = self.step_id or self._step_of_letter(contract.followed_policy_id)
        row = next((row for row in rows if row.due_date >= today), rows[-1])
        day = self.day or row.due_date + timedelta(days=step.offset)
        if self.day:
            # The installment that this step would speak of on that day, or soon before.
            row = next(
                (row for row in reversed(rows) if row.due_date + timedelta(days=step.offset) <= day), rows[0]
            )
        # As superuser: the loan is one the user may read, and people read the ledger, only its own verbs write it.
        ledger_sudo = self.env["loan.reminder"].sudo().with_company(contract.company_id)
        ledger_sudo = ledger_sudo.with_context(loan_pretended=letters.Pretended(day))
        ledger_sudo.env.invalidate_all()
        role = party.role or "borrower"
        lead_sudo = self._entry_sudo(
            ledger_sudo,
            person,
            {
                "installment_id": row.id,
                "step_id": step.id,
                "role": role,
                "contract_id": contract.id,
                "customer_id": contract.customer_id.id,
                "company_id": contract.company_id.id,
                "date_planned": day,
                "due_date": row.due_date,
                "amount": row.amount_open,
            },
        )
        lead_sudo.merged_ids.write({"merged_into_id": False, "state": "claimed"})
        # What was written stays, and stays its own: no contact that would count against what is written now.
        lead_sudo.write({"channel": "email", "state": "claimed", "merged_into_id": False, "mail_id": False})
        self._merge_others(lead_sudo, day)
        lead_sudo.invalidate_recordset()
        lead_sudo._prepare_letters()
        return lead_sudo

    @api.model
    def _entry_sudo(self, ledger_sudo, person, vals):
        """Return the ledger's entry of an installment, a step and a person, entered if there is none."""
        key = {name: vals[name] for name in ("installment_id", "step_id")}
        key |= {
            "partner_id": person.id,
            "version": ledger_sudo.env["loan.installment"].browse(vals["installment_id"]).version_from,
        }
        found_sudo = ledger_sudo.search([(name, "=", value) for name, value in key.items()])
        if not found_sudo:
            # The borrower's own call, in whose place an entry for somebody else begins, stands aside until all of
            # this is taken back.
            calls_sudo = ledger_sudo.search(
                [(name, "=", key[name]) for name in ("installment_id", "step_id", "version")]
                + [("channel", "=", "task")]
            )
            calls_sudo.write({"version": -1})
            calls_sudo.flush_recordset()
            return ledger_sudo._enter_for(person, [vals])
        # A call and a letter may stand side by side, where the step's channel was changed.
        return found_sudo.sorted(lambda entry: (entry.channel == "task", entry.id))[0]

    def _merge_others(self, lead_sudo, day):
        """Let a letter speak for all else that the round of a day would tell its reader with it."""
        company, customer = lead_sudo.company_id, lead_sudo.customer_id
        policies_sudo = lead_sudo.env["loan.reminder.policy"]._of_company(company)
        windows = policies_sudo._speaking(day, lead_sudo._contact_calendars(company))
        if not windows:
            return
        rows = lead_sudo.env.execute_query_dict(
            SQL(
                """
                SELECT due.*
                  FROM (%(due)s) AS due
                  JOIN loan_reminder_step step ON step.id = due.step_id AND step.channel <> 'task'
                  JOIN loan_contract contract ON contract.id = due.contract_id
                  JOIN LATERAL (%(hearers)s) AS hearer ON TRUE
                 WHERE due.installment_id <> %(installment)s
                   AND contract.currency_id = %(currency)s
                   AND hearer.partner_id = %(person)s
                   AND hearer.role = %(role)s
                """,
                due=lead_sudo._due_query(
                    company, policies_sudo, windows, only=SQL("installment.customer_id = %s", customer.id)
                ),
                hearers=lead_sudo._hearers_sql(SQL("%s", day)),
                installment=lead_sudo.installment_id.id,
                currency=lead_sudo.currency_id.id,
                person=lead_sudo.partner_id.id,
                role=lead_sudo.role,
            )
        )
        others_sudo = lead_sudo.browse()
        for row in rows:
            others_sudo |= self._entry_sudo(
                lead_sudo.browse(),
                lead_sudo.partner_id,
                {
                    "installment_id": row["installment_id"],
                    "step_id": row["step_id"],
                    "role": lead_sudo.role,
                    "contract_id": row["contract_id"],
                    "customer_id": customer.id,
                    "company_id": company.id,
                    "date_planned": row["first"],
                    "date_last": row["last"],
                    "due_date": row["due_date"],
                    "amount": row["amount_open"],
                },
            )
        others_sudo = others_sudo.filtered(
            lambda entry: entry.state in _UNSAID or entry.merged_into_id.state in _UNSAID
        )
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        silent = {
            verdict.row["id"]: verdict.reason
            for verdict in (lead_sudo | others_sudo)._judge(moments.Clock(day, now))
        }
        # What stays silent for a reason of its own is left out; an hour or a limit that holds the letter holds it all.
        told = [entry.id for entry in others_sudo if silent[entry.id] in (None, silent[lead_sudo.id])]
        lead_sudo.browse(told)._merge_into(dict.fromkeys(told, lead_sudo.id))

    def _step_of_letter(self, policy):
        """Return a step that writes this letter, of the loan's own policy if it has one."""
        steps = policy._active_steps() or self.env["loan.reminder.step"].search(
            [("template_id", "=", self.template_id.id)], limit=1
        )
        writing = steps.filtered(lambda step: step.template_id == self.template_id)[:1]
        step = writing or steps.filtered("template_id")[:1]
        if not step:
            raise UserError(self.env._("Choose the step that the letter is written for."))
        return step

    def _make_sample(self):
        """Make up a borrower within the caller's savepoint and return the prepared reminder to them."""
        step = self.step_id or self.env["loan.reminder.step"].search(
            [("template_id", "=", self.template_id.id)], limit=1
        )
        offset, company = step.offset if step else -7, self.company_id
        days = -offset
        if self.day:
            days -= (self.day - company._loan_today()).days
        sample = letters.Sample(days, self.is_debited, self.is_several)
        context = {"lang": self.lang} if self.lang else {}
        return (
            self.with_context(**context)
            .env["loan.reminder"]
            ._make_samples(company, [sample], [self.role], step=step or None)
        )

    def _lacking(self, lead_sudo):
        """Return what a reader of this letter would look for in vain, in words."""
        signed_sudo, company_sudo = lead_sudo.signed_user_id, lead_sudo.company_id
        lacking = []
        if not lead_sudo.partner_id.email:
            lacking.append(
                self.env._("%s has no email address: the reminder is held.", lead_sudo.partner_id.name)
            )
        if not signed_sudo:
            lacking.append(self.env._("Nobody signs: the customer has no manager who works here."))
        elif not signed_sudo.phone:
            lacking.append(self.env._("%s has no phone number in their profile.", signed_sudo.name))
        if not (signed_sudo.email or company_sudo.email):
            lacking.append(self.env._("Neither who signs nor the lender has an email address."))
        if not lead_sudo.payment_instructions and not lead_sudo.all_debited:
            lacking.append(self.env._("How to pay is told neither by the product nor in the settings."))
        return lacking
