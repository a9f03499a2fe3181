from .core import (
    test_agreements,
    test_allocation,
    test_amortization,
    test_annual_rates,
    test_arrears,
    test_assignment,
    test_calendars,
    test_callbacks,
    test_commitments,
    test_consents,
    test_conventions,
    test_covers,
    test_dates,
    test_daycounts,
    test_disclosure,
    test_emergencies,
    test_entries,
    test_evidence,
    test_feed,
    test_files,
    test_governor,
    test_incoming,
    test_labels,
    test_learning,
    test_links,
    test_listing,
    test_signing,
    test_moments,
    test_money,
    test_occasions,
    test_papers,
    test_portables,
    test_promises,
    test_published_schedules,
    test_recovery,
    test_relations,
    test_reminders,
    test_renewals,
    test_risk,
    test_scores,
    test_short_figures,
    test_schedule_properties,
    test_stages,
    test_statements,
    test_tables,
    test_tiers,
    test_unusual,
    test_variants,
    test_workload,
)
from . import test_chinese
from . import test_browser
from . import test_crm_lead
from . import test_hoot
from . import test_house
from . import test_loan_access_apps
from . import test_loan_access_campaign
from . import test_loan_access_campaign_tour
from . import test_loan_access_check
from . import test_loan_access_contact
from . import test_loan_access_deal
from . import test_loan_access_deal_race
from . import test_loan_access_deal_tour
from . import test_loan_access_mail
from . import test_loan_access_orm
from . import test_loan_access_incoming
from . import test_loan_access_log
from . import test_loan_access_log_tour
from . import test_loan_arrears
from . import test_loan_borrower
from . import test_loan_calendar
from . import test_loan_case
from . import test_loan_case_way
from . import test_loan_lead_answer
from . import test_loan_case_page
from . import test_loan_case_tour
from . import test_loan_contract
from . import test_loan_contract_access
from . import test_loan_contract_event
from . import test_loan_correspondence
from . import test_loan_audit
from . import test_loan_audit_tour
from . import test_loan_assignment
from . import test_loan_manager
from . import test_loan_mine_first
from . import test_loan_conflict
from . import test_loan_consent
from . import test_loan_copy
from . import test_loan_nda
from . import test_loan_training
from . import test_loan_breach
from . import test_loan_notice
from . import test_loan_person_access
from . import test_loan_person_tour
from . import test_loan_workload
from . import test_loan_worklist
from . import test_loan_help
from . import test_loan_setup
from . import test_loan_setup_tour
from . import test_loan_board
from . import test_loan_board_lead
from . import test_loan_assignment_suggest
from . import test_loan_assignment_tour
from . import test_loan_cover
from . import test_loan_cover_lead
from . import test_loan_cover_task
from . import test_loan_customer_erasure
from . import test_loan_customer_merge
from . import test_loan_customer
from . import test_loan_customer_tier
from . import test_loan_data_request
from . import test_loan_commitment
from . import test_loan_confidentiality
from . import test_loan_confidentiality_tour
from . import test_loan_disclosure
from . import test_loan_handover
from . import test_loan_agreement
from . import test_loan_portal_agreement
from . import test_loan_portal_allow
from . import test_loan_agreement_tour
from . import test_loan_agreement_merge
from . import test_loan_touch_agreement
from . import test_loan_easy
from . import test_loan_easy_tour
from . import test_loan_hardship
from . import test_loan_import
from . import test_loan_interaction
from . import test_loan_key_facts
from . import test_loan_letter_post
from . import test_loan_letter_press
from . import test_loan_night
from . import test_loan_product
from . import test_loan_profile
from . import test_loan_promise
from . import test_loan_recovery
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
from . import test_loan_tier_tour
from . import test_loan_touch
from . import test_loan_voice_record
from . import test_loan_voice_tour
from . import test_loan_voice_story
from . import test_loan_what_if
from . import test_loan_what_if_tour
from . import test_loan_service_plan
from . import test_loan_sight
from . import test_loan_sight_end
from . import test_loan_sync
from . import test_loan_renewal
from . import test_loan_repricing
from . import test_loan_strip
from . import test_story_complaints
from . import test_tours
from . import test_loan_survey
from . import test_loan_survey_page
from . import test_loan_learning
from . import test_loan_learning_tour
from . import test_loan_portal
from . import test_loan_portal_appointment
from . import test_loan_portal_ask
from . import test_loan_portal_own_tour
from . import test_loan_portal_tour
from . import test_loan_portal_axe
from . import test_loan_screen_axe
from . import test_loan_screen_focus
from . import test_loan_chinese
from . import test_loan_portal_keyboard
