The customer's page tells who somebody is: region, dialect, needs, assisted service, relations read from both sides with what a household or
group owes, papers with their expiry and one to-do before it, financial facts with day and source, and figures over all their loans.
Profiles of one person are merged without losing anything, and a customer is erased by two people's agreement, family by family, as
soon as loan records need not be kept any longer.
