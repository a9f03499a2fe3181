from lxml import etree

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

_LEAD = "loan_crm.loan_crm_group_team_lead"
_DOERS = ("loan_crm.loan_crm_group_manager", "loan_crm.loan_crm_group_service_desk")


class LoanMineFirstMixin(models.AbstractModel):
    """A list whose menu opens on what is one's own.

    Team leads, compliance and audit look after what others do, and often have nothing of their own in it: an empty list
    would tell them that all is well. For them it opens on what presses among all that they may see.
    """

    _name = "loan.mine.first.mixin"
    _description = "List That Opens on One's Own"

    @api.model
    def _first_choices(self):
        """Return `(name of the action, filters)`: what its list opens on, the first that finds something.

        Filters are tuples of names in the model's search view, each of another group, so that they narrow each other.
        The first tuple is one's own.
        """
        raise NotImplementedError

    @api.model
    def action_open_list(self):
        """Open the list on what is one's own, or on what presses where others do the work."""
        self.check_access("read")
        xmlid, choices = self._first_choices()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        chosen = choices[0]
        if self._looks_after_others():
            filters = self._first_filters()
            chosen = next((names for names in choices if self._first_finds(filters, names)), choices[-1])
        kept = safe_eval(action["context"] or "{}", {"uid": self.env.uid})
        action["context"] = {
            **{name: value for name, value in kept.items() if not name.startswith("search_default_")},
            **{f"search_default_{name}": 1 for name in chosen},
        }
        return action

    @api.model
    def _looks_after_others(self):
        user = self.env.user
        return user.has_group(_LEAD) or not any(user.has_group(group) for group in _DOERS)

    @api.model
    def _first_filters(self):
        """Return `{name: Domain}` of the search view: what a filter finds is asked of the filter itself."""
        arch = etree.fromstring(self.get_view(view_type="search")["arch"])
        return {
            node.get("name"): Domain(safe_eval(node.get("domain"), {"uid": self.env.uid}))
            for node in arch.iter("filter")
            if node.get("domain")
        }

    @api.model
    def _first_finds(self, filters, names):
        return bool(self.search_count(Domain.AND(filters[name] for name in names), limit=1))
