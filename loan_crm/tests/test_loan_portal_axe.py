import re

from dateutil.relativedelta import relativedelta
from lxml import html

from odoo.http import _generate_routing_rules
from odoo.tests import tagged

from .axe import AxeCommon
from .portal_pages import FILES, LETTER_PAGES, PORTAL_PAGES
from .test_loan_portal_agreement import PortalAgreementCommon
from .test_loan_survey import SurveyCommon

# Odoo draws the cards of the overview when it knows how many of each there are.
_STANDS = "!document.querySelector('.o_portal_doc_spinner:not(.d-none)')"


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalAxe(AxeCommon, PortalAgreementCommon, SurveyCommon):
    """Whoever hears a page, sees it badly or has only a keyboard finds what everybody finds, in both languages."""

    def setUp(self):
        super().setUp()
        today = self.company._loan_today()
        start = today - relativedelta(days=3)
        self._contract(start_date=start, first_due_date=start + relativedelta(months=1))
        asked = self._round()[:1]
        case = self.env["loan.case"].create(
            {
                "kind": "inquiry",
                "subject": "Weekly payments",
                "words": "May I pay weekly? My wages come on Fridays.",
                "customer_id": self.customer.id,
                "contract_id": self.contract.id,
            }
        )
        signed = self._offer(self._planned())
        self._sign_all(signed)
        invitation = self._signer(self.agreement)._link_url()
        portal = self.env["loan.portal"].with_user(self.borrower)
        desk = next(iter(portal._desks().values()))
        meeting, refused = portal._book(desk, "video", "new_loan", next(iter(portal._slots(desk))).start)
        self.assertFalse(refused)
        self.names = {
            "loan": self.contract.id,
            "application": self.application.id,
            "case": case.id,
            "agreement": self.agreement.id,
            "signed": signed.id,
            "appointment": meeting.id,
            "letter": self._letter(),
            "invitation": invitation.removeprefix(self.company.get_base_url()),
            "survey": asked.ask_url.removeprefix(asked.company_id.get_base_url()),
        }

    def _letter(self):
        url = self.contract._borrower_url(self.partner, "loan")
        return url.removeprefix(self.contract.get_base_url())

    def _visit(self, pages, lang, login=None, dark=False):
        """Return what is wrong with each of these pages, and the titles they bear.

        :param bool dark: as whoever has told their device so
        """
        self.partner.lang = lang
        wrong, titles = [], {}
        with self._browser(login, lang=lang) as browser:
            if dark:
                self._prefer(browser, "dark")
            for name, path in pages.items():
                self._go(browser, path.format(**self.names), _STANDS)
                name = f"{name} ({lang}{', dark' if dark else ''})"
                wrong += self._look(browser, name)
                told, title, wide = self._evaluate(
                    browser,
                    "[document.documentElement.lang, document.title, "
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth]",
                )
                if told != lang.replace("_", "-"):
                    wrong.append(f"{name}: its language is said to be {told!r}")
                if wide > 0:
                    wrong.append(f"{name}: on a phone it has to be pushed aside by {wide} px")
                titles.setdefault(title, []).append(name)
        return wrong, titles

    def test_no_page_is_left_out(self):
        """What a browser is not sent to, it finds nothing on."""
        looked_at = [path.format(**self.names) for path in (PORTAL_PAGES | LETTER_PAGES).values()]
        rules = _generate_routing_rules(["loan_crm"], nodb_only=False)
        ours = {
            path
            for path, endpoint in rules
            if path.startswith(("/my/", "/loan/", "/agreement/"))
            and "GET" in (endpoint.routing["methods"] or ())
        }
        self.assertGreater(len(ours), 20)
        for rule in ours - FILES:
            path = re.compile(re.sub("<[^>]+>", "[^/]+", rule) + r"(\?.*)?")
            with self.subTest(rule=rule):
                self.assertTrue(any(map(path.fullmatch, looked_at)))

    def test_with_a_login(self):
        for lang in ("en_US", "zh_CN"):
            with self.subTest(lang=lang):
                wrong, titles = self._visit(PORTAL_PAGES, lang, self.borrower.login)
                self.assertNothingWrong(wrong)
                self.assertNotIn("Odoo", titles)

    def test_behind_the_links_of_letters(self):
        for lang in ("en_US", "zh_CN"):
            with self.subTest(lang=lang):
                pages = dict(LETTER_PAGES)
                if lang == "zh_CN":  # whoever has no link has no language but the browser's
                    pages.pop("a link that opens nothing")
                wrong, _titles = self._visit(pages, lang)
                self.assertNothingWrong(wrong)

    def test_behind_the_links_of_letters_on_a_dark_screen(self):
        wrong, _titles = self._visit(LETTER_PAGES, "en_US", dark=True)
        self.assertNothingWrong(wrong)
        with self._browser() as browser:
            self._prefer(browser, "dark")
            self._go(browser, self.names["letter"])
            ground = self._evaluate(browser, "getComputedStyle(document.body).backgroundColor")
        self.assertEqual(ground, "rgb(17, 23, 29)")

    def test_odoos_own_pages_say_their_language_too(self):
        for path, login in (
            ("/web/login", None),
            ("/my/account", self.borrower.login),
            ("/odoo", self.manager.login),
        ):
            self.authenticate(login, login)
            with self.subTest(path=path):
                page = html.fromstring(self.url_open(path).text)
                self.assertEqual(page.get("lang"), "en-US")

    def test_axe_finds_what_is_wrong(self):
        """What never finds anything proves nothing."""
        with self._browser(self.borrower.login) as browser:
            self._go(browser, f"/my/loans/{self.contract.id}/ask")
            self._evaluate(
                browser,
                "document.querySelectorAll('main label').forEach((each) => each.replaceWith(...each.childNodes));"
                "document.querySelector('main h1').style.color = '#aaa'",
            )
            found = "\n".join(self._look(browser, "ask", widths=(1440,)))
        self.assertRegex(found, r"ask, 1440 px wide: label \(critical\)")
        self.assertRegex(found, r"ask, 1440 px wide: color-contrast \(serious\)")
