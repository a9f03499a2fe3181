from base64 import b64decode, b64encode

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS, Domain

from ..core import portables

# A copy made is kept for so many days, then it goes; another one can be made.
_KEPT_DAYS = 7
_BATCH = 100
_COMPLIANCE = "loan_crm.loan_crm_group_compliance"


class LoanDataRequest(models.Model):
    """That somebody asked for a copy of what is held about them: begins with the question, ends when they have it.

    On the portal it is made while they wait and handed over by their own download. Who asks by letter or telephone is
    put on record by compliance, whose to-do it is until it has been handed over; the law gives a term. The file is
    nobody's to read but by its two doors, and goes after a week.
    """

    _name = "loan.data.request"
    _inherit = ["loan.open.mixin", "loan.access.mixin"]
    _description = "Request for a Copy of Data"
    _order = "asked_on desc, id desc"
    _rec_name = "customer_id"
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    partner_id = fields.Many2one("res.partner", "Asked By", required=True, readonly=True, ondelete="restrict")
    how = fields.Selection(
        [
            ("portal", "On the Portal"),
            ("post", "By Letter"),
            ("email", "By Email"),
            ("phone", "By Telephone"),
            ("visit", "In Person"),
        ],
        "Asked How",
        required=True,
        readonly=True,
    )
    asked_on = fields.Date("Asked On", required=True, readonly=True)
    due_on = fields.Date("To Be Handed Over By", required=True, readonly=True, help="The term the law gives.")
    state = fields.Selection(
        [("open", "To Be Made"), ("made", "Made"), ("handed", "Handed Over")],
        "Status",
        required=True,
        readonly=True,
        default="open",
    )
    user_id = fields.Many2one("res.users", "Put on Record By", readonly=True, ondelete="restrict")
    made_at = fields.Datetime("Made At", readonly=True)
    handed_at = fields.Datetime("Handed Over At", readonly=True)
    handed_user_id = fields.Many2one("res.users", "Handed Over By", readonly=True, ondelete="restrict")
    note = fields.Char("Remark", readonly=True)
    file = fields.Binary("Copy", attachment=True, readonly=True, copy=False, groups=NO_ACCESS)
    file_until = fields.Date("File Kept Until", readonly=True)
    has_file = fields.Boolean("File Is There", readonly=True)
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _one_a_day = models.UniqueIndex(
        "(partner_id, customer_id, asked_on) WHERE how = 'portal'", "A copy was made today already."
    )
    # What the night looks for.
    _filed_idx = models.Index("(company_id, file_until) WHERE has_file")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A request is put on record by “Copy of Their Data”."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What became of a request is noted by its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_erased(self):
        if not self.env.su:
            raise AccessError(self.env._("What became of a request is noted by its buttons."))

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "now",
            "why": self.env._("The copies go at once. That they were asked for stands in the access log."),
        }

    @api.model
    def _before_customer_merge(self, kept, others):
        # A copy of one of two profiles would be half of what is held: it is made anew.
        self.search(
            Domain("customer_id", "in", (kept | others).ids) & Domain("has_file", "=", True)
        )._drop_files()

    # ------------------------------------------------------------ asking

    @api.model
    def _term(self, company, day):
        """Return the last day to hand a copy over.

        :param company: `res.company`
        :param date day: of the question
        """
        if company.loan_data_term == "month":
            return day + relativedelta(months=1)
        return company._loan_business_day(day, company.loan_data_term_days)

    @api.model
    def _ask(self, customer, how, user=None, asked_on=None, note=None):
        """Put on record that somebody asked for a copy.

        :param customer: `loan.customer`
        :param str how: of the selection
        :param user: `res.users` who puts it on record; None where they asked on the portal
        :param date asked_on: today where it is not said
        :param str note: what else was said
        :return: the request, as superuser
        """
        # As superuser: a request is written by its verbs alone; whoever calls this has asked who may.
        requests_sudo, customer_sudo = self.sudo(), customer.sudo()
        asked_on = asked_on or customer_sudo.company_id._loan_today()
        made = requests_sudo.create(
            {
                "customer_id": customer_sudo.id,
                "partner_id": customer_sudo.partner_id.id,
                "how": how,
                "asked_on": asked_on,
                "due_on": self._term(customer_sudo.company_id, asked_on),
                "user_id": user.id if user else False,
                "note": note,
            }
        )
        if user:
            made.activity_id = customer_sudo._give_quietly(
                [
                    {
                        "res_id": customer_sudo.id,
                        "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
                        "date_deadline": made.due_on,
                        "summary": self.env._("Hand over the copy of their data"),
                        "user_id": user.id,
                    }
                ]
            )
        return made

    def _make(self):
        """Make the copies, in the language of whom they are about."""
        now = fields.Datetime.now()
        for made in self:
            customer = made.customer_id
            lang = customer.partner_id.lang or customer.company_id.partner_id.lang or self.env.lang
            copy, attached = customer.with_context(lang=lang)._portable_copy(now)
            made.write(
                {
                    # Bytes as they are: Odoo takes text for base64.
                    "file": b64encode(portables.as_zip(copy, attached)),
                    "has_file": True,
                    "file_until": fields.Date.add(customer.company_id._loan_today(), days=_KEPT_DAYS),
                    "made_at": now,
                    "state": "handed" if made.state == "handed" else "made",
                }
            )

    def _content(self):
        """Return the file and its name; None where there is none any more."""
        self.ensure_one()
        if not self.has_file or self.file_until < self.company_id._loan_today():
            return None
        name = f"{self.customer_id.reference or self.customer_id.id}-{self.asked_on.isoformat()}.zip"
        return b64decode(self.file), name

    def _hand_over(self, user=None):
        """Note that whoever asked has their copy.

        :param user: `res.users` who handed it over; None where they downloaded it themselves
        """
        for given in self.filtered(lambda each: each.state != "handed"):
            given.write(
                {
                    "state": "handed",
                    "handed_at": fields.Datetime.now(),
                    "handed_user_id": user.id if user else False,
                }
            )
            given.activity_id.filtered("active").unlink()

    # ------------------------------------------------------------ by compliance

    def _check_compliance(self):
        """Refuse whoever is no compliance officer, and whoever is kept from a part of what the copy would hold."""
        self.check_access("read")
        if not self.env.user.has_group(_COMPLIANCE):
            raise AccessError(self.env._("A copy of somebody's data is made by a compliance officer."))
        self.customer_id._check_all_is_seen()

    def action_make(self):
        """Make the copy, to be printed or sent."""
        self.ensure_one()
        self._check_compliance()
        request_sudo = self.sudo()  # as superuser: a copy holds all that is theirs
        request_sudo._make()
        self.env["loan.access.log"]._note("export", self, request=self.id)
        return True

    def action_download(self):
        """Download the copy."""
        self.ensure_one()
        self._check_compliance()
        return {"type": "ir.actions.act_url", "url": f"/loan/data/{self.id}", "target": "self"}

    def action_hand_over(self):
        """Note that they have it."""
        self.check_access("read")
        self._check_compliance()
        if self.filtered(lambda each: each.state == "open"):
            raise UserError(self.env._("Make the copy first."))
        requests_sudo = self.sudo()  # as superuser: it is noted, not entered
        requests_sudo._hand_over(self.env.user)
        return True

    # ------------------------------------------------------------ the night

    def _drop_files(self):
        self.write({"file": False, "has_file": False})

    @api.model
    def _night_copies(self, night):
        """Delete the files whose week is over; see `loan.night._family_steps`."""
        over = self.search(
            Domain("company_id", "=", night.company_id.id)
            & Domain("has_file", "=", True)
            & Domain("file_until", "<", night.date),
            limit=_BATCH,
        )
        over._drop_files()
        if over:
            night._note_stand(copies_last=over[-1].id)
        return len(over)
