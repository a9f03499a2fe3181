from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        blacklist = super()._load_menus_blacklist()
        # As superuser: whether a lender has put the page away is no secret. Menus are remembered for a user, not for
        # the companies chosen at the moment: it stays while one of theirs still needs it.
        companies_sudo = self.env.user.company_ids.sudo()
        if companies_sudo and all(companies_sudo.mapped("loan_setup_closed")):
            menu = self.env.ref("loan_crm.loan_setup_menu", raise_if_not_found=False)
            blacklist.extend(menu.ids if menu else ())
        return blacklist
