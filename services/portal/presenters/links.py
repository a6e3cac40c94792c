"""One-time links to questionnaires: those that were made, and the one just made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import segno

from services.portal.presenters import listing, places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.assessment import InstrumentBody, InvitationBody, InvitationList, PatientBody

CHANNELS = said(
    {
        "in-person": mark("Handed over now, in person"),
        "text": mark("By text message"),
        "email": mark("By e-mail"),
        "letter": mark("By letter"),
    }
)
_LONGEST_PAGE = 20
STATUSES = said(
    {
        "open": mark("Not answered yet"),
        "used": mark("Answered"),
        "revoked": mark("Taken back"),
        "expired": mark("Its time is over"),
    }
)
LASTING = (
    ("72", mark("3 days")),
    ("24", mark("1 day")),
    ("1", mark("1 hour, while they are here")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link that was made; ``revoke_href`` is empty when it has ended."""

    questionnaire: str
    status: str
    how: str
    made: str
    by: str
    until: str
    result_href: str
    revoke_href: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """The link that was just made: shown once, kept nowhere. ``write_href`` opens the program
    that sends it, with words that say nothing about anybody."""

    address: str
    picture: str
    until: str
    write_href: str
    write: str


def listed(
    made: InvitationList,
    titles: Mapping[str, str],
    query: Mapping[str, str],
    *,
    path: str,
) -> listing.Listed[InvitationBody]:
    """The links the address asks for; the newest first by itself."""

    def titled(one: InvitationBody) -> str:
        return titles.get(one.instrument, one.instrument).casefold()

    return listing.whole(
        made.items,
        path=path,
        query=query,
        orders={
            "made": (_("Made"), lambda one: one.created_at),
            "questionnaire": (_("Questionnaire"), lambda one: (titled(one), one.created_at)),
            "until": (_("Works until"), lambda one: one.expires_at),
        },
        default="-made",
        narrowing=listing.Narrowing("status", STATUSES, lambda one: one.status),
        longest=_LONGEST_PAGE,
        older=made.next,
    )


def links(
    made: Iterable[InvitationBody], titles: Mapping[str, str], setting: Setting
) -> tuple[Link, ...]:
    """The links in the order they came."""
    return tuple(_link(one, titles, setting) for one in made)


def fresh(
    one: InvitationBody, patient: PatientBody, *, origin: str, secret: str, setting: Setting
) -> Fresh:
    """The link with everything needed to pass it on."""
    address = f"{origin}/answer#{secret}"
    href, write = _write(one.channel, patient, address)
    return Fresh(
        address=address,
        picture=segno.make(address, micro=False).svg_inline(scale=4, border=2, omitsize=True),
        until=words.moment(one.expires_at, zone=setting.zone, now=setting.now),
        write_href=href,
        write=write,
    )


def channels(patient: PatientBody) -> tuple[tuple[str, str], ...]:
    """The ways a link may go: in person always, the others as far as the person agreed."""
    agreed = {name for name, purposes in patient.consents.items() if "questionnaires" in purposes}
    return tuple(
        (code, CHANNELS[code]) for code in CHANNELS if code == "in-person" or code in agreed
    )


def lasting() -> tuple[tuple[str, str], ...]:
    """How long a link may live."""
    return tuple((hours, _(text)) for hours, text in LASTING)


def sendable(instruments: Iterable[InstrumentBody]) -> tuple[tuple[str, str], ...]:
    """The questionnaires people may answer alone."""
    return tuple((one.code, f"{one.title}: {one.purpose}") for one in instruments if one.by_link)


def _link(one: InvitationBody, titles: Mapping[str, str], setting: Setting) -> Link:
    where = places.patient(one.patient_id, "links", one.invitation_id, "revoke")
    return Link(
        questionnaire=titles.get(one.instrument, one.instrument),
        status=STATUSES[one.status],
        how=CHANNELS.get(one.channel, one.channel),
        made=words.moment(one.created_at, zone=setting.zone, now=setting.now),
        by=words.who(one.created_by, setting.staff),
        until=words.moment(one.expires_at, zone=setting.zone, now=setting.now),
        result_href=_result(one.patient_id, one.assessment_id),
        revoke_href=where if "revoke" in one.actions else "",
    )


def _result(patient_id: UUID, assessment_id: UUID | None) -> str:
    return places.patient(patient_id, "assessments", assessment_id) if assessment_id else ""


def _write(channel: str, patient: PatientBody, address: str) -> tuple[str, str]:
    """An address that opens a message to the person, and what to call it."""
    text = _("Please answer a few questions for your appointment:") + f"\n\n{address}\n"
    if channel == "email" and patient.email:
        subject = quote(_("A few questions before your appointment"))
        return f"mailto:{patient.email}?subject={subject}&body={quote(text)}", _("Write the e-mail")
    if channel == "text" and patient.phone:
        number = "".join(sign for sign in patient.phone if sign in "+0123456789")
        return f"sms:{number}?body={quote(text)}", _("Write the text message")
    return "", ""
