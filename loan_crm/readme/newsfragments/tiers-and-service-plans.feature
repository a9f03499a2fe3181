Tiers by criteria as data (outstanding, borrowed, tenure, share paid on time, days late, loans repaid, referrals, segment), each with a
figure to come in and one to stay, a minimum stay and nights below. The night moves customers up and tells their manager; a
downgrade is proposed with its figures and waits for a team lead's yes, or is kept with a reason. By hand with a reason and a last
day; VIPs by team leads only. Each change is kept. Service plans per tier: benefits, a direct line on the page and in letters,
targets, and occasions (review, birthday, anniversary, a day of the year, entering the tier, maturity) whose activities come from
Odoo's activity plans, once, at whoever acts for the customer that day.
