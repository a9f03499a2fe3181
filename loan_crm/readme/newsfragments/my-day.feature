My Day: the page the app opens on. What waits for a person in lanes, worst first (unanswered customers, promises, borrowers to call, customers at
risk, stuck applications), each row with the deed that moves it, their load beside the team's, what they did since Monday; live, by keyboard and on a phone.
