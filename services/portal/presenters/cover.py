"""Who is away, who was asked, and what they said about each person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import listing, places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import NAMELESS, Setting
from shared.api.absences import AbsenceBody, CoveredPerson

ANSWERS = said(
    {
        "asked": mark("not answered yet"),
        "accepted": mark("accepted"),
        "declined": mark("declined"),
    }
)
_TONES = {"asked": "danger", "accepted": "good", "declined": "danger"}
_LONGEST_PAGE = 20
_STAGES = said({"planned": mark("to come"), "running": mark("now"), "over": mark("over")})


@dataclass(frozen=True, slots=True)
class Covered:
    """One person on a list that changes hands."""

    patient_id: UUID
    name: str
    birth: str
    href: str
    field: str
    answer: str
    said: str
    tone: str


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence as a card. ``uncovered`` says who stays with the lead; empty when nobody."""

    absence_id: UUID
    title: str
    days: str
    stage: str
    note: str
    people: tuple[Covered, ...]
    accepted: str
    uncovered: str
    may_answer: bool
    may_withdraw: bool


def listed(found: Iterable[AbsenceBody], query: Mapping[str, str]) -> listing.Listed[AbsenceBody]:
    """What the address asks for; by itself what waits for an answer, then by their first day."""
    return listing.whole(
        found,
        path="/cover",
        query=query,
        orders={
            "waiting": (
                _("What waits for an answer"),
                lambda one: ("answer" not in one.actions, one.starts_on),
            ),
            "day": (_("First day"), lambda one: one.starts_on),
        },
        default="waiting",
        narrowing=listing.Narrowing("stage", _STAGES, lambda one: one.stage),
        longest=_LONGEST_PAGE,
    )


def absences(found: Iterable[AbsenceBody], setting: Setting) -> tuple[Absence, ...]:
    """These, in the order given."""
    return tuple(_absence(one, setting) for one in found)


def field_of(patient_id: UUID) -> str:
    """The form field in which the answer about one person is given."""
    return f"answer.{patient_id}"


def _absence(one: AbsenceBody, setting: Setting) -> Absence:
    accepted = sum(person.answer == "accepted" for person in one.people)
    left = len(one.people) - accepted
    away, cover = words.who(one.staff_id, setting.staff), words.who(one.cover_id, setting.staff)
    return Absence(
        absence_id=one.absence_id,
        title=_("%(cover)s looks after the people of %(away)s", cover=cover, away=away),
        days=_(
            "%(first)s to %(last)s",
            first=words.day(one.starts_on),
            last=words.when(one.ends_on, today=setting.today),
        ),
        stage=_STAGES[one.stage],
        note=one.note,
        people=tuple(_covered(person, setting) for person in one.people),
        accepted=_("%(some)s of %(all)s accepted", some=accepted, all=len(one.people)),
        uncovered=ngettext(
            "%(num)s person is not accepted and stays with the lead.",
            "%(num)s people are not accepted and stay with the lead.",
            left,
        )
        if left
        else "",
        may_answer="answer" in one.actions,
        may_withdraw="withdraw" in one.actions,
    )


def _covered(person: CoveredPerson, setting: Setting) -> Covered:
    return Covered(
        patient_id=person.patient_id,
        name=person.patient_name or _(NAMELESS),
        birth=words.born(person, today=setting.today),
        href=places.patient(person.patient_id),
        field=field_of(person.patient_id),
        answer=person.answer,
        said=ANSWERS[person.answer],
        tone=_TONES[person.answer],
    )
