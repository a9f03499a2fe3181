What one person or one internet address may send from the borrowers' pages is counted in one place, by login and by link together; how much is
taken stands in the settings.
