"""What do the record rules cost on the screens people look at all day, and how do they compare with Odoo's pipeline?

    make bench T=benchmarks/loan_list.py

Each call is the one the web client makes. References, in the same run: the same call as superuser, who has no rules,
and the list of `crm.lead` for its salesperson at the same number of rows.
"""

import json

import _book

ROWS = 100_000
SPEC = {
    "loan.contract": (
        "name customer_id product_id principal principal_outstanding next_due_date next_due_amount days_past_due "
        "amount_overdue manager_user_id state currency_id"
    ),
    "loan.installment": (
        "due_date customer_id contract_id number amount amount_open days_past_due reminder_state manager_user_id "
        "state currency_id"
    ),
    "loan.customer": (
        "reference name kind phone manager_user_id contract_count principal_outstanding next_due_date "
        "amount_overdue currency_id"
    ),
    "crm.lead": (
        "name partner_id email_from phone user_id expected_revenue stage_id team_id activity_ids "
        "probability company_currency priority"
    ),
}


def run():
    with _book.database() as registry:
        with _book.environment(registry) as env:
            managers = _book.fill(env, ROWS)
            salesman = managers[0]
            _leads(env, managers)
        times, counts = {}, {}
        for uid in (1, salesman.id):
            for model in SPEC:
                with _book.environment(registry, uid) as env:
                    times[model, uid], counts[model, uid] = _page(env, model), _count(env, model)
    print(
        f"{'a manager of twenty, list of 80':32} {'against no rules':>18} {'against crm.lead':>18} {'statements':>12}"
    )
    for model in SPEC:
        mine = times[model, salesman.id]
        print(
            f"{model:32} {mine / times[model, 1]:17.2f}× {mine / times['crm.lead', salesman.id]:17.2f}× "
            f"{counts[model, salesman.id]:12}"
        )


def _page(env, model):
    def work():
        env.invalidate_all()
        _call(env, model)

    work()
    return _book.timed(work, rounds=5)


def _count(env, model):
    env.invalidate_all()
    return _book.statements(env, lambda: _call(env, model))


def _call(env, model):
    spec = {
        name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in SPEC[model].split()
    }
    domain = [("state", "=", "active")] if model == "loan.contract" else []
    if model == "loan.installment":
        domain = [("state", "=", "open"), ("due_date", "<=", "today +7d")]
    return json.dumps(env[model].web_search_read(domain, spec, limit=80, count_limit=10001), default=str)


def _leads(env, managers):
    stage = env["crm.stage"].search([], limit=1)
    env.cr.execute(
        """
        INSERT INTO crm_lead (name, type, active, user_id, stage_id, partner_id, company_id, expected_revenue,
                              probability, priority, email_from, create_uid, write_uid, create_date, write_date)
        SELECT 'Lead ' || n, 'opportunity', TRUE,
               (%(users)s)[1 + n %% array_length(%(users)s, 1)], %(stage)s, NULL, %(company)s, 1000, 10, '0',
               'lead' || n || '@example.com', 1, 1, now(), now()
          FROM generate_series(1, %(rows)s) n
        """,
        {"users": managers.ids, "stage": stage.id, "company": env.company.id, "rows": ROWS},
    )
    env.cr.execute("ANALYZE crm_lead")


if __name__ == "__main__":
    run()
