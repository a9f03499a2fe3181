import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class LoanTroubleMixin(models.AbstractModel):
    """What a job could not do: it is found by halves, left aside with what went wrong, and somebody is told.

    What fails keeps nobody else waiting. The person responsible at the lender has one to-do for each kind of records,
    which goes by itself once none of them is in trouble any more: it works again, or there is nothing left to do.
    A race that another worker has won is no trouble: it is raised, and who called does the batch again on a fresh view.

    Add a column `company_id`, and say in `_trouble_words` what could not be done. When to try again is the job's to
    know, as a rule a day later.
    """

    _name = "loan.trouble.mixin"
    _inherit = ["loan.lock.mixin"]
    _description = "What a Job Could Not Do"

    trouble = fields.Char(
        "What Went Wrong",
        readonly=True,
        copy=False,
        help="Why a job could not do its work here; tried again a day later.",
    )

    def _treat_apart(self, work):
        """Do a piece of work on these, and where it fails on each half of them, so that what fails stays alone.

        Called as superuser.

        :param work: `f(records)`
        :return: those that it failed for
        :raise: what `loan.reminder._overtaken` names
        """
        failed = self._treat_halves(work) if self else self
        failed._wake_somebody()
        return failed

    def _treat_halves(self, work):
        try:
            with self.env.cr.savepoint():
                work(self)
                self._trouble_over()
            return self.browse()
        except self.env["loan.reminder"]._overtaken:
            raise
        except Exception as error:
            failed = error
        if len(self) == 1:
            _logger.info("%s was left aside: %s", self, failed)
            self.trouble = self.env["mail.template"]._loan_trouble_told(failed)
            return self
        middle = len(self) // 2
        return self[:middle]._treat_halves(work) | self[middle:]._treat_halves(work)

    def _trouble_over(self):
        """Note that these work again, or have nothing left to do; the to-do goes with the last of them."""
        well_sudo = self.sudo().filtered("trouble")  # as superuser: noted, not entered
        if not well_sudo:
            return
        well_sudo.trouble = False
        for company in well_sudo.company_id:
            well_sudo._take_back_todo(company)

    @api.model
    def _take_back_todo(self, company):
        """Take back the to-do at a lender, unless a record is in trouble still; called as superuser."""
        if not self.search_count([("company_id", "=", company.id), ("trouble", "!=", False)], limit=1):
            self._trouble_todos(company).unlink()

    @api.model
    def _trouble_key(self, company):
        return f"{self._name},{company.id}"

    @api.model
    def _trouble_todos(self, company):
        """Return the to-dos that tell of trouble with such records of a lender, as superuser: of somebody else."""
        return self.env["mail.activity"].sudo().search([("loan_trouble", "=", self._trouble_key(company))])

    def _wake_somebody(self):
        """Give the person responsible one to-do for what was left aside, and no second one beside it."""
        for company in self.company_id:
            self._wake_at(company)

    @api.model
    def _wake_at(self, company):
        """Give the person responsible at a lender one to-do for such records, and no second one beside it."""
        user = company.loan_reminder_user_id or self.env["loan.reminder.round"]._fallback_user(company)
        if not user or self._trouble_todos(company):
            return
        summary, note = self.with_context(lang=user.lang or self.env.lang)._trouble_words()
        # As superuser: a to-do of somebody else, and of no record, for its name is not theirs to read.
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            {
                "activity_type_id": self.env.ref("mail.mail_activity_data_warning").id,
                "user_id": user.id,
                "date_deadline": company._loan_today(),
                "summary": summary,
                "note": note,
                "loan_trouble": self._trouble_key(company),
            }
        )

    @api.model
    def _trouble_words(self):
        """Return what is said to the person responsible: `(summary, note)`."""
        raise NotImplementedError
