from odoo import api, fields, models

from ..core.listing import listed


class LoanCalendarImport(models.TransientModel):
    """Fetch a year's holidays into a calendar from what this server knows; what it does not know stays unknown."""

    _name = "loan.calendar.import"
    _inherit = ["loan.guard.mixin"]
    _description = "Import a Year"

    calendar_id = fields.Many2one("loan.calendar", "Calendar", required=True, ondelete="cascade")
    year = fields.Integer(
        required=True,
        compute="_compute_year",
        store=True,
        readonly=False,
        precompute=True,
        help="The days of one year come at a time; days that are there already stay as they are.",
    )
    country = fields.Selection(
        lambda self: self.env["loan.calendar"]._importable_countries(),
        required=True,
        compute="_compute_country",
        store=True,
        readonly=False,
        precompute=True,
        help="Whose public holidays are brought in.",
    )
    hint = fields.Char(compute="_compute_hint")

    @api.depends("calendar_id")
    def _compute_year(self):
        for form in self:
            until = form.calendar_id.published_until
            form.year = until + 1 if until else form.calendar_id._today().year

    @api.depends("calendar_id")
    def _compute_country(self):
        offered = dict(self.env["loan.calendar"]._importable_countries())
        for form in self:
            calendar = form.calendar_id
            company = calendar.company_id or self.env.company
            code = (calendar.country_id or company.country_id).code
            form.country = code if code in offered else False

    @api.depends("country")
    @api.depends_context("lang")
    def _compute_hint(self):
        for form in self:
            if not self.env["loan.calendar"]._library("holidays"):
                form.hint = self.env._(
                    "Other countries can be chosen once IT has installed the Python library “holidays”."
                )
            elif form.country == "CN":
                form.hint = self.env._(
                    "Public holidays and make-up working days, as the State Council announced them."
                )
            else:
                form.hint = self.env._(
                    "Public holidays of the whole country, as its law has them today. Regional holidays, bank holidays "
                    "and make-up working days are for you to add."
                )

    def action_import(self):
        """Import the year and say what came in."""
        self.ensure_one()
        days, estimated = self.calendar_id._import_year(self.country, self.year)
        told = [
            self.env._("%(count)s new days of %(year)s.", count=len(days), year=self.year),
            self.env._("Days that were in the calendar stay as they were."),
        ]
        if estimated:
            told.append(
                self.env._(
                    "Left out, since their dates are only estimated: %s. Type them once they are announced, and raise "
                    "“Holidays Published up to” then.",
                    listed(estimated, self.env.lang),
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if estimated else "success",
                "sticky": bool(estimated),
                "message": " ".join(told),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
