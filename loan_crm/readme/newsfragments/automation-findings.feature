The self-test tells compliance of automation rules, server actions and scheduled jobs that read customers until compliance has accepted each as it is; one that is altered is found anew.
