"""Who people are: sealed in their rows with their own keys, which assessment makes and destroys."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.engagement.adapters.reach import reach_values
from services.engagement.adapters.tables import PatientRow
from services.engagement.application.ports import Identity
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys
from shared.runtime.sealed_details import Birth, birth_of

WHO = "engagement"
NEAR = "near"
ERASED = b""
"""Where nothing is sealed any more: the plain columns say what everybody may read."""
_PATIENT = PatientRow.metadata.tables["patient"]
NAME_COLUMNS = (
    _PATIENT.c.given_name,
    _PATIENT.c.family_name,
    _PATIENT.c.birth_date,
    _PATIENT.c.who,
)
"""What ``named`` reads, with the person's id."""


class Named(NamedTuple):
    """Who somebody is; None what is not known, or cannot be read."""

    given_name: str | None = None
    family_name: str | None = None
    birth: Birth = Birth()
    email: str | None = None

    @property
    def full(self) -> str | None:
        """Both names."""
        return None if self.given_name is None else f"{self.given_name} {self.family_name}"


UNREADABLE = Named("(name", "cannot be read)")
"""The person's key is missing: what is owed to them is shown all the same."""
GONE = Named("Erased", "")
"""Restored from before an erasure."""


def columns_of(
    person: UUID, identity: Identity, *, erased: bool, sealing: PersonKeys | None
) -> Mapping[str, Any]:
    """What a row says of who somebody is and how they are written to."""
    reach = reach_values(identity.reach)
    plain = {
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "birth_date": identity.birth_date,
        "reach": reach,
    }
    if erased or sealing is None:
        return plain | {"who": ERASED if erased else None}
    values = {
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "birth_date": identity.birth_date.isoformat(),
        "email": reach["email"] if reach else None,
    }
    return {
        "given_name": None,
        "family_name": None,
        "birth_date": None,
        "reach": reach and reach | {"email": None},
        "who": sealing.seal_values(person, WHO, values),
    }


def named(row: Any, tx: Transaction) -> Named:
    """Who a row is about; the mail address only where it is sealed with the names."""
    if not row.who:
        birth = birth_of(row.birth_date, erased=row.who == ERASED)
        return Named(row.given_name, row.family_name, birth)
    try:
        return tx.keys.recall(row.patient_id, WHO, row.who, _read)
    except KeyDestroyed:
        return GONE
    except KeyMissing:
        return UNREADABLE


def _read(values: dict[str, Any]) -> Named:
    birth = birth_of(date.fromisoformat(values["birth_date"]), erased=False)
    return Named(values["given_name"], values["family_name"], birth, values["email"])
