"""Fed to `odoo shell`: build the scripts and style sheets browser tests ask for, once for all tests.

A browser test builds what is missing inside its own transaction, which is rolled back, so each
class would build it anew: some fifteen seconds a time.
"""

# ruff: noqa: F821 - `env` is the shell's
UNIT_TESTS = ("web.assets_unit_tests_setup", "web.assets_unit_tests")
SCRIPTS = (
    *("web.assets_web", "web.assets_frontend_minimal", "web.assets_frontend_lazy", "web.assets_tests"),
    *UNIT_TESTS,
)
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_frontend", *UNIT_TESTS)

for bundle in SCRIPTS:
    env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
for bundle in STYLES:
    env["ir.qweb"]._get_asset_bundle(bundle, css=True, js=False).css()
env.cr.commit()
