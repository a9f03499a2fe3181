The timeline of a customer tells of agreements, too: sent for signature, signed by each, declined, withdrawn or expired with the reason; of what they
allow and no longer allow; and of copies of their data that were asked for and handed over.
