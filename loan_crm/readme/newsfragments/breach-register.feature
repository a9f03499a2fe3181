A register of breaches with the measure taken, from the report to the appeal. Compliance alone reads it, the person concerned from the
decision on; neither they nor whoever reported it decides.
