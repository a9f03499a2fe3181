import re

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date, html2plaintext

from ..core import cases

# Where the customer's words are theirs, and not what a colleague has written down.
_OWN_WORDS = ("page", "email")
_SAID_AT_MOST = 50
_EMPHASIS = re.compile(r"</?(?:b|strong|i|em)\b[^>]*>", re.IGNORECASE)


class LoanPortalCaseMixin(models.AbstractModel):
    """What the portal tells of a case to whoever brought it up: where it stands, by when, and what was said to and fro.

    What colleagues say among themselves, who is complained about, causes and solutions are theirs. Of messages those
    are told that this person wrote or got.
    """

    _name = "loan.portal.case.mixin"
    _description = "Case on the Portal"

    def _as_read_by_asker(self, lang):
        """Return this case in the lender's company and in a language.

        :param str lang: code
        """
        return self.with_context(allowed_company_ids=self.company_id.ids, lang=lang)

    def _portal_row(self):
        """Return what the list of somebody's cases tells of one."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        running = self.state in ("new", "open", "waiting")
        day = self._portal_day(self.solved_at or self.closed_at or self.write_date)
        return {
            "id": self.id,
            "what": f"{kinds[self.kind]} {self.name}",
            "about": cases.headline(self.words) if self.channel in _OWN_WORDS and self.words else "",
            "when": self.env._("We have it since %s.", self._portal_day(self.opened_at)),
            "running": running,
            "waits": self.state == "waiting",
            "late": running
            and bool(self.promised_at)
            and self.promised_at < fields.Datetime.now()
            and not self.responded_at,
            "next": self._told_on_page() if running else self.env._("We have settled it on %s.", day),
            "loan": self.contract_id.name or "",
        }

    def _portal_day(self, moment):
        return format_date(self.env, self._local(moment), date_format="long")

    def _portal_facts(self, partner):
        """Return what the page of a case tells, in the language of the context; no record among it.

        :param partner: `res.partner` whose case it is
        """
        return {
            **self._portal_row(),
            "words": self.words if self.channel in _OWN_WORDS else "",
            "said": [self._portal_said(message, partner) for message in self._portal_messages(partner)],
            "contact": {
                "name": self.user_id.name or self.company_id.name,
                "role": self.env._("Looks after it") if self.user_id else "",
                "phone": self.user_id.phone or self.company_id.phone,
                "email": self.user_id.email or self.company_id.email,
            },
        }

    def _portal_messages(self, partner):
        """Return the messages of this case that somebody wrote or got, the oldest first."""
        to_or_by = Domain("author_id", "=", partner.id) | (
            Domain("notified_partner_ids", "in", partner.ids) & Domain("is_internal", "=", False)
        )
        found = self.env["mail.message"].search(
            Domain("model", "=", self._name) & Domain("res_id", "=", self.id) & to_or_by,
            order="id desc",
            limit=_SAID_AT_MOST,
        )
        return found.filtered(lambda message: html2plaintext(message.body or "").strip()).sorted("id")

    def _portal_said(self, message, partner):
        mine = message.author_id == partner
        # As text: what a mail looked like is left to the mail, and the stars that would stand for it are not words.
        text = html2plaintext(_EMPHASIS.sub("", message.body or ""))
        return {
            "who": self.env._("You") if mine else message.author_id.name or self.company_id.name,
            "mine": mine,
            "when": self._moment_told(message.date),
            "text": cases.own_words(text) if mine else text,
        }

    def _portal_takes_words(self, partner):
        """Tell whether somebody may add words today; their case is locked meanwhile.

        :param partner: `res.partner` whose case it is
        """
        self._wait_for_lock()
        return self.env["loan.portal.count"]._take(self.company_id, partner)

    def _portal_add(self, partner, words):
        """Add words to a case; what was settled goes on with it, and whoever is accountable has to answer.

        :param partner: `res.partner` whose case it is
        :param str words: plain
        """
        message = self._hear(partner, words)
        if message:
            self._wait_for_answer(message, self._who_answers(self.user_id))
