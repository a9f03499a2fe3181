from . import loan_borrower
from . import loan_calendar
from . import loan_export
from . import loan_mail
from . import loan_portal
from . import loan_survey
from . import loan_ask
from . import loan_portal_loan
