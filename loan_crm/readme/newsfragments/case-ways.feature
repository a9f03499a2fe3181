A borrower asks or complains on their page, reached from each reminder too: they get a number, who answers and by when, and see what they
have open. A talk that was noted, a low answer to a survey, a wish to be called and any message on a customer or a loan become a case in
one click, with words, customer and loan; a second click opens the same case, and what is about one matter is one case. Whoever waits
for an answer there goes on waiting in the case, from the same moment.
