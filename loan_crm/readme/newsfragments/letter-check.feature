Look at any letter before it is sent: *Preview a Letter*, on a loan, a step or a letter, shows it on a phone and on a desk, in each
language and as of any day, of a true loan or a made-up borrower; *Send Me a Test* mails it to you alone. A letter that cannot be
written is refused when it is saved, found hours before the round, and held for its readers until it is mended. The shipped letters read
well on a phone and on a dark screen.
