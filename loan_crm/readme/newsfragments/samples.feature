Samples of reminder policies and products, copied once into a company in its currency and languages, archived until somebody switches them on.
