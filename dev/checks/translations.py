"""Check an addon's translations: complete, none fuzzy, placeholders kept, nothing left over."""

import re
import sys
from pathlib import Path

import polib

# %s, %(name)s, {{ expression }}, ${name}: what a program fills in. A lost one breaks the sentence.
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\{.*?\}\}|\$\{\w+\}")


def complaints(addon):
    """Yield one line for each thing wrong in the .po files of `addon`."""
    template = addon / "i18n" / f"{addon.name}.pot"
    terms = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(template)} if template.exists() else None
    for path in sorted(addon.glob("i18n/*.po")):
        catalog = polib.pofile(path)
        for entry in catalog:
            where = f"{path}:{entry.linenum}"
            if entry.obsolete:
                yield f"{where}: left over: {entry.msgid[:60]!r}"
                continue
            if "fuzzy" in entry.flags:
                yield f"{where}: fuzzy: {entry.msgid[:60]!r}"
            elif not entry.msgstr.strip():
                yield f"{where}: not translated: {entry.msgid[:60]!r}"
            elif sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr)):
                yield f"{where}: other placeholders than the source: {entry.msgid[:60]!r}"
        if terms is not None:
            known = {(entry.msgctxt, entry.msgid) for entry in catalog if not entry.obsolete}
            yield from (
                f"{path}: missing (run `make i18n`): {msgid[:60]!r}"
                for _ctx, msgid in sorted(terms - known, key=str)
            )


if __name__ == "__main__":
    found = list(complaints(Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(bool(found))
