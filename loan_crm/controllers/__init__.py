from . import loan_borrower
