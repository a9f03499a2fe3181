A case of somebody who cannot pay leads to the hardship request by one click, with customer, loan and words, and is solved when that is
decided.
