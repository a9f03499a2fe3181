A control room for reminders: on one screen how today's round ended and why, whether the next one will run, what the next days bring,
what failed or came back and is mended with one click. A forecast of 30 days tells per day, policy, step and customer what the rounds
will take up and what is known to keep it silent. "What Would Be Written Today?" tries the round out and takes it back. Reminders
are paused with a reason, until a day if one likes. A round that does not run, or mail that does not leave, is noticed by
other jobs and wakes somebody. Each night notes which letters were followed by payment, by step and tone.
