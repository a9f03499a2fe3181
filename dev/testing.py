"""`make test`: lint, core, install, Odoo tests with browser tours, trials, upgrade, uninstall."""

import concurrent.futures
import contextlib
import dataclasses
import os
import re
import sys
import time
import xml.etree.ElementTree as ElementTree

from . import (
    browser,
    console,
    databases,
    environment,
    fingerprint,
    lanes,
    lint,
    locks,
    odoo,
    odoo_source,
    ports,
    process,
    pypi,
)
from .console import Problem
from .paths import ADDON, ADDONS, DEV, GLUE, LOCAL, LOGS, ROOT, TRIALS

DATABASE = "loan_crm_test"  # pytest's; its transactions are rolled back, so it stays as installed
LIFE = "loan_crm_life"  # upgraded, uninstalled, installed again
LANES = [f"{DATABASE}_{lane}" for lane in range(min(os.cpu_count() or 1, 4))]  # the Odoo tests', side by side
CALM = "dies or quarter"  # the trials whose workers die at a step and not at a time: they race nobody
CORE = ADDON / "tests" / "core"
PLAIN = ("-q", "-p", "no:odoo", "-p", "no:cacheprovider")  # pytest without pytest-odoo's database
WARM = " +assets"  # ends the database's mark when its bundles are built
PROGRESS = re.compile(r"(\[gw\d+\] \[ *\d+%\] \w+ )?\S+\.py::\S+ *$")  # a test of a lane begins, has ended
BROWSER_TEST = re.compile(r"HttpCase|start_tour|browser_js")
# What Odoo's HttpCase says when it cannot drive a browser, and pytest-odoo without a server.
BROWSER_SKIP = re.compile(r"chrome|browser|websocket|devtools|HttpCase", re.IGNORECASE)


@dataclasses.dataclass
class Tally:
    """How many tests did what; and what else went wrong."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = dataclasses.field(default_factory=list)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems

    @property
    def bad(self):
        return bool(self.failed or self.problems or not self.passed)

    def close(self):
        """Print the problems and, last, the line that programs read; return the exit code."""
        for problem in self.problems:
            console.say(f"\n✗ {problem}")
        failed = self.failed + len(self.problems)
        console.say(f"\n{self.passed} passed, {failed} failed, {self.skipped} skipped")
        return int(self.bad)


def run():
    """Run everything, or what `T` names."""
    target = os.environ.get("T", "").strip()
    with locks.exclusive(LOCAL / "test.lock", "tests of this checkout"):
        return run_one(target) if target else run_all()


def in_ci():
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


# --- one file, in seconds


def run_one(target):
    """Run one test file, class or method on the prepared database."""
    path = ROOT / target.split("::", 1)[0]
    if not path.exists():
        raise Problem(f"There is no {path}")
    if path.is_relative_to(DEV):
        pypi.ensure()
        return _unittest("dev", [pypi.PYTHON, "-m", "pytest", *PLAIN, target], show=True).close()
    with environment.ready() as env:
        prepare(env)
        if path.is_relative_to(TRIALS):
            return _trials(env, target, show=True).close()
        if BROWSER_TEST.search(path.read_text(encoding="utf-8") if path.is_file() else "HttpCase"):
            _warm_assets(env)
        if not browser.find():
            console.warn(f"No Chromium on PATH: browser tours are skipped. {browser.HOW}")
        return _pytest(env, [target], show=True).close()


def prepare(env, fresh=False):
    """Have the test database match the addon's code.

    :param bool fresh: install anew: an upgrade leaves letters and other `noupdate` data as they are
    """
    fresh = fresh or bool(os.environ.get("FRESH"))
    base = databases.ensure_base(env)
    wanted = f"{base} {fingerprint.addon()}"
    have = databases.mark(env.server, DATABASE)
    if (have or "").removesuffix(WARM) == wanted and not fresh:
        return
    log = databases.new_log("test-prepare")
    fresh = fresh or not have or have.split(" ")[0] != base
    with console.step("Installing loan_crm" if fresh else "Upgrading loan_crm") as step:
        verb = databases.install if fresh else databases.upgrade
        verb(env, DATABASE, log=log, on_line=odoo.progress(step))
        for complaint in odoo.complaints(log.read_text().splitlines()):
            console.warn(complaint)
        if fresh and databases.demo_complaint(env.server, DATABASE):
            console.warn(f"{databases.demo_complaint(env.server, DATABASE)} (see {log})")
        databases.set_mark(env.server, DATABASE, wanted)


def _warm_assets(env):
    """Build what browser tests load, once for each state of the addon; the database's mark tells."""
    have = databases.mark(env.server, DATABASE)
    if not have.endswith(WARM):
        with console.step("Building pages' scripts and styles", quiet_below=3):
            databases.warm_assets(env, DATABASE)
        databases.set_mark(env.server, DATABASE, have + WARM)


# --- everything


def run_all():
    """Run everything, as CI does; what needs no database runs beside the building of it."""
    started = time.monotonic()
    total = Tally()
    pypi.ensure()
    odoo_source.locate()
    found = browser.ensure(required=in_ci())
    console.heading("Tests")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        plain = pool.submit(_plain_checks)
        try:
            with environment.ready() as env:
                installed = _install(env, total)
                total.add(plain.result())  # two cores: pytest waits for lint
                if installed:
                    _odoo_checks(env, total, bool(found))
        except BaseException:
            process.stop_all()
            raise
    _times(time.monotonic() - started)
    return total.close()


def _plain_checks():
    """Lint, then the tests that need no Odoo."""
    tally = Tally()
    try:
        lint.run()
    except Problem as problem:
        tally.problems.append(str(problem))
    with console.step("Tests of dev/") as step:
        tally.add(_noted(step, _unittest("dev", [pypi.PYTHON, "-m", "pytest", *PLAIN, DEV / "tests"])))
    if CORE.is_dir():
        with console.step("Core tests, without Odoo") as step:
            tally.add(_noted(step, core_tests()))
    return tally


def core():
    """Run the core's tests alone: a plain interpreter, no Odoo, no database."""
    pypi.ensure()
    return core_tests(show=True).close()


def core_tests(show=False):
    return _unittest("core", [pypi.PYTHON, CORE], show=show)


def _install(env, total):
    """Install on a fresh database; return whether there is something to test."""
    base = databases.ensure_base(env)
    wanted = f"{base} {fingerprint.addon()}"
    log = databases.new_log("install")
    try:
        with console.step("Installing loan_crm on a fresh database") as step:
            databases.install(env, DATABASE, log=log, on_line=odoo.progress(step))
            _clean(log, "the installation", total)
            complaint = databases.demo_complaint(env.server, DATABASE)
            if complaint:
                total.problems.append(complaint)
            databases.set_mark(env.server, DATABASE, wanted)
        _warm_assets(env)
    except Problem as problem:
        total.problems.append(f"The installation failed:\n{problem}")
        return False
    return True


def _odoo_checks(env, total, has_browser):
    """Run the Odoo tests in lanes, and beside them the addon's life and the trials that race nobody.

    Each works on a copy of its own, for nobody may use a database while it is copied.
    """
    for name in (LIFE, *LANES):
        databases.copy(env.server, DATABASE, name)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        beside = [pool.submit(_life, env), pool.submit(_trials_step, env, "workers that die", CALM)]
        total.add(_pytest(env, [addon / "tests" for addon in ADDONS], on=LANES))
        for work in beside:
            total.add(work.result())
    for name in LANES:
        databases.drop(env.server, name)
    # Alone: they race workers, which must get the cores they race for.
    total.add(_trials_step(env, "workers raced and killed", f"not ({CALM})"))
    if not has_browser:
        console.warn(f"Browser tours were skipped. {browser.HOW}")


def _trials_step(env, title, chosen):
    with console.step(f"Trials: {title}") as step:
        return _noted(step, _trials(env, TRIALS, "-k", chosen))


def _trials(env, *targets, show=False):
    """Race and kill real workers on a copy of the test database, with a real mail server."""
    variables = odoo.environment(env.server, env.config("trials", log_level="warn"))
    argv = [pypi.PYTHON, "-m", "pytest", *PLAIN, "-ra", *targets]
    return _unittest("trials", argv, show=show, env={**variables, "TRIALS_DATABASE": DATABASE})


def _life(env):
    """Upgrade, uninstall and install again; each log must stay clean."""
    tally = Tally()
    try:
        for title, action in (
            ("Upgrading", lambda log, show: databases.upgrade(env, LIFE, log=log, on_line=show)),
            ("Uninstalling the glue of", lambda log, show: _uninstall_glue(env, log, show)),
            ("Uninstalling", lambda log, show: _uninstall(env, log, show)),
            ("Installing again", lambda log, show: databases.reinstall(env, LIFE, log=log, on_line=show)),
        ):
            log = databases.new_log(title.lower().replace(" ", "-"))
            with console.step(f"{title} loan_crm") as step:
                action(log, odoo.progress(step))
                _clean(log, title.lower(), tally)
        databases.drop(env.server, LIFE)
    except Problem as problem:
        tally.problems.append(f"{title} failed:\n{problem}")
    return tally


def _uninstall_module(env, name, log, show):
    return odoo.run(
        env.server,
        *(env.config(LIFE), "module", "uninstall", "-c", env.config(LIFE), "-d", LIFE, name),
        on_line=show,
        log=log,
        check=False,
    )


def _uninstall_glue(env, log, show):
    """Uninstall what is beside loan_crm; it stays, and nothing in it names a channel that is gone."""
    for glue in GLUE:
        code, lines = _uninstall_module(env, glue.name, log, show)
        states = env.server.sql(
            f"SELECT state FROM ir_module_module WHERE name IN ('loan_crm', '{glue.name}') ORDER BY name",
            LIFE,
        )
        left = env.server.sql(
            "SELECT 'reminder' FROM loan_reminder WHERE channel NOT IN ('email', 'task', 'other')"
            " UNION SELECT 'step' FROM loan_reminder_step WHERE channel NOT IN ('email', 'task')",
            LIFE,
        )
        if code or states != [["installed"], ["uninstalled"]] or left:
            raise Problem("\n".join(lines[-15:]) + f"\nstates {states}, left behind: {left}", f"See {log}")


def _uninstall(env, log, show):
    code, lines = _uninstall_module(env, "loan_crm", log, show)
    state = env.server.sql("SELECT state FROM ir_module_module WHERE name = 'loan_crm'", LIFE)
    left = env.server.sql("SELECT model FROM ir_model WHERE model LIKE 'loan.%'", LIFE)
    tables = env.server.sql("SELECT tablename FROM pg_tables WHERE tablename LIKE 'loan\\_%'", LIFE)
    if code or state != [["uninstalled"]] or left or tables:
        remains = ", ".join(row[0] for row in left + tables)
        raise Problem(
            "\n".join(lines[-15:]) + f"\nstate {state}, left behind: {remains or 'nothing'}", f"See {log}"
        )


def _clean(log, what, tally):
    for complaint in odoo.complaints(log.read_text(errors="replace").splitlines()):
        tally.problems.append(f"The log of {what} is not clean ({log}):\n{complaint}")


# --- pytest and unittest


def _pytest(env, targets, on=(), show=False):
    """Run Odoo tests under pytest-odoo; in CI a tour that was skipped is a failure.

    :param on: databases, each for a process of those that share the tests; none runs them one after the other
    """
    report = LOGS / "pytest.xml"
    report.unlink(missing_ok=True)
    config = env.config(
        "test", http_port=ports.free(), db_name=DATABASE, max_cron_threads=0, log_level="warn"
    )
    argv = [pypi.PYTHON, "-m", "pytest", "-p", "no:cacheprovider", f"--odoo-config={config}", "--odoo-http"]
    argv += [
        f"--odoo-database={DATABASE}",
        "--odoo-log-level=warn",
        f"--junitxml={report}",
        "-ra",
        "--color=auto",
        "--tb=short",
        *("-p", "dev.kept_browser"),
    ]
    argv += [f"--ignore={CORE}"] if not any("tests/core" in str(target) for target in targets) else []
    argv += lanes.options(len(on)) if on else []
    variables = odoo.environment(env.server, config)
    variables[lanes.DATABASES] = ",".join(on)
    variables[lanes.SPENT] = str(LOGS)
    variables["PATH"] = f"{env.server.program('psql').parent}{os.pathsep}{os.environ['PATH']}"
    # What the browser leaves behind goes with this checkout, too.
    variables["XDG_CACHE_HOME"] = variables["XDG_CONFIG_HOME"] = LOCAL / "browser"
    log = databases.new_log("pytest")
    title = "Odoo tests"
    with contextlib.ExitStack() as stack:
        step = None if show else stack.enter_context(console.step(title))
        code, lines = process.run(
            [*argv, *targets],
            env=variables,
            cwd=ROOT,
            check=False,
            log=log,
            on_line=console.say if show else step.doing,
            keep=4000,
        )
        tally = read_report(report)
        if code not in (0, 1) or (code == 1 and not tally.failed):
            tally.problems.append(f"pytest ended with code {code}:\n" + "\n".join(lines[-30:]))
        if step:
            step.note = f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped"
    if tally.failed and not show:
        console.say("\n".join(essence(lines)))
        console.say(f"  what was logged meanwhile: {log}")
    return tally


def essence(lines):
    """Return pytest's output without its progress and what the tests logged, which may be thousands of lines."""
    kept, captured = [], False
    for line in lines:
        if re.match(r"-+ Captured .* -+$", line):
            captured = True
        elif re.match(r"(_{3,}|={3,}) .* (_{3,}|={3,})$", line):
            captured = False
        if not captured and not PROGRESS.match(line):
            kept.append(line)
    return kept


def read_report(report):
    """Return the tally of a JUnit file; a skipped browser test is a problem in CI."""
    tally = Tally()
    if not report.exists():
        return tally
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif skip is not None:
            tally.skipped += 1
            reason = f"{skip.get('message')} {skip.text}"
            if in_ci() and BROWSER_SKIP.search(reason):
                tally.problems.append(
                    f"A browser test was skipped: {case.get('name')}: {skip.get('message')}"
                )
        else:
            tally.passed += 1
    return tally


def _unittest(name, argv, show=False, env=None):
    code, lines = process.run(
        argv, env=env, cwd=ROOT, check=False, keep=4000, on_line=console.say if show else None
    )
    tally = count("\n".join(lines))
    if code and not tally.failed:
        tally.problems.append(f"The tests of {name} ended with code {code}:\n" + "\n".join(lines[-30:]))
    elif tally.failed and not show:
        console.say("\n".join(lines))
    return tally


def count(text):
    """Return the tally of unittest's or pytest's closing lines."""
    tally = Tally()
    for number, word in re.findall(
        r"(\d+) (passed|failed|skipped|errors?)\b", text.rsplit("\n", 3)[-1] or text
    ):
        kind = {"passed": "passed", "skipped": "skipped"}.get(word, "failed")
        setattr(tally, kind, getattr(tally, kind) + int(number))
    ran = re.findall(r"^Ran (\d+) tests?", text, re.MULTILINE)
    if ran:
        details = re.findall(r"(failures|errors|skipped)=(\d+)", text)
        tally.failed = sum(int(number) for word, number in details if word != "skipped")
        tally.skipped = sum(int(number) for word, number in details if word == "skipped")
        tally.passed = int(ran[-1]) - tally.failed - tally.skipped
    return tally


def _noted(step, tally):
    step.note = f"{tally.passed} passed" + (f", {tally.failed} failed" if tally.failed else "")
    return tally


def _times(whole):
    console.heading("Where the time went")
    console.table(
        [(title, f"{seconds:.1f} s") for title, seconds in console.TIMES if seconds > 1], ("step", "time")
    )
    console.say(f"  together {whole / 60:.1f} min on {os.cpu_count()} cores, Python {sys.version.split()[0]}")
