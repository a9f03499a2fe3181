from odoo import api, models
from odoo.exceptions import AccessError


class IrRule(models.Model):
    _inherit = "ir.rule"

    # Who may see what hangs on these, so what an administrator does to them is on record.

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["loan.access.log"]._note_administration("create", records, vals_list)
        return records

    def write(self, vals):
        done = super().write(vals)
        self.env["loan.access.log"]._note_administration("write", self, [vals])
        return done

    def unlink(self):
        self.env["loan.access.log"]._note_administration("unlink", self)
        return super().unlink()

    def _make_access_error(self, operation, records):
        """Tell no name of a record whose sight is a duty: in debug mode, anybody's, Odoo tells that of each.

        Records one may reach by switching the company are told as ever, with the company to switch to.
        """
        everywhere = {"allowed_company_ids": self.env.user.company_ids.ids}
        if "loan_visible" not in records._fields or records.with_context(**everywhere).has_access(operation):
            return super()._make_access_error(operation, records)
        self.env["loan.access.log"]._note_refusal(operation, records)
        records.invalidate_recordset()  # as Odoo does: asking the rules has left values in the cache
        return AccessError(
            self.env._(
                "You may not see this, or it does not exist. If you need it for your work, ask the customer's "
                "relationship manager or their team lead."
            )
        )
