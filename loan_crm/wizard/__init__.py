from . import loan_change_mixin
from . import loan_calendar_import
from . import loan_contract_drawdown
from . import loan_contract_restructure
from . import loan_repayment_prepay
from . import loan_repayment_register
from . import loan_what_if
from . import loan_what_if_line
