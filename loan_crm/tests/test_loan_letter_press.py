from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .common import NOW, LoanCommon

# Names that break letters which are put together carelessly.
HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }} ${7*7}",
    "Tom &amp; Jerry & Söhne",
    'O\'Brien "the" Borrower',
    "🦊 Fuchs 李\u00a0小龙",
    "\u202eمحمد علي",
    "-- \nsigned",
    "\n> quoted",
    "qx0xq qx1xq",
    "a%20b=c; <b>d</b> --",
    "Zoë\u0301 \u200b x",
    "javascript:alert(1) http://a.example.com/?a=1&b=2",
)
# What is made anew for each letter, however it is filed.
OWN = {
    "id",
    "message_id",
    "mail_message_id",
    "mail_mail_id",
    "create_date",
    "write_date",
    "date",
    "read_date",
}


class LetterPressCommon(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.press, cls.fast = cls.env["loan.letter.press"], cls.env["loan.letter.fast"]
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.ledger = cls.env["loan.reminder"]

    def _letters(self):
        """Return letters of several languages, roles and lengths, to people of hostile names."""
        langs, loans = ("en_US", "zh_CN"), self.env["loan.contract"]
        for place, name in enumerate(HOSTILE):
            partner = self._partner(name, lang=langs[place % 2], email=f"hostile{place}@example.com")
            customer = self._customer(partner_id=partner.id)
            loans |= self._due_in(7, customer)
            if place % 3 == 0:
                self._due_in(-6, customer)
        self._remind()
        letters = self.ledger.search([("contract_id", "in", loans.ids), ("state", "=", "queued")], order="id")
        self.assertEqual(len(letters), len(HOSTILE))
        for place, letter in enumerate(letters):
            # Roles change the wording; the ledger of these letters is not looked at.
            letter.role = ("borrower", "guarantor", "co_borrower")[place % 3]
        return letters

    def _templates(self):
        templates = self.env["mail.template"].search([("model", "=", "loan.reminder")])
        self.assertGreaterEqual(len(templates), 4)
        return templates


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanLetterPress(LetterPressCommon):
    """Many letters are printed and filed at once, and are to the byte what Odoo would have made of them."""

    @contextmanager
    def _by_odoo(self):
        with patch.object(type(self.press), "_overriders", lambda *args: ["somebody"]):
            yield

    def test_a_printed_letter_is_what_odoo_renders_to_the_byte(self):
        letters, names = self._letters(), ("subject", "body_html", "email_from", "reply_to", "mail_server_id")
        for template in self._templates():
            printed = self.press._print_plain(template, letters.ids, names)
            rendered = template._generate_template(letters.ids, names)
            for letter in letters:
                for name in names:
                    self.assertEqual(printed[letter.id][name], rendered[letter.id][name], template.name)
                    self.assertIs(type(printed[letter.id][name]), type(rendered[letter.id][name]), name)
            self.assertIn("&lt;script&gt;", printed[letters[0].id]["body_html"])
            self.assertNotIn("49", printed[letters[1].id]["subject"])

    def test_letters_filed_at_once_are_the_rows_that_odoo_writes(self):
        letters = self._letters()
        self.assertFalse(self.fast._obstacles())
        for template in self._templates():
            with patch.object(type(self.env["mail.message"]), "_create", None):
                # Odoo's own steps are out of the way; if they were taken, this would fail.
                with patch.object(type(self.fast), "_obstacles", lambda _self: []):
                    quick = letters._queue_letter_mails(template)
            with self._by_odoo(), patch.object(type(self.fast), "_file", lambda *args: None):
                slow = letters._queue_letter_mails(template)
            self.env.flush_all()
            for mine, theirs in zip(quick, slow, strict=True):
                self.assertEqual(self._rows(mine), self._rows(theirs), template.name)

    def _rows(self, mail):
        """Return all that the database knows of a mail, apart from what no two mails share."""
        rows = []
        for table, key, id_ in (
            ("mail_mail", "id", mail.id),
            ("mail_message", "id", mail.mail_message_id.id),
            ("mail_notification", "mail_message_id", mail.mail_message_id.id),
            ("mail_mail_res_partner_rel", "mail_mail_id", mail.id),
        ):
            self.env.cr.execute(f"SELECT * FROM {table} WHERE {key} = %s", [id_])
            for row in self.env.cr.dictfetchall():
                self.assertTrue(all(row[name] for name in OWN & set(row)), row)
                rows.append({name: value for name, value in row.items() if name not in OWN})
        self.assertEqual(len(rows), 4)
        self.assertRegex(mail.message_id, rf"openerp-{mail.res_id}-loan\.contract@")
        return rows

    def test_a_body_is_kept_as_the_sanitizer_would_whatever_stands_in_it(self):
        shell = (
            '<div style="color:red;float:x"><p>Dear %s,<br/><span>%s</span></p><a href="%s">x</a> %s</div>'
        )
        links = (
            "https://a.example.com/x?a=1&amp;b=2",
            "javascript:alert(1)",
            "https://ü.example.com/%7e",
            "/x",
        )
        for place, name in enumerate(
            (*HOSTILE, "Plain Name", "1,032.80\u00a0€", "--", "<b>", "a\n\n> b", "")
        ):
            for link in links:
                # Most of it is taken out as plain text; what is not must survive as well.
                body = shell % (name, place, link, name)
                self.assertEqual(self.fast._clean({}, body), self.fast._sanitize(body))
        self.assertEqual(self.fast._clean({}, "Only text, 1 <b>x"), self.fast._sanitize("Only text, 1 <b>x"))

    def test_an_addon_that_has_a_say_in_mails_is_heard(self):
        letters, template = self._letters()[:2], self._templates()[0]
        heard, mails = [], type(self.env["mail.mail"])
        create = mails.create

        def listening(self, vals_list):
            heard.extend(vals_list)
            return create(self, vals_list)

        with patch.object(mails, "create", listening):
            self.assertIn("mail.mail.create", str(self.fast._obstacles()))
            settings = self.env["res.config.settings"].create({})
            self.assertIn("mail.mail.create", settings.loan_letter_route_note)
            letters._queue_letter_mails(template)
        self.assertEqual(len(heard), 2)

    def test_a_body_that_differs_in_plain_text_only_is_sanitized_once(self):
        skeletons = {}
        with patch.object(
            type(self.fast), "_sanitize", autospec=True, side_effect=self._sanitize
        ) as sanitized:
            for name in ("Wang Fang", "O&#39;Brien &amp; Söhne", "&#34;Co&#34; 李, x@y.example"):
                self.fast._clean(skeletons, f"<p>Dear <span>{name}</span></p>")
        self.assertEqual(sanitized.call_count, 2)  # the skeleton, and the trial of it

    def _sanitize(self, fast, text):
        field = self.env["mail.message"]._fields["body"]
        return field.convert_to_column_insert(text, self.env["mail.message"], {})

    def test_an_addon_that_renders_in_its_own_way_is_heard(self):
        letters, template = self._letters()[:2], self._templates()[0]
        templates = type(template)
        render = templates._render_template_qweb

        def louder(self, *args, **kwargs):
            return {id_: text.upper() for id_, text in render(self, *args, **kwargs).items()}

        with patch.object(templates, "_render_template_qweb", louder):
            self.assertIn(
                "Odoo renders each", self.env["res.config.settings"].create({}).loan_letter_route_note
            )
            self.assertIn("DEAR", letters._queue_letter_mails(template)[0].body_html)

    def test_the_lender_may_keep_to_odoos_own_steps(self):
        letters, template = self._letters()[:1], self._templates()[0]
        self.company.loan_letter_route = "safe"
        self.assertIsNone(self.fast._file(letters, [{}]))
        self.assertTrue(letters._queue_letter_mails(template).exists())
        settings = self.env["res.config.settings"].create({})
        self.assertIn("as chosen here", settings.loan_letter_route_note)
        settings.loan_letter_route = "auto"
        self.assertIn("many at once", settings.loan_letter_route_note)

    def test_a_template_that_calls_another_is_printed_by_odoo(self):
        letters, template = self._letters()[:2], self._templates()[0].copy()
        self.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "key": "loan_crm.greeting_of_a_test",
                "arch": "<p>Called <t t-out='object.id'/></p>",
            }
        )
        for lang in ("en_US", "zh_CN"):
            body = "<div><t t-call='loan_crm.greeting_of_a_test'/></div>"
            template.with_context(lang=lang).body_html = body
        for mail, letter in zip(letters._queue_letter_mails(template), letters, strict=True):
            self.assertIn(f"Called {letter.id}", mail.body_html)

    def test_what_a_template_must_not_say_is_refused(self):
        letter, template = self._letters()[:1], self._templates()[0]
        for text, error in (
            ("{{ (lambda: 1).__globals__ }}", NameError),
            ("{{ ().__class__ }}", NameError),
            ("{{ open('/etc/passwd') }}", NameError),
            ("{{ __import__('os') }}", NameError),
        ):
            with self.assertRaises(error):
                self.press._print_line(template, text, letter.ids, self.press._shared_values(template))

    def test_one_poison_letter_costs_no_other_one(self):
        letters = self._letters()
        template = letters[0].step_id.template_id
        for lang in ("en_US", "zh_CN"):
            template.with_context(lang=lang).subject = "{{ 1 / (object.partner_id.ref != 'poison') }}"
        letters[3].partner_id.ref = "poison"
        letters._with_merged()._write_letters_apart()
        self.assertEqual((letters - letters[3]).mapped("state"), ["queued"] * (len(letters) - 1))
        self.assertEqual(letters[3].state, "failed")
        self.assertIn("1 / (object", letters[3].failure)

    def test_many_letters_take_as_many_statements_as_few(self):
        counts = []
        for many in (1, 4, 24):
            for place in range(many):
                partner = self._partner(f"Borrower {many}", email=f"borrower{many}-{place}@example.com")
                self._due_in(7, self._customer(partner_id=partner.id))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._remind()
            counts.append(self.env.cr.sql_log_count - before)
            queued = [("partner_id.name", "=", f"Borrower {many}"), ("state", "=", "queued")]
            self.assertEqual(self.ledger.search_count(queued), many)
        self.assertLess(abs(counts[2] - counts[1]), 5, counts)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanLetterPressFields(LetterPressCommon):
    """What a site has added to mails, messages and loans by hand is heard, however letters are filed."""

    def setUp(self):
        # First, so that it comes last: by then the fields are gone from the database.
        self.addCleanup(self._forget_fields)
        super().setUp()

    def _forget_fields(self):
        self.registry._setup_models__(self.cr)
        self.registry.clear_all_caches()

    def test_what_somebody_keeps_beside_a_mail_is_kept_for_letters_filed_at_once(self):
        letters, template = self._letters()[:2], self._templates()[0]
        for model in ("mail.mail", "mail.message", "mail.notification"):
            field = self.env["ir.model.fields"].create(
                {
                    "name": "x_kind",
                    "field_description": "Kind",
                    "model_id": self.env["ir.model"]._get_id(model),
                    "ttype": "char",
                }
            )
            self.env["ir.default"].set(model, field.name, f"of {model}")
        mail = letters._queue_letter_mails(template)[0]
        notice = mail.mail_message_id.notification_ids
        self.assertFalse(self.fast._obstacles())
        self.assertEqual(
            (mail.x_kind, mail.mail_message_id.x_kind, notice.x_kind),
            ("of mail.mail", "of mail.message", "of mail.notification"),
        )

    def test_a_field_that_counts_messages_is_worked_out(self):
        letters, template = self._letters()[:2], self._templates()[0]
        self.env["ir.model.fields"].create(
            {
                "name": "x_letters",
                "field_description": "Letters",
                "model_id": self.env["ir.model"]._get_id("loan.contract"),
                "ttype": "integer",
                "store": True,
                "depends": "message_ids",
                "compute": "for loan in self: loan['x_letters'] = len(loan.message_ids)",
            }
        )
        self.assertIn("loan.contract.x_letters", str(self.fast._obstacles()))
        before = letters[0].contract_id.x_letters
        letters._queue_letter_mails(template)
        self.assertEqual(letters[0].contract_id.x_letters, before + 1)
