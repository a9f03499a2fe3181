import json
from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..core import dates, tiers
from ..core.listing import listed

_BATCH = 1000
_LEAD = "loan_crm.loan_crm_group_team_lead"
# How long a tier that came from a file holds: as long as the form for choosing one proposes.
_IMPORTED_MONTHS = 12
# Travels in the context from the verbs below to where a tier is written: an object, so that nobody can send one over
# RPC and move a customer without a line in the history.
_GIVEN = object()
_ON_TIME_MONTHS = 24
_LATE_MONTHS = 12
# Whoever was late for longer than this and has paid since then is no case for a tier.
_LOOK_BACK_MONTHS = 36


class LoanCustomerTierMixin(models.AbstractModel):
    """The tier of a customer: measured and judged by the night, chosen by a person, kept with its history.

    Name it before `loan.access.mixin` in `_inherit`.
    """

    _name = "loan.customer.tier.mixin"
    _description = "Tier of a Customer"

    referred_by_id = fields.Many2one(
        "loan.customer",
        "Referring Customer",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
        help="The customer who sent them. Whoever may not see that customer does not see this either.",
    )
    tier_since = fields.Date("In This Tier Since", readonly=True, copy=False)
    tier_source = fields.Selection(
        [("rule", "By the Rules"), ("hand", "By Hand")],
        "Tier Chosen",
        readonly=True,
        copy=False,
        help="What a person chose holds until its last day; then the rules decide again.",
    )
    tier_until = fields.Date("Chosen Until", readonly=True, copy=False)
    # Where the night stands with this customer; see `core/tiers.py`.
    tier_fell = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    tier_kept_on = fields.Date(readonly=True, copy=False, export_string_translation=False)
    tier_below_since = fields.Date(readonly=True, copy=False, export_string_translation=False)
    tier_earned = fields.Json(readonly=True, copy=False, export_string_translation=False)
    tier_change_ids = fields.One2many(
        "loan.customer.tier.change", "customer_id", "Tier History", readonly=True
    )
    tier_note = fields.Char("Why This Tier", compute="_compute_tier_note")
    tier_proposal_id = fields.Many2one(
        "loan.customer.tier.change", "Downgrade Proposed", compute="_compute_tier_proposal_id"
    )
    tier_proposal_note = fields.Char("Proposed Because", compute="_compute_tier_proposal_id")

    # What the night looks for where no tier has rules: choices that have ended.
    _tier_until_idx = models.Index("(company_id, tier_until) WHERE tier_until IS NOT NULL")

    @api.depends("tier_id", "tier_since", "tier_source", "tier_until")
    @api.depends_context("lang", "uid")
    def _compute_tier_note(self):
        last = {}
        changes = self.env["loan.customer.tier.change"].search(
            [("customer_id", "in", self.ids), ("kind", "in", ("up", "accepted", "expired", "hand"))],
            order="id",
        )
        for change in changes:
            last[change.customer_id.id] = change
        for customer in self:
            change = last.get(customer._origin.id, changes.browse())
            told = []
            if customer.tier_since:
                told.append(self.env._("Since %s", format_date(self.env, customer.tier_since)))
            if customer.tier_source == "rule":
                told.append(self.env._("by the rules"))
            elif customer.tier_id or customer.tier_source:
                told.append(
                    self.env._("until %s", format_date(self.env, customer.tier_until))
                    if customer.tier_until
                    else self.env._("until somebody changes it")
                )
                if change.kind == "hand" and change.decided_user_id.id != SUPERUSER_ID:
                    told.append(self.env._("chosen by %s", change.decided_user_id.name))
            because = change.note or change.reasons
            note = listed(told, self.env.lang)
            customer.tier_note = (
                self.env._("%(reason)s: %(note)s", reason=note, note=because) if note and because else note
            )

    @api.depends_context("lang", "uid")
    def _compute_tier_proposal_id(self):
        found = (
            self.env["loan.customer.tier.change"]
            .search([("customer_id", "in", self.ids), ("kind", "=", "proposed")])
            .grouped("customer_id")
        )
        nothing = self.env._("no tier")
        for customer in self:
            proposal = found.get(customer._origin, self.env["loan.customer.tier.change"])
            customer.tier_proposal_id = proposal
            customer.tier_proposal_note = bool(proposal) and self.env._(
                "%(tier)s. %(reasons)s", tier=proposal.tier_to_id.name or nothing, reasons=proposal.reasons
            )

    # ------------------------------------------------------------ by hand

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "tier_since",
            "tier_source",
            "tier_until",
            "tier_fell",
            "tier_kept_on",
            "tier_below_since",
            "tier_earned",
        }

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            tier_id = vals.get("tier_id", self.env.context.get("default_tier_id"))
            self._check_vip(self.env["loan.customer.tier"].browse(tier_id or []))
        customers = super().create(vals_list)
        chosen = customers.filtered("tier_id")
        if chosen:
            chosen._note_choice({customer.id: False for customer in chosen})
        return customers

    def write(self, vals):
        if "tier_id" not in vals or self.env.context.get("loan_tier_moving") is _GIVEN:
            return super().write(vals)
        self.check_access("write")  # before anything is told of whom it is about
        tier = self.env["loan.customer.tier"].browse(vals["tier_id"] or [])
        before_sudo = self.sudo()  # what they were before is compared, whoever writes
        former = {customer.id: customer.tier_id.id for customer in before_sudo}
        changed = self.filtered(lambda customer: former[customer.id] != tier.id)
        if changed:
            self._check_vip(tier | before_sudo.tier_id)
        result = super().write(vals)
        changed._note_choice(former)
        return result

    @api.model
    def _check_vip(self, tiers_touched):
        """Refuse that anybody but a team lead makes a VIP by hand, or ends one."""
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        # As superuser: whether it is a tier for VIPs is asked of any tier, of whichever company.
        vip = tiers_touched.sudo().filtered("is_vip")[:1]
        if vip:
            raise UserError(
                self.env._(
                    "Only a team lead puts a customer into %(tier)s by hand, or takes them out of it. Tell them what "
                    "speaks for it.",
                    tier=vip.name,
                )
            )

    def _note_choice(self, former, until=False, note=False):
        """Note that a person has chosen the tier that these customers have now.

        What comes from a file is nobody's choice with a reason: it ends after a year, and then the rules decide.

        :param dict former: `{customer id: id of the tier before, or False}`
        :param date until: the last day of the choice, False for good
        :param str note: why
        :return: the rows of the history
        """
        imported = self.env.context.get("import_file") and not (until or note)
        if imported:
            note = self.env._("From the import")
        # As superuser: nobody enters the history and what follows from a choice.
        customers_sudo = self.sudo()
        self.env["loan.customer.tier.change"].sudo().search(
            [("customer_id", "in", self.ids), ("kind", "=", "proposed")]
        )._lapse()
        changes_sudo = self.env["loan.customer.tier.change"].sudo()
        for company, customers in customers_sudo.grouped("company_id").items():
            today = company._loan_today()
            if imported:
                until = dates.add_months(today, _IMPORTED_MONTHS)
            for moved, chosen in customers.grouped(
                lambda customer: former[customer.id] != customer.tier_id.id
            ).items():
                chosen.write(
                    {
                        **({"tier_since": today} if moved else {}),
                        "tier_source": "hand",
                        "tier_until": until,
                        **self._fresh_standing(),
                    }
                )
            changes_sudo |= changes_sudo.create(
                [
                    {
                        "customer_id": customer.id,
                        "tier_from_id": former[customer.id],
                        "tier_to_id": customer.tier_id.id,
                        "date": today,
                        "kind": "hand",
                        "note": note,
                        "date_until": until,
                        "decided_user_id": self.env.uid,
                        "decided_on": today,
                    }
                    for customer in customers
                ]
            )
        return changes_sudo

    @api.model
    def _fresh_standing(self):
        return {"tier_fell": False, "tier_kept_on": False, "tier_below_since": False, "tier_earned": False}

    def _choose_tier(self, tier, until, note):
        """Put these customers into a tier by hand; it holds until its last day.

        :param tier: `loan.customer.tier`, or empty: no tier
        :param date until: the last day of the choice, False for good
        :param str note: why
        :raises UserError: where the user may not, or gives no reason
        """
        self.check_access("write")
        if not (note or "").strip():
            raise UserError(self.env._("Say why: whoever reads the history will want to know."))
        for company in self.company_id:
            if until and until < company._loan_today():
                raise UserError(
                    self.env._("The last day of the choice has passed. Choose one that is to come.")
                )
        if tier.company_id and self.company_id - tier.company_id:
            raise UserError(self.env._("%s is a tier of another company.", tier.name))
        # As superuser: whether they are VIPs now, whoever asks.
        self._check_vip(tier | self.sudo().tier_id)
        former = {customer.id: customer.tier_id.id for customer in self}
        self.with_context(loan_tier_moving=_GIVEN, mail_notrack=True).write({"tier_id": tier.id})
        self._note_choice(former, until, note.strip())._tell()

    def _move_to_tier(self, tier, source, fell):
        """Move these customers by a verb that keeps the history itself.

        :param tier: `loan.customer.tier`, or empty
        :param str source: how it is chosen now
        :param bool fell: this is a move down
        """
        # As superuser: the tier follows from an answer, the rest of the customer is not touched.
        moving_sudo = self.sudo().with_context(loan_tier_moving=_GIVEN, mail_notrack=True)
        for company, customers in moving_sudo.grouped("company_id").items():
            customers.write(
                {
                    **self._fresh_standing(),
                    "tier_id": tier.id,
                    "tier_since": company._loan_today(),
                    "tier_source": source,
                    "tier_until": False,
                    "tier_fell": fell,
                }
            )

    def action_choose_tier(self):
        """Open the form that puts this customer into a tier by hand."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_tier_choose_action")
        action["context"] = {"default_customer_id": self.id}
        return action

    def action_accept_downgrade(self):
        """Move the customer down, as proposed."""
        self.ensure_one()
        return self._tier_proposal().action_accept()

    def action_keep_tier(self):
        """Ask why the customer is kept in the tier all the same."""
        self.ensure_one()
        return self._tier_proposal().action_keep()

    def _tier_proposal(self):
        if not self.tier_proposal_id:
            raise UserError(self.env._("This has been answered already."))
        return self.tier_proposal_id

    def action_open_tier_changes(self):
        """Open the way of this customer from tier to tier."""
        return self._action_open("loan_crm.loan_customer_tier_change_action_all")

    # ------------------------------------------------------------ merging

    @api.model
    def _merge_left_out(self):
        # Written as any other value it would be a choice by hand that nobody made, and hold for ever.
        return super()._merge_left_out() | {"tier_id"}

    @api.model
    def _before_customer_merge(self, kept, others):
        super()._before_customer_merge(kept, others)
        if kept._tier_by_hand():
            return
        chosen = others.filtered(lambda other: other.tier_id and other._tier_by_hand())
        chosen = chosen.sorted(lambda other: other.tier_id.sequence)[:1]
        if not chosen or (kept.tier_id and kept.tier_id.sequence <= chosen.tier_id.sequence):
            return  # the rules go on, with the figures of both
        change = chosen.tier_change_ids.filtered(lambda change: change.kind == "hand")[:1]
        former = kept.tier_id
        self.env["loan.customer.tier.change"].search(
            [("customer_id", "=", kept.id), ("kind", "=", "proposed")]
        )._lapse()
        kept.with_context(loan_tier_moving=_GIVEN, mail_notrack=True).write(
            {
                **self._fresh_standing(),
                "tier_id": chosen.tier_id.id,
                "tier_since": chosen.tier_since,
                "tier_source": "hand",
                "tier_until": chosen.tier_until,
            }
        )
        today = kept.company_id._loan_today()
        self.env["loan.customer.tier.change"].create(
            {
                "customer_id": kept.id,
                "tier_from_id": former.id,
                "tier_to_id": chosen.tier_id.id,
                "date": today,
                "kind": "hand",
                "note": change.note,
                "date_until": chosen.tier_until,
                "decided_user_id": (change.decided_user_id or self.env.user).id,
                "decided_on": change.decided_on or today,
            }
        )

    def _tier_by_hand(self):
        """Tell whether a person has chosen the tier that this customer has, and the choice holds."""
        self.ensure_one()
        if self.tier_source == "rule" or not (self.tier_source or self.tier_id):
            return False
        return not self.tier_until or self.tier_until >= self.company_id._loan_today()

    # ------------------------------------------------------------ whom it names

    def _read_format(self, fnames, load="_classic_read"):
        # A many2one's label is read as superuser: it would tell somebody else's customer to whoever reads this one.
        rows = super()._read_format(fnames, load)
        if "referred_by_id" not in fnames or self.env.su:
            return rows
        named = {row["id"]: row["referred_by_id"] for row in rows if row["referred_by_id"]}
        ids = {value[0] if isinstance(value, (tuple, list)) else value for value in named.values()}
        visible = set(self.browse(ids)._filtered_access("read").ids)
        for row in rows:
            value = named.get(row["id"])
            if value and (value[0] if isinstance(value, (tuple, list)) else value) not in visible:
                row["referred_by_id"] = False
        return rows

    def _export_rows(self, fields, **kwargs):
        # An export follows the column to the other customer, and one that is hidden would end it for all rows.
        if self.env.su or not any(path and path[0] == "referred_by_id" for path in fields):
            return super()._export_rows(fields, **kwargs)
        visible = self.referred_by_id._filtered_access("read")
        blind = self.filtered(lambda customer: customer.referred_by_id not in visible)
        self._fields["referred_by_id"]._update_cache(blind, None)
        try:
            return super()._export_rows(fields, **kwargs)
        finally:
            blind.invalidate_recordset(["referred_by_id"], flush=False)

    def _read_group_groupby(self, alias, groupby_spec, query):
        column = super()._read_group_groupby(alias, groupby_spec, query)
        if groupby_spec != "referred_by_id" or self.env.su:
            return column
        visible = self.with_context(active_test=False)._search([])  # as above
        return SQL("CASE WHEN %s IN %s THEN %s END", column, visible.subselect(), column)

    # ------------------------------------------------------------ the night

    @api.model
    def _night_tier(self, night):
        """Judge the next thousand customers of a lender; see `loan.night._family_steps`."""
        company, today = night.company_id, night.date
        offered = self.env["loan.customer.tier"]._of_company(company)
        judged = [tier._as_tier() for tier in offered]
        ids = self._tier_batch(
            company, today, any(tier.criteria for tier in judged), night._stand("tiered", 0)
        )
        if not ids:
            return 0
        measures = {criterion.measure for tier in judged for criterion in tier.criteria}
        night._apart(
            "tier", self.browse(ids), lambda part: self._judge_tiers(night, judged, measures, part.ids)
        )
        night._note_stand(tiered=ids[-1])
        return len(ids)

    @api.model
    def _tier_batch(self, company, today, ruled, after):
        """Return the ids of the customers that are to be judged next.

        :param bool ruled: there are rules; without them nothing happens but that choices end
        :param int after: the last one that was judged
        """
        self.env["loan.customer"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM loan_customer
                 WHERE company_id = %(company)s AND active AND id > %(after)s AND %(wanted)s
                 ORDER BY id
                 LIMIT %(batch)s
                """,
                company=company.id,
                after=after,
                wanted=SQL("TRUE") if ruled else SQL("tier_until < %s", today),
                batch=_BATCH,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _judge_tiers(self, night, judged, measures, ids):
        """Judge customers and carry the verdicts out.

        :param judged: list of :class:`~..core.tiers.Tier`, the highest first
        :param set measures: those that any tier asks for
        :param ids: of customers of the night's company
        """
        company, today = night.company_id, night.date
        figures = self._tier_figures(company, today, measures, ids)
        standings = self._tier_standings(ids)
        verdicts = {id_: tiers.judge(judged, figures[id_], standings[id_], today) for id_ in standings}
        self._write_standings(standings, verdicts, today)
        self.env["loan.customer.tier.change"]._note_verdicts(night, standings, verdicts)

    @api.model
    def _tier_standings(self, ids):
        """Return `{customer id: Standing}`, read in one query."""
        self.env["loan.customer"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, tier_id, tier_since, tier_source = 'hand' OR (tier_source IS NULL AND tier_id IS NOT NULL),
                       tier_until, tier_fell, tier_kept_on, tier_earned, tier_below_since
                  FROM loan_customer
                 WHERE id = ANY(%s)
                 ORDER BY id
                """,
                list(ids),
            )
        )
        return {
            id_: tiers.Standing(
                tier,
                since,
                bool(picked),
                until,
                bool(fell),
                kept,
                {int(key): fields.Date.to_date(day) for key, day in (earned or {}).items()},
                below,
            )
            for id_, tier, since, picked, until, fell, kept, earned, below in rows
        }

    @api.model
    def _tier_figures(self, company, today, measures, ids):
        """Return what customers are measured by: `{customer id: {measure: figure}}`.

        :param company: `res.company`, in whose currency amounts are added up
        :param date today: the lender's day
        :param set measures: those asked for; no others are read
        :param ids: of customers
        """
        figures = {id_: {} for id_ in ids}
        for names, read in (
            ({"outstanding", "borrowed", "tenure", "repaid"}, self._tier_figures_of_loans),
            ({"on_time", "late"}, self._tier_figures_of_payments),
            ({"referrals", "segment"}, self._tier_figures_of_people),
        ):
            if names & measures:
                for id_, found in read(company, today, list(ids)):
                    figures[id_].update(found)
        return figures

    @api.model
    def _tier_figures_of_loans(self, company, today, ids):
        self.env["loan.contract"].flush_model()
        lent_in = self.env.execute_query(
            SQL("SELECT DISTINCT currency_id FROM loan_contract WHERE customer_id = ANY(%s)", ids)
        )
        currencies = self.env["res.currency"].browse(row[0] for row in lent_in) | company.currency_id
        rates = currencies._get_rates(company, today)
        rows = self.env.execute_query(
            SQL(
                """
                WITH rate AS (
                    SELECT * FROM unnest(%(currencies)s::int[], %(factors)s::float8[]) AS rate(currency, factor)
                )
                SELECT customer.id,
                       COALESCE(sum(contract.principal_outstanding::float8 * factor)
                                FILTER (WHERE contract.state = 'active'), 0),
                       COALESCE(sum(contract.principal::float8 * factor), 0),
                       min(contract.start_date),
                       count(*) FILTER (WHERE contract.state = 'closed')
                  FROM unnest(%(ids)s::int[]) AS customer(id)
             LEFT JOIN loan_contract contract
                    ON contract.customer_id = customer.id AND contract.state IN ('active', 'closed')
             LEFT JOIN rate ON rate.currency = contract.currency_id
                 GROUP BY customer.id
                """,
                ids=ids,
                currencies=list(rates),
                factors=[rates[company.currency_id.id] / rate for rate in rates.values()],
            )
        )
        for id_, outstanding, borrowed, first, repaid in rows:
            yield (
                id_,
                {
                    "outstanding": Decimal(f"{outstanding:.2f}"),
                    "borrowed": Decimal(f"{borrowed:.2f}"),
                    "tenure": Decimal(_months_between(first, today) if first else 0),
                    "repaid": Decimal(repaid),
                },
            )

    @api.model
    def _tier_figures_of_payments(self, company, today, ids):
        rows = self.env.execute_query(
            SQL(
                """
                WITH fell_due AS (
                    %(come)s
                )
                SELECT customer_id,
                       count(*) FILTER (WHERE due_date >= %(on_time)s AND known),
                       count(*) FILTER (WHERE due_date >= %(on_time)s AND on_time),
                       max(COALESCE(paid_on, %(today)s) - due_date) FILTER (WHERE waits OR paid_on >= %(late)s)
                  FROM fell_due
                 GROUP BY customer_id
                """,
                come=self._come_due_sql(
                    SQL(
                        "row.customer_id = ANY(%s) AND (row.due_date >= %s OR row.state = 'open')",
                        ids,
                        dates.add_months(today, -_LOOK_BACK_MONTHS),
                    ),
                    today,
                ),
                today=today,
                on_time=dates.add_months(today, -_ON_TIME_MONTHS),
                late=dates.add_months(today, -_LATE_MONTHS),
            )
        )
        for id_, known, on_time, late in rows:
            yield (
                id_,
                {
                    "on_time": (Decimal(on_time * 100) / known).quantize(Decimal("0.01")) if known else None,
                    "late": Decimal(max(late or 0, 0)),
                },
            )

    @api.model
    def _tier_figures_of_people(self, company, today, ids):
        self.env["loan.customer"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id, customer.segment_id,
                       (SELECT count(*) FROM loan_customer sent
                         WHERE sent.referred_by_id = customer.id AND sent.merged_into_id IS NULL)
                  FROM loan_customer customer
                 WHERE customer.id = ANY(%s)
                """,
                ids,
            )
        )
        for id_, segment, referrals in rows:
            yield id_, {"segment": segment, "referrals": Decimal(referrals)}

    @api.model
    def _write_standings(self, standings, verdicts, today):
        """Write where customers stand now, in one statement and only those that stand elsewhere than before."""
        changed = []
        for id_, standing in standings.items():
            verdict = verdicts[id_]
            if verdict.kind == "down":  # it is asked, and nothing moves
                now = standing._replace(earned=verdict.earned, below=verdict.below)
            else:
                now = tiers.after(standing, verdict, today)
            if now != standing:
                earned = {str(key): fields.Date.to_string(day) for key, day in now.earned.items()}
                source = "hand" if now.picked else "rule" if now.tier or verdict.kind != "stay" else None
                changed.append((id_, now, source, json.dumps(earned) if earned else None))
        if not changed:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE loan_customer customer
                   SET tier_id = stand.tier, tier_since = stand.since, tier_source = stand.source,
                       tier_until = stand.until, tier_fell = stand.fell, tier_kept_on = stand.kept,
                       tier_earned = stand.earned::jsonb, tier_below_since = stand.below,
                       write_date = now() AT TIME ZONE 'UTC', write_uid = %(uid)s
                  FROM unnest(%(ids)s::int[], %(tiers)s::int[], %(since)s::date[], %(sources)s::varchar[],
                              %(until)s::date[], %(fell)s::bool[], %(kept)s::date[], %(earned)s::text[],
                              %(below)s::date[])
                       AS stand(id, tier, since, source, until, fell, kept, earned, below)
                 WHERE customer.id = stand.id
                """,
                uid=self.env.uid,
                ids=[row[0] for row in changed],
                tiers=[row[1].tier for row in changed],
                since=[row[1].since for row in changed],
                sources=[row[2] for row in changed],
                until=[row[1].until for row in changed],
                fell=[row[1].fell for row in changed],
                kept=[row[1].kept for row in changed],
                earned=[row[3] for row in changed],
                below=[row[1].below for row in changed],
            ),
            log_exceptions=False,  # that somebody was faster is no error: the night tries again
        )
        self.env["loan.customer"].browse(row[0] for row in changed).invalidate_recordset()

    # ------------------------------------------------------------ who is told

    def _is_called_first(self):
        """Tell whether this customer is called before anything is written to them: by their wish, or for their tier."""
        return self.preferred_channel == "phone" or self.tier_id.call_first

    def _who_is_told(self, of_lead=False):
        """Return `{customer: user}`: who gets a to-do about them, somebody who may open them; empty for nobody.

        :param bool of_lead: somebody who decides as a lead: the team's, else who acts where they are one; else who sees
            to it that there is a lead, see `_leads_to_tell`
        """
        candidates, to_tell = {}, self._leads_to_tell() if of_lead else {}
        for customer in self:
            acting, lead = customer.acting_user_id, customer.team_id.user_id
            line = (acting, lead)
            if of_lead:
                leads = [user for user in (lead, acting) if user.active and user.has_group(_LEAD)]
                line = (*leads, to_tell[customer])
            candidates[customer] = [user for user in line if user.active]
        anywhere = self.with_context(allowed_company_ids=[])  # their own companies, not the writer's
        users = {user for found in candidates.values() for user in found}
        may_read = {user: set(anywhere.with_user(user)._filtered_access("read").ids) for user in users}
        return {
            customer: next((user for user in found if customer.id in may_read[user]), self.env["res.users"])
            for customer, found in candidates.items()
        }

    @api.model
    def _give_quietly(self, vals_list):
        """Create to-dos about customers without a mail for each, and without making anybody a follower."""
        # As superuser: to-dos are given by the night, and by verbs that have asked who may.
        activities_sudo = self.env["mail.activity"].sudo()
        kept = activities_sudo.with_context(mail_activity_quick_update=True, loan_unfollowed=True)
        return kept.create(
            [{"res_model_id": self.env["ir.model"]._get_id("loan.customer"), **vals} for vals in vals_list]
        )

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        # Who is given a task by a job hears of the customer by their duty, and stays no follower after it.
        if self.env.context.get("loan_unfollowed"):
            return True
        return super().message_subscribe(partner_ids, subtype_ids)


def _months_between(first, last):
    """Return how many whole months lie between two days."""
    months = (last.year - first.year) * 12 + last.month - first.month
    while months > 0 and dates.add_months(first, months) > last:
        months -= 1
    return max(months, 0)
