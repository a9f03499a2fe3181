Papers of applications and of profiles are of one catalog, *Document Types*; a product names those its applications need. Accepting one that expires asks for
its last day, and it becomes a paper of the customer's profile. What the profile holds and has not expired is not asked for again, and nobody is told
by an application of a profile they may not see.
