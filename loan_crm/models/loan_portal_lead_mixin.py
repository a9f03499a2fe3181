from datetime import timezone
from zoneinfo import ZoneInfo

from markupsafe import Markup

from odoo import Command, models
from odoo.tools import format_date, format_list

from ..core import stages
from ..core.calendars import CalendarError

_TODO = "loan_crm.mail_activity_type_check"
_FILES_OF_A_PAPER = 10
# What may still be sent in; what is accepted or not needed is closed.
_SENDABLE = ("missing", "asked", "refused", "received")


class LoanPortalLeadMixin(models.AbstractModel):
    """What the portal tells of an application to whoever applied: where it stands, by when, what is missing.

    The title of a lead and what colleagues say of it are theirs and are not told; what is told is the product, what the
    applicant wanted, and what the stages say to applicants.
    """

    _name = "loan.portal.lead.mixin"
    _description = "Application on the Portal"

    def _as_read_by_applicant(self, lang):
        """Return this application in the lender's company and in a language.

        :param str lang: code
        """
        return self.with_context(allowed_company_ids=self._loan_company().ids, lang=lang)

    def _portal_standing(self):
        """Return how an application stands: "open", "won" or "ended"."""
        if self.won_status == "won":
            return "won"
        return "open" if self.active and self.won_status == "pending" else "ended"

    def _portal_day(self, day):
        return format_date(self.env, day, date_format="long")

    def _portal_row(self):
        """Return what the list of somebody's applications tells of one."""
        standing = self._portal_standing()
        missing = len(self._loan_lacking()) if standing == "open" else 0
        state = {
            "won": self.env._("Agreed"),
            "ended": self.env._("This application has ended."),
            "open": self.env._("Now: %s", self.stage_id.name),
        }[standing]
        return {
            "id": self.id,
            "product": self.loan_product_id.name,
            "applied": self._portal_applied(),
            "wanted": self._portal_wanted(),
            "standing": standing,
            "state": state,
            "by": standing == "open"
            and self.loan_stage_due
            and not self.loan_stage_late
            and self.env._("This step is done by %s.", self._portal_day(self.loan_stage_due)),
            "late": standing == "open"
            and self.loan_stage_late
            and self.env._("This step takes longer than we said."),
            "missing": missing
            and (
                self.env._("We need %s papers from you.", missing)
                if missing > 1
                else self.env._("We need one paper from you.")
            ),
            "lender": self._loan_company().name,
        }

    def _portal_applied(self):
        zone = ZoneInfo(self._loan_company().loan_tz or "UTC")
        day = self.create_date.replace(tzinfo=timezone.utc).astimezone(zone).date()
        return self.env._("applied for on %s", self._portal_day(day))

    def _portal_wanted(self):
        """Return what the applicant wanted, in one line."""
        told = []
        if self.loan_amount:
            told.append(self.loan_currency_id.format(self.loan_amount))
        if self.loan_term:
            told.append(self.env._("%s installments", self.loan_term))
        if self.loan_purpose:
            told.append(self.loan_purpose)
        return " · ".join(told)

    def _portal_facts(self):
        """Return what the page of an application tells, in the language of the context; no record among it."""
        standing, company = self._portal_standing(), self._loan_company()
        user = self.user_id or self.team_id.user_id
        return {
            **self._portal_row(),
            "steps": self._portal_steps(standing),
            "papers": [
                self._portal_paper(paper) for paper in self.loan_document_ids if paper.state != "waived"
            ],
            "why": self._portal_why() if standing == "open" and self.loan_stage_late else [],
            "contact": {
                "name": user.name or company.name,
                "role": self.env._("Looks after your application") if user else "",
                "phone": user.phone or company.phone,
                "email": user.email or company.email,
            },
        }

    # ------------------------------------------------------------ where it stands

    def _portal_stages(self):
        """Return the stages that tell applicants something, in their order; the present one is among them."""
        found = self.env["crm.stage"].search([("team_ids", "in", [*self.team_id.ids, False])])
        told = found.filtered(lambda stage: stage.loan_purpose or stage.loan_days or stage.loan_holder)
        return (told | self.stage_id).sorted(lambda stage: (stage.sequence, stage.id))

    def _portal_steps(self, standing):
        """Return the steps of an application, each with what it is for, who has it, by when, and where it stands."""
        steps, company = self._portal_stages(), self._loan_company()
        order = steps.ids
        here = order.index(self.stage_id.id) if self.stage_id.id in order else -1
        coming = [stage for place, stage in enumerate(steps) if place > here]
        try:
            days = stages.course(
                [stage.loan_days for stage in coming],
                self._loan_business_days(company),
                self.loan_stage_due,
                company._loan_today(),
            )
        except CalendarError:  # as for the clock of a stage
            days = [None] * len(coming)
        by = dict(zip(coming, days, strict=True))
        told = []
        for place, stage in enumerate(steps):
            at = "done" if place < here or standing == "won" else "now" if place == here else "next"
            if standing == "ended" and at != "done":
                continue
            told.append(
                {
                    "name": stage.name,
                    "at": at,
                    "word": {
                        "done": self.env._("Done"),
                        "now": self.env._("We are here"),
                        "next": self.env._("Comes next"),
                    }[at],
                    "purpose": stage.loan_purpose,
                    "holder": stage.loan_holder and self.env._("With: %s", stage.loan_holder),
                    "when": self._portal_when(stage, at, by.get(stage)),
                    "late": at == "now" and self.loan_stage_late,
                }
            )
        return told

    def _portal_when(self, stage, at, day):
        """Return by when a step is done, in words; empty where nobody can say it."""
        if at == "now":
            if not self.loan_stage_due:
                return (
                    self.env._("since %s", self._portal_day(self.loan_stage_since))
                    if self.loan_stage_since
                    else ""
                )
            facts = {
                "since": self._portal_day(self.loan_stage_since),
                "day": self._portal_day(self.loan_stage_due),
            }
            if self.loan_stage_late:
                return self.env._("since %(since)s, should have been done by %(day)s", **facts)
            return self.env._("since %(since)s, done by %(day)s", **facts)
        if at == "done" or not stage.loan_days:
            return ""
        takes = (
            self.env._("takes %s working days", stage.loan_days)
            if stage.loan_days > 1
            else self.env._("takes one working day")
        )
        return (
            self.env._("%(takes)s, about until %(day)s", takes=takes, day=self._portal_day(day))
            if day
            else takes
        )

    def _portal_why(self):
        """Return why the present step takes longer than was said, in sentences for whoever waits."""
        told = [
            self.env._(
                "It should have been done by %s. We are sorry that you wait.",
                self._portal_day(self.loan_stage_due),
            )
        ]
        lacking = self._loan_lacking()
        if lacking:
            told.append(
                self.env._(
                    "We cannot go on without: %s.",
                    format_list(self.env, lacking.mapped("told_name")),
                )
            )
        elif any(paper.state == "received" for paper in self.loan_document_ids):
            told.append(self.env._("Your papers are here and are being checked."))
        else:
            told.append(
                self.env._("It lies with us, and you need not do anything. Ask whoever looks after it.")
            )
        if self.loan_cover_to_id and self.loan_cover_to_id == self.user_id:
            told.append(
                self.env._(
                    "%(manager)s is away; %(colleague)s looks after it meanwhile.",
                    manager=self.loan_cover_from_id.name,
                    colleague=self.user_id.name,
                )
            )
        return told

    # ------------------------------------------------------------ papers

    def _portal_paper(self, paper):
        """Return what the page tells of a paper, and whether it may be sent in."""
        held = paper.held_told
        state = {
            "missing": self.env._("We need it from you"),
            "asked": self.env._("We need it from you"),
            "received": self.env._("We have it and check it"),
            "accepted": self.env._("Accepted"),
            "refused": self.env._("Please send it again"),
        }[paper.state]
        return {
            "id": paper.id,
            "name": paper.told_name,
            "request": paper.told_request if paper.lacking else "",
            "state": self.env._("We have it: %s", held) if held else state,
            "lacks": paper.state == "refused"
            and paper.lacks
            and self.env._("What is missing: %s", paper.lacks),
            "lacking": bool(paper.lacking),
            "good": bool(held) or paper.state == "accepted",
            "came": paper.received_on
            and paper.state in ("received", "accepted")
            and self.env._("came on %s", self._portal_day(paper.received_on)),
            "files": paper.state == "received" and self._portal_files(len(paper.attachment_ids)),
            "open": self._portal_standing() == "open" and paper.state in _SENDABLE and not held,
        }

    def _portal_files(self, count):
        """Return how many files have come, in words; empty where none has."""
        if count > 1:
            return self.env._("%s files", count)
        return self.env._("one file") if count else ""

    def _portal_takes(self, partner, paper, files):
        """Tell whether so many files more may be sent in for a paper today; the application is locked meanwhile.

        :param partner: `res.partner` who sends them
        :param paper: `loan.lead.document` of this application
        :param files: what `core.files.check` returned
        """
        self._wait_for_lock()  # of two clicks the second counts what the first has brought
        if len(paper.attachment_ids) + len(files) > _FILES_OF_A_PAPER:
            return False
        counts = self.env["loan.portal.count"]
        return counts._take(self._loan_company(), partner, "file", len(files))

    def _portal_send(self, partner, paper, files):
        """Put files that an applicant sends in on a paper, and let whoever has the application know.

        :param partner: `res.partner` who sends them
        :param paper: `loan.lead.document` of this application
        :param files: what `core.files.check` returned
        """
        self.ensure_one()
        # It is the document's from the first moment on: nobody reads it who may not read the application.
        paper.attachment_ids = [
            Command.create(
                {
                    "name": name,
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": paper._name,
                    "res_id": paper.id,
                }
            )
            for name, mimetype, content in files
        ]
        user = self._who_answers()
        own = self.with_context(lang=user.lang or self.env.lang)
        named = paper.with_env(own.env)
        own._message_log(
            body=Markup("<p>%s</p>")
            % own.env._(
                "Sent in on the portal: %(paper)s, %(count)s files.", paper=named.told_name, count=len(files)
            ),
            author_id=partner.id,
        )
        kind = self.env.ref(_TODO, raise_if_not_found=False)
        if user and kind and kind not in self.activity_ids.activity_type_id:
            own.with_context(mail_activity_quick_update=True).activity_schedule(
                _TODO,
                date_deadline=self._loan_company()._loan_today(),
                summary=own.env._("Check the papers that came"),
                user_id=user.id,
            )
