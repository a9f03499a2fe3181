"""The checks find what they are for."""

import importlib.util

import pytest

from dev.paths import DEV

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def check(name):
    spec = importlib.util.spec_from_file_location(name, DEV / "checks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "Loan"\nmsgstr "贷款"\n', None),
        ('msgid "Loan"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Loan"\nmsgstr "贷"\n', "fuzzy"),
        ('msgid "%(n)s loans"\nmsgstr "贷款"\n', "placeholders"),
        ('#~ msgid "Old"\n#~ msgstr "旧"\n', "left over"),
    ],
)
def test_translations(tmp_path, entry, complaint):
    addon = tmp_path / "loan_crm"
    (addon / "i18n").mkdir(parents=True)
    (addon / "i18n" / "zh_CN.po").write_text(HEAD + entry)
    found = list(check("translations").complaints(addon))
    assert len(found) == bool(complaint)
    assert all(complaint in line for line in found)


def test_a_sentence_missing_from_a_catalog_is_found(tmp_path):
    addon = tmp_path / "loan_crm"
    (addon / "i18n").mkdir(parents=True)
    (addon / "i18n" / "loan_crm.pot").write_text(HEAD + 'msgid "Loan"\nmsgstr ""\n')
    (addon / "i18n" / "zh_CN.po").write_text(HEAD)
    (line,) = check("translations").complaints(addon)
    assert "missing" in line


def test_merging_keeps_what_is_translated_and_guesses_nothing(tmp_path):
    new, old, chinese = tmp_path / "new.pot", tmp_path / "loan_crm.pot", tmp_path / "zh_CN.po"
    new.write_text(HEAD + 'msgid "Loan"\nmsgstr ""\n\nmsgid "Loans"\nmsgstr ""\n')
    chinese.write_text(HEAD + 'msgid "Loan"\nmsgstr "贷款"\n\nmsgid "Gone"\nmsgstr "旧"\n')
    said = list(check("merge_translations").merge(new, old, [chinese]))
    text = chinese.read_text()
    assert 'msgid "Loan"\nmsgstr "贷款"' in text
    assert 'msgid "Loans"\nmsgstr ""' in text
    assert "Gone" not in text
    assert "fuzzy" not in text
    assert said[-1] == "zh_CN.po: 1 translated, 1 to translate, 1 removed"


@pytest.mark.parametrize(
    ("arch", "wrong"),
    [
        ("<list><field name='name'/></list>", False),
        ("<list><notebook/></list>", True),
    ],
)
def test_view_schemas(tmp_path, arch, wrong):
    (tmp_path / "views.xml").write_text(
        "<odoo><record id='a' model='ir.ui.view'><field name='name'>a</field><field name='model'>b</field>"
        f"<field name='arch' type='xml'>{arch}</field></record></odoo>"
    )
    assert bool(list(check("xml").complaints(tmp_path))) is wrong


def test_broken_xml_is_found(tmp_path):
    (tmp_path / "views.xml").write_text("<odoo><record></odoo>")
    assert len(list(check("xml").complaints(tmp_path))) == 1
