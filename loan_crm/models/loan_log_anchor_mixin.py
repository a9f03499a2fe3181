import logging
import os

from odoo import api, fields, models
from odoo.tools import SQL, config

from ..core import evidence

_logger = logging.getLogger(__name__)


class LoanLogAnchorMixin(models.AbstractModel):
    """The ends of the chains, written down outside the database: by mail and to a file that Odoo only appends to.

    Whoever owns the database can write a whole chain anew. That is told by these alone.
    """

    _name = "loan.log.anchor.mixin"
    _description = "Log: Its Anchors"

    @api.model
    def _anchor_lines(self):
        """Return the present ends of all chains as lines to be kept outside the database."""
        heads = self.env.execute_query(SQL("SELECT chain, seq, seal FROM loan_access_head ORDER BY chain"))
        return evidence.write_anchors(fields.Datetime.now(), heads)

    @api.model
    def _anchor_path(self):
        """Return the file that anchors are appended to, or None.

        Named in Odoo's configuration file (`loan_crm_anchor_file`) or the environment alone: who works in Odoo, as its
        administrator too, cannot turn it elsewhere.
        """
        return config.get("loan_crm_anchor_file") or os.environ.get("LOAN_CRM_ANCHOR_FILE") or None

    @api.model
    def _send_anchors(self, proof):
        lines = self._anchor_lines()
        if not lines:
            return
        if path := self._anchor_path():
            try:
                with open(path, "a", encoding="ascii") as file:
                    file.write(lines)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                _logger.exception("The anchors of the access log could not be written")
                proof._tell(self.env._("The anchors could not be written to the file of the configuration."))
        companies = self.env["res.company"].search([("loan_log_emails", "!=", False)])
        self.env["mail.mail"].create(
            [
                {
                    "email_to": address,
                    "subject": self.env["loan.access.log"]
                    .with_context(lang=company.partner_id.lang)
                    .env._(
                        "Access log of %(company)s on %(day)s: its seals",
                        company=company.name,
                        day=fields.Date.to_string(company._loan_today()),
                    ),
                    "body_html": self.env["ir.qweb"]
                    .with_context(lang=company.partner_id.lang)
                    ._render("loan_crm.loan_access_log_anchors", {"lines": lines, "proof": proof}),
                    "auto_delete": False,
                }
                for company in companies
                for address in company._loan_log_addresses()
            ]
        )
