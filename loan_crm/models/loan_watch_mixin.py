import logging

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class LoanWatchMixin(models.AbstractModel):
    """A time that runs out, and who is told: one to-do for each person, in new words as it goes on.

    Once it is over, or stands still, the to-dos are taken back. Batches are told in one go each, with as many
    statements as there are people to ask, not records. What fails is found by halves and left aside until the next day
    with what went wrong; the person responsible gets a to-do, and the others are told.

    Add `todo_ids`, by which column of `mail.activity` the to-dos are this model's own.
    """

    _name = "loan.watch.mixin"
    _description = "Times That Run Out"

    trouble = fields.Char(
        "What Went Wrong",
        readonly=True,
        copy=False,
        help="Why nobody could be told; tried again a day later.",
    )

    @api.model
    def _watch(self, at, tell, batch):
        """Tell of all whose moment has come; each batch commits.

        :param str at: the column with the moment at which somebody is told next
        :param tell: `f(records)` which tells of a batch, and moves their moment on
        :param int batch: records at once
        """
        progress = self.env["ir.cron"]._commit_progress
        due = Domain(at, "<=", fields.Datetime.now())
        progress(remaining=self.search_count(due))
        # What another worker is at, that worker tells.
        while found := self.search(due, order=f"{at}, id", limit=batch).try_lock_for_update():
            found._watch_apart(at, tell)._wake_somebody()
            self.env.flush_all()
            if not progress(len(found)):
                return
            self.env.invalidate_all()

    def _watch_apart(self, at, tell):
        """Tell of these, by halves where it fails.

        :return: those that could not be told
        """
        overtaken = self.env["loan.reminder"]._overtaken
        try:
            with self.env.cr.savepoint():
                tell(self)
            return self.browse()
        except overtaken:
            raise
        except Exception as error:
            if len(self) == 1:
                _logger.info("%s cannot be told: %s", self, error)
                told = self.env["mail.template"]._loan_trouble_told(error)
                self.write({at: fields.Datetime.add(fields.Datetime.now(), days=1), "trouble": told})
                return self
        middle = len(self) // 2
        return self[:middle]._watch_apart(at, tell) | self[middle:]._watch_apart(at, tell)

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

    def _wake_somebody(self):
        """Give the person responsible one to-do where somebody could not be told, and no second one beside it."""
        for company in self.company_id:
            user = company.loan_reminder_user_id or self.env["loan.reminder.round"]._fallback_user(company)
            if not user:
                continue
            words = self.with_context(lang=user.lang or self.env.lang)._trouble_words()
            # As superuser: a to-do of somebody else.
            todos_sudo = self.env["mail.activity"].sudo()
            if todos_sudo.search_count(
                [("user_id", "=", user.id), ("res_model", "=", False), ("summary", "=", words[0])], limit=1
            ):
                continue
            todos_sudo.with_context(mail_activity_quick_update=True).create(
                {
                    "activity_type_id": self.env.ref("mail.mail_activity_data_warning").id,
                    "user_id": user.id,
                    "date_deadline": company._loan_today(),
                    "summary": words[0],
                    "note": words[1],
                }
            )

    def _trouble_words(self):
        """Return what is said to the person responsible where somebody could not be told: `(summary, note)`."""
        return (
            self.env._("Times that run out could not be told"),
            self.env._(
                "Open them by the filter “Could Not Be Told”, read what went wrong, and put it right."
            ),
        )
