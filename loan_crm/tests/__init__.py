from .core import (
    test_allocation,
    test_amortization,
    test_annual_rates,
    test_arrears,
    test_calendars,
    test_conventions,
    test_dates,
    test_daycounts,
    test_entries,
    test_feed,
    test_incoming,
    test_links,
    test_moments,
    test_money,
    test_promises,
    test_published_schedules,
    test_reminders,
    test_risk,
    test_schedule_properties,
    test_variants,
)
from . import test_hoot
from . import test_house
from . import test_loan_arrears
from . import test_loan_borrower
from . import test_loan_calendar
from . import test_loan_contract
from . import test_loan_contract_access
from . import test_loan_contract_event
from . import test_loan_correspondence
from . import test_loan_assignment
from . import test_loan_cover
from . import test_loan_customer
from . import test_loan_disclosure
from . import test_loan_handover
from . import test_loan_hardship
from . import test_loan_import
from . import test_loan_key_facts
from . import test_loan_letter_post
from . import test_loan_letter_press
from . import test_loan_night
from . import test_loan_product
from . import test_loan_promise
from . import test_loan_reference_rate
from . import test_loan_reminder
from . import test_loan_reminder_bounce
from . import test_loan_reminder_delivery
from . import test_loan_reminder_dry_run
from . import test_loan_reminder_forecast
from . import test_loan_reminder_hold
from . import test_loan_reminder_letter
from . import test_loan_reminder_policy
from . import test_loan_reminder_preview
from . import test_loan_reminder_response
from . import test_loan_reminder_room
from . import test_loan_reminder_silence
from . import test_loan_repayment
from . import test_loan_terms
from . import test_loan_what_if
from . import test_loan_what_if_tour
from . import test_loan_sync
from . import test_loan_repricing
from . import test_loan_strip
from . import test_story_complaints
from . import test_tours
