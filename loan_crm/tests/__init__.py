from .core import (
    test_allocation,
    test_amortization,
    test_arrears,
    test_dates,
    test_money,
    test_reminders,
)
from . import test_house
from . import test_loan_contract
from . import test_loan_contract_access
from . import test_loan_cover
from . import test_loan_customer
from . import test_loan_product
from . import test_loan_reminder
from . import test_loan_reminder_delivery
from . import test_loan_reminder_policy
from . import test_loan_repayment
from . import test_tours
