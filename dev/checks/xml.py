"""Check an addon's XML: well formed, and of the shape Odoo's own schemas ask for.

Odoo checks the same on installation, a minute later and one file at a time.
"""

import sys
from pathlib import Path

from lxml import etree

import odoo.tools  # the locked environment's Odoo: its schemas are the ones that count

ODOO = Path(odoo.tools.__file__).resolve().parent.parent
VIEWS = ODOO / "addons" / "base" / "rng"


def complaints(addon):
    """Yield one line for each thing wrong in the XML files of `addon`."""
    data = etree.RelaxNG(etree.parse(ODOO / "import_xml.rng"))
    views = {path.name.removesuffix("_view.rng"): path for path in VIEWS.glob("*_view.rng")}
    views = {name: etree.RelaxNG(etree.parse(path)) for name, path in views.items()}
    for path in sorted(addon.rglob("*.xml")):
        try:
            tree = etree.parse(path)
        except etree.XMLSyntaxError as error:
            yield f"{path}:{error.lineno}: {error.msg}"
            continue
        if tree.getroot().tag != "odoo":  # an OWL template, a picture
            continue
        if not data.validate(tree):
            yield from _errors(path, data)
        for arch in tree.iterfind(".//record[@model='ir.ui.view']/field[@name='arch']/*"):
            if arch.tag in views and arch.getparent().get("type") == "xml" and arch.get("position") is None:
                yield from _view_errors(path, arch, views[arch.tag])


def _view_errors(path, arch, schema):
    # The schema knows what a view looks like after Odoo loaded it; extensions are patches, not views.
    record = arch.getparent().getparent()
    if record.find("field[@name='inherit_id']") is None and not schema.validate(arch):
        yield from _errors(path, schema)


def _errors(path, schema):
    for error in list(schema.error_log)[:5]:
        yield f"{path}:{error.line}: {error.message}"


if __name__ == "__main__":
    found = list(complaints(Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(bool(found))
