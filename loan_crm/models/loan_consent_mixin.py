from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import consents

# A switch on the profile, or on the contact, that says what the ledger says: `{what a purpose governs: field}`.
_SWITCHES = {"reminders": "reminder_opt_out", "offers": "renewal_opt_out"}
# Travels in the context while a switch follows the ledger; it cannot be sent over RPC.
_FOLLOWS = object()
_SAID_A_DAY = 30


class LoanConsentMixin(models.AbstractModel):
    """What a customer allows: the ledger's one writer, and the switches on the profile that stay in step with it.

    `loan.consent` is what holds. *No Reminders by Email*, *No Renewal Offers* and *No Surveys* are the same answers as
    the screens and the nightly jobs read them: whoever turns one of them writes a row, whatever way they did, and a row
    turns them. Of surveys a person speaks for all their profiles, as before. What has no switch asks the ledger itself.
    """

    _name = "loan.consent.mixin"
    _description = "Consents of a Customer"

    consent_ids = fields.One2many("loan.consent", "customer_id", "Consents", readonly=True)
    consent_count = fields.Integer("Number of Consents", compute="_compute_consent_count")

    @api.depends_context("uid")
    def _compute_consent_count(self):
        counts = dict(
            self.env["loan.consent"]._read_group(
                Domain("customer_id", "in", self.ids)
                & Domain("is_current", "=", True)
                & Domain("state", "=", consents.GIVEN),
                ["customer_id"],
                ["__count"],
            )
        )
        for customer in self:
            customer.consent_count = counts.get(customer._origin, 0)

    def action_open_consents(self):
        """Open what this customer allows, and what they said before."""
        return self._action_open("loan_crm.loan_consent_action")

    def action_record_consent(self):
        """Open the form that puts on record what this customer says."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record a Consent"),
            "res_model": "loan.consent.record",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_customer_id": self.id},
        }

    # ------------------------------------------------------------ what holds

    @api.model
    def _consent_purposes(self):
        """Return the purposes that hold, as superuser, in the language of the context."""
        # As superuser: what a lender does with what it knows is no secret to whom it knows.
        return self.env["loan.consent.purpose"].sudo().search(Domain("active", "=", True))

    def _consents_now(self):
        """Return `{customer: {purpose: its row that holds}}`."""
        # As superuser: what may be done is asked by whatever does it.
        rows = (
            self.env["loan.consent"]
            .sudo()
            .search(Domain("customer_id", "in", self.ids) & Domain("is_current", "=", True))
        )
        found = {customer.id: {} for customer in self}
        for row in rows:
            found[row.customer_id.id][row.purpose_id.id] = row
        return found

    def _consent_allows(self, governs):
        """Return those of these customers to whom something may be done.

        :param str governs: of `loan.consent.purpose`
        """
        purpose = self.env["loan.consent.purpose"]._governing(governs)
        if not purpose.is_switch:
            return self
        said = self._consents_now()

        def state(customer):
            row = said[customer.id].get(purpose.id)
            return row.state if row else None

        return self.filtered(
            lambda customer: consents.allowed(purpose.ground, purpose.may_refuse, state(customer))
        )

    def _consents_lacking(self):
        """Return the names of what rests on a consent they have not given and no job sees to: people must know."""
        self.ensure_one()
        said = self._consents_now()[self.id]
        return [
            purpose.name
            for purpose in self._consent_purposes()
            if purpose.ground == consents.CONSENT
            and not purpose.governs
            and not (purpose.id in said and said[purpose.id].state == consents.GIVEN)
        ]

    # ------------------------------------------------------------ saying it

    def _say_consents(self, wanted, how, user=None, **facts):
        """Put on record what these customers allow from now on; what holds already is not said twice.

        :param dict wanted: `{purpose: whether they allow it}`; what leaves no choice is left out
        :param str how: of `loan.consent`
        :param user: `res.users` who enters it; None where they say it themselves
        :param facts: `said_at`, `note`, `paper`, `paper_name`
        :return: the new rows, as superuser
        """
        # As superuser: the ledger is written by this verb alone; whoever calls it has asked who may.
        customers_sudo = self.sudo()
        customers_sudo._take_turn()
        said, vals_list, former = customers_sudo._consents_now(), [], self.env["loan.consent"].sudo()
        for customer in customers_sudo:
            for purpose, allows in wanted.items():
                row = said[customer.id].get(purpose.id)
                state = consents.answer(allows, row.state if row else None)
                if not purpose.is_switch or state is None:
                    continue
                former |= row or former.browse()
                vals_list.append(
                    {
                        "customer_id": customer.id,
                        "purpose_id": purpose.id,
                        "state": state,
                        "how": how,
                        "entered_user_id": user.id if user else False,
                        **customer._prepare_consent_words(purpose),
                        **facts,
                    }
                )
        if not vals_list:
            return former.browse()
        former._by_verb().write({"is_current": False})
        former.flush_model()  # the index holds one that holds
        rows = former.create(vals_list)
        customers_sudo._follow_consents({row.purpose_id: row.state == consents.GIVEN for row in rows})
        return rows

    def _prepare_consent_words(self, purpose):
        """Return the words of a purpose as they are shown now, with their fingerprint."""
        lang = self.env.lang or self.partner_id.lang or self.company_id.partner_id.lang or "en_US"
        words = purpose.with_context(lang=lang)._shown_words()
        return {
            "words": words,
            "words_hash": consents.fingerprint(words),
            "words_lang": lang,
            "version": purpose.version,
        }

    def _takes_consents(self):
        """Tell whether one more thing may be said today of these profiles on the portal; they are locked meanwhile."""
        self._take_turn()
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        said = self.env["loan.consent"].search_count(
            Domain("customer_id", "in", self.ids)
            & Domain("how", "=", "portal")
            & Domain("said_at", ">=", since)
        )
        return said < _SAID_A_DAY * len(self)

    # ------------------------------------------------------------ in step

    def _follow_consents(self, allowed):
        """Let the switches say what the ledger says.

        :param dict allowed: `{purpose: bool}`
        """
        vals = {
            _SWITCHES[purpose.governs]: not allows
            for purpose, allows in allowed.items()
            if purpose.governs in _SWITCHES
        }
        following = self.with_context(loan_consent=_FOLLOWS)
        for name, value in vals.items():
            following.filtered(lambda customer, name=name, value=value: customer[name] != value).write(
                {name: value}
            )
        for purpose, allows in allowed.items():
            if purpose.governs == "surveys":
                partners_sudo = self.sudo().partner_id  # as superuser: a switch follows what was said
                partners_sudo.filtered(
                    lambda partner, allows=allows: partner.loan_no_surveys == allows
                ).write({"loan_no_surveys": not allows})

    @api.model_create_multi
    def create(self, vals_list):
        customers = super().create(vals_list)
        for governs, name in _SWITCHES.items():
            told = customers.browse(
                customer.id for customer, vals in zip(customers, vals_list, strict=True) if vals.get(name)
            )
            told._say_switch(governs, name)
            purpose = self.env["loan.consent.purpose"]._governing(governs) if customers - told else None
            if purpose and purpose.ground == consents.CONSENT:
                (customers - told).with_context(loan_consent=_FOLLOWS).write({name: True})
        # As superuser: who may make a profile need not see what its contact told another lender.
        customers.sudo().filtered("partner_id.loan_no_surveys")._say_surveys(refused=True)
        return customers

    def write(self, vals):
        turned = {}
        if vals.keys() & set(_SWITCHES.values()) and self.env.context.get("loan_consent") is not _FOLLOWS:
            turned = {
                governs: self.filtered(lambda customer, name=name: customer[name] != bool(vals[name]))
                for governs, name in _SWITCHES.items()
                if name in vals
            }
        result = super().write(vals)
        for governs, customers in turned.items():
            customers._say_switch(governs, _SWITCHES[governs])
        return result

    def _say_switch(self, governs, name):
        """Put on record that somebody turned a switch of these profiles."""
        if not self:
            return
        purposes = self.env["loan.consent.purpose"]._ever_governing(governs)
        for refused, customers in self.grouped(name).items():
            customers._say_consents(dict.fromkeys(purposes, not refused), **self._said_how())

    def _say_surveys(self, refused):
        """Put on record what the contact of these profiles says of surveys: they speak for all of them.

        :param bool refused: they want none
        """
        if self:
            purposes = self.env["loan.consent.purpose"]._ever_governing("surveys")
            self._say_consents(dict.fromkeys(purposes, not refused), **self._said_how())

    @api.model
    def _said_how(self):
        """Return how whoever turns a switch has come to it, and who they are: `how` and `user`.

        The pages that borrowers turn one on say so by a tuple in the context, which cannot be sent over RPC.
        """
        told = self.env.context.get("loan_said_how")
        if isinstance(told, tuple):
            return {"how": told[0]}
        if self.env.user._is_superuser():
            return {"how": "import"}
        return {"how": "profile", "user": self.env.user}

    @api.model
    def _align_consent_switch(self, purpose):
        """Let a switch say what holds for whoever was never asked; what somebody said stays.

        :param purpose: `loan.consent.purpose`
        """
        name = _SWITCHES.get(purpose.governs)
        if not name:
            return
        self.flush_model()
        self.env["loan.consent"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE loan_customer customer SET %(column)s = %(stopped)s
                 WHERE customer.%(column)s IS DISTINCT FROM %(stopped)s
                   AND NOT EXISTS (SELECT FROM loan_consent consent
                                    WHERE consent.customer_id = customer.id
                                      AND consent.purpose_id = %(purpose)s)
                """,
                column=SQL.identifier(name),
                stopped=not consents.allowed(purpose.ground, purpose.may_refuse, None),
                purpose=purpose.id,
            )
        )
        self.invalidate_model([name])

    # ------------------------------------------------------------ on the portal

    def _portal_consents(self):
        """Return what the portal tells of each purpose, of the profiles of one person; no record among it."""
        said = self._consents_now()
        told = []
        for purpose in self._consent_purposes():
            rows = [said[customer.id].get(purpose.id) for customer in self]
            states = [row.state if row else None for row in rows]
            allowed = all(consents.allowed(purpose.ground, purpose.may_refuse, state) for state in states)
            latest = max(filter(None, rows), key=lambda row: row.said_at, default=None)
            told.append(
                {
                    "key": str(purpose.id),
                    "version": str(purpose.version),
                    "name": purpose.name,
                    "words": purpose.words,
                    "reason": purpose.reason,
                    "consequence": purpose.consequence or "",
                    "is_switch": purpose.is_switch,
                    "allowed": allowed,
                    "now": self._portal_consent_now(purpose, latest, allowed),
                    "rests_on": self._portal_ground(purpose),
                }
            )
        return told

    def _portal_consent_now(self, purpose, row, allowed):
        if row:
            return (
                self.env._("You have allowed it since %s.", row._told_moment())
                if allowed
                else self.env._("You have not allowed it since %s.", row._told_moment())
            )
        if purpose.ground == consents.CONSENT:
            return self.env._("We have never asked you, so we do not do it.")
        return self.env._("We do this. You have not said anything about it.")

    def _portal_ground(self, purpose):
        return {
            consents.CONSENT: self.env._("Only if you allow it"),
            consents.CONTRACT: self.env._("Because of your loan agreement"),
            consents.DUTY: self.env._("Because the law says so"),
            consents.INTEREST: self.env._("Because you are our customer; you may say no"),
        }[purpose.ground]

    def _portal_consent_history(self):
        """Return what these profiles said until now, the newest first."""
        rows = self.env["loan.consent"].search(Domain("customer_id", "in", self.ids), limit=100)
        return [row._told_row() for row in rows]

    def _portal_say_consent(self, purpose, allows, partner):
        """Keep what somebody says on the portal, on each of their profiles, and tell who looks after them.

        :param purpose: `loan.consent.purpose` that they decide about
        :param bool allows: what they say
        :param partner: `res.partner` who says it
        """
        rows = self._say_consents({purpose: allows}, "portal")
        for row in rows:
            reader = row.with_context(lang=row.customer_id.acting_user_id.lang or self.env.lang)
            told = (
                reader.env._("The customer allows on the portal: %s", reader.purpose_id.name)
                if allows
                else reader.env._(
                    "The customer does not allow any more, says the portal: %s", reader.purpose_id.name
                )
            )
            reader.customer_id._message_log(body=Markup("<p>%s</p>") % told, author_id=partner.id)
        return rows
