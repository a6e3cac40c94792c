"""Domain values as JSON documents and back; decimals travel as exact strings."""

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from services.treatment.domain.clock import Pause, Relapse, Remission
from services.treatment.domain.course import LeavingStep, TitrationStep
from services.treatment.domain.gate import CheckIn, Proposal
from services.treatment.domain.live_taper import PlannedStep, Taper
from services.treatment.domain.plan import Outline, Readiness
from services.treatment.domain.plan_change import Diff
from services.treatment.domain.safety import Taken

T = TypeVar("T")


class Document(Generic[T]):
    """How one type of value is kept in a JSON column."""

    def __init__(self, type_: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)

    def dump(self, value: T) -> Any:
        """The value as JSON types."""
        return self._adapter.dump_python(value, mode="json")

    def load(self, stored: Any) -> T:
        """The value that was stored."""
        return self._adapter.validate_python(stored)


TITRATION = Document[tuple[TitrationStep, ...]](tuple[TitrationStep, ...])
LEAVING = Document[tuple[LeavingStep, ...]](tuple[LeavingStep, ...])
MARKS = Document[tuple[Remission | Relapse, ...]](tuple[Remission | Relapse, ...])
PAUSES = Document[tuple[Pause, ...]](tuple[Pause, ...])
PLANNED = Document[tuple[PlannedStep, ...]](tuple[PlannedStep, ...])
PROPOSAL = Document[Proposal](Proposal)
SAID = Document[CheckIn](CheckIn)
OUTLINE = Document[Outline](Outline)
READINESS = Document[Readiness](Readiness)
MEDICINES = Document[tuple[Taken, ...]](tuple[Taken, ...])
DIFF = Document[Diff](Diff)
TAPER = Document[Taper](Taper)
