from odoo import models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def write(self, vals):
        done = super().write(vals)
        if (
            "state" in vals
        ):  # somebody installs, upgrades or removes an app, which may open what ours keeps shut
            self.env["loan.access.log"]._note_administration("write", self, [vals])
        return done
