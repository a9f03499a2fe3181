A borrower's promise to pay is noted on the loan in one small form and holds its reminders until the money had time to come. Whether it
was kept, kept in part or broken is decided from the repayments by their own days, early when enough is paid, anew when one is entered late
or taken back. A broken one asks the manager to call, a second within a year the team lead as well; putting off a third
time takes a team lead. Who keeps their word is told on the customer and in figures by manager and by how it was heard.
