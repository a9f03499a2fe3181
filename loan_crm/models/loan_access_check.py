import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class LoanAccessCheck(models.AbstractModel):
    """The self-test of who may see what: at each start, each night and after each change of a rule.

    Rules are data, and data can be changed. A protected model whose rule is not what it must be shows nothing to
    anybody from that moment (`ir.rule._loan_altered`); here it is told to compliance, with what no rule can keep out:
    a model or a view of another addon that carries customers, a public file, a to-do of somebody without the duty.
    Followers without the duty are removed and counted.
    """

    _name = "loan.access.check"
    _inherit = [
        "loan.check.fence.mixin",
        "loan.check.holder.mixin",
        "loan.check.leak.mixin",
    ]
    _description = "Access Self-Test"

    def _register_hook(self):
        super()._register_hook()
        altered = self.env["ir.rule"]._loan_altered()
        if altered:
            _logger.error(
                "The rules of %s are missing or were altered: they show nothing to anybody", sorted(altered)
            )
            self._soon()

    @api.model
    def _soon(self):
        """Let the self-test run as soon as what was begun is committed."""
        # As superuser: whoever changes a rule need not be able to run jobs.
        cron_sudo = self.env.ref("loan_crm.ir_cron_access_check", raise_if_not_found=False)
        if cron_sudo:
            cron_sudo.sudo()._trigger()

    @api.model
    def _cron_run(self):
        """Look, and tell compliance what was found."""
        self._run()

    @api.model
    def _night_access(self, night):
        """Look once a night, see `loan.night._family_steps`."""
        if night._stand("looked"):
            return 0
        night._note_stand(looked=True)
        self._run()
        return 1

    @api.model
    def _run(self):
        """Look everywhere and bring the findings up to date.

        :return: `loan.access.finding`, those that are open
        """
        rules = self.env["ir.rule"]
        if rules._loan_altered() != rules._loan_altered_now():
            # Changed in the database itself, which left the caches as they were, that of the rules' texts, too.
            self.env.registry.clear_cache()
        return self.env["loan.access.finding"]._bring_up_to_date(self._look())

    @api.model
    def _look(self):
        """Return `{(kind, subject): count}`, the kinds of `loan.access.finding`."""
        protected = self.env["ir.model"]._loan_protected()
        found = {("rule", name): 1 for name in self.env["ir.rule"]._loan_altered()}
        found |= {("company", name): 1 for name in self._without_company(protected)}
        found |= {("model", name): 1 for name in self._unguarded_models(protected)}
        found |= {("view", name): 1 for name in self._unguarded_views(protected)}
        found |= {("automation", name): 1 for name in self._unapproved_automations()}
        # Of a model that shows nothing to anybody, nobody has a follower's or a to-do's right for now.
        guarded = self.env["ir.model"]._loan_guarded()
        shown = guarded - (self.env["ir.rule"]._loan_altered() & protected)
        with self.env.user._loan_duty_kept():
            seen = {}
            found |= self._counted("follower", self._drop_blind_followers(shown, seen))
            found |= self._counted("activity", self._blind_activities(shown, seen))
            self._settle_blind_notifications(shown, seen)
        found |= self._counted("file", self._public_files(protected))
        found |= self._counted(
            "twin", {"res.partner": len(self._twins()), "crm.lead": len(self._twin_leads())}
        )
        found |= {("saved", name): 1 for name in self._saved_names()}
        return found

    @api.model
    def _counted(self, kind, counts):
        return {(kind, name): count for name, count in counts.items() if count}

    @api.model
    def _told(self):
        """Return in words how the last look ended, for the settings."""
        # As superuser: how many there are is no secret of a customer's.
        count = self.env["loan.access.finding"].sudo().search_count([("state", "=", "open")])
        if not count:
            return self.env._("The last look found nothing.")
        return self.env._("%s unresolved findings. Compliance sees them under Compliance → Self-Test.", count)
