"""How somebody may be reached, for what, and who is near to them: forms and words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.portal.presenters import erasing, listing, places, words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.assessment import CarerBody, PatientBody, PatientHistory, PatientVersion

CHANNELS = said(
    {
        "telephone": mark("Calls"),
        "text": mark("Text messages"),
        "email": mark("Messages by e-mail"),
        "letter": mark("Letters"),
    }
)
PURPOSES = said(
    {
        "appointments": mark("Appointments"),
        "course": mark("Dose days and check-ins"),
        "questionnaires": mark("Questionnaires"),
        "outreach": mark("Asking after them"),
    }
)
SCOPES = said(
    {
        "appointments": mark("Appointments"),
        "medicines": mark("Medicines and dose days"),
        "progress": mark("How things are going"),
        "support": mark("Education and support for the carer"),
        "urgent": mark("May be called when there is danger"),
    }
)
FIELDS = said(
    {
        "given_name": mark("Given name"),
        "family_name": mark("Family name"),
        "birth_date": mark("Birth date"),
        "time_zone": mark("Time zone"),
        "language": mark("Language"),
        "phone": mark("Telephone"),
        "email": mark("E-mail"),
        "postal_address": mark("Postal address"),
        "neutral_wording": mark("Neutral wording"),
        "consents": mark("What they agreed to"),
        "quiet_hours": mark("Quiet hours"),
        "carers": mark("People near to them"),
        "team": mark("Team"),
        "care_team": mark("Care team"),
        "status": mark("Whether they are in care"),
        "left_on": mark("When care ended"),
        "erased_on": mark("Who this was: erased"),
        "messages_stopped": mark("Whether messages are stopped"),
    }
)
_CLEARABLE = ("phone", "email", "postal_address")


@dataclass(frozen=True, slots=True)
class Group:
    """What one channel may be used for: one group of boxes."""

    name: str
    title: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody near to the person. ``told`` says what they may be told; ``draft`` is the form to
    change it."""

    name: str
    relationship: str
    phone: str
    email: str
    told: tuple[str, ...]
    href: str
    at: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the record."""

    when: str
    by: str
    what: str
    why: str


def groups() -> tuple[Group, ...]:
    """The boxes of every channel."""
    options = tuple((code, PURPOSES[code]) for code in PURPOSES)
    return tuple(Group(f"consents.{code}", CHANNELS[code], options) for code in CHANNELS)


def scopes() -> tuple[tuple[str, str], ...]:
    """What a carer may be told."""
    return tuple((code, SCOPES[code]) for code in SCOPES)


def typed(patient: PatientBody) -> dict[str, str | tuple[str, ...]]:
    """The part of the form about contact, as the record has it."""
    hours = patient.quiet_hours
    agreed_to: dict[str, str | tuple[str, ...]] = {
        f"consents.{name}": tuple(given) for name, given in patient.consents.items()
    }
    return agreed_to | {
        "phone": patient.phone or "",
        "email": patient.email or "",
        "postal_address": patient.postal_address or "",
        "neutral_wording": "true" if patient.neutral_wording else "",
        "quiet_hours.starts": hours.starts if hours else "",
        "quiet_hours.ends": hours.ends if hours else "",
    }


def sent(draft: Draft) -> dict[str, Any]:
    """What the form says about contact; an emptied number, address or span is forgotten."""
    hours = {
        part: draft.value(f"quiet_hours.{part}")
        for part in ("starts", "ends")
        if draft.value(f"quiet_hours.{part}")
    }
    values: dict[str, Any] = {name: draft.value(name) or None for name in _CLEARABLE}
    return values | {
        "neutral_wording": draft.value("neutral_wording") == "true",
        "quiet_hours": hours or None,
        "consents": {
            code: draft.all(f"consents.{code}")
            for code in CHANNELS
            if draft.all(f"consents.{code}")
        },
    }


def carer_sent(draft: Draft) -> dict[str, Any]:
    """A carer as the form says."""
    given = {
        name: draft.value(name)
        for name in ("name", "relationship", "phone", "email")
        if draft.value(name)
    }
    return given | {"scopes": draft.all("scopes")}


def carers(patient: PatientBody, drafts: Mapping[str, Draft], fresh: Draft) -> tuple[Carer, ...]:
    """Everybody near to them. ``drafts`` are forms that were refused, by carer; ``fresh`` makes
    the keys of the others."""
    return tuple(
        Carer(
            name=carer.name,
            relationship=carer.relationship,
            phone=carer.phone or "",
            email=carer.email or "",
            told=tuple(SCOPES[scope] for scope in carer.scopes),
            href=places.patient(patient.patient_id, "carers", carer.carer_id),
            at=f"c{place}-",
            draft=drafts.get(str(carer.carer_id)) or _carer_draft(carer, fresh),
        )
        for place, carer in enumerate(patient.carers)
    )


def carer_lines(patient: PatientBody) -> tuple[str, ...]:
    """Everybody near to them in one line each, to compare with."""
    return tuple(
        f"{carer.name}, {carer.relationship}, {carer.phone or '-'}, {carer.email or '-'}: "
        + (", ".join(SCOPES[scope] for scope in carer.scopes) or _("is told nothing"))
        for carer in patient.carers
    )


def agreed(patient: PatientBody) -> str:
    """What they agreed to, in one line."""
    parts = [
        f"{CHANNELS[channel]} ({', '.join(PURPOSES[purpose] for purpose in purposes)})"
        for channel, purposes in patient.consents.items()
        if purposes
    ]
    return "; ".join(parts) or _("nothing")


def quiet(patient: PatientBody) -> str:
    """Their quiet hours."""
    hours = patient.quiet_hours
    if hours is None:
        return _("the clinic's own")
    return _("%(starts)s to %(ends)s", starts=hours.starts, ends=hours.ends)


def listed(
    found: PatientHistory, query: Mapping[str, str], *, path: str, setting: Setting
) -> listing.Listed[PatientVersion]:
    """The changes the address asks for; the newest first by itself."""

    def who(one: PatientVersion) -> str:
        return words.who_recorded(one.recorded_by, setting.staff)

    return listing.whole(
        found.versions,
        path=path,
        query=query,
        orders={
            "when": (_("When"), lambda one: one.recorded_at),
            "who": (_("Who"), lambda one: (who(one).casefold(), one.recorded_at)),
        },
        default="-when",
        narrowing=listing.Narrowing(
            "by", {one.recorded_by: who(one) for one in found.versions}, lambda o: o.recorded_by
        ),
        older=found.next,
    )


def history(versions: Iterable[PatientVersion], setting: Setting) -> tuple[Change, ...]:
    """These changes of the record, in the order given."""
    return tuple(
        Change(
            when=words.moment(version.recorded_at, zone=setting.zone, now=setting.now),
            by=words.who_recorded(version.recorded_by, setting.staff),
            what=", ".join(FIELDS[name] for name in version.what if name in FIELDS)
            or _("The first version that is kept"),
            why=erasing.REASONS.get(version.reason or "", version.reason or ""),
        )
        for version in versions
    )


def _carer_draft(carer: CarerBody, fresh: Draft) -> Draft:
    values = {
        "name": (carer.name,),
        "relationship": (carer.relationship,),
        "phone": (carer.phone or "",),
        "email": (carer.email or "",),
        "scopes": tuple(carer.scopes),
    }
    return Draft(fresh.part(carer.carer_id.hex[-8:]), values)
