from . import loan_customer
from . import loan_reminder
from . import loan_reminder_forecast
from . import loan_reminder_round
from . import loan_reminder_step
from . import sms_sms
from . import sms_tracker
