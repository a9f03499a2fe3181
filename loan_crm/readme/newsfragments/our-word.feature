What we promise a customer is kept in a ledger: with one click on a message, from a talk, a case or the customer's page, with its day (read from
the words), its owner and, where it matters, the hour on the customer's own clock. Its status is the system's alone: open, due, kept, done late or
broken, by what shows that it was done. It moves with handover and cover, is put off only with a reason and by telling the customer, and the
team's lead hears of a broken one. The borrower reads on their page what was promised to them; *Words Given* shows our words and theirs side by
side, each share with how many it is counted from.
