"""Read the access log from the command line: it needs no login, no browser and no rights in Odoo.

odoo loan_evidence verify -c odoo.conf -d bank --anchors seals.txt
odoo loan_evidence seals -c odoo.conf -d bank >> seals.txt
"""

import sys
from pathlib import Path

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class LoanEvidence(Command):
    """Check the access log of Loan CRM and print its seals"""

    name = "loan_evidence"

    def run(self, cmdargs):
        """Exit with 0 for a log that is whole, with 1 and the first broken links for one that is not."""
        self.parser.add_argument("what", choices=["verify", "seals"])
        self.parser.add_argument("-c", "--config", help="Odoo's configuration file")
        self.parser.add_argument("-d", "--database", dest="db_name", help="the database")
        self.parser.add_argument("--anchors", type=Path, help="a file with seals from outside the database")
        given = self.parser.parse_args(args=cmdargs)
        arguments = ["--no-http", "--log-level=error"]
        if given.config:
            arguments += ["-c", given.config]
        if given.db_name:
            arguments += ["-d", given.db_name]
        config.parse_config(arguments, setup_logging=True)
        names = config["db_name"]
        if len(names) != 1:
            self.parser.error("Name one database with -d")
        with Registry(names[0]).cursor() as cr:
            log = Environment(cr, SUPERUSER_ID, {})["loan.access.log"]
            if given.what == "seals":
                sys.stdout.write(log._anchor_lines())
                return
            text = given.anchors.read_text(encoding="ascii", errors="ignore") if given.anchors else ""
            sys.exit(self._verify(log, text, bool(given.anchors)))

    def _verify(self, log, text, compared):
        from odoo.addons.loan_crm.core import evidence

        anchors = evidence.read_anchors(text)
        if compared and not anchors:
            sys.stderr.write("There is no seal in the file with anchors.\n")
            return 2
        count, broken = log._verify(anchors)
        for found in broken:
            sys.stdout.write(f"{log._explain_break(found)}\n")
        if not broken:
            sys.stdout.write(
                f"{count} entries, each as it was sealed; {len(anchors)} seals from outside agree.\n"
            )
        return 1 if broken else 0
