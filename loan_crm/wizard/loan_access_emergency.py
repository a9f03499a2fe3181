from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.base.models.res_users import check_identity

from ..core import emergencies

_PASSED = "identity-check-last"  # where Odoo keeps in a session when the password was last asked


class LoanAccessEmergency(models.TransientModel):
    """Break the glass: see one customer for some minutes without asking first, and answer for it afterwards.

    It is for who has the group for it, on the screen and not over an interface, after the password was asked again,
    with a valid agreement and a reason. It opens what a grant would open, of levels that emergencies open, and nothing
    that a wall, a conflict of interest, or an agreement or training that is not valid closes. That it is about to be
    opened is committed to the access log first; somebody else reviews it (`loan.access.review`).

    **It is no way to find out who borrows here.** The number and the name have to be entered together, exactly: who
    knows both learns nothing from either answer (`core.emergencies`). Whether there is no such customer, the name is
    another's, or a wall keeps the person out, they are told the same words; each such attempt is on record and counts
    against the few a day. What does not depend on a customer (group, agreement, reason, how many today) is refused in
    plain words before any is looked for.
    """

    _name = "loan.access.emergency"
    _inherit = ["loan.guard.mixin"]
    _description = "Emergency Access"

    company_id = fields.Many2one(
        "res.company", "Company", required=True, readonly=True, default=lambda self: self.env.company
    )
    number = fields.Char(
        "Customer or Loan No.",
        help="As it stands on a letter or a contract. It opens nothing unless the name belongs to it.",
    )
    customer_name = fields.Char(
        "Full Name of the Customer", help="As they gave it to us, whole. A part of it is not enough."
    )
    reason = fields.Text("Why It Cannot Wait")
    minutes = fields.Integer(
        "For Minutes",
        required=True,
        default=lambda self: self.env.company.loan_emergency_minutes,
        help="As short as will do: when they are over, the customer is closed again.",
    )
    told = fields.Text("Before You Go On", compute="_compute_told")

    @api.depends("company_id")
    @api.depends_context("lang", "uid")
    def _compute_told(self):
        for form in self:
            company_sudo = form.company_id.sudo()  # as superuser: its figures are no secret
            form.told = self.env._(
                "Up to %(minutes)s minutes, %(times)s attempts a day, a reason of %(least)s characters or more. "
                "Attempts today so far: %(tried)s.",
                minutes=company_sudo.loan_emergency_minutes_max,
                times=company_sudo.loan_emergency_per_day,
                least=company_sudo.loan_emergency_reason,
                tried=form._tried_today(),
            )

    def _tried_today(self):
        # As superuser: how often they tried themselves is told to nobody else.
        log_sudo = self.env["loan.access.log"].sudo()
        return log_sudo.search_count(
            Domain("uid", "=", self.env.uid)
            & Domain("event", "=", "emergency")
            & Domain("logged_at", ">=", self._day_began())
        )

    def _day_began(self):
        """Return when the lender's day began, naive UTC."""
        company_sudo = self.company_id.sudo()  # as above
        zone = ZoneInfo(company_sudo.loan_tz)
        midnight = datetime.combine(company_sudo._loan_today(), time.min, zone)
        return midnight.astimezone(UTC).replace(tzinfo=None)

    # ------------------------------------------------------------ the way in

    def action_begin(self):
        """Ask for the password, and then open the customer.

        :raise AccessError: over an interface, or without the group
        :raise UserError: without what is asked of everybody; of customers nothing is said here
        """
        self.ensure_one()
        self._check_screen()
        self._check_asked()
        # Odoo takes a password of the last ten minutes for one of now; who left the desk meanwhile did not enter this.
        request.session.pop(_PASSED, None)
        return self._begin()

    @check_identity
    def _begin(self):
        self.ensure_one()
        self._check_screen()
        request.session.pop(_PASSED, None)
        return self._open()

    @api.model
    def _check_screen(self):
        """Refuse whoever has not signed in by a browser: a program with a key is nobody who answers a question."""
        if not request or self.env.su or request.session.uid != self.env.uid:
            raise AccessError(
                self.env._("Emergency access is opened on the screen, by the person themselves.")
            )

    def _check_asked(self):
        """Refuse what is no matter of a customer, in plain words."""
        user = self.env.user
        if not user.has_group("loan_crm.loan_crm_group_emergency"):
            raise AccessError(
                self.env._("Emergency access is not one of your rights. Ask for access instead.")
            )
        company_sudo = self.company_id.sudo()  # as superuser: its figures are no secret
        if company_sudo != self.env.company or company_sudo not in user.company_ids:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        if not user._loan_agreement_valid():
            raise UserError(
                self.env._("Emergency access needs your valid confidentiality agreement. Sign it first.")
            )
        if not company_sudo.loan_emergency_per_day:
            raise UserError(self.env._("Your lender gives no emergency access. Ask for access instead."))
        if not self.env["loan.access.review"]._officers(company_sudo, user):
            raise UserError(self.env._("There is nobody who could review it, so nothing is opened."))
        if not emergencies.usable(self.number) or not emergencies.plain(self.customer_name):
            raise UserError(self.env._("Enter the number and the full name that belongs to it."))
        if not emergencies.long_enough(self.reason, company_sudo.loan_emergency_reason):
            raise UserError(
                self.env._(
                    "Say in at least %s characters why it cannot wait: somebody reads it.",
                    company_sudo.loan_emergency_reason,
                )
            )
        if not 1 <= self.minutes <= company_sudo.loan_emergency_minutes_max:
            raise UserError(self.env._("Choose 1 to %s minutes.", company_sudo.loan_emergency_minutes_max))

    # ------------------------------------------------------------ opening

    def _open(self):
        """Open what was entered, or say that nothing was opened; the caller has asked for the password.

        :raise UserError: the same for whatever was entered, and for what the log cannot take
        :return: an action
        """
        self.ensure_one()
        self._check_asked()
        self.lock_for_update()  # of two clicks one opens
        # As superuser: as below. What was entered afterwards in a form that has opened something is another matter.
        if self.env["loan.access.grant"].sudo().search_count([("form_ref", "=", self.id)]):
            raise UserError(self.env._("This form has been used. Open a new one."))
        found_sudo = self._find()
        if found_sudo and found_sudo.with_env(self.env).has_access("read"):
            return self._told("info", self.env._("You see them already. Nothing was opened."), found_sudo)
        way = self._way(found_sudo)
        said = self._attempt(found_sudo, way)
        if said == emergencies.LIMIT:
            raise UserError(
                self.env._("You have tried as often today as you may. Ask for access, or call compliance.")
            )
        if said == emergencies.AGAIN_SOON:
            self._ask_for_more(found_sudo, way["level"])
            return self._told(
                "warning",
                self.env._(
                    "You have had them open within a day. This time compliance decides; your request is with them."
                ),
            )
        if said != emergencies.OPENED:
            raise UserError(
                self.env._(
                    "Nothing was opened. Either nobody has this number and this name, or it is closed to you in an "
                    "emergency, too. The attempt is on record and counts. Call compliance if it cannot wait."
                )
            )
        # As superuser: nobody gives themselves a grant, but by this.
        self.env["loan.access.grant"].sudo()._open_emergency(
            self.env.user,
            self._customer(found_sudo),
            way["level"],
            self.reason.strip(),
            self.minutes,
            self.id,
        )
        return self._show(found_sudo)

    def _find(self):
        """Return the customer or the loan of this number whose customer is called so, as superuser; or none."""
        entered = [self.number.strip(), self.number.strip().upper()]
        mine = Domain("company_id", "=", self.company_id.id)
        # As superuser: it is about who cannot be seen. What comes of it is told nobody but by `_open`.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        customers_sudo = customers_sudo.search(
            mine
            & (
                Domain("reference", "in", entered)
                | Domain.OR(Domain("former_references", "like", number) for number in set(entered))
            )
        ).filtered(
            lambda customer: (
                emergencies.same(self.customer_name, customer.name)
                and any(
                    emergencies.same(self.number, number)
                    for number in (customer.reference, *(customer.former_references or "").split(","))
                )
            )
        )
        contracts_sudo = self.env["loan.contract"].sudo().with_context(active_test=False)
        contracts_sudo = contracts_sudo.search(
            mine & (Domain("name", "in", entered) | Domain("external_ref", "in", entered))
        ).filtered(lambda contract: emergencies.same(self.customer_name, contract.customer_id.name))
        for found_sudo in (customers_sudo, contracts_sudo):
            if len(found_sudo) == 1:
                return found_sudo
        return customers_sudo.browse()

    @api.model
    def _customer(self, found_sudo):
        return found_sudo if found_sudo._name == "loan.customer" else found_sudo.customer_id

    def _way(self, found_sudo):
        """Return up to which level it would be opened, and whether that would open it, by the rule's own verdict.

        A grant opens what is below its level, too: none of it may be closed to emergencies.
        """
        none = {"level": self.env["loan.confidentiality.level"], "opens": False}
        if not found_sudo:
            return none
        customer_sudo, rank = self._customer(found_sudo), found_sudo._loan_rank()
        levels_sudo = self.env["loan.confidentiality.level"]._up_to(rank)
        own = found_sudo.loan_level if found_sudo != customer_sudo else 0
        user = self.env.user
        verdict = self.env["loan.sight"]._verdicts(customer_sudo, user, own=own, given={user: rank})[user]
        # Asked last, whatever it says: the answer takes the same time.
        opens = bool(verdict["way"]) and all(levels_sudo.mapped("opens_in_emergency"))
        return {"level": levels_sudo[:1], "opens": opens}

    def _attempt(self, found_sudo, way):
        """Put the attempt on record, for good, and return the verdict of `core.emergencies`."""
        day_began, form = self._day_began(), self.id
        customer = self._customer(found_sudo).id if found_sudo else None
        limit = self.company_id.sudo().loan_emergency_per_day  # as superuser: as above

        def judge(tried, now):
            attempts = [
                emergencies.Attempt(
                    moment, facts.get("verdict"), facts.get("form"), frozenset(customers or ())
                )
                for moment, facts, customers in tried
                if facts and facts.get("verdict")
            ]
            verdict, known = emergencies.judge(
                attempts,
                form=form,
                customer=customer,
                opens=way["opens"],
                limit=limit,
                day_began=day_began,
                now=now,
            )
            facts = {"verdict": verdict, "form": form, "minutes": self.minutes, "level": way["level"].rank}
            outcome = "allowed" if verdict in (emergencies.OPENED, emergencies.AGAIN_SOON) else "denied"
            return None if known else outcome, facts

        facts = self.env["loan.access.log"]._note_judged(
            "emergency",
            found_sudo,
            min(day_began, fields.Datetime.now() - 2 * emergencies.AGAIN),
            judge,
            company=self.company_id,
            reason=self.reason.strip(),
        )
        return facts["verdict"]

    def _ask_for_more(self, found_sudo, level):
        """Put a second emergency before compliance: nobody prolongs their own."""
        now = fields.Datetime.now()
        # As superuser: whoever asks enters a request and nothing else of it.
        grants_sudo = self.env["loan.access.grant"].sudo()
        request_sudo = grants_sudo.create(
            {
                "user_id": self.env.uid,
                "requested_user_id": self.env.uid,
                "company_id": self.company_id.id,
                "customer_id": self._customer(found_sudo).id,
                "wanted": self.env._("Once more within a day, after an emergency."),
                "purpose": self.reason.strip(),
                "level_id": level.id,
                "date_from": now,
                "date_to": now + timedelta(hours=4),
                "form_ref": self.id,
            }
        )
        request_sudo._call_compliance()
        self.env["loan.access.log"]._note("request", request_sudo, grant=request_sudo)

    @api.model
    def _show(self, found_sudo):
        return {
            "type": "ir.actions.act_window",
            "res_model": found_sudo._name,
            "res_id": found_sudo.id,
            "views": [(False, "form")],
            "target": "current",
        }

    @api.model
    def _told(self, kind, message, found_sudo=None):
        following = self._show(found_sudo) if found_sudo else {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": following},
        }
