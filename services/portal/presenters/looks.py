"""Who looked at whose record: openings in an emergency, and everyday looks day by day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.portal.presenters import listing, places, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.body import Page
from shared.api.emergency import EmergencyLook
from shared.api.operations import LookBody

_REASONS = said(
    {
        "person-at-risk": mark("The person is at risk now"),
        "team-unreachable": mark("The team cannot be reached"),
        "handover-missed": mark("A handover was missed"),
        "another-emergency": mark("Another emergency"),
    }
)
_JUDGEMENTS = said(
    {"justified": mark("It was justified"), "not-justified": mark("It was not justified")}
)
_PARTS = said(
    {
        "patient": mark("details"),
        "patient-history": mark("changes of the record"),
        "assessments": mark("questionnaires"),
        "assessment": mark("a questionnaire"),
        "assessment-history": mark("a questionnaire"),
        "intake": mark("intake"),
        "trajectory": mark("scores"),
        "timeline": mark("timeline"),
        "flags": mark("safety flags"),
        "courses": mark("courses"),
        "course": mark("a course"),
        "health-profile": mark("health questions"),
        "taper-plans": mark("taper plans"),
        "taper-plan": mark("a taper plan"),
        "reminders": mark("reminders"),
        "reminder": mark("a reminder"),
        "worklist": mark("today's list"),
        "caseload": mark("the caseload"),
        "round-list": mark("the round"),
        "support": mark("support"),
        "looks": mark("who looked"),
        "emergency-looks": mark("emergency access"),
    }
)


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening in an emergency. ``judged`` is empty while nobody has said anything."""

    grant_id: str
    whose: str
    href: str
    by: str
    when: str
    why: str
    words: str
    is_open: bool
    judged: str
    judge_by: str
    late: bool
    may_judge: bool
    draft: Draft


@dataclass(frozen=True, slots=True)
class Day:
    """What one person looked at on one day."""

    day: str
    who: str
    times: str
    parts: str
    emergency: bool
    refused: bool


def reasons() -> tuple[tuple[str, str], ...]:
    """Why a record may be opened."""
    return tuple((code, _REASONS[code]) for code in _REASONS)


def judgements() -> tuple[tuple[str, str], ...]:
    """What a second person may find."""
    return tuple((code, _JUDGEMENTS[code]) for code in _JUDGEMENTS)


def nobody_found() -> Fault:
    """The details fit nobody."""
    return Fault(
        "family_name",
        _("Nobody is enrolled with exactly these details. Check the spelling and the birth date."),
    )


def openings(
    found: Iterable[EmergencyLook],
    setting: Setting,
    fresh: Draft,
    *,
    refused: Mapping[str, Draft],
) -> tuple[Opening, ...]:
    """Openings with the form to judge them; ``refused`` are forms to be given back."""
    return tuple(
        Opening(
            grant_id=str(look.grant_id),
            whose=look.patient_name,
            href=places.patient(look.patient_id, "looks"),
            by=words.who(look.staff_id, setting.staff),
            when=words.moment(look.opened_at, zone=setting.zone, now=setting.now),
            why=_REASONS[look.reason],
            words=look.words,
            is_open=look.until > setting.now,
            judged=_judged(look, setting),
            judge_by=words.when(look.review_by, today=setting.today),
            late=look.overdue,
            may_judge="review" in look.actions,
            draft=refused.get(str(look.grant_id))
            or Draft(fresh.part(look.grant_id.hex[-8:]), fresh.values),
        )
        for look in found
    )


def _judged(look: EmergencyLook, setting: Setting) -> str:
    if look.judgement is None:
        return ""
    by = words.who(look.reviewed_by, setting.staff)
    return _("%(judgement)s, says %(name)s", judgement=_JUDGEMENTS[look.judgement], name=by)


def until(query: Mapping[str, str]) -> dict[str, str]:
    """The instant of the address up to which looks are shown; what is none counts as none."""
    text = query.get(listing.OLDER, "")
    try:
        return {listing.OLDER: text} if datetime.fromisoformat(text).tzinfo else {}
    except ValueError:
        return {}


def as_far_as_all_reach(
    pages: Sequence[Page[LookBody]],
) -> tuple[list[LookBody], str | None]:
    """What every service has told of, and the instant from which on the older looks go on.

    A service that has more to tell is silent about what is older than its last look; the others'
    older looks would stand there without it. So all stop at the latest such instant, and its own
    looks come with the older ones: nobody knows whether they were all told.
    """
    begins = max((page.items[-1].at for page in pages if page.next and page.items), default=None)
    every = [one for page in pages for one in page.items]
    if begins is None:
        return every, None
    return [one for one in every if one.at > begins], begins.isoformat()


def by_day(found: Sequence[LookBody], setting: Setting) -> tuple[Day, ...]:
    """Everyday looks, newest day first, one line for each person and day."""
    days: dict[tuple[date, str, bool], list[LookBody]] = {}
    for one in sorted(found, key=lambda look: look.at, reverse=True):
        is_refused = one.action == "access.denied"
        day = one.at.astimezone(setting.zone).date()
        days.setdefault((day, one.actor, is_refused), []).append(one)
    return tuple(
        Day(
            day=words.when(day, today=setting.today),
            who=words.who_recorded(actor, setting.staff),
            times=_times([one.at for one in some], setting.zone),
            parts=", ".join(dict.fromkeys(_part(one) for one in reversed(some))),
            emergency=any(one.reason == "break-glass" for one in some),
            refused=is_refused,
        )
        for (day, actor, is_refused), some in days.items()
    )


def _times(newest_first: Sequence[datetime], zone: ZoneInfo) -> str:
    last, first = (f"{at.astimezone(zone):%H:%M}" for at in (newest_first[0], newest_first[-1]))
    return first if first == last else _("%(first)s to %(last)s", first=first, last=last)


def _part(look: LookBody) -> str:
    code = look.action.removesuffix(".read")
    return _PARTS[code] if code in _PARTS else words.plain(code).lower()
