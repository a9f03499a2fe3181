"""Files that somebody sends in by a page: what they are, by their first bytes, and a name that does no harm."""

import re
import unicodedata

from .refusal import Refusal

# By what a file begins with, never by what it says it is: (mimetype, ending).
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_NAME_AT_MOST = 80
# What no name of a file may have on any system, and what turns the direction of reading.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


class FileError(Refusal):
    """Reasons: ``file_missing``, ``file_empty``, ``file_too_large``, ``file_unknown``, ``files_too_many``,
    ``files_too_large``."""


def kind(content):
    """Return (mimetype, ending) of a PDF or a photograph, None for anything else.

    :param bytes content: of the file
    """
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "application/pdf", "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "image/png", "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", "jpg"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "image/heic", "heic"
    return None


def clean_name(name, ending, fallback="document"):
    """Return a name for a file: no path, no sign that breaks a header or a line, with the ending of what it is.

    :param str name: as it came
    :param str ending: without the dot
    :param str fallback: where nothing is left of it
    """
    text = unicodedata.normalize("NFC", name or "").replace("\\", "/").rpartition("/")[2]
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    text = " ".join(_FORBIDDEN.sub(" ", text).split()).strip(". ")
    stem = text.rpartition(".")[0] or text
    return f"{stem[:_NAME_AT_MOST].strip('. ') or fallback}.{ending}"


def check(files, most_files, most_bytes, most_in_all):
    """Return the files that were sent in, each with a clean name and its mimetype.

    :param files: pairs of (name, bytes)
    :param int most_files: so many at once
    :param int most_bytes: so large may one be
    :param int most_in_all: so large may all be together
    :return: a list of (name, mimetype, bytes)
    :raises FileError: as above; the facts name the file
    """
    if not files:
        raise FileError("file_missing")
    if len(files) > most_files:
        raise FileError("files_too_many", most=most_files)
    told = []
    for name, content in files:
        shown = clean_name(name, "x")[:-2]
        if not content:
            raise FileError("file_empty", name=shown)
        if len(content) > most_bytes:
            raise FileError("file_too_large", name=shown, most=most_bytes)
        found = kind(content)
        if not found:
            raise FileError("file_unknown", name=shown)
        told.append((clean_name(name, found[1]), found[0], content))
    if sum(len(content) for _name, _kind, content in told) > most_in_all:
        raise FileError("files_too_large", most=most_in_all)
    return told
