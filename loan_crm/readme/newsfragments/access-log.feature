Who looked at a confidential record is on record: who opened, found, counted, exported, printed or downloaded it, read its
messages or was refused it, when, from where and by which way. Entries hold no values, are sealed one on the other and cannot be
changed; a check, by the job of each day, a button or the command line, names the first broken link, and compares with seals that
were kept outside the database. Changes an administrator makes to users, groups, rules, server actions, jobs, parameters and apps stand in it, too. Compliance reads the log, reviews what stands out (many customers in an hour, outside working hours, former customers,
refusals) and purges what need not be kept any longer.
