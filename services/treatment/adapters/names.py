"""Who people are: sealed in their rows with their own keys, which assessment makes and destroys."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.treatment.domain.person import Details
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys
from shared.runtime.sealed_details import Birth, birth_of

WHO = "treatment"
ERASED = b""
"""Where nothing is sealed any more: the plain columns say what everybody may read."""


class Named(NamedTuple):
    """A name and a birth; None and nothing while they are not known, or cannot be read."""

    name: str | None = None
    birth: Birth = Birth()


UNREADABLE = Named()


def columns_of(
    person: UUID, details: Details, *, erased: bool, sealing: PersonKeys | None
) -> Mapping[str, Any]:
    """What a row says of who somebody is."""
    plain = {"name": details.name, "birth_date": details.birth_date}
    if erased or sealing is None:
        return plain | {"who": ERASED if erased else None}
    values = {"name": details.name, "birth_date": details.birth_date.isoformat()}
    return {"name": None, "birth_date": None, "who": sealing.seal_values(person, WHO, values)}


def named_in(
    person: UUID, name: str | None, birth_date: date | None, who: bytes | None, tx: Transaction
) -> Named:
    """Who a row is about. What cannot be read counts as not known yet: nothing is dosed by it."""
    if not who:
        return Named(name, birth_of(birth_date, erased=who == ERASED))
    try:
        return tx.keys.recall(person, WHO, who, _read)
    except (KeyDestroyed, KeyMissing):
        return UNREADABLE


def _read(values: dict[str, Any]) -> Named:
    birth = birth_of(date.fromisoformat(values["birth_date"]), erased=False)
    return Named(values["name"], birth)
