from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class LoanAccessFinding(models.Model):
    """Something the self-test found that lets, or would let, somebody see what is not theirs.

    It begins when a look finds it and ends by itself with the look that finds it no more; nobody closes one by hand. Of
    an automation that reads customers compliance says that it may, word for word. It names models and numbers, never a
    customer.
    """

    _name = "loan.access.finding"
    _inherit = ["loan.audit.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Finding of the Access Self-Test"
    _order = "state, last_at desc, id desc"
    _rec_name = "subject"
    _mail_post_access = "read"  # whoever may open one may note what was done about it; nobody writes it

    kind = fields.Selection(
        [
            ("rule", "Rule Missing or Altered"),
            ("company", "No Rule of Companies"),
            ("model", "Model without a Rule"),
            ("view", "SQL View without a Rule"),
            ("follower", "Follower without the Duty"),
            ("activity", "To-Do without the Duty"),
            ("file", "Public File"),
            ("twin", "Twin of a Confidential Contact"),
            ("automation", "Automation That Reads Customers"),
            ("saved", "Saved Words with a Confidential Name"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    subject = fields.Char("Where", required=True, readonly=True, help="Name of the model or view.")
    count = fields.Integer("How Many", readonly=True)
    state = fields.Selection(
        [("open", "Unresolved"), ("gone", "Gone"), ("accepted", "Accepted as It Is")],
        "Status",
        required=True,
        readonly=True,
        default="open",
    )
    first_at = fields.Datetime("First Seen", readonly=True, required=True)
    last_at = fields.Datetime("Last Seen", readonly=True, required=True)
    accepted_user_id = fields.Many2one("res.users", "Approved By", readonly=True, ondelete="restrict")
    accepted_at = fields.Datetime("Approved On", readonly=True)
    told = fields.Text("What It Means", compute="_compute_told")

    _once = models.UniqueIndex("(kind, subject) WHERE state = 'open'", "This finding is open already.")

    @api.depends("kind", "subject", "count")
    @api.depends_context("lang")
    def _compute_told(self):
        words = {
            "rule": self.env._(
                "The rule that asks who may see these records is missing, switched off, limited to groups or reworded. "
                "Nobody sees any of them until it is as it was. An update of Loan CRM puts it right."
            ),
            "company": self.env._(
                "No rule keeps the records of one company from the people of another. An update of Loan CRM puts it "
                "right."
            ),
            "model": self.env._(
                "An addon or a custom model leads to customers and does not ask who may see them. Until it does, take "
                "its access rights away."
            ),
            "view": self.env._(
                "A view in the database reads customers' tables and asks nobody's rights. Give its model a rule, or "
                "drop it."
            ),
            "follower": self.env._(
                "Colleagues followed records they may not see. They follow them no more, and got no mail meanwhile."
            ),
            "activity": self.env._(
                "To-dos are with colleagues who may not see what they are about, and do not see the to-dos either. "
                "Give them to somebody whose duty it is."
            ),
            "automation": self.env._(
                "An automation rule, a server action or a scheduled job reads customers, or is code that somebody here "
                "has written, of which no program can tell what it reads; and it runs with all rights. An "
                "administrator shows you what it does. Accept it, or have it taken away; whoever alters it later has "
                "to ask you again."
            ),
            "file": self.env._(
                "Files of customers are marked as public. They are served to nobody without the duty; take the mark "
                "away."
            ),
            "twin": self.env._(
                "Contacts that everybody sees have the address or tax number of a confidential customer's. Somebody "
                "entered them again. Merge them with the confidential ones."
            ),
            "saved": self.env._(
                "A filter, a default, an export or a canned answer that colleagues share holds the name, the address "
                "or the tax number of a confidential customer. Have an administrator reword it, or take it away."
            ),
        }
        for finding in self:
            finding.told = words.get(finding.kind)

    @api.model
    def _bring_up_to_date(self, found):
        """Open what is found for the first time, end what is found no more, and tell compliance of what is new.

        :param found: `{(kind, subject): count}`, see `loan.access.check._look`
        :return: those that are open
        """
        # As superuser: the self-test writes them, nobody else does.
        findings_sudo = self.sudo()
        now = fields.Datetime.now()
        known_sudo = {
            (finding.kind, finding.subject): finding
            for finding in findings_sudo.search([("state", "=", "open")])
        }
        for key, finding_sudo in known_sudo.items():
            if key in found:
                finding_sudo.write({"last_at": now, "count": found[key]})
            else:
                finding_sudo.write({"state": "gone"})
                finding_sudo.activity_ids.unlink()
        new_sudo = findings_sudo.create(
            [
                {"kind": kind, "subject": subject, "count": count, "first_at": now, "last_at": now}
                for (kind, subject), count in sorted(found.items())
                if (kind, subject) not in known_sudo
            ]
        )
        new_sudo._wake_compliance()
        return findings_sudo.search([("state", "=", "open")])

    def action_open_twins(self):
        """Open the contacts that a finding of twins counts, as they are now.

        :raise AccessError: for who is not of compliance
        """
        self.check_access("read")
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise self.env["ir.rule"]._loan_refusal()
        check = self.env["loan.access.check"]
        leads = all(finding.subject == "crm.lead" for finding in self)
        twins = Domain("id", "in", (check._twin_leads() if leads else check._twins()).ids)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Twins of Confidential Contacts"),
            "res_model": "crm.lead" if leads else "res.partner",
            "domain": list(twins),
            "views": [(False, "list"), (False, "form")],
        }

    @api.model
    def _accepted(self, kind):
        """Return the subjects of a kind that compliance has accepted, a set."""
        # As superuser: the self-test asks.
        return set(self.sudo().search([("kind", "=", kind), ("state", "=", "accepted")]).mapped("subject"))

    def action_accept(self):
        """Accept an automation as it is; what it becomes when somebody alters it is found anew.

        :raise AccessError: for who is not of compliance
        :raise UserError: for another kind of finding, which is put right and not accepted
        """
        self.check_access("read")
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Compliance accepts what reads customers."))
        if self.filtered(lambda finding: finding.kind != "automation" or finding.state != "open"):
            raise UserError(self.env._("This is put right, not accepted. It ends by itself then."))
        # As superuser: nobody writes a finding by hand.
        findings_sudo = self.sudo()
        findings_sudo.write(
            {"state": "accepted", "accepted_user_id": self.env.uid, "accepted_at": fields.Datetime.now()}
        )
        findings_sudo.activity_ids.unlink()
        for finding in self:
            self.env["loan.access.log"]._note("review", finding, accepted=finding.subject)
        return True

    def _wake_compliance(self):
        """Give a compliance officer a to-do for each finding; without one, an administrator of Loan CRM."""
        for xmlid in ("loan_crm.loan_crm_group_compliance", "loan_crm.loan_crm_group_administrator"):
            # As superuser: whoever's change made the self-test run need not see who is in which group.
            people_sudo = self.env.ref(xmlid).sudo().all_user_ids.filtered(lambda user: user.active)
            if people_sudo:
                break
        user_sudo = people_sudo.sorted("id")[:1]
        for finding in self:
            # What a working day leaves behind is a to-do; what somebody did to the rules is a mail as well.
            routine = finding.kind in ("follower", "activity")
            finding.with_context(mail_activity_quick_update=routine).activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=user_sudo.id,
                summary=self.env._("Access self-test: see what was found"),
            )
