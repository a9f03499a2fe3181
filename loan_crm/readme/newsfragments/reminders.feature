Reminders are planned, explained and sent once: one letter a day for all that a borrower owes in a currency, co-borrowers and
guarantors where a step names them; policies chosen by loan, customer, tier, segment, product or amount; quiet hours and days by
the borrower's own clock and calendar, caps over all contacts, a call before a letter where a tier asks for it, direct debit
announced instead of demanded. Each silence has a reason one can filter on, holds end by themselves, and a round with unusually many
waits for a person.
