"""The last state of what other services own."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.signature import Signature


class Courses(Protocol):
    """The last state of each course."""

    async def put(self, course: Course) -> None:
        """Remember this state."""
        ...

    async def of_patient(self, patient_id: UUID) -> Sequence[Course]:
        """All courses of a person."""
        ...


class Flags(Protocol):
    """The last state of each safety flag."""

    async def put(self, flag: Flag) -> None:
        """Remember this state."""
        ...

    async def of_patient(self, patient_id: UUID) -> Sequence[Flag]:
        """All flags of a person."""
        ...


class Signatures(Protocol):
    """The last state of each request for a signature."""

    async def put(self, signature: Signature) -> None:
        """Remember this state."""
        ...

    async def of_patient(self, patient_id: UUID) -> Sequence[Signature]:
        """All requests about a person."""
        ...
