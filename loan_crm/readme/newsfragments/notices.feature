Changes of the rules are told to those they concern, with proof that each has read and understood them; who joins later is asked, too.
