The self-test finds names of confidential customers in filters, defaults, exports and canned answers that colleagues share; confidential leads count in no frequency of Odoo's lead scoring.
