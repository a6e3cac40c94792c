"""The frame around every page: who is signed in, where one can go, and what is wrong."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.identity import CLINICIANS, Role

_SILENCE = said(
    {
        "assessment": mark(
            "Questionnaires, safety flags and patient details cannot be read right now."
        ),
        "treatment": mark("Courses, doses and taper plans cannot be read right now."),
        "engagement": mark("Reminders and who has them in hand cannot be read right now."),
    }
)

NOTICES = said(
    {
        "enrolled": mark("The person is enrolled."),
        "details": mark("The details are saved."),
        "assessment": mark("The questionnaire is saved."),
        "contact": mark("The contact is recorded."),
        "programme-started": mark("The programme is under way."),
        "programme": mark("The programme is changed."),
        "facilitator": mark("The facilitator is named."),
        "closing": mark("The wish to close is recorded, and what follows from it is shown below."),
        "talk": mark("The talk is recorded."),
        "life-event": mark(
            "The life event is recorded. Somebody speaks with them; no taper step meanwhile."
        ),
        "life-event-withdrawn": mark("The life event is taken back."),
        "profile": mark("This is saved."),
        "referral": mark("The referral is noted."),
        "carers": mark("The people near to them are saved."),
        "link-revoked": mark("The link is taken back."),
        "intake": mark("The answers are saved."),
        "health": mark("The health questions are saved."),
        "decided": mark("The decision is recorded."),
        "proposed": mark("The course is proposed. Nothing starts before it is signed."),
        "confirmed": mark("The course is signed and confirmed."),
        "withdrawn": mark("The proposal is withdrawn."),
        "review": mark("The review is recorded."),
        "remission": mark("Remission is recorded. The clock of the course starts there."),
        "relapse": mark("Relapse is recorded. The clock has stopped."),
        "decision": mark("The decision is recorded."),
        "gap": mark("The gap is recorded."),
        "dose": mark("The change of dose is recorded."),
        "frozen": mark("Dose changes are frozen. The medicine goes on."),
        "harm-stopped": mark("The medicine is stopped. The looks after it are planned."),
        "switch-step": mark("The step of the switch is recorded."),
        "stayed": mark("The switch is given up. The old medicine goes on."),
        "plan": mark("The plan is saved as a draft. It counts once it is signed."),
        "signed": mark("The plan is signed. Its first step is scheduled."),
        "signed-first": mark(
            "Your signature is kept. Nothing is in force before another prescriber has signed too."
        ),
        "supply": mark("The supply is confirmed."),
        "taken": mark("The change of dose is recorded."),
        "check-in": mark("The check-in is recorded."),
        "not-reached": mark("Nobody was reached. The dose stays; somebody calls again."),
        "change-proposed": mark(
            "The check-in is recorded. A new version of the plan is proposed; nothing has "
            "changed yet."
        ),
        "change-signed": mark("Signed. The new version of the plan is the one that counts now."),
        "change-declined": mark("Declined. The plan stays as it is."),
        "hold": mark("The dose stays as it is for now. All later dates have moved."),
        "resume": mark("The course goes on."),
        "closed": mark("The course is closed."),
        "flag-taken": mark("You have this safety flag in hand."),
        "flag-closed": mark("The safety flag is closed."),
        "flag-raised": mark("The safety flag is raised."),
        "taken-on": mark("You have this in hand."),
        "outcome": mark("This is noted."),
        "comes-back": mark("This is noted. It waits, and comes back by itself at its time."),
        "comes-back-known": mark(
            "This is noted. It waits, and comes back by itself at its time. Whoever was told of it"
            " still knows."
        ),
        "everybody-told": mark("This is noted. Everybody it is passed on to has been told."),
        "passed-on": mark("This is noted. The next person has been told."),
        "handed-over": mark("This is noted. It is on your colleague's list now."),
        "cover-asked": mark(
            "Your colleague is asked. What they do not accept stays with the lead."
        ),
        "cover-answered": mark("Your answers are recorded."),
        "cover-withdrawn": mark("The absence is taken back. Everybody returns to their owner."),
        "on-call": mark("This time on call is set."),
        "on-call-ended": mark("This time on call is taken back."),
        "notices": mark("Your choice is saved."),
        "account": mark("The account is changed."),
        "clock": mark("The demo clock has moved."),
        "emergency": mark("The record is open to you for 60 minutes, to read."),
        "judged": mark("Your judgement is recorded."),
        "proposed-erasure": mark("This is proposed. A second person has to do the same."),
        "erased": mark("Erased. What was measured and decided is still here."),
        "parked": mark("The parked message is dealt with."),
        "proposed-parked": mark("This is proposed. A second person has to do the same."),
    }
)

_COMES_BACK = {
    "comes-back": mark("This is noted. It waits, and comes back by itself: %(when)s."),
    "comes-back-known": mark(
        "This is noted. It waits, and comes back by itself: %(when)s. Whoever was told of it"
        " still knows."
    ),
}

_HOMES = {Role.OPERATIONS: mark("Operations"), Role.AUDITOR: mark("Audit")}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the main navigation."""

    title: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """``missing`` are sentences, one for each service that did not answer."""

    name: str
    role: str
    links: tuple[Link, ...]
    missing: tuple[str, ...]
    notice: str
    demo: bool
    held: bool = False
    """Whether this is a restored copy that nobody has released yet."""
    welcome: str = ""
    """The role a newcomer to a demo is told about, on the first page of a browser new to it."""
    finds: bool = False
    """Whether people can be looked for from every page."""


def notice(code: str, back: str, setting: Setting) -> str:
    """What has just been done, and ``back``, when it comes back; without a readable one, only
    that it does."""
    if code in _COMES_BACK:
        with suppress(ValueError, OverflowError):
            at = datetime.fromisoformat(back).astimezone(setting.zone)
            when = words.moment(at, zone=setting.zone, now=setting.now)
            return _(_COMES_BACK[code], when=when)
    return NOTICES.get(code, "")


def signed_in(
    name: str,
    role: Role,
    *,
    path: str,
    missing: tuple[str, ...],
    notice: str,
    demo: bool,
    held: bool = False,
    newcomer: bool = False,
) -> Frame:
    """The frame for somebody at work; ``held``: in a restored copy, ``newcomer``: to this demo."""
    places = [(_(_HOMES.get(role, mark("Today"))), "/")]
    if role in CLINICIANS:
        places.append((_("Patients"), "/patients"))
        places.append((_("Caseload"), "/caseload"))
        places.append((_("Outcomes"), "/outcomes"))
        places.append((_("Cover"), "/cover"))
    if role in {Role.LEAD, Role.OPERATIONS}:
        places.append((_("Staff"), "/staff"))
    if role is Role.LEAD:
        places.append((_("Operations"), "/operations"))
    return Frame(
        name=name,
        role=words.ROLES[role.value],
        links=tuple(Link(title, href, _is_here(path, href)) for title, href in places),
        missing=tuple(_SILENCE[service] for service in missing),
        notice=notice,
        demo=demo,
        held=held,
        welcome=role.value if demo and newcomer and path == "/" else "",
        finds=role in CLINICIANS,
    )


def outside(*, demo: bool) -> Frame:
    """The frame of the sign-in page and of pages that lead there."""
    return Frame(name="", role="", links=(), missing=(), notice="", demo=demo)


def _is_here(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href))
