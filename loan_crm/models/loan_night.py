import logging
from datetime import date, timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

_BATCH = 100


class _Taken(Exception):
    """Another worker is at this night."""


class LoanNight(models.Model):
    """What a lender's book goes through once a day, after its own midnight: ageing, repricing, moved due dates.

    Nothing of it asks how long ago the last night was. Dates decide what is to be done, so a night that was missed is
    done by the next one, and one that was begun twice finds nothing left. Each step commits by batches with the
    figures of what it did and with where it stands, so a run that has little time goes on where the last one
    ended; a loan that fails is left aside, told (`loan.night.failure`) and tried again by the next night.
    """

    _name = "loan.night"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Night"
    _order = "date desc, id desc"
    _mail_post_access = "read"  # whoever may open a night may note what was done about it; nobody writes it

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date("Day", required=True, readonly=True)
    state = fields.Selection(
        [("running", "At Work"), ("done", "Done"), ("trouble", "Done with Failures")],
        "Status",
        required=True,
        readonly=True,
        default="running",
    )
    started_at = fields.Datetime("Begun", readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)
    graded_count = fields.Integer(
        "Regraded", readonly=True, help="Loans that moved to another bucket, class or stage."
    )
    settled_count = fields.Integer(
        "Without Payment", readonly=True, help="Installments that ask for nothing and whose day has come."
    )
    spent_count = fields.Integer(
        "Credit Spent", readonly=True, help="Loans whose waiting credit paid what fell due."
    )
    moved_count = fields.Integer(
        "Due Dates Moved", readonly=True, help="Loans that follow newly published holidays."
    )
    repriced_count = fields.Integer("Repriced", readonly=True, help="Loans whose next rate was fixed.")
    promise_count = fields.Integer(
        "Promises Decided", readonly=True, help="Promises to pay whose last day has passed."
    )
    answered_count = fields.Integer(
        "Responses Noted", readonly=True, help="Reminders of which it is known anew whether payment followed."
    )
    told_count = fields.Integer("Borrowers Told", readonly=True, help="Letters written about a new rate.")
    # What the steps of the families have treated: {step: number of records}.
    tally = fields.Json(readonly=True, export_string_translation=False)
    tally_note = fields.Text("Looked At", compute="_compute_tally_note")
    failure_ids = fields.One2many("loan.night.failure", "night_id", "Left Aside", readonly=True)
    failure_count = fields.Integer("Failures", compute="_compute_failure_count", compute_sudo=True)
    trouble = fields.Text("What Went Wrong", readonly=True)
    # Where the work stands: the steps that are done, and of a step in parts the last loan it looked at.
    progress = fields.Json(readonly=True, export_string_translation=False)
    # Whose turn it is among companies at work: the lowest number, and a new one with each run.
    turn = fields.Integer(readonly=True, export_string_translation=False)

    _company_date_uniq = models.UniqueIndex("(company_id, date)", "A company has one night a day.")

    @api.depends("company_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for night in self:
            night.display_name = self.env._(
                "Night to %(date)s · %(company)s",
                date=fields.Date.to_string(night.date),
                company=night.company_id.name,
            )

    @api.depends("tally")
    @api.depends_context("lang")
    def _compute_tally_note(self):
        words = {step: label for step, label, _model in self._family_steps()}
        for night in self:
            night.tally_note = "\n".join(
                f"{words.get(step, step)}: {count}" for step, count in (night.tally or {}).items() if count
            )

    @api.depends("failure_ids")
    def _compute_failure_count(self):
        # As superuser (compute_sudo): that loans were left aside is the night's health, whose they are is not told.
        counts = dict(
            self.env["loan.night.failure"]._read_group(
                [("night_id", "in", self.ids)], ["night_id"], ["__count"]
            )
        )
        for night in self:
            night.failure_count = counts.get(night, 0)

    # ------------------------------------------------------------ the job

    @api.model
    def _cron_run(self):
        """Do the night of each company whose day has begun and whose night has not been done.

        The company that had the last turn and did not finish comes last, so a large book keeps nobody waiting.
        """
        turns = dict(self._read_group([("state", "=", "running")], ["company_id"], ["turn:max"]))
        companies = self.env["res.company"].search([("loan_tz", "!=", False)], order="id")
        for company in companies.sorted(lambda company: turns.get(company) or 0):
            if not self.env["loan.cover"]._turn(company):
                self.env["ir.cron"]._commit_progress(remaining=1)
                return
            try:
                self.env["loan.commitment"]._turn(company)
                finished = self._run(company)
            except Exception:
                # One lender's trouble must not keep the others waiting.
                self.env.cr.rollback()
                _logger.exception("The night of company %s failed", company.id)
                continue
            if not finished:
                # Time is up: one unit left tells the scheduler to come back as soon as it can.
                self.env["ir.cron"]._commit_progress(remaining=1)
                return
        # A clock of its own notices when the one of the reminders stands still.
        self.env["loan.reminder.round"]._watch()
        self.env["loan.setup"]._cron_come_back()

    @api.model
    def _run(self, company):
        """Do what is left of a company's night.

        :param company: `res.company`
        :return: True when all is done, False when the scheduler's time ran out before
        """
        today = company._loan_today()
        night = self.with_company(company)
        night = night._undisturbed(partial(night._open, company, today))
        if night.state != "running":
            return True
        names = {
            "age": self.env._("Ageing"),
            "settle": self.env._("Installments without payment"),
            "spend": self.env._("Waiting credit"),
            "move": self.env._("Business days"),
            "reprice": self.env._("Repricing"),
            "promise": self.env._("Promises to pay"),
            "respond": self.env._("Responses to reminders"),
        }
        families = self._family_steps()
        names.update((step, label) for step, label, _model in families)
        for step, work in (
            ("age", night._age),
            ("settle", night._settle),
            ("spend", night._spend),
            ("promise", night._promise),
            ("respond", night._respond),
            ("move", night._move),
            ("reprice", night._reprice),
            *((step, partial(night._work_off, step, model)) for step, _label, model in families),
        ):
            if step in night._stand("done", ()):
                continue
            try:
                finished = work()
            except _Taken:
                self.env.cr.rollback()
                return True
            except Exception as error:
                # What a step cannot do must not keep the others from being done.
                self.env.cr.rollback()
                _logger.exception("A step of the night of company %s failed", company.id)
                told = self._trouble_told(names[step], error)
                night._undisturbed(partial(night._note_trouble, told, step))
                continue
            if not finished:
                return False
        try:
            night._alone(night._close)
        except _Taken:
            self.env.cr.rollback()
        return True

    @api.model
    def _undisturbed(self, work):
        return self.env["loan.reminder.round"]._undisturbed(work)

    def _alone(self, work):
        """Do a piece of work that ends in its commit while no other worker does this night.

        :param work: called without arguments, and from the start each time
        :raise _Taken: when another worker is at it, who will do the rest, or has done it
        """

        def locked():
            if not self._lock_running():
                raise _Taken
            return work()

        return self._undisturbed(locked)

    @api.model
    def _open(self, company, today):
        """Return the night of a day, made once however many workers ask for it; older ones end here."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_night (
                    company_id, date, state, started_at, create_uid, write_uid, create_date, write_date)
                VALUES (%(company)s, %(today)s, 'running', %(now)s, %(uid)s, %(uid)s,
                        now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (company_id, date) DO NOTHING
                """,
                company=company.id,
                today=today,
                now=fields.Datetime.now(),
                uid=self.env.uid,
            ),
            log_exceptions=False,  # that another worker opens it, too, is no error
        )
        night = self.search([("company_id", "=", company.id), ("date", "=", today)])
        night._close_older()
        if night._lock_running():
            # Before any work: one that ends the worker loses its turn as well.
            [(last,)] = self._read_group([("state", "=", "running")], [], ["turn:max"])
            night.turn = (last or 0) + 1
        self.env["ir.cron"]._commit_progress()
        return night

    def _lock_running(self):
        """Return those of these nights that are at work and that no other worker is at, locked.

        As the ORM's own verb, but that a worker was faster is no error and none is logged.
        """
        self.flush_recordset(["state"])
        self.env.cr.execute(
            SQL(
                # One that the next night has closed is at work no more.
                "SELECT id FROM loan_night WHERE id = ANY(%s) AND state = 'running' FOR NO KEY UPDATE SKIP LOCKED",
                self.ids,
            ),
            log_exceptions=False,
        )
        locked = {row[0] for row in self.env.cr.fetchall()}
        return self.filtered(lambda night: night.id in locked)

    def _close_older(self):
        """End the nights of this company that were cut off by midnight: say so, and wake somebody once."""
        older = self.search(
            [("company_id", "=", self.company_id.id), ("date", "<", self.date), ("state", "=", "running")]
        )._lock_running()
        for night in older:
            told = self.env._(
                "Cut off before it was finished. What it had left to do is done by a later night."
            )
            night.write(
                {
                    "state": "trouble",
                    "finished_at": fields.Datetime.now(),
                    "trouble": f"{night.trouble}\n{told}" if night.trouble else told,
                }
            )
        older[:1]._wake_somebody()

    @api.model
    def _begin_again(self, company):
        """Let the night of today be done once more, soon; what is done already is not done twice."""
        night = self.search([("company_id", "=", company.id), ("date", "=", company._loan_today())])
        night.write({"state": "running", "finished_at": False, "trouble": False, "progress": False})
        # As superuser: what could not be done is tried again, and told again if it still cannot.
        night.failure_ids.sudo().unlink()
        self.env.ref("loan_crm.ir_cron_night").sudo()._trigger()  # as above

    def action_run_again(self):
        """Try again what failed, after somebody has put it right."""
        self.ensure_one()
        self.check_access("read")
        # As superuser: people read nights, only their own verbs write them.
        self.sudo()._begin_again(self.company_id)
        return True

    # ------------------------------------------------------------ the steps

    def _stand(self, name, default=None):
        """Return what a run before this one has noted under a name."""
        return (self.progress or {}).get(name, default)

    def _note_stand(self, **values):
        """Note where the work stands, to be committed with it."""
        self.progress = {**(self.progress or {}), **values}

    def _finish(self, step):
        """Note that a step has nothing left to do tonight."""
        done = self._stand("done", [])
        self._note_stand(done=[*done, *({step} - set(done))])

    def _age(self):
        """Grade the loans by how late they are."""

        def work():
            self.graded_count += self.env["loan.contract"]._grade(self.company_id, self.date)
            self._finish("age")
            return self.env["ir.cron"]._commit_progress(1)

        return bool(self._alone(work))

    def _settle(self):
        """Let installments that ask for nothing pass, as their day has come."""
        return bool(self._alone(self._settle_now))

    def _settle_now(self):
        for name in ("loan.contract", "loan.installment"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE loan_installment AS row
                   SET state = 'paid'
                  FROM loan_contract AS contract
                 WHERE contract.id = row.contract_id
                   AND contract.state = 'active'
                   AND contract.company_id = %(company)s
                   AND row.state = 'draft'
                   AND row.amount = 0
                   AND row.version_to IS NULL
                   AND row.due_date <= %(today)s
             RETURNING row.contract_id
                """,
                company=self.company_id.id,
                today=self.date,
            ),
            log_exceptions=False,  # a worker that was faster is no error
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self.env["loan.installment"].invalidate_model()
            self.settled_count += len(ids)
        if more := {*ids, *self._joined_since()}:
            self.env["loan.contract"].browse(sorted(more))._refresh_totals()
        self._finish("settle")
        return self.env["ir.cron"]._commit_progress(1)

    def _joined_since(self):
        """Return ids of loans that interest has joined since the last night: they owe more principal now."""
        last = self.search(
            [("company_id", "=", self.company_id.id), ("date", "<", self.date), ("state", "=", "done")],
            order="date desc",
            limit=1,
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT contract_id
                  FROM loan_installment
                 WHERE capitalised > 0
                   AND version_to IS NULL
                   AND company_id = %(company)s
                   AND due_date <= %(today)s
                   AND due_date > %(last)s
                """,
                company=self.company_id.id,
                today=self.date,
                last=last.date or date.min,
            )
        )
        return [row[0] for row in rows]

    def _spend(self):
        """Let credit that waited pay what falls due today."""
        left = True
        while left:
            left = self._alone(self._spend_batch)
            if left is None:
                return True
        return False

    def _spend_batch(self):
        waiting = self.env["loan.contract"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
                ("amount_credit", ">", 0),
                ("next_due_date", "<=", self.date),
                ("overpayment", "=", "waits"),
                ("id", ">", self._stand("spent", 0)),
            ],
            order="id",
            limit=_BATCH,
        )
        if not waiting:
            self._finish("spend")
            self.env["ir.cron"]._commit_progress()
            return None
        self.spent_count += len(self._apart("spend", waiting, lambda loans: loans._spend_credit()))
        self._note_stand(spent=waiting[-1].id)
        return self.env["ir.cron"]._commit_progress(len(waiting))

    def _promise(self):
        """Decide the promises to pay whose last day has passed."""
        left = True
        while left:
            left = self._alone(self._promise_batch)
            if left is None:
                return True
        return False

    def _promise_batch(self):
        waiting = self.env["loan.promise"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "open"),
                ("date_until", "<", self.date),
                ("id", ">", self._stand("promised", 0)),
            ],
            order="id",
            limit=_BATCH,
        )
        if not waiting:
            self._finish("promise")
            self.env["ir.cron"]._commit_progress()
            return None
        decided = self._apart("promise", waiting.contract_id, lambda loans: loans._judge_promises())
        self.promise_count += len(decided)
        self._note_stand(promised=waiting[-1].id)
        return self.env["ir.cron"]._commit_progress(len(waiting))

    def _respond(self):
        """Note which reminders were followed by payment."""

        def work():
            last = self.search(
                [("company_id", "=", self.company_id.id), ("date", "<", self.date), ("state", "=", "done")],
                order="date desc",
                limit=1,
            )
            # A day more: what was being written while that night looked was not seen by it.
            since = last and last.started_at - timedelta(days=1)
            self.answered_count += self.env["loan.reminder"]._note_responses(self.company_id, since)
            self._finish("respond")
            return self.env["ir.cron"]._commit_progress(1)

        return bool(self._alone(work))

    def _move(self):
        """Let due dates follow the business days that were published."""
        calendar = self.company_id.loan_calendar_id
        wanted = calendar._as_applied() if calendar else False
        days = self._days_to_move(self.company_id, self.date)
        again = self._failed("move", before=True)
        while days is None or days or again:
            left = self._alone(partial(self._move_batch, wanted, days, again))
            if left is None:
                break
            if not left:
                return False
        return bool(self._alone(partial(self._note_calendar, wanted)))

    @api.model
    def _days_to_move(self, company, today):
        """Return the due dates of a company that published days can have moved; None: any, nobody knows."""
        calendar = company.loan_calendar_id
        if not calendar:
            return set()
        wanted = calendar._as_applied()
        if company.loan_calendar_applied == wanted:
            return set()
        last = self.env["loan.contract"]._read_group(
            [("company_id", "=", company.id), ("state", "=", "active")], [], ["last_due_date:max"]
        )[0][0]
        return calendar._moved_days(company.loan_calendar_applied, wanted, today, last) if last else set()

    def _move_batch(self, wanted, days, again):
        # Loans that a run before looked at follow the days of then: where those are others now, from the start.
        after = self._stand("moved", 0) if self._stand("calendar") == wanted else 0
        contracts = self.env["loan.contract"]._to_move(self.company_id, self.date, days, again, after, _BATCH)
        if not contracts:
            return None
        self.moved_count += len(self._apart("move", contracts, lambda loans: loans._follow_calendar()))
        self._note_stand(moved=contracts[-1].id, calendar=wanted)
        return self.env["ir.cron"]._commit_progress(len(contracts))

    def _note_calendar(self, wanted):
        """Remember which days the loans follow: those of the step's beginning, and only if all loans followed."""
        company = self.company_id
        if not self._failed("move") and company.loan_calendar_applied != wanted:
            company.loan_calendar_applied = wanted
        self._finish("move")
        return self.env["ir.cron"]._commit_progress(1)

    def _reprice(self):
        """Fix the next rate of floating loans and tell their borrowers."""
        left = True
        while left:
            left = self._alone(self._reprice_batch)
            if left is None:
                return bool(self._alone(self._settle_undelivered))
        return False

    def _settle_undelivered(self):
        self.env["loan.contract.event"]._settle_undelivered(self.company_id)
        self._finish("reprice")
        return self.env["ir.cron"]._commit_progress(1)

    def _reprice_batch(self):
        contracts = self.env["loan.contract"]._to_reprice(
            self.company_id, self.date, self._failed("reprice"), _BATCH
        )
        if not contracts:
            return None
        unknown = contracts.filtered(lambda contract: not contract._fixed_value())
        for contract in unknown:
            self._note_failure("reprice", contract, self._no_value_told(contract))
        events = self._apart("reprice", contracts - unknown, lambda loans: loans._reprice())
        self.repriced_count += len(events)
        self.told_count += len(events.filtered("notice_message_id"))
        if events:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return self.env["ir.cron"]._commit_progress(len(contracts))

    def _no_value_told(self, contract):
        if not contract.reference_rate_id:
            return self.env._("The loan floats but follows no reference rate.")
        return self.env._(
            "%(rate)s has no value up to the fixing day for %(date)s. Enter the published value, then run the night "
            "again.",
            rate=contract.reference_rate_id.name,
            date=contract._format_day(contract.next_reprice_date),
        )

    # ------------------------------------------------------------ the families

    @api.model
    def _family_steps(self):
        """Return what the families do each night after the loans, in this order: `[(step, words, model)]`.

        `env[model]._night_<step>(night)` treats one batch of the night's company as of the night's date and returns
        how many records it treated, 0 when nothing is left. It ends in a commit and is called again until then, by
        this night or, where that was cut off, by its next run.
        """
        return [
            ("tier", self.env._("Tiers"), "loan.customer"),
            ("commitment", self.env._("What we promised"), "loan.commitment"),
            ("recovery", self.env._("Who came back"), "loan.recovery.plan"),
            ("improvement", self.env._("Effects of improvements"), "loan.improvement"),
            ("service", self.env._("Service plans"), "loan.customer"),
            ("assign", self.env._("Customers without a manager"), "loan.customer"),
            ("conflict", self.env._("Conflicts of interest"), "loan.conflict"),
            ("survey", self.env._("Yearly surveys"), "loan.survey.request"),
            ("renew", self.env._("Renewals"), "loan.contract"),
            ("papers", self.env._("Papers that expire"), "loan.customer.document"),
            ("erase", self.env._("Customers to be erased"), "loan.customer.erasure"),
            ("nda", self.env._("Confidentiality agreements"), "loan.nda"),
            ("training", self.env._("Trainings"), "loan.training"),
            ("notice", self.env._("Notices"), "loan.notice"),
            ("emergency", self.env._("Reviews of emergency access"), "loan.access.review"),
            ("access", self.env._("Access self-test"), "loan.access.check"),
            ("campaign", self.env._("Access reviews"), "loan.access.campaign"),
            ("agreement", self.env._("Agreements whose time is over"), "loan.agreement"),
            ("copies", self.env._("Copies of data"), "loan.data.request"),
        ]

    def _work_off(self, step, model):
        """Let a family treat batch after batch until nothing is left, or the time is up."""
        left = True
        while left:
            left = self._alone(partial(self._work_off_batch, step, model))
            if left is None:
                return True
        return False

    def _work_off_batch(self, step, model):
        count = getattr(self.env[model], f"_night_{step}")(self)
        if not count:
            self._finish(step)
            self.env["ir.cron"]._commit_progress()
            return None
        tally = self.tally or {}
        self.tally = {**tally, step: tally.get(step, 0) + count}
        return self.env["ir.cron"]._commit_progress(count)

    # ------------------------------------------------------------ failures

    def _failed(self, step, before=False):
        """Return the ids of the loans left aside at a step.

        :param bool before: of the last night before this one, not of this one
        """
        night = self
        if before:
            night = self.search([("company_id", "=", self.company_id.id), ("date", "<", self.date)], limit=1)
        return night.failure_ids.filtered(lambda failure: failure.step == step).contract_id.ids

    def _apart(self, step, records, verb):
        """Treat a batch; if that fails, treat its records one by one, so one that fails stays alone.

        :param str step: of `loan.night.failure`
        :param records: `loan.contract`, `loan.customer` or records of one
        :param verb: called with such records, returns records of what was done, or None
        :return: all those records
        """
        overtaken = self.env["loan.reminder"]._overtaken
        if not records:
            return verb(records)
        try:
            with self.env.cr.savepoint():
                return verb(records)
        except overtaken:
            raise
        except Exception:
            _logger.info("A batch of %s %s failed, treating them one by one", len(records), records._name)
        done = []
        for record in records:
            try:
                with self.env.cr.savepoint():
                    done.append(verb(record))
            except overtaken:
                raise
            except Exception as error:
                _logger.info("%s %s was left aside by the night: %s", record._name, record.id, error)
                self._note_failure(step, record, str(error))
        done = [each for each in done if each is not None]
        return done[0].union(*done[1:]) if done else verb(records.browse())

    def _note_failure(self, step, subject, reason):
        """Tell that a step could not treat something.

        :param str step: of `loan.night.failure`
        :param subject: a `loan.contract`, a `loan.customer`, or a record of one
        :param str reason: for a person to read
        """
        if subject._name == "loan.contract":
            self._note_left_aside(step, reason, contract_id=subject.id)
            return
        customer = subject if subject._name == "loan.customer" else subject.customer_id
        self._note_left_aside(step, reason, customer_id=customer.id, contract_id=False)

    def _note_left_aside(self, step, reason, **subject):
        failures = self.env["loan.night.failure"]
        same = Domain.AND(Domain(name, "=", value) for name, value in subject.items())
        known = failures.search(same & Domain("night_id", "=", self.id) & Domain("step", "=", step))
        if known:
            known.reason = reason
        else:
            failures.create({"night_id": self.id, "step": step, "reason": reason, **subject})

    @api.model
    def _trouble_told(self, step, error):
        """Return what stopped a step; rows that a database quotes are told to the log alone."""
        if isinstance(error, UserError):
            return self.env._("%(step)s: %(reason)s", step=step, reason=error)
        return self.env._("%s could not be finished. The server's log tells why.", step)

    def _note_trouble(self, told, step):
        self.trouble = f"{self.trouble}\n{told}" if self.trouble else told
        self._finish(step)  # not again tonight, unless somebody lets it run again
        self.env["ir.cron"]._commit_progress()

    def _close(self):
        """Leave a trace, and wake somebody if there is trouble."""
        self.write(
            {
                "state": "trouble" if self.trouble or self.failure_count else "done",
                "finished_at": fields.Datetime.now(),
            }
        )
        self._wake_somebody()
        self.env["ir.cron"]._commit_progress(1)

    def _wake_somebody(self):
        """Give the person responsible one to-do for a night with failures.

        None while the to-do of an earlier night is open and this one failed with the same loans.
        """
        if self.state != "trouble" or self.activity_ids:
            return
        last = self.search([("company_id", "=", self.company_id.id), ("date", "<", self.date)], limit=1)
        same = {(failure.step, failure.contract_id, failure.customer_id) for failure in self.failure_ids} <= {
            (failure.step, failure.contract_id, failure.customer_id) for failure in last.failure_ids
        }
        open_before = self.env["mail.activity"].search_count(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.search([("company_id", "=", self.company_id.id)]).ids),
            ],
            limit=1,
        )
        if same and open_before and not self.trouble:
            return
        user = self.company_id.loan_reminder_user_id or self.env["loan.reminder.round"]._fallback_user(
            self.company_id
        )
        if user:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The night could not do everything"),
                note=self.env._(
                    "Open the night, read what failed and why, put it right, and let it run again."
                ),
                user_id=user.id,
            )

    def action_open_failures(self):
        """Open the loans left aside, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_night_failure_action")
        action["domain"] = [("night_id", "=", self.id)]
        return action
