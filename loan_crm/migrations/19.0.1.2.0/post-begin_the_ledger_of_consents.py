from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let what customers had refused by the switches of their profiles stand in the ledger of consents.

    Whoever had refused nothing was never asked, and is not in it. Nobody had been shown the words that purposes have
    now, so none stand beside a refusal that is taken over.
    """
    unread = {"words": False, "words_hash": False, "words_lang": False, "version": 0}
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    for governs, domain in (
        ("reminders", [("reminder_opt_out", "=", True)]),
        ("offers", [("renewal_opt_out", "=", True)]),
        ("surveys", [("partner_id.loan_no_surveys", "=", True)]),
    ):
        purpose = env["loan.consent.purpose"]._governing(governs)
        if purpose:
            env["loan.customer"].search(domain)._say_consents({purpose: False}, "import", **unread)
