"""All that is held about a person, as files to take away: a page to read, data for a machine, tables for a spreadsheet.

What goes in are plain values, told in the person's language by whoever read them. Nothing in here knows where they
come from, so what a file holds can be tried in milliseconds. Texts are texts: none of them becomes markup in the page,
a formula in a table, or a path in the archive.
"""

import io
import json
import zipfile
from datetime import date, datetime, timezone
from decimal import Decimal
from html import escape
from typing import NamedTuple

from . import files, tables

VERSION = 1  # of the layout of `data.json`
_MOMENT = (1980, 1, 1, 0, 0, 0)  # of the files inside: the same data make the same bytes

_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2a36; font: 1.05rem/1.6 sans-serif; }}
h1, h2 {{ line-height: 1.3; }}
h2 {{ margin-top: 2.5rem; padding-top: .5rem; border-top: 2px solid #cbd3da; }}
a {{ color: #14508c; }}
.quiet {{ color: #51606d; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ padding: .4rem .6rem; border-bottom: 1px solid #cbd3da; text-align: start; vertical-align: top; }}
td {{ white-space: pre-line; overflow-wrap: anywhere; }}
td.figure {{ text-align: end; white-space: nowrap; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Money(NamedTuple):
    """
    :param Decimal amount: exact to the smallest unit
    :param str currency: its three letters
    """

    amount: Decimal
    currency: str


class Section(NamedTuple):
    """One kind of what is held.

    :param str key: its name in `data.json`, and of its table where it has one
    :param str title: in the person's language
    :param columns: pairs of (key, label)
    :param rows: dicts by the keys of the columns; values are str, int, bool, Decimal, Money, date, naive datetime in
        UTC, or None
    :param str note: what it is held for, or how to read it
    :param bool table: whether it is a CSV file of its own, too
    """

    key: str
    title: str
    columns: tuple
    rows: tuple
    note: str = ""
    table: bool = False


class Words(NamedTuple):
    """What the page says around the data, in the person's language."""

    contents: str = "Contents"
    nothing: str = "Nothing."
    left_out: str = "What is not in this copy, and why"
    kept: str = "What for, and for how long"
    files: str = "Files"
    yes: str = "yes"
    no: str = "no"


class Copy(NamedTuple):
    """
    :param str lang: of the page, as HTML names it
    :param str title: of the page
    :param tuple intro: paragraphs
    :param tuple sections: of :class:`Section`
    :param tuple kept: pairs of what is held and for how long
    :param tuple left_out: pairs of what is not in it and why
    :param datetime made_at: naive, UTC
    :param Words words: around the data
    """

    lang: str
    title: str
    intro: tuple
    sections: tuple
    kept: tuple
    left_out: tuple
    made_at: datetime
    words: Words = Words()


def moment(value):
    """Return a moment as ISO 8601 says it, in UTC.

    :param datetime value: naive, UTC
    """
    return value.replace(tzinfo=timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(value):
    """Return a value as JSON carries it: amounts as text with their currency, days and moments as ISO 8601 says."""
    if isinstance(value, Money):
        return {"amount": format(value.amount, "f"), "currency": value.currency}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def told(value, words):
    """Return a value as the page and a table tell it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, Money):
        return f"{value.amount:,f} {value.currency}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    return str(plain(value))


def as_json(copy, names=()):
    """Return the data for a machine: sections by their keys, and what each key means.

    :param Copy copy: what is held
    :param names: of the files that go with it
    :rtype: str
    """
    return json.dumps(
        {
            "version": VERSION,
            "made_at": moment(copy.made_at),
            "language": copy.lang,
            "meaning": {
                section.key: {"": section.title, **dict(section.columns)} for section in copy.sections
            },
            "data": {
                section.key: [
                    {key: plain(row.get(key)) for key, _label in section.columns} for row in section.rows
                ]
                for section in copy.sections
            },
            "kept": [{"what": what, "how_long": how_long} for what, how_long in copy.kept],
            "left_out": [{"what": what, "why": why} for what, why in copy.left_out],
            "files": list(names),
        },
        ensure_ascii=False,
        indent=1,
    )


def _table(section, words):
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for _key, label in section.columns)
    lines = []
    for row in section.rows:
        cells = []
        for key, _label in section.columns:
            value = row.get(key)
            kind = " class='figure'" if isinstance(value, (Money, Decimal)) else ""
            cells.append(f"<td{kind}>{escape(told(value, words))}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "\n".join(lines)
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"


def _pairs(pairs):
    rows = "\n".join(
        f"<tr><th scope='row'>{escape(first)}</th><td>{escape(second)}</td></tr>" for first, second in pairs
    )
    return f"<table><tbody>\n{rows}\n</tbody></table>"


def as_html(copy, names=()):
    """Return the page to read, with its table of contents; nothing in it runs and nothing is loaded.

    :param Copy copy: what is held
    :param names: of the files that go with it, as paths in the archive
    :rtype: str
    """
    words = copy.words
    entries, parts = [], []

    def add(anchor, title, body):
        entries.append(f"<li><a href='#{anchor}'>{escape(title)}</a></li>")
        parts.append(f"<section id='{anchor}'>\n<h2>{escape(title)}</h2>\n{body}\n</section>")

    for place, section in enumerate(copy.sections):
        note = f"<p class='quiet'>{escape(section.note)}</p>\n" if section.note else ""
        filled = _table(section, words) if section.rows else f"<p class='quiet'>{escape(words.nothing)}</p>"
        add(f"s{place}", f"{section.title} ({len(section.rows)})", note + filled)
    if names:
        listed = "\n".join(f"<li>{escape(name)}</li>" for name in names)
        add("files", words.files, f"<ul>\n{listed}\n</ul>")
    add("kept", words.kept, _pairs(copy.kept))
    add("left-out", words.left_out, _pairs(copy.left_out))
    intro = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in copy.intro)
    contents = "\n".join(entries)
    body = (
        f"<h1>{escape(copy.title)}</h1>\n{intro}\n"
        f"<nav><h2>{escape(words.contents)}</h2>\n<ol>\n{contents}\n</ol></nav>\n" + "\n".join(parts)
    )
    return _PAGE.format(lang=escape(copy.lang, quote=True), title=escape(copy.title), body=body)


def as_csv(section, words):
    """Return a section as a table for a spreadsheet: a column for an amount and one for its currency.

    :rtype: bytes
    """
    monies = {
        key for key, _label in section.columns if any(isinstance(row.get(key), Money) for row in section.rows)
    }

    def cells(row):
        for key, _label in section.columns:
            value = row.get(key)
            if key in monies:
                yield from (value.amount, value.currency) if value else (None, "")
            elif isinstance(value, (bool, datetime)):
                yield told(value, words)
            else:
                yield value

    head = [name for key, label in section.columns for name in ((label, "") if key in monies else (label,))]
    return tables.csv_bytes([head, *(list(cells(row)) for row in section.rows)])


def as_zip(copy, attached=()):
    """Return all of it as one archive.

    :param Copy copy: what is held
    :param attached: pairs of (name as it came, bytes) of files somebody gave
    :return: bytes; the same data make the same ones
    """
    named, taken = [], set()
    for name, content in attached:
        stem, _dot, ending = name.rpartition(".")
        ending = files.clean_name(ending, "x")[:-2] if stem else ""
        clean = files.clean_name(name, ending or "bin")
        path, count = f"files/{clean}", 2
        while path.lower() in taken:
            base, _dot, end = clean.rpartition(".")
            path, count = f"files/{base} ({count}).{end}", count + 1
        taken.add(path.lower())
        named.append((path, content))
    names = [path for path, _content in named]
    parts = [
        ("index.html", as_html(copy, names).encode()),
        ("data.json", as_json(copy, names).encode()),
        *(
            (f"tables/{section.key}.csv", as_csv(section, copy.words))
            for section in copy.sections
            if section.table
        ),
        *named,
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts:
            entry = zipfile.ZipInfo(path, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
