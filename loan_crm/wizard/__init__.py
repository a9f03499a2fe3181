from . import loan_repayment_register
