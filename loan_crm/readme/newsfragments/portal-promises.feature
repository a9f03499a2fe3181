Borrowers with a login read on one page what they promised to pay and what came of it, name another day within the rules, and read what the
lender promised them.
