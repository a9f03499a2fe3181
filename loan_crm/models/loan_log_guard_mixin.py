from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Nobody writes these by hand, so Odoo is never asked.
# pylint: disable=method-required-super,no-raise-unlink

_TRIGGERS = {
    "loan_access_log": ("loan_access_log_keep", "loan_access_log_keep_all"),
    "loan_access_head": ("loan_access_head_keep", "loan_access_head_keep_all"),
}
# What a purge has put on record may go, and the end of a chain moves on; nothing else.
_KEEP = """
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'loan_access_log' THEN
        IF EXISTS (SELECT FROM loan_access_log stone
                    WHERE stone.chain = OLD.chain AND stone.event = 'purge' AND stone.seq > OLD.seq
                      AND (stone.facts ->> 'up_to')::integer >= OLD.seq) THEN
            RETURN OLD;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'loan_access_head' THEN
        IF NEW.chain = OLD.chain AND NEW.seq >= OLD.seq THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The access log is never changed or deleted: % of %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
"""


class LoanLogGuardMixin(models.AbstractModel):
    """What nobody writes, changes or deletes: refused here, and by triggers of the database where Odoo is not asked."""

    _name = "loan.log.guard.mixin"
    _description = "Log: Kept as It Is"

    @api.model
    def _refusal(self):
        return UserError(self.env._("The access log is never written, changed or deleted by hand."))

    @api.model_create_multi
    def create(self, vals_list):
        raise self._refusal()

    def write(self, vals):
        raise self._refusal()

    def unlink(self):
        raise self._refusal()

    @api.model
    def _missing_triggers(self):
        """Return the names of the database's own guards that are not there or are switched off.

        They stop mistakes, not who owns the database; that one is told by the seals.
        """
        wanted = {name for names in _TRIGGERS.values() for name in names}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT trigger.tgname
                  FROM pg_trigger trigger
                  JOIN pg_proc keeper ON keeper.oid = trigger.tgfoid
                 WHERE trigger.tgname = ANY(%s) AND trigger.tgenabled = 'O' AND keeper.prosrc = %s
                """,
                list(wanted),
                _KEEP,
            )
        )
        return sorted(wanted - {name for (name,) in rows})

    @api.model
    def _ensure_triggers(self):
        """Put the database's own guards up where one is missing; return the names of those."""
        missing = self._missing_triggers()
        if not missing:
            return missing
        self.env.cr.execute(
            SQL("CREATE OR REPLACE FUNCTION loan_access_keep() RETURNS trigger LANGUAGE plpgsql AS %s", _KEEP)
        )
        for table, (each, whole) in _TRIGGERS.items():
            for name, when in (
                (each, SQL("BEFORE UPDATE OR DELETE ON %s FOR EACH ROW", SQL.identifier(table))),
                (whole, SQL("BEFORE TRUNCATE ON %s FOR EACH STATEMENT", SQL.identifier(table))),
            ):
                names = SQL.identifier(name), SQL.identifier(table)
                self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", *names))
                self.env.cr.execute(
                    SQL("CREATE TRIGGER %s %s EXECUTE FUNCTION loan_access_keep()", names[0], when)
                )
        return missing
