Older readers have a page in large type, by login and by the link of a letter: what to pay next and in how many days, whether all is in order,
who looks after them, and a button *Call me back* that tells within which hours who calls. It is a case with its clock, stands first in the
manager's or the stand-in's day, and ends with the talk that is noted. Who reads large type finds it on each page.
