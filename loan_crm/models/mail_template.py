import hashlib
import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.modules import Manifest
from odoo.tools import SQL, format_date, html2plaintext

from odoo.addons.base.models.ir_qweb import QWebError

from ..core import letters, short_figures

_logger = logging.getLogger(__name__)

# What a letter is made of. Each is tried by itself, so that what is told names the part at fault.
_PARTS = ("subject", "body_html", "email_from", "reply_to")


class MailTemplate(models.Model):
    """Letters of reminder steps, tried on made-up borrowers before a round writes them to true ones.

    What was found stands on the template, by language, until its text changes. A letter that is broken in a language
    is held for who reads that language, and is let go by the next round once it is mended.
    """

    _inherit = "mail.template"

    # {language: [[part, line at fault, error], …]}; NULL where nothing is wrong, so that a round can ask in SQL.
    loan_letter_faults = fields.Json(readonly=True, copy=False, export_string_translation=False)
    # {language: [what is missing, …]}
    loan_letter_hints = fields.Json(readonly=True, copy=False, export_string_translation=False)
    # The fingerprint of what was tried, and in which languages.
    loan_letter_checked = fields.Json(readonly=True, copy=False, export_string_translation=False)
    loan_letter_problem = fields.Text(
        "Cannot Be Written", compute="_compute_loan_letter_problem", search="_search_loan_letter_problem"
    )
    loan_letter_missing = fields.Text("Worth a Look", compute="_compute_loan_letter_problem")

    @api.depends("loan_letter_faults", "loan_letter_hints")
    @api.depends_context("lang")
    def _compute_loan_letter_problem(self):
        names = dict(self.env["res.lang"].get_installed())
        missing = self._loan_letter_hint_texts()
        for template in self:
            template.loan_letter_problem = "\n".join(
                self.env._(
                    "%(language)s, %(part)s: %(error)s",
                    language=names.get(lang, lang),
                    part=self._fields[part]._description_string(self.env),
                    error=f"{error} · {line}" if line else error,
                )
                for lang, faults in (template.loan_letter_faults or {}).items()
                for part, line, error in faults
            )
            template.loan_letter_missing = "\n".join(
                f"{names.get(lang, lang)}: {missing[hint]}"
                for lang, hints in (template.loan_letter_hints or {}).items()
                for hint in hints
                if hint in missing
            )

    @api.model
    def _search_loan_letter_problem(self, operator, value):
        if operator != "in" or set(value) - {False, ""}:
            return NotImplemented
        return Domain("loan_letter_faults", "=", False)

    @api.model
    def _loan_letter_hint_texts(self):
        return {
            "subject": self.env._("The subject is empty."),
            "body": self.env._("The letter is empty."),
            "amount": self.env._("It does not say how much is due."),
            "date": self.env._("It does not say when it is due."),
            "contact": self.env._(
                "It names neither a phone number nor an address nor a link to reach somebody."
            ),
        }

    def action_preview_loan_letter(self):
        """Show this letter as a borrower would get it."""
        self.ensure_one()
        return self.env["loan.reminder.preview"]._open({"template_id": self.id})

    # ------------------------------------------------------------ when it is saved

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._refuse_broken_letters()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {*_PARTS, "lang", "model_id", "active"}:
            self._refuse_broken_letters()
        return result

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name in _PARTS:
            self._refuse_broken_letters()
        return result

    @api.model
    def _render_eval_context(self):
        """Return what letters may use besides their record; amounts as a reader of Chinese writes them."""
        values = super()._render_eval_context()
        written = values["format_amount"]

        def format_amount(amount, currency, lang_code=False):
            told = written(amount, currency, lang_code)
            return short_figures.close_up(told, currency.symbol, lang_code or self.env.lang)

        return values | {"format_amount": format_amount}

    def _check_can_be_rendered(self, fnames=None, render_options=None):
        # Odoo tries a text on whatever record comes first. A letter in use is tried by `_refuse_broken_letters`, on all
        # that it branches on and in all languages, and the person is told the line at fault.
        ours = self._used_loan_letters()
        return super(MailTemplate, self - ours)._check_can_be_rendered(
            fnames=fnames, render_options=render_options
        )

    def _refuse_broken_letters(self):
        """Refuse letters that active steps use and that cannot be written.

        Not while an app is installed or updated: what is broken then is found by the next check.

        :raises ValidationError: with the language, the part and the line at fault
        """
        context = self.env.context
        if context.get("install_mode") or context.get("loan_letters_unchecked"):
            return
        # As superuser: what is found is noted by the check, whoever saves a letter or a step.
        letters_sudo = self.sudo()._used_loan_letters()
        letters_sudo._check_loan_letters()
        for letter in letters_sudo:
            if letter.loan_letter_faults:
                raise ValidationError(
                    self.env._(
                        "The letter “%(letter)s” could not be written:\n%(problem)s",
                        letter=letter.name,
                        problem=letter.loan_letter_problem,
                    )
                )

    @api.model
    def _can_write_sql(self):
        """Return the SQL that tells whether a letter can be written: of a `template`, to a `partner`.

        One that was found broken in the language its reader reads waits until it is mended.
        """
        return SQL(
            "(template.active AND NOT jsonb_exists("
            "COALESCE(template.loan_letter_faults, '{}'), COALESCE(partner.lang, 'en_US')))"
        )

    def _used_loan_letters(self):
        """Return those of these templates that a step may write with."""
        reminders = self.filtered(lambda template: template.model == "loan.reminder" and template.active)
        if not reminders:
            return reminders
        groups = self.env["loan.reminder.step"]._read_group(
            [
                ("template_id", "in", reminders.ids),
                ("active", "=", True),
                ("policy_id.active", "=", True),
                ("channel", "!=", "task"),
            ],
            ["template_id"],
        )
        return self.browse(template.id for (template,) in groups)

    # ------------------------------------------------------------ before a round

    @api.model
    def _cron_check_loan_letters(self):
        """Try all letters of each lender, hours before they leave."""
        for company in self.env["res.company"].search([("loan_tz", "!=", False)]):
            self._check_loan_letters_of(company, languages=self._loan_letter_languages(company))
            if self.env.context.get("cron_id"):  # the installation tries them, too, and must not commit
                self.env["ir.cron"]._commit_progress()

    @api.model
    def _check_loan_letters_of(self, company, languages=None):
        """Try the letters of a lender that changed since they were tried, and wake somebody if one is broken.

        :param company: `res.company`
        :param languages: codes they will be met in, to be tried in whether or not they changed; None to
            ask for them only if a letter changed
        """
        policies = self.env["loan.reminder.policy"]._of_company(company)
        templates = policies._active_steps().filtered(lambda step: step.channel != "task").template_id
        templates = templates.filtered(lambda template: template.active and template.model == "loan.reminder")
        if templates._check_loan_letters(company, languages, again=languages is not None):
            policies._wake_for_letters(company)

    def _loan_letter_languages(self, company=None, besides=()):
        """Return the active languages that customers, and who answers for their loans, read.

        :param company: those of one lender, a `res.company`; None for all whose policies use one of these letters
        :param besides: codes that need not be asked for
        """
        for name in (
            "loan.customer",
            "loan.contract",
            "loan.contract.party",
            "loan.reminder.policy",
            "loan.reminder.step",
            "res.partner",
        ):
            self.env[name].flush_model()
        lenders = (
            SQL("= %s", company.id)
            if company
            else SQL(
                """
                IN (SELECT lender.id
                      FROM loan_reminder_step step
                      JOIN loan_reminder_policy policy ON policy.id = step.policy_id AND policy.active
                      JOIN res_company lender ON lender.id = COALESCE(policy.company_id, lender.id)
                     WHERE step.template_id = ANY(%s) AND step.active)
                """,
                list(self.ids),
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lang.code
                  FROM res_lang lang
                 WHERE lang.active
                   AND NOT lang.code = ANY(%(besides)s)
                   AND (EXISTS (SELECT FROM loan_customer customer
                                  JOIN res_partner partner ON partner.id = customer.partner_id
                                 WHERE customer.company_id %(lenders)s AND partner.lang = lang.code)
                        OR EXISTS (SELECT FROM loan_contract_party party
                                     JOIN loan_contract contract ON contract.id = party.contract_id
                                     JOIN res_partner partner ON partner.id = party.partner_id
                                    WHERE contract.company_id %(lenders)s AND partner.lang = lang.code))
                """,
                lenders=lenders,
                besides=list(besides),
            )
        )
        return {"en_US", *(code for (code,) in rows)}

    def _check_loan_letters(self, company=None, languages=None, again=False):
        """Try these letters on made-up borrowers, in each language they will be met in, and note what is wrong.

        :param company: the lender on whose paper they are tried; None for the present one
        :param languages: codes; None for those of the customers of all lenders that use them
        :param bool again: also letters that did not change, in languages they were tried in
        :return: the letters that were tried; none where nothing changed
        """
        prints = self._loan_letter_prints()
        tried = {template.id: template._loan_letter_tried_in(prints[template.id]) for template in self}
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        if languages is None:
            # Who reads a letter is asked only while there are languages in which one of them was not tried.
            known = set.intersection(installed, *tried.values())
            languages = known | (
                self._loan_letter_languages(besides=known) if self and installed - known else set()
            )
        languages = set(languages) & installed
        todo = self.filtered(lambda template: again or languages - tried[template.id])
        if not todo:
            return todo
        company = company or self.env.company
        found = {}
        try:
            with self.env.cr.savepoint() as savepoint:
                samples = self.env["loan.reminder"]._make_samples(company, letters.SAMPLES, letters.ROLES)
                for lang in sorted(languages):
                    localized = samples.with_context(lang=lang)
                    untried = todo.filtered(
                        lambda template, lang=lang: again or lang not in tried[template.id]
                    )
                    for template in untried.with_env(localized.env):
                        found.setdefault(template.id, {})[lang] = template._try_loan_letter(localized)
                savepoint.rollback()
        except self.env["loan.reminder"]._overtaken:
            raise
        except Exception:
            # Not the letters' fault: this site cannot make a sample borrower. They leave as before.
            _logger.exception("The letters cannot be tried on sample borrowers")
            return self.browse()
        return todo._note_loan_letters(found, prints)

    def _loan_letter_tried_in(self, fingerprint):
        """Return the languages this letter was tried in since it last changed, a set of codes."""
        checked = self.loan_letter_checked or {}
        return set(checked.get("languages", ())) if checked.get("print") == fingerprint else set()

    def _note_loan_letters(self, found, prints):
        """Note what was found; what was found in other languages stands while the text does.

        :param dict found: by id and language what `_try_loan_letter` told
        :param dict prints: by id the fingerprint of what was tried
        :return: these letters; none where another worker is noting the same
        """
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(
                    SQL("SELECT FROM mail_template WHERE id = ANY(%s) FOR NO KEY UPDATE NOWAIT", self.ids),
                    log_exceptions=False,  # that another worker was faster is no error
                )
        except self.env["loan.reminder"]._overtaken:
            return self.browse()
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for template in self:
            results = found.get(template.id, {})
            stands = (template._loan_letter_tried_in(prints[template.id]) & installed) - results.keys()
            faults = {lang: bad for lang, (bad, _hints) in results.items() if bad}
            hints = {lang: hints for lang, (_bad, hints) in results.items() if hints}
            faults |= {
                lang: bad for lang, bad in (template.loan_letter_faults or {}).items() if lang in stands
            }
            hints |= {
                lang: told for lang, told in (template.loan_letter_hints or {}).items() if lang in stands
            }
            template.write(
                {
                    "loan_letter_faults": faults or False,
                    "loan_letter_hints": hints or False,
                    "loan_letter_checked": {
                        "print": prints[template.id],
                        "languages": sorted(stands | results.keys()),
                    },
                }
            )
        return self

    def _loan_letter_prints(self):
        """Return `{id: fingerprint}` of all that these letters say, in every language, and of the app's version."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT template.id,
                       concat_ws('|', template.subject, template.body_html, template.email_from, template.reply_to,
                                 template.lang, %(version)s)
                  FROM mail_template template
                 WHERE template.id = ANY(%(ids)s)
                """,
                ids=list(self.ids),
                # The running code's: what the database says of it is written only once an installation is through.
                version=Manifest.for_addon("loan_crm")["version"],
            )
        )
        return {id_: hashlib.sha256(text.encode()).hexdigest() for id_, text in rows}

    def _try_loan_letter(self, samples):
        """Render one letter for made-up borrowers.

        :return: faults as `[part, line, error]` and hints at what the letter lacks
        """
        faults, texts = [], {}
        for part in _PARTS:
            source = self[part] or ""
            if part == "body_html" and source:
                # One text about all of them, so that it is compiled once and not for each.
                source = f'<t t-foreach="loan_letters" t-as="object">{source}</t>'
            try:
                with self.env.cr.savepoint():
                    rendered = self._render_template(
                        source,
                        "loan.reminder",
                        samples[:1].ids if part == "body_html" else samples.ids,
                        engine="qweb" if part == "body_html" else "inline_template",
                        add_context={"loan_letters": samples},
                    )
                texts[part] = rendered[samples[:1].id] or ""
            except self.env["loan.reminder"]._overtaken:
                raise
            except Exception as error:
                faults.append([part, *self._loan_fault_of(error)])
        return faults, [] if faults else self._loan_letter_hints(samples[:1], texts)

    def _loan_letter_hints(self, sample, texts):
        """Return what a letter lacks that its reader would look for."""
        subject, body = texts["subject"].strip(), str(texts["body_html"])
        plain = html2plaintext(body)
        if not plain.strip():
            return ["body"] if subject else ["subject", "body"]
        told = f"{subject}\n{plain}".replace("\xa0", " ")
        hints = [] if subject else ["subject"]
        amount = sample.currency_id.format(sample.amount_letter)
        if amount.replace("\xa0", " ") not in told and f"{sample.amount_letter:,.2f}" not in told:
            hints.append("amount")
        days = {
            format_date(self.env, sample.due_date),
            format_date(self.env, sample.due_date, date_format="long"),
        }
        if not any(day in told for day in days):
            hints.append("date")
        signed, company = sample.signed_user_id, sample.company_id
        ways = {
            signed.phone,
            signed.email,
            company.phone,
            company.email,
            sample.loan_url,
            sample.hardship_url,
        }
        if any(ways) and not any(way in body or way in told for way in ways if way):
            hints.append("contact")
        return hints

    @api.model
    def _loan_fault_of(self, error):
        """Return the line at fault, where it is known, and the error in one line.

        What a database says may quote rows of others: it is told to the log alone.
        """
        line, cause = "", error
        while not isinstance(cause, psycopg2.Error) and cause.__cause__ is not None:
            cause = cause.__cause__
            if at := getattr(cause, "qweb", None):  # where the template stood when it was raised
                line = at.element or line
        if isinstance(cause, psycopg2.Error):
            _logger.warning("The database refused what a letter asked for", exc_info=error)
            return line, self.env._("The database refused it. The server's log tells why.")
        told = cause.qweb.error if isinstance(cause, QWebError) else str(cause)
        words = told.strip().splitlines() or [type(cause).__name__]
        return line, words[0]

    @api.model
    def _loan_trouble_told(self, error):
        """Return in a line or two for people why a letter could not be written, a :class:`str`.

        What was raised for them is told as it stands; but not a rendering's traceback.
        """
        if isinstance(error, UserError) and not hasattr(error.__cause__, "qweb"):
            return str(error)
        line, words = self._loan_fault_of(error)
        return f"{words} · {line}" if line else words
