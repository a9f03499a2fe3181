Who borrows again: satisfaction and recommendation beside the next loan, each customer once and only when their months are over, with
counts and ranges, and without a word where there are too few.
