Each field that is entered anywhere, in dialogs and lines of tables too, says what follows from it, unless its label says it all.
