from . import test_loan_reminder
