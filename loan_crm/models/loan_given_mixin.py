from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

# How often in a row something may be put off before a team lead has to agree.
_PUT_OFF = 2


class LoanGivenMixin(models.AbstractModel):
    """A word given for a day, whoever gave it: how long it has, how often it was put off, and how many are kept.

    What a borrower promises to pay and what we promise them are judged by different evidence and counted alike.
    """

    _name = "loan.given.mixin"
    _description = "A Word Given"

    days_left = fields.Integer("Days Left", compute="_compute_days_left")
    replacements = fields.Integer(
        "Times Put Off",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Promises in a row that this one replaces.",
    )
    withdraw_reason = fields.Char(
        "Withdrawn Because",
        copy=False,
        help="A word that is withdrawn counts neither as kept nor as broken; so it says why.",
    )
    withdrawn_user_id = fields.Many2one(
        "res.users", "Withdrawn By", readonly=True, copy=False, ondelete="restrict"
    )
    kept_share = fields.Float(
        "Share Kept", compute="_compute_kept_share", store=True, aggregator="avg", help="Of those decided."
    )
    # The to-do of the team's lead, so that it is given once and taken back when all was well after all.
    lead_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    @api.model
    def _word_day(self):
        """Return the name of the field that says by when."""
        return "date_due"

    @api.model
    def _word_failed(self):
        """Return the states of a word that was not kept as it was given; what is open or taken back is neither."""
        return ("broken",)

    @api.depends("state")
    def _compute_kept_share(self):
        for word in self:
            word.kept_share = float(word.state == "kept")

    @api.depends(lambda self: (self._word_day(), "company_id"))
    def _compute_days_left(self):
        for word in self:
            day = word[self._word_day()]
            word.days_left = (day - (word.company_id or self.env.company)._loan_today()).days if day else 0

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "kept_share:avg":
            return SQL(
                "AVG(CASE WHEN %(state)s = 'kept' THEN 1 WHEN %(state)s IN %(failed)s THEN 0 END)::float",
                state=self._field_to_sql(self._table, "state", query),
                failed=tuple(self._word_failed()),
            )
        return super()._read_group_select(aggregate_spec, query)

    @api.model
    def _note_lines(self, lines):
        """Note on records what became of words given, all that concerns one record in one note.

        :param lines: iterable of (record, `res.partner` who says it or nobody, words)
        """
        notes = {}
        for place, author, words in lines:
            notes.setdefault((place._name, author), {}).setdefault(place.id, []).append(words)
        for (name, author), told in notes.items():
            bodies = {place_id: Markup("<br/>").join(words) for place_id, words in told.items()}
            self.env[name].browse(bodies)._message_log_batch(bodies=bodies, author_id=author.id or None)

    def _is_put_off_enough(self):
        """Tell whether a team lead has to agree before this is put off once more."""
        self.ensure_one()
        return self.replacements >= _PUT_OFF and not self.env.user.has_group(
            "loan_crm.loan_crm_group_team_lead"
        )
