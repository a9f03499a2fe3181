What the lender has promised a customer and not done by its day weighs in the manager's load: a column of the heat map and a weight in the settings.
