"""Secrets are in no layer of an image, a person's name in no backup, and nothing in a sealed one.

Run with ``make faults``, or alone: ``MOORING_FAULTS=1 .venv/bin/python -m pytest -s
tests/faults/test_leaks.py``, while ``make up`` runs. Nothing is broken by it.
"""

import asyncio
from uuid import UUID

import pytest

from shared.demo.staff import staff_id
from tests.faults.containers import ROOT, compose, docker, make, rows, setting
from tests.faults.door import SECRETS, at_the_door
from tests.faults.searching import Needles, hits, in_image, require_none, secrets_in, told_by
from tests.support.sentinel import FAMILY, GIVEN, SEARCHED, WRITTEN

SERVICES = ("assessment", "treatment", "engagement", "portal", "watcher")
CANARIES = {word: word.encode() for word in (GIVEN, FAMILY, SEARCHED, WRITTEN)}
IS_READ = "the program itself"
MAIL, STREET, PHONE = "zebrafinch@example.org", "7 Curlew Row, Heronsgate", "+44 20 7946 0555"
OWN = {"MAIL": MAIL.encode(), "STREET": STREET.encode(), "PHONE": PHONE.encode()}
SISTER = "Avocet Sandpiper"
SEALED = "/var/lib/postgresql/data/sealed"
OPEN = "/etc/mooring/backup.sh open"
NEWEST = "$(/etc/mooring/backup.sh list | grep ^{} | tail -n 1)"
PLACES = {
    "base backup": f"{OPEN} {NEWEST.format('base/')}",
    "log": "/etc/mooring/backup.sh archive;"
    f" cd {SEALED}/wal; for one in *; do {OPEN} wal/$one; done",
    "dump": "made=$(mktemp -d -p /var/run/postgresql); trap 'rm -r $made' EXIT;"
    f" {OPEN} {NEWEST.format('dump/')} | tar -xC $made;"
    " for one in $made/*; do pg_restore -f - $one; done",
}
"""What is in each of them, opened with the key."""
AS_STOLEN = f"tar -cf - -C {SEALED} ."

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("service", SERVICES)
def test_no_layer_of_an_image_holds_a_secret_or_a_person(service: str) -> None:
    secrets = secrets_in(SECRETS)
    assert len(secrets) > 20, "what is looked for is there"
    needles: Needles = {**secrets, **CANARIES, IS_READ: b"def faults("}
    image = f"mooring-{service}:{setting('MOORING_RELEASE', '0.1.0')}"
    with told_by(["docker", "save", image]) as archive:
        found = list(in_image(archive, needles))
    if service != "watcher":  # which has no settings of a service
        assert IS_READ in {name for _, name in found}, "layers are read"
    require_none(one for one in found if one[1] != IS_READ)
    inspected = docker("image", "inspect", image) + docker("history", "--no-trunc", image)
    assert not [name for name, needle in secrets.items() if needle.decode() in inspected]


async def test_no_backup_names_anybody() -> None:
    async with at_the_door(timeout_s=15, patience_s=90, again_s=2) as door:
        body = {
            "given_name": GIVEN,
            "family_name": f"{FAMILY} {UUID(int=0)}",
            "birth_date": "1984-02-29",
            "time_zone": "Europe/London",
            "language": "en",
            "team": "harbour",
            "care_team": [str(staff_id("nell"))],
            "phone": PHONE,
            "email": MAIL,
            "postal_address": STREET,
            "duplicate_reason": "another one of the same name is looked for in backups",
        }
        person = UUID((await door.post("/assessment/api/v1/patients", body))["patient_id"])
        sheet = {"instrument": "phq-2", "answers": {"interest": 1, "mood": 1}}
        by_proxy = sheet | {"mode": "proxy", "answered_by": SISTER}
        await door.post(f"/assessment/api/v1/patients/{person}/assessments", by_proxy)
    for _ in range(60):  # the copies
        if rows("engagement", f"SELECT 1 FROM patient WHERE patient_id = '{person}'"):
            break
        await asyncio.sleep(1)
    await asyncio.to_thread(make, "backup")
    await asyncio.to_thread(compose, "exec", "-T", "backup", "/etc/mooring/backup.sh", "dump")
    needles = {**CANARIES, **OWN, "SISTER": SISTER.encode()}
    for place, how in PLACES.items():
        is_there = {"id in bytes": person.bytes, "id in words": str(person).encode()}
        command = ["docker", "compose", "exec", "-T", "backup", "bash", "-euc", how]
        with told_by(command, cwd=ROOT) as archive:
            found = hits(archive, {**needles, **is_there})
        print(f"{place}: {sorted(found)}")
        assert found & is_there.keys(), f"the {place} has the person, or nothing was searched"
        assert not found - is_there.keys(), place
    with told_by(
        ["docker", "compose", "exec", "-T", "backup", "sh", "-c", AS_STOLEN], cwd=ROOT
    ) as it:
        assert not hits(it, {**needles, **is_there}), "without the key not even who it is about"
