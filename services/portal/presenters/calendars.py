"""Calendar links: the one that is in use, those before it, and the one just made."""

from collections.abc import Iterable
from dataclasses import dataclass

import segno

from services.portal.presenters import places, words
from services.portal.presenters.today import Setting
from shared.api.treatment import CalendarLinkBody


@dataclass(frozen=True, slots=True)
class Link:
    """One link; ``revoke_href`` is empty when it has ended."""

    titles: tuple[str, str]
    made: str
    ended: str
    revoke_href: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """The link that was just made: shown once, kept nowhere. ``subscribe`` opens the calendar
    program of whoever follows it."""

    address: str
    subscribe: str
    picture: str


def links(made: Iterable[CalendarLinkBody], setting: Setting) -> tuple[Link, ...]:
    """The links in the order they came."""
    return tuple(_link(one, setting) for one in made)


def fresh(*, origin: str, secret: str) -> Fresh:
    """The link with everything needed to pass it on."""
    address = f"{origin}/calendar/{secret}.ics"
    subscribe = f"webcal://{address.partition('://')[2]}"
    return Fresh(
        address=address,
        subscribe=subscribe,
        picture=segno.make(subscribe, micro=False).svg_inline(scale=4, border=2, omitsize=True),
    )


def _link(one: CalendarLinkBody, setting: Setting) -> Link:
    where = places.patient(one.patient_id, "calendar", one.calendar_link_id, "revoke")
    made = words.moment(one.made_at, zone=setting.zone, now=setting.now)
    revoked = one.revoked_at
    return Link(
        titles=(one.change_title, one.check_in_title),
        made=f"{made}, {words.who(one.made_by, setting.staff)}",
        ended=words.moment(revoked, zone=setting.zone, now=setting.now) if revoked else "",
        revoke_href=where if "revoke" in one.actions else "",
    )
