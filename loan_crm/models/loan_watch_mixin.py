from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain


class LoanWatchMixin(models.AbstractModel):
    """A time that runs out, and who is told: one to-do for each person, in new words as it goes on.

    Once it is over, or stands still, the to-dos are taken back. Batches are told in one go each, with as many
    statements as there are people to ask, not records. What fails is left aside until the next day, and the others are
    told; see `loan.trouble.mixin`.

    Add `todo_ids`, by which column of `mail.activity` the to-dos are this model's own.
    """

    _name = "loan.watch.mixin"
    _inherit = ["loan.trouble.mixin"]
    _description = "Times That Run Out"

    @api.model
    def _watch(self, at, tell, batch):
        """Tell of all whose moment has come; each batch commits.

        :param str at: the column with the moment at which somebody is told next
        :param tell: `f(records)` which tells of a batch, and moves their moment on
        :param int batch: records at once
        """
        due = Domain(at, "<=", fields.Datetime.now())
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(due))
        undisturbed = self.env["loan.reminder.round"]._undisturbed
        while undisturbed(partial(self._watch_batch, due, at, tell, batch)):
            self.env.invalidate_all()

    @api.model
    def _watch_batch(self, due, at, tell, batch):
        # What another worker is at, that worker tells.
        found = self.search(due, order=f"{at}, id", limit=batch)._lock_quietly()
        if not found:
            return None
        found._treat_apart(tell).write({at: fields.Datetime.add(fields.Datetime.now(), days=1)})
        self.env.flush_all()
        return self.env["ir.cron"]._commit_progress(len(found))

    def _tell_people(self, told):
        """Give each person a to-do for each of these, or new words to the one they have.

        :param told: iterable of (record of this model, user, document, day, words)
        """
        link = self._fields["todo_ids"].inverse_name
        # As superuser: a job gives them, and has asked who may see what they are about.
        todos_sudo = self.env["mail.activity"].sudo()
        todos_sudo = todos_sudo.with_context(mail_activity_quick_update=True, loan_unfollowed=True)
        given = {
            (todo[link].id, todo.user_id.id): todo for todo in todos_sudo.search([(link, "in", self.ids)])
        }
        kind = self.env.ref("mail.mail_activity_data_todo")
        vals_list = []
        for record, user, document, day, words in told:
            if todo := given.get((record.id, user.id)):
                todo.summary = words
                continue
            vals_list.append(
                {
                    link: record.id,
                    "res_model_id": self.env["ir.model"]._get_id(document._name),
                    "res_id": document.id,
                    "activity_type_id": kind.id,
                    "date_deadline": day,
                    "summary": words,
                    "user_id": user.id,
                }
            )
        todos_sudo.create(vals_list)

    def _nothing_to_tell(self):
        """Take back the to-dos of what is over, or stands still."""
        # As superuser: they are this mixin's own.
        self.sudo().todo_ids.unlink()
        self._trouble_over()

    @api.model
    def _trouble_words(self):
        return (
            self.env._("Times that run out could not be told"),
            self.env._(
                "Open them by the filter “Could Not Be Told”, read what went wrong, and put it right."
            ),
        )
