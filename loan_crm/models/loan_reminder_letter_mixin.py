import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_repr, format_date, format_duration, plaintext2html

from ..core import reminders as core

_logger = logging.getLogger(__name__)


class LoanReminderLetterMixin(models.AbstractModel):
    """From claimed reminders to letters, tasks and holds: one letter for all that a person owes in a currency.

    Of the reminders that speak to one person the one of the latest stage **leads**: it carries the letter, the others
    are *merged* into it. Whatever makes the letter untrue before it leaves takes it back, and all of them are judged
    and written anew together.
    """

    _name = "loan.reminder.letter.mixin"
    _description = "Writing Reminders"
    _inherit = ["loan.letter.mixin"]

    line_ids = fields.One2many(
        "loan.reminder",
        string="In This Letter",
        compute="_compute_line_ids",
        help="The reminders this letter speaks for, the oldest due first.",
    )
    also_open_ids = fields.One2many(
        "loan.installment",
        string="Also Open",
        compute="_compute_also_open_ids",
        help="Overdue installments this person owes besides, of which no step speaks today.",
    )

    is_several = fields.Boolean(compute="_compute_is_several")
    is_debited = fields.Boolean(compute="_compute_is_debited", help="The installment will be debited.")
    all_debited = fields.Boolean(
        compute="_compute_is_several", help="All that the letter names will be debited."
    )
    loan_url = fields.Char("Link to the Loan", compute="_compute_urls")
    hardship_url = fields.Char("Link to a Hardship Request", compute="_compute_urls")
    ask_url = fields.Char("Link to Ask or Complain", compute="_compute_urls")
    late_charges_agreed = fields.Boolean(compute="_compute_late_charges_agreed")
    next_contact_date = fields.Date(
        compute="_compute_next_contact_date", help="The day of the step after this one."
    )

    @api.depends("line_ids", "also_open_ids")
    def _compute_is_several(self):
        several = self.filtered(lambda reminder: len(reminder.line_ids) + len(reminder.also_open_ids) > 1)
        several.is_several, (self - several).is_several = True, False
        debited = self.filtered(
            lambda reminder: all(line.is_debited for line in reminder.line_ids) and not reminder.also_open_ids
        )
        debited.all_debited, (self - debited).all_debited = True, False

    @api.depends("contract_id.auto_debit", "due_date", "step_id.when_debited")
    def _compute_is_debited(self):
        debited = self.filtered(
            lambda reminder: (
                reminder.contract_id.auto_debit
                and reminder.step_id.when_debited == "write"
                and reminder.due_date >= reminder.company_id._loan_today()
            )
        )
        debited.is_debited, (self - debited).is_debited = True, False

    @api.depends("contract_id", "partner_id")
    def _compute_urls(self):
        for company, letters in self.grouped("company_id").items():
            address = self.env["loan.contract"]._borrower_signer(company)
            for reminder in letters:
                loan = reminder.contract_id
                facts = (loan.id, reminder.partner_id.id, loan.link_serial)
                reminder.loan_url = address(*facts)
                reminder.hardship_url = address(*facts, "hardship")
                reminder.ask_url = address(*facts, "ask")

    @api.depends("contract_id.penalty_factor", "contract_id.late_fee")
    def _compute_late_charges_agreed(self):
        agreed = self.filtered(
            lambda reminder: reminder.contract_id.penalty_factor or reminder.contract_id.late_fee
        )
        agreed.late_charges_agreed, (self - agreed).late_charges_agreed = True, False

    @api.depends("due_date", "step_id.policy_id.step_ids.offset", "step_id.policy_id.catch_up_days")
    def _compute_next_contact_date(self):
        for company, letters in self.grouped("company_id").items():
            calendars = self._contact_calendars(company)
            today = company._loan_today()
            # Many letters speak by one step of one due date.
            for (step, due_date, region), alike in letters.grouped(
                lambda letter: (letter.step_id, letter.due_date, letter.customer_id.calendar_id.id or 0)
            ).items():
                policy = step.policy_id
                calendar = calendars.get(region, calendars[0])
                windows = core.windows(due_date, policy._as_ladder(), policy.catch_up_days, calendar)
                alike.next_contact_date = next(
                    (
                        window.first
                        for window in windows
                        if window.step.offset > step.offset and window.first > today
                    ),
                    False,
                )

    @api.depends("merged_ids")
    def _compute_line_ids(self):
        for reminder in self:
            reminder.line_ids = (reminder | reminder.merged_ids).sorted(
                lambda line: (line.due_date, line.installment_id.id)
            )

    def _compute_also_open_ids(self):
        """Find what else is overdue: of a borrower on all their loans, of others on the loan they answer for."""
        self.also_open_ids = False
        for company, letters in self.grouped("company_id").items():
            # As superuser: a letter names all that its reader owes, whoever else looks after part of it.
            rows_sudo = self.env["loan.installment"].sudo()
            late = rows_sudo._overdue_domain(company._loan_today()) & Domain(
                "contract_id.state", "=", "active"
            )
            late &= Domain("customer_id", "in", letters.customer_id.ids)
            found_sudo = rows_sudo.search(late, order="due_date, id")
            holds_sudo = self.env["loan.reminder.hold"].sudo()
            holds = holds_sudo.search(
                Domain("customer_id", "in", found_sudo.customer_id.ids) & Domain("state", "=", "running")
            ).grouped("customer_id")
            by_customer = found_sudo.grouped("customer_id")
            for letter in letters.filtered(lambda letter: letter.customer_id in by_customer):  # noqa: B023
                said = letter.line_ids.installment_id
                silent = holds.get(letter.customer_id, holds_sudo)
                letter.also_open_ids = by_customer[letter.customer_id].filtered(
                    lambda row, letter=letter, said=said, silent=silent: (
                        row not in said
                        and row.currency_id == letter.currency_id
                        and (letter.role == "borrower" or row.contract_id in letter.line_ids.contract_id)
                        and not any(hold._covers(row) for hold in silent)
                    )
                )

    # ------------------------------------------------------------ a batch

    def _write_letters_apart(self, clock=None, room=None):
        """Write a batch; if that fails, write each half of it, so that a poison record stays alone.

        :param clock: as for `_judge`
        :param int room: how many more letters the lender's day may bring; None without a limit
        :return: how many letters were queued
        """
        if not self:
            return 0
        try:
            with self.env.cr.savepoint():
                return self._write_letters(clock, room)
        except self._overtaken:
            raise
        except Exception as error:
            failed = error
        people = list(self.grouped("partner_id").values())
        if len(people) > 1:
            _logger.info("A batch of %s reminders failed, writing it in halves", len(self))
            queued, middle = 0, len(people) // 2
            for half in (people[:middle], people[middle:]):
                left = None if room is None else room - queued
                queued += self.browse().union(*half)._write_letters_apart(clock, left)
            return queued
        if len(self) == 1:
            self._fail_alone(failed)
            return 0
        try:
            with self.env.cr.savepoint():
                return self._write_healthy(clock, room)
        except self._overtaken:
            raise
        except Exception as together:
            # Each can be written, all of them cannot: nobody gets half a letter.
            for reminder in self:
                reminder._fail_alone(together)
        return 0

    def _write_healthy(self, clock, room):
        """Write to one person although one of their reminders is poison: find it, then write the others together."""
        healthy = self.browse()
        for reminder in self:
            try:
                with self.env.cr.savepoint() as savepoint:
                    reminder._write_letters(clock, room)
                    savepoint.rollback()
                healthy |= reminder
            except self._overtaken:
                raise
            except Exception as error:
                reminder._fail_alone(error)
        return healthy._write_letters(clock, room)

    def _fail_alone(self, error):
        _logger.info("Reminder %s cannot be written: %s", self.id, error)
        self._fail(self.env["mail.template"]._loan_trouble_told(error))

    def _decide(self, clock=None, room=None):
        """Judge these reminders and sort them; nothing is written.

        :param clock: as for `_judge`
        :param int room: as for `_write_letters_apart`
        :return: ids to hold by `(reason, until)`; by id of those for a person `(why no letter is written or None, who
            calls)`; and of each letter the lines `(offset, due date, id)`
        """
        held, calls, letters, lawful = {}, {}, {}, set()
        for row, reason, until in self._judge(clock):
            if reason in core.FOR_A_PERSON or (not reason and row["channel"] == "task"):
                calls[row["id"]] = reason
            elif reason:
                held.setdefault((reason, until), []).append(row["id"])
            else:
                key = (
                    row["channel"],
                    row["customer_id"],
                    row["partner_id"],
                    row["role"],
                    row["currency_id"],
                )
                letters.setdefault(key, []).append((row["offset"], row["due_date"], row["id"]))
                lawful |= {key} if row["required_by_law"] else set()
        if room is not None:
            # What the law requires leaves, however many letters a day may bring.
            over = [key for key in letters if key not in lawful][max(0, room - len(lawful)) :]
            waiting = [id_ for key in over for *_order, id_ in letters.pop(key)]
            if waiting:
                held.setdefault(("volume", self._until_tomorrow(clock)), []).extend(waiting)
        tasks = {}
        answering = self.browse(calls).contract_id._answering_users()
        for reminder in self.browse(calls):
            if user := answering[reminder.contract_id]:
                tasks[reminder.id] = (calls[reminder.id], user)
            else:
                held.setdefault(("no_access", None), []).append(reminder.id)
        return held, tasks, letters

    def _write_letters(self, clock=None, room=None):
        """Judge these reminders, hold those with a reason, give tasks to people, and queue letters for the others.

        :return: how many letters were queued
        """
        self._withdraw_letters()
        held, tasks, letters = self._decide(clock, room)
        for (reason, until), ids in held.items():
            self.browse(ids)._hold(reason, until)
        self.browse(tasks)._give_tasks(tasks)
        leads, merged = [], {}
        for lines in letters.values():
            lines.sort(key=lambda line: (-line[0], line[1], line[2]))
            (_offset, _due, lead), *others = lines
            leads.append(lead)
            merged |= {id_: lead for *_order, id_ in others}
        leads = self.browse(leads)
        self.browse(merged)._merge_into(merged)
        leads.invalidate_recordset(["line_ids", "also_open_ids"])
        leads._prepare_letters()
        for channel, group in leads.grouped("channel").items():
            # The hook of the channels: an addon that adds one says how its letters wait to leave.
            getattr(group, f"_queue_{channel}")()
        return len(leads)

    def _until_tomorrow(self, clock):
        company = self.company_id
        today = clock.today if clock else company._loan_today()
        return self._morning(company, today + timedelta(days=1))

    def _note_silence(self, reason, state, until=None):
        """Note why no letter is written; entries that tell it already are not written again."""
        self.filtered(
            lambda reminder: (
                (reminder.state, reminder.hold_reason, reminder.hold_until or None) != (state, reason, until)
            )
        ).write(
            {
                "state": state,
                "hold_reason": reason,
                "hold_until": until,
                "failure": False,
                "unreachable": False,
                "merged_into_id": False,
            }
        )

    def _hold(self, reason, until=None):
        """Stay silent for a reason, until a moment if it is known."""
        self._note_silence(reason, "held", until)

    def _fail(self, failure):
        self.write(
            {
                "state": "failed",
                "failure": failure,
                "hold_reason": False,
                "hold_until": False,
                "unreachable": False,
                "merged_into_id": False,
            }
        )

    def _merge_into(self, leads):
        """Let other reminders of the same persons speak for these.

        :param dict leads: `{reminder id: id of the one that carries the letter}`
        """
        self._write_apiece(
            [
                {
                    "amount": reminder.installment_id.amount_open,
                    "state": "merged",
                    "merged_into_id": leads[reminder.id],
                    "hold_reason": False,
                    "hold_until": False,
                    "failure": False,
                    "unreachable": False,
                    "written_on": reminder.company_id._loan_today(),
                }
                for reminder in self
            ]
        )

    def _write_apiece(self, vals_list):
        """Write to each of these reminders values of its own, all by one statement.

        :param list vals_list: one dict for each, of stored fields, all with the same keys
        """
        if not self:
            return
        names = sorted(vals_list[0])
        # What was written before goes first, and whatever hangs on these fields hears of the change.
        self.flush_recordset(names)
        self.modified(names, before=True)
        arrays, columns, assigned = [SQL("%s::int4[]", list(self._ids))], [SQL.identifier("id")], []
        kept = {name: [vals[name] for vals in vals_list] for name in names}
        for name, values in kept.items():
            field, column = self._fields[name], SQL.identifier(name)
            type_ = SQL(field.column_type[1])
            if values.count(values[0]) == len(values):
                value = field.convert_to_column_insert(values[0], self[:1], vals_list[0])
                assigned.append(SQL("%s = %s::%s", column, value, type_))
                continue
            if field.type == "monetary":
                # As the field does it, which reads the currency apart for each record and field.
                converted = [
                    float_repr(reminder.currency_id.round(value or 0.0), reminder.currency_id.decimal_places)
                    for value, reminder in zip(values, self, strict=True)
                ]
            else:
                converted = [
                    field.convert_to_column_insert(value, reminder, vals)
                    for value, reminder, vals in zip(values, self, vals_list, strict=True)
                ]
            arrays.append(SQL("%s::%s[]", converted, type_))
            columns.append(column)
            assigned.append(SQL("%s = given.%s", column, column))
        self.env.cr.execute(
            SQL(
                """
                UPDATE loan_reminder
                   SET %(assigned)s, write_uid = %(uid)s, write_date = %(now)s
                  FROM unnest(%(arrays)s) AS given (%(columns)s)
                 WHERE loan_reminder.id = given.id
                """,
                assigned=SQL(", ").join(assigned),
                uid=self.env.uid,
                now=self.env.cr.now(),
                arrays=SQL(", ").join(arrays),
                columns=SQL(", ").join(columns),
            ),
            log_exceptions=False,  # that a parallel worker was faster is no error
        )
        self.invalidate_recordset([*names, "write_uid", "write_date"], flush=False)
        for name, values in kept.items():
            field = self._fields[name]
            for inverse in self.pool.field_inverses[field]:
                self.env[inverse.model_name].invalidate_model([inverse.name], flush=False)
            # What was just written need not be read.
            field._insert_cache(
                self,
                [
                    field.convert_to_cache(value, reminder, validate=False)
                    for value, reminder in zip(values, self, strict=True)
                ],
            )
        self.modified(names)

    def _withdraw_letters(self):
        """Take back letters that surely did not leave; of others keep the message, but no mail that could."""
        gone = self.filtered(lambda reminder: reminder.unreachable or reminder.state == "queued").message_id
        # The mails first: deleting a message takes its mail along, and in which order the database then clears the two
        # links of a reminder written in the same transaction depends on how old its constraints are.
        self.mail_id.unlink()
        gone.unlink()

    def _with_merged(self):
        """Return these reminders and those that their letters speak for."""
        return self | self.merged_ids | self.merged_into_id | self.merged_into_id.merged_ids

    # ------------------------------------------------------------ a letter

    def _prepare_letters(self):
        if not self:
            return
        # Everybody a letter names, and who files it, read at once: not as borrowers, managers and lender one after the
        # other. And by `fetch`, which does not stop at the thousand that Odoo reads ahead.
        people = self.partner_id | (self.customer_id.acting_user_id | self.env.user).partner_id
        (people | self.company_id.partner_id).fetch()
        self._write_apiece([lead._prepare_letter_vals() for lead in self])

    def _prepare_letter_vals(self):
        return {
            "amount": self.installment_id.amount_open,
            "amount_letter": self._letter_total(),
            "amount_of_day": self.currency_id.round(
                sum(
                    line.installment_id.amount_open
                    for line in self.line_ids
                    if line.due_date == self.due_date
                )
            ),
            "signed_user_id": self.customer_id.acting_user_id.id,
            "email_to": self._letter_address(),
            "written_on": self.company_id._loan_today(),
            "bounced_at": False,
            "merged_into_id": False,
            "hold_reason": False,
            "hold_until": False,
            "failure": False,
            "unreachable": False,
        }

    def _letter_address(self):
        """Return where the letter goes to; an addon answers for its own channel."""
        return self.partner_id.email

    def _letter_total(self):
        """Return all that the letter of a leading reminder asks for, as things stand now."""
        # Line by line: a union of rows would be read letter by letter.
        total = sum(line.installment_id.amount_open for line in self.line_ids)
        return self.currency_id.round(total + sum(row.amount_open for row in self.also_open_ids))

    def _up_to_date(self):
        """Return those of these letters that still tell the truth, see `_is_outdated`."""
        return self.filtered(lambda letter: not letter._names_what_is_over())

    def _is_outdated(self):
        """Tell whether the letter names an old amount, speaks of a day that is over, or goes to an old address."""
        self.ensure_one()
        self.invalidate_recordset(["line_ids", "also_open_ids"])
        return self._names_what_is_over()

    def _names_what_is_over(self):
        return (
            self.written_on != self.company_id._loan_today()
            or self.email_to != self._letter_address()
            or self.currency_id.compare_amounts(self.amount_letter, self._letter_total()) != 0
            or any(
                self.currency_id.compare_amounts(line.amount, line.installment_id.amount_open) != 0
                for line in self.line_ids
            )
        )

    def _queue_email(self):
        """Queue the letters as Odoo mails on their loans."""
        for template, group in self.grouped(lambda reminder: reminder.step_id.template_id).items():
            mails = group._queue_letter_mails(template)
            group._write_apiece(
                [
                    {
                        "state": "queued",
                        "mail_id": mail.id,
                        "message_id": mail.mail_message_id.id,
                        "attempts": reminder.attempts + 1,
                    }
                    for mail, reminder in zip(mails, group, strict=True)
                ]
            )

    # ------------------------------------------------------------ a task

    def _give_tasks(self, tasks):
        """Ask people to call: one activity for each customer, on the loan that is oldest due.

        :param dict tasks: by id of these reminders `(reason, user)`: why no letter is written, None where the step is a
            task; and who calls, somebody who may open the loan
        """
        if not self:
            return
        for reason, group in self.grouped(lambda reminder: tasks[reminder.id][0]).items():
            group._note_silence(reason or False, "handed")
        new = self.filtered(lambda reminder: not reminder.task_given_at)
        kind = self.env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_call")
        vals_list = []
        for customer, group in (
            new.sorted(lambda line: (line.due_date, line.id)).grouped("customer_id").items()
        ):
            _reason, user = tasks[group[0].id]
            vals_list.append(
                {
                    "res_model_id": self.env["ir.model"]._get_id("loan.contract"),
                    "res_id": group[0].contract_id.id,
                    "activity_type_id": kind,
                    "summary": group._task_summary(user),
                    "note": group._task_note(user),
                    "date_deadline": customer.company_id._loan_today(),
                    "user_id": user.id,
                }
            )
        # As superuser: tasks are given by the round. Without the quick update each would be announced by a mail.
        activities_sudo = self.env["mail.activity"].sudo()
        activities_sudo.with_context(mail_activity_quick_update=True, loan_unfollowed=True).create(vals_list)
        new.write({"task_given_at": fields.Datetime.now()})

    def _task_summary(self, user):
        env = self.with_context(lang=user.lang).env
        if len(self) > 1:
            return env._("Call about %s installments", len(self))
        return env._("Call about %s", self.currency_id.format(self.installment_id.amount_open))

    def _task_note(self, user):
        """Say in the manager's language why they are asked to call, about what, and when it suits the customer."""
        localized = self.with_context(lang=user.lang)
        env, customer = localized.env, localized.customer_id
        lines = [
            env._(
                "%(loan)s: %(amount)s, due on %(day)s",
                loan=line.contract_id.name,
                amount=line.currency_id.format(line.installment_id.amount_open),
                day=format_date(env, line.due_date),
            )
            for line in localized
        ]
        reasons = {
            "call_first": env._("This customer is to be called before anything is written."),
            "max_count": env._("As many letters as the policy allows were written already."),
        }
        lines += [
            reasons[reason] for reason in dict.fromkeys(localized.mapped("hold_reason")) if reason in reasons
        ]
        lines.append(
            env._(
                "Best called between %(start)s and %(end)s, on %(phone)s.",
                start=format_duration(customer.call_from),
                end=format_duration(customer.call_to),
                phone=customer.phone or env._("a number that is still to be found"),
            )
        )
        return plaintext2html("\n".join(lines))
