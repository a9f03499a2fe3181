Getting Started: ten steps that look at the database and say what a new lender still needs until its first reminder leaves safely, each with the
button to its screen; left aside on record, put away when all is done, back when something comes undone, such as holidays that end.
