from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, html2plaintext

from ..core.listing import listed

# So many of the last talks, and of other long lists, go into a brief: it is read before a call.
_LAST_TALKS = 5
_AT_MOST = 10
_SHORT = 200


class LoanBriefMixin(models.AbstractModel):
    """What a colleague must know who speaks to a customer for the first time: one page, made when it is read.

    Each section is a method of its own; a family adds its own by `_brief_sections`. What a reader may not see is not
    in their brief: everything is read with their rights.
    """

    _name = "loan.brief.mixin"
    _description = "Brief"

    brief = fields.Html(compute="_compute_brief", sanitize=False)

    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_brief(self):
        for customer in self:
            customer.brief = self.env["ir.qweb"]._render(
                "loan_crm.loan_brief", {"customer": customer, "sections": customer._brief_sections()}
            )

    def action_open_brief(self):
        """Open the brief of this customer."""
        self.ensure_one()
        view_id = self.env["ir.model.data"]._xmlid_to_res_id("loan_crm.loan_customer_view_form_brief")
        return {
            "name": self.env._("Brief"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view_id, "form")],
            "target": "new",
        }

    def _brief_sections(self):
        """Return the sections of the brief, empty ones left out.

        :return: `[{"key": str, "title": str, "lines": [line]}]`; a line is `{"head": str, "text": str, "mark": str}`,
            of which the mark is "danger", "warning" or ""
        """
        self.ensure_one()
        sections = (
            ("pitfalls", self.env._("Watch Out"), self._brief_pitfalls()),
            ("contact", self.env._("How to Reach Them"), self._brief_contact()),
            ("loans", self.env._("Loans"), self._brief_loans()),
            ("promises", self.env._("Promises to Pay"), self._brief_promises()),
            ("cases", self.env._("Requests and Holds"), self._brief_cases()),
            ("todo", self.env._("Still to Do"), self._brief_todo()),
            ("talks", self.env._("Last Talks"), self._brief_talks()),
        )
        return [{"key": key, "title": title, "lines": lines} for key, title, lines in sections if lines]

    @api.model
    def _brief_line(self, head, text="", mark=""):
        return {"head": head, "text": text or "", "mark": mark}

    def _brief_pitfalls(self):
        """Return what one must not stumble over."""
        lines = []
        if self.days_past_due:
            lines.append(
                self._brief_line(
                    self.env._("Overdue"),
                    self.env._(
                        "%(amount)s, the oldest installment for %(days)s days",
                        amount=self._overdue_told(),
                        days=self.days_past_due,
                    ),
                    "danger",
                )
            )
        waiting = [*self.contract_ids.mapped("waiting_since"), self.waiting_since]
        if waiting := list(filter(None, waiting)):
            since = format_datetime(self.env, min(waiting), dt_format="short")
            lines.append(
                self._brief_line(self.env._("Waits for an answer"), self.env._("since %s", since), "danger")
            )
        broken = self.env["loan.promise"].search_count(
            [
                ("customer_id", "=", self.id),
                ("state", "=", "broken"),
                ("date_until", ">=", self.company_id._loan_today() - timedelta(days=365)),
            ]
        )
        if broken:
            lines.append(
                self._brief_line(
                    self.env._("Promises broken"), self.env._("%s within a year", broken), "warning"
                )
            )
        if self.bounce_ids:
            lines.append(
                self._brief_line(
                    self.env._("Letters come back"),
                    listed(self.bounce_ids.mapped("email"), self.env.lang),
                    "warning",
                )
            )
        if self.do_not_mention:
            lines.append(self._brief_line(self.env._("Do not mention"), self.do_not_mention, "warning"))
        if self.assisted:
            lines.append(
                self._brief_line(self.env._("Needs assistance"), self._brief_assistance(), "warning")
            )
        if self.reminder_opt_out:
            lines.append(self._brief_line(self.env._("Wants no reminders by email"), "", "warning"))
        if lacking := self._consents_lacking():
            lines.append(self._brief_line(self.env._("Has not allowed"), listed(lacking, self.env.lang)))
        if self.tier_id.call_first:
            lines.append(
                self._brief_line(self.env._("Is called before anything is written"), self.tier_id.name)
            )
        today = self.company_id._loan_today()
        for loan in self._brief_running():
            if loan.next_reprice_date and loan.next_reprice_date <= today + timedelta(days=60):
                lines.append(
                    self._brief_line(
                        loan.name,
                        self.env._("gets a new rate on %s", self._brief_day(loan.next_reprice_date)),
                    )
                )
            if loan.last_due_date and today <= loan.last_due_date <= today + timedelta(days=90):
                lines.append(
                    self._brief_line(
                        loan.name, self.env._("is repaid on %s", self._brief_day(loan.last_due_date))
                    )
                )
        return lines

    def _brief_assistance(self):
        """Return how this customer is to be served: what was ticked, who helps, and in whose words."""
        told = [
            self._fields[name]._description_string(self.env)
            for name in ("assist_large_print", "assist_slowly", "assist_in_person")
            if self[name]
        ]
        if self.helper_told:
            told.append(f"{self._fields['helper_told']._description_string(self.env)}: {self.helper_told}")
        return " · ".join(filter(None, (*told, self.assist_note)))

    def _brief_contact(self):
        langs = dict(self.env["res.lang"].get_installed())
        channel = dict(self._fields["preferred_channel"]._description_selection(self.env))
        hours = self.env._(
            "%(start)s to %(end)s by their clock",
            start=self._brief_clock(self.call_from),
            end=self._brief_clock(self.call_to),
        )
        return [
            self._brief_line(label, text)
            for label, text in (
                (self.env._("Prefers"), channel.get(self.preferred_channel)),
                (self.env._("Best called"), " · ".join(filter(None, (self._brief_days(), hours)))),
                (self.env._("Phone"), self.phone),
                (self.env._("Email"), self.email),
                (
                    self.env._("Language"),
                    " · ".join(filter(None, (langs.get(self.lang), self.dialect_id.name))),
                ),
                (self.env._("Time zone"), self.tz),
            )
            if text
        ]

    def _brief_days(self):
        """Return the days of the week that are good for a call, or nothing where none was chosen or all were."""
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        good = [self._fields[name]._description_string(self.env) for name in names if self[name]]
        return listed(good, self.env.lang) if len(good) < len(names) else ""

    def _brief_running(self):
        return self.contract_ids.filtered(lambda loan: loan.state == "active")

    def _brief_loans(self):
        running = self._brief_running().sorted(lambda loan: loan.next_due_date or fields.Date.today())
        lines = []
        for loan in running[:_AT_MOST]:
            told = self.env._(
                "%(open)s of %(principal)s outstanding, %(next)s due on %(day)s",
                open=loan.currency_id.format(loan.principal_outstanding),
                principal=loan.currency_id.format(loan.principal),
                next=loan.currency_id.format(loan.next_due_amount),
                day=self._brief_day(loan.next_due_date),
            )
            lines.append(
                self._brief_line(
                    f"{loan.name} · {loan.product_id.name}", told, "danger" if loan.days_past_due else ""
                )
            )
        if (more := len(running) - _AT_MOST) and more > 0:
            lines.append(self._brief_line(self.env._("%s more running loans", more)))
        if closed := self.contract_ids.filtered(lambda loan: loan.state == "closed"):
            lines.append(self._brief_line(self.env._("Repaid before"), str(len(closed))))
        return lines

    def _brief_promises(self):
        promises = self.env["loan.promise"].search(
            [("customer_id", "=", self.id), ("state", "in", ("open", "broken", "partly"))], limit=_AT_MOST
        )
        labels = dict(self.env["loan.promise"]._fields["state"]._description_selection(self.env))
        marks = {"broken": "danger", "partly": "warning"}
        today = self.company_id._loan_today()
        return [
            self._brief_line(
                f"{promise.contract_id.name} · {labels[promise.state]}",
                " – ".join(filter(None, (promise.display_name, promise.note))),
                marks.get(promise.state, ""),
            )
            for promise in promises
        ] + [
            self._brief_line(
                self.env._("We promised"),
                self.env._(
                    "%(what)s by %(day)s",
                    what=ours.name,
                    day=ours._when_told(),
                ),
                "danger" if ours.date_due < today else "",
            )
            for ours in self._our_promises()
        ]

    def _brief_cases(self):
        lines = []
        if self.env["loan.hardship"].has_access("read"):
            labels = dict(self.env["loan.hardship"]._fields["state"]._description_selection(self.env))
            for request in self.env["loan.hardship"].search(
                [("customer_id", "=", self.id), ("state", "in", ("new", "talks", "granted"))], limit=_AT_MOST
            ):
                head = f"{request.contract_id.name} · {self.env._('Hardship request')}"
                lines.append(self._brief_line(head, labels[request.state], "warning"))
        holds = self.env["loan.reminder.hold"].search(
            [("customer_id", "=", self.id), ("state", "=", "running")], limit=_AT_MOST
        )
        for hold in holds:
            head = hold.contract_id.name or self.env._("All loans")
            lines.append(self._brief_line(f"{head} · {self.env._('Reminders held')}", holds._told(hold)))
        return lines

    def _brief_todo(self):
        places = Domain("res_model", "=", "loan.customer") & Domain("res_id", "=", self.id)
        if self.contract_ids:
            places |= Domain("res_model", "=", "loan.contract") & Domain(
                "res_id", "in", self.contract_ids.ids
            )
        todo = places & Domain(
            "id", "not in", self._our_promises().activity_id.ids
        )  # these stand under Promises
        activities = self.env["mail.activity"].search(todo, order="date_deadline, id", limit=_AT_MOST)
        today = self.company_id._loan_today()
        return [
            self._brief_line(
                self._brief_day(activity.date_deadline),
                " – ".join(
                    filter(None, (activity.summary or activity.activity_type_id.name, activity.user_id.name))
                ),
                "danger" if activity.date_deadline < today else "",
            )
            for activity in activities
        ]

    def _brief_talks(self):
        """Return the last words between the customer and the house: mails, calls, visits, notes of colleagues."""
        places = Domain("model", "=", "loan.customer") & Domain("res_id", "=", self.id)
        if self.contract_ids:
            places |= Domain("model", "=", "loan.contract") & Domain("res_id", "in", self.contract_ids.ids)
        messages = self.env["mail.message"].search(
            places & Domain("message_type", "in", ("email", "comment", "email_outgoing")),
            order="date desc, id desc",
            limit=_LAST_TALKS,
        )
        talks = []
        for message in messages:
            words = html2plaintext(message.preview or message.body or "")
            who = message.author_id.name or message.email_from
            talks.append((message.date, who, ": ".join(filter(None, (message.subject, words)))))
        calls = self.env["loan.interaction"].search(
            [("customer_id", "=", self.id)], order="date desc, id desc", limit=_LAST_TALKS
        )
        for call in calls:
            words = html2plaintext(call.note or "") if call.reached else self.env._("not reached")
            talks.append((call.date, f"{call.user_id.name} · {call.type_id.name}", words))
        talks.sort(key=lambda talk: talk[0], reverse=True)
        lines = []
        for moment, who, told in talks[:_LAST_TALKS]:
            words = " ".join(told.split())
            words = f"{words[:_SHORT]}…" if len(words) > _SHORT else words
            lines.append(self._brief_line(f"{format_date(self.env, moment)} · {who or ''}", words or "–"))
        return lines

    def _brief_day(self, day):
        return format_date(self.env, day) if day else ""

    @api.model
    def _brief_clock(self, hours):
        return f"{int(hours):02d}:{round(hours % 1 * 60):02d}"
