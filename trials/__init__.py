"""Exactly once, tried for real: processes that are killed, a mail server that dies, one PostgreSQL beneath.

What a test inside a transaction cannot show. The tests of the addon (`loan_crm/tests`) hold the rules; here stands
what is left of them when two workers run at once and somebody pulls the plug.

    ODOO_RC=<odoo.conf> TRIALS_DATABASE=<a database with loan_crm> python -m pytest -p no:odoo trials

The interpreter must be one that can ``import odoo``, and have pytest and aiosmtpd. The database is copied, the copy
dropped at the end; nobody may be connected to it while it is copied. ``TRIALS_SEED`` repeats a run's random kills.
"""

# So many letters leave together in a trial, few enough that it sees many chunks.
CHUNK = 4
