We Promised, Promises to Pay, Hardship, Bounced and Unanswered open on one's own, and for team leads and compliance who have nothing of their own on
what is due or late among all they may see.
