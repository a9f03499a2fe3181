from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ..core import risk, scores
from ..core.listing import listed

# What a reader takes in at a glance.
_REASONS = 2
# After so many days an answer is late.
_ANSWER_DAYS = 1


class LoanStripMixin(models.AbstractModel):
    """The strip on top of a customer's page: what a manager must know in five seconds, and one click to what is behind.

    It is a list of tiles that the server has put into words; the widget (`static/src/loan_strip`) only shows them.
    A family that has something to say there adds a tile in `_strip_tiles`. Everything is read with the reader's rights.
    """

    _name = "loan.strip.mixin"
    _inherit = ["loan.risk.mixin"]
    _description = "Customer at a Glance"

    strip = fields.Json(compute="_compute_strip", export_string_translation=False)

    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_strip(self):
        for customer in self:
            customer.strip = customer._strip_tiles() if customer._origin else False

    def _strip_tiles(self):
        """Return the tiles from left to right.

        :return: a list of dicts: `key`; `label`, `value` and `text`, in words; `mark`, which is "danger", "warning",
            "success" or ""; `action`, the name of a method of the customer that opens what is behind, or ""; and `how`,
            sentences for who wants to know more
        """
        self.ensure_one()
        seen = self._strip_seen()
        return [
            self._strip_due(),
            self._strip_promises(seen),
            self._strip_waiting(seen),
            self._strip_cases(seen),
            self._strip_satisfaction(),
            self._strip_risk(),
            self._strip_tier(),
            self._strip_people(),
        ]

    def _strip_seen(self):
        """Return what several tiles ask for, read once.

        :return: a dict: `waiting`, the loans that wait for an answer, the longest first; `cases`, the cases that do;
            `promises`, the open ones; `hardships`, how many requests for help are open
        """
        ours = Domain("customer_id", "=", self.id)
        promises = self.env["loan.promise"].search(
            ours & Domain("state", "=", "open"), order="date_promised, id"
        )
        hardships = 0
        if self.env["loan.hardship"].has_access("read"):
            hardships = self.env["loan.hardship"].search_count(ours & Domain("state", "in", ("new", "talks")))
        cases = self.env["loan.case"]
        if cases.has_access("read"):
            cases = cases.search_fetch(
                ours & cases._open_domain() & Domain("waiting_since", "!=", False),
                ["name", "subject", "waiting_since"],
                order="waiting_since, id",
            )
        return {
            "cases": cases,
            "waiting": self.env["loan.contract"].search_fetch(
                ours & Domain("waiting_since", "!=", False),
                ["name", "waiting_since"],
                order="waiting_since, id",
            ),
            "promises": promises,
            "hardships": hardships,
        }

    @api.model
    def _tile(self, key, label, value, text="", mark="", action="", how=()):
        return {
            "key": key,
            "label": label,
            "value": value,
            "text": text or "",
            "mark": mark,
            "action": action,
            "how": list(how),
        }

    def _strip_due(self):
        label, action = self.env._("Next Due"), "action_open_contracts"
        # The installment, not the loan's figures: of a late loan they name the oldest, not all that is due.
        rows = self.env["loan.contract"].search_fetch(
            [("customer_id", "=", self.id), ("state", "=", "active"), ("next_due_date", "!=", False)],
            ["next_due_date", "next_due_amount", "currency_id"],
            order="next_due_date, id",
            limit=1,
        )
        if not rows:
            drafts = self.contract_count
            return self._tile(
                "due",
                label,
                self.env._("Nothing"),
                self.env._("No running loan") if drafts else self.env._("No loan yet"),
                action=action if drafts else "",
            )
        if self.days_past_due:
            return self._tile(
                "due",
                label,
                self._overdue_told(),
                self.env._("overdue, the oldest for %s days", self.days_past_due),
                "danger",
                action,
            )
        today = self.company_id._loan_today()
        days = (rows.next_due_date - today).days
        when = (
            self.env._("today")
            if not days
            else self.env._("tomorrow")
            if days == 1
            else self.env._(
                "in %(days)s days, %(day)s", days=days, day=format_date(self.env, rows.next_due_date)
            )
        )
        return self._tile(
            "due",
            label,
            rows.currency_id.format(rows.next_due_amount),
            when,
            "warning" if days <= 3 else "",
            action,
        )

    def _strip_promises(self, seen):
        today = self.company_id._loan_today()
        theirs, ours = seen["promises"], self._our_promises()
        told, how = [], []
        if theirs:
            told.append(self.env._("they: %s", theirs[0].display_name))
            how += [self.env._("They promised: %s", promise.display_name) for promise in theirs]
        if ours:
            first = ours[0]
            told.append(
                self.env._(
                    "we: %(what)s by %(day)s",
                    what=first.name,
                    day=first._when_told(),
                )
            )
            how += [
                self.env._(
                    "We promised: %(what)s by %(day)s, %(who)s",
                    what=each.name,
                    day=each._when_told(),
                    who=each.user_id.name or self.env._("nobody"),
                )
                for each in ours
            ]
        kept = self.promise_kept_note and self.env._("kept so far: %s", self.promise_kept_note)
        late = any(each.date_due < today for each in ours)
        past = any(promise.date_promised < today for promise in theirs)
        return self._tile(
            "promises",
            self.env._("Promises"),
            str(len(theirs) + len(ours)) if told else self.env._("None open"),
            " · ".join(told) or kept,
            "danger" if late else "warning" if past else "",
            "action_open_promises"
            if theirs or (self.promise_count and not ours)
            else "action_open_commitments"
            if ours
            else "",
            how,
        )

    def _strip_waiting(self, seen):
        places = self._strip_places(seen)
        label = self.env._("Waiting Since")
        if not places:
            return self._tile("waiting", label, self.env._("Nobody waits"))
        since = places[0].waiting_since
        hours = int((fields.Datetime.now() - since).total_seconds() // 3600)
        value = (
            self.env._("%s days", hours // 24)
            if hours >= 48
            else self.env._("%s hours", hours)
            if hours
            else self.env._("Just now")
        )
        return self._tile(
            "waiting",
            label,
            value,
            self.env._("for an answer, since %s", format_datetime(self.env, since, dt_format="short")),
            "danger" if hours >= 24 * _ANSWER_DAYS else "warning",
            "action_open_cases"
            if places[0]._name == "loan.case"
            else "action_open_waiting"
            if seen["waiting"]
            else "",
            [
                f"{place.display_name}: {format_datetime(self.env, place.waiting_since, dt_format='short')}"
                for place in places
            ],
        )

    def _strip_places(self, seen):
        """Return the records that wait for an answer: cases, loans and this page, the longest first."""
        places = [*seen["cases"], *seen["waiting"], *self.filtered("waiting_since")]
        return sorted(places, key=lambda place: place.waiting_since)

    def _strip_cases(self, seen):
        """Return what is open and needs somebody: cases, requests for help, addresses that letters come back from."""
        count, told = self.case_open_count, []
        if self.complaint_open:
            told.append(self.env._("a complaint is open"))
        elif count:
            told.append(self.env._("cases: %s", count))
        if seen["hardships"]:
            count += seen["hardships"]
            told.append(self.env._("hardship: %s", seen["hardships"]))
        if self.bounce_count:
            count += self.bounce_count
            told.append(self.env._("letters come back: %s", self.bounce_count))
        if self.env["loan.recovery.plan"].has_access("read") and (
            recoveries := self.env["loan.recovery.plan"].search_count(
                [("customer_id", "=", self.id), ("state", "!=", "closed")]
            )
        ):
            count += recoveries
            told.append(self.env._("to be made good: %s", recoveries))
        # Who asks for help comes first; letters that come back have their button above.
        action = (
            "action_open_cases"
            if self.complaint_open or (self.case_open_count and not seen["hardships"])
            else "action_open_hardships"
            if seen["hardships"]
            else "action_open_bounces"
            if self.bounce_count
            else "action_open_recoveries"
        )
        return self._tile(
            "cases",
            self.env._("Open Cases"),
            str(count) if count else self.env._("None"),
            " · ".join(told),
            "danger" if self.complaint_open else "warning" if count else "",
            action if count else "",
        )

    def _strip_satisfaction(self):
        since = fields.Datetime.now() - timedelta(days=365)
        mean, count = self._satisfaction_since(since)
        label = self.env._("Satisfaction")
        action = "action_open_surveys" if self.survey_count else ""
        if not count:
            told = self.env._("No answers yet") if action else self.env._("Not asked yet")
            return self._tile("satisfaction", label, told, action=action)
        low = self.company_id.loan_survey_low
        mark = (
            "danger"
            if self.company_id._loan_is_low(mean)
            else "warning"
            if mean < (low + 100) / 2
            else "success"
        )
        return self._tile(
            "satisfaction",
            label,
            f"{mean:.0f}%",
            self.env._("answers within a year: %s", count),
            mark,
            action,
            [self.survey_note] if self.survey_note else (),
        )

    def _satisfaction_since(self, since):
        """Return the mean score in percent of this customer's answers, and how many there are.

        Of our own surveys those that the reader may see and the customer answered by themselves; of Odoo's those that
        tell satisfaction.

        :param datetime since: UTC
        """
        # As superuser: the mean of one's own customer is told, the answers stay the survey's to show.
        inputs_sudo = self.env["survey.user_input"].sudo()
        [(total, count)] = inputs_sudo._read_group(
            [
                ("partner_id", "in", self._contacts().ids),
                ("survey_id.loan_tells_satisfaction", "=", True),
                ("survey_id.scoring_type", "!=", "no_scoring"),
                ("state", "=", "done"),
                ("test_entry", "=", False),
                ("end_datetime", ">=", since),
            ],
            [],
            ["scoring_percentage:sum", "__count"],
        )
        requests = self.env["loan.survey.request"]
        if requests.has_access("read"):
            # Whoever was only asked for a recommendation has said nothing of satisfaction.
            answered = requests.search_fetch(
                [
                    ("customer_id", "=", self.id),
                    ("way", "=", "link"),
                    ("answered_at", ">=", since),
                    ("score_ids.dimension", "!=", scores.RECOMMEND),
                ],
                ["satisfaction"],
            )
            total, count = (total or 0.0) + sum(answered.mapped("satisfaction")), count + len(answered)
        return (total / count if count else 0.0), count

    def _strip_risk(self):
        found = risk.score(self._risk_figures()[self])
        levels = {
            "none": self.env._("None seen"),
            "low": self.env._("Low"),
            "medium": self.env._("Medium"),
            "high": self.env._("High"),
        }
        marks = {"high": "danger", "medium": "warning"}
        reasons = [self._risk_told(signal.key, signal.figure) for signal in found.signals]
        return self._tile(
            "risk",
            self.env._("Risk"),
            levels[found.level],
            listed(reasons[:_REASONS], self.env.lang),
            marks.get(found.level, ""),
            how=[
                self.env._("%(reason)s: %(points)s points", reason=reason, points=signal.points)
                for signal, reason in zip(found.signals, reasons, strict=True)
            ]
            + ([self.env._("%s of 100 points", found.points)] if found.points else []),
        )

    def _strip_tier(self):
        told = []
        if self.tier_id.call_first:
            told.append(self.env._("call before writing"))
        if self.tier_proposal_id:
            told.append(self.env._("a lower one is proposed"))
        elif self.service_phone:
            told.append(self.env._("direct line: %s", self.service_phone))
        return self._tile(
            "tier",
            self.env._("Tier"),
            self.tier_id.name or self.env._("None"),
            " · ".join(told) or self.segment_id.name,
            "warning" if self.tier_proposal_id else "",
            "action_open_tier_changes" if self.tier_id or self.tier_proposal_id else "",
            [self.tier_note] if self.tier_note else [],
        )

    def _strip_people(self):
        label = self.env._("Manager")
        manager, deputy, acting = self.manager_user_id, self.deputy_user_id, self.acting_user_id
        manager_sudo = manager.sudo()  # As superuser: that a colleague has left is no secret
        left = manager and not manager_sudo.active
        if self.incoming_user_id:
            text = self.env._("being handed over to %s", self.incoming_user_id.name)
        elif left:
            text = (
                self.env._("has left, %s acts", acting.name)
                if acting
                else self.env._("has left, and nobody acts")
            )
        elif self.manager_away:
            text = (
                self.env._("away, %s acts", acting.name)
                if acting and acting != manager
                else self.env._("away, and nobody acts")
            )
        elif deputy:
            text = self.env._("deputy: %s", deputy.name)
        else:
            text = self.env._("no deputy") if manager else ""
        return self._tile(
            "people",
            label,
            manager.name or self.env._("Nobody"),
            text,
            "danger"
            if not manager or left
            else "warning"
            if self.manager_away or self.incoming_user_id
            else "",
            "action_open_assignments",
        )
