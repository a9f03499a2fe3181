A case says in one sentence what to do next, on its page and on the board; an open complaint stands on the page of its customer and its loan,
and among the tiles above. The board of cases opens again, columns of what is over are left away, and administrators can set up categories.
