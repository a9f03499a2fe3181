The self-test finds any code that a person has written into a server action, a scheduled job or an automation rule, until compliance accepts it: no program can tell by its text what it reads.
