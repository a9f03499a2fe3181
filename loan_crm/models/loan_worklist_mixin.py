from odoo import api, fields, models
from odoo.tools import SQL

from ..core.worklists import Found

# What rows tell of whom they are about, and what their names hang on.
_CUSTOMER = ["name", "partner_id", "phone", "manager_user_id", "loan_visible"]
_LOAN = ["name", "customer_id", "loan_visible"]


class LoanWorklistMixin(models.AbstractModel):
    """What lanes of the worklist have in common: whose work it is, and how a lane, a row and a deed are told."""

    _name = "loan.worklist.mixin"
    _description = "Lanes of the Worklist"

    # So many rows of a lane are shown; its figure leads to all.
    _SHOWN = 8

    @api.model
    def _own(self, owner="user_id", deputy="customer_id.deputy_user_id"):
        """Return what is the user's to do today, on a model with an owner and a customer; see `_loan_own_domain`."""
        return self.env.user._loan_own_domain(owner, deputy)

    @api.model
    def _found(self, model, domain, late, names, order, counts=None):
        """Return the worst of some records, how many there are, and how many of them are late.

        What a search costs here is mostly to make and to plan it with its rules, so it is made once: the rows come of
        it, and the figures only where there are more than are shown.

        :param str model: whose rules are asked, as with any search
        :param domain: which ones
        :param Domain late: which of them are, by columns of the model's own that are among `names`
        :param list names: of the fields that a row tells of
        :param str order: the worst first
        :param counts: how many there are and how many of them are late, where that is known
        :rtype: Found
        """
        records = self.env[model]
        if counts and not counts[0]:
            return Found(records, 0, 0)
        query = records._search(domain, limit=self._SHOWN, order=order)
        if query.is_empty():
            return Found(records, 0, 0)
        shown = records._fetch_query(query, records._determine_fields_to_fetch(names))
        if counts:
            return Found(shown, *counts)
        if len(shown) < self._SHOWN:
            return Found(shown, len(shown), len(shown.filtered_domain(late)))
        query.limit = query.order = None
        condition = late.optimize_full(records)._to_sql(records, query.table, query)
        counts = query.select(SQL("COUNT(*)"), SQL("COUNT(*) FILTER (WHERE %s)", condition))
        return Found(shown, *self.env.execute_query(counts)[0])

    @api.model
    def _read_together(self, found):
        """Read at once whom and which loans the rows of all lanes are about: each lane would ask for its own.

        :param dict found: `{key: what its _find_… returned}`
        """
        customers, loans = self.env["loan.customer"], self.env["loan.contract"]
        for shown in (part.shown for parts in found.values() for part in parts if isinstance(part, Found)):
            if shown._name == "loan.customer":
                customers |= shown
            if "customer_id" in shown._fields:
                customers |= shown.customer_id
            if "contract_id" in shown._fields:
                loans |= shown.contract_id
        customers.fetch(_CUSTOMER)
        customers.mapped("phone")  # it is their contacts': those are read together, too
        loans.fetch(_LOAN)

    @api.model
    def _tally(self, model, domain, conditions, by=None):
        """Count records in one statement: all of them, and those that each of some conditions holds for.

        :param str model: whose rules are asked, as with any search
        :param domain: which ones
        :param conditions: :class:`odoo.fields.Domain` each
        :param str by: a column of the model to count by; None: all together
        :return: `{value of the column: (all, first condition, …)}`, its only key is None where nothing is counted by
        """
        records = self.env[model]
        query = records._search(domain)
        told = [SQL("COUNT(*)")]
        for condition in conditions:
            holds = condition.optimize_full(records)._to_sql(records, query.table, query)
            told.append(SQL("COUNT(*) FILTER (WHERE %s)", holds))
        if by is None:
            return {None: tuple(self.env.execute_query(query.select(*told))[0])}
        query.groupby = records._field_to_sql(query.table, by, query)
        return {row[0]: tuple(row[1:]) for row in self.env.execute_query(query.select(query.groupby, *told))}

    @api.model
    def _open_list(self, xmlid, title, domain):
        """Return an action that opens the list of what a figure counts.

        :param str xmlid: of the action whose list it is
        :param str title: in words
        :param domain: which records, without anything that only the server understands
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        views = [view for view in action["views"] if view[1] in ("list", "form")]
        action.update(
            name=title,
            display_name=title,
            path=False,
            domain=list(domain),
            context={},
            views=views or action["views"],
            view_mode="list,form",
        )
        return action

    @api.model
    def _titles(self):
        """Return what the lists behind the lanes are called, `{key: words}`."""
        return {
            "waiting": self.env._("Waiting for an Answer"),
            "clocks": self.env._("Cases to Solve"),
            "promised": self.env._("We Promised"),
            "due": self.env._("To Call about Money"),
            "risk": self.env._("At Risk or Unhappy"),
            "stuck": self.env._("Stuck Applications"),
        }

    @api.model
    def _lane(self, key, rows, found, empty, also=None):
        """Return a lane.

        :param str key: by which `action_open_lane` knows it
        :param list rows: the worst of them, as `_row` returns them
        :param Found found: how many there are, and how many of these are late
        :param str empty: what is told where there is none
        :param dict also: another list whose rows are among these: `key`, `label` in words, `count`
        """
        return {
            "key": key,
            "title": self._titles()[key],
            "rows": rows,
            "count": found.count,
            "late": found.late,
            "empty": empty,
            "also": also,
        }

    @api.model
    def _row(self, record, title, *, lines=(), mark="", told="", since=False, by=False, deeds=(), **more):
        """Return a row of a lane.

        :param record: what opens with a click on it
        :param str title: whom it is about
        :param lines: what it is about, in words; what is empty is left out
        :param str mark: "danger", "warning" or ""
        :param str told: how late it is, in words; or instead of it, for the clock to tell:
        :param since: since when somebody waits, naive and in UTC
        :param by: until when, naive and in UTC
        :param deeds: what moves it, as `_deed` returns it, the one that mostly does first
        :param more: `phone`; `owner`, `res.users` whose work it is
        """
        owner = more.get("owner")
        return {
            "key": f"{record._name},{record.id}",
            "model": record._name,
            "id": record.id,
            "title": title or "",
            "lines": [line for line in lines if line],
            "mark": mark,
            "told": told,
            "since": fields.Datetime.to_string(since) if since else False,
            "by": fields.Datetime.to_string(by) if by else False,
            "phone": more.get("phone") or "",
            "owner": owner.name if owner and owner != self.env.user else "",
            "deeds": [deed for deed in deeds if deed],
        }

    @api.model
    def _deed(self, record, method, label, icon):
        """Return a deed: a verb of a record that does it at once or opens a dialog, and asks for the right itself.

        :param str method: of the record, `action_…`
        :param str label: in words
        :param str icon: of Font Awesome
        """
        if not record:
            return None
        return {"model": record._name, "id": record.id, "method": method, "label": label, "icon": icon}

    @api.model
    def _deed_plan(self, record):
        """Return the deed that plans a step on a record, with Odoo's own dialog."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a Step"),
            "res_model": "mail.activity.schedule",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": record._name, "active_id": record.id, "active_ids": record.ids},
        }
        return {"action": action, "label": self.env._("Plan a Step"), "icon": "fa-calendar-plus-o"}

    @api.model
    def _deed_call(self, record):
        """Return the deed that notes a call, on a customer or a loan."""
        return self._deed(record, "action_log_call", self.env._("Log a Call"), "fa-phone")

    @api.model
    def _deed_hand_over(self, customer):
        """Return the deed that hands a customer over: a lead's to begin."""
        leads = self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
        return self._deed(leads and customer, "action_hand_over", self.env._("Hand Over"), "fa-share")

    @api.model
    def _deed_pass(self, record):
        """Return the deed that gives a piece of work, not the customer, to a colleague."""
        return self._deed(record, "action_pass", self.env._("Pass On"), "fa-share")

    @api.model
    def _day_told(self, day, today):
        """Return in words how far away a day is."""
        days = (day - today).days
        if days < -1:
            return self.env._("%s days late", -days)
        return {-1: self.env._("1 day late"), 0: self.env._("today"), 1: self.env._("tomorrow")}.get(
            days
        ) or self.env._("in %s days", days)

    @api.model
    def _day_mark(self, day, today):
        return "danger" if day < today else "warning" if day == today else ""
