import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..core.listing import listed


class LoanCustomerTierChange(models.Model):
    """A customer's way from tier to tier: each move with its reasons, and each downgrade that waits for a yes.

    Begins with the night, or with a person who chooses a tier. A move up is done when it is noted. A downgrade is
    proposed: a team lead accepts it or keeps the customer where they are, and where the figures come back before
    anybody has answered, it lapses. Nobody enters or deletes a row.
    """

    _name = "loan.customer.tier.change"
    _inherit = ["loan.access.mixin"]
    _description = "Tier Change"
    _order = "date desc, id desc"
    _rec_name = "customer_id"
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    team_id = fields.Many2one(related="customer_id.team_id", string="Team")
    tier_from_id = fields.Many2one("loan.customer.tier", "Tier Before", readonly=True, ondelete="restrict")
    tier_to_id = fields.Many2one("loan.customer.tier", "Tier After", readonly=True, ondelete="restrict")
    date = fields.Date(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("up", "Moved up by the rules"),
            ("proposed", "Downgrade proposed"),
            ("accepted", "Downgrade accepted"),
            ("declined", "Kept in the tier"),
            ("lapsed", "Proposal lapsed"),
            ("expired", "Choice expired"),
            ("hand", "By hand"),
        ],
        "How",
        required=True,
        readonly=True,
    )
    # The night's reasons as keys and figures: said in the language of whoever reads them.
    facts = fields.Json(readonly=True, export_string_translation=False)
    reasons = fields.Char("By the Figures", compute="_compute_reasons")
    note = fields.Char("Why", readonly=True, help="What the person who decided has said.")
    date_until = fields.Date("Until", readonly=True, help="The last day of a choice by hand.")
    decided_user_id = fields.Many2one("res.users", "Decided By", readonly=True, ondelete="restrict")
    decided_on = fields.Date("Decided On", readonly=True)
    # The to-do that asks for an answer, so that it is taken back when there is one.
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _one_open = models.UniqueIndex(
        "(customer_id) WHERE kind = 'proposed'",
        "Another downgrade of this customer waits for an answer already.",
    )
    _of_customer_idx = models.Index("(customer_id, date)")
    # A reader's language and figures come from here, a pivot counts by month.
    _when_idx = models.Index("(company_id, date)")

    @api.depends("facts", "company_id")
    @api.depends_context("lang")
    def _compute_reasons(self):
        criteria = self.env["loan.customer.tier.criterion"]
        ids = set()
        for fact in (fact for change in self for fact in change.facts or () if fact["measure"] == "segment"):
            ids |= {fact["figure"] or 0, *fact["needed"]}
        # As superuser: a segment that is offered no more has a name all the same.
        segments_sudo = self.env["loan.customer.segment"].sudo().browse(sorted(ids - {0})).exists()
        names = {segment.id: segment.name for segment in segments_sudo}
        for change in self:
            change.reasons = listed(
                (criteria._told_fact(fact, names) for fact in change.facts or ()), self.env.lang, apart=True
            )

    @api.depends("customer_id.name", "tier_from_id.name", "tier_to_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        nothing = self.env._("no tier")
        for change in self:
            change.display_name = self.env._(
                "%(customer)s: %(before)s → %(after)s",
                customer=change.customer_id.name or "",
                before=change.tier_from_id.name or nothing,
                after=change.tier_to_id.name or nothing,
            )

    def action_accept(self):
        """Move the customers down, as proposed."""
        self._check_may_decide()
        for tier, changes in self.grouped("tier_to_id").items():
            changes.customer_id._move_to_tier(tier, "rule", fell=True)
        self._decide("accepted")
        return True

    def action_keep(self):
        """Ask why the customer is kept in the tier all the same."""
        self.ensure_one()
        self._check_may_decide()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_tier_keep_action")
        action["context"] = {"default_change_id": self.id}
        return action

    def action_open_customer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": self.customer_id.id,
            "views": [(False, "form")],
        }

    def _keep(self, note):
        """Leave the customers where they are, and do not ask again for the tier's minimum stay.

        :param str note: why, for the history
        """
        self._check_may_decide()
        if not (note or "").strip():
            raise UserError(self.env._("Say why the customer stays in the tier."))
        # As superuser: the lead answers here, the rest of the customer is not theirs to write.
        for company, customers in self.customer_id.sudo().grouped("company_id").items():
            customers.write({"tier_kept_on": company._loan_today(), "tier_below_since": False})
        self._decide("declined", note.strip())

    def _check_may_decide(self):
        """Refuse whoever is no team lead, and what has been answered already."""
        self.check_access("read")
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise UserError(
                self.env._("A team lead says whether a customer moves down. Tell them what you know.")
            )
        # As superuser: of two leads who answer at once the second one has to look again.
        self.sudo().lock_for_update()
        self.invalidate_recordset(["kind"])
        if any(change.kind != "proposed" for change in self):
            raise UserError(self.env._("This has been answered already."))

    def _decide(self, kind, note=False):
        # As superuser: nobody enters the history, people answer by these verbs.
        changes_sudo = self.sudo()
        for company, changes in changes_sudo.grouped("company_id").items():
            changes.write(
                {
                    "kind": kind,
                    "note": note,
                    "decided_user_id": self.env.uid,
                    "decided_on": company._loan_today(),
                }
            )
        changes_sudo._take_back()
        changes_sudo._tell()

    @api.model
    def _before_customer_merge(self, kept, others):
        # What was proposed of the figures of one is judged anew of the figures of both.
        self.search([("customer_id", "in", others.ids), ("kind", "=", "proposed")])._lapse()
        return super()._before_customer_merge(kept, others)

    def _lapse(self):
        """End proposals that nobody has to answer any more."""
        if not self:
            return
        for company, changes in self.grouped("company_id").items():
            changes.write({"kind": "lapsed", "decided_on": company._loan_today()})
        self.flush_model(["kind"])
        self._take_back()

    def _take_back(self):
        """Take back the to-dos of proposals that wait for no answer any more."""
        self.activity_id.filtered("active").unlink()

    def _tell(self):
        """Note moves in the customers' messages, in the language of the lender."""
        bodies = {}
        for change in self:
            localized = change.with_context(lang=change.company_id.partner_id.lang or self.env.lang)
            words = dict(localized._fields["kind"]._description_selection(localized.env))
            nothing = localized.env._("no tier")
            lines = [
                localized.env._(
                    "%(how)s: %(before)s → %(after)s",
                    how=words[change.kind],
                    before=localized.tier_from_id.name or nothing,
                    after=localized.tier_to_id.name or nothing,
                ),
                localized.reasons,
                change.note,
            ]
            if change.date_until:
                day = format_date(localized.env, change.date_until)
                lines.append(localized.env._("Until %s", day))
            bodies[change.customer_id.id] = Markup("<br/>").join(line for line in lines if line)
        if bodies:
            self.customer_id._message_log_batch(bodies)

    # ------------------------------------------------------------ the night

    @api.model
    def _note_verdicts(self, night, standings, verdicts):
        """Keep what the night decided: moves, new proposals, and those that have lapsed; and tell people.

        :param night: `loan.night`
        :param dict standings: `{customer id: Standing}`, as they were judged
        :param dict verdicts: `{customer id: Verdict}`
        """
        open_now = {
            change.customer_id.id: change
            for change in self.search([("customer_id", "in", list(verdicts)), ("kind", "=", "proposed")])
        }
        tier_facts = self.env["loan.customer.tier"]._facts_of
        rows, kinds = [], {"up": "up", "down": "proposed", "expired": "expired"}
        self.browse(change.id for id_, change in open_now.items() if verdicts[id_].kind != "down")._lapse()
        for id_, verdict in verdicts.items():
            if verdict.kind == "stay":
                continue
            known = open_now.get(id_)
            if verdict.kind == "down" and known:
                if known.tier_to_id.id != (verdict.tier or False):
                    known.write({"tier_to_id": verdict.tier, "facts": tier_facts(verdict.reasons)})
                continue
            rows.append(
                (id_, standings[id_].tier, verdict.tier, kinds[verdict.kind], tier_facts(verdict.reasons))
            )
        if rows:
            self._insert(night, rows)._announce(night)

    @api.model
    def _insert(self, night, rows):
        """Write rows of the history in one statement.

        :param rows: list of `(customer id, id of the tier before, id of the tier after, kind, facts)`
        :return: those that were written
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_customer_tier_change (
                    customer_id, company_id, tier_from_id, tier_to_id, date, kind, facts,
                    create_uid, write_uid, create_date, write_date)
                SELECT customer, %(company)s, before, after, %(day)s, kind, facts::jsonb,
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(customers)s::int[], %(before)s::int[], %(after)s::int[], %(kinds)s::varchar[],
                              %(facts)s::text[]) AS row(customer, before, after, kind, facts)
                    ON CONFLICT (customer_id) WHERE kind = 'proposed' DO NOTHING
             RETURNING id
                """,
                company=night.company_id.id,
                day=night.date,
                uid=self.env.uid,
                customers=[row[0] for row in rows],
                before=[row[1] for row in rows],
                after=[row[2] for row in rows],
                kinds=[row[3] for row in rows],
                facts=[json.dumps(row[4]) for row in rows],
            ),
            log_exceptions=False,  # that somebody was faster is no error: the night tries again
        )
        made = self.browse(row[0] for row in self.env.cr.fetchall())
        self.invalidate_model()
        self.env["loan.customer"].browse(row[0] for row in rows).invalidate_recordset(["tier_change_ids"])
        return made

    def _announce(self, night):
        """Ask leads about downgrades, and tell whoever acts for a customer of what has moved."""
        proposed = self.filtered(lambda change: change.kind == "proposed")
        moved = (self - proposed).filtered(
            lambda change: change.kind == "expired" or change.tier_to_id.tell_manager
        )
        (proposed | moved)._tell()
        wanted = []
        for changes, of_lead in ((moved, False), (proposed, True)):
            told = changes.customer_id._who_is_told(of_lead)
            for change in changes:
                user = told[change.customer_id]
                if user:
                    wanted.append((change, user))
                else:
                    night._note_failure(
                        "tier",
                        change.customer_id,
                        self.env._("Nobody who may open the customer can be told: %s", change.display_name),
                    )
        vals_list = [
            change.with_context(lang=user.lang)._prepare_activity_vals(user, night.date)
            for change, user in wanted
        ]
        activities = self.env["loan.customer"]._give_quietly(vals_list)
        for (change, _user), activity in zip(wanted, activities, strict=True):
            if change.kind == "proposed":
                change.activity_id = activity

    def _prepare_activity_vals(self, user, today):
        """Return the values of a to-do, in the language of this record's context."""
        nothing = self.env._("no tier")
        facts = {"before": self.tier_from_id.name or nothing, "after": self.tier_to_id.name or nothing}
        if self.kind == "proposed":
            summary = self.env._("Downgrade to %(after)s?", **facts)
            note = self.env._(
                "By the figures the customer belongs to %(after)s now, no more to %(before)s. Accept it, or keep them "
                "and say why.",
                **facts,
            )
            if not user.has_group("loan_crm.loan_crm_group_team_lead"):
                note = self.env._(
                    "By the figures the customer belongs to %(after)s now, no more to %(before)s. A team lead accepts "
                    "it or keeps them, and they have none. See to it that they come to a team that somebody leads.",
                    **facts,
                )
        elif self.kind == "up":
            summary = self.env._("Moved up to %(after)s", **facts)
            note = self.env._("Let the customer know what changes for them.")
        elif self.tier_from_id == self.tier_to_id:
            summary = self.env._("Stays %(after)s by the figures", **facts)
            note = self.env._("The choice by hand has ended. From now on the rules decide.")
        else:
            summary = self.env._("No longer %(before)s by choice: now %(after)s", **facts)
            note = self.env._("The choice by hand has ended, and the rules have decided.")
        return {
            "res_id": self.customer_id.id,
            "activity_type_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_todo"),
            "date_deadline": today,
            "summary": summary,
            "note": Markup("<p>%s</p><p>%s</p>") % (note, self.reasons or ""),
            "user_id": user.id,
        }
