from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..core import money, promises

# A person may enter what they heard so many days ago; what is older would bend the figures of who keeps their word.
_HEARD_WITHIN = 7


class LoanPromise(models.Model):
    """A borrower's word to pay so much by a day: begins when somebody hears it, ends by what is paid until then.

    While it is open, reminders of the loan are held. Whether it was kept is nobody's opinion: each repayment that is
    posted or taken back judges the loan's promises anew (`loan.contract._reallocate`), and the night decides those
    whose last day has passed. A broken one asks the acting manager to call, and from the second within a year the
    team's lead as well. A new promise replaces the open one; nothing is deleted, so a word that was moved three times
    can be told from one that was kept.
    """

    _name = "loan.promise"
    _inherit = [
        "loan.given.mixin",
        "loan.open.mixin",
        "loan.mine.first.mixin",
        "loan.access.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Promise to Pay"
    _order = "date_promised desc, id desc"
    _rec_names_search = ["contract_id.name", "customer_id.name", "note"]
    _check_company_auto = True

    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('state', '=', 'active')]",
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True, precompute=True)
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    state = fields.Selection(
        [
            ("open", "Pending"),
            ("kept", "Kept"),
            ("partly", "Partly Kept"),
            ("broken", "Broken"),
            ("replaced", "Replaced"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    amount = fields.Monetary(
        "Amount Promised",
        required=True,
        help="What they said, not what is due. It is judged by what is paid on the loan until the day.",
    )
    amount_asked = fields.Monetary(
        "Asked for by Then",
        readonly=True,
        help="When the promise was made: what was overdue, late charges included, and what falls due until the day "
        "promised; where there is none of it, the next installment.",
    )
    amount_paid = fields.Monetary(
        "Paid since Then",
        readonly=True,
        copy=False,
        help="Repayments received from the day the promise was made to the last day that counts.",
    )
    date_promised = fields.Date(
        "Promised For",
        required=True,
        help="Reminders of the loan are silent until then. The day after, it is kept or broken by what was "
        "paid.",
    )
    date_until = fields.Date(
        "Counts Until",
        readonly=True,
        copy=False,
        help="The day promised, and the days the lender allows for the money to arrive.",
    )
    made_on = fields.Date(
        "Made On",
        required=True,
        copy=False,
        default=lambda self: self.env.company._loan_today(),
        help="Money received from this day on counts.",
    )
    heard_user_id = fields.Many2one(
        "res.users",
        "Heard By",
        ondelete="restrict",
        copy=False,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Who can be asked what was said.",
    )
    heard_via = fields.Selection(
        [
            ("phone", "By Telephone"),
            ("email", "By Email"),
            ("visit", "In Person"),
            ("message", "By Message"),
            ("page", "On the Borrower's Page"),
        ],
        "Heard",
        required=True,
        default="phone",
        help="How the promise reached us.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Promised By",
        required=True,
        ondelete="restrict",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    note = fields.Char(help="What else was said: where the money comes from, what stands in the way.")
    decided_on = fields.Date(
        "Outcome Known On",
        readonly=True,
        copy=False,
        help="The day of the repayment that kept it, or the last day that counted.",
    )
    replaces_id = fields.Many2one(
        "loan.promise", "Instead Of", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    hold_id = fields.Many2one(
        "loan.reminder.hold",
        "Reminder Hold",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    # Repayments of the day it was made that had come in before: they are what made the borrower promise the rest.
    known_before = fields.Json(readonly=True, copy=False, export_string_translation=False)
    # The to-dos it led to, so that each is given once and taken back when the money had come in time after all.
    call_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0 AND amount <> 'NaN')", "The amount promised must be more than zero."
    )
    _days_in_order = models.Constraint(
        "CHECK (date_promised >= made_on)", "The day promised cannot lie before the day the promise was made."
    )
    _heard_by_somebody = models.Constraint(
        "CHECK (heard_via = 'page' OR heard_user_id IS NOT NULL)", "Say who heard the promise."
    )
    _one_open = models.UniqueIndex(
        "(contract_id) WHERE state = 'open'", "Somebody has just noted another promise on this loan."
    )
    # What the night looks for, and what tells a borrower who breaks their word again.
    _open_until_idx = models.Index("(company_id, date_until, id) WHERE state = 'open'")
    _broken_idx = models.Index("(customer_id, date_until) WHERE state = 'broken'")

    @api.depends("contract_id")
    def _compute_partner_id(self):
        for promise in self:
            promise.partner_id = promise.contract_id.partner_id or promise.partner_id

    @api.depends("amount", "currency_id", "date_promised", "customer_id.name")
    @api.depends_context("lang", "promise_with_customer")
    def _compute_display_name(self):
        for promise in self:
            if not promise.date_promised:
                promise.display_name = self.env._("New Promise")
                continue
            promise.display_name = self.env._(
                "%(amount)s by %(date)s",
                amount=promise.currency_id.format(promise.amount),
                date=format_date(self.env, promise.date_promised),
            )
            if self.env.context.get("promise_with_customer"):
                promise.display_name = f"{promise.customer_id.name} · {promise.display_name}"

    @api.onchange("contract_id", "date_promised")
    def _onchange_propose(self):
        """Propose what the loan asks for by then, unless the borrower has named an amount."""
        if not self.contract_id:
            return
        asked = self.contract_id._asked_by(self.date_promised)
        if not self.amount or self.amount == self.amount_asked:
            self.amount = asked
        self.amount_asked = asked

    @api.model
    def _word_day(self):
        return "date_promised"

    @api.model
    def _word_failed(self):
        return ("partly", "broken")

    # ------------------------------------------------------------ making one

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        self._check_entered(vals_list)
        default = self.env.context.get("default_contract_id")
        ids = [vals.get("contract_id") or default for vals in vals_list]
        if not all(ids):
            return super().create(vals_list)  # which says what is missing
        # The day of the loan's own lender, whichever company is switched on.
        contracts_sudo = self.env["loan.contract"].sudo().browse(ids)
        vals_list = [
            {"made_on": contract_sudo.company_id._loan_today(), **vals}
            for contract_sudo, vals in zip(contracts_sudo, vals_list, strict=True)
        ]
        if len(set(ids)) < len(ids):  # of one loan, each replaces the one before
            return self.browse().union(*(self.create([vals]) for vals in vals_list))
        if self.env.su:
            # As superuser a history is taken over; who speaks for somebody else asks `_record_promise`.
            self._make_room(self.env["loan.contract"].browse(ids))
        else:
            self._check_made(vals_list)
        former = self._open_ones(ids)
        # As superuser: what a promise leads to, nobody enters.
        former_sudo = former.sudo()._in_words_of_staff()
        former_sudo._move_to("replaced")
        former_sudo._release("replaced")
        self.env["loan.promise"].flush_model()  # the index holds one open promise a loan
        made = super().create(vals_list)
        made_sudo = made.sudo()._in_words_of_staff()  # as above
        made_sudo._begin(former_sudo)
        return made

    def _in_words_of_staff(self):
        """Return these promises in the language of who reads the loan: a borrower's page speaks the borrower's."""
        if self.env.user._is_internal():
            return self
        user = self.customer_id.acting_user_id[:1]
        return self.with_context(lang=user.lang or self.company_id[:1].partner_id.lang)

    @api.model
    def _make_room(self, contracts):
        """Let whoever else deals with these loans come afterwards, and decide what could be decided before.

        The loans are written and not merely locked: a repayment that waits for us would go on with what it saw
        before there was a promise; this way it has to look again.
        """
        contracts_sudo = contracts.sudo()  # which promises are decided is not the right of whoever makes one
        contracts_sudo.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE loan_contract SET write_date = write_date WHERE id = ANY(%s)", list(contracts.ids)),
            log_exceptions=False,  # that somebody was faster is no error: Odoo tries again
        )
        contracts_sudo._judge_promises()

    @api.model
    def _open_ones(self, contract_ids):
        # As superuser: whoever may promise on a loan may see its promises; company fences were asked with the loan.
        open_sudo = self.sudo().search([("contract_id", "in", list(contract_ids)), ("state", "=", "open")])
        return open_sudo.sudo(self.env.su)

    @api.model
    def _check_made(self, vals_list):
        """Refuse what cannot be promised, before anything is written.

        :param vals_list: as for :meth:`create`, each of another loan
        :raise UserError: in the words of whoever makes the promise
        """
        default = self.env.context.get("default_contract_id")
        contracts = self.env["loan.contract"].browse(vals.get("contract_id") or default for vals in vals_list)
        contracts.check_access("read")
        self._make_room(contracts)
        former = self._open_ones(contracts.ids).grouped("contract_id")
        decided = self._last_decided(contracts)
        for contract, vals in zip(contracts, vals_list, strict=True):
            if contract.state != "active":
                raise UserError(
                    self.env._("%s is not running, so there is nothing to promise.", contract.display_name)
                )
            if vals.get("heard_via") == "page" and not self.env.su:
                raise UserError(
                    self.env._("“On the Borrower's Page” is for what borrowers enter there themselves.")
                )
            made_on = self._check_days(contract, vals)
            if contract.id in decided and made_on < decided[contract.id]:
                raise UserError(
                    self.env._(
                        "The promise before this one was decided on %s. The same money cannot keep both.",
                        contract._format_day(decided[contract.id]),
                    )
                )
            self._check_amount_promised(contract, vals.get("amount") or 0.0, made_on)
            if contract in former:
                if former[contract]._is_same(vals):
                    raise UserError(
                        self.env._(
                            "%s is what the borrower has promised already.", former[contract].display_name
                        )
                    )
                former[contract]._check_put_off(vals.get("heard_via"))

    @api.model
    def _last_decided(self, contracts):
        """Return `{loan id: the day its last promise was decided by}`."""
        # As superuser, as above.
        rows = self.sudo()._read_group(
            [("contract_id", "in", contracts.ids), ("state", "in", ("kept", "partly", "broken"))],
            ["contract_id"],
            ["decided_on:max"],
        )
        return {contract.id: day for contract, day in rows}

    @api.model
    def _check_days(self, contract, vals):
        """Refuse days that are no promise, and return the one it was made on."""
        company = contract.company_id
        today = company._loan_today()
        day = fields.Date.to_date(vals.get("date_promised"))
        if not day:
            raise UserError(self.env._("Say by which day it will be paid."))
        if day < today:
            raise UserError(
                self.env._("%s has passed. Promise a day that is to come.", contract._format_day(day))
            )
        last = today + timedelta(company.loan_promise_max_days)
        if day > last:
            raise UserError(
                self.env._(
                    "A promise reaches to %(last)s at most. Who needs more time needs new terms.",
                    last=contract._format_day(last),
                )
            )
        made_on = fields.Date.to_date(vals.get("made_on")) or today
        if not today - timedelta(_HEARD_WITHIN) <= made_on <= today:
            raise UserError(
                self.env._(
                    "A promise is entered on the day it is made, or within %s days afterwards.", _HEARD_WITHIN
                )
            )
        return made_on

    @api.model
    def _check_amount_promised(self, contract, amount, made_on):
        """Refuse nothing, and more than the loan asks for."""
        cent = contract._cent()
        promised = money.from_float(amount, cent)
        if promised <= 0:
            raise UserError(self.env._("The amount promised must be more than zero."))
        asked = money.from_float(contract.amount_open, cent) + money.from_float(contract.charges_open, cent)
        if made_on < contract.company_id._loan_today():
            # What came in between was still open when it was promised.
            asked += sum(
                (
                    money.from_float(repayment.amount, cent)
                    for repayment in contract.repayment_ids
                    if repayment.state == "posted" and repayment.date >= made_on
                ),
                start=0 * cent,
            )
        if promised > asked:
            raise UserError(
                self.env._(
                    "%(loan)s asks for %(asked)s in all. %(amount)s is more than that.",
                    loan=contract.display_name,
                    asked=contract.currency_id.format(float(asked)),
                    amount=contract.currency_id.format(amount),
                )
            )

    def _is_same(self, vals):
        """Tell whether values say what this promise says already: sent twice, it is not put off."""
        self.ensure_one()
        cent = self.contract_id._cent()
        return fields.Date.to_date(vals["date_promised"]) == self.date_promised and money.from_float(
            vals["amount"], cent
        ) == money.from_float(self.amount, cent)

    def _check_put_off(self, heard_via):
        """Refuse to replace a promise that has replaced two others already, unless a team lead does."""
        self.ensure_one()
        if not self._is_put_off_enough():
            return
        if heard_via == "page":
            raise UserError(self.env._("You have named another day twice already. Please call us."))
        raise UserError(
            self.env._(
                "%s was put off twice already. A third time is for a team lead to agree to.",
                self.display_name,
            )
        )

    def _begin(self, former):
        """Let new promises take effect: the days that count, the hold, the line on the loan.

        :param former: the promises that these replace
        """
        replaced = {promise.contract_id: promise for promise in former}
        today_of = {company: company._loan_today() for company in self.company_id}
        decided = self._last_decided(self.contract_id)
        known = {}
        for repayment in self.env["loan.repayment"].search(
            [
                ("contract_id", "in", self.contract_id.ids),
                ("state", "=", "posted"),
                ("date", "in", list(set(self.mapped("made_on")))),
            ]
        ):
            known.setdefault((repayment.contract_id, repayment.date), []).append(repayment.id)
        for promise in self:
            before = replaced.get(promise.contract_id, self.browse())
            # That day's money was there already, or has kept the promise before this one.
            is_known = promise.made_on in (today_of[promise.company_id], decided.get(promise.contract_id.id))
            promise.write(
                {
                    "date_until": promise.date_promised
                    + timedelta(promise.company_id.loan_promise_grace_days),
                    "amount_asked": promise.contract_id._asked_by(promise.date_promised),
                    "replaces_id": before.id,
                    "replacements": before.replacements + 1 if before else 0,
                    "known_before": known.get((promise.contract_id, promise.made_on), False)
                    if is_known
                    else False,
                }
            )
        self._tell("made")
        self._judge()
        self.filtered(lambda promise: promise.state == "open")._hold_reminders()

    def _hold_reminders(self):
        """Leave the borrowers in peace until the last day that counts."""
        user = self.env.user if self.env.user._is_internal() else self.env["res.users"].browse(SUPERUSER_ID)
        quiet = self.env["loan.reminder.hold"].with_context(
            mail_create_nosubscribe=True, mail_create_nolog=True
        )
        holds = quiet.create(
            [
                {
                    "contract_id": promise.contract_id.id,
                    "kind": "promise",
                    "reason": self.env._(
                        "%(who)s promised %(amount)s by %(date)s.",
                        who=promise.partner_id.name,
                        amount=promise.currency_id.format(promise.amount),
                        date=promise.contract_id._format_day(promise.date_promised),
                    ),
                    "date_from": promise.company_id._loan_today(),
                    "date_to": promise.date_until,
                    "placed_user_id": (promise.heard_user_id or user).id,
                }
                for promise in self
            ]
        )
        for promise, hold in zip(self, holds, strict=True):
            promise.hold_id = hold

    def _release(self, what):
        """Lift the holds of promises that are open no more, and tell the loan; a hold that has ended stays ended."""
        user = self.env.user if self.env.user._is_internal() else self.env["res.users"].browse(SUPERUSER_ID)
        self.hold_id.filtered(lambda hold: hold.state in ("planned", "running"))._lift(user)
        self._tell(what)

    # ------------------------------------------------------------ deciding

    def _as_promise(self):
        """Read the promise into a core value."""
        self.ensure_one()
        cent = self.contract_id._cent()
        return promises.Promise(money.from_float(self.amount, cent), self.made_on, self.date_until)

    def _judge(self):
        """Decide promises by the repayments of their loans; what was decided before is decided anew.

        :return: those whose status changed
        """
        if not self:
            return self
        paid = (
            self.env["loan.repayment"]
            .search(
                [
                    ("contract_id", "in", self.contract_id.ids),
                    ("state", "=", "posted"),
                    ("date", ">=", min(self.mapped("made_on"))),
                ]
            )
            .grouped("contract_id")
        )
        wanted, reopened = {}, {}
        for promise in self.sorted("id"):
            contract, cent = promise.contract_id, promise.contract_id._cent()
            came = paid.get(contract, self.env["loan.repayment"])
            # Beyond the whole schedule nothing is repaid: such money came when all was done.
            days = [repayment.date for repayment in came if repayment.amount_credit < repayment.amount]
            verdict = promises.judge(
                promise._as_promise(),
                [
                    promises.Paid(repayment.date, money.from_float(repayment.amount, cent))
                    for repayment in came
                    if repayment.id not in (promise.known_before or ())
                ],
                promise.company_id._loan_today(),
                max(days) if days and contract.state == "closed" else None,
            )
            vals = {"amount_paid": float(verdict.paid), "decided_on": verdict.day or False}
            if any(promise[name] != value for name, value in vals.items()):
                promise.write(vals)
            if verdict.state == "open" and promise.state != "open":
                reopened[contract] = promise  # the newest of them
            if verdict.state != promise.state:
                wanted[promise] = verdict.state
        standing = {
            promise.contract_id for promise in self if promise.state == "open" and promise not in wanted
        }
        for promise, state in wanted.items():
            # A loan has one open promise. Where money that had kept an older one is taken back, the newer stands.
            if state == "open" and (
                promise.contract_id in standing or reopened[promise.contract_id] != promise
            ):
                wanted[promise] = "replaced"
        changed = self.browse(promise.id for promise in wanted)
        groups = changed.grouped(wanted.get)
        for state in sorted(groups, key=lambda state: state == "open"):
            groups[state]._move_to(state)
            self.flush_model(
                ["state"]
            )  # an open one is no more before another is: the index looks at each row
        for state, group in groups.items():
            if state == "open":
                group._tell("open")
                group._hold_reminders()
            else:
                group._release(state)
        changed._take_back_calls()
        changed.filtered(lambda promise: promise.state in ("partly", "broken"))._ask_to_call()
        return changed

    def _take_back_calls(self):
        """Take back what nobody has to do any more: the money had come in time after all."""
        still = {"call_activity_id": ("partly", "broken"), "lead_activity_id": ("broken",)}
        gone = self.env["mail.activity"]
        for name, states in still.items():
            gone |= self.filtered(lambda promise, states=states: promise.state not in states)[name]
        gone.filtered("active").unlink()

    def _ask_to_call(self):
        """Ask the acting managers to call today, and the teams' leads to look at whoever broke their word again."""
        broken = self.filtered(lambda promise: promise.state == "broken")
        others = (
            self.search([("customer_id", "in", broken.customer_id.ids), ("state", "=", "broken")])
            if broken
            else broken
        ).grouped("customer_id")
        wanted = []
        for promise in self:
            customer = promise.customer_id
            wanted.append((promise, "call_activity_id", (customer.acting_user_id, customer.team_id.user_id)))
            before = [
                other.date_until
                for other in others.get(customer, self.browse())
                if (other.date_until, other.id) < (promise.date_until, promise.id)
            ]
            if promise.state == "broken" and promises.broken_before(promise.date_until, before):
                wanted.append((promise, "lead_activity_id", (customer.team_id.user_id,)))
        wanted = [(promise, name, users) for promise, name, users in wanted if not promise[name]]
        may_read = self._who_may_read({user for _promise, _name, users in wanted for user in users if user})
        called, found = {}, []
        for promise, name, users in wanted:
            user = next((user for user in users if promise.contract_id in may_read.get(user, ())), None)
            if name == "call_activity_id":
                called[promise] = user
                if not user:
                    promise._tell_nobody_calls()
            if user and (name == "call_activity_id" or called.get(promise) != user):
                found.append((promise, name, user))
        # One to-do a promise, but no mail for each: a night may decide hundreds.
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        made = activities.create(
            [
                promise.with_context(lang=user.lang)._prepare_call_vals(name, user)
                for promise, name, user in found
            ]
        )
        for (promise, name, _user), activity in zip(found, made, strict=True):
            promise[name] = activity

    def _who_may_read(self, users):
        """Return `{user: loans they may open}`: a to-do tells a loan's name to whoever gets it."""
        loans = self.contract_id.with_context(allowed_company_ids=[])  # their own companies, not the writer's
        return {
            user: set(self.contract_id.browse(loans.with_user(user)._filtered_access("read").ids))
            for user in users
            if user.active
        }

    def _prepare_call_vals(self, name, user):
        """Return the values of a to-do, in the language of this record's context."""
        what = self._fields["state"]._description_selection(self.env)
        facts = {
            "state": dict(what)[self.state],
            "promise": self.display_name,
            "paid": self.currency_id.format(self.amount_paid),
        }
        if name == "lead_activity_id":
            kind = "mail.mail_activity_data_todo"
            summary = self.env._("Broken again within a year: %(promise)s", **facts)
            note = self.env._(
                "The borrower has broken more than one promise within a year. Agree on what follows."
            )
        else:
            kind = "mail.mail_activity_data_call"
            summary = self.env._("%(state)s: %(promise)s", **facts)
            note = self.env._(
                "%(paid)s came in of what was promised. Call today and agree on what follows.", **facts
            )
        return {
            "res_model_id": self.env["ir.model"]._get_id("loan.contract"),
            "res_id": self.contract_id.id,
            "activity_type_id": self.env.ref(kind).id,
            "date_deadline": self.company_id._loan_today(),  # the lender's day, not the server's
            "summary": summary,
            "note": note,
            "user_id": user.id,
        }

    def _tell_nobody_calls(self):
        """Tell it on the night where nobody who may open the loan can be asked to call."""
        night = self.env["loan.night"].search(
            [("company_id", "=", self.company_id.id), ("date", "=", self.company_id._loan_today())]
        )
        if night:
            night._note_failure(
                "promise",
                self.contract_id,
                self.env._("Nobody may be asked to call about the promise of %s.", self.display_name),
            )

    def _tell(self, what):
        """Note on the loans what became of these promises.

        :param str what: `made`, or a status
        """
        texts = {
            "made": self.env._("%(who)s promised %(amount)s by %(date)s (%(heard)s)."),
            "open": self.env._("The promise of %(amount)s by %(date)s is open again."),
            "kept": self.env._("The promise of %(amount)s by %(date)s was kept."),
            "partly": self.env._("The promise of %(amount)s by %(date)s was kept in part: %(paid)s came in."),
            "broken": self.env._("The promise of %(amount)s by %(date)s was broken: nothing came in."),
            "replaced": self.env._("The promise of %(amount)s by %(date)s was replaced by another one."),
            "withdrawn": self.env._("The promise of %(amount)s by %(date)s was withdrawn: %(reason)s"),
        }
        heard = dict(self._fields["heard_via"]._description_selection(self.env))
        # What a borrower enters on their page is said by them, not by the nobody whom the web server knows.
        is_theirs = not self.env.user._is_internal()
        lines = []
        for promise in self:
            told = texts[what] % {
                "who": promise.partner_id.name,
                "amount": promise.currency_id.format(promise.amount),
                "date": promise.contract_id._format_day(promise.date_promised),
                "heard": heard[promise.heard_via],
                "paid": promise.currency_id.format(promise.amount_paid),
                "reason": promise.withdraw_reason or "",
            }
            author = promise.partner_id if is_theirs else self.env["res.partner"]
            lines.append((promise.contract_id, author, told))
        self._note_lines(lines)

    # ------------------------------------------------------------ by hand

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "amount_asked",
            "amount_paid",
            "date_until",
            "withdrawn_user_id",
            "decided_on",
            "replaces_id",
            "replacements",
            "hold_id",
            "known_before",
            "call_activity_id",
            "lead_activity_id",
        }

    def write(self, vals):
        if not self.env.su and vals.keys() - {
            "note",
            "withdraw_reason",
            "state",
        }:  # whose state? its mixin asks
            raise AccessError(
                self.env._("What was promised does not change. Note another promise, or withdraw this one.")
            )
        if not self.env.su and "withdraw_reason" in vals and any(promise.state != "open" for promise in self):
            raise AccessError(self.env._("Only an open promise is withdrawn."))
        return super().write(vals)

    @api.model
    def _first_choices(self):
        return "loan_crm.loan_promise_action", [("mine", "open"), ("pressing",), ("open",)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(
                self.env._("A promise is kept on record, whatever became of it. Withdraw one that was wrong.")
            )

    @api.model
    def _allowed_moves(self):
        judged = ("open", "kept", "partly", "broken")
        return (
            super()._allowed_moves()
            | {(start, end) for start in judged for end in judged if start != end}
            | {(start, "replaced") for start in judged}
            | {("open", "withdrawn")}
        )

    def action_withdraw(self):
        """Take promises back that were no promise; the reason stands in the form."""
        self.check_access("write")
        if not all((promise.withdraw_reason or "").strip() for promise in self):
            raise UserError(self.env._("Say under “Withdrawn Because” why the promise is withdrawn."))
        promises_sudo = self.sudo()  # who withdrew it is noted, not entered
        promises_sudo._move_to("withdrawn")
        promises_sudo.withdrawn_user_id = self.env.user
        promises_sudo._release("withdrawn")
        return True

    def action_register_repayment(self):
        self.ensure_one()
        return self.contract_id.action_register_repayment()

    def action_promise(self):
        """Open the form that takes another promise instead."""
        self.ensure_one()
        return self.contract_id.action_promise()

    @api.model
    def _told(self, open_promises):
        """Return what a form says about open promises; False without any."""
        return (
            " · ".join(
                self.env._(
                    "%(promise)s, %(paid)s of it paid",
                    promise=promise.display_name,
                    paid=promise.currency_id.format(promise.amount_paid),
                )
                if promise.amount_paid
                else promise.display_name
                for promise in open_promises.sorted("date_promised")
            )
            or False
        )

    def _portal_row(self, contract):
        """Return what the portal tells of this promise to whoever made it; no record among it.

        :param contract: this promise's `loan.contract`, in the language of the page
        :return: a dict of texts; `standing` is "open", "kept", "late" or "over"; `change` where another day
            can be named
        """
        self.ensure_one()
        env, amount, day = contract.env, contract._amount(self.amount), contract._long_day(self.date_promised)
        paid = self.amount_paid and contract._amount(self.amount_paid)
        is_open = self.state == "open" and contract._takes_promises()
        told = {
            "open": env._("We expect it by %s. Until then we do not remind you of this loan.", day),
            "kept": env._("You kept it. Thank you."),
            "partly": env._(
                "%s of it came in time. Please tell us when the rest comes.", paid or contract._amount(0)
            ),
            "broken": env._(
                "We have not had it by then. Please tell us when you can pay; we look for a way together."
            ),
            "replaced": env._("You have named another day since."),
            "withdrawn": env._("This does not count any more."),
        }
        if self.state == "open" and paid:
            told["open"] = env._(
                "%(paid)s of it has come. We expect the rest by %(day)s.", paid=paid, day=day
            )
        standings = {"open": "open", "kept": "kept", "partly": "late", "broken": "late"}
        enough = is_open and self._is_put_off_enough()
        failed = (
            self.state in self._word_failed() and contract._takes_promises() and not contract.promise_note
        )
        return {
            "what": env._("You said you would pay %(amount)s by %(day)s.", amount=amount, day=day),
            "note": told[self.state],
            "standing": standings.get(self.state, "over"),
            "loan": contract.name,
            "url": f"/my/loans/{contract.id}",
            "change": failed or (is_open and not enough),
            "call": enough,
        }
