What customers ask, request or complain of becomes a case: by mail to a team's address, or written down when they call. The sender is
recognised, the loan guessed, a second mail joined to the first, and one person is accountable; complaints go to the team that takes them, and
never to, or under the eyes of, whom they are about. First response and resolution run in the team's working hours, stand still with a
reason on record, and tell people at 50, 75, 90 and 100 percent; presets of regulators run beside them. Whoever waits for an answer, on
a case, a loan or a profile, stands under Unanswered, and what nobody answers climbs to lead and head.
