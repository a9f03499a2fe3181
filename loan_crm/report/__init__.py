from . import loan_agreement_report
from . import loan_key_facts_report
from . import loan_statement_report
from . import loan_voice_report
