Emergency access: who has the right for it opens one customer for some minutes, with their number and name, a reason and the
password again. It is on record before it works, compliance and the customer's manager are told at once, nothing that a wall or a
conflict of interest closes is opened, and a second time within a day is for compliance to say. Each one is reviewed by a compliance
officer who did not do it, with what was looked at meanwhile; what nobody has reviewed in time all of them are told.
