"""Bodies of engagement: who is away and who looks after their people.

    GET  /api/v1/absences                        -> Page[AbsenceBody]   that concern the caller
    POST /api/v1/absences                           NewAbsence   -> AbsenceBody
    POST /api/v1/absences/{absence_id}/answers      CoverAnswers -> AbsenceBody   the one asked
    POST /api/v1/absences/{absence_id}/withdraw     (no body)    -> AbsenceBody

Problems: 404 ``unknown-absence``, 409 ``absence-over``, ``not-theirs``, 422 ``bad-dates``,
``cannot-cover``, ``absence-overlaps``, ``not-asked``.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.api.body import BirthYear, Body


class NewAbsence(Body):
    """``staff_id``: the caller when left out; a lead may speak for a colleague. ``note`` is for
    the colleague who is asked."""

    staff_id: UUID | None = None
    cover_id: UUID
    starts_on: date
    ends_on: date
    note: Annotated[str, Field(max_length=500)] = ""


class CoverAnswers(Body):
    """Yes or no, person by person; a no may become a yes later, and the other way round."""

    accepted: Annotated[tuple[UUID, ...], Field(max_length=1000)] = ()
    declined: Annotated[tuple[UUID, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _one_answer_each(self) -> "CoverAnswers":
        if set(self.accepted) & set(self.declined):
            raise ValueError("declined: somebody is both accepted and declined")
        if not self.accepted and not self.declined:
            raise ValueError("accepted: say yes or no to at least one person")
        return self


class NoBody(Body):
    """Nothing to say."""


class CoveredPerson(Body):
    """One person on the list that changes hands."""

    patient_id: UUID
    patient_name: str | None
    birth_date: date | None
    birth_year: BirthYear = None
    answer: Literal["asked", "accepted", "declined"]


class AbsenceBody(Body):
    """One absence. ``stage`` is planned, running or over. ``actions`` may be posted now."""

    absence_id: UUID
    staff_id: UUID
    cover_id: UUID
    starts_on: date
    ends_on: date
    note: str
    stage: Literal["planned", "running", "over"]
    people: tuple[CoveredPerson, ...]
    actions: tuple[Literal["answer", "withdraw"], ...]
