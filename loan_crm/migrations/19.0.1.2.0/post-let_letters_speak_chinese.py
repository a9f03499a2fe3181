import hashlib

from lxml import html

from odoo import SUPERUSER_ID, api

# Of each letter of 19.0.1.1.0 the fingerprints of its subject and words, in English and in Chinese.
SHIPPED = {
    "mail_template_what_if": {"6d94d6d8fa730ad9", "405de1368c6880c5"},
    "mail_template_reminder_before": {"d744679f5bad6107", "d5b9d975ca1cff31"},
    "mail_template_reminder_due": {"278053856d66f9b9", "0140c928d06b6266"},
    "mail_template_reminder_late": {"8996598855ab9d0a", "af2824968f9b62f6"},
    "mail_template_reminder_firm": {"606120634765b2e1", "0cfc7838325639c3"},
    "mail_template_hardship": {"cb3cdc2e2c84c8c3", "05d5e8d1f3dc84e0"},
    "mail_template_key_facts": {"58ecfcbbaf3853a2", "901e33e860491aed"},
    "mail_template_rate_notice": {"de91b7d462f64686", "3fd67cfe71dbc869"},
}


def migrate(cr, version):
    """Let the letters of the release before say in which language they are, in letters of that language.

    Whatever a lender has changed of one stays, in any language; what is as it was shipped is shipped anew, and its
    translations come along.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    languages = [code for code, _name in env["res.lang"].get_installed()]
    letters = env["mail.template"]
    for name, shipped in SHIPPED.items():
        letter = env.ref(f"loan_crm.{name}", raise_if_not_found=False) or letters.browse()
        said = {
            fingerprint(each.subject, each.body_html)
            for each in (letter.with_context(lang=lang) for lang in languages)
            if each
        }
        if said and said <= shipped:
            letters |= letter
    letters.reset_template()


def fingerprint(subject, body):
    """Return a fingerprint of a letter: of what it says, however a database or a file writes its tags."""
    told = []
    for element in html.fragment_fromstring(str(body or ""), create_parent="div").iter():
        told += [element.tag, *(f"{name}={value}" for name, value in sorted(element.attrib.items()))]
        told += [element.text or "", element.tail or ""]
    text = "".join("".join([subject or "", *map(str, told)]).split())
    return hashlib.sha256(text.encode()).hexdigest()[:16]
