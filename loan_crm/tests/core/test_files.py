from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import files
from odoo.addons.loan_crm.core.files import FileError

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 20
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 20


class TestFiles(BaseCase):
    def test_a_file_is_what_its_bytes_say(self):
        for content, expected in (
            (PDF, ("application/pdf", "pdf")),
            (PNG, ("image/png", "png")),
            (JPG, ("image/jpeg", "jpg")),
            (HEIC, ("image/heic", "heic")),
            (b"MZ\x90\0", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<html><script>alert(1)</script>", None),
            (b"<html>%PDF-1.4 %%EOF", None),
            (b"%PDF-1.4 without an end", None),
            (b"PK\x03\x04", None),
            (b"GIF89a", None),
            (b"\x89PNG\r\n\x1a\nshort", None),
            (b"", None),
        ):
            with self.subTest(content=content[:20]):
                self.assertEqual(files.kind(content), expected)

    def test_a_name_does_no_harm(self):
        for name, expected in (
            ("payslip march.pdf", "payslip march.pdf"),
            ("工资单.PDF", "工资单.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\Users\\me\\scan.jpeg", "scan.pdf"),
            ('a"; filename="evil.exe\r\nSet-Cookie: x=1', "a ; filename= evil.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.pdf"),
            ("\0\0", "document.pdf"),
            (".pdf", "pdf.pdf"),
            ("...", "document.pdf"),
            ("", "document.pdf"),
            ("x" * 500 + ".pdf", "x" * 80 + ".pdf"),
            ("<img src=x onerror=alert(1)>.pdf", "img src=x onerror=alert(1).pdf"),
        ):
            with self.subTest(name=name):
                self.assertEqual(files.clean_name(name, "pdf"), expected)

    def test_what_is_refused_says_why(self):
        for sent, reason in (
            ([], "file_missing"),
            ([("a.pdf", PDF)] * 6, "files_too_many"),
            ([("a.pdf", b"")], "file_empty"),
            ([("a.pdf", PDF + b"\0" * 200 + b"%%EOF")], "file_too_large"),
            ([("a.pdf", PDF), ("b.pdf", b"MZ")], "file_unknown"),
            ([("a.pdf", PDF)] * 5, "files_too_large"),
        ):
            with self.subTest(reason=reason), self.assertRaises(FileError) as refused:
                files.check(sent, 5, 200, 150)
            self.assertEqual(refused.exception.reason, reason)

    def test_what_is_taken_has_its_own_kind_and_name(self):
        self.assertEqual(
            files.check([("me.exe", JPG), ("b", PDF)], 5, 200, 400),
            [("me.jpg", "image/jpeg", JPG), ("b.pdf", "application/pdf", PDF)],
        )
