"""The workers' parent: loads Odoo once, then forks a worker for each job it reads from its input.

Jobs are the functions in ``JOBS``. Each runs in a process with its own connections and nothing patched but the size
of a batch, and the moment of death where a trial asks for one.
"""

import argparse
import contextlib
import functools
import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import odoo
from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import SQL

from . import CHUNK, quarter, voice

COPY = f"trials_{os.getpid()}"
LENDER = "Lender of the Trials"
SILENCE = "A policy without steps"

# --- jobs


def lend(env, loans):
    """Make a lender and so many loans whose first installment falls due in seven days."""
    env["ir.mail_server"].search([]).active = False
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
    company = env["res.company"].create(
        {
            "name": LENDER,
            "loan_tz": "UTC",
            # Whatever hour and day it is, and however often the trials begin anew.
            "loan_quiet_from": 0,
            "loan_quiet_to": 0,
            "loan_contact_days": "any",
            "loan_contacts_per_day": 0,
            "loan_contacts_per_week": 0,
            "loan_unusual_factor": 0,
            "loan_reminders_paused": False,
        }
    )
    company.email = "lender@trials.example"  # not above: Odoo asks the internet about a new company's domain
    env.user.company_ids |= company
    env = env(
        context={"allowed_company_ids": company.ids, "tracking_disable": True, "no_reset_password": True}
    )
    manager = env["res.users"].create(
        {
            "name": "Manager of the Trials",
            "login": "manager@trials.example",
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.link(env.ref("loan_crm.loan_crm_group_team_lead").id)],
        }
    )
    company.loan_reminder_user_id = manager
    product = env["loan.product"].create(
        {
            "name": "Trial Loan",
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "family": "car",
            "yearly_rate": 6.0,
        }
    )
    partners = env["res.partner"].create(
        [{"name": f"Borrower {n}", "email": f"b{n}@trials.example"} for n in range(loans)]
    )
    customers = env["loan.customer"].create(
        [
            {"partner_id": partner.id, "company_id": company.id, "manager_user_id": manager.id}
            for partner in partners
        ]
    )
    today = company._loan_today()
    contracts = env["loan.contract"].create(
        [
            {
                "customer_id": customer.id,
                "company_id": company.id,
                "product_id": product.id,
                "principal": 3000,
                "term": 3,
                "start_date": today - timedelta(21),
                "first_due_date": today + timedelta(7),
            }
            for customer in customers
        ]
    )
    contracts.action_activate()
    env["loan.reminder.policy"].create({"name": SILENCE, "company_id": company.id})


def forget(env, due):
    """Begin anew: nothing written, nothing paid, and of the loans only so many to be reminded of; return whose."""
    for table in ("loan_reminder", "loan_reminder_round"):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.cr.execute(
        "DELETE FROM mail_message WHERE model = 'loan.contract' AND message_type = 'email_outgoing'"
    )
    env.cr.execute("UPDATE mail_mail SET state = 'cancel' WHERE state = 'outgoing'")
    env["mail.activity"].search([("res_model", "=", "loan.reminder.round")]).unlink()
    ours = [("company_id", "=", _company(env).id)]
    env["loan.repayment"].search([*ours, ("state", "=", "posted")]).action_reverse()
    contracts = env["loan.contract"].search(ours, order="id")
    contracts.reminder_policy_id = env["loan.reminder.policy"].search([("name", "=", SILENCE)])
    contracts[:due].reminder_policy_id = False
    return contracts[:due].partner_id.mapped("email")


def choose(env, route):
    """Let letters go one way or the other."""
    _company(env).loan_letter_route = route


def work(env, batch=7, die=None):
    """Run rounds and the mail queue until there is nothing to do; return how many letters left from here."""
    odoo.addons.loan_crm.models.loan_reminder_round.LoanReminderRound._customers_per_batch = batch
    sent = _count_letters(env)
    with _dying(env, **die) if die else contextlib.nullcontext():
        for _attempt in range(20):
            env["loan.reminder.round"]._remind(_company(env))
            env["mail.mail"].process_email_queue()
            env.cr.commit()
            if not env["loan.reminder"].search_count([("state", "=", "queued")], limit=1):
                break
    return len(sent)


def write(env, batch=100):
    """Run the round alone."""
    odoo.addons.loan_crm.models.loan_reminder_round.LoanReminderRound._customers_per_batch = batch
    env["loan.reminder.round"]._remind(_company(env))


def deliver(env, pause=0):
    """Run the mail queue alone, as its scheduled action does.

    :param float pause: seconds to wait when it was noted that there is no mail server
    """
    mails = type(env["mail.mail"])
    note = mails._postprocess_sent_message

    def note_and_pause(self, *args, **kwargs):
        result = note(self, *args, **kwargs)
        if kwargs.get("failure_type") == "mail_smtp":
            env.flush_all()
            time.sleep(pause)
        return result

    mails._postprocess_sent_message = note_and_pause
    env["mail.mail"].process_email_queue()


def pay(env, emails):
    """Pay the first installment of some, one transaction each, while others work; return whose it was."""
    contracts = env["loan.contract"].search(
        [("company_id", "=", _company(env).id), ("partner_id.email", "in", emails)]
    )
    paid = []
    for contract in contracts:

        def post(contract=contract):
            env["loan.repayment"].create(
                {
                    "contract_id": contract.id,
                    "amount": contract.installment_ids[0].amount,
                    "date": contract.company_id._loan_today(),
                }
            ).action_post()

        odoo.service.model.retrying(post, env)
        env.cr.commit()
        paid.append(contract.partner_id.email)
    return paid


def grow_old(env):
    """Let the ten minutes pass after which a letter that is leaving counts as interrupted."""
    env.cr.execute("UPDATE loan_reminder SET sending_at = sending_at - INTERVAL '11 minutes'")


def ledger(env):
    """Return what the ledger knows: rows of address, state, reason of silence, failure, unreachable, letters."""
    return env.execute_query(
        SQL(
            """
            SELECT partner.email, reminder.state, reminder.hold_reason, reminder.failure, reminder.unreachable,
                   (SELECT count(*) FROM mail_message message
                     WHERE message.model = 'loan.contract' AND message.res_id = reminder.contract_id
                       AND message.message_type = 'email_outgoing')
              FROM loan_reminder reminder
              JOIN loan_customer customer ON customer.id = reminder.customer_id
              JOIN res_partner partner ON partner.id = customer.partner_id
            """
        )
    )


def trouble(env):
    """Return the open to-dos about reminders that did not leave; whether a round is late depends on the hour."""
    return env["loan.reminder.round"].search([("told_count", ">", 0)]).activity_ids.mapped("summary")


def float_loans(env, lender, loans):
    """Make a lender of floating loans, each of which is to be repriced tonight."""
    company = env["res.company"].create({"name": lender, "loan_tz": "UTC"})
    env.user.company_ids |= company
    env = env(context={"allowed_company_ids": company.ids, "tracking_disable": True})
    manager = env["res.users"].search([("login", "=", "manager@trials.example")])
    manager.company_ids |= company
    today = company._loan_today()
    reference = env["loan.reference.rate"].create(
        {
            "name": lender,
            "code": lender,
            "value_ids": [
                Command.create({"date": today - timedelta(40), "value": 3.0}),
                Command.create({"date": today - timedelta(15), "value": 4.0}),
            ],
        }
    )
    product = env["loan.product"].create(
        {
            "name": "Floating Trial Loan",
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "family": "mortgage",
            "rate_type": "floating",
            "reference_rate_id": reference.id,
            "reprice_months": 1,
            "fixing_days": 20,
        }
    )
    partners = env["res.partner"].create(
        [{"name": f"Floater {n}", "email": f"f{n}@trials.example"} for n in range(loans)]
    )
    customers = env["loan.customer"].create(
        [
            {"partner_id": partner.id, "company_id": company.id, "manager_user_id": manager.id}
            for partner in partners
        ]
    )
    contracts = env["loan.contract"].create(
        [
            {
                "customer_id": customer.id,
                "company_id": company.id,
                "product_id": product.id,
                "principal": 12000,
                "term": 12,
                "start_date": today - timedelta(20),
                "first_due_date": today + timedelta(8),
            }
            for customer in customers
        ]
    )
    contracts.action_activate()


def night(env, lender, batch=5, die=None):
    """Do the night of a lender."""
    odoo.addons.loan_crm.models.loan_night._BATCH = batch
    with _dying(env, **die) if die else contextlib.nullcontext():
        env["loan.night"]._run(_company(env, lender))


def night_book(env, lender):
    """Return what the nights of a lender left: per loan its rates, versions, letters; the nights' figures."""
    company = _company(env, lender)
    loans = env.execute_query(
        SQL(
            """
            SELECT contract.id,
                   (SELECT count(*) FROM loan_contract_event event
                     WHERE event.contract_id = contract.id AND event.state = 'posted'),
                   (SELECT count(*) FROM loan_schedule_version version WHERE version.contract_id = contract.id),
                   (SELECT count(*) FROM mail_message message
                     WHERE message.model = 'loan.contract' AND message.res_id = contract.id
                       AND message.message_type = 'email_outgoing'),
                   (SELECT count(DISTINCT row.number) = count(*) AND sum(row.principal) = contract.principal
                      FROM loan_installment row
                     WHERE row.contract_id = contract.id AND row.version_to IS NULL)
              FROM loan_contract contract
             WHERE contract.company_id = %s
            """,
            company.id,
        )
    )
    nights = env["loan.night"].search([("company_id", "=", company.id)])
    return loans, [
        (found.state, found.repriced_count, found.told_count, found.failure_count) for found in nights
    ]


JOBS = {
    job.__name__: job
    for job in (
        *(lend, choose, forget, work, write, deliver, pay, grow_old, ledger, trouble),
        *(float_loans, night, night_book),
        *quarter.JOBS,
        *voice.JOBS,
    )
}


def _company(env, name=LENDER):
    return env["res.company"].search([("name", "=", name)])


def _count_letters(env):
    """Count what the mail server took from this process."""
    server, sent = type(env["ir.mail_server"]), []
    origin = server.send_email

    def send_email(*args, **kwargs):
        result = origin(*args, **kwargs)
        sent.append(result)
        return result

    server.send_email = send_email
    return sent


@contextlib.contextmanager
def _dying(env, at, after=1):
    """Die without a word right after a certain step was taken so many times."""
    model, name = {
        "repriced": ("loan.contract", "_reprice"),
        "noted occasions": ("loan.survey.request", "_note_occasions"),
        "asked": ("loan.survey.request", "_ask"),
        "judged words": ("loan.commitment", "_judge"),
        "told lead": ("loan.commitment", "_tell_lead"),
        "opened plans": ("loan.recovery.plan", "_open_for_words"),
        "came back": ("loan.recovery.plan", "_measure"),
        "measured": ("loan.improvement", "_judge"),
        "issued": ("loan.voice.report", "_issue"),
        "told head": ("loan.voice.report", "_tell_head"),
        "claimed": ("loan.reminder", "_claim"),
        "judged": ("loan.reminder", "_judge"),
        "composed": ("loan.reminder", "_queue_email"),
        "batch committed": ("ir.cron", "_commit_progress"),
        "taken": ("mail.mail", "_prepare_outgoing_list"),
        "accepted": ("ir.mail_server", "send_email"),
        "noted": ("mail.mail", "_postprocess_sent_message"),
    }[at]
    cls = type(env[model])
    origin, count = getattr(cls, name), iter(range(1, sys.maxsize))

    @functools.wraps(origin)
    def step(*args, **kwargs):
        result = origin(*args, **kwargs)
        if next(count) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(cls, name, step)
    yield


# --- processes


def main():
    parser = argparse.ArgumentParser()
    for name in ("--config", "--template", "--folder", "--smtp-port"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    folder = Path(asked.folder)
    odoo.tools.config.parse_config(
        [
            *("-c", asked.config, "-d", COPY, "--logfile", str(folder / "odoo.log"), "--log-level", "warn"),
            *("--smtp", "127.0.0.1", "--smtp-port", asked.smtp_port, "--max-cron-threads", "0"),
        ],
        setup_logging=True,
    )
    _on_server(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{COPY}" TEMPLATE "{asked.template}"')
    try:
        Registry(COPY)
        odoo.sql_db.close_all()  # a child must not inherit a connection
        say("ready")
        for line in sys.stdin:
            verb, *arguments = json.loads(line)
            say(start(folder, *arguments) if verb == "start" else wait(*arguments))
    finally:
        odoo.sql_db.close_all()
        _on_server(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')


def say(word):
    print(json.dumps(word), flush=True)


def start(folder, job, arguments):
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = child(folder, job, arguments)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


def child(folder, job, arguments):
    odoo.addons.loan_crm.models.loan_letter_post._CHUNK = CHUNK
    with Registry(COPY).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})
        if job in ("quarter_day", "voice"):
            arguments["dying"] = _dying
        result = JOBS[job](env, **arguments)
        cr.commit()
    (folder / f"{os.getpid()}.json").write_text(json.dumps(result))
    return 0


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _on_server(statement):
    connection = odoo.sql_db.db_connect("postgres").cursor()
    try:
        connection._cnx.autocommit = True
        connection.execute(statement)
    finally:
        connection.close()


if __name__ == "__main__":
    main()
