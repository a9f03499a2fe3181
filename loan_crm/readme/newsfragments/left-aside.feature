A promise that cannot be judged, an improvement that cannot be measured and a report that cannot be issued stand aside with what went
wrong, keep nothing else waiting, and are told by one to-do, as clocks and waits are. They are tried again a day later; the to-do goes by
itself once it works again. That another worker was faster is no failure any more: the work is looked at again. Reports that nobody issued
while the scheduler stood still are made up for.
