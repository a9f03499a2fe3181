Response times tell apart what was answered by a reply and what was closed without one, and graphs of means say of how many each mean is.
