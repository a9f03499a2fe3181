"""`make i18n`: the template of what is to be translated, and the translations brought up to it."""

from . import console, environment, odoo, process, testing
from .paths import ADDON, DEV
from .pypi import PYTHON


def run():
    """Export loan_crm.pot; merge it into each .po file, keeping what is translated."""
    template = ADDON / "i18n" / f"{ADDON.name}.pot"
    with environment.ready() as env:
        testing.prepare(env, fresh=True)
        config = env.config("i18n")
        with console.step("Collecting what is to be translated") as step:
            arguments = (
                "-c",
                config,
                "-d",
                testing.DATABASE,
                "-l",
                "pot",
                "-o",
                template.with_suffix(".new.pot"),
            )
            template.parent.mkdir(exist_ok=True)
            odoo.run(env.server, None, "i18n", "export", *arguments, ADDON.name, on_line=odoo.progress(step))
    merge = [PYTHON, DEV / "checks" / "merge_translations.py", template.with_suffix(".new.pot"), template]
    console.say(process.output([*merge, ADDON / "i18n" / "zh_CN.po"]))
