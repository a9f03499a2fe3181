from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import clean_context, format_date

from ..core import learning
from ..core.listing import listed

_BATCH = 50
_PROBLEM = frozenset({"category_id", "cause_id", "product_id", "journey", "kind", "severity", "company_id"})
# What follows from the verbs and the night.
_DERIVED = frozenset(
    {
        "evidence",
        "evidence_from",
        "evidence_to",
        "counted_user_id",
        "agreed_on",
        "done_on",
        "judge_on",
        "judged_on",
        "effect",
        "verdict",
        "ratio",
        "ratio_low",
        "ratio_high",
        "late_told_on",
        "trouble",
    }
)
# What an owner who leads no team writes on their own improvement.
_OWNERS = frozenset({"plan", "changed", "message_follower_ids", "activity_ids", "message_main_attachment_id"})


class LoanImprovement(models.Model):
    """A problem that many customers have, and what is changed about it: begins proposed, ends judged by its effect.

    What spoke for it is counted when it is proposed and stays as it was. When the change is done, an equally long time
    must pass before it is measured: by the night, not by whoever did it, over the loans that ran, beside all other
    cases in the same time. Counted is what one person may see, who proposed it; others are told no small number.
    """

    _name = "loan.improvement"
    _inherit = [
        "loan.learning.mixin",
        "loan.trouble.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Improvement"
    _order = "state, date_due, id desc"
    _mail_post_access = "read"  # whoever may read may leave a note

    name = fields.Char("Improvement", required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("proposed", "Put Forward"),
            ("agreed", "Agreed"),
            ("progress", "In Progress"),
            ("done", "Done"),
            ("judged", "Judged"),
            ("dropped", "Dropped"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="proposed",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Answers for the change.",
    )
    date_due = fields.Date(
        "Change Due",
        tracking=True,
        copy=False,
        help="By then the change is made; after it whoever answers for it is told.",
    )
    # The problem.
    category_id = fields.Many2one(
        "loan.case.category",
        "Category",
        ondelete="restrict",
        index="btree_not_null",
        help="What is counted before and after: cases of this category and those below it. Empty: of any.",
    )
    cause_id = fields.Many2one(
        "loan.case.cause",
        "Root Cause",
        ondelete="restrict",
        help="Only cases with this root cause are counted. Empty: with any.",
    )
    product_id = fields.Many2one("loan.product", "Product", ondelete="restrict", check_company=True)
    journey = fields.Selection(
        lambda self: self.env["loan.case"]._fields["journey"]._description_selection(self.env),
        "Stage of the Loan",
        help="Only cases of this stage are counted. Empty: of any.",
    )
    kind = fields.Selection(
        lambda self: self.env["loan.case"]._fields["kind"]._description_selection(self.env),
        "Kind of Cases",
        default="complaint",
        help="Empty: all of them.",
    )
    severity = fields.Selection(
        lambda self: self.env["loan.case"]._fields["severity"]._description_selection(self.env),
        help="Only cases so severe are counted. Empty: all.",
    )
    # What spoke for it, as counted then.
    evidence = fields.Json(readonly=True, copy=False, groups=NO_ACCESS, export_string_translation=False)
    evidence_from = fields.Date("Counted From", readonly=True, copy=False)
    evidence_to = fields.Date("Counted To", readonly=True, copy=False)
    evidence_told = fields.Char("What Speaks for It", compute="_compute_evidence_told", compute_sudo=True)
    counted_user_id = fields.Many2one(
        "res.users",
        "Counted for",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The figures are of the cases that this person may see.",
    )
    # The change.
    plan = fields.Text(
        "What Is to Change", tracking=True, help="So that somebody who was not there could do it."
    )
    changed = fields.Text(
        "What Was Changed",
        tracking=True,
        copy=False,
        help="What is really different now; the effect is measured from that day.",
    )
    agreed_on = fields.Date(readonly=True, copy=False)
    done_on = fields.Date("Changed On", readonly=True, copy=False, tracking=True)
    # Its effect.
    window_days = fields.Integer(
        "Days Compared",
        default=lambda self: self.env.company.loan_learning_days,
        help="So many days before the change and after it are compared.",
    )
    judge_on = fields.Date("Measured On", readonly=True, copy=False, index="btree_not_null")
    judged_on = fields.Date(readonly=True, copy=False)
    effect = fields.Json(readonly=True, copy=False, groups=NO_ACCESS, export_string_translation=False)
    verdict = fields.Selection(
        [
            ("better", "Better"),
            ("same", "No Difference to Be Seen"),
            ("worse", "Worse"),
            ("few", "Too Few to Tell"),
            ("unmeasured", "Could Not Be Measured"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
    )
    ratio = fields.Float(
        "After to Before",
        digits=(16, 2),
        readonly=True,
        copy=False,
        aggregator=None,
        help="How many times as often, over the loans that ran. Below 1: less often.",
    )
    ratio_low = fields.Float("At Least", digits=(16, 2), readonly=True, copy=False, aggregator=None)
    ratio_high = fields.Float("At Most", digits=(16, 2), readonly=True, copy=False, aggregator=None)
    effect_told = fields.Text("Effect in Words", compute="_compute_effect_told", compute_sudo=True)
    drop_reason = fields.Text(
        "Why It Was Dropped", copy=False, help="So that nobody proposes it again unawares."
    )
    late_told_on = fields.Date(readonly=True, copy=False, export_string_translation=False)
    is_late = fields.Boolean("Late", compute="_compute_is_late")
    is_mine = fields.Boolean(compute="_compute_is_mine", export_string_translation=False)

    _window_in_bounds = models.Constraint(
        "CHECK (window_days BETWEEN 7 AND 730)", "7 to 730 days are compared."
    )
    _some_problem = models.Constraint(
        "CHECK (category_id IS NOT NULL OR cause_id IS NOT NULL OR product_id IS NOT NULL OR journey IS NOT NULL)",
        "Say what the problem is: a category, a root cause, a product or a stage of the loan.",
    )
    _judge_idx = models.Index("(company_id, judge_on) WHERE state = 'done'")

    @api.model
    def _allowed_moves(self):
        moves = {("proposed", "agreed"), ("agreed", "progress"), ("agreed", "done"), ("progress", "done")}
        moves |= {(state, "dropped") for state in ("proposed", "agreed", "progress")}
        return super()._allowed_moves() | moves | {("done", "judged"), ("done", "progress")}

    # ------------------------------------------------------------ in words

    def _count_told(self, count):
        """Return a count for whoever reads it: of few only that they are few."""
        least = self.company_id.loan_learning_least
        if 0 < count < least:
            return self.env._("fewer than %s", least)
        return str(count)

    @api.depends("evidence", "evidence_from", "evidence_to")
    @api.depends_context("lang")
    def _compute_evidence_told(self):
        for improvement in self:
            evidence = improvement.evidence
            if not evidence:
                improvement.evidence_told = False
                continue
            improvement.evidence_told = improvement.env._(
                "%(count)s of %(all)s cases from %(first)s to %(last)s",
                count=improvement._count_told(evidence["count"]),
                all=improvement._count_told(evidence["all"]),
                first=format_date(improvement.env, improvement.evidence_from),
                last=format_date(improvement.env, improvement.evidence_to),
            )

    @api.depends("effect", "verdict")
    @api.depends_context("lang")
    def _compute_effect_told(self):
        for improvement in self:
            effect = improvement.effect
            if not effect:
                improvement.effect_told = False
                continue
            (before, after), days = effect["cases"], improvement.window_days
            lines = [
                improvement._window_told(improvement.env._("Before"), effect["spans"][0], before, days),
                improvement._window_told(improvement.env._("After"), effect["spans"][1], after, days),
            ]
            change = learning.change(before, after)
            if change.verdict == "few":
                lines.append(
                    improvement.env._(
                        "Of fewer than %s cases in both together nothing can be told.", learning.LEAST_CASES
                    )
                )
            else:
                lines.append(improvement._ratio_told(change))
            others = learning.change(*effect["others"])
            lines.append(
                improvement.env._(
                    "All other cases of this kind in the same time: %s", improvement._verdict_told(others)
                )
            )
            improvement.effect_told = "\n".join(lines)

    def _window_told(self, label, span, counted, days):
        """Return one window in words.

        :param str label: before or after
        :param list span: first and last day, ISO
        :param list counted: cases and loan days
        :param int days: how long the window is
        """
        count, base = counted
        words = self.env._(
            "%(label)s, %(first)s to %(last)s: %(count)s cases, %(loans)s loans running",
            label=label,
            first=format_date(self.env, span[0]),
            last=format_date(self.env, span[1]),
            count=self._count_told(count),
            loans=round(base / days),
        )
        if base and count >= self.company_id.loan_learning_least:
            words = self.env._(
                "%(words)s, %(rate)s of 1,000 loans",
                words=words,
                rate=self._number_told(count / base * days * 1000, digits=1),
            )
        return words

    @api.depends("date_due", "state", "company_id")
    def _compute_is_late(self):
        for improvement in self:
            today = improvement.company_id._loan_today() if improvement.company_id else None
            improvement.is_late = bool(
                improvement.date_due
                and improvement.state in ("agreed", "progress")
                and improvement.date_due < today
            )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for improvement in self:
            improvement.is_mine = improvement.user_id == self.env.user

    # ------------------------------------------------------------ counting

    def _problem_domain(self):
        """Return the domain of the cases that are of this problem."""
        domain = Domain("category_id", "child_of", self.category_id.id) if self.category_id else Domain.TRUE
        for name in ("cause_id", "product_id", "journey", "severity"):
            if value := self[name]:
                domain &= Domain(name, "=", value.id if name.endswith("_id") else value)
        return domain & self._kind_domain()

    def _kind_domain(self):
        return Domain("kind", "=", self.kind) if self.kind else Domain.TRUE

    def _counted(self, spans):
        """Return what the person this is counted for sees in some spans.

        :param spans: list of `(first, last day)`
        :return: `(cases, others)`, each a list of `[number, loan days]` for each span; None where nobody sees any more
        """
        user = self.counted_user_id
        if not user.active or self.company_id not in user.company_ids:
            return None
        own = self.with_user(user).with_context(allowed_company_ids=self.company_id.ids)
        if not own.env["loan.case"].has_access("read"):
            return None
        loans = Domain("product_id", "=", self.product_id.id) if self.product_id else Domain.TRUE
        bases = [sum(base.values()) for base in own._learning_bases(self.company_id, spans, loans)]
        whole = bases
        if self.product_id:
            whole = [sum(base.values()) for base in own._learning_bases(self.company_id, spans)]
        problem, kind = self._problem_domain(), self._kind_domain()
        count = own.env["loan.case"].search_count
        cases, others = [], []
        for span, base, all_loans in zip(spans, bases, whole, strict=True):
            number = count(self._learning_cases(self.company_id, *span, problem))
            total = count(self._learning_cases(self.company_id, *span, kind))
            cases.append([number, base])
            others.append([total - number, all_loans])
        return cases, others

    def _take_evidence(self, first, last):
        """Count what speaks for these now; it stays as it is then."""
        for improvement_sudo in self.sudo():  # as superuser: counted, not entered
            counted = improvement_sudo._counted([(first, last)])
            if counted:
                (cases,), (others,) = counted
                evidence = {"count": cases[0], "all": cases[0] + others[0], "loan_days": cases[1]}
                improvement_sudo.write({"evidence": evidence, "evidence_from": first, "evidence_to": last})

    # ------------------------------------------------------------ begin

    @api.model_create_multi
    def create(self, vals_list):
        cleaned = self.with_context(clean_context(self.env.context))
        if not self.env.su:
            for vals in vals_list:
                self._check_derived(vals)
        vals_list = [{"counted_user_id": self.env.uid, **vals} for vals in vals_list]
        improvements = super(LoanImprovement, cleaned).create(vals_list).with_env(self.env)
        for company, theirs in improvements.grouped("company_id").items():
            theirs._take_evidence(*self._evidence_span(company))
        return improvements

    @api.model
    def _evidence_span(self, company):
        """Return the days to count what speaks for one: those of the screen it came from, else the last ones."""
        today = company._loan_today()
        try:
            first, last = (
                fields.Date.to_date(self.env.context.get(f"loan_evidence_{end}") or False)
                for end in ("from", "to")
            )
        except (TypeError, ValueError):  # a context is a client's, and anybody may write one
            first = last = False
        if first and last and first <= last <= today and (last - first).days <= 3660:
            return first, last
        return today - timedelta(company.loan_learning_days - 1), today

    @api.model
    def _check_derived(self, names):
        if entered := _DERIVED.intersection(names):
            raise AccessError(
                self.env._(
                    "%s is counted or noted, never entered.",
                    listed(
                        sorted(self._fields[name]._description_string(self.env) for name in entered),
                        self.env.lang,
                    ),
                )
            )

    def write(self, vals):
        if not self.env.su:
            self._check_derived(vals)
            if vals.keys() & _PROBLEM and any(improvement.state != "proposed" for improvement in self):
                raise AccessError(self.env._("What the problem is stays as it was agreed."))
            ended = self.filtered(lambda improvement: improvement.state in ("judged", "dropped"))
            if ended and vals.keys() - {"message_follower_ids", "activity_ids"}:
                raise AccessError(self.env._("%s is judged or dropped and stays as it is.", ended[0].name))
            if vals.keys() & {"window_days", "changed"} and any(each.state == "done" for each in self):
                raise AccessError(self.env._("What is being measured stays as it is."))
            if not self._leads() and vals.keys() - _OWNERS:
                raise AccessError(self.env._("A team lead decides on this; you write what is changed."))
        result = super().write(vals)
        if vals.keys() & _PROBLEM:
            if not self.env.su:
                # As superuser: another problem is counted for whoever asks, so that nobody is told what only somebody
                # else may see.
                self.sudo().counted_user_id = self.env.uid
            for improvement in self.filtered("evidence_from"):
                improvement._take_evidence(improvement.evidence_from, improvement.evidence_to)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("An improvement is dropped, never deleted."))

    @api.constrains("state", "user_id", "date_due")
    def _check_agreed(self):
        for improvement in self:
            if improvement.state in ("agreed", "progress") and not (
                improvement.user_id and improvement.date_due
            ):
                raise ValidationError(self.env._("Say who answers for it, and by when it is changed."))

    @api.model
    def _leads(self):
        return self.env.user.has_group("loan_crm.loan_crm_group_team_lead")

    # ------------------------------------------------------------ verbs

    def _check_lead(self):
        self.check_access("write")
        if not self.env.su and not self._leads():
            raise AccessError(self.env._("A team lead decides on this; you write what is changed."))

    def action_agree(self):
        """Agree to the change: its owner gets a to-do for its day."""
        self._check_lead()
        for improvement in self:
            if not (improvement.user_id and improvement.date_due):
                raise UserError(self.env._("Say who answers for it, and by when it is changed."))
        improvements_sudo = self.sudo()  # as superuser: when is noted, not entered
        improvements_sudo._move_to("agreed", start="proposed")
        for improvement in improvements_sudo:
            improvement.agreed_on = improvement.company_id._loan_today()
            improvement._remind(
                improvement.user_id, improvement.date_due, lambda own: own.env._("Change: %s", own.name)
            )
        return True

    def action_begin(self):
        """Begin with the change."""
        self.check_access("write")
        self.sudo()._move_to("progress", start="agreed")  # as superuser: a verb, not a value
        return True

    def action_done(self):
        """Note that it is changed; from tomorrow on its effect is watched."""
        self.check_access("write")
        for improvement_sudo in self.sudo():  # as superuser: when is noted, not entered
            if not (improvement_sudo.changed or "").strip():
                raise UserError(self.env._("Say under “What Was Changed” what is different now."))
            today = improvement_sudo.company_id._loan_today()
            improvement_sudo._move_to("done")
            _before, (_first, last) = learning.windows(today, improvement_sudo.window_days)
            improvement_sudo.write({"done_on": today, "judge_on": last + timedelta(1)})
            improvement_sudo.activity_ids.action_feedback()
        return True

    def action_take_back(self):
        """Go on with a change that was not done after all; what was watched until now counts for nothing."""
        self._check_lead()
        improvements_sudo = self.sudo()  # as superuser: as above
        improvements_sudo._move_to("progress", start="done")
        improvements_sudo._trouble_over()
        improvements_sudo.write({"done_on": False, "judge_on": False})
        return True

    def action_drop(self):
        """Drop it; why stands in the form."""
        self._check_lead()
        if not all((improvement.drop_reason or "").strip() for improvement in self):
            raise UserError(self.env._("Say under “Why It Was Dropped” why."))
        improvements_sudo = self.sudo()  # as superuser: a verb, not a value
        improvements_sudo._move_to("dropped")
        improvements_sudo._trouble_over()
        improvements_sudo.activity_ids.unlink()
        return True

    def action_open_cases(self):
        """Show the cases of the problem that the reader may see, of all time."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_action_all")
        domain = self._problem_domain() & Domain("state", "!=", "void")
        action.update(domain=list(domain), context={}, display_name=self.name, name=self.name)
        action.pop("path", None)
        return action

    def _remind(self, user, day, words):
        """Give somebody a to-do in their language; called as superuser.

        :param user: `res.users`
        :param date day:
        :param words: called with the record in their language
        """
        if not user or not user.active:
            return
        own = self.with_context(lang=user.lang or self.env.lang, mail_activity_quick_update=True)
        own.activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=day, summary=words(own), user_id=user.id
        )

    # ------------------------------------------------------------ the night

    @api.model
    def _night_improvement(self, night):
        """Measure the effect of changes whose time is over, and tell of those that are late.

        :param night: `loan.night`
        :return: how many were looked at, 0 when nothing is left
        """
        company = Domain("company_id", "=", night.company_id.id)
        over = Domain("state", "=", "done") & Domain("judge_on", "<=", night.date)
        late = (
            Domain("state", "in", ("agreed", "progress"))
            & Domain("date_due", "<", night.date)
            & Domain("late_told_on", "=", False)
        )
        after = Domain("id", ">", night._stand("improvements", 0))
        found = self.search(company & (over | late) & after, order="id", limit=_BATCH)
        found._treat_apart(lambda improvements: improvements._look_after(night.date))
        if found:
            night._note_stand(improvements=found[-1].id)
        return len(found)

    def _look_after(self, day):
        for improvement in self:
            if improvement.state == "done":
                improvement._judge()
            else:
                improvement._tell_late(day)

    @api.model
    def _trouble_words(self):
        return (
            self.env._("Improvements were left aside by the night"),
            self.env._(
                "Open “Improvements” by the filter “Left Aside”, read what went wrong, and put it right. "
                "Each night tries again."
            ),
        )

    def _judge(self):
        """Measure the effect of one change; called as superuser by the night."""
        spans = learning.windows(self.done_on, self.window_days)
        counted = self._counted(spans)
        vals = {"judged_on": self.company_id._loan_today(), "verdict": "unmeasured"}
        if counted:
            cases, others = counted
            change = learning.change(*cases)
            vals.update(
                verdict=change.verdict,
                effect={
                    "cases": cases,
                    "others": others,
                    "spans": [[fields.Date.to_string(day) for day in span] for span in spans],
                },
            )
            if change.verdict != "few":
                # A rate that was nothing before has no ratio a column could hold; the words tell it.
                bounded = [min(value, 9999.0) for value in (change.ratio, change.low, change.high)]
                vals.update(zip(("ratio", "ratio_low", "ratio_high"), bounded, strict=True))
        self.write(vals)
        self._move_to("judged")
        for user in self.user_id | self.counted_user_id:
            self._remind(user, vals["judged_on"], lambda own: own.env._("See the effect: %s", own.name))

    def _tell_late(self, day):
        """Tell whoever proposed a change that it is late, once; called as superuser."""
        self.late_told_on = day
        self._remind(self.counted_user_id, day, lambda own: own.env._("Late: %s", own.name))
