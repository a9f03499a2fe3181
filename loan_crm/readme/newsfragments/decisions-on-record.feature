Compliance's decisions about trainings and breaches are in the access log.
