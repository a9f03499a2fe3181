Applicants, and customers without a running loan, ask and complain on the portal, too; the case is about their application or their profile.
