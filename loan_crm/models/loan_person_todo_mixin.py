from odoo import api, models
from odoo.fields import Domain


class LoanPersonTodoMixin(models.AbstractModel):
    """Something a colleague has to do, on their list of activities until it is done: sign, attend, read.

    The to-do stands on the person's own record, so nobody else's list shows who is late. Whoever strikes it off
    without doing the thing finds it there again the next morning.
    """

    _name = "loan.person.todo.mixin"
    _inherit = ["loan.person.mixin"]
    _description = "Something a Colleague Has to Do"

    # The external id of the kind of activity, and the states in which the person is waited for.
    _TODO = None
    _TODO_STATES = ()

    def _todo_deadline(self):
        """Return the day by which the person should have done it."""
        raise NotImplementedError

    def _todo_summary(self):
        """Return what is to be done, in the language of the environment."""
        raise NotImplementedError

    @api.model
    def _unasked_domain(self, company):
        """Return the records of a lender whose person is waited for and has no to-do.

        :param company: `res.company`
        """
        # One that is done is kept in the archive.
        kind = self.env.ref(self._TODO)
        todo = Domain("active", "=", True) & Domain("activity_type_id", "=", kind.id)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", self._TODO_STATES)
            & Domain("user_id.active", "=", True)
            & Domain("activity_ids", "not any", todo)
        )

    @api.model
    def _let_go(self, company, limit):
        """Wait no longer for people who have left the lender: what they had not done goes with their to-do.

        Who merely changed their role or team is still waited for: what they were asked is for compliance to say.

        :param company: `res.company`
        :param int limit: how many records at most
        :return: how many there were
        """
        works_here = Domain("active", "=", True) & Domain("company_ids", "in", company.ids)
        left = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "in", self._TODO_STATES)
            & Domain("user_id", "not any", works_here),
            limit=limit,
        )
        left._asked()
        count = len(left)
        left.unlink()
        return count

    def _ask(self):
        """Give each person their to-do, without a mail for each."""
        # As superuser: whoever publishes, and the night, put it on the list of somebody else.
        activities_sudo = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        kind = self.env.ref(self._TODO)
        model_id = self.env["ir.model"]._get_id(self._name)
        values = []
        for record in self.sudo():  # as superuser, see above
            person = record.user_id
            values.append(
                {
                    "activity_type_id": kind.id,
                    "res_model_id": model_id,
                    "res_id": record.id,
                    "user_id": person.id,
                    "date_deadline": record._todo_deadline(),
                    "summary": record.with_context(lang=person.lang or self.env.lang)._todo_summary(),
                }
            )
        activities_sudo.create(values)

    def _asked(self):
        """Take the to-dos off the lists: it is done, or no longer to be done."""
        # As superuser: a to-do may be of somebody else's making.
        kind = self.env.ref(self._TODO)
        self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == kind).unlink()
