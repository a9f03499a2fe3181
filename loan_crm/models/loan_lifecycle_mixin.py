from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..core.listing import listed

# Travels in the context from `_move_to` to `write`. An object's identity cannot be sent over RPC, so nobody
# outside this process can pretend to have come through `_move_to`.
_MOVING = object()


class LoanLifecycleMixin(models.AbstractModel):
    """A record with a `state` that only walks along known ways, and only through `_move_to`."""

    _name = "loan.lifecycle.mixin"
    _description = "Loan Lifecycle"

    @api.model
    def _allowed_moves(self):
        """Return the moves a record may make.

        :return: set of `(from state, to state)`; an extension returns `super() | {...}`
        """
        return set()

    def _move_to(self, state, start=None):
        """Write the state on all records, or refuse for all of them, naming those that may not move.

        :param str state: the state to reach
        :param str start: the state to come from, where a move from another one is not this button's
        :raise UserError: when a record may not go there from where it is
        """
        moves = {move for move in self._allowed_moves() if start in (None, move[0])}
        stuck = self.filtered(lambda record: (record.state, state) not in moves)
        if stuck:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(names)s cannot become “%(target)s” from “%(current)s”.",
                    names=listed(stuck.mapped("display_name"), self.env.lang),
                    target=labels[state],
                    current=listed(sorted({labels[record.state] for record in stuck}), self.env.lang),
                )
            )
        self.with_context(loan_moving=_MOVING).write({"state": state})

    @api.model_create_multi
    def create(self, vals_list):
        first = self._fields["state"].default(self)
        if any(vals.get("state", first) != first for vals in vals_list):
            self._check_moving()
        if "default_state" in self.env.context:  # the same by a back door
            kept = {k: v for k, v in self.env.context.items() if k != "default_state"}
            self = self.with_context(kept)  # pylint: disable=context-overridden
        return super().create(vals_list)

    def write(self, vals):
        if "state" in vals:
            self._check_moving()
        return super().write(vals)

    def _check_moving(self):
        if self.env.context.get("loan_moving") is not _MOVING:
            raise AccessError(self.env._("A status changes by its own buttons, not by writing it."))
