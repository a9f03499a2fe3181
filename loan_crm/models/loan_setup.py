from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..core.listing import listed

# In the order that works: each leans on those before it.
_STEPS = (
    "lender",
    "mail",
    "calendar",
    "people",
    "secrecy",
    "products",
    "clocks",
    "surveys",
    "book",
    "reminders",
)
_ROLES = ("manager", "team_lead", "compliance", "auditor")
# So many names are told; the rest is counted.
_NAMES = 4


class LoanSetup(models.AbstractModel):
    """Getting started: what a new lender needs until its first reminder leaves safely, for its administrator.

    Whether a step is done is never stored: it is asked of the database each time, so what was true in spring stands
    open again in autumn. Odoo's own `onboarding` keeps a tick for good once a button was pressed, so it is not used.
    A company remembers which steps were left aside, by whom and when, and whether the page was put away.
    The screen is `static/src/loan_setup`.
    """

    _name = "loan.setup"
    _inherit = ["loan.setup.house.mixin", "loan.setup.work.mixin"]
    _description = "Getting Started"

    @api.model
    def _check_administers(self):
        if not self.env.user.has_group("loan_crm.loan_crm_group_administrator"):
            raise AccessError(self.env._("This page is for administrators of Loan CRM."))

    @api.model
    def _titles(self):
        """Return the name of each step, and in one sentence why it matters."""
        return {
            "lender": (
                self.env._("Who We Are"),
                self.env._(
                    "What stands at the foot of every letter, so that a borrower can call, write and pay."
                ),
            ),
            "mail": (
                self.env._("Mail Out and In"),
                self.env._("A letter that bounces, and an answer to one, must reach somebody."),
            ),
            "calendar": (
                self.env._("Business Days and Holidays"),
                self.env._("Due dates move, letters wait and clocks stand still by this calendar."),
            ),
            "people": (
                self.env._("Teams and Managers"),
                self.env._(
                    "Each borrower has one accountable person, each team a lead, each person a limit."
                ),
            ),
            "secrecy": (
                self.env._("Who Watches Over Secrets"),
                self.env._(
                    "Confidential customers are opened by compliance only, and auditors see who looked."
                ),
            ),
            "products": (
                self.env._("What We Lend"),
                self.env._("A product gives a loan its rate, its terms and the words a borrower reads."),
            ),
            "clocks": (
                self.env._("How Soon We Answer"),
                self.env._(
                    "A complaint that nobody answers climbs to the lead, and then to the head of service."
                ),
            ),
            "surveys": (
                self.env._("Asking How It Was"),
                self.env._("Customers are asked at the moments that matter, and seldom enough to answer."),
            ),
            "book": (
                self.env._("The Loans We Have"),
                self.env._(
                    "Bring in the running loans while reminders are off or paused, and look before they are written."
                ),
            ),
            "reminders": (
                self.env._("The First Reminder"),
                self.env._("See who would be written to today, before anybody is, and switch reminders on."),
            ),
        }

    @api.model
    def _buttons(self):
        return {
            "lender": self.env._("Say Who We Are"),
            "mail": self.env._("Set Up Mail"),
            "calendar": self.env._("Open the Calendar"),
            "people": self.env._("Set Up Teams"),
            "secrecy": self.env._("Give the Roles"),
            "products": self.env._("Open the Products"),
            "clocks": self.env._("Set the Clocks"),
            "surveys": self.env._("Switch Surveys On"),
            "book": self.env._("Bring In Loans"),
            "reminders": self.env._("Look Before It Is Written"),
        }

    @api.model
    def _people(self, company):
        """Return who has which role at a lender, `{role: res.users}`, in one search."""
        groups = {role: self.env.ref(f"loan_crm.loan_crm_group_{role}") for role in _ROLES}
        # As superuser: which roles a colleague has is the administrator's to know.
        users_sudo = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("share", "=", False),
                    ("company_ids", "in", company.id),
                    ("all_group_ids", "in", [group.id for group in groups.values()]),
                ]
            )
        )
        return {
            role: users_sudo.filtered(lambda user, group=group: group in user.all_group_ids)
            for role, group in groups.items()
        }

    @api.model
    def _listed(self, names):
        """Return some names in one line, the first few of many."""
        names = list(names)
        if len(names) <= _NAMES:
            return listed(names, self.env.lang)
        return self.env._(
            "%(names)s and %(count)s more",
            names=listed(names[:_NAMES], self.env.lang),
            count=len(names) - _NAMES,
        )

    @api.model
    def _missing(self):
        """Return what is missing of each step, `{key: [sentence]}`; the number of queries hangs on no number."""
        company = self.env.company
        people = self._people(company)
        return {key: getattr(self, f"_missing_{key}")(company, people) for key in _STEPS}

    @api.model
    def action_look(self):
        """Return the steps with their state, as the page shows them.

        :return: a dict: `company`, its name; `steps`, each a dict with `key`, `title`, `why`, `state` (`done`, `open`
            or `aside`), `missing` (sentences), `aside` (who left it aside, or an empty text), `button`, `by` (who does
            it, where it is not the user) and `also` (further buttons); `left`, how many are open; `next`, the first of
            these; `closed`, whether the page was put away
        :raise AccessError: for who does not administer Loan CRM
        """
        self._check_administers()
        # As superuser: what the page remembers is nobody's to read otherwise.
        company_sudo = self.env.company.sudo()
        aside, titles, buttons = company_sudo.loan_setup_aside or {}, self._titles(), self._buttons()
        steps = []
        for key, missing in self._missing().items():
            title, why = titles[key]
            state = "done" if not missing else "aside" if key in aside else "open"
            steps.append(
                {
                    "key": key,
                    "title": title,
                    "why": why,
                    "state": state,
                    "missing": missing,
                    "aside": self._aside_told(aside[key]) if state == "aside" else "",
                    "button": buttons[key],
                    "by": "" if not missing or self._may(key) else self._does(key),
                    "also": self._also(key, state),
                }
            )
        open_keys = [step["key"] for step in steps if step["state"] == "open"]
        return {
            "company": company_sudo.name,
            "steps": steps,
            "left": len(open_keys),
            "next": open_keys[:1] and open_keys[0],
            "closed": company_sudo.loan_setup_closed,
        }

    @api.model
    def _aside_told(self, how):
        # As superuser: the name of a colleague, who may have left.
        user_sudo = self.env["res.users"].sudo().browse(how["user"]).exists()
        return self.env._(
            "Left aside by %(user)s on %(day)s",
            user=user_sudo.name or self.env._("somebody who has left"),
            day=format_date(self.env, how["day"]),
        )

    @api.model
    def _may(self, key):
        """Tell whether the user may do what a step's button leads to; without doing it."""
        if key == "reminders":
            policy = self.env.company.loan_reminder_policy_id
            return policy.active or self.env["res.config.settings"].has_access("create")
        _action, model = getattr(self, f"_opens_{key}")(self.env.company)
        return self.env[model].has_access("create" if model == "res.config.settings" else "write")

    @api.model
    def _does(self, key):
        """Return who does a step that the user may not."""
        if key == "book":
            return self.env._("A relationship manager brings them in, or the core system.")
        return self.env._("An administrator of Odoo does this.")

    @api.model
    def _also(self, key, state):
        """Return what else a step offers while it is not done: `(method, words)`."""
        if state == "done":
            return []
        if key in ("products", "reminders"):
            return [{"method": "action_open_samples", "label": self.env._("Add Samples")}]
        paused = self.env.company._loan_reminders_are_paused(self.env.company._loan_today())
        if key == "book" and not paused:
            return [{"method": "action_open_pause", "label": self.env._("Pause Reminders Before")}]
        return []

    # ------------------------------------------------------------ buttons

    @api.model
    def action_open(self, key):
        """Open the screen on which a step is done.

        :param str key: of a step
        :raise UserError: for what is no step, and for one that takes rights the user does not have
        """
        self._check_administers()
        if key not in _STEPS:
            raise UserError(self.env._("There is no such step."))
        if not self._may(key):
            raise UserError(self._does(key))
        action, _model = getattr(self, f"_opens_{key}")(self.env.company)
        return action if isinstance(action, dict) else self.env["ir.actions.actions"]._for_xml_id(action)

    @api.model
    def action_open_samples(self):
        """Open the samples to choose from."""
        self._check_administers()
        return self.env["ir.actions.actions"]._for_xml_id("loan_crm.loan_sample_add_action")

    @api.model
    def action_open_pause(self):
        """Open the pause of the reminders."""
        self._check_administers()
        return self.env["ir.actions.actions"]._for_xml_id("loan_crm.loan_reminder_pause_action")

    @api.model
    def action_leave_aside(self, key):
        """Leave a step aside, on record; it counts as open no more.

        :param str key: of a step
        """
        self._check_administers()
        if key not in _STEPS:
            raise UserError(self.env._("There is no such step."))
        # As superuser: settings are written by administrators of Odoo, this page's memory by its own verbs.
        company_sudo = self.env.company.sudo()
        company_sudo.loan_setup_aside = {
            **(company_sudo.loan_setup_aside or {}),
            key: {"user": self.env.uid, "day": fields.Date.to_string(company_sudo._loan_today())},
        }

    @api.model
    def action_take_up(self, key):
        """Take a step up again that was left aside.

        :param str key: of a step
        """
        self._check_administers()
        # As superuser: as above.
        company_sudo = self.env.company.sudo()
        left = {other: how for other, how in (company_sudo.loan_setup_aside or {}).items() if other != key}
        company_sudo.loan_setup_aside = left

    @api.model
    def action_close(self):
        """Put the page away: its menu goes; the settings bring it back, and a step that comes undone does.

        :raise UserError: while a step is open
        """
        self._check_administers()
        if self._left():
            raise UserError(self.env._("A step is still open. Do it, or leave it aside."))
        self._put_away(True)
        return {"type": "ir.actions.act_url", "url": "/odoo", "target": "self"}

    @api.model
    def _left(self):
        """Return the keys of the steps that are open."""
        # As superuser: what the page remembers is nobody's to read otherwise.
        aside = self.env.company.sudo().loan_setup_aside or {}
        return [key for key, missing in self._missing().items() if missing and key not in aside]

    @api.model
    def _cron_come_back(self):
        """Bring the page back to the menu of each lender where a step came undone; the night asks."""
        # As superuser: as above.
        for company in self.env["res.company"].sudo().search([("loan_setup_closed", "=", True)]):
            setup = self.with_company(company)
            if setup._left():
                setup._put_away(False)

    @api.model
    def _put_away(self, closed):
        # As superuser: as above. Menus are remembered for each user.
        self.env.company.sudo().loan_setup_closed = closed
        self.env.registry.clear_cache()
