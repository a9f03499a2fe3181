Voice of the customer: one page for a month or a quarter for head of service and compliance, on screen and on paper, in both languages.
Issued, its figures stay. No number is so small that a case could be found in it; quotations name nobody and ask who reads them.
