What went wrong is made good: a low score, a broken word of ours, a case or a colleague who notices opens a recovery plan. Listen, apologise by a
letter whose draft its writer edits, give what mends it, call again after a week and a month. Compensation above one's limit (per role and
currency) is decided by a second person, never by who asked; its cost is booked. Months later the plan knows whether the customer came back.
Whom a complaint is about sees nothing of it.
When a plan is closed, whatever its outcome, the survey rules ask the customer once more; the plan shows the score before and after.
