"""The thinking alone: ``python3 loan_crm/tests/core`` runs the tests beside this file without Odoo."""

import sys
import unittest
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent


def bare(name, *folders):
    """An empty package in Odoo's place: a core module that reaches for Odoo fails here."""
    sys.modules[name] = package = ModuleType(name)
    package.__path__ = [str(folder) for folder in folders]
    return package


bare("odoo")
bare("odoo.addons")
bare("odoo.addons.loan_crm", HERE.parents[1])
bare("odoo.tests").BaseCase = unittest.TestCase
unittest.main(module=None, argv=["core", "discover", "-s", str(HERE), "-t", str(HERE), *sys.argv[1:]])
