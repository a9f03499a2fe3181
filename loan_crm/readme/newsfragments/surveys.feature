Customers are asked how it was at the moments that matter: application received, decision, payout, case closed, complaint settled, each
year, loan repaid. Rules say when and what, one governor per person says whether: a minimum interval (a rule may have its own: after a
complaint was settled two weeks are enough), one yearly cap over all rules, not while a complaint is open, not for trifles or what they
settled themselves, never who wants none. Each survey that was not sent has its reason. One click in the letter opens a page, a button
answers, the rest follows in Odoo's survey; who prefers to talk is called. Scores by dimension and the net promoter score come with their
sample size, are never changed, and count no answer that staff entered. Surveys are off until a lender switches them on in the settings.
Satisfaction stands on the strip, the loan, the case, the manager's desk and the team load, each with how many answers it is of; below one
threshold somebody calls and a recovery plan opens, whichever survey it was.
