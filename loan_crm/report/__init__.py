from . import loan_key_facts_report
