A new lender writes to nobody until somebody has looked: its reminders are off, the dry run tells what would be written if they were on, and a button of it
switches them on, on record. Lenders who write already go on after an upgrade.
