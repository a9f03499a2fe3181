Team Board: applications that are stuck stand there as cards and are handed on as well, by mouse, keyboard or touch, with the reasons customers are
assigned by. An application goes alone, with what was planned there; a lead of another team is refused.
