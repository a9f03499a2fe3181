"""How evenly are borrowers shared out, how often do they get somebody who speaks their language, and what does the
form for a whole portfolio ask of the database?

    make bench T=benchmarks/assignment_fairness.py

The first two on simulated teams, by the core alone: new borrowers arrive one by one, three in five speak Chinese, one
in twenty is a VIP. References, in the same run: everybody in turn, and whoever has the most room, language aside. The
spread is the difference between the most and the least loaded, as part of their ceilings. The portfolio is given away
twice, once with a tenth of its customers: what grows with their number shows in the difference.
"""

import os
import random
import sys
from decimal import Decimal
from pathlib import Path

import _book

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "loan_crm"))  # the thinking alone needs no Odoo
from core import assignment, workload
from core.assignment import Candidate, Needs

sys.path.pop(0)  # Odoo must not find our folders as packages of their own

BORROWERS, TEAMS, PORTFOLIO = int(os.environ.get("BORROWERS", 400)), 20, int(os.environ.get("PORTFOLIO", 300))
LANGUAGES = ("zh_CN", "en_US")


def run():
    print(f"{TEAMS} simulated teams of 4 to 12, {BORROWERS} borrowers each, nobody ever full")
    print(f"{'':44} {'spread of load':>16} {'language fits':>14}")
    for name, choose in (
        ("everybody in turn", _in_turn),
        ("the most room", _room),
        ("as proposed", _proposed),
    ):
        spread, fits = zip(*(_team(seed, choose) for seed in range(TEAMS)), strict=True)
        print(
            f"{name:44} {f'{sum(spread) / TEAMS:.1%}':>7} (max {max(spread):.1%}) {sum(fits) / TEAMS:>11.0%}"
        )
    with _book.database() as registry, _book.environment(registry) as env:
        _portfolio(env)


def _team(seed, choose):
    """Return the spread of shares and the part of borrowers whose language their manager speaks."""
    dice = random.Random(seed)
    people = {}
    for id_ in range(1, dice.randint(4, 12) + 1):
        spoken = frozenset(dice.choice([LANGUAGES[:1], LANGUAGES, LANGUAGES]))
        ceiling = Decimal(dice.choice([2000, 3000, 4000]))
        people[id_] = Candidate(id_, ceiling=ceiling, vip_slots=BORROWERS, languages=spoken)
    fitting = 0
    for turn in range(BORROWERS):
        needs = Needs(
            load=Decimal(dice.choice([2, 2, 3, 3, 5, 9])),
            languages=frozenset({dice.choices(LANGUAGES, (3, 2))[0]}),
            vip=dice.random() < 0.05,
        )
        winner = people[choose(needs, people, turn)]
        fitting += bool(needs.languages & winner.languages)
        people[winner.id] = winner._replace(load=winner.load + needs.load)
    shares = [float(workload.share(person.load, person.ceiling)) for person in people.values()]
    return max(shares) - min(shares), fitting / BORROWERS


def _in_turn(needs, people, turn):
    return 1 + turn % len(people)


def _room(needs, people, turn):
    return min(
        people.values(),
        key=lambda person: (workload.share(person.load + needs.load, person.ceiling), person.id),
    ).id


def _proposed(needs, people, turn):
    return assignment.rank(needs, people.values())[0].id


def _portfolio(env):
    managers = _book.fill(env, 4 * PORTFOLIO, managers=6, loans_each=4)
    company = env.company
    lead = managers[0]
    lead.group_ids |= env.ref("loan_crm.loan_crm_group_team_lead")
    team = env["crm.team"].create({"name": "Bench", "company_id": company.id, "user_id": lead.id})
    env["crm.team.member"].create([{"crm_team_id": team.id, "user_id": user.id} for user in managers])
    customers = env["loan.customer"].search([("manager_user_id", "in", managers.ids)], limit=PORTFOLIO)
    customers.write({"manager_user_id": managers[1].id, "team_id": team.id})
    env.flush_all()
    counts = {}
    for size in (max(1, len(customers) // 10), len(customers)):
        some = customers[:size].with_user(lead)
        env.invalidate_all()
        form = []

        def propose(some=some, form=form):
            action = some.action_assign_many()
            form.append(env["loan.assignment.bulk"].with_user(lead).browse(action["res_id"]))

        def apply(form=form):
            form[0].reason = "Benchmark"
            form[0].action_assign()

        proposed = _book.statements(env, propose)
        spent = _book.measured(env, lambda form=form: form[0].chart)
        counts[size] = proposed, _book.statements(env, apply), spent[0]
        some.sudo().write({"manager_user_id": managers[1].id})
    print(f"\n{'customers given away in one go':44} {'to propose':>12} {'to apply':>10}")
    for size, (proposed, applied, _spent) in counts.items():
        print(f"{size:>44} {f'{proposed} statements':>16} {f'{applied} statements':>16}")


if __name__ == "__main__":
    run()
