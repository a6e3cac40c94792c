"""Emergency access to one record ("breaking the glass"): asked of and kept by assessment.

====== ========================================== ==================== ======================
Method Path under ``/api/v1``                      Who                  Answer
====== ========================================== ==================== ======================
POST   /emergency-looks                            prescriber, nurse,   EmergencyLook
                                                   lead
GET    /emergency-looks                            prescriber, lead,    Page[EmergencyLook]
                                                   auditor
POST   /emergency-looks/{grant_id}/review          prescriber, lead     EmergencyLook
GET    /patients/{patient_id}/emergency-looks      who may see them     Page[EmergencyLook]
====== ========================================== ==================== ======================

It opens the record for reading, in every service, for 60 minutes. Changing anything is refused
(403 ``read-only``). Whoever has a relation to the person already gets 409.
"""

import hashlib
import json
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from shared.api.body import Body

MEANING = "emergency-look"
"""What the signature over ``EmergencyAccess`` means; its audience is assessment."""

EmergencyReason = Literal[
    "person-at-risk", "team-unreachable", "handover-missed", "another-emergency"
]
Judged = Literal["justified", "not-justified"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=15, max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class EmergencyWish(Body):
    """Whose record, and why. Exactly one of: the record's id; birth date and whole name; birth
    date and the short number of printed plans."""

    patient_id: UUID | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    number: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{4} ?[0-9A-Fa-f]{4}$")] | None = None
    birth_date: date | None = None
    reason: EmergencyReason
    words: Words

    @model_validator(mode="after")
    def _says_who(self) -> "EmergencyWish":
        by_name = self.given_name is not None and self.family_name is not None
        ways = (
            self.patient_id is not None,
            by_name and self.birth_date is not None,
            self.number is not None and self.birth_date is not None,
        )
        if sum(ways) != 1:
            raise ValueError("give the birth date with either both names or the number")
        return self

    def signing_hash(self) -> str:
        """What the password given again signs: exactly this wish."""
        wish = self.model_dump(mode="json", include=set(EmergencyWish.model_fields))
        canonical = json.dumps(wish, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class EmergencyAccess(EmergencyWish):
    """The wish, with the portal's signature that the password was given again."""

    signature: Annotated[str, Field(max_length=4096)]


class EmergencyLook(Body):
    """One opening of one record. ``words`` are what happened; an auditor sees neither them nor
    ``patient_name``. ``review_by``: the last day on which a second person judges it in time."""

    grant_id: UUID
    patient_id: UUID
    patient_name: str
    staff_id: UUID
    reason: EmergencyReason
    words: str
    opened_at: AwareDatetime
    until: AwareDatetime
    review_by: date
    overdue: bool
    reviewed_at: AwareDatetime | None
    reviewed_by: UUID | None
    judgement: Judged | None
    review_words: str | None
    actions: tuple[str, ...]


class RecordLookQuery(Body):
    """Openings of one record, newest first; ``cursor`` is where older ones begin."""

    cursor: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EmergencyLookQuery(RecordLookQuery):
    """Openings of every record. ``waiting``: only those nobody has judged."""

    waiting: bool = True


class ReviewLook(Body):
    """What the second person found, and why."""

    judgement: Judged
    words: Words
