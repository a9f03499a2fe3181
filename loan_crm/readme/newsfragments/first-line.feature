Customers with one accountable manager, a deputy and cover; loan products, annuity schedules exact to the cent, repayments
and days past due; reminders before and after the due date by mail, each sent once and each silence explained; record
rules that show a customer only to those whose duty it is. English and Chinese.
