import re
import runpy
from pathlib import Path

from lxml import etree, html

from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import file_path

from .common import NOW, LoanCommon
from .test_loan_portal import PortalCommon

_ADDON = Path(__file__).parents[1]
_MIGRATION = _ADDON / "migrations/19.0.1.2.0/post-let_letters_speak_chinese.py"
# What machines read: exceptions, the technical facts of the log, references; and a street, which is no list.
_JOINED = {
    "models/loan_log_entry_mixin.py",
    "models/loan_log_screen_mixin.py",
    "models/loan_merge_mixin.py",
    "models/loan_portable_mixin.py",
    "models/loan_sync_mixin.py",
}


class LettersCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        known = cls.env["ir.model.data"].search(
            [("module", "=", "loan_crm"), ("model", "=", "mail.template")]
        )
        cls.letters = cls.env["mail.template"].browse(known.mapped("res_id"))
        cls.env["ir.module.module"]._load_module_terms(["loan_crm"], ["zh_CN"])


@tagged("post_install", "-at_install", "loan")
class TestLettersInChinese(LettersCommon):
    """Letters say in which language they are, in letters of that language, and an upgrade gives them to lenders."""

    def test_each_letter_says_its_language_and_sets_no_space_between_characters(self):
        self.assertGreaterEqual(len(self.letters), 16)
        for letter in self.letters:
            for lang, code in (("en_US", "en"), ("zh_CN", "zh-CN")):
                with self.subTest(letter=letter.name, lang=lang):
                    body = html.fragment_fromstring(
                        str(letter.with_context(lang=lang).body_html), create_parent=True
                    )
                    self.assertEqual(body.xpath("(.//div)[1]/@lang"), [code])
                    styles = "".join(body.xpath(".//@style"))
                    self.assertNotIn("letter-spacing", styles)
                    if lang == "zh_CN":
                        self.assertNotIn("Georgia", styles, "its quotation marks are too narrow for Chinese")

    def _migrate(self, shipped):
        script = runpy.run_path(str(_MIGRATION))
        script["migrate"].__globals__["SHIPPED"] = shipped
        script["migrate"](self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()

    def _print(self, letter, lang="en_US"):
        letter = letter.with_context(lang=lang)
        return runpy.run_path(str(_MIGRATION))["fingerprint"](letter.subject, letter.body_html)

    def test_what_was_shipped_is_shipped_anew_and_what_was_changed_stays(self):
        due = self.env.ref("loan_crm.mail_template_reminder_due")
        late = self.env.ref("loan_crm.mail_template_reminder_late")
        wanted = due.body_html, due.with_context(lang="zh_CN").body_html
        for letter in (due, late):
            letter.body_html = '<p style="letter-spacing:0.5px;">Pay soon.</p>'
            letter.with_context(lang="zh_CN").body_html = "<p>请还款。</p>"
        shipped = {
            "mail_template_reminder_due": {self._print(due), self._print(due, "zh_CN")},
            "mail_template_reminder_late": {self._print(late), self._print(late, "zh_CN")},
        }
        late.with_context(lang="zh_CN").body_html = "<p>请尽快还款，谢谢。</p>"
        self._migrate(shipped)
        self.assertEqual((due.body_html, due.with_context(lang="zh_CN").body_html), wanted)
        self.assertIn("Pay soon.", late.body_html)
        self.assertIn("谢谢", late.with_context(lang="zh_CN").body_html)

    def test_a_letter_is_known_again_however_the_database_writes_it(self):
        told = runpy.run_path(str(_MIGRATION))
        for letter in self.letters:
            name = letter.get_external_id()[letter.id].split(".")[1]
            record = etree.parse(file_path(letter.template_fs)).find(f".//record[@id='{name}']")
            body = record.find("field[@name='body_html']")
            written = (body.text or "") + "".join(etree.tostring(each, encoding="unicode") for each in body)
            subject = record.find("field[@name='subject']").text
            with self.subTest(letter=name):
                self.assertEqual(told["fingerprint"](subject, written), self._print(letter))

    def test_the_letters_of_the_release_before_are_there(self):
        for name in runpy.run_path(str(_MIGRATION))["SHIPPED"]:
            self.assertIn(self.env.ref(f"loan_crm.{name}"), self.letters)


@tagged("post_install", "-at_install", "loan")
class TestChineseWords(LoanCommon):
    """Words in a row, and amounts, are written as Chinese writes them."""

    def test_nothing_that_people_read_is_joined_by_half_a_comma(self):
        pattern = re.compile(r"""["'][,;] ["']\.join""")
        joined = {
            str(path.relative_to(_ADDON))
            for folder in ("models", "wizard", "controllers", "report", "views", "data")
            for path in (_ADDON / folder).iterdir()
            if path.suffix in (".py", ".xml") and pattern.search(path.read_text())
        }
        self.assertEqual(joined - _JOINED, set())

    def test_a_list_reads_in_the_language_of_who_reads_it(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        customers = self.customer + self._customer("Li Na")
        self.assertEqual(customers.with_context(lang="en_US")._named(), "Wang Fang, Li Na")
        self.assertEqual(customers.with_context(lang="zh_CN")._named(), "Wang Fang、Li Na")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestChinesePages(PortalCommon):
    """The sign of the yuan and its figure are one word, on every page and paper of a borrower."""

    def test_no_blank_follows_the_sign_on_a_page_or_a_paper(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.borrower.lang = "zh_CN"
        self._be(self.borrower)
        pages = [
            self._get(path).text
            for path in ("/my/loans", self._path(), f"/my/prepay/{self.contract.id}", "/my/easy")
        ]
        reports = self.env["ir.actions.report"].with_context(lang="zh_CN")
        self.partner.lang = "zh_CN"
        for name in ("statement", "key_facts"):
            content, _kind = reports._render_qweb_html(f"loan_crm.report_loan_{name}", self.contract.ids)
            pages.append(content.decode())
        for number, page in enumerate(pages):
            with self.subTest(page=number):
                self.assertIn("¥", page)
                self.assertNotRegex(page, r"¥(\s|&nbsp;|&#160;|</?\w+[^>]*>)*\s\d")
