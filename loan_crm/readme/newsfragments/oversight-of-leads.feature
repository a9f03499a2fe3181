A complaint about somebody who leads others is told to the head of service and to compliance, and the case says so to whoever writes it down.
