"""The forms of a programme: starting one, its rhythm, its ladder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.portal.presenters import support, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.support import (
    BeatBody,
    GuardBody,
    KindBody,
    NewProgramme,
    ProgrammeBody,
    RungBody,
    SupportForm,
)
from shared.api.treatment import CourseBody

Options = tuple[tuple[str, str], ...]
BEATS = 4
"""Lines offered for a rhythm: the three of the evidence pack and one more."""
_WORDS = (
    "kind",
    "facilitator_id",
    "deputy_id",
    "form",
    "company",
    "setting",
    "activity",
    "activity_id",
    "first_contact_on",
    "serves_course_id",
    "note",
)
_ALONE = "(alone)"


@dataclass(frozen=True, slots=True)
class Guard:
    """A pitfall as the form shows it: its rule, why, and the reasons that answer it."""

    code: str
    field: str
    title: str
    text: str
    rule: str
    reasons: Options


def kind_of(form: SupportForm, code: str) -> KindBody:
    """The kind that was asked for, else the first."""
    return next((one for one in form.kinds if one.code == code), form.kinds[0])


def usual(kind: KindBody) -> dict[str, str]:
    """What is most often right; the rhythm is the kind's own and can be edited."""
    return {
        "kind": kind.code,
        "form": "individual",
        "company": "together",
        "setting": "community" if kind.needs_activity else "clinic",
        **rhythm_typed(kind.rhythm),
    }


def brief_said(form: SupportForm, code: str) -> str:
    """When a rhythm of this kind is brief support; nothing for a bounded course of sessions."""
    if code not in {kind.code for kind in form.kinds if kind.sessions is None}:
        return ""
    return _(
        "Fewer than %(least)s meetings in the first %(weeks)s weeks are brief support and need"
        " a signed reason (R-13).",
        least=form.least_meetings,
        weeks=form.least_meetings_weeks,
    )


def rhythm_typed(rhythm: Iterable[BeatBody]) -> dict[str, str]:
    """A rhythm as the fields of a form."""
    typed: dict[str, str] = {}
    for number, beat in enumerate(rhythm, start=1):
        typed |= {
            f"every_days.{number}": str(beat.every_days),
            f"until_day.{number}": str(beat.until_day),
        }
    return typed


def rhythm_sent(draft: Draft) -> list[dict[str, str]]:
    """The lines of a rhythm that were filled in."""
    found = []
    for number in range(1, BEATS + 1):
        every, until = draft.value(f"every_days.{number}"), draft.value(f"until_day.{number}")
        if every or until:
            found.append({"every_days": every, "until_day": until})
    return found


def rungs_typed(rungs: Iterable[RungBody]) -> str:
    """A ladder as lines of text."""
    return "\n".join(one.what if one.together else f"{one.what} {_ALONE}" for one in rungs)


def rungs_sent(text: str) -> list[dict[str, Any]]:
    """A step for each line, together unless the line ends with ``(alone)``."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        {
            "ordinal": number,
            "what": line.removesuffix(_ALONE).strip(),
            "together": not line.endswith(_ALONE),
        }
        for number, line in enumerate(lines, start=1)
    ]


def sent(draft: Draft, reasons: Mapping[str, str]) -> dict[str, Any]:
    """The request behind a filled-in form, without the signature."""
    data: dict[str, Any] = {name: draft.value(name) for name in _WORDS if draft.value(name)}
    data["rhythm"] = rhythm_sent(draft)
    data["rungs"] = rungs_sent(draft.value("rungs"))
    return data | {"reasons": dict(reasons)}


def reasons_sent(draft: Draft) -> dict[str, str]:
    """The coded reasons that answer the guards."""
    prefix = "reasons."
    return {
        name.removeprefix(prefix): values[0]
        for name, values in draft.values.items()
        if name.startswith(prefix) and values
    }


def guards(found: Sequence[GuardBody]) -> tuple[Guard, ...]:
    """What speaks against a plan."""
    return tuple(
        Guard(
            code=one.code,
            field=f"reasons.{one.code}",
            title=one.title,
            text=one.text,
            rule=one.rule,
            reasons=tuple((reason.code, reason.label) for reason in one.reasons),
        )
        for one in found
    )


def unanswered(found: Sequence[Guard], reasons: Mapping[str, str]) -> tuple[Fault, ...]:
    """A fault for each guard without a reason."""
    return tuple(
        Fault(
            one.field,
            _("%(title)s (%(rule)s): give the reason, and sign.", title=one.title, rule=one.rule),
        )
        for one in found
        if one.code not in reasons
    )


def unsigned() -> Fault:
    """A reason is given and not signed."""
    return Fault("password", _("Sign the reason with your password."))


def body(data: Mapping[str, Any], signature: str | None) -> NewProgramme:
    """The request.

    Raises:
        ValidationError: what was typed is no valid request.
    """
    return NewProgramme.model_validate(dict(data) | ({"signature": signature} if signature else {}))


def choices(named: Mapping[str, str]) -> Options:
    """A table of words as options, said as sentences begin."""
    return tuple((code, f"{label[:1].upper()}{label[1:]}") for code, label in named.items())


def forms() -> Options:
    """Alone or in a group."""
    return choices(support.FORMS)


def companies() -> Options:
    """Whether somebody goes along."""
    return choices(support.COMPANIES)


def settings() -> Options:
    """Where it takes place."""
    return choices(support.SETTINGS)


def courses(found: Sequence[CourseBody] | None) -> Options:
    """Courses that could serve the goal."""
    return tuple(
        (str(one.course_id), one.drug_name) for one in found or () if one.closed_on is None
    )


def changed(draft: Draft, one: ProgrammeBody) -> dict[str, Any]:
    """Only what was changed of a programme."""
    data: dict[str, Any] = {}
    if draft.value("activity") and draft.value("activity") != one.activity:
        data["activity"] = draft.value("activity")
    typed = rhythm_typed(one.rhythm)
    if rhythm_sent(draft) != rhythm_sent(Draft("", {k: (v,) for k, v in typed.items()})):
        data["rhythm"] = rhythm_sent(draft)
    if (
        draft.value("rungs")
        and draft.value("rungs").splitlines() != rungs_typed(one.rungs).splitlines()
    ):
        data["rungs"] = rungs_sent(draft.value("rungs"))
    if draft.value("planned_until") not in {"", one.planned_until.isoformat()}:
        data["planned_until"] = draft.value("planned_until")
    wish = draft.value("serves_course_id")
    if wish and wish != str(one.serves_course_id):
        data["serves_course_id"] = UUID(wish)
    return data


def typed(one: ProgrammeBody) -> dict[str, str]:
    """A programme as the fields of its forms."""
    return {
        "activity": one.activity,
        "rungs": rungs_typed(one.rungs),
        "planned_until": one.planned_until.isoformat(),
        "facilitator_id": str(one.facilitator_id or ""),
        "deputy_id": str(one.deputy_id or ""),
        "serves_course_id": str(one.serves_course_id or ""),
        **rhythm_typed(one.rhythm),
    }


def rhythm_said(rhythm: Iterable[BeatBody]) -> str:
    """``every 7 days until day 84, then every 14 days until day 182``."""
    parts = [
        _(
            "every %(days)s until day %(until)s",
            days=words.count(beat.every_days, "day"),
            until=beat.until_day,
        )
        for beat in rhythm
    ]
    return _(", then ").join(parts)
