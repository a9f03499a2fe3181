Borrowers who prefer text messages get their reminders so, by the glue addon `loan_crm_sms` on Odoo's `sms`: one text of one message with
amount, day, and the manager's name and phone, in their language, once per step, never letter and text both. It leaves at most once: taken and
committed before the provider hears of it, withdrawn when paid, written anew when partly paid. A dead provider is
tried again, a wrong number fails with its reason, an empty account wakes one person once.
