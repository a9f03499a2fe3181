from psycopg2 import DataError, IntegrityError

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.tools import split_every
from odoo.tools.translate import LazyTranslate

from ..core import feed

_lt = LazyTranslate(__name__)
_BATCH = 500  # lines taken in at a time
_MAX_LINES = 10_000  # in one call: beyond it the sender's patience and the lock on the book last too long
_REASONS = {
    "missing": _lt("is needed and missing."),
    "not_text": _lt("must be text."),
    "not_a_number": _lt("is not a number."),
    "not_whole": _lt("must be a whole number."),
    "not_a_date": _lt("is not a date like 2026-03-10."),
    "not_yes_or_no": _lt("must be true or false."),
    "finer_than_cent": _lt("has more decimals than the currency pays: its smallest amount is %(cent)s."),
    "too_large": _lt("is larger than the system can count."),
    "not_a_choice": _lt("is none of: %(choices)s."),
    "unknown": _lt("is no field of such a line."),
    "not_a_line": _lt("The line is not a list of names and values."),
    "hidden": _lt("does not exist, or is not yours to see."),
    "ambiguous": _lt("names more than one. Use the customer number."),
    "taken": _lt("cannot be used here."),
    "contradiction": _lt("occurs more than once in this feed, and not with the same content."),
    "fixed": _lt("cannot change any more: the loan has been paid out."),
    "own_schedule": _lt(
        "is worked out here, and the loan has been paid out: rows from outside cannot replace it."
    ),
    "no_schedule": _lt("is needed: the schedule of this loan comes from outside."),
    "ahead": _lt("The loan is to be paid out on %(date)s and cannot run before."),
    "not_draft": _lt("A cancelled loan does not run."),
    "not_paid_out": _lt("has not been paid out, so nothing can be repaid on it."),
    "prepayment": _lt(
        "belongs to a prepayment, which came with a new schedule. Reverse it and take it again on the loan."
    ),
    "rows_missing": _lt("is a list of rows, at least one."),
    "row_not_a_row": _lt("Row %(row)s is not a list of names and values."),
    "row_unknown_field": _lt("Row %(row)s: “%(name)s” is no field of a row."),
    "row_bad_value": _lt("Row %(row)s: %(name)s %(cause)s"),
    "row_number": _lt("Rows are numbered 1, 2, 3 … without a gap."),
    "row_date_order": _lt("Row %(row)s: its due date must lie after %(before)s."),
    "row_negative": _lt("Row %(row)s: %(name)s cannot be negative."),
    "row_balance": _lt("Row %(row)s: the balance after it is %(balance)s by the rows before."),
    "rows_do_not_add_up": _lt(
        "Row %(row)s: the principal of the rows does not add up to the amount lent; %(left)s is left."
    ),
}


class LoanSyncMixin(models.AbstractModel):
    """A public upsert for another system: lines in, what became of each of them out.

    A line names its record by the reference it has over there. The same lines sent again change nothing, in any
    order and however often; what differs is written, nothing else. The caller's own rights hold: what they may not
    see is refused in words that do not tell whether it exists.

    The import of files by Odoo's own screen takes the same road (`_load_records`), with Odoo's answers.
    """

    _name = "loan.sync.mixin"
    _description = "Loan Feed"

    @api.model
    def sync(self, lines, on_error="stop"):
        """Take in lines of another system: create what is new, change what differs, leave the rest alone.

        :param list lines: at most 10,000 dicts; which names they may hold is told in `docs/core-system.md`
        :param str on_error: `stop`: one bad line and nothing goes in; `skip`: bad lines stay out, the rest goes in
        :return: a dict: `created`, `updated`, `unchanged`, `failed` (numbers of lines), `applied` (whether
            anything could go in) and `lines`, for each line in its order: `line` (from 1), `external_ref`, `status`
            (`created`, `updated`, `unchanged`, `failed`, or `held_back` where a bad line stopped all), `id`,
            `errors` (`field`, `reason`) and `differences` (sentences)
        :raise UserError: when the call itself makes no sense
        :raise AccessError: for who may not write such records at all
        """
        if not self.env.context.get("lang"):
            self = self.with_context(lang=self.env.user.lang)
        self.browse().check_access("create")
        self.browse().check_access("write")
        if not isinstance(lines, list) or on_error not in ("stop", "skip"):
            raise UserError(
                self.env._("A feed is a list of lines, and “on_error” says whether to “stop” or to “skip”.")
            )
        if len(lines) > _MAX_LINES:
            raise UserError(self.env._("At most %s lines come in at once. Send them in parts.", _MAX_LINES))
        taken = [feed.Line(number, given) for number, given in enumerate(lines, 1)]
        self._sync_recognise(taken)
        fresh = [line for line in taken if not line.faults and line.same_as is None]
        with self.env.cr.savepoint() as savepoint:
            for batch in split_every(_BATCH, fresh, list):
                self._sync_read(batch)
                self._sync_put([line for line in batch if not line.faults])
            stopped = on_error == "stop" and any(line.faults for line in taken)
            if stopped:
                savepoint.rollback()
        return self._sync_answer(taken, stopped)

    def _sync_recognise(self, lines):
        """Read each line's external reference; what is said twice counts once, unless it contradicts itself."""
        by_ref = {}
        for line in lines:
            if not isinstance(line.given, dict):
                self._sync_fault(line, None, "not_a_line")
                continue
            self._sync_value(line, "external_ref", feed.text)
            line.ref = line.vals.pop("external_ref", None)
            if line.ref:
                by_ref.setdefault(line.ref, []).append(line)
        for same in by_ref.values():
            if any(line.given != same[0].given for line in same):
                # All of them: which one came first must not matter.
                for line in same:
                    self._sync_fault(line, "external_ref", "contradiction")
            else:
                for line in same[1:]:
                    line.same_as = same[0]

    def _sync_read(self, lines):
        """Turn what lines say into values, with one search for each kind of reference; faults go to their line."""
        raise NotImplementedError

    def _sync_apply(self, lines):
        """Create or change the records of lines without fault and set their status.

        :raise UserError: when the records refuse; the caller finds out for which line
        """
        raise NotImplementedError

    def _sync_put(self, lines):
        """Apply lines in one go; where that is refused, halve them until the bad ones stand alone."""
        if not lines:
            return
        before = [line.record for line in lines]
        try:
            with self.env.cr.savepoint():
                self._sync_apply(lines)
        except (UserError, IntegrityError, DataError) as error:
            for line, record in zip(lines, before, strict=True):  # what was made is gone with the savepoint
                line.record, line.status, line.differences = record, None, []
            if getattr(getattr(error, "diag", None), "constraint_name", None) == self._sync_constraint():
                # A parallel call was faster: begin anew, and find what it made. Odoo repeats the call by itself.
                raise ConcurrencyError(self.env._("The same lines are coming in at this moment.")) from error
            if len(lines) > 1:
                half = len(lines) // 2
                self._sync_put(lines[:half])
                self._sync_put(lines[half:])
                return
            told = str(error) if isinstance(error, UserError) else self._sync_sql_error(error)
            lines[0].faults.append((None, told))

    def _sync_sql_error(self, error):
        return self._sql_error_to_message(error)

    def _sync_constraint(self):
        """Return the SQL name of the index that keeps references unique."""
        return f"{self._table}_external_ref_uniq"

    @api.model
    def _sync_numbers(self, count):
        """Draw numbers for so many new records: in one statement, where the sequence is one that may have gaps.

        :return: a list of names; "/" leaves it to `create` to draw one
        """
        # As superuser: a number tells nothing, and Odoo's own `next_by_code` draws it so, too.
        sequences_sudo = self.env["ir.sequence"].sudo()
        domain = [("code", "=", self._name), ("company_id", "in", [self.env.company.id, False])]
        sequence_sudo = sequences_sudo.search(domain, order="company_id", limit=1)
        if sequence_sudo.implementation != "standard" or sequence_sudo.use_date_range:
            return ["/"] * count
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f"ir_sequence_{sequence_sudo.id:03d}", count]
        )
        return [sequence_sudo.get_next_char(number) for (number,) in self.env.cr.fetchall()]

    def _sync_fault(self, line, name, reason, /, **facts):
        line.faults.append((name, self._sync_sentence(reason, facts)))

    def _sync_sentence(self, reason, facts):
        told = {
            name: self._sync_sentence(value.reason, value.facts)
            if isinstance(value, feed.FeedError)
            else value
            for name, value in facts.items()
        }
        sentence = self.env._(_REASONS[reason])  # lazy, so it takes its facts afterwards
        return sentence % told

    def _sync_value(self, line, name, read, *more, into=None):
        """Read one value of a line into its values; what cannot be read is a fault of that line."""
        try:
            line.vals[into or name] = read(line.given.get(name), *more)
        except feed.FeedError as error:
            self._sync_fault(line, name, error.reason, **error.facts)

    def _sync_choice(self, line, name, choices, into=None):
        value = line.given.get(name)
        if value in choices:
            line.vals[into or name] = value
        else:
            self._sync_fault(line, name, "not_a_choice", choices=", ".join(map(str, choices)))

    def _sync_known(self, lines, order="id"):
        """Return the records these lines name, by reference, and note a fault where one is not the caller's to see."""
        refs = [line.ref for line in lines if line.ref]
        domain = [("company_id", "=", self.env.company.id), ("external_ref", "in", refs)]
        known = {record.external_ref: record for record in self.search(domain, order=order)}
        if len(known) < len(refs):
            # As superuser: a reference that a hidden record has cannot be given again, whoever asks.
            records_sudo = self.sudo()
            hidden = {
                ref
                for (ref,) in records_sudo._read_group(
                    [*domain, ("external_ref", "not in", list(known))], ["external_ref"]
                )
            }
            for line in lines:
                if line.ref in hidden:
                    self._sync_fault(line, "external_ref", "taken")
        return known

    @api.model
    def _sync_differing(self, record, vals):
        """Return those of the values that a record does not have yet."""
        return {
            name: value
            for name, value in vals.items()
            if self._fields[name].convert_to_cache(value, record)
            != self._fields[name].convert_to_cache(record[name], record)
        }

    def _sync_answer(self, lines, stopped):
        answer = {
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "failed": 0,
            "applied": not stopped,
            "lines": [],
        }
        for line in lines:
            if line.faults or (line.same_as and line.same_as.faults):
                status = "failed"
            elif stopped:
                status = "held_back"
            else:
                status = "unchanged" if line.same_as else line.status
            if status in answer:
                answer[status] += 1
            source = line.same_as or line
            told = status in ("created", "updated", "unchanged")
            answer["lines"].append(
                {
                    "line": line.number,
                    "external_ref": line.ref or None,
                    "status": status,
                    "id": source.record.id if told and source.record else None,
                    "errors": [{"field": name, "reason": reason} for name, reason in source.faults],
                    "differences": line.differences,
                }
            )
        return answer

    # ------------------------------------------------------------ Odoo's own import

    def _load_records(self, data_list, update=False):
        # A row without Odoo's own id is known by the reference of the other system.
        named = [
            data
            for data in data_list
            if not data.get("xml_id") and not data["values"].get("id") and data["values"].get("external_ref")
        ]
        if named:
            company_id = self.env.company.id
            refs = [data["values"]["external_ref"] for data in named]
            domain = [("external_ref", "in", refs), ("company_id", "=", company_id)]
            known = {
                record.external_ref: record.id for record in self.search(domain, order=self._sync_order())
            }
            for data in named:
                if data["values"].get("company_id", company_id) == company_id:
                    data["values"]["id"] = known.get(data["values"]["external_ref"], False)
        return super()._load_records(data_list, update)

    def _sync_order(self):
        """Return the order in which the last record of a reference is the one that counts."""
        return "id"

    def _load_records_write(self, values):
        if not self._sync_takes(values):
            return super()._load_records_write(values)
        line = self._sync_line(values)
        line.record = self
        return self._sync_load([line])

    def _load_records_create(self, vals_list):
        if not any(map(self._sync_takes, vals_list)):
            return super()._load_records_create(vals_list)
        lines = [self._sync_line(vals) for vals in vals_list]
        self._sync_load(lines)
        return self.browse([line.record.id for line in lines])

    @api.model
    def _sync_takes(self, values):
        """Tell whether imported values come from another system: they carry its reference, or rows of it."""
        return bool(values.get("external_ref"))

    @api.model
    def _sync_line(self, values):
        """Turn values that Odoo's import has read into a line."""
        raise NotImplementedError

    def _sync_load(self, lines):
        by_ref = {}
        for line in lines:
            by_ref.setdefault(line.ref or line, []).append(line)
        if any(len(same) > 1 for same in by_ref.values()):
            raise ValidationError(
                self.env._("An external reference occurs more than once in this file. Keep one row of it.")
            )
        faulty = [fault for line in lines for fault in line.faults]
        if not faulty:
            self._sync_apply(lines)
            faulty = [fault for line in lines for fault in line.faults]
        if faulty:
            name, reason = faulty[0]
            field = self._fields.get(name)
            label = field._description_string(self.env) if field else name
            raise ValidationError(f"{label}: {reason}" if label else reason)
