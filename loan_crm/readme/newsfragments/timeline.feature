The customer's page opens with a timeline of every touch: mails in and out, notes, calls and visits, reminders and why one was held,
promises, payments, requests for help, tasks, surveys, and who looked after them. It is filtered by kind, searched by word, and opens as fast
with ten thousand messages as with ten. *Log a Call* notes a talk with its next step in one go; an outgoing one counts for how often
a borrower may be contacted. The first contact with a customer is kept.
