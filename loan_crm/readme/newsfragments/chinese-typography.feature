Chinese sentences set names and reasons apart by 、 and phrases by ，; letters say in which language they are, in Chinese letters and without spaces between characters,
and an upgrade gives them to lenders who have changed nothing of them. Key facts, statements and agreements are set in Chinese letters where they are Chinese. Choices on the portal
and in the copy of one's data read as sentences.
