"""Everything Odoo needs, ready: packages, source, database server."""

import contextlib
import dataclasses

from . import odoo, odoo_source, postgres, pypi


@dataclasses.dataclass(frozen=True)
class Environment:
    """What a command works with."""

    source: odoo_source.Source
    server: postgres.Server

    def config(self, name, **options):
        """Write `.local/<name>.conf` and return its path."""
        return odoo.write_config(name, self.source, self.server, **options)


@contextlib.contextmanager
def ready():
    """Yield the environment; what it started is stopped afterwards.

    :raises Problem: when a part of it cannot be had
    """
    pypi.ensure()
    source = odoo_source.locate()
    with postgres.running() as server:
        yield Environment(source, server)
