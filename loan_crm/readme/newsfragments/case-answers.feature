What to ask, what must be said and what may not be promised stands beside a case, by category, type and stage; ready answers open in the
composer in the customer's language with names filled in. Heads and compliance write both as plain words; a set for what lenders are
asked every day is there in English and Chinese.
