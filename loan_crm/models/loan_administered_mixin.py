from odoo import api, models


class LoanAdministeredMixin(models.AbstractModel):
    """A record of Odoo's on which hangs who may see what: what an administrator does to it is on record."""

    _name = "loan.administered.mixin"
    _description = "Administered Record"

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
