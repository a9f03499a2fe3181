From a weak spot to an improvement in one click: owner, day, what was changed, and its effect, measured by the night after an equally long
time with a range and a verdict in plain words.
