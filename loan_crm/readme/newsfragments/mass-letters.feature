Reminders are written many at once: a text is compiled once for a language instead of once for each letter, and a batch is filed by
one statement; letters and rows are to the byte those of Odoo's own steps. Where another app has a say in how mails are made it
is heard, because Odoo's own steps are taken then. The settings show which way letters take and why, and can keep a lender to
Odoo's own steps. They leave many at a time, too, each judged once more right before.
