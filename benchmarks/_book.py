"""A book of loans to measure on: a copy of the prepared test database, filled by set-based SQL.

Not a benchmark itself. Each benchmark is a process of its own, started by `make bench` with Odoo's configuration in
the environment; `make test` (or `make test T=…`) must have prepared the database once.
"""

import cProfile
import os
import pstats
import sys
import time
from contextlib import contextmanager

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, db_connect
from odoo.tools import config

PREPARED, NAME = "loan_crm_test", "loan_crm_bench"
LANGUAGES = ("en_US", "zh_CN")


@contextmanager
def database():
    """Yield a registry on a fresh copy of the prepared database; drop it at the end."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "--max-cron-threads=0", "--log-level=error"])
    odoo.modules.module.initialize_sys_path()
    _admin(f'DROP DATABASE IF EXISTS "{NAME}"')
    try:
        _admin(f'CREATE DATABASE "{NAME}" TEMPLATE "{PREPARED}"')
    except Exception as error:
        sys.exit(f"There is no prepared database {PREPARED} to copy ({error}): run `make test T=…` once.")
    try:
        yield Registry(NAME)
    finally:
        close_db(NAME)
        _admin(f'DROP DATABASE IF EXISTS "{NAME}"')


def _admin(statement):
    close_db("template1")
    with db_connect("template1").cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(statement)


def vacuumed(*tables):
    """Do what PostgreSQL does by itself a minute after so much was written: an index alone answers only then.

    :param tables: names of tables whose rows are committed
    """
    with db_connect(NAME).cursor() as cr:
        cr._cnx.autocommit = True
        for table in tables:
            cr.execute(f"VACUUM ANALYZE {table}")


@contextmanager
def environment(registry, uid=SUPERUSER_ID):
    """Yield an environment in a transaction of its own, committed at the end."""
    with registry.cursor() as cr:
        yield api.Environment(cr, uid, {"tracking_disable": True})


def profiled(work):
    """Do some work, and show where its time goes if `BENCH_PROFILE` is set."""
    if not os.environ.get("BENCH_PROFILE"):
        return work()
    profile = cProfile.Profile()
    result = profile.runcall(work)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(80)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    return result


def timed(work, rounds=1):
    """Return the fastest of some runs, in seconds: on a shared machine the others measure the neighbours."""
    best = None
    for _round in range(rounds):
        start = time.perf_counter()
        work()
        spent = time.perf_counter() - start
        best = spent if best is None else min(best, spent)
    return best


def measured(env, work, rounds=1):
    """Return the fastest of some runs by the clock and by CPU, in seconds.

    CPU is this process's and that of its PostgreSQL backend: where others use the machine too, a ratio of it holds
    when one of the clock does not.

    :rtype: tuple[float, float]
    """
    wall, cpu = [], []
    for _round in range(rounds):
        start, used = time.perf_counter(), _cpu(env)
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(_cpu(env) - used)
    return min(wall), min(cpu)


def _cpu(env):
    with open(f"/proc/{env.cr._cnx.info.backend_pid}/stat") as status:
        ticks = status.read().rsplit(")", 1)[1].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def best(runs):
    """Return the least by the clock and the least by CPU of several measured runs."""
    return tuple(map(min, zip(*runs, strict=True)))


def statements(env, work):
    """Return how many SQL statements a piece of work takes."""
    env.flush_all()
    before = env.cr.sql_log_count
    work()
    env.flush_all()
    return env.cr.sql_log_count - before


@contextmanager
def counted(model, name, counts):
    """Append to `counts` how many SQL statements each call of a method takes."""
    cls, method = type(model), getattr(type(model), name)

    def call(self, *args, **kwargs):
        before = self.env.cr.sql_log_count
        result = method(self, *args, **kwargs)
        counts.append(self.env.cr.sql_log_count - before)
        return result

    setattr(cls, name, call)
    try:
        yield
    finally:
        setattr(cls, name, method)


def fill(env, loans, *, managers=20, due_in=(-30, 330), loans_each=4, customers=None):
    """Write a book of running loans of 12 installments in one statement per table, and return its managers.

    :param int loans: how many; the first installment falls due evenly over `due_in`
    :param int managers: among how many relationship managers the customers are shared
    :param tuple due_in: first and last day, from today, of the oldest open installment
    :param int loans_each: how many loans a customer has
    :param int customers: how many customers there are instead, with or without a loan
    """
    group = env.ref("loan_crm.loan_crm_group_manager")
    users = env["res.users"].create(
        [
            {
                "name": f"Manager {n}",
                "login": f"bench{n}@example.com",
                "email": f"bench{n}@example.com",
                "group_ids": [(6, 0, group.ids)],
            }
            for n in range(managers)
        ]
    )
    product = env["loan.product"].create({"name": "Bench", "yearly_rate": 6.0, "term_max": 60})
    env.flush_all()
    book = {
        "customers": customers or max(1, loans // loans_each),
        "loans": loans,
        "users": users.ids,
        "company": env.company.id,
        "currency": product.currency_id.id,
        "product": product.id,
        "first": due_in[0],
        "span": due_in[1] - due_in[0] + 1,
        "languages": list(LANGUAGES),
    }
    *before, rows = _FILL
    for statement in before:
        env.cr.execute(statement, book)
    _fill_customers(env, book)
    _fill_contracts(env, product, book)
    env.cr.execute(rows, book)
    env.invalidate_all()
    # The night has been: every loan stands in its bucket.
    env["loan.contract"]._grade(env.company, env.company._loan_today())
    env.invalidate_all()
    env.cr.execute(
        "ANALYZE loan_customer; ANALYZE loan_contract; ANALYZE loan_installment; ANALYZE loan_reminder"
    )
    return users


def let_letters_leave(env):
    """Let the lender write at any hour, on any day and to everybody: what is measured must not hang on the clock."""
    env.company.write(
        {
            "loan_tz": "UTC",
            "loan_reminder_hour": 0,
            "loan_quiet_from": 0,
            "loan_quiet_to": 0,
            "loan_contact_days": "any",
            "loan_contacts_per_day": 0,
            "loan_contacts_per_week": 0,
            "loan_unusual_factor": 0,
            "loan_reminders_paused": False,
        }
    )


def _fill_customers(env, book):
    """Write the customers as copies of one that the ORM made, so that each column a customer has is filled."""
    partner = env["res.partner"].create({"name": "Pattern"})
    pattern = env["loan.customer"].create({"partner_id": partner.id})
    env.flush_all()
    own = {
        "partner_id": "partner.id",
        "name": "partner.name",
        "reference": "'B' || partner.id",
        "manager_user_id": "(%(users)s)[1 + partner.id %% array_length(%(users)s, 1)]",
        "deputy_user_id": "NULL",
        "team_id": "NULL",
    }
    columns = [name for name in _columns(env, "loan_customer") if name != "id"]
    env.cr.execute(
        f"""
        INSERT INTO loan_customer ({", ".join(columns)})
        SELECT {", ".join(own.get(name, f"pattern.{name}") for name in columns)}
          FROM res_partner partner, loan_customer pattern
         WHERE pattern.id = %(pattern)s AND partner.name LIKE 'Borrower %%'
        """,
        {**book, "pattern": pattern.id},
    )
    pattern.unlink()


def _fill_contracts(env, product, book):
    """Write the loans as copies of one that the ORM made, so that each column a loan has is filled."""
    partner = env["res.partner"].create({"name": "Pattern"})
    customer = env["loan.customer"].create({"partner_id": partner.id})
    pattern = env["loan.contract"].create(
        {"customer_id": customer.id, "product_id": product.id, "principal": 12000, "term": 12}
    )
    env.flush_all()
    own = {
        "name": "'B' || n",
        "state": "'active'",
        "customer_id": "customer.id",
        "partner_id": "customer.partner_id",
        "manager_user_id": "customer.manager_user_id",
        "deputy_user_id": "NULL",
        "team_id": "NULL",
        "start_date": "due - 31",
        "first_due_date": "due",
        "due_day": "extract(day FROM due)",
        "amount_total": "12393.6",
        "interest_total": "393.6",
        "installment_amount": "1032.8",
        "principal_outstanding": "12000",
        "amount_open": "12393.6",
        "last_due_date": "due + make_interval(months => 11)",
        "next_due_date": "due",
        "next_due_amount": "1032.8",
        "day_zero": "due",
        "charges_left": "0",
        "amount_credit": "0",
    }
    columns = [name for name in _columns(env, "loan_contract") if name != "id"]
    env.cr.execute(
        f"""
        INSERT INTO loan_contract ({", ".join(columns)})
        SELECT {", ".join(own.get(name, f"pattern.{name}") for name in columns)}
          FROM (SELECT n, current_date + %(first)s + n %% %(span)s AS due, 1 + n %% %(customers)s AS nth
                  FROM generate_series(1, %(loans)s) n) AS loan
          JOIN (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM loan_customer WHERE reference LIKE 'B%%')
            AS customer USING (nth), loan_contract AS pattern
         WHERE pattern.id = %(pattern)s
        """,
        {**book, "pattern": pattern.id},
    )
    pattern.unlink()


def _columns(env, table):
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    return [name for (name,) in env.cr.fetchall()]


def draft(env, loans, *, months=36):
    """Write drafts without rows, each of its own amount, and return their ids: what a core system's loans start as.

    One loan is made by the ORM; the others are copies of its row, so every column a loan has is filled.
    """
    product = env["loan.product"].create(
        {"name": "Drafts", "code": "DRAFT", "yearly_rate": 6.0, "term_max": 600}
    )
    partner = env["res.partner"].create({"name": "Drafted"})
    customer = env["loan.customer"].create({"partner_id": partner.id})
    first = env["loan.contract"].create(
        {
            "customer_id": customer.id,
            "product_id": product.id,
            "principal": 10000,
            "term": months,
            "start_date": "2026-01-15",
            "first_due_date": "2026-02-15",
        }
    )
    first.installment_ids.sudo().unlink()
    env.flush_all()
    own = {"name": "'D' || n", "principal": "10000 + n", "yearly_rate": "3 + n %% 40 * 0.1"}
    columns = [name for name in _columns(env, "loan_contract") if name != "id"]
    env.cr.execute(
        f"INSERT INTO loan_contract ({', '.join(columns)}) "
        f"SELECT {', '.join(own.get(name, name) for name in columns)} "
        "FROM loan_contract, generate_series(1, %s) n WHERE id = %s RETURNING id",
        [loans, first.id],
    )
    ids = [id_ for (id_,) in env.cr.fetchall()]
    env.invalidate_all()
    env.cr.execute("ANALYZE loan_contract")
    return ids


def memory():
    """Return the memory this process holds, in MB."""
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


_FILL = (
    """
    INSERT INTO res_partner (name, complete_name, email, email_normalized, lang, active, type, is_company,
                             commercial_partner_id, create_date, write_date)
    SELECT 'Borrower ' || n, 'Borrower ' || n, 'borrower' || n || '@example.com', 'borrower' || n || '@example.com',
           (%(languages)s)[1 + n %% array_length(%(languages)s, 1)], TRUE, 'contact', FALSE, NULL, now(), now()
      FROM generate_series(1, %(customers)s) n
    """,
    "UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL",
    """
    INSERT INTO loan_installment (contract_id, customer_id, company_id, kind, number, due_date, principal, interest,
                                  fee, amount, balance, capitalised, principal_paid, interest_paid, penalty,
                                  penalty_paid, fee_paid, amount_open, state, version_from)
    SELECT contract.id, contract.customer_id, contract.company_id, 'installment', number,
           contract.first_due_date + make_interval(months => number - 1), 1000, 32.8, 0, 1032.8,
           12000 - 1000 * number, 0, 0, 0, 0, 0, 0, 1032.8, 'open', 1
      FROM loan_contract contract, generate_series(1, 12) number
     WHERE contract.name LIKE 'B%%'
    """,
)
