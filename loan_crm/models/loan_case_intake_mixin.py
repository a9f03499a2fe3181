from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext

from ..core import cases

# Mails of one sender under one subject are one matter for so long.
_SAME_MATTER = timedelta(days=14)
_WORDS_AT_MOST = 4000


class LoanCaseIntakeMixin(models.AbstractModel):
    """How a case comes in: whose it is, about which loan, in which language, and whether it is there already.

    What is guessed is told as a guess by being open to change; nobody outside learns what was guessed. A second mail
    about the same matter joins the first. Whoever wrote is told who answers and by when, once, unless a machine wrote.
    """

    _name = "loan.case.intake.mixin"
    _description = "Intake of Cases"

    hold_id = fields.Many2one(
        "loan.reminder.hold",
        "Reminder Hold",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    hold_date_to = fields.Date(related="hold_id.date_to", string="Reminders Held Until")
    message_id = fields.Many2one(
        "mail.message",
        "Confirmation",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    # ------------------------------------------------------------ by mail

    @api.private
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Take in a mail: as a new case, or as more about one that is open."""
        values = dict(custom_values or {})
        body = html2plaintext(msg_dict.get("body") or "")
        values |= self._read_sender(msg_dict.get("email_from"), values)
        if values.get("partner_id"):
            msg_dict["author_id"] = values[
                "partner_id"
            ]  # of several contacts with one address it was the borrower
        text = f"{msg_dict.get('subject') or ''}\n{cases.own_words(body)}"
        values = {**self._guess(text, values), **values}
        known = self._same_matter(values, msg_dict.get("subject"))
        if known:
            return known
        values |= {
            "channel": "email",
            "subject": msg_dict.get("subject") or self.env._("(no subject)"),
            "words": cases.own_words(body)[:_WORDS_AT_MOST],
        }
        return super().message_new(msg_dict, values)

    @api.private
    def message_update(self, msg_dict, update_vals=None):
        result = super().message_update(msg_dict, update_vals)
        if self.env.context.get("loan_incoming") == "person":
            self._customer_wrote(html2plaintext(msg_dict.get("body") or ""))
        return result

    def _customer_wrote(self, text):
        """Go on with cases whose customer has written again: what waited for them, and what was settled.

        :param str text: what they wrote, plain
        """
        for case in self:
            if case.state == "waiting":
                case._go_on()
            elif case.state in ("solved", "closed") and cases.substantive(text):
                case._reopen()

    @api.model
    def _read_sender(self, email_from, values):
        """Return who wrote, as far as an address tells: a customer of the company, a contact, or nobody known.

        :param str email_from: as the mail says, which anybody may write: nothing is told back to it but what
            its owner may know
        :param dict values: of the alias
        """
        sender = email_normalize(email_from)
        found = {"email_from": email_from}
        if not sender:
            return found
        company_id = values.get("company_id") or self.env.company.id
        # As superuser: the gateway asks who wrote, whoever runs it.
        customers_sudo = self.env["loan.customer"].sudo()
        theirs = customers_sudo.search(
            Domain("company_id", "=", company_id) & Domain("partner_id.email_normalized", "=", sender),
            limit=2,
        )
        if not theirs:
            people_sudo = self.env["res.partner"].sudo().search([("email_normalized", "=", sender)], limit=20)
            firms = people_sudo.commercial_partner_id - people_sudo
            theirs = customers_sudo.search(
                Domain("company_id", "=", company_id) & Domain("partner_id", "in", firms.ids), limit=2
            )
            if len(theirs) == 1:
                wrote = people_sudo.filtered(lambda person: person.commercial_partner_id == theirs.partner_id)
                return {**found, "customer_id": theirs.id, "partner_id": wrote[:1].id}
        if len(theirs) == 1:  # of two customers with one address nobody knows who wrote
            found |= {"customer_id": theirs.id, "partner_id": theirs.partner_id.id}
        return found

    @api.model
    def _guess(self, text, values):
        """Return what a text tells of a case: its kind, its loan, its language, what is at stake.

        :param str text: subject and words
        :param dict values: what is known already
        """
        guessed = {"kind": "complaint" if cases.complains(text) else "inquiry"}
        guessed |= {"legal": cases.threatens(text), "reputation": cases.goes_public(text)}
        if guessed["kind"] == "complaint" and (guessed["legal"] or guessed["reputation"]):
            guessed["severity"] = "major"
        # As superuser: as above.
        customer_sudo = self.env["loan.customer"].sudo().browse(values.get("customer_id") or [])
        partner_sudo = self.env["res.partner"].sudo().browse(values.get("partner_id") or [])
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        usual = partner_sudo.lang or self.env.lang
        guessed["lang"] = (
            cases.language(text, sorted(installed, key=lambda code: code != usual)) or usual or installed[0]
        )
        if customer_sudo:
            loans = customer_sudo.contract_ids.filtered(lambda loan: loan.state in ("draft", "active"))
            named = cases.mentioned(loans.mapped("name"), text)
            about = loans.filtered(lambda loan: loan.name in named) or loans
            if len(about) == 1:
                guessed["contract_id"] = about.id
        return guessed

    @api.model
    def _same_matter(self, values, subject):
        """Return the open case that a message is more about, or none.

        :param dict values: of whoever wrote
        :param str subject: of the message
        """
        nobody, key = self.browse(), cases.subject_key(subject)
        if not key:
            return nobody
        if values.get("customer_id"):
            whose = Domain("customer_id", "=", values["customer_id"])
        elif values.get("email_from"):
            whose = Domain("customer_id", "=", False) & Domain("email_from", "=", values["email_from"])
        else:
            return nobody
        if values.get("partner_id"):
            whose &= Domain("partner_id", "=", values["partner_id"])
        lately = Domain("opened_at", ">=", fields.Datetime.now() - _SAME_MATTER)
        open_cases = self.search(whose & lately & self._open_domain(), order="id desc", limit=50)
        return next((case for case in open_cases if cases.subject_key(case.subject) == key), nobody)

    # ------------------------------------------------------------ taken in

    def _take_in(self):
        """Give cases that came in a team and a person, start their clocks, and tell the customer."""
        sequences = self.env["ir.sequence"]
        for case in self:
            case.name = sequences.with_company(case.company_id).next_by_code("loan.case")
            if not case.lang:
                case.lang = case.partner_id.lang or self.env.lang
            acting = case.customer_id.acting_user_id
            case.signed_user_id = acting if acting != case.about_user_id else False
        self._dispatch()
        self._set_clocks()
        for case in self:
            case._hold_reminders()
            if case.user_id and case.user_id != self.env.user:
                told = case.with_context(lang=case.user_id.lang or self.env.lang)
                # A mail brings its own to-do, and so do words from the borrower's page.
                if case.channel != "email" and not self.env.context.get("loan_asked"):
                    case._tell_owner(told.env._("Answer %s", case.partner_id.name or case.subject))
            case.signed_user_id = case.signed_user_id or case.user_id
        self._confirm()

    def _hold_reminders(self):
        """Let a complaint keep reminders silent for a while: nobody is reminded of what they dispute."""
        days = self.company_id.loan_complaint_hold_days
        if self.kind != "complaint" or not self.customer_id or days <= 0 or self.hold_id:
            return
        today = self.company_id._loan_today()
        self.hold_id = self.env["loan.reminder.hold"].create(
            {
                "customer_id": self.customer_id.id,
                "contract_id": self.contract_id.id,
                "kind": "complaint",
                "reason": self.env._("Complaint %s", self.name),
                "date_from": today,
                "date_to": today + timedelta(days=days),
                "placed_user_id": self.user_id.id or SUPERUSER_ID,
                **self._hold_words(),
            }
        )

    def _hold_words(self):
        """Return what the hold of a case that is kept to few says instead: more people see the hold than the case."""
        if not (self.about_user_id or self.loan_level):
            return {}
        return {
            "kind": "other",
            "reason": self.env._("Nobody is reminded for the time being"),
            "placed_user_id": SUPERUSER_ID,
        }

    def _hush_holds(self):
        """Let the holds of cases that have become kept to few tell no more of them."""
        for case_sudo in self.sudo():  # as superuser: who placed a hold is not entered
            words = case_sudo._hold_words()
            if case_sudo.hold_id and words:
                case_sudo.hold_id.with_context(tracking_disable=True).write(words)

    def _confirm(self):
        """Queue the letter that tells who wrote who answers and by when; where none can be written, the case says so.

        A machine's mail is answered by nobody, or two machines would go on for ever.
        """
        template = self.env.ref("loan_crm.mail_template_case", raise_if_not_found=False)
        if not template or not template.active or self.env.context.get("loan_incoming") == "machine":
            return
        asked = self.filtered(
            lambda case: case.channel in ("email", "page", "survey") or case.kind == "complaint"
        )
        reached = asked.filtered(
            lambda case: (
                case.partner_id.active
                and case.partner_id.email_normalized
                and case.company_id.loan_case_confirmed
            )
        )
        if not reached:
            return
        for mail, case in zip(reached._queue_letter_mails(template), reached, strict=True):
            case.message_id = mail.mail_message_id
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _prepare_mail_vals(self, rendered):
        # Answers come back to the case, which may be about no loan.
        return {
            **super()._prepare_mail_vals(rendered),
            "model": self._name,
            "res_id": self.id,
            "record_name": self.display_name,
        }

    # ------------------------------------------------------------ twice

    def _join(self, kept):
        """Join cases that are about the same to another one: what was said comes along, the number stays known.

        :param kept: `loan.case`
        """
        for case in self:
            if case.customer_id and case.customer_id != kept.customer_id:
                raise UserError(self.env._("Only what the same customer wants is joined."))
            if case.about_user_id != kept.about_user_id or case._loan_rank() > kept._loan_rank():
                raise UserError(self.env._("Others may see that case than this one: they are not joined."))
            # As superuser: whoever may join both cases may see what is said in either.
            kept_sudo = kept.sudo()
            said = Markup("<p>%s</p><blockquote>%s</blockquote>") % (
                kept_sudo.env._("Joined with %s, which said:", case.display_name),
                case.words or case.subject,
            )
            kept_sudo._message_log(body=said)
            case._put_aside(self.env._("Joined to %s", kept.name), kept)
