Samples of reminder policies, products, service plans and tiers, and for compliance of deal teams, copied once into a company in its currency and
languages, archived until somebody switches them on.
