from odoo import api, models


class IrCron(models.Model):
    _inherit = "ir.cron"

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
