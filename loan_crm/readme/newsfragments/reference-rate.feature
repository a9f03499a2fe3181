Reference rates with dated values, the LPR of one year and of five years among them, and a log of who changed which value.
