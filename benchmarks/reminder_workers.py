"""How much sooner are two workers done with a night than one, and what do calls cost?

    make bench T=benchmarks/reminder_workers.py

The same night twice, each on a fresh copy of the database: by one process, then by two that begin at once. Whoever
runs this needs two idle cores. Then a night on which all borrowers are to be called: statements per 1,000 tasks, and
the mails that managers get of them. `BENCH_DUE=10000` for a bigger night.
"""

import multiprocessing
import os
import time

import _book

from odoo.modules.registry import Registry
from odoo.tools import config

DUE = int(os.environ.get("BENCH_DUE", 6000))


def run():
    spent = {workers: _night(workers) for workers in (1, 2)}
    print(f"two workers against one: {spent[1] / spent[2]:.2f}× over {DUE:,} letters, none of them twice")
    _calls()


def _night(workers):
    """Return the seconds that so many workers take for a night."""
    spawn = multiprocessing.get_context("spawn")
    begin, ended = spawn.Barrier(workers + 1), spawn.Queue()
    with _book.database() as registry:
        with _book.environment(registry) as env:
            _prepare(env, DUE)
        processes = [spawn.Process(target=_work, args=(begin, ended)) for _worker in range(workers)]
        for process in processes:
            process.start()
        begin.wait(120)
        start = time.perf_counter()
        shares = [ended.get(timeout=600) for _worker in processes]
        spent = time.perf_counter() - start
        for process in processes:
            process.join()
        with _book.environment(registry) as env:
            env.cr.execute(
                """
                SELECT count(*), count(DISTINCT reminder.installment_id), count(DISTINCT reminder.mail_id)
                  FROM loan_reminder reminder JOIN loan_contract contract ON contract.id = reminder.contract_id
                 WHERE contract.name LIKE 'B%' AND reminder.state = 'queued'
                """
            )
            counts = env.cr.fetchone()
        assert counts == (DUE, DUE, DUE), counts
        assert all(shares), f"one worker did it all: {shares}"
    return spent


def _prepare(env, due):
    users = _book.fill(env, due, due_in=(7, 7), loans_each=1)
    _book.let_letters_leave(env)
    env["loan.reminder.round"]._check_letters(env.company)
    return users


def _work(begin, ended):
    """Do a night in a process of its own, and tell how many batches were written here."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "--max-cron-threads=0", "--log-level=error"])
    registry = Registry(_book.NAME)
    batches = []
    cls = registry["loan.reminder"]
    write = cls._write_letters

    def counted(self, *args, **kwargs):
        written = write(self, *args, **kwargs)
        batches.append(written)
        return written

    cls._write_letters = counted
    with _book.environment(registry) as env:
        begin.wait(120)
        env["loan.reminder.round"]._remind(env.company)
        env.cr.commit()
        ended.put(sum(batches))


def _calls():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            users = _prepare(env, 2000)
            env.cr.execute("UPDATE loan_customer SET preferred_channel = 'phone' WHERE reference LIKE 'B%'")
        with _book.environment(registry) as env:
            followers, batches = env["mail.followers"].search_count([]), []
            with _book.counted(env["loan.reminder.round"], "_write_batch", batches):
                env["loan.reminder.round"]._remind(env.company)
            ours = [("state", "=", "handed"), ("contract_id.name", "=like", "B%")]
            calls = env["loan.reminder"].search_count(ours)
            assert calls == 2000, calls
            told = [("recipient_ids", "in", env["res.users"].browse(users.ids).partner_id.ids)]
            mails = env["mail.mail"].search_count(told)
            followers = env["mail.followers"].search_count([]) - followers
    # The first batch of a process reads what is then remembered.
    print(f"1,000 calls: {batches[1]} statements, {mails} mails to managers, {followers} new followers")


if __name__ == "__main__":
    run()
