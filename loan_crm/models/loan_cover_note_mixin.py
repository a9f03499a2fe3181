from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date, is_html_empty


class LoanCoverNoteMixin(models.AbstractModel):
    """Who is told what about a cover: who acts at its beginning, who was away at its end, each once.

    A mail tells figures and customer numbers, never a name: it stays in a mailbox when the duty is over.
    """

    _name = "loan.cover.note.mixin"
    _description = "Notes about a Cover"

    def _tell_who_acts(self):
        """Tell each person who acts, once: for whom, until when, and what waits."""
        self.ensure_one()
        every = self.env["loan.customer"].search(self._customers_domain())
        groups = every.grouped("acting_user_id")
        waiting = dict(
            self.env["loan.contract"]._read_group(
                [("customer_id", "in", every.ids), ("waiting_since", "!=", False)],
                ["customer_id"],
                ["__count"],
            )
        )
        for customer in every.filtered("waiting_since"):
            waiting[customer] = waiting.get(customer, 0) + 1
        given = self.task_ids.filtered(lambda task: task.state == "given").grouped("to_user_id")
        lent = self._lent().grouped("loan_cover_to_id")
        for user in self.env["res.users"].union(*groups, *lent):
            customers = groups.get(user, every.browse())
            if not user or user == self.manager_user_id or user in self.told_user_ids:
                continue
            told = self.with_context(lang=user.lang or self.env.lang)
            lines = told._start_lines(
                len(customers),
                len(given.get(user, ())),
                sum(waiting.get(customer, 0) for customer in customers),
                len(lent.get(user, ())),
            )
            told.message_notify(
                partner_ids=user.partner_id.ids,
                email_add_signature=False,
                subject=told.env._("You cover for %s", self.manager_user_id.name),
                body=Markup().join(Markup("<p>%s</p>") % line for line in lines),
            )
            self.told_user_ids |= user

    def _start_lines(self, customers, tasks, waiting, applications):
        lines = [
            self.env._(
                "You act for %(manager)s from %(start)s to %(end)s.",
                manager=self.manager_user_id.name,
                start=format_date(self.env, self.date_from, date_format="long"),
                end=format_date(self.env, self.date_to, date_format="long"),
            ),
            self.env._(
                "Customers: %(customers)s. Tasks that came to you: %(tasks)s. Waiting for an answer: %(waiting)s.",
                customers=customers,
                tasks=tasks,
                waiting=waiting,
            ),
        ]
        if applications:
            lines.append(self.env._("Applications that are yours for this time: %s.", applications))
        lines.append(self.env._("What is still open at the end goes back by itself."))
        return lines

    def _set_replies(self):
        """Let Odoo's own vacation responder of the manager run as long as the cover, if they have written one."""
        user = self.manager_user_id
        if is_html_empty(user.out_of_office_message) or bool(user.out_of_office_from) != self.replies_set:
            return  # nothing to say, or when to say it was chosen, or switched off, by the manager
        vals = {
            "out_of_office_from": self.window_from,
            "out_of_office_to": self._first_minute(self.date_to + timedelta(1)),
        }
        if any(user[name] != value for name, value in vals.items()):
            user.write(vals)
            self.replies_set = True

    def _clear_replies(self):
        if self.replies_set:
            self.manager_user_id.write({"out_of_office_from": False, "out_of_office_to": False})
            self.replies_set = False

    def _send_digest(self):
        """Tell who was away, once, what happened: figures and customer numbers only, the rest is on the page."""
        self.ensure_one()
        user = self.manager_user_id
        if self.digest_at or not user.active:
            return
        self.digest_at = fields.Datetime.now()
        template = self.env.ref("loan_crm.mail_template_cover_digest", raise_if_not_found=False)
        if not template:
            return
        told = self.with_context(lang=user.lang or self.env.lang)
        template = template.with_context(lang=user.lang or self.env.lang)
        told.message_notify(
            partner_ids=user.partner_id.ids,
            email_add_signature=False,
            subject=template._render_field("subject", self.ids)[self.id],
            body=template._render_field("body_html", self.ids)[self.id],
        )

    def _digest(self):
        """Return what happened, for the letter: `{"totals": [(words, count)], "customers": [...], "people": [...]}`."""
        self.ensure_one()
        events = self.env["loan.cover.event"]
        mine = [("cover_id", "=", self.id)]
        words = dict(events._fields["kind"]._description_selection(self.env))
        order = list(words)
        totals = sorted(events._read_group(mine, ["kind"], ["__count"]), key=lambda row: order.index(row[0]))
        by_customer = {}
        for customer, kind, count in events._read_group(mine, ["customer_id", "kind"], ["__count"]):
            by_customer.setdefault(customer, []).append((order.index(kind), words[kind], count))
        people = [
            (user.name, count)
            for user, count in events._read_group(
                [*mine, ("user_id", "!=", False)], ["user_id"], ["__count"], order="__count desc"
            )
        ]
        return {
            "totals": [(words[kind], count) for kind, count in totals],
            "customers": [
                (customer.reference, [(what, count) for _place, what, count in sorted(kinds)])
                for customer, kinds in sorted(by_customer.items(), key=lambda pair: pair[0].reference or "")
            ],
            "people": people,
            "open": len(self.task_ids.filtered(lambda task: task.state == "returned")),
        }
