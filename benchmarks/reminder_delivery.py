"""How fast do queued reminders leave, against Odoo's own mail queue over the same rows?

    make bench T=benchmarks/reminder_delivery.py

The mail server is a process of its own that says yes to everything. Three thirds of the same letters leave: as plain
mails of Odoo (the same rows, but no ledger knows them), as reminders one by one through Odoo's own steps, and as
reminders in chunks.
"""

import asyncio
import logging
import multiprocessing
import os

import _book

from odoo.tools import SQL, config

DUE = int(os.environ.get("BENCH_DUE", 900))


class _YesServer(asyncio.Protocol):
    """As much of SMTP as a client needs that sends letters: a quicker server leaves more of the clock to the sender."""

    def connection_made(self, transport):
        self.transport, self.in_data, self.left = transport, False, b""
        transport.write(b"220 ready\r\n")

    def data_received(self, data):
        self.left += data
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            command, found, rest = self.left.partition(end)
            if not found:
                return
            self.left = rest
            if self.in_data:
                self.in_data = False
                self.transport.write(b"250 taken\r\n")
            elif command.upper() == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go on\r\n")
            elif command.upper() == b"QUIT":
                self.transport.write(b"221 bye\r\n")
                self.transport.close()
            elif command.upper().startswith(b"EHLO"):
                self.transport.write(b"250-here\r\n250 SMTPUTF8\r\n")
            else:
                self.transport.write(b"250 yes\r\n")


def _serve(told):
    async def serve():
        server = await asyncio.get_running_loop().create_server(_YesServer, "127.0.0.1", 0)
        told.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def run():
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # what the mail server heard
    spawn = multiprocessing.get_context("spawn")
    told = spawn.Queue()
    server = spawn.Process(target=_serve, args=(told,), daemon=True)
    server.start()
    try:
        with _book.database() as registry:
            config["smtp_server"], config["smtp_port"] = "127.0.0.1", told.get(timeout=30)
            with _book.environment(registry) as env:
                _book.fill(env, DUE, due_in=(7, 7), loans_each=1)
                _book.let_letters_leave(env)
                env["ir.mail_server"].search([]).active = False
                env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
            with _book.environment(registry) as env:
                env["loan.reminder.round"]._remind(env.company)
                _deliver(env)
    finally:
        server.terminate()


def _deliver(env):
    costs, third = {}, _waiting(env) // 3
    for route in ("plain mails", "one by one", "in chunks"):
        env.company.loan_letter_route = "auto" if route == "in chunks" else "safe"
        if route == "plain mails":
            env.flush_all()
            env.cr.execute(
                SQL(
                    "UPDATE loan_reminder SET mail_id = NULL, state = 'sent', sent_at = now() WHERE id IN"
                    " (SELECT id FROM loan_reminder WHERE state = 'queued' ORDER BY mail_id DESC LIMIT %s)",
                    third,
                )
            )
            env.invalidate_all()
        env.cr.commit()
        waiting, count = _waiting(env), env.cr.sql_log_count
        most = waiting if route == "in chunks" else third
        wall, cpu = _book.measured(env, lambda most=most: _book.profiled(lambda: _leave(env, most)))
        sent = waiting - _waiting(env)
        costs[route] = wall / sent, cpu / sent
        print(
            f"{route}: {sent} letters, {sent / wall:.0f} a second, {cpu / sent * 1000:.2f} ms CPU and "
            f"{(env.cr.sql_log_count - count) / sent:.2f} statements each"
        )
    quick_wall, quick_cpu = costs["in chunks"]
    for route in ("plain mails", "one by one"):
        wall, cpu = costs[route]
        print(
            f"in chunks against {route}: {wall / quick_wall:.1f}× by the clock, {cpu / quick_cpu:.1f}× by CPU"
        )


def _leave(env, most):
    env["mail.mail"].process_email_queue(batch_size=most)


def _waiting(env):
    return env["mail.mail"].search_count([("state", "=", "outgoing")])


if __name__ == "__main__":
    run()
