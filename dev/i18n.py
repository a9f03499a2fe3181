"""`make i18n`: the templates of what is to be translated, and the translations brought up to them."""

from . import console, environment, odoo, process, testing
from .paths import ADDONS, DEV
from .pypi import PYTHON


def run():
    """Export the .pot of each addon; merge it into its .po file, keeping what is translated."""
    with environment.ready() as env:
        testing.prepare(env, fresh=True)
        for addon in ADDONS:
            _bring_up(env, addon)


def _bring_up(env, addon):
    template = addon / "i18n" / f"{addon.name}.pot"
    config = env.config("i18n")
    with console.step(f"Collecting what is to be translated in {addon.name}") as step:
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
        odoo.run(env.server, None, "i18n", "export", *arguments, addon.name, on_line=odoo.progress(step))
    merge = [PYTHON, DEV / "checks" / "merge_translations.py", template.with_suffix(".new.pot"), template]
    console.say(process.output([*merge, addon / "i18n" / "zh_CN.po"]))
