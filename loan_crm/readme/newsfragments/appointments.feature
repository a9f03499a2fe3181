Borrowers book an appointment with their manager, or with who stands in on that day: by video, by telephone or at the branch, at hours at which
they work and have nothing else; they see, move and cancel it themselves. It is a meeting of the calendar with its invitation and reminder.
