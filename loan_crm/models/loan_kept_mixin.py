from odoo import api, models
from odoo.exceptions import AccessError

# Travels in the context from the verbs to `write`; it cannot be sent over RPC.
_BY_VERB = object()
_OF_THE_CHATTER = frozenset({"message_ids", "message_follower_ids", "activity_ids"})


class LoanKeptMixin(models.AbstractModel):
    """A record that is evidence: once it counts, its verbs alone write it, and nobody deletes it. Superuser neither.

    A model says which of its records count (`_loan_kept`), what is entered by hand as long as one does not (`_OPEN`),
    which words meet who tries more (`_kept_refusal`), and where even its verbs change one thing alone, which
    (`_VERBS_WRITE`). What the law lets go in the end is emptied by the erasure of its customer, which does not come
    this way; nor does the merging of two customers.
    """

    _name = "loan.kept.mixin"
    _description = "Kept as Evidence"

    # What may be written while a record does not count yet.
    _OPEN = frozenset()
    # What verbs may write, and nothing else; None where it is theirs to know.
    _VERBS_WRITE = None

    def _loan_kept(self):
        """Return those of these records that stay as they are.

        :rtype: recordset
        """
        raise NotImplementedError

    @api.model
    def _kept_refusal(self, deed):
        """Return what somebody is told who may not do this by hand.

        :param str deed: "write" or "unlink"
        """
        if deed == "unlink":
            return self.env._("What was offered or signed is kept. It can be withdrawn.")
        return self.env._(
            "What was offered or signed stays as it was. It is changed by its own buttons alone."
        )

    def _by_verb(self):
        """Return these records as their verbs write them."""
        # As superuser: nobody writes these by hand.
        return self.with_context(loan_by_verb=_BY_VERB).sudo()

    def write(self, vals):
        names = {name for name in vals if name in self._fields and self._fields[name].store}
        self._check_may_write(names - _OF_THE_CHATTER)
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        self._check_may_write({field_name})
        return super()._update_field_translations(field_name, translations, digest, source_lang)

    def _check_may_write(self, names):
        if self.env.context.get("loan_by_verb") is not _BY_VERB:
            self._check_by_hand(names)
        elif self._VERBS_WRITE is not None and names - self._VERBS_WRITE:
            raise AccessError(self._kept_refusal("write"))

    def _check_by_hand(self, names):
        """Refuse what nobody writes by hand.

        :param set names: of stored fields, without those of the chatter
        :raise AccessError: in the words of :meth:`_kept_refusal`
        """
        if names and (names - self._OPEN or self._loan_kept()):
            raise AccessError(self._kept_refusal("write"))

    # At an uninstall, too: a client may pretend it is one. By then `uninstall_hook` has emptied the tables.
    @api.ondelete(at_uninstall=True)
    def _unlink_what_does_not_count(self):
        if self._loan_kept():
            raise AccessError(self._kept_refusal("unlink"))
