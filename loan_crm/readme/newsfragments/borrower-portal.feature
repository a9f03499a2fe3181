Borrowers with a login find their loans, applications and questions on Odoo's portal: what to pay next and what is overdue, the schedule as
a table and a picture, what was paid, key facts, statements to print and as a table for a chosen period; where an application stands, by
when each step is done, why it is late and which papers are missing, with a way to send them from a phone; what paying early would save,
worked out as at the desk, and a way to ask for it; what they asked, who answers by when, what was said to them; how they like to be
reached. Portal users have no right to any model: one service finds what is theirs.
