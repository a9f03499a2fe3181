"""Bring translations up to a new template: `merge_translations.py new.pot old.pot zh_CN.po …`.

What is translated stays, what is new is left empty for a translator, what is gone is removed.
Nothing is guessed: a "fuzzy" sentence in a letter to a borrower is worse than none.
"""

import sys
from pathlib import Path

import polib

DATES = ("POT-Creation-Date", "PO-Revision-Date")


def merge(new_template, template, catalogs):
    """Replace `template` and merge it into `catalogs`; yield a line about each."""
    wanted = polib.pofile(str(new_template))
    # Dates would make every run a change; version control knows when.
    for name in DATES:
        wanted.metadata.pop(name, None)
    _write(wanted, template)
    new_template.unlink()
    yield f"{template.name}: {len(wanted)} sentences"
    for path in catalogs:
        catalog = polib.pofile(str(path)) if path.exists() else polib.POFile()
        before = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in catalog if not entry.obsolete}
        # What a language says of itself, its plurals first, is its own; the template's are blank.
        own = {name: text for name, text in catalog.metadata.items() if text}
        metadata = {**wanted.metadata, **own, "Language": path.stem}
        merged = polib.POFile()
        merged.header = wanted.header
        merged.metadata = {name: value for name, value in metadata.items() if name not in DATES}
        for entry in wanted:
            merged.append(
                polib.POEntry(
                    msgid=entry.msgid,
                    msgctxt=entry.msgctxt,
                    msgstr=before.get((entry.msgctxt, entry.msgid), ""),
                    comment=entry.comment,
                    occurrences=entry.occurrences,
                    flags=[flag for flag in entry.flags if flag != "fuzzy"],
                )
            )
        _write(merged, path)
        gone = len(before.keys() - {(entry.msgctxt, entry.msgid) for entry in wanted})
        missing = len(merged.untranslated_entries())
        yield f"{path.name}: {len(merged) - missing} translated, {missing} to translate, {gone} removed"


def _write(catalog, path):
    path.write_text(str(catalog).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    new, old, *others = map(Path, sys.argv[1:])
    print("\n".join(merge(new, old, others)))
