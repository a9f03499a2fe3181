from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..core import assignment, boards, workload
from ..core.assignment import Needs

# Who gets it is judged by what its borrower asks for.
_FITTED = ("loan.customer", "crm.lead")


class LoanBoardHandMixin(models.AbstractModel):
    """Work handed on from the board: who fits it and why, and the verb that does it.

    A case and a promise go alone, to somebody who sees whose they are and is there; a customer goes with all there is,
    by the reasons that assignments are judged by. The record's own rules are asked once more as it is done. What is
    particular to applications stands in `loan.board.lead.mixin`.
    """

    _name = "loan.board.hand.mixin"
    _inherit = ["loan.board.mixin"]
    _description = "Board: Handing Work On"

    @api.model
    def _handed(self):
        """Return what can be handed on, `{model: the field of who has it}`."""
        return {
            "loan.case": "user_id",
            "loan.commitment": "user_id",
            "loan.customer": "manager_user_id",
        }

    @api.model
    def _to_hand(self, model, record_id):
        """Return a record that the user may hand on.

        :raise AccessError: for who may not, or may not see or change it
        :raise UserError: for what is no work, and for what is done by now
        """
        self._check_may_look()
        if not self._may_hand():
            raise AccessError(self.env._("Work is handed on by a team lead."))
        if model not in self._handed() or not isinstance(record_id, int):
            raise UserError(self.env._("This cannot be handed on."))
        record = self.env[model].browse(record_id)
        record.check_access("write")
        self._check_theirs(record)
        if self._is_over(record):
            raise UserError(self.env._("“%s” is done by now. Look again.", record.display_name))
        return record

    @api.model
    def _check_theirs(self, record):
        """Refuse what the user may change and yet not hand on.

        :param record: see `_handed`, as in all that follows
        """

    @api.model
    def _is_over(self, record):
        """Tell whether there is nothing left to hand on."""
        if record._name == "loan.case":
            return record.state in ("solved", "closed", "void")
        return not (record.is_undone if record._name == "loan.commitment" else record.active)

    @api.model
    def _company_of(self, record):
        """Return the lender whose work it is."""
        return record.company_id

    # ------------------------------------------------------------ who fits

    @api.model
    def _who_could(self, record, customer):
        """Return who may be thought of: the people of the user's teams, of the customer's and of the case's."""
        advice = self.env["loan.assignment.advice"]
        people = self.env["loan.conflict"]._led_users() | advice._members(customer.team_id)
        if record._name == "loan.case":
            # As superuser: who works in a team is no secret.
            people |= record.team_id.sudo()._people().sudo(False)
        return people.filtered("active")

    @api.model
    def _asked_of(self, record):
        """Return whom a piece of work is about, and what they ask of whoever looks after them.

        :return: (`loan.customer`, core.assignment.Needs, or None where it is not known whom it is about)
        """
        customer = record if record._name == "loan.customer" else record.customer_id
        needs = self.env["loan.assignment.advice"]._needs(customer).get(customer.id)
        if needs and record != customer:
            # A piece of work brings no customer along: room and slots are not asked.
            needs = needs._replace(load=0, vip=False, present=None)
        return customer, needs

    @api.model
    def _candidates(self, record, people):
        """Return people as the core knows them, by what matters for a piece of work.

        :param people: `res.users`
        """
        found = self.env["loan.assignment.advice"]._candidates(self._company_of(record), people)
        if record._name == "loan.customer":
            return found
        # Of work that goes alone it is asked who is there today and may see it, see `_kept_from_work`.
        return [
            each._replace(takes_new=True, away=False, refusal=None)
            if each.refusal in (None, "no_right")
            else each
            for each in found
        ]

    @api.model
    def _weighed(self, record, customer, needs):
        """Judge who could take a piece of work, the best first.

        :param customer: see `_asked_of`, as the needs
        :param core.assignment.Needs needs: or None
        :return: a list of (fit, core.assignment.Verdict, share of the ceiling before, words for, words against)
        """
        advice = self.env["loan.assignment.advice"]
        company, people = self._company_of(record), self._who_could(record, customer)
        candidates = self._candidates(record, people)
        before = {each.id: workload.share(each.load, each.ceiling) for each in candidates}
        kept = self._kept_from_work(record, people) if record != customer else {}
        found = []
        for verdict in assignment.rank(needs or Needs(), candidates):
            against = [
                kept.get(verdict.id),
                advice._told_against(company, verdict),
                advice._told_missing(verdict) if needs else "",
            ]
            fit = "barred" if kept.get(verdict.id) else boards.fit(verdict)
            told = advice._told(verdict, room=False) if needs else ""
            found.append((fit, (verdict, before[verdict.id], told, " · ".join(filter(None, against)))))
        return [(fit, *each) for fit, each in boards.best_first(found)]

    @api.model
    def _kept_from_work(self, record, people):
        """Return why people cannot take what goes alone, `{user id: words}`: they have it, are away or may not.

        :param people: `res.users`
        """
        away = {
            cover.manager_user_id.id: cover
            for cover in self.env["loan.cover"]._covers_today(people)
            if cover.company_id == self._company_of(record)
        }
        kept = {}
        for user in people:
            if user == record[self._handed()[record._name]]:
                kept[user.id] = self.env._("Has it today")
            elif unseen := self._unseen_told(record, user):
                kept[user.id] = unseen
            elif user.id in away:
                # In the language of who asks, whoever read the cover.
                kept[user.id] = away[user.id].with_env(self.env)._away_told()
        return kept

    @api.model
    def _unseen_told(self, record, user):
        """Return in words that somebody may not see what they would get; empty for who may."""
        seen = record._may_take(user) if record._name == "loan.case" else record._place()._loan_seen_by(user)
        return "" if seen else self.env._("Does not see this customer")

    @api.model
    def _about_told(self, record):
        """Return whom work is about that is no customer's yet."""
        return ""

    @api.model
    def _note_told(self, record, customer):
        """Return in words what is to be known before it is handed on, or an empty text.

        :param customer: see `_asked_of`
        """
        return ""

    @api.model
    def action_weigh(self, model, record_id):
        """Return who could take a piece of work, with what speaks for and against each.

        :param str model: of the work, see `_handed`
        :param int record_id: its number
        :return: a dict: `what` it is and whom it is about, in words; `owner`, who has it; `customer`, whether the
            customer themselves goes; `needs`, what they ask for; `note`, what else is to be known; `people`, the best
            first
        :raise AccessError: for who may not hand it on
        :raise UserError: for what is done by now
        """
        record = self._to_hand(model, record_id)
        customer, needs = self._asked_of(record)
        goes, owner = record == customer, record[self._handed()[model]]
        people = self._weighed(record, customer, needs)
        users_sudo = self.env["res.users"].sudo()  # as superuser: the names of colleagues are no secret
        names = {
            user.id: user.name for user in users_sudo.browse(verdict.id for _fit, verdict, *_told in people)
        }
        return {
            "what": record.display_name if goes else record[record._rec_name],
            "who": customer.name or self._about_told(record),
            "owner": {"id": owner.id or False, "name": owner.name or ""},
            "customer": goes,
            "needs": self.env["loan.assignment.advice"]._needs_told(needs) if model in _FITTED else "",
            "note": self._note_told(record, customer),
            "people": [
                {
                    "id": verdict.id,
                    "name": names[verdict.id],
                    "fit": fit,
                    "reasons": reasons,
                    "against": against,
                    "before": float(before),
                    "share": float(verdict.share),
                    "step": workload.heat(verdict.share, workload.TOTAL_STEPS),
                }
                for fit, verdict, before, reasons, against in people
            ],
        }

    # ------------------------------------------------------------ doing it

    @api.model
    def action_hand(self, model, record_id, user_id, former_id=False, reason=""):
        """Hand a piece of work to somebody.

        :param str model: of the work, see `_handed`
        :param int record_id: its number
        :param int user_id: who gets it
        :param former_id: who had it when it was looked at; False: nobody
        :param str reason: why, in words; a customer's goes into their history, of what goes alone into the notes
        :return: what was done, in words
        :raise AccessError: for who may not hand it on
        :raise UserError: where somebody else has it by now, for who cannot take it, and for a customer without a reason
        """
        record = self._to_hand(model, record_id)
        owner, reason = record[self._handed()[model]], (reason or "").strip()
        if owner.id != (former_id or False):
            raise UserError(
                self.env._(
                    "%(user)s has “%(what)s” by now. Look again.", user=owner.name, what=record.display_name
                )
                if owner
                else self.env._("Nobody has “%s” by now. Look again.", record.display_name)
            )
        ranking = self._weighed(record, *self._asked_of(record))
        found = next((each for each in ranking if each[1].id == user_id), None)
        if not found:
            raise UserError(self.env._("Choose somebody of your teams or of the customer's."))
        fit, *_judged, against = found
        # As superuser: the name of a colleague is no secret.
        user_sudo = self.env["res.users"].sudo().browse(user_id)
        user = user_sudo.sudo(False)
        if fit == "barred":
            raise UserError(
                self.env._("%(user)s cannot take it: %(reason)s.", user=user_sudo.name, reason=against)
            )
        if model == "loan.customer":
            if not reason:
                raise UserError(self.env._("Say why: the reason stays with the history of the customer."))
            best = fit == "good" and found is ranking[0]
            record._assign(user, kind="proposal" if best else "hand", reason=reason)
            record._done_seeking()
        else:
            self._give(record, user)
            if reason:
                place = record._place() if model == "loan.commitment" else record
                place._message_log(
                    body=self.env._(
                        "%(what)s: handed to %(user)s. %(reason)s",
                        what=record[record._rec_name],
                        user=user_sudo.name,
                        reason=reason,
                    )
                )
        return self.env._("%(user)s has “%(what)s” now.", user=user_sudo.name, what=record.display_name)

    @api.model
    def _give(self, record, user):
        """Give work that goes alone to somebody.

        :param user: `res.users`
        """
        record[self._handed()[record._name]] = user
