"""Fed to `odoo shell` by dev/run.py: fence the demo in, run the reminder round, tell what happened.

Prints one line that begins with RESULT and is JSON. `env` and `BASE_URL` come from the shell.
"""

# ruff: noqa: F821
import json

# Nothing leaves: no mail server but the catcher, nothing fetched, no call to Odoo's services.
env["ir.mail_server"].search([]).write({"active": False})
env["fetchmail.server"].search([]).write({"active": False})
for xmlid in (
    "mail.ir_cron_module_update_notification",
    "crm_iap_enrich.ir_cron_lead_enrichment",
    "sms.ir_cron_sms_scheduler_action",
    "snailmail.snailmail_print",
    "digest.ir_cron_digest_scheduler_action",
):
    cron = env.ref(xmlid, raise_if_not_found=False)
    if cron:
        cron.active = False
env["ir.config_parameter"].set_param("web.base.url", BASE_URL)
env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
env.cr.commit()

result = {"rounds": [], "reminders": [], "users": []}


def label(record, name):
    """Return a selection's words, a date's or an amount's text; "" for a field that is not there."""
    if name not in record._fields or not record[name]:
        return ""
    field = record._fields[name]
    if field.type == "selection":
        return dict(field._description_selection(record.env))[record[name]]
    if field.type == "monetary":
        return f"{record[name]:,.2f} {record[field.get_currency_field(record)].name or ''}"
    return record[name].display_name if field.relational else str(record[name])


if "loan.reminder.round" in env:
    rounds = env["loan.reminder.round"]
    if hasattr(rounds, "_remind"):
        for company in env["res.company"].search([]):
            rounds.with_company(company)._remind(company)  # now, whatever the hour letters leave at
    else:
        rounds._cron_remind()
    env.cr.commit()
    env["mail.mail"].process_email_queue()
    env.cr.commit()
    env.invalidate_all()
    today = rounds.search([("date", "=", max(rounds.search([]).mapped("date"), default=False))])
    for day in today:
        counts = {
            name: day[name]
            for name in ("due_count", "sent_count", "held_count", "failed_count", "queued_count")
        }
        result["rounds"].append({"date": str(day.date), "company": day.company_id.name, **counts})
    for reminder in today.reminder_ids.sorted(lambda one: (one.state, one.due_date)):
        why = label(reminder, "hold_reason") or label(reminder, "failure")
        result["reminders"].append(
            [label(reminder, name) for name in ("state", "contract_id", "partner_id", "due_date", "amount")]
            + [why]
        )

domain = [("module", "=", "loan_crm"), ("model", "=", "res.groups")]
ours = set(env["ir.model.data"].search(domain).mapped("res_id"))
order = ["manager", "deputy", "desk", "lead", "compliance", "auditor", "loanadmin", "admin"]
users = env["res.users"].search([("login", "in", order)])
for user in users.sorted(lambda user: order.index(user.login)):
    roles = user.group_ids.filtered(lambda group: group.id in ours)
    result["users"].append(
        [user.login, user.name, ", ".join(roles.mapped("name")) or "Administrator of Odoo"]
    )
print("RESULT" + json.dumps(result))
