from odoo import Command, api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# Criteria of tiers: (measure, figure to come in, figure to stay). Without amounts: what much money is differs by lender
# and currency. Apart from the names, or the collector of sentences takes measures for words.
_PAYS = (("tenure", 24, 24), ("on_time", 95, 90), ("late", 5, 10))
_RECOMMENDS = (("referrals", 3, 2),)
# {key: (name, what the customer gets, hours to a first answer, occasions)}; an occasion is (what it is called, when,
# months between two, days beforehand, the app's activity plan).
_PLANS = {
    "close": (
        _lt("Close Care"),
        _lt("A person of their own who calls before anything is written, and a talk every three months."),
        4,
        (
            (_lt("Welcome call"), "entered", 0, 0, "call"),
            (_lt("Quarterly talk"), "review", 3, 14, "review"),
            (_lt("Birthday call"), "birthday", 0, 3, "call"),
            (_lt("What comes after this loan?"), "maturity", 0, 60, "call"),
        ),
    ),
    "attentive": (
        _lt("Attentive Care"),
        _lt("A card on the anniversary of the first loan, and a talk once a year."),
        8,
        (
            (_lt("Yearly talk"), "review", 12, 14, "review"),
            (_lt("Card on the anniversary"), "first_loan", 0, 7, "gift"),
        ),
    ),
}
# {key: (name, plan, criteria, values)}
_TIERS = {
    "chosen": (_lt("Chosen by Us"), "close", (), {"is_vip": True, "call_first": True, "sequence": 5}),
    "faithful": (_lt("Faithful Payers"), "attentive", _PAYS, {"sequence": 10}),
    "recommends": (_lt("Recommend Us to Others"), "attentive", _RECOMMENDS, {"sequence": 15}),
}
# {key: (name, what each grant is for, level, days)}; who joins is for compliance to say.
_DEALS = {
    "refinancing": (_lt("Refinancing of a Company"), _lt("Works on the refinancing"), "confidential", 60),
    "syndicate": (_lt("Loan Together with Other Banks"), _lt("Works on the joint loan"), "confidential", 90),
    "listing": (
        _lt("Financing before a Listing"),
        _lt("Prepares the financing before the listing"),
        "secret",
        30,
    ),
}


class LoanSampleCareMixin(models.AbstractModel):
    """Samples of how customers are cared for: service plans, the tiers they belong to, and teams of deals."""

    _name = "loan.sample.care.mixin"
    _description = "Samples: Care for Customers"

    @api.model
    def _sample_plans(self):
        return _PLANS

    @api.model
    def _sample_tiers(self):
        return _TIERS

    @api.model
    def _sample_deals(self):
        return _DEALS

    def _prepare_plan_vals(self, sample):
        name, benefits, hours, occasions = sample
        return {
            "name": self._english(name),
            "active": False,
            "company_id": self.company_id.id,
            "response_hours": hours,
            "benefits": f"<p>{self._english(benefits)}</p>",
            "step_ids": [
                Command.create(
                    {
                        "name": self._english(what),
                        "sequence": number,
                        "occasion": occasion,
                        "months": months or 3,
                        "days_ahead": ahead,
                        "activity_plan_id": self.env.ref(f"loan_crm.mail_activity_plan_{kind}").id,
                    }
                )
                for number, (what, occasion, months, ahead, kind) in enumerate(occasions)
            ],
        }

    def _translate_plan(self, plan, sample):
        _name, benefits, _hours, occasions = sample
        self._translate_html(plan, "benefits", benefits)
        for step, (what, *_rest) in zip(plan.step_ids, occasions, strict=True):
            self._translate_word(step, "name", what)

    def _prepare_tier_vals(self, sample):
        name, plan, criteria, values = sample
        return {
            "name": self._english(name),
            "active": False,
            "company_id": self.company_id.id,
            # Where the sample of the plan was left out or deleted, the tier comes without one.
            "plan_id": self._known_samples("loan.service.plan", "plan", [plan]).get(plan, False),
            "criterion_ids": [
                Command.create({"measure": measure, "figure_enter": enter, "figure_stay": stay})
                for measure, enter, stay in criteria
            ],
            **values,
        }

    def _prepare_deal_vals(self, sample):
        name, purpose, level, days = sample
        return {
            "name": self._english(name),
            "active": False,
            "company_id": self.company_id.id,
            "purpose": self._english(purpose),
            "level_id": self.env.ref(f"loan_crm.loan_confidentiality_level_{level}").id,
            "days": days,
        }

    def _translate_deal(self, deal, sample):
        self._translate_word(deal, "purpose", sample[1])
