"""What was known when something was decided about a course; paths are under ``/api/v1``.

====================================================  ====================
Route                                                 Body out
====================================================  ====================
GET /courses/{course_id}/decisions                    Page[DecisionLine]
GET /courses/{course_id}/decisions/{version}          DecisionBody
====================================================  ====================

Facts, rules and formulary rows are the copies made at that moment: nothing learned, corrected or
published since shows in them.
"""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from shared.api.body import Body, Code, DoseMg
from shared.api.treatment import FindingBody, Medicine


class DecisionLine(Body):
    """One thing that was decided or recorded. ``has_facts`` says that its facts were copied."""

    version: int
    at: AwareDatetime
    on: date
    kind: Code
    text: str
    recorded_by: str
    has_facts: bool


class KnownReading(Body):
    """A total of the primary instrument that was there then."""

    on: date
    total: int


class KnownFacts(Body):
    """What was known of the person, and the dose that was judged."""

    on: date
    age: int
    indication: Code
    dose_mg: DoseMg
    formulation: str | None
    suicide_concern: bool
    asked_at: AwareDatetime | None
    conditions: tuple[Code, ...]
    medicines: tuple[Medicine, ...]
    instrument: Code
    readings: tuple[KnownReading, ...]


class KnownRule(FindingBody):
    """A rule that spoke then, and the reason given against it."""

    reason: str | None


class KnownDose(Body):
    """A dose row of the formulary, as it stood."""

    indication: str
    family: str | None
    start_mg: DoseMg
    usual_low_mg: DoseMg | None
    usual_high_mg: DoseMg | None
    maximum_mg: DoseMg | None
    source: str
    grade: str


class KnownCap(Body):
    """A ceiling of the formulary, as it stood. ``over_age`` is strict."""

    condition: str
    over_age: int | None
    maximum_mg: DoseMg
    source: str
    grade: str


class KnownProduct(Body):
    """A product of the formulary, as it stood."""

    product: str
    name: str
    unit_mg: DoseMg
    source: str
    grade: str


class KnownFormulary(Body):
    """The drug's file as it stood: the rows that can have decided."""

    drug: Code
    name: str
    version: int
    review_status: str
    jurisdiction: str
    doses: tuple[KnownDose, ...]
    caps: tuple[KnownCap, ...]
    products: tuple[KnownProduct, ...]
    after_maoi_days: int
    before_maoi_days: int


class KnownItem(Body):
    """Anything else that was written down with the decision."""

    name: Code
    value: str


class DecisionBody(Body):
    """One decision with everything it was made with. The parts are null where none was copied."""

    course_id: UUID
    version: int
    at: AwareDatetime
    on: date
    kind: Code
    text: str
    reason: str | None
    dose_mg: DoseMg
    recorded_by: str
    rulebook: str | None
    profile_version: int | None
    facts: KnownFacts | None
    rules: tuple[KnownRule, ...]
    formulary: KnownFormulary | None
    also: tuple[KnownItem, ...]
