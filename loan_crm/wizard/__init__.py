from . import loan_calendar_import
from . import loan_repayment_register
