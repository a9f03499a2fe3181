Weak spots: what customers bring, sorted by category, root cause, product and stage of the loan, with shares, the vital few and a comparison
with the time before per 1,000 loans, which says when there are too few to tell. A click opens the cases; only what one may see is counted.
