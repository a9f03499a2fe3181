"""Where things live. Nothing is written outside these folders (and apt's, for the browser)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "loan_crm"
# Installs itself beside loan_crm where what it joins is there.
GLUE = (ROOT / "loan_crm_sms", ROOT / "loan_crm_holidays")
ADDONS = (ADDON, *GLUE)
TRIALS = ROOT / "trials"
DEV = ROOT / "dev"

# This checkout's own: databases, mails, the virtual environment, logs. `make clean` removes it.
LOCAL = ROOT / ".local"
VENV = LOCAL / "venv"
LOGS = LOCAL / "log"
MAILS = LOCAL / "mail"
DATA = LOCAL / "odoo-data"
POSTGRES = LOCAL / "postgres"


def cache_home():
    """Return the folder of what clones share; the specification ignores a relative path."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if not base.is_absolute():
        base = Path.home() / ".cache"
    return base / "loan_crm"


CACHE = cache_home()
