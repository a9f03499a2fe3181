What customers allow stands in a ledger that nobody changes: purposes in plain words with their legal ground, who said what when and how, and
the words they answered to. It decides: reminders, offers, surveys, text messages and birthday occasions obey it at once, and what rests on
consent is not done before somebody was asked. Borrowers say yes or no at *What you allow us* on the portal. After an upgrade nobody is
congratulated on a birthday until they have allowed it.
