The review of an emergency says what to do next: look at what is done, write what you found, say whether there was need of it, or report a breach.
