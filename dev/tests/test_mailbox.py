"""What `make mail` shows of a caught mail."""

from email.message import EmailMessage

from dev import mailbox


def letter(**headers):
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content("还款提醒")
    return message


def test_a_letter_is_listed_with_its_readable_form(tmp_path, monkeypatch):
    monkeypatch.setattr(mailbox, "MAILS", tmp_path)
    message = letter(To="王伟 <wang@example.com>", Subject="还款提醒", Date="Mon, 05 Jan 2026 08:00:00 +0000")
    (tmp_path / "20260105-0001.eml").write_bytes(message.as_bytes())
    (tmp_path / "20260105-0001.html").write_text("<p>")
    (one,) = mailbox.letters()
    assert (one["to"], one["subject"]) == ("王伟 <wang@example.com>", "还款提醒")
    assert one["path"].suffix == ".html"
    assert one["when"].startswith("2026-01-0")
    assert mailbox.letters(since="20260105-0001.eml") == []


def test_the_reader_sees_html_rather_than_text():
    message = letter(Subject="x")
    message.add_alternative("<b>due</b>", subtype="html")
    assert mailbox.body_of(message) == ("<b>due</b>\n", "html")
    assert mailbox.body_of(letter()) == ("还款提醒\n", "text")
