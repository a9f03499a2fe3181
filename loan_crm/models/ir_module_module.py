from odoo import models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def write(self, vals):
        done = super().write(vals)
        # Somebody installs, upgrades or removes an app, which may open what ours keeps shut.
        if "state" in vals:
            self.env["loan.access.log"]._note_administration("write", self, [vals])
        return done
