"""Lint: what a machine can see without running anything."""

import concurrent.futures
import shlex
import shutil

from . import console, odoo_source, process, pypi
from .console import Problem
from .paths import ADDONS, DEV, LOCAL, ROOT

SHOWN = 60  # lines of one check's complaints
PYTHON_FOLDERS = (*(addon.name for addon in ADDONS), "dev", "benchmarks")


def checks():
    """Return {name: argv} of every check."""
    tools = pypi.PYTHON.parent
    folders = [name for name in PYTHON_FOLDERS if (ROOT / name).is_dir()]
    pylint = [pypi.PYTHON, "-m", "pylint", "--rcfile", ROOT / ".pylintrc"]
    found = {
        "ruff": [tools / "ruff", "check", "--output-format=concise", "--quiet", *folders],
        "format": [tools / "ruff", "format", "--check", "--quiet", *folders],
        "pylint-odoo": [*pylint, *(addon.name for addon in ADDONS)],
        **{
            f"{check}{suffix}": [pypi.PYTHON, DEV / "checks" / f"{check}.py", addon]
            for addon in ADDONS
            for suffix in (addon.name.removeprefix(ADDONS[0].name),)
            for check in ("xml", "translations")
        },
        "shell": [shutil.which("bash") or "sh", "-n", ROOT / ".ci" / "run"],
        "addresses": [pypi.PYTHON, DEV / "checks" / "addresses.py", ROOT],
    }
    node = shutil.which("node")
    for script in sorted(ADDONS[0].glob("static/**/*.js")) if node else ():
        found[script.name] = [node, "--input-type=module", "--check"]
        found[script.name].append(script)
    return found


def run(only=None):
    """Run every check, two at a time.

    :raises Problem: with what the failed ones said
    """
    pypi.ensure()
    odoo_source.locate()  # pylint-odoo and the schemas look into it
    with console.step("Lint") as step, concurrent.futures.ThreadPoolExecutor(2) as pool:
        wanted = {name: argv for name, argv in checks().items() if not only or name in only}
        jobs = {name: pool.submit(_check, name, argv) for name, argv in wanted.items()}
        step.doing(", ".join(jobs))
        said = [f"{name}:\n{job.result()}" for name, job in jobs.items() if job.result()]
        if said:
            tidy = any(jobs[name].result() for name in ("ruff", "format") if name in jobs)
            way_out = "`make format` mends what can be mended by itself." if tidy else ""
            raise Problem("Lint:\n\n" + "\n\n".join(said), way_out)
        step.note = ", ".join(name for name in jobs if not name.endswith(".js"))


def format_code():
    """Let ruff mend what it can."""
    pypi.ensure()
    ruff = pypi.PYTHON.parent / "ruff"
    folders = [name for name in PYTHON_FOLDERS if (ROOT / name).is_dir()]
    process.run([ruff, "check", "--fix", "--quiet", *folders], cwd=ROOT, check=False)
    console.say(process.output([ruff, "format", *folders], cwd=ROOT))


def _check(name, argv):
    if name.endswith(".js"):
        code, lines = process.run(
            argv[:-1], cwd=ROOT, check=False, text_in=argv[-1].read_text(encoding="utf-8")
        )
    else:
        code, lines = process.run(argv, cwd=ROOT, check=False, keep=400, env={"PYLINTHOME": LOCAL / "pylint"})
    if not code:
        return ""
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"… and {len(lines) - SHOWN} lines more: {shlex.join(map(str, argv))}"]
    return "\n".join(lines) or f"ended with code {code}"
