A training plan for roles and teams with validity: people are asked before theirs ends, report with a certificate, and somebody else
confirms. Mandatory trainings can be a condition for seeing protected customers.
