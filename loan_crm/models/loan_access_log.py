from odoo import api, fields, models


class LoanAccessLog(models.Model):
    """Who saw what, when and from where, and who decided about it: entries that nobody changes.

    An entry begins with a look at a record whose level asks for it, a refusal, or a decision somebody notes (`_note`),
    and ends with a purge when the time to keep it is over. It holds numbers and names of fields, never what stood in
    them: a log with values would be a second copy to protect. Each entry is sealed with the seal of the one before
    (`core.evidence`), in one of several chains so that people do not wait for each other.

    Views are gathered while a request runs and written in one go when it has ended, in a transaction of their own:
    the request's may be on a replica that cannot be written. Where they cannot be written, the request
    fails. Refusals are written however the request ends.
    """

    _name = "loan.access.log"
    _inherit = [
        "loan.log.entry.mixin",
        "loan.log.queue.mixin",
        "loan.log.chain.mixin",
        "loan.log.purge.mixin",
        "loan.log.check.mixin",
        "loan.log.anchor.mixin",
        "loan.log.screen.mixin",
        "loan.log.guard.mixin",
    ]
    _description = "Access Log"
    _log_access = False
    _order = "logged_at desc, id desc"
    _rec_name = "login"

    chain = fields.Integer(
        required=True,
        readonly=True,
        aggregator=None,
        help="Which row of seals the entry belongs to; each is checked by itself.",
    )
    seq = fields.Integer("Number in Chain", required=True, readonly=True, aggregator=None)
    logged_at = fields.Datetime("When", required=True, readonly=True, index=True)
    # Neither a relation to the user nor to a record: what happens to those later must not reach back into the log.
    uid = fields.Integer("User Number", required=True, readonly=True, index=True, aggregator=None)
    login = fields.Char("Login", readonly=True)
    api_key = fields.Integer(
        "API Key", readonly=True, aggregator=None, help="The number of the key, if one was used."
    )
    ip = fields.Char("From Where", readonly=True)
    session = fields.Char(readonly=True, help="The same for all that was done in one session; opens none.")
    route = fields.Char("By Way Of", readonly=True)
    event = fields.Selection(
        [
            ("view", "Seen"),
            ("lookup", "Found by Name"),
            ("aggregate", "Counted or Summed Up"),
            ("export", "Exported"),
            ("report", "Printed"),
            ("download", "Downloaded"),
            ("message", "Messages Read"),
            ("refusal", "Access Refused"),
            ("level", "Level Changed"),
            ("grant", "Access Granted"),
            ("request", "Access Requested"),
            ("emergency", "Emergency Access"),
            ("agreement", "Agreement"),
            ("training", "Training"),
            ("breach", "Breach Decided"),
            ("wall", "Wall or Conflict"),
            ("review", "Reviewed"),
            ("administration", "Administration"),
            ("integrity", "Log Checked"),
            ("setup", "Log Set Up"),
            ("purge", "Log Purged"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    outcome = fields.Selection(
        [("allowed", "Allowed"), ("denied", "Denied")], required=True, readonly=True, default="allowed"
    )
    company_id = fields.Many2one("res.company", "Company", readonly=True, index=True, ondelete="restrict")
    res_model = fields.Char("Model", readonly=True)
    res_ids = fields.Json("Records", readonly=True)
    customer_refs = fields.Json("Customer Numbers", readonly=True, export_string_translation=False)
    field_names = fields.Char("Fields", readonly=True)
    count = fields.Integer("How Many", readonly=True)
    reason = fields.Char("Reason", readonly=True)
    grant_ref = fields.Integer("Grant Number", readonly=True, aggregator=None)
    facts = fields.Json("Details", readonly=True)
    seal = fields.Char(
        required=True,
        readonly=True,
        help="Made of this entry and the seal before it: whoever changes one entry breaks all that follow.",
    )

    _chain_seq_uniq = models.UniqueIndex("(chain, seq)")
    _customer_idx = models.Index("USING gin (customer_refs)")
    _uid_idx = models.Index("(uid, logged_at)")

    @api.private
    def init(self):
        self._ensure_triggers()

    def _register_hook(self):
        super()._register_hook()
        if missing := self._ensure_triggers():
            self._note("integrity", self.browse(), missing=",".join(missing))

    @api.model
    def _cron_evidence(self):
        """Check the log, write its ends down outside the database, and look for what stands out in it.

        A daily job; a second run of a day repeats the check and the anchors.
        """
        if missing := self._ensure_triggers():
            self._note("integrity", self.browse(), missing=",".join(missing))
        proof = self.env["loan.access.proof"]._make()
        self.env["ir.cron"]._commit_progress(remaining=2)
        self._send_anchors(proof)
        self.env["ir.cron"]._commit_progress(1)
        self.env["loan.access.unusual"]._look()
        self.env["ir.cron"]._commit_progress(1)
