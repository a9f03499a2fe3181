Team Board: a lead's team on one page. Who waits and how long, clocks that run out within four hours that are worked, promises due and late, the reminder round's
health, load by person, who is away and which customers have nobody then; a card is dragged onto a person, or handed by its button, with the reasons for and against.
