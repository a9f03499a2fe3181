Whoever applies and writes waits for an answer like a borrower: the clock runs to a person's words of substance, survives another salesperson,
and climbs to the team's lead and the head. Applications show since when somebody waits, the longest first. A case that is passed on takes
its wait along. Response times show how many answers they are the mean of.
