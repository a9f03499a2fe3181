"""The thinking of Loan CRM in plain Python: values in, verdicts out; told everything, even the date."""
