Erasing a customer covers their applications for loans: of those that came to nothing names, words, messages and files go at once, of those that became
loans with the loan's records. An application that is still open has to be won or lost first. Leads without a loan product stay as they are.
