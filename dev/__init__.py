"""The one-command environment of Loan CRM: Odoo 19, PostgreSQL, a mail catcher, a browser.

``make <command>`` calls ``python3 -m dev <command>``. What runs before the locked packages are
installed uses the standard library only, on any Python ≥ 3.10. One idea a file:

=================  =====================================================================
``paths``          where things live: ``.local/`` here, downloads under ``XDG_CACHE_HOME``
``console``        what the user reads: steps with elapsed time, problems with a way out
``process``        children that end when we end, their output watched line by line
``locks``          file locks the kernel drops with their owner, so they cannot go stale
``folders``        a folder is there complete or not at all
``pypi``           uv, and the virtual environment at the locked versions
``debian``         Debian packages unpacked without root, by the machine's own apt
``odoo_source``    Odoo 19 itself
``postgres``       the server the ``PG*`` variables name, or one of our own
``odoo``           its configuration file, running it, reading its log
``databases``      prepared databases, cached by a fingerprint of what they depend on
``mailbox``        the mail catcher's folder
``run`` · ``testing`` · ``lint`` · ``browser`` · ``i18n`` · ``wheel`` · ``shots``  the commands
=================  =====================================================================
"""
