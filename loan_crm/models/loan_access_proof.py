from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanAccessProof(models.Model):
    """A check of the access log: when, by whom, and whether each entry was what it had been.

    Made each day by a job and at any time by compliance; tells the first broken link of each chain that has one, and
    gives compliance a to-do then. Keeps the seals of that day, too. Nobody enters or deletes one.
    """

    _name = "loan.access.proof"
    _inherit = ["loan.audit.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Check of the Access Log"
    _order = "checked_at desc, id desc"
    _rec_name = "checked_at"
    _mail_post_access = "read"  # compliance notes what was done about it; nobody writes it

    checked_at = fields.Datetime("Checked At", required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "By", readonly=True, ondelete="restrict")
    entry_count = fields.Integer("Entries", readonly=True)
    state = fields.Selection(
        [("whole", "Whole"), ("broken", "Chain Broken")],
        "Result",
        required=True,
        readonly=True,
        default="whole",
    )
    told = fields.Text("What Was Found", readonly=True)
    compared_count = fields.Integer(
        "Seals Compared",
        readonly=True,
        help="How many seals from outside the database the log was compared with.",
    )
    seals = fields.Text("Seals", readonly=True, help="The ends of all chains at that moment.")

    @api.model
    def _make(self, anchors=()):
        """Check the access log and keep the result.

        :param anchors: :class:`core.evidence.Anchor` from outside the database, compared as well
        :return: `loan.access.proof`
        """
        log = self.env["loan.access.log"]
        count, broken = log._verify(anchors)
        # As superuser: nobody enters a check.
        proof_sudo = self.sudo().create(
            {
                "user_id": self.env.uid,
                "entry_count": count,
                "state": "broken" if broken else "whole",
                "told": "\n".join(log._explain_break(found) for found in broken),
                "compared_count": len(anchors),
                "seals": log._anchor_lines(),
            }
        )
        if broken:
            proof_sudo._tell(proof_sudo.told)
        return proof_sudo.sudo(False)

    def _tell(self, words):
        """Give each compliance officer a to-do on this check.

        :param str words: what is to be looked at
        """
        # As superuser: a job and the officer who pressed the button tell the others as well.
        officers_sudo = self.env.ref("loan_crm.loan_crm_group_compliance").sudo().all_user_ids
        for proof_sudo in self.sudo():
            for officer in officers_sudo.filtered(lambda user: user.active and not user.share):
                proof_sudo.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("The access log needs you"),
                    note=words,
                    user_id=officer.id,
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A check of the access log is never deleted."))
