"""Contacts as a log, and the way back to somebody who did not come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import listing, support, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import Setting
from shared.api.support import ContactBody, OutreachStepBody, RunBody, SupportBody, SupportForm

PURPOSES = said(
    {
        "programme": mark("Meeting"),
        "outreach": mark("Attempt to reach them"),
        "life-event": mark("Contact about a life event"),
        "motivation": mark("Talk about motivation"),
        "carer": mark("Contact with a carer"),
        "other": mark("Contact"),
    }
)
OUTCOMES = said(
    {
        "took-place": mark("took place"),
        "missed": mark("the person did not come"),
        "called-off": mark("called off by the person"),
        "cancelled": mark("cancelled by us"),
        "not-reached": mark("nobody was reached"),
    }
)
_LONGEST_PAGE = 25
GIVEN = said(
    {
        "education": mark("education"),
        "practical": mark("practical support"),
        "emotional": mark("emotional support"),
    }
)
URGENT = said(
    {
        "open-flag": mark("a safety flag is open"),
        "taper-step": mark("a taper is under way; no further step until somebody has spoken"),
        "first-weeks": mark("the first four weeks of treatment"),
    }
)
_STEPS = said(
    {
        "attempt-1": mark("First attempt"),
        "attempt-2": mark("Second attempt"),
        "attempt-3": mark("Third attempt"),
        "letter": mark("Letter"),
        "prescriber": mark("The prescriber is told"),
    }
)
_DECISIONS = said(
    {
        "keep-trying": mark("Decided to go on trying"),
        "lost-to-follow-up": mark("Noted as lost to follow-up for now; care goes on"),
    }
)
_CHOICES = said(
    {
        "keep-trying": mark("Go on trying"),
        "lost-to-follow-up": mark("Lost to follow-up for now; medicine checks and care go on"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    when: str
    title: str
    text: str
    tone: str
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing owed after a miss. ``state``: ``done``, ``late`` or ``ahead``."""

    title: str
    due: str
    done: str
    state: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the way back to somebody stands."""

    title: str
    tone: str
    urgent: str
    steps: tuple[Step, ...]
    reassess: str
    is_letter_owed: bool
    decision: str
    decisions: tuple[tuple[str, str], ...]
    script: tuple[tuple[str, str], ...]
    script_source: str
    script_grade: str


def listed(
    body: SupportBody, form: SupportForm, query: Mapping[str, str], *, path: str
) -> listing.Listed[ContactBody]:
    """The contacts the address asks for; the newest first by itself. ``path``: of the page."""
    return listing.whole(
        body.contacts,
        path=path,
        query=query,
        orders={
            "when": (_("When"), lambda one: one.at),
            "minutes": (_("How long"), lambda one: (one.minutes, one.at)),
        },
        default="-when",
        narrowing=listing.Narrowing("outcome", OUTCOMES, lambda one: one.outcome),
        beside=listing.Narrowing(
            "mode", support.modes(form), lambda one: one.mode, every=_("However they met")
        ),
        longest=_LONGEST_PAGE,
    )


def entries(
    contacts: Iterable[ContactBody], body: SupportBody, form: SupportForm, setting: Setting
) -> tuple[Entry, ...]:
    """These contacts of a person, in the order given."""
    labels = support.modes(form)
    titles = {one.programme_id: one.label for one in body.programmes}
    names = {one.carer_id: one.name for one in body.carers}
    content = {one.code: one.label for one in form.cbt_content}
    return tuple(
        Entry(
            when=words.moment(one.at, zone=setting.zone, now=setting.now),
            title=_title(one, titles),
            text=_what(one, labels, names),
            tone="danger" if one.outcome == "missed" else "",
            more=tuple(_more(one, content, setting)),
        )
        for one in contacts
    )


def ladder(body: SupportBody, form: SupportForm, setting: Setting) -> Ladder | None:
    """The way back, while somebody is missing."""
    run = body.run
    if run is None:
        return None
    labels = support.modes(form)
    return Ladder(
        title=ngettext(
            "Missed %(num)s contact since %(day)s",
            "Missed %(num)s contacts since %(day)s",
            run.misses,
            day=words.when(run.first_on, today=setting.today),
        ),
        tone="danger" if run.urgent_because else "warn",
        urgent="; ".join(URGENT.get(code, words.plain(code)) for code in run.urgent_because),
        steps=tuple(_step(one, labels, setting) for one in run.steps),
        reassess=_(
            "Look again together between %(first)s and %(last)s.",
            first=words.day(run.reassess_from),
            last=words.day(run.reassess_until),
        ),
        is_letter_owed=any(one.code == "letter" and one.done_on is None for one in run.steps),
        decision=_decided(run, setting),
        decisions=tuple((code, _CHOICES[code]) for code in run.actions if code in _CHOICES),
        script=tuple((one.when, one.say) for one in run.script),
        script_source=run.script_source,
        script_grade=run.script_grade,
    )


def _step(one: OutreachStepBody, labels: Mapping[str, str], setting: Setting) -> Step:
    done = ""
    if one.done_on is not None:
        how = labels.get(one.mode or "", "")
        done = _("done %(day)s", day=words.day(one.done_on)) + (f", {how.lower()}" if how else "")
    late = one.done_on is None and one.due_on < setting.today and one.code != "prescriber"
    return Step(
        title=_STEPS.get(one.code, words.plain(one.code)),
        due=words.when(one.due_on, today=setting.today),
        done=done,
        state="done" if done else "late" if late else "ahead",
    )


def _decided(run: RunBody, setting: Setting) -> str:
    if run.decision is None:
        return ""
    return _(
        "%(what)s: %(name)s, %(day)s. %(note)s",
        what=_DECISIONS[run.decision.decision],
        name=words.who(run.decision.by, setting.staff),
        day=words.when(run.decision.on, today=setting.today),
        note=run.decision.note,
    )


def _title(one: ContactBody, titles: Mapping[UUID, str]) -> str:
    """The programme it belongs to, else what it was for."""
    known = titles.get(one.programme_id) if one.programme_id else None
    return known or PURPOSES[one.purpose]


def _what(one: ContactBody, labels: Mapping[str, str], names: Mapping[UUID, str]) -> str:
    parts = [labels.get(one.mode, words.plain(one.mode))]
    if one.minutes:
        parts.append(words.count(one.minutes, "minute"))
    parts.append(OUTCOMES[one.outcome])
    if one.carer_id is not None:
        parts.append(_("with %(name)s", name=names.get(one.carer_id, _("a carer"))))
    return ", ".join(parts)


def _more(one: ContactBody, content: Mapping[str, str], setting: Setting) -> list[str]:
    """What else is known of it, a sentence each."""
    parts = "; ".join(content.get(code, code) for code in one.cbt_content)
    given = ", ".join(GIVEN[code] for code in one.carer_support)
    urgent = "; ".join(URGENT.get(code, code) for code in one.urgent_because)
    sentences = (
        _("Recorded by %(name)s", name=words.who(one.by, setting.staff)),
        _("Somebody went along.") if one.together else "",
        _("In a group.") if one.group else "",
        _rung(one),
        parts,
        _("Given: %(what)s", what=given) if given else "",
        _("Why further away: %(why)s", why=one.mode_reason) if one.mode_reason else "",
        _("Acted on at once: %(why)s", why=urgent) if urgent else "",
        one.note or "",
    )
    return [sentence for sentence in sentences if sentence]


def _rung(one: ContactBody) -> str:
    if one.step is None:
        return ""
    step = _("Step %(number)s of the ladder.", number=one.step)
    if one.anxiety_before is None or one.anxiety_after is None:
        return step
    felt = _(
        "Anxiety %(before)s before, %(after)s after.",
        before=one.anxiety_before,
        after=one.anxiety_after,
    )
    return f"{step} {felt}"
