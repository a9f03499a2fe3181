Who was accountable for a customer from when to when, and why it changed, stands on the customer's page and writes itself.
