import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.loan_crm.core import letters

_logger = logging.getLogger(__name__)


class SmsTemplate(models.Model):
    """Texts of reminder steps, tried on made-up borrowers before a round sends them to true ones, as letters are.

    What was found stands on the template, by language. A text that is broken in a language is held for who reads that
    language, and is let go by the next round once it is mended.
    """

    _inherit = "sms.template"

    # {language: error}; NULL where nothing is wrong, so that a round can ask in SQL.
    loan_text_faults = fields.Json(readonly=True, copy=False, export_string_translation=False)
    # The fingerprint of what was tried, in which languages, and for which lenders.
    loan_text_checked = fields.Json(readonly=True, copy=False, export_string_translation=False)
    loan_text_problem = fields.Text("Cannot Be Written", compute="_compute_loan_text_problem")

    @api.depends("loan_text_faults")
    def _compute_loan_text_problem(self):
        names = dict(self.env["res.lang"].get_installed())
        for template in self:
            template.loan_text_problem = "\n".join(
                f"{names.get(lang, lang)}: {fault}"
                for lang, fault in (template.loan_text_faults or {}).items()
            )

    # ------------------------------------------------------------ when it is saved

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._refuse_broken_texts()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"body", "lang", "model_id"}:
            self._refuse_broken_texts()
        return result

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name == "body":
            self._refuse_broken_texts()
        return result

    def _refuse_broken_texts(self):
        """Refuse texts that active steps use and that cannot be written; not while an app is installed or updated.

        :raises ValidationError: with the language and the fault
        """
        context = self.env.context
        if context.get("install_mode") or context.get("loan_letters_unchecked"):
            return
        # As superuser: what is found is noted by the check, whoever saves a text or a step.
        texts_sudo = self.sudo()._used_loan_texts()
        texts_sudo._check_loan_texts(self.env.company)
        for text in texts_sudo:
            if text.loan_text_faults:
                raise ValidationError(
                    self.env._(
                        "The text “%(text)s” could not be written:\n%(problem)s",
                        text=text.name,
                        problem=text.loan_text_problem,
                    )
                )

    @api.model
    def _can_text_sql(self):
        """Return the SQL that tells whether a `step` has a text, and one that was not found broken for a `partner`."""
        return SQL(
            "EXISTS (SELECT FROM sms_template text WHERE text.id = step.sms_template_id AND NOT jsonb_exists("
            "COALESCE(text.loan_text_faults, '{}'), COALESCE(partner.lang, 'en_US')))"
        )

    def _used_loan_texts(self):
        """Return those of these templates that a step may speak by."""
        groups = self.env["loan.reminder.step"]._read_group(
            [
                ("sms_template_id", "in", self.filtered(lambda text: text.model == "loan.reminder").ids),
                ("active", "=", True),
                ("policy_id.active", "=", True),
                ("channel", "!=", "task"),
            ],
            ["sms_template_id"],
        )
        return self.browse(template.id for (template,) in groups)

    # ------------------------------------------------------------ before a round

    @api.model
    def _check_loan_texts_of(self, company, again=False):
        """Try the texts of a lender that changed since they were tried, and wake somebody if one is broken.

        :param company: `res.company`
        :param bool again: also those that did not change
        """
        policies = self.env["loan.reminder.policy"]._of_company(company)
        texts = policies._active_steps().sms_template_id._used_loan_texts()
        if texts._check_loan_texts(company, again):
            policies._wake_for_letters(company)

    def _check_loan_texts(self, company, again=False):
        """Try these texts on made-up borrowers, in each language of a lender's customers, and note what is wrong.

        :param company: the lender, a `res.company`
        :param bool again: also texts that did not change since they were tried for this lender
        :return: the texts that were tried; none where nothing changed
        """
        prints = self._loan_text_prints() if self else {}
        todo = self.filtered(
            lambda text: again or company.id not in text._tried("companies", prints[text.id])
        )
        if not todo:
            return todo
        # Only now, as it looks through all customers. Who saves a text sees it in the language they wrote it in, too.
        languages = self.env["mail.template"]._loan_letter_languages(company) | {self.env.lang}
        languages &= {code for code, _name in self.env["res.lang"].get_installed()}
        found = {}
        try:
            with self.env.cr.savepoint() as savepoint:
                samples = self.env["loan.reminder"]._make_samples(company, letters.SAMPLES, letters.ROLES)
                for lang in sorted(languages):
                    # A text follows what its reader reads.
                    samples.partner_id.lang = lang
                    localized = samples.with_context(lang=lang)
                    for text in todo:
                        found.setdefault(text.id, {})[lang] = text._try_loan_text(localized)
                savepoint.rollback()
        except self.env["loan.reminder"]._overtaken:
            raise
        except Exception:
            # Not the texts' fault: this site cannot make a sample borrower. They leave as before.
            _logger.exception("The text messages cannot be tried on sample borrowers")
            return self.browse()
        return todo._note_loan_texts(found, prints, company)

    def _tried(self, what, fingerprint):
        """Return the languages or the ids of the companies that this text was tried for, none if it changed since.

        :param str what: "languages" or "companies"
        """
        checked = self.loan_text_checked or {}
        return set(checked[what]) if checked.get("print") == fingerprint else set()

    def _try_loan_text(self, samples):
        """Write one text to made-up borrowers.

        :return: what is wrong, or False
        """
        try:
            with self.env.cr.savepoint():
                samples._texts_of(self)
        except self.env["loan.reminder"]._overtaken:
            raise
        except Exception as error:
            return (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return False

    def _note_loan_texts(self, found, prints, company):
        """Note what was found; what was found in other languages, such as another lender's, stays.

        :param dict found: by id and language what `_try_loan_text` told
        :param dict prints: by id the fingerprint of what was tried
        :param company: the lender they were tried for
        :return: these texts; none where another worker is noting the same
        """
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(
                    SQL("SELECT FROM sms_template WHERE id = ANY(%s) FOR NO KEY UPDATE NOWAIT", self.ids),
                    log_exceptions=False,  # that another worker was faster is no error
                )
        except self.env["loan.reminder"]._overtaken:
            return self.browse()
        for text in self:
            tried = text._tried("languages", prints[text.id])
            companies = text._tried("companies", prints[text.id])
            known = text.loan_text_faults or {}
            faults = {lang: known[lang] for lang in tried & known.keys()} | found[text.id]
            text.write(
                {
                    "loan_text_faults": {lang: fault for lang, fault in faults.items() if fault} or False,
                    "loan_text_checked": {
                        "print": prints[text.id],
                        "languages": sorted(tried | found[text.id].keys()),
                        "companies": sorted(companies | {company.id}),
                    },
                }
            )
        return self

    def _loan_text_prints(self):
        """Return `{id: fingerprint}` of what these texts say, in every language, and of the addons' versions."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT text.id, concat_ws('|', text.body, text.lang, versions.told)
                  FROM sms_template text,
                       (SELECT string_agg(latest_version, '|' ORDER BY name) AS told
                          FROM ir_module_module
                         WHERE name IN ('loan_crm', 'loan_crm_sms')) AS versions
                 WHERE text.id = ANY(%s)
                """,
                self.ids,
            )
        )
        return {id_: hashlib.sha256(said.encode()).hexdigest() for id_, said in rows}
