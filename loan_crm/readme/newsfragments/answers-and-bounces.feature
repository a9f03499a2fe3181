Answers and bounces come back: a borrower's answer to a letter is filed on the loan, its manager (or who covers) gets a copy and one
to-do, and the loan waits until somebody has answered; nobody outside and nobody without sight of the loan gets a copy. An address that
letters come back from, or that a mail server refuses, gets no more of them, is listed with what the other server said, and is mended
with one click. Vacation notes, receipts and delays are no answers and no bounces.
