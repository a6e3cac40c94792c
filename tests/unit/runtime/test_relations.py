"""Who reaches whom, in 20,000 random clinics, against the rule written down a second time."""

import random
from uuid import UUID

from shared.api.identity import Role
from shared.runtime.access import Reach, Relation, Standing
from shared.runtime.auth import Principal

PROBES = 20_000
TEAMS = ("harbour", "hill", "lake", "")
CARERS = (Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR)


def some(chance: random.Random, of: tuple[UUID, ...]) -> frozenset[UUID]:
    return frozenset(chance.sample(of, chance.randint(0, 2)))


def test_nobody_reaches_a_person_by_any_other_way() -> None:
    chance = random.Random(11)
    staff = tuple(UUID(int=number) for number in range(1, 13))
    people = tuple(UUID(int=number) for number in range(100, 140))
    found = dict.fromkeys(Relation, 0)
    for _ in range(PROBES):
        me, patient = chance.choice(staff), chance.choice(people)
        care_team, team = some(chance, staff), chance.choice(TEAMS)
        role = chance.choice(CARERS)
        teams = tuple(chance.sample(TEAMS[:3], chance.randint(0, 1)))
        standing = Standing(
            covers=some(chance, staff) if chance.random() < 0.2 else frozenset(),
            on_call=frozenset(chance.sample(TEAMS, 1)) if chance.random() < 0.2 else frozenset(),
            opened=some(chance, people) if chance.random() < 0.3 else frozenset(),
        )

        relation = Reach(Principal(me, role, teams), standing).to(
            patient, team=team, care_team=care_team
        )

        found[relation] += 1
        ways = {
            Relation.CARE_TEAM: me in care_team
            or (team != "" and team in teams and role is not Role.LEAD),
            Relation.LEAD: team != "" and team in teams and role is Role.LEAD,
            Relation.COVERING: any(one in standing.covers for one in care_team),
            Relation.ON_CALL: team != "" and team in standing.on_call,
            Relation.BREAK_GLASS: patient in standing.opened,
        }
        assert ways.get(relation, not any(ways.values())), (relation, ways)

    assert min(found.values()) > 100, found
