Borrowers get a copy of all that is held about them: a page to read, data for a computer, tables, and the files they sent in. Compliance makes
one for who asks by letter, with the term the law gives. Files are deleted after a week. What they have
signed is in it. Applicants and guarantors, who have no profile, get theirs on the spot.
