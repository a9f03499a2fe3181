Who may see a customer now holds for what hangs on the customer, too: messages one wrote or was sent, to-dos, followers, notifications,
meetings, ratings, scheduled messages, forms of colleagues, files and their links. Names of records one may not see are masked, a pointer
to one is refused on any model, nobody without the duty follows or is mailed, exports mask what is hidden and run no formula, and a
refusal says the same for hidden and absent. `docs/security-model.md` lists each way with the test that plays it.
