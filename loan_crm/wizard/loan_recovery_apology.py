from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty


class LoanRecoveryApology(models.TransientModel):
    """Write the letter that apologises: a draft in the customer's language, for its writer to make their own."""

    _name = "loan.recovery.apology"
    _inherit = ["loan.guard.mixin"]
    _description = "Apologise by Letter"

    plan_id = fields.Many2one("loan.recovery.plan", "Recovery Plan", required=True)
    subject = fields.Char(
        compute="_compute_letter", store=True, readonly=False, precompute=True, required=True
    )
    letter = fields.Html(
        compute="_compute_letter",
        store=True,
        readonly=False,
        precompute=True,
        sanitize_style=True,
        help="Sent to the customer as it stands here; change what you would say otherwise.",
    )

    @api.depends("plan_id")
    def _compute_letter(self):
        template = self.env.ref("loan_crm.mail_template_apology", raise_if_not_found=False)
        for form in self:
            form.subject, form.letter = self.env._("We are sorry"), Markup()
            if template and form.plan_id:
                # As superuser: the letter is the house's; what it says of the plan its writer may read.
                template_sudo, ids = template.sudo(), form.plan_id.ids
                form.subject = template_sudo._render_field("subject", ids, compute_lang=True)[ids[0]]
                form.letter = template_sudo._render_field("body_html", ids, compute_lang=True)[ids[0]]

    def action_send(self):
        """Send it, and note that somebody has apologised."""
        self.ensure_one()
        plan = self.plan_id
        plan.check_access("write")
        if not plan.partner_id.email_normalized:
            raise UserError(self.env._("%s has no email address: call them.", plan.partner_id.name))
        if is_html_empty(self.letter):
            raise UserError(self.env._("The letter says nothing."))
        place = plan.case_id or plan.contract_id or plan.customer_id  # where answers to it are waited for
        message = place.message_post(
            body=self.letter,
            subject=self.subject,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=plan.partner_id.ids,
        )
        plan._apologised(message)
        return {"type": "ir.actions.act_window_close"}
