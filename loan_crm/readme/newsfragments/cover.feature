While a manager is away, their tasks that fall due go to whoever acts for the customer, and so does what is planned for them meanwhile;
at the end, or with *I Am Back*, what is open comes back. Whoever stands in is told once, whoever was away gets a digest in figures and
a page of what happened. A deputy who is away, too, leaves no gap: the customer's own deputy acts and sees the customer, then
the lead of the team, and the form warns before the cover is saved.
