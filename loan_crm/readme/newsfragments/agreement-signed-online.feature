Borrowers, co-borrowers and guarantors sign the agreement of a loan on line, on a phone or at a desk: the key facts first, then every word,
then a signature that is drawn, written or loaded. What is read is what is signed: the words are frozen when they are offered, other terms
withdraw the offer, and each signature is sealed part by part in a chain that *Check Evidence* verifies. Invitations by signed links that end, with
a login required unless the lender says otherwise; reminders, declining with a reason, a right to withdraw per product, identification in a
video meeting, the document for everybody, also from the page of the loan. Compliance writes the texts in versions. A loan is not paid out on an offer that waits.
