import logging
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import covers

_logger = logging.getLogger(__name__)

# How long a look at a running cover holds: the job comes by every hour.
_LOOK_AGAIN = timedelta(minutes=50)


class LoanCoverTurnMixin(models.AbstractModel):
    """What is done once when a cover begins and once when it ends; access itself hangs on the dates alone.

    It begins with the first minute of its first day, or as it is planned if that day has come: the manager's open
    tasks that fall due until the last day go to who acts for the customer, and who acts is told. Each hour new tasks
    follow. It ends after its last day, with the button, or when it is deleted: what is still open comes back, and
    who was away reads what happened. `loan.cover.task` keeps what went where, so nothing is moved twice and nothing
    is forgotten, however often the job runs and whatever is changed meanwhile.
    """

    _name = "loan.cover.turn.mixin"
    _description = "Beginning and End of a Cover"

    state = fields.Selection(
        [("planned", "Planned"), ("running", "Under Way"), ("over", "Over")],
        "Status",
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    begun_at = fields.Datetime("Tasks Passed On At", readonly=True, copy=False)
    back_at = fields.Datetime(
        "Back Since",
        readonly=True,
        copy=False,
        help="Set by the button; from then on nobody stands in any more.",
    )
    # So that a run that has little time goes on where the last one ended, and covers do not keep the nights waiting.
    looked_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    # The time whose events are told: from the first minute of the first day to the end.
    window_from = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    window_to = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    told_user_ids = fields.Many2many(
        "res.users", "loan_cover_told_rel", string="Were Told", readonly=True, copy=False
    )
    digest_at = fields.Datetime("Digest Sent At", readonly=True, copy=False)
    replies_set = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    task_ids = fields.One2many("loan.cover.task", "cover_id", "Tasks Passed On", readonly=True, copy=False)
    task_count = fields.Integer("Number of Tasks Passed On", compute="_compute_counts")
    customer_count = fields.Integer("Number of Customers", compute="_compute_counts")
    waiting_count = fields.Integer("Waiting for an Answer", compute="_compute_counts")
    event_count = fields.Integer("Number of Events", compute="_compute_counts")

    @api.model
    def _kept_by_jobs(self):
        """Return the names of the fields that nobody writes by hand."""
        return {
            "state",
            "looked_at",
            "begun_at",
            "back_at",
            "window_from",
            "window_to",
            "told_user_ids",
            "digest_at",
            "replies_set",
            "task_ids",
        }

    @api.depends_context("uid")
    def _compute_counts(self):
        # With the user's own rights: who may not see a customer any more finds none of what happened to them.
        tasks = self._counts_of("loan.cover.task")
        events = self._counts_of("loan.cover.event")
        customers, waiting = {}, {}
        for company, manager, count in self.env["loan.customer"]._read_group(
            self._customers_domain(), ["company_id", "manager_user_id"], ["__count"]
        ):
            customers[company, manager] = count
        for model in ("loan.customer", "loan.contract"):  # a mail waits on the page of either
            for company, manager, count in self.env[model]._read_group(
                [*self._customers_domain(), ("waiting_since", "!=", False)],
                ["company_id", "manager_user_id"],
                ["__count"],
            ):
                waiting[company, manager] = waiting.get((company, manager), 0) + count
        for cover in self:
            key = cover.company_id, cover.manager_user_id
            cover.task_count = tasks.get(cover._origin, 0)
            cover.event_count = events.get(cover._origin, 0)
            cover.customer_count = customers.get(key, 0)
            cover.waiting_count = waiting.get(key, 0)

    def _counts_of(self, model):
        return dict(
            self.env[model]._read_group([("cover_id", "in", self._origin.ids)], ["cover_id"], ["__count"])
        )

    def _customers_domain(self):
        return [
            ("manager_user_id", "in", self.manager_user_id.ids),
            ("company_id", "in", self.company_id.ids),
        ]

    # ------------------------------------------------------------ the job

    @api.model
    def _turn(self, company):
        """Begin the covers of a company whose day has come, end those that are over, pass new tasks on.

        One commit a cover: one that fails is logged, and looked at again within the hour.

        :param company: `res.company`
        :return: whether there is time left
        """
        left = True
        todo = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "!=", "over"),
                ("date_from", "<=", company._loan_today()),
                "|",
                "|",
                "|",
                ("state", "=", "planned"),
                ("date_to", "<", company._loan_today()),
                ("looked_at", "=", False),
                ("looked_at", "<=", fields.Datetime.now() - _LOOK_AGAIN),
            ],
            order="looked_at NULLS FIRST, id",
        )
        for cover in todo:
            try:
                left = self.env["loan.reminder.round"]._undisturbed(cover._turn_one)
            except Exception:
                # One cover's trouble must not keep the others waiting.
                self.env.cr.rollback()
                _logger.exception("Cover %s could not be begun or ended", cover.id)
                continue
            if not left:
                break
        return left

    def _turn_one(self):
        # Another worker that is at it does it all; one that was faster left nothing to do.
        mine = self.exists().try_lock_for_update()
        mine._look()
        mine.exists().looked_at = fields.Datetime.now()
        return self.env["ir.cron"]._commit_progress()

    def _look(self):
        """Let each of these covers be what its dates say; doing it again changes nothing."""
        # Who acts follows from the dates, which a cache cannot know.
        self.env["loan.customer"].invalidate_model(["acting_user_id", "manager_away"])
        for cover in self.sudo():  # As superuser: what is passed on follows from the duty, whoever plans.
            today = cover.company_id._loan_today()
            wanted = covers.state(today, cover._as_span(), bool(cover.back_at))
            if wanted == "running":
                cover._begin()
            elif cover.state == "running":
                cover._end(wanted)
            elif cover.state != wanted:
                cover.state = wanted

    def _begin(self):
        self.ensure_one()
        vals = {"window_from": self._first_minute(self.date_from)}
        begins = self.state != "running"
        if begins:
            vals |= {"state": "running", "begun_at": self.env.cr.now(), "window_to": False}
        self.write({name: value for name, value in vals.items() if self[name] != value})
        self._pass_tasks()
        self._pass_applications()
        self._tell_who_acts()
        if begins or self.replies_set:
            self._set_replies()

    def _end(self, wanted):
        """End a cover that was running, or put it off.

        :param str wanted: ``over``, or ``planned`` if it was moved to later
        """
        self.ensure_one()
        self.state = wanted
        self._return_tasks("returned")
        self._return_applications()
        self._clear_replies()
        # What they follow still and have to do still of these customers is looked through right after.
        self.env["loan.sight.end"]._note(users=self.told_user_ids | self.deputy_user_id)
        if wanted == "planned":
            self.write({"begun_at": False, "window_from": False, "told_user_ids": [Command.clear()]})
            return
        midnight = self._first_minute(self.date_to + timedelta(1))
        self.window_to = self.back_at or min(fields.Datetime.now(), midnight)
        self._send_digest()

    def _first_minute(self, day):
        """Return when a day of the lender begins, in UTC and naive, as fields keep it."""
        zone = ZoneInfo(self.company_id.loan_tz or "UTC")
        return datetime.combine(day, time(), tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)

    # ------------------------------------------------------------ tasks

    @api.model
    def _task_models(self):
        """Return `{model: the stored column that leads to the customer}` of what carries tasks of a customer."""
        return {
            name: model._loan_key
            for name, model in self.env.registry.items()
            if name in self.env["ir.model"]._loan_protected()
            and "activity_ids" in model._fields
            and model._loan_key in model._fields
            and model._fields[model._loan_key].store
        }

    def _open_tasks(self, users):
        """Return `{activity: customer}`: what these users have to do for customers of who is away.

        :param users: `res.users`
        """
        keys = self._task_models()
        found = self.env["mail.activity"].search([("user_id", "in", users.ids), ("res_model", "in", [*keys])])
        mine = {}
        for name, activities in found.grouped("res_model").items():
            records = self.env[name].browse({activity.res_id for activity in activities}).exists()
            customers = {
                record.id: record if keys[name] == "id" else record[keys[name]] for record in records
            }
            for activity in activities:
                customer = customers.get(activity.res_id)
                if customer and self._is_of(customer):
                    mine[activity] = customer
        return mine

    def _is_of(self, customer):
        return customer.manager_user_id == self.manager_user_id and customer.company_id == self.company_id

    def _pass_tasks(self):
        """Give the manager's tasks that fall due until the last day to who acts; take up what changed since."""
        self.ensure_one()
        self._settle_tasks()
        lost = self.task_ids.filtered(
            lambda task: task.state == "given" and not self._is_of(task.customer_id)
        )
        self._return_tasks("passed", lost)
        self._return_tasks(
            "returned",
            self.task_ids.filtered(
                lambda task: task.state == "given" and task.activity_id.date_deadline > self.date_to
            ),
        )
        every = self.env["loan.customer"].with_context(active_test=False).search(self._customers_domain())
        every.invalidate_recordset(["acting_user_id", "manager_away"])
        acting = {customer: customer.acting_user_id for customer in every}
        stand_ins = self.env["res.users"].union(*acting.values(), self.task_ids.to_user_id)
        known = {task.activity_id: task for task in self.task_ids}
        given = [
            (activity.id, customer.id, acting[customer].id)
            for activity, customer in self._open_tasks(stand_ins | self.manager_user_id).items()
            if customer in acting
            and self._goes_over(activity, known.get(activity), acting[customer], customer)
        ]
        self._give(self._given_in_sight(given))

    @api.model
    def _given_in_sight(self, given):
        """Return what may be given: a to-do tells its record's name, and whom a complaint is about is told nothing.

        What nobody else may have stays with the manager; what nobody does climbs by its own clock.

        :param list given: see `_give`
        """
        activities = self.env["mail.activity"].browse([id_ for id_, _customer, _user in given])
        places = {activity.id: (activity.res_model, activity.res_id) for activity in activities}
        asked = {}
        for id_, _customer, user_id in given:
            model, number = places[id_]
            asked.setdefault((user_id, model), set()).add(number)
        seen = {
            (user_id, model): set(
                self.env[model].browse(numbers)._loan_seen_by(self.env["res.users"].browse(user_id)).ids
            )
            for (user_id, model), numbers in asked.items()
            if model in self.env["ir.model"]._loan_guarded()
        }
        return [
            (id_, customer_id, user_id)
            for id_, customer_id, user_id in given
            if places[id_][1] in seen.get((user_id, places[id_][0]), {places[id_][1]})
        ]

    def _goes_over(self, activity, task, user, customer):
        """Tell whether a task goes to who acts, or is theirs already but is the manager's by duty."""
        manager, holder = self.manager_user_id, activity.user_id
        if not user or user == manager or activity.date_deadline > self.date_to:
            return False
        if holder == manager:
            if task:
                return task.state == "returned"
            # What who is away plans for themselves from their deck chair is meant for themselves.
            return not (activity.create_uid == manager and activity.create_date > self.begun_at)
        if task:
            return task.state == "given" and holder == task.to_user_id != user
        # When they cannot open the customer any more it is the manager's.
        return holder == user and self._made_by_duty(activity, customer)

    def _give(self, given):
        """Assign tasks and keep on record whose they were.

        By two statements: the ORM would make each new holder a follower of the record, who would stay one.

        :param list given: of `(activity id, customer id, user id)`
        """
        if not given:
            return
        self.env.flush_all()
        activity_ids, customer_ids, user_ids = (list(ids) for ids in zip(*given, strict=True))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_cover_task (
                    cover_id, company_id, customer_id, activity_id, activity_type_id, res_model, res_id, summary,
                    date_deadline, from_user_id, to_user_id, state, given_at,
                    create_uid, write_uid, create_date, write_date)
                SELECT %(cover)s, %(company)s, given.customer_id, activity.id, activity.activity_type_id,
                       activity.res_model, activity.res_id, activity.summary, activity.date_deadline, %(manager)s,
                       given.user_id, 'given', %(now)s,
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(activities)s::int[], %(customers)s::int[], %(users)s::int[])
                       AS given (activity_id, customer_id, user_id)
                  JOIN mail_activity AS activity ON activity.id = given.activity_id AND activity.active
                ON CONFLICT (cover_id, activity_id) DO UPDATE
                   SET to_user_id = EXCLUDED.to_user_id, state = 'given', returned_at = NULL,
                       date_deadline = EXCLUDED.date_deadline
                """,
                cover=self.id,
                company=self.company_id.id,
                manager=self.manager_user_id.id,
                now=fields.Datetime.now(),
                uid=self.env.uid,
                activities=activity_ids,
                customers=customer_ids,
                users=user_ids,
            )
        )
        self.env["loan.cover.task"].invalidate_model()
        self.invalidate_recordset(["task_ids"])
        self._assign_tasks(dict(zip(activity_ids, user_ids, strict=True)))

    @api.model
    def _assign_tasks(self, users):
        """Write who has tasks, and let their counters know.

        :param dict users: `{activity id: user id}`
        """
        self.env["mail.activity"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE mail_activity AS activity
                   SET user_id = assigned.user_id, user_tz = partner.tz
                  FROM unnest(%(activities)s::int[], %(users)s::int[]) AS assigned (activity_id, user_id)
                  JOIN res_users ON res_users.id = assigned.user_id
                  JOIN res_partner AS partner ON partner.id = res_users.partner_id,
                       mail_activity AS before
                 WHERE activity.id = assigned.activity_id
                   AND before.id = activity.id
                   AND activity.user_id IS DISTINCT FROM assigned.user_id
             RETURNING before.user_id, activity.user_id, activity.active AND activity.date_deadline <= %(today)s
                """,
                activities=list(users),
                users=list(users.values()),
                today=fields.Date.today(),
            )
        )
        self.env["mail.activity"].invalidate_model(["user_id", "user_tz"])
        # What follows from who has them does not know of the statement: a promise belongs to who has its to-do.
        self.env["mail.activity"].browse(users).modified(["user_id"])
        changes = {}
        for before, after, due in rows:
            if due:
                changes[before] = changes.get(before, 0) - 1
                changes[after] = changes.get(after, 0) + 1
        for user_id, change in changes.items():
            if user_id and change:
                kind = "activity_created" if change > 0 else "activity_deleted"
                self.env["res.users"].browse(user_id)._bus_send(
                    "mail.activity/updated", {kind: True, "count_diff": change}
                )

    def _settle_tasks(self):
        """Note of the tasks that were given which are done, and which somebody gave on by hand."""
        now = fields.Datetime.now()
        given = self.task_ids.filtered(lambda task: task.state == "given")
        done, home = given.browse(), {}
        for task in given:
            activity = task.activity_id
            if not activity.active:  # done and archived, or deleted as it was answered
                done |= task
                if activity:
                    # A task tells its record's name to whoever it is assigned to, done or not.
                    home[activity.id] = task.from_user_id.id
            elif activity.user_id != task.to_user_id:
                task.write({"state": "passed", "returned_at": now})
        for user, tasks in done.grouped(lambda task: task.activity_id.write_uid or task.to_user_id).items():
            tasks.write({"state": "done", "done_at": now, "done_user_id": user.id})
        self._assign_tasks(home)

    def _return_tasks(self, state, tasks=None):
        """Take back what is still open: to who was away, or to who looks after the customer by now.

        :param str state: of `loan.cover.task`, what becomes of them
        :param tasks: some of them; None: all
        """
        if tasks is None:
            for cover in self:
                cover._settle_tasks()
                if cover.begun_at:
                    cover._adopt_last()
            tasks = self.task_ids
        tasks = tasks.filtered(lambda task: task.state == "given")
        if not tasks:
            return
        tasks.customer_id.invalidate_recordset(["acting_user_id", "manager_away"])
        users = {}
        for task in tasks:
            manager, customer = task.from_user_id, task.customer_id
            now = customer.acting_user_id or customer.manager_user_id
            user = manager if manager.active and customer.manager_user_id == manager else now
            if user:
                users[task.activity_id.id] = user.id
        tasks.write({"state": state, "returned_at": fields.Datetime.now()})
        self._assign_tasks(users)

    def _adopt_last(self):
        """Take up what was made for those who act since the last look, so that it comes back with the rest."""
        known = self.task_ids.activity_id
        stand_ins = self.task_ids.to_user_id | self.told_user_ids
        made = {
            activity: customer
            for activity, customer in self.with_context(active_test=False)._open_tasks(stand_ins).items()
            if activity not in known and self._made_by_duty(activity, customer)
        }
        self._give([(act.id, customer.id, act.user_id.id) for act, customer in made.items() if act.active])
        # What was done keeps its trace in the chatter; the task itself tells a name to whoever it is assigned to.
        self._assign_tasks({act.id: self.manager_user_id.id for act in made if not act.active})

    def _made_by_duty(self, activity, customer):
        """Tell whether a task was made for who acts while they act, and not by a lead for themselves."""
        user = activity.user_id
        return activity.create_date >= self.begun_at and not (
            activity.create_uid == user and user == customer.team_id.user_id
        )

    @api.model
    def _follow(self, customers):
        """Look again at the covers that concern customers whose manager or deputy has just changed.

        :param customers: `loan.customer`
        """
        # As superuser: tasks follow the duty, whoever changes it.
        customers_sudo = customers.sudo()
        given_sudo = (
            self.env["loan.cover.task"]
            .sudo()
            .search([("customer_id", "in", customers.ids), ("state", "=", "given")])
        )
        running_sudo = self.sudo().search(
            [
                ("state", "=", "running"),
                ("manager_user_id", "in", customers_sudo.manager_user_id.ids),
                ("company_id", "in", customers_sudo.company_id.ids),
            ]
        )
        (given_sudo.cover_id | running_sudo)._look()

    # ------------------------------------------------------------ buttons

    def action_open_tasks(self):
        return self._action_open_own("loan_crm.loan_cover_task_action")

    def action_open_events(self):
        return self._action_open_own("loan_crm.loan_cover_event_action", search_default_group_customer=1)

    def _action_open_own(self, xmlid, **context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("cover_id", "=", self.id)]
        action["context"] = context
        return action

    def action_open_customers(self):
        self.ensure_one()
        customers = self.env["loan.customer"].search(self._customers_domain())
        return self._open_customers(customers, self.env._("Customers"))

    def action_open_waiting(self):
        self.ensure_one()
        waiting = Domain("waiting_since", "!=", False) | Domain("contract_ids.waiting_since", "!=", False)
        customers = self.env["loan.customer"].search(Domain(self._customers_domain()) & waiting)
        return self._open_customers(customers, self.env._("Waiting for an Answer"))
