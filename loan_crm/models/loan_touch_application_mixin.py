from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL


class LoanTouchApplicationMixin(models.AbstractModel):
    """What a customer applied for, for whoever may see it: the application, its stages, how it ended."""

    _name = "loan.touch.application.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Applications"
    _depends = {
        "crm.lead": [
            "company_id",
            "date_closed",
            "loan_kind",
            "loan_product_id",
            "loan_purpose",
            "lost_reason_id",
            "name",
            "partner_id",
            "won_status",
        ],
        "crm.stage": ["is_won"],
        "loan.product": ["company_id"],
        "mail.message": ["author_id", "date", "model", "res_id"],
        "mail.tracking.value": ["field_id", "mail_message_id", "new_value_integer"],
        "res.partner": ["commercial_partner_id"],
    }

    @api.model
    def _touch_branches(self):
        return {**super()._touch_branches(), **self._application_branches()}

    @api.model
    def _application_branches(self):
        # Worked out once for all three.
        applications, seen = self._applications_sql(), self._applications_seen_sql()
        opened = {
            **self._contact_branch(),
            "number": 22,
            "kinds": ("application",),
            "model": "crm.lead",
            "told": self._tell_application_opened,
            "from": applications,
            "where": seen,
            "source_id": SQL("lead.id"),
            "date": SQL("lead.create_date"),
            # What the night opens nobody has asked for.
            "direction": SQL("CASE WHEN lead.create_uid <> %s THEN 'in' END", SUPERUSER_ID),
            "author": self._partner_sql(SQL("lead.create_uid")),
            "words": SQL("concat_ws(' ', lead.name, lead.loan_purpose)"),
        }
        # Who writes from stage to stage is told by the mail of the change; the last stage is told as the end.
        moved = {
            **opened,
            "number": 23,
            "model": "mail.message",
            "told": self._tell_application_moved,
            "from": SQL(
                """
                %s
                JOIN mail_message message ON message.model = 'crm.lead' AND message.res_id = lead.id
                JOIN mail_tracking_value moved ON moved.mail_message_id = message.id
                """,
                applications,
            ),
            "where": SQL(
                """
                %s AND moved.field_id = %s
                AND NOT EXISTS (SELECT FROM crm_stage stage WHERE stage.id = moved.new_value_integer AND stage.is_won)
                """,
                seen,
                self.env["ir.model.fields"]._get_ids("crm.lead")["stage_id"],
            ),
            "source_id": SQL("message.id"),
            "date": SQL("message.date"),
            "direction": None,
            "author": SQL("message.author_id"),
            "words": SQL("lead.name"),
        }
        closed = {
            **opened,
            "number": 24,
            "told": self._tell_application_closed,
            "where": SQL(
                "%s AND lead.date_closed IS NOT NULL AND lead.won_status IN ('won', 'lost')",
                seen,
            ),
            "date": SQL("lead.date_closed"),
            "direction": None,
            "author": None,
        }
        return {"application_opened": opened, "application_moved": moved, "application_closed": closed}

    @api.model
    def _tell_application_opened(self, lead):
        return [self.env._("Applied for"), lead.loan_product_id.name, lead.name, lead.loan_purpose]

    @api.model
    def _tell_application_moved(self, message):
        moved = message.tracking_value_ids.filtered(lambda value: value.field_id.name == "stage_id")[:1]
        stage = self.env["crm.stage"].browse(moved.new_value_integer).exists()
        # As superuser: of a stage its name is told, to who may see the application.
        return [
            self.env._("Application now at"),
            stage.sudo().name or moved.new_value_char,
            message.record_name,
        ]

    @api.model
    def _tell_application_closed(self, lead):
        won = lead.won_status == "won"
        return [
            self.env._("Application won") if won else self.env._("Application lost"),
            lead.loan_product_id.name,
            lead.name,
            not won and lead.lost_reason_id.name,
        ]

    @api.model
    def _applications_sql(self):
        """Return the SQL of customers with the applications that are theirs, whoever speaks for them."""
        return SQL(
            """
            %s customer
            JOIN res_partner borrower ON borrower.id = customer.partner_id
            JOIN res_partner contact ON contact.commercial_partner_id = borrower.commercial_partner_id
            JOIN crm_lead lead ON lead.partner_id = contact.id AND lead.loan_product_id IS NOT NULL
             AND customer.partner_id = CASE WHEN COALESCE(lead.loan_kind, 'person') IN ('person', 'sole_trader')
                                            THEN contact.id ELSE contact.commercial_partner_id END
             AND COALESCE(lead.company_id,
                          (SELECT product.company_id FROM loan_product product WHERE product.id = lead.loan_product_id),
                          customer.company_id) = customer.company_id
            """,
            self._contacts_sql(),
        )

    @api.model
    def _applications_seen_sql(self):
        """Return the SQL of which applications the user may see: Odoo's own rules say so, superuser or not."""
        leads = self.env["crm.lead"].sudo(False).with_context(active_test=False)
        if leads.env.su:
            return SQL("TRUE")
        if not leads.has_access("read"):
            return SQL("FALSE")
        seen = leads._search([("loan_product_id", "!=", False)])
        return SQL("lead.id IN %s", seen.subselect())
