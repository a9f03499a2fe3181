A help on each field of settings, products, policies, clocks, tiers, levels, surveys, customers and loans whose label does not say what follows from it.
