"""The form for one contact: it asks only what belongs to what the contact is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.portal.presenters import support
from services.portal.presenters.chores import instant
from services.portal.presenters.contact_log import GIVEN, OUTCOMES
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.support import ContactBody, ProgrammeBody, SupportBody, SupportForm

Options = tuple[tuple[str, str], ...]
_NUMBERS = ("minutes", "step", "anxiety_before", "anxiety_after")
_TEXTS = ("mode", "outcome", "next_on", "mode_reason", "note")
_SPOKEN = frozenset({"programme", "life-event"})
"""What only counts when somebody has spoken with the person: no letter, no message."""
_OCCASIONS = ("took-place", "missed", "called-off", "cancelled")
_CALLS = ("took-place", "not-reached")


@dataclass(frozen=True, slots=True)
class About:
    """What a contact can be about: a programme, an attempt, a life event, a carer, anything."""

    code: str
    title: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What the form asks. ``purpose`` is engagement's; ``programme`` only for a meeting;
    ``written`` says how a letter counts."""

    about: str
    purpose: str
    title: str
    programme: ProgrammeBody | None
    modes: Options
    written: str
    outcomes: Options
    rungs: Options
    content: Options
    carers: Options
    given: Options
    carer_call_every: timedelta
    shortest: int
    longest: int
    lowest: int
    highest: int


def abouts(body: SupportBody, here: str) -> tuple[About, ...]:
    """Everything a contact can be about now."""
    found = [
        (f"programme:{one.programme_id}", one.label)
        for one in body.programmes
        if one.status != "closed"
    ]
    found.append(("outreach", _("Attempt to reach them")))
    found += [
        (f"life-event:{one.life_event_id}", _("Life event: %(what)s", what=one.label))
        for one in body.life_events
        if "follow-up" in one.actions
    ]
    if body.carers:
        found.append(("carer", _("With a carer")))
    found.append(("other", _("Anything else")))
    at = support.place(body.patient_id, "contacts", "new")
    return tuple(About(code, said, f"{at}?about={code}", code == here) for code, said in found)


def chosen(body: SupportBody, wish: str) -> str:
    """What was asked for, if it can be; else the first programme under way, else anything."""
    codes = [one.code for one in abouts(body, "")]
    return wish if wish in codes else codes[0] if codes[0].startswith("programme:") else "other"


def form_about(body: SupportBody, offered: SupportForm, about: str) -> Form:
    """What to ask for a contact about this."""
    purpose, _colon, id_ = about.partition(":")
    programme = next((one for one in body.programmes if str(one.programme_id) == id_), None)
    titles = {one.code: one.title for one in abouts(body, about)}
    is_session = programme is not None and programme.delivered is not None
    return Form(
        about=about,
        purpose=purpose,
        title=titles.get(about, ""),
        programme=programme,
        modes=tuple(
            (one.code, one.label)
            for one in offered.modes
            if not one.written or purpose not in _SPOKEN
        ),
        written=_("A letter or a message is an attempt: nobody was reached yet.")
        if purpose == "outreach"
        else "",
        outcomes=_outcomes(purpose),
        rungs=tuple((str(one.ordinal), f"{one.ordinal}. {one.what}") for one in _rungs(programme)),
        content=tuple((one.code, one.label) for one in offered.cbt_content if is_session),
        carers=tuple(
            (str(one.carer_id), _told(one.name, one.relationship, may_receive=one.may_receive))
            for one in body.carers
        ),
        given=tuple((code, what.capitalize()) for code, what in GIVEN.items()),
        carer_call_every=timedelta(days=offered.carer_call_every_days),
        shortest=offered.shortest_minutes,
        longest=offered.longest_minutes,
        lowest=offered.lowest_rating,
        highest=offered.highest_rating,
    )


def sent(draft: Draft, form: Form, setting: Setting) -> dict[str, Any]:
    """The request behind a filled-in form.

    Raises:
        Unreadable: the day or the time cannot be read.
    """
    at = instant(draft.value("on"), draft.value("at"), setting)
    if at is None:
        raise Unreadable
    data: dict[str, Any] = {
        name: draft.value(name) for name in (*_TEXTS, *_NUMBERS) if draft.value(name)
    }
    data |= {"purpose": form.purpose, "at": at}
    if form.programme is not None:
        data["programme_id"] = form.programme.programme_id
        data |= {name: True for name in ("together", "group") if draft.value(name)}
        data["cbt_content"] = draft.all("cbt_content")
    if form.purpose == "life-event":
        data["life_event_id"] = UUID(form.about.partition(":")[2])
    if form.purpose == "carer":
        data["carer_support"] = draft.all("carer_support")
        data["carer_id"] = draft.value("carer_id") or None
    return data


class Unreadable(ValueError):
    """The day or the time of a contact cannot be read."""


def unreadable() -> Fault:
    """What to say then."""
    return Fault("on", _("Write the day and the time, such as 2027-05-04 and 09:00."))


def usual(body: SupportBody, form: Form, setting: Setting, *, carer: str = "") -> dict[str, str]:
    """What is most often right: now, as at the meeting before; with the carer it is about."""
    local = setting.now.astimezone(setting.zone)
    known = _last(body.contacts, form)
    return {
        "on": local.date().isoformat(),
        "at": f"{local:%H:%M}",
        "mode": known.mode if known else form.modes[0][0],
        "outcome": form.outcomes[0][0],
        **_with(body, form, carer, local.date()),
    }


def _with(body: SupportBody, form: Form, carer: str, today: date) -> dict[str, str]:
    """The carer it is about; a next call only where the person agreed that they are supported."""
    near = next((one for one in body.carers if str(one.carer_id) == carer), None)
    if near is None or form.purpose != "carer":
        return {}
    next_on = (today + form.carer_call_every).isoformat() if near.may_receive else ""
    return {"carer_id": carer, "next_on": next_on}


def _last(contacts: Sequence[ContactBody], form: Form) -> ContactBody | None:
    wanted = form.programme.programme_id if form.programme else None
    return next(
        (
            one
            for one in contacts
            if one.programme_id == wanted
            and one.purpose == form.purpose
            and one.outcome == "took-place"
        ),
        None,
    )


def _rungs(programme: ProgrammeBody | None) -> Sequence[Any]:
    return programme.rungs if programme else ()


def _outcomes(purpose: str) -> Options:
    calls = {"outreach": _CALLS, "carer": _CALLS}
    codes = _OCCASIONS if purpose == "programme" else calls.get(purpose, tuple(OUTCOMES))
    said = dict(OUTCOMES.items())
    if purpose in calls:
        said["took-place"] = _("we spoke with them")
    return tuple((code, said[code].capitalize()) for code in codes)


def _told(name: str, relationship: str, *, may_receive: bool) -> str:
    agreed = (
        _("may be supported") if may_receive else _("no consent: may tell us, receives nothing")
    )
    return f"{name}, {relationship} ({agreed})"
