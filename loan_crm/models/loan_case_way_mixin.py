from zoneinfo import ZoneInfo

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ..core import cases


class LoanCaseWayMixin(models.AbstractModel):
    """The ways into a case besides mail and the form: the borrower's page, and one click on what was said.

    Each of them recognises what is there already: the same source makes one case, and one matter is one case.
    """

    _name = "loan.case.way.mixin"
    _description = "Ways Into a Case"

    # ------------------------------------------------------------ by one click

    @api.model
    def action_from_message(self, message_id):
        """Make a case of what somebody wrote to a customer's page or to a loan, and open it.

        :param int message_id: of a `mail.message` on a record of a customer
        :raise UserError: where it is about no customer, or of a case already
        """
        self.check_access("create")
        message = self.env["mail.message"].browse(message_id)
        message.check_access("read")
        record = self.env[message.model].browse(message.res_id) if message.model in self.env else None
        if record is not None and record._name == "loan.case":
            raise UserError(self.env._("This message belongs to a case already."))
        where = self.env["loan.commitment"]._where_told(record) if record is not None else {}
        if not where:
            raise UserError(self.env._("This message is about no customer. Open the customer's page."))
        customer = self.env["loan.customer"].browse(where["customer_id"])
        words = html2plaintext(message.body or "", include_references=False)
        message_sudo = message.sudo()  # as superuser: who wrote it, whoever may open their contact
        wrote = message_sudo.author_id & customer.sudo()._contacts()
        by_mail = message_sudo.message_type == "email"
        vals = {
            "subject": message.subject or cases.headline(words) or self.env._("(no subject)"),
            "words": cases.own_words(words) or words,
            "customer_id": customer.id,
            "contract_id": where.get("contract_id") or False,
            "partner_id": (wrote or customer.partner_id).id,
            "company_id": customer.company_id.id,
            "channel": "email" if by_mail else "other",
        }
        case = self._make_of(message, vals)
        if by_mail and "waiting_since" in record._fields:
            case._take_over_waiting(record)
        return case._action_form()

    @api.model
    def _make_of(self, source, vals):
        """Return the case of a record: the one made of it before, an open one about the same matter, or a new one.

        :param source: the record that is clicked on; the user may read it
        :param dict vals: of the case; what is not said is guessed from the words
        :raise UserError: when the case that was made of it is not the user's to see
        """
        # As superuser: that a case was made is asked before its reader; they see it by their own rights below.
        sources_sudo = self.env["loan.case.source"].sudo()
        known = sources_sudo.search(sources_sudo._of_domain(source)).case_id
        if known:
            known = known._kept().with_env(self.env)
            if not known.has_access("read"):
                raise UserError(self.env._("A case was made of it already, which you may not see."))
            return known
        self.check_access("create")
        words = vals.get("words") or ""
        vals = {**self._guess(f"{vals['subject']}\n{words}", vals), **vals}
        case = self._same_matter(vals, vals["subject"])
        if case:
            case._hear(self.env["res.partner"].browse(vals.get("partner_id") or []), words)
        else:
            case = self.create(vals)
        sources_sudo.create({"case_id": case.id, "res_model": source._name, "res_id": source.id})
        return case

    def _kept(self):
        """Return the case this one was joined to in the end, or itself."""
        case = self
        while case.duplicate_id:
            case = case.duplicate_id
        return case

    def _action_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.case",
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _hear(self, partner, words):
        """Add what somebody said once more to the open case it is about; told twice, it is kept once.

        :param partner: `res.partner` who said it
        :param str words: plain
        :return: the `mail.message` that keeps it, empty where nothing new was said
        """
        self.ensure_one()
        # As superuser: what a customer says is added to the case, whoever wrote it down.
        case_sudo, said = self.sudo(), (words or "").strip()
        heard = [case_sudo.words or "", *case_sudo.message_ids.mapped(lambda each: html2plaintext(each.body))]
        plain = " ".join(said.split())
        if not plain or any(plain in " ".join(each.split()) for each in heard):
            return self.env["mail.message"]
        told = case_sudo._message_log(
            body=Markup("<p>%s</p>") % said, author_id=partner.id or self.env.user.partner_id.id
        )
        case_sudo._customer_wrote(said)
        return told

    def _take_over_waiting(self, record):
        """Let whoever waits for an answer on another record wait for it here: the wait is one, and began there.

        :param record: with `loan.answer.mixin`
        """
        # As superuser: where somebody waits follows from what is done, nobody enters it.
        case_sudo, record_sudo = self.sudo(), record.sudo()
        if not record_sudo.waiting_since or case_sudo.waiting_since:
            return
        case_sudo.waiting_since = record_sudo.waiting_since
        responses_sudo = self.env["loan.response"].sudo()
        responses_sudo.search(responses_sudo._of_domain(record_sudo)).write(
            {
                "res_model": "loan.case",
                "res_id": case_sudo.id,
                "case_id": case_sudo.id,
                "owner_user_id": case_sudo.user_id.id,
            }
        )
        record_sudo._answer_activity().unlink()
        record_sudo.waiting_since = False

    # ------------------------------------------------------------ on the borrower's page

    @api.model
    def _ask_on_page(self, contract, partner, vals):
        """Take in what a borrower asks or complains of on their page.

        :param contract: `loan.contract`, locked: two posts come in one after the other
        :param partner: `res.partner` whose link it is
        :param dict vals: `kind`, `words`, and whether it is about `this_loan`; where the page knows them a `subject`
            and a `category_id`
        :return: (the case, whether it is new)
        """
        about = {
            "customer_id": contract.customer_id.id,
            "company_id": contract.company_id.id,
            "contract_id": contract.id if vals["this_loan"] else False,
        }
        return self._ask_about(partner, about, vals)

    @api.model
    def _ask_about(self, partner, about, vals):
        """Take in what somebody asks or complains of on a page.

        :param partner: `res.partner` who asks
        :param dict about: `company_id` and what it is about: `customer_id`, `contract_id`, `lead_id`
        :param dict vals: see `_ask_on_page`
        :return: (the case, whether it is new)
        """
        words = vals["words"]
        known = {
            "customer_id": about.get("customer_id"),
            "partner_id": partner.id,
            "company_id": about["company_id"],
        }
        guessed = self._guess(words, known)
        guessed.pop("contract_id", None)
        if guessed["kind"] != "complaint" or vals["kind"] == "complaint":
            guessed["kind"] = vals["kind"]  # who says so complains; who says they complain does, too
        if guessed["kind"] == "complaint" and (guessed["legal"] or guessed["reputation"]):
            guessed["severity"] = "major"
        elif guessed["kind"] != "complaint":
            guessed.pop("severity", None)
        values = {
            **guessed,
            **known,
            **about,
            "subject": vals.get("subject") or cases.headline(words),
            "words": words,
            "category_id": vals.get("category_id"),
        }
        if not known["customer_id"]:  # by what else would it be known for the same matter
            values["email_from"] = partner.email
        case = self._same_matter(values, values["subject"])
        if not case:
            return self._make_on_page(partner, values), True
        if message := case._hear(partner, words):
            case._wait_for_answer(message, case._who_answers(case.user_id))
        return case, False

    @api.model
    def _make_on_page(self, partner, values):
        """Return a new case that somebody has made on a page; they wait for an answer from now on.

        :param partner: `res.partner` who did
        :param dict values: of the case, with its words
        """
        asked = self.with_context(loan_asked=True, mail_create_nosubscribe=True)
        made = asked.create({**values, "partner_id": partner.id, "channel": "page", "lang": self.env.lang})
        case = made.with_env(self.env)
        # Whoever is accountable reads in their own tongue; the words are the borrower's.
        message = case._message_log(body=Markup("<p>%s</p>") % values["words"], author_id=partner.id)
        case._wait_for_answer(message or case.message_ids[:1], case._who_answers(case.user_id))
        return case

    @api.model
    def _open_on_page(self, contract, partner):
        """Return what a borrower reads of the cases they have open: not their words, for others may hold the letter.

        :param contract: `loan.contract`
        :param partner: `res.partner` whose link it is
        :return: a list of dicts of texts
        """
        mine = self._open_domain() & self._page_domain(contract, partner)
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return [
            {
                "name": case.name,
                "what": f"{kinds[case.kind]} {case.name}",
                "when": self.env._("We have it since %s.", contract._long_day(case._local(case.opened_at))),
                "next": case._told_on_page(),
            }
            for case in self.search(mine, order="id desc", limit=20)
        ]

    def _told_on_page(self):
        """Return what a borrower is told to expect of a case: who answers, and by when."""
        who, promised = self.user_id.name or self.company_id.name, self.promised_at
        if self.state == "waiting":
            return self.env._("We need something from you to go on. Our last message says what.")
        if self.responded_at:
            return self.env._("%s has answered you and goes on with it.", who)
        if not promised:
            return self.env._("%s answers you.", who)
        by = self._moment_told(promised)
        if promised < fields.Datetime.now():
            return self.env._(
                "%(who)s should have answered you by %(moment)s. We are sorry; please call us.",
                who=who,
                moment=by,
            )
        return self.env._("%(who)s answers you by %(moment)s.", who=who, moment=by)

    def _local(self, moment):
        """Return the lender's day of a moment, naive and in UTC."""
        return self._aware(moment).astimezone(ZoneInfo(self.company_id.loan_tz or "UTC")).date()

    @api.model
    def _page_domain(self, contract, partner):
        """Return the domain of the cases that one person has brought up and may read of on the page of a loan."""
        return (
            Domain("customer_id", "=", contract.customer_id.id)
            & Domain("partner_id", "=", partner.id)
            & Domain("contract_id", "in", (False, contract.id))
        )
