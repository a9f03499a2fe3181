A mail that answers one written from a customer's page is treated as an answer about a loan is: who acts for the customer today
gets a copy and a to-do, the page, its strip and the brief tell since when it waits, and nobody in copy becomes a reader.
