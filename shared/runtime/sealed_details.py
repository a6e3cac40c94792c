"""Who a person is, on its way from the service that owns it to those that keep a copy.

The outbox, the broker's streams, parked events and the backups of all of them hold the fact as it
was told. So what says who somebody is lies sealed inside it, under the person's own key, and only
who holds the keys reads it. The plain fields then say nothing.
"""

from base64 import b64decode, b64encode
from datetime import date
from typing import NamedTuple

from shared.events.assessment import PatientDetails
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyDestroyed, PersonKeys

_WHAT = "details"
_NOTHING = {
    "given_name": "",
    "family_name": "",
    "birth_date": date.min,
    "phone": None,
    "email": None,
    "postal_address": None,
    "carers": (),
}
"""What stands in the plain fields of a sealed fact."""


class Birth(NamedTuple):
    """What may be said of when somebody was born: the day, or the year alone, or nothing."""

    day: date | None = None
    year: int | None = None

    @property
    def counts_from(self) -> date | None:
        """The day an age is counted from; of a year its first, which is never to be shown."""
        return self.day or (date(self.year, 1, 1) if self.year else None)


def birth_of(kept: date | None, *, erased: bool) -> Birth:
    """Of somebody erased the first day of the year is kept, which is nobody's birthday (0062); the
    first day of all is a date that nobody knows (0091)."""
    if kept is None or kept == date.min:
        return Birth()
    return Birth(year=kept.year) if erased else Birth(day=kept)


def sealed(details: PatientDetails, keys: PersonKeys) -> PatientDetails:
    """The same with who it is about locked up. Of somebody erased nothing is left to lock."""
    if details.erased_on is not None:
        return details
    values = details.model_dump(mode="json", include=set(_NOTHING))
    block = b64encode(keys.seal_values(details.patient_id, _WHAT, values)).decode()
    return details.model_copy(update={**_NOTHING, "sealed": block})


def opened(details: PatientDetails, tx: Transaction) -> PatientDetails | None:
    """What was told, in full; None of somebody who was erased since: that fact follows this one.

    Raises:
        KeyMissing: the key is not here; the event is tried again, and then parked as it came.
    """
    if details.sealed is None:
        return details
    try:
        values = tx.keys.open_values(details.patient_id, _WHAT, b64decode(details.sealed))
    except KeyDestroyed:
        return None
    plain = details.model_dump(mode="json") | values | {"sealed": None}
    return PatientDetails.model_validate(plain)
