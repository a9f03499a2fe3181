While who takes customers over is away, whoever acts for them may accept in their place; the history of managers says "accepted by X for Y".
