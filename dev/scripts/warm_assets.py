"""Fed to `odoo shell`: build the style sheets and scripts of every page once, for all tests.

A browser test builds what is missing inside its own transaction, which is rolled back, so each
class would build it anew: some ten seconds a time.
"""

env["ir.qweb"]._pregenerate_assets_bundles()  # noqa: F821 - the shell's
env.cr.commit()  # noqa: F821
