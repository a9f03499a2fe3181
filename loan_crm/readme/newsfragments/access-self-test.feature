A self-test looks at each start, each night and after each change of a rule whether the rules are as they must be, whether another addon
reads customers without asking, and whether anybody follows or has to do with what is not theirs to see. A model whose rule was altered
shows nothing to anybody until it is put right. Compliance finds what was found under *Compliance → Self-Test*.
