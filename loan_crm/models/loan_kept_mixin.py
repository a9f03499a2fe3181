from odoo import api, models
from odoo.exceptions import AccessError

# Travels in the context from the verbs to `write`; it cannot be sent over RPC.
_BY_VERB = object()
_OF_THE_CHATTER = frozenset({"message_ids", "message_follower_ids", "activity_ids"})


class LoanKeptMixin(models.AbstractModel):
    """A record that is evidence: once it counts, its verbs alone write it, and nobody deletes it. Superuser neither.

    What the law lets go in the end is emptied by the erasure of its customer, which does not come this way.
    """

    _name = "loan.kept.mixin"
    _description = "Kept as Evidence"

    # What may be written while a record does not count yet.
    _OPEN = frozenset()

    def _loan_kept(self):
        """Return those of these records that stay as they are.

        :rtype: recordset
        """
        raise NotImplementedError

    def _by_verb(self):
        """Return these records as their verbs write them."""
        # As superuser: nobody writes these by hand.
        return self.with_context(loan_by_verb=_BY_VERB).sudo()

    def write(self, vals):
        if self.env.context.get("loan_by_verb") is not _BY_VERB:
            ours = {name for name in vals if name in self._fields and self._fields[name].store}
            if (ours - _OF_THE_CHATTER and self._loan_kept()) or ours - _OF_THE_CHATTER - self._OPEN:
                raise AccessError(
                    self.env._(
                        "What was offered or signed stays as it was. It is changed by its own buttons alone."
                    )
                )
        return super().write(vals)

    # At an uninstall, too: a client may pretend it is one. By then `uninstall_hook` has emptied the tables.
    @api.ondelete(at_uninstall=True)
    def _unlink_what_does_not_count(self):
        if self._loan_kept():
            raise AccessError(self.env._("What was offered or signed is kept. It can be withdrawn."))
