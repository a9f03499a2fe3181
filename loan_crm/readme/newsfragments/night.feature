A night for the loan book: once a day, after each company's own midnight, loans are graded by how late they are (buckets,
five classes, stages), floating rates are fixed from the published value and the borrower is written to before they hold,
and due dates follow newly published holidays. A missed night is done by the next one, a large book goes on where its last run
ended and keeps no other company waiting, a loan that fails is left aside and
told.
