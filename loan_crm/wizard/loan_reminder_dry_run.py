from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

import psycopg2.errors

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import split_every

from ..core import moments
from ..core.listing import listed

# So many letters are shown.
_SHOWN = 200
_OUTCOMES = ("letter", "merged", "task", "held")


class LoanReminderDryRun(models.TransientModel):
    """What the round would write if it ran now: the very same claim and verdict, taken back before anybody sees it.

    Claimed entries exist only within a savepoint that is rolled back, so nothing is written, mailed or given to
    anybody. While reminders are paused it tells what would be written if they went on now. A real round that claims
    at the same moment waits for it; so it is short, and it gives way where a round came first.
    """

    _name = "loan.reminder.dry.run"
    _inherit = ["loan.guard.mixin"]
    _description = "What Would Be Written Today"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    run_at = fields.Datetime("As of", readonly=True)
    waits = fields.Boolean(readonly=True)
    paused_told = fields.Char(related="company_id.loan_paused_told", string="Paused")
    never_began = fields.Boolean(compute="_compute_never_began", export_string_translation=False)
    planned_count = fields.Integer(
        "Planned",
        readonly=True,
        help="Reminders that fall due today, before holds, opt-outs and missing addresses are looked at.",
    )
    usual_count = fields.Integer(
        "Usually",
        readonly=True,
        help="The middle of the last rounds. Many times more would wait for a person.",
    )
    letter_count = fields.Integer(
        "Letters",
        readonly=True,
        help="What would really leave: several loans of one person go in one letter.",
    )
    line_ids = fields.One2many("loan.reminder.dry.run.line", "run_id", "Outcomes", readonly=True)
    letter_ids = fields.One2many("loan.reminder.dry.run.letter", "run_id", "First Letters", readonly=True)
    shows_letters = fields.Boolean(compute="_compute_shows_letters")

    @api.depends_context("uid")
    def _compute_shows_letters(self):
        self.shows_letters = self.env["loan.customer"].has_access("read")

    @api.depends("company_id.loan_reminders_paused", "company_id.loan_reminders_paused_note")
    def _compute_never_began(self):
        for run in self:
            run.never_began = run.company_id._loan_reminders_never_began()

    def action_go_on(self):
        """Let reminders be written, for the first time or after a pause, now that somebody has looked."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._loan_resume_reminders()
        return {"type": "ir.actions.act_window_close"}  # the page below looks anew

    def action_run(self):
        """Tell what would be written now."""
        self.ensure_one()
        self._check_may_run()
        counts, letters, seen = self._try_round()
        # As superuser: that somebody looked before anything was written is what getting started asks for.
        self.company_id.sudo().loan_tried_on = self.company_id._loan_today()
        # As superuser: what the form shows is worked out, nobody enters it; the letters are those the user may see.
        run_sudo = self.sudo()
        run_sudo.write(
            {
                "run_at": fields.Datetime.now(),
                "line_ids": [Command.clear(), *map(Command.create, counts)],
                "letter_ids": [Command.clear(), *map(Command.create, letters)],
                **seen,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Would Be Written Today?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _check_may_run(self):
        self.check_access("write")
        if not any(
            self.env.user.has_group(f"loan_crm.loan_crm_group_{role}")
            for role in ("team_lead", "administrator")
        ):
            raise AccessError(
                self.env._("A round is tried out by a team lead or an administrator of Loan CRM.")
            )
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))

    def _try_round(self):
        """Claim and judge as a round would, and take it back.

        :return: values of the lines, values of the letters the user may see, and of the form
        """
        company = self.company_id
        # As superuser: a round has no duty; what is told of it are numbers, and letters the user may see.
        rounds_sudo = self.env["loan.reminder.round"].sudo().with_company(company)
        rounds_sudo = rounds_sudo.with_context(tracking_disable=True)
        try:
            with self.env.cr.savepoint() as savepoint:
                # A round at work is not kept waiting, nor waited for.
                self.env.cr.execute("SET LOCAL lock_timeout = '3s'")
                told = self._decided(rounds_sudo, company)
                savepoint.rollback()
        except psycopg2.errors.LockNotAvailable as error:
            raise UserError(
                self.env._("The round is at work at this moment. Look at it, or try again in a minute.")
            ) from error
        finally:
            self.env.invalidate_all(flush=False)
        return told

    def _clock(self, company):
        """Return the moment to judge at: now, or the hour of today's round if that is still to come."""
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        today = company._loan_today()
        zone = ZoneInfo(company.loan_tz or "UTC")
        opens = datetime.combine(today, time(company.loan_reminder_hour), tzinfo=zone)
        return moments.Clock(today, max(now, opens.astimezone(timezone.utc)))

    def _decided(self, rounds_sudo, company):
        clock = self._clock(company)
        if company.loan_reminders_paused:
            # As if they went on, taken back with the rest. As superuser: nobody who looks may write settings.
            company.sudo().loan_reminders_paused = False
        day_sudo = rounds_sudo._of_day(company, clock.today)
        new = rounds_sudo.env["loan.reminder"].with_company(company)._claim(day_sudo, clock.today)
        if new:
            day_sudo.planned_count += new
            day_sudo._look_for_unusual()
        ledger_sudo = day_sudo.env["loan.reminder"].with_company(company)
        ledger_sudo.invalidate_model()
        moment = clock.now.replace(tzinfo=None)
        work_sudo = ledger_sudo.search(ledger_sudo._open_work(company, clock.today, moment), order="id")
        by_customer = work_sudo._with_merged().grouped("customer_id")
        visible = self._visible(by_customer)
        room = day_sudo._room(clock.today)
        tally, shown, letter_count = {}, [], 0
        customers = sorted(by_customer, key=lambda customer: customer.id)
        for batch in split_every(day_sudo._customers_per_batch, customers, list):
            batch_sudo = ledger_sudo.union(*(by_customer[one] for one in batch))
            held, tasks, letters = batch_sudo._decide(clock, room)
            letter_count += len(letters)
            room = None if room is None else room - len(letters)
            self._tally(tally, ledger_sudo, held, tasks, letters)
            for key, lines in letters.items():
                if len(shown) < _SHOWN and key[1] in visible:
                    shown.append(self._letter_vals(ledger_sudo, lines))
            # As if they were written, for the batches to come: somebody may answer for loans of several customers.
            ledger_sudo.browse(lines[0][-1] for lines in letters.values()).write(
                {"state": "queued", "written_on": clock.today}
            )
        counts = [
            {
                "sequence": _OUTCOMES.index(outcome),
                "outcome": outcome,
                "hold_reason": reason,
                "currency_id": currency.id,
                "reminder_count": count,
                # A sum of loans that the user may not see would tell of them, alone or beside another sum.
                "shows_amount": told_of <= visible,
                "amount": told_of <= visible and currency.round(amount),
            }
            for (outcome, reason, currency), (count, amount, told_of) in tally.items()
        ]
        seen = {
            "waits": day_sudo.state == "waiting",
            "planned_count": day_sudo.planned_count,
            "usual_count": round(day_sudo.usual_count),
            "letter_count": letter_count,
        }
        return counts, shown, seen

    def _visible(self, by_customer):
        """Return the ids of the customers whose letters the user may see; an administrator looks after none."""
        customers = self.env["loan.customer"]
        if not customers.has_access("read"):
            return set()
        ids = [customer.id for customer in by_customer]
        return set(customers.search([("id", "in", ids)]).ids)

    @api.model
    def _tally(self, tally, ledger_sudo, held, tasks, letters):
        outcomes = [("task", False, ledger_sudo.browse(tasks))]
        outcomes += [("held", reason, ledger_sudo.browse(ids)) for (reason, _until), ids in held.items()]
        leads, others = [], []
        for lines in letters.values():
            lines.sort(key=lambda line: (-line[0], line[1], line[2]))
            first, *more = [id_ for *_order, id_ in lines]
            leads.append(first)
            others += more
        outcomes += [
            ("letter", False, ledger_sudo.browse(leads)),
            ("merged", False, ledger_sudo.browse(others)),
        ]
        for outcome, reason, group in outcomes:
            for reminder in group:
                key = (outcome, reason, reminder.currency_id)
                count, amount, told_of = tally.get(key, (0, 0.0, set()))
                told_of.add(reminder.customer_id.id)
                tally[key] = (count + 1, amount + reminder.installment_id.amount_open, told_of)

    @api.model
    def _letter_vals(self, ledger_sudo, lines):
        (_offset, _due, lead), *others = lines
        lead_sudo = ledger_sudo.browse(lead)
        if others:
            merged = {id_: lead for *_order, id_ in others}
            ledger_sudo.browse(merged)._merge_into(merged)
        lead_sudo.invalidate_recordset(["line_ids", "also_open_ids", "merged_ids"])
        return {
            "customer_id": lead_sudo.customer_id.id,
            "partner_id": lead_sudo.partner_id.id,
            "contract_id": lead_sudo.contract_id.id,
            "loans": listed(dict.fromkeys(lead_sudo.line_ids.contract_id.mapped("name")), self.env.lang),
            "installment_id": lead_sudo.installment_id.id,
            "step_id": lead_sudo.step_id.id,
            "signed_user_id": lead_sudo.customer_id.acting_user_id.id,
            "amount": lead_sudo._letter_total(),
        }
