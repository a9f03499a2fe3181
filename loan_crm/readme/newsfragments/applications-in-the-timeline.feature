The timeline tells of applications: opened, moved to another stage, won, lost. Whoever may not see the application does not see the row. A customer who was
sent by somebody whose profile the seller may not see is credited to that one all the same, without telling the seller.
